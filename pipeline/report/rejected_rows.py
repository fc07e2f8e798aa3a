"""Rows of CSV files that extract could not read, as CSV files of Outlook's kind: mended, they go into the inbox again.

There they are read like any other file, and have the keys that a better export of the same mailbox would give them.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.store import Manifest

_STORES = {"pst-unicode", "pst-ansi", "ost"}
_DELIMITERS = (",", ";", "\t")
_CUT = "…"  # ends what extract did not keep whole
_ENDING = "\r\n"


@dataclass(frozen=True, slots=True)
class Rows:
    """A file with rejected rows, the file of the inbox that they are from, and how many rows it has."""

    path: Path
    source: str
    count: int


def write(config: Config, directory: Path) -> list[Rows]:
    """Write a file for each CSV with rejected rows; return them in the order of the inbox.

    Raises:
        StageError: extract did not run.
        StorageError: the file system refuses.
    """
    manifest = Manifest.of(config.extracted)
    rejects = store.read_all(config.extracted, manifest, "rejects", schemas.REJECTS).to_pylist()
    columns = store.read_all(config.extracted, manifest, "columns", schemas.COLUMNS).to_pylist()
    files = store.read_all(config.extracted, manifest, "files", schemas.FILES).to_pylist()
    with store.writing(directory):
        for old in directory.glob("*.csv"):
            old.unlink()
    found = []
    for file in files:
        sha256 = file["file_sha256"]
        raws = [one["value"] for one in rejects if one["file_sha256"] == sha256 and _is_whole(one["value"])]
        if file["status"] == "read" and file["kind"].startswith("csv-") and raws:
            header = [one["source"] for one in columns if one["file_sha256"] == sha256]
            path = directory / f"{file['file_no']:03d}-{Path(file['path']).stem}.csv"
            store.write_text(_text(header, raws), path)
            found.append(Rows(path, file["path"], len(raws)))
    return found


def of_stores(config: Config) -> int:
    """Return how many items of stores extract rejected: those are damaged in their file, and mended there.

    Raises:
        StageError: extract did not run.
    """
    manifest = Manifest.of(config.extracted)
    rejects = store.read_all(config.extracted, manifest, "rejects", schemas.REJECTS)
    files = store.read_all(config.extracted, manifest, "files", schemas.FILES).to_pylist()
    stores = {one["file_sha256"] for one in files if one["kind"] in _STORES}
    return sum(sha256 in stores for sha256 in rejects.column("file_sha256").to_pylist())


def _is_whole(raw: str | None) -> bool:
    return bool(raw) and not str(raw).endswith(_CUT)


def _text(header: Sequence[str], raws: Sequence[str]) -> str:
    """Return header and rows as they stand, with the delimiter that the rows have."""
    delimiter = max(_DELIMITERS, key=lambda one: sum(raw.count(one) for raw in raws))
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator=_ENDING).writerow(header)
    return "\ufeff" + line.getvalue() + "".join(raw.rstrip("\r\n") + _ENDING for raw in raws)
