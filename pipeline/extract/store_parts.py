"""A store read in parts, each in a process of its own: prepared once, kept on disk part by part, then joined.

The parts of a file lie in `<its entry>.parts`: the index and the survey of the store, and for each part a directory
with its tables and `part.json`, moved there whole. An interrupted run goes on with the parts that are missing.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import schemas, store
from pipeline.extract import cache, pst
from pipeline.extract.cache import Entry
from pipeline.extract.content import Content, Part, Reading, Span
from pipeline.extract.pst import certificate, people, unit
from pipeline.extract.pst.collect import Collected
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.survey import Survey
from pipeline.extract.pst.tally import Tally

_PART = "part.json"


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
        survey = pst.look_at(opened, reading)
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
    place, name = scratch(directory), f"part-{span[0]:09d}"
    return _load(place / name) or _read(path, reading, place, name, span)


def _load(directory: Path) -> Part | None:
    try:
        part = Part(directory=directory, **json.loads((directory / _PART).read_text(encoding="utf-8")))
        is_whole = all(
            store.digest(directory / name) == digest for files in part.files.values() for name, digest in files.items()
        )
    except (OSError, ValueError, TypeError):
        return None
    return part if is_whole else None


def _read(path: Path, reading: Reading, place: Path, name: str, span: Span) -> Part:
    with building(place, name) as tables:
        collected = Collected(reading, tables.write, Tally(reading.file_sha256))
        with Store.open(path, trees=place) as opened:
            unit.read(opened, Survey.load(place), span, collected)
        return keep(place, name, tables, collected)


@contextmanager
def building(place: Path, name: str) -> "Iterator[Tables]":
    """Yield where a part of that name is written; what is not kept is removed.

    Raises:
        StorageError: the file system refuses.
    """
    directory = place / f".{name}.building"
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with store.writing(directory):
            directory.mkdir()
        yield Tables(directory, name)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def keep(place: Path, name: str, tables: "Tables", collected: Collected, nodes: Sequence[int] = ()) -> Part:
    """Put a part that is complete into its place.

    Raises:
        StorageError: the file system refuses.
    """
    part = Part(
        directory=place / name,
        files=tables.files,
        rows=tables.rows,
        tally=collected.tally.state(),
        rejects=collected.rejects,
        directory_of_people=collected.directory,
        unresolved={table: sorted(found) for table, found in collected.unresolved.items() if found},
        nodes=list(nodes),
    )
    fields = {name: value for name, value in asdict(part).items() if name != "directory"}
    with store.writing(part.directory):
        (tables.directory / _PART).write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(part.directory, ignore_errors=True)
        tables.directory.replace(part.directory)
    return part


class Tables:
    """Writes the tables of one part, a file each time there are enough rows; names sort in the order of the items."""

    def __init__(self, directory: Path, part: str) -> None:
        self.directory = directory
        self._part = part
        self.files: dict[str, dict[str, str]] = {}
        self.rows: dict[str, int] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        """Write some rows of a table.

        Raises:
            StorageError: the file system refuses.
        """
        known = self.files.setdefault(table, {})
        name = f"{table}-{self._part}-{len(known):03d}.parquet"
        store.write(rows, self.directory / name, schemas.EXTRACTED[table], codec="lz4")
        known[name] = store.digest(self.directory / name)
        self.rows[table] = self.rows.get(table, 0) + rows.num_rows


# -- joining -----------------------------------------------------------------------------------------------------------


def rejected(parts: Sequence[Part]) -> frozenset[int]:
    """Return the nodes of the items that could not be read."""
    return frozenset(
        int(reject["position"]) for part in parts for reject in part.rejects if reject["rule"] == unit.UNREADABLE
    )


def join(reading: Reading, directory: Path, parts: Sequence[Part], second: Part | None = None) -> Entry:
    """Make the entry of a store from all its parts, and from what a second reader could read of their rejects.

    Raises:
        ContractError: the rows do not add up with the accounts, or an item of the node tree is not explained.
        StorageError: the file system refuses.
    """
    survey = Survey.load(scratch(directory))
    collected = Collected(reading, _nothing, Tally(reading.file_sha256))
    for failure in survey.lost():
        collected.fail(failure)
    for folder in survey.folders:
        collected.tally.folder(folder.path)
    everything = [*parts, *([second] if second else [])]
    for part in everything:
        collected.tally.merge(Tally.of(reading.file_sha256, part.tally))
    directory_of_people = _directory(everything)
    for table in schemas.EXTRACTED:
        left = {address for part in everything for address in part.unresolved.get(table, ())}
        collected.tally.unresolved(table, len(left - directory_of_people.keys()))
    resolved = list(_resolved(everything, directory_of_people))
    rejects = [*collected.rejects, *_left(parts, second, collected.tally)]
    content = Content(
        kind=survey.kind,
        accounts=collected.tally.accounts,
        columns=collected.tally.columns,
        rejects=rejects,
        certificate=certificate.rows(survey, collected.tally),
    )
    files = {
        table: [part.directory / name for part in resolved for name in part.files.get(table, ())]
        for table in schemas.EXTRACTED
    }
    rows = {table: sum(part.rows.get(table, 0) for part in resolved) for table in schemas.EXTRACTED}
    entry = cache.save(directory, content, files={table: found for table, found in files.items() if found}, rows=rows)
    shutil.rmtree(scratch(directory), ignore_errors=True)
    return entry


def _left(parts: Sequence[Part], second: Part | None, tally: Tally) -> Iterator[Mapping[str, Any]]:
    """Yield the rejects that stay; those that the second reader could read are taken back from the account."""
    saved = set(second.nodes) if second else set[int]()
    for reject in (reject for part in parts for reject in part.rejects):
        if reject["rule"] == unit.UNREADABLE and reject["position"] in saved:
            tally.rescued(reject["folder"], reject["rule"])
        else:
            yield reject


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
