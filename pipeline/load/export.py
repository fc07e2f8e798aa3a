"""The ledger as tables for everybody: Parquet, and CSV that is safe to open in a spreadsheet.

Formulas are made harmless reversibly: a cell that begins with one of = + - @, a tab or a return gets an apostrophe
before it, as does one that begins with an apostrophe (design.md section 9).
"""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from pipeline import store
from pipeline.config import Config
from pipeline.errors import StageError, StorageError

TABLES = (
    "runs",
    "keys",
    "records",
    "batches",
    "intents",
    "before",
    "rollbacks",
    "undone",
    "credits",
    "approvals",
    "chain",
)
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def export(config: Config) -> list[Path]:
    """Write the ledger of every org of the project into `export/` beside it; return those directories.

    Raises:
        StageError: nothing was ever loaded.
        StorageError: a ledger cannot be read, or the tables cannot be written.
    """
    ledgers = sorted(config.audit.glob("*/ledger.sqlite"))
    if not ledgers:
        raise StageError("There is no ledger yet: nothing was ever loaded.", "Run make load first.")
    return [_exported(path) for path in ledgers]


def _exported(path: Path) -> Path:
    directory = path.parent / "export"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for name in _tables(db):
                columns, rows = _read(db, name)
                _write(directory, name, columns, rows)
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{path} cannot be read: {error}.", "Restore it from a backup.") from error
    return directory


def _tables(db: sqlite3.Connection) -> list[str]:
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for name in TABLES if name in there]


def _read(db: sqlite3.Connection, name: str) -> tuple[list[str], list[tuple[object, ...]]]:
    found = db.execute(f"SELECT * FROM {name}")  # noqa: S608 - one of TABLES
    return [column[0] for column in found.description], found.fetchall()


def _write(directory: Path, name: str, columns: list[str], rows: list[tuple[object, ...]]) -> None:
    schema = pa.schema([(column, pa.string()) for column in columns])
    texts = [[None if cell is None else str(cell) for cell in row] for row in rows]
    store.write_rows((dict(zip(columns, row, strict=True)) for row in texts), directory / f"{name}.parquet", schema)
    path = directory / f"{name}.csv"
    with store.writing(path), path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(_harmless(texts))


def _harmless(rows: list[list[str | None]]) -> Iterator[list[str]]:
    for row in rows:
        yield [f"'{cell}" if cell and cell.startswith(_RISKY) else cell or "" for cell in row]
