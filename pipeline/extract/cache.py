"""What was read from each file, kept by content.

So an interrupted extract goes on where it was, and one more mailbox costs one mailbox. An entry is a directory with
the tables of one file and `content.json`; it is built beside its place and moved there whole. Its key has the file's
SHA-256, the settings that shape the reading, and the version of everything that reads.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import schemas, store
from pipeline.errors import ContractError
from pipeline.extract.content import Content, Reading, Row

_CONTENT = "content.json"
_LIBRARIES = (
    "libpff-python",
    "pyarrow",
    "charset-normalizer",
    "compressed-rtf",
    "inscriptis",
    "striprtf",
    "tzlocal",
    "tzdata",
)
_LISTS: Mapping[str, pa.Schema] = {
    "accounts": schemas.ACCOUNTS,
    "columns": schemas.COLUMNS,
    "rejects": schemas.REJECTS,
    "certificate": schemas.CERTIFICATE,
}
TABLES: Mapping[str, pa.Schema] = {**schemas.EXTRACTED, **_LISTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file as it was read.

    `files`: table → name and SHA-256 of each of its files, in order; `rows`: table → how many; `accounts` as read;
    `undecided`: columns of a CSV that nobody decided about.
    """

    directory: Path
    kind: str
    language: str | None
    encoding: str | None
    files: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, int]
    accounts: tuple[Mapping[str, Any], ...]
    unmapped: int
    undecided: tuple[str, ...] = ()

    def paths(self, table: str) -> list[Path]:
        """Return the files of a table, in order."""
        return [self.directory / name for name in self.files.get(table, ())]

    @property
    def items(self) -> int:
        """How many items were seen in the file."""
        return sum(account["seen"] for account in self.accounts)


@cache
def reader_version() -> str:
    """Return a digest of all code and data that decides what is read from a file."""
    libraries = {name: version(name) for name in _LIBRARIES}
    hashed = hashlib.sha256(json.dumps(libraries).encode())
    sources = (
        source for package in ("pipeline.schemas", "pipeline.extract") for source in _sources(files(package), package)
    )
    for name, file in sorted(sources):
        hashed.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()


def _sources(folder: Traversable, above: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{above}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, name)
        elif entry.name.endswith((".py", ".toml")):
            found.append((name, entry))
    return found


def directory_of(root: Path, reading: Reading) -> Path:
    """Return where the entry of a file, read in this way, is kept."""
    parts = [reading.file_sha256, reader_version(), reading.code_page, reading.date_order, reading.selection.key]
    return root / reader_version()[:16] / hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def load(directory: Path) -> Entry | None:
    """Return a whole and unchanged entry, else None."""
    try:
        content = json.loads((directory / _CONTENT).read_text(encoding="utf-8"))
        entry = Entry(
            directory=directory,
            **{**content, "accounts": tuple(content["accounts"]), "undecided": tuple(content["undecided"])},
        )
        is_whole = all(
            store.digest(directory / name) == digest for files in entry.files.values() for name, digest in files.items()
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return entry if is_whole else None


def save(
    directory: Path,
    content: Content,
    *,
    files: Mapping[str, Sequence[Path]] | None = None,
    rows: Mapping[str, int] | None = None,
) -> Entry:
    """Write what was read from a file as an entry, in one step; files of tables that were written before move into it.

    Raises:
        ContractError: the rows do not add up with the accounts.
        StorageError: the file system refuses.
    """
    _check(content, rows or {})
    building = directory.with_name(f".{directory.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    try:
        with store.writing(directory):
            building.mkdir(parents=True)
            _move(files or {}, building)
            names = {table: [path.name for path in paths] for table, paths in (files or {}).items()}
            entry = _write(building, content, names, rows or {})
            shutil.rmtree(directory, ignore_errors=True)
            building.replace(directory)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Entry(**{**_fields(entry), "directory": directory})


def _move(files: Mapping[str, Sequence[Path]], building: Path) -> None:
    for path in (path for paths in files.values() for path in paths):
        path.replace(building / path.name)


def _write(
    building: Path, content: Content, moved: Mapping[str, Sequence[str]], moved_rows: Mapping[str, int]
) -> Entry:
    lists = {name: getattr(content, name) for name in _LISTS}
    rows = {table: count for table, count in moved_rows.items() if count}
    names = {table: list(found) for table, found in moved.items()}
    for name, schema in TABLES.items():
        listed = {**content.rows, **lists}.get(name, ())
        table = listed if isinstance(listed, pa.Table) else store.table_of(listed, schema)
        if table.num_rows:
            store.write(table, building / f"{name}.parquet", schema)
            rows[name] = table.num_rows
            names[name] = [f"{name}.parquet"]
    entry = Entry(
        directory=building,
        kind=content.kind,
        language=content.language,
        encoding=content.encoding,
        files={name: {file: store.digest(building / file) for file in found} for name, found in names.items()},
        rows=rows,
        accounts=tuple(content.accounts),
        unmapped=sum(column["verdict"] == "unmapped" and column["values"] > 0 for column in content.columns),
        undecided=tuple(str(column["source"]) for column in content.columns if _is_undecided(content.kind, column)),
    )
    fields = {name: value for name, value in _fields(entry).items() if name != "directory"}
    (building / _CONTENT).write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
    return entry


def _is_undecided(kind: str, column: Row) -> bool:
    return kind.startswith("csv") and column["verdict"] == "unmapped" and column["values"] > 0


def _fields(entry: Entry) -> dict[str, Any]:
    return asdict(entry)


def _check(content: Content, rows: Mapping[str, int]) -> None:
    """Hold the accounts against the rows: seen = written + excluded + rejected, for every table."""
    totals = Counter[tuple[str, str]]()
    for account in content.accounts:
        accounted = account["written"] + account["excluded"] + account["rejected"]
        if account["seen"] != accounted:
            raise ContractError(_lost(account["table"], account["seen"], accounted))
        for verdict in ("written", "rejected"):
            totals[account["table"], verdict] += account[verdict]
    listed = Counter((reject["table"], "rejected") for reject in content.rejects)
    listed.update({(table, "written"): len(found) for table, found in content.rows.items()})
    listed.update({(table, "written"): count for table, count in rows.items()})
    for table, verdict in totals | listed:
        if totals[table, verdict] != listed[table, verdict]:
            raise ContractError(_lost(f"{table}, {verdict}", totals[table, verdict], listed[table, verdict]))


def _lost(table: str, claimed: int, found: int) -> str:
    return f"{table or 'other items'}: {claimed} accounted for, {found} found. This is a defect; please report it."


def prune(root: Path) -> None:
    """Remove what readers of other versions left, and what an interrupted run was building."""
    current = root / reader_version()[:16]
    for entry in root.iterdir() if root.is_dir() else ():
        if entry != current:
            shutil.rmtree(entry, ignore_errors=True)
    for entry in current.glob(".*.building"):
        shutil.rmtree(entry, ignore_errors=True)
