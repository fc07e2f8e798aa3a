"""A store read in parts, each in a process of its own: prepared once, kept on disk part by part, then joined.

The parts of a file lie in `<its entry>.parts`: the index and the survey of the store, and for each part a directory
with its tables and `part.json`, moved there whole. An interrupted run goes on with the parts that are missing.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import schemas, store
from pipeline.extract import cache, pst
from pipeline.extract.cache import Entry
from pipeline.extract.content import Content, Reading
from pipeline.extract.pst import people, unit
from pipeline.extract.pst.collect import Collected
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.survey import Survey
from pipeline.extract.pst.tally import Tally

_PART = "part.json"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part gave. `files`: table → file name → SHA-256; `rows`: table → how many; the rest as `Collected`."""

    directory: Path
    files: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, int]
    tally: Mapping[str, Any]
    rejects: Sequence[Mapping[str, Any]]
    directory_of_people: Mapping[str, str]
    unresolved: Mapping[str, Sequence[str]]


def scratch(directory: Path) -> Path:
    """Return where the parts of an entry are kept until it is complete."""
    return directory.with_name(f"{directory.name}.parts")


def prepare(path: Path, reading: Reading, directory: Path) -> Sequence[Span]:
    """Look at a store as a whole, keep its index for the processes that read it, and return the parts to read.

    Raises:
        UnreadableError: it is no store, is cut off, or is damaged as a whole.
        StorageError: the file system refuses.
    """
    place = scratch(directory)
    with pst.opened(path) as opened:
        survey = pst.survey(opened, reading)
        with store.writing(place):
            place.mkdir(parents=True, exist_ok=True)
            opened.parsed.trees.save(place)
            survey.save(place)
    return survey.units


def read(path: Path, reading: Reading, directory: Path, span: Span) -> Part:
    """Read one part, unless an earlier run has read it.

    Raises:
        UnreadableError: the store cannot be opened.
        StorageError: the file system refuses.
    """
    place = scratch(directory)
    part = place / f"part-{span[0]:09d}"
    return _load(part) or _read(path, reading, place, part, span)


def _load(directory: Path) -> Part | None:
    try:
        part = Part(directory=directory, **json.loads((directory / _PART).read_text(encoding="utf-8")))
        is_whole = all(
            store.digest(directory / name) == digest for files in part.files.values() for name, digest in files.items()
        )
    except (OSError, ValueError, TypeError):
        return None
    return part if is_whole else None


def _read(path: Path, reading: Reading, place: Path, part: Path, span: Span) -> Part:
    building = part.with_name(f".{part.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    with store.writing(building):
        building.mkdir()
    tables = _Tables(building, span)
    collected = Collected(reading, tables.write, Tally(reading.file_sha256))
    with Store.open(path, trees=place) as opened:
        unit.read(opened, Survey.load(place), span, collected)
    found = Part(
        directory=part,
        files=tables.files,
        rows=tables.rows,
        tally=collected.tally.state(),
        rejects=collected.rejects,
        directory_of_people=collected.directory,
        unresolved={table: sorted(found) for table, found in collected.unresolved.items() if found},
    )
    fields = {name: value for name, value in asdict(found).items() if name != "directory"}
    with store.writing(part):
        (building / _PART).write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(part, ignore_errors=True)
        building.replace(part)
    return found


class _Tables:
    """Writes the tables of one part, a file each time there are enough rows; names sort in the order of the items."""

    def __init__(self, directory: Path, span: Span) -> None:
        self._directory = directory
        self._start = span[0]
        self.files: dict[str, dict[str, str]] = {}
        self.rows: dict[str, int] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        known = self.files.setdefault(table, {})
        name = f"{table}-{self._start:09d}-{len(known):03d}.parquet"
        store.write(rows, self._directory / name, schemas.EXTRACTED[table])
        known[name] = store.digest(self._directory / name)
        self.rows[table] = self.rows.get(table, 0) + rows.num_rows


# -- joining -----------------------------------------------------------------------------------------------------------


def join(reading: Reading, directory: Path, parts: Sequence[Part]) -> Entry:
    """Make the entry of a store from all its parts.

    Raises:
        ContractError: the rows do not add up with the accounts.
        StorageError: the file system refuses.
    """
    survey = Survey.load(scratch(directory))
    collected = Collected(reading, _nothing, Tally(reading.file_sha256))
    for failure in survey.lost():
        collected.fail(failure)
    for folder in survey.folders:
        collected.tally.folder(folder.path)
    for part in parts:
        collected.tally.merge(Tally.of(reading.file_sha256, part.tally))
    directory_of_people = _directory(parts)
    for table in schemas.EXTRACTED:
        left = {address for part in parts for address in part.unresolved.get(table, ())}
        collected.tally.unresolved(table, len(left - directory_of_people.keys()))
    resolved = list(_resolved(parts, directory_of_people))
    content = Content(
        kind=survey.kind,
        accounts=collected.tally.accounts,
        columns=collected.tally.columns,
        rejects=[*collected.rejects, *(reject for part in resolved for reject in part.rejects)],
    )
    files = {
        table: [part.directory / name for part in resolved for name in part.files.get(table, ())]
        for table in schemas.EXTRACTED
    }
    rows = {table: sum(part.rows.get(table, 0) for part in resolved) for table in schemas.EXTRACTED}
    entry = cache.save(directory, content, files={table: found for table, found in files.items() if found}, rows=rows)
    shutil.rmtree(scratch(directory), ignore_errors=True)
    return entry


def _nothing(_table: str, _rows: pa.Table) -> None:
    """No rows come in while parts are joined."""


def _directory(parts: Sequence[Part]) -> Mapping[str, str]:
    """Return Exchange address → SMTP address from all parts; the first one counts."""
    directory: dict[str, str] = {}
    for part in parts:
        directory = {**part.directory_of_people, **directory}
    return directory


def _resolved(parts: Sequence[Part], directory: Mapping[str, str]) -> Iterator[Part]:
    """Give Exchange addresses the SMTP address that another part of the store has."""
    for part in parts:
        for table, addresses in part.unresolved.items():
            if not directory.keys().isdisjoint(addresses):
                _rewrite(part, table, directory)
        yield part


def _rewrite(part: Part, table: str, directory: Mapping[str, str]) -> None:
    schema = schemas.EXTRACTED[table]
    for name in part.files[table]:
        path = part.directory / name
        store.write(people.resolved(store.read(path, schema), table, directory), path, schema)
