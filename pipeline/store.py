"""The only reader and writer of tables: atomic, checked against their schema, hashed in a manifest.

A stage writes into a directory of its own. The directory is built beside the old one and takes its place only when
it is complete, with a `manifest.json` that names every table file with rows and SHA-256, and the manifest the stage
read from. So there is never a half-written table, and a stage refuses tables that are stale or were touched.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ContractError, StageError, StorageError

MANIFEST = "manifest.json"
# Most columns hold nearly as many values as rows: a dictionary of them takes time to write and to read, and saves no
# room that zstd does not.
_PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "row_group_size": 65_536,
    "store_schema": True,
    "use_dictionary": False,
}
_AT_ONCE = 4  # files that are hashed at a time
_LEAST_ROOM = 1 << 20  # bytes; with less than that free, nothing works
_SCRATCH = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into an error that a person can act on.

    Raises:
        StorageError: the disk is full, or the place may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise StorageError(
                f"{path} would become larger than a file may be here. Nothing half-written was left behind.",
                "Raise the limit (ulimit -f unlimited), or move the project to another file system; then run again.",
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk is full: {path} could not be written. Nothing half-written was left behind.",
                "Make room (or move data/work to a larger disk) and run the same command again.",
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise StorageError(
                f"{path} cannot be made: a file stands where a directory has to be.",
                "Move that file away and run again.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(
                f"{path} may not be written ({error.strerror}).", "Mend the rights of that directory and run again."
            ) from error
        raise


def check_room(place: Path) -> None:
    """Find out whether something can still be written at `place`, by trying: what failed there may only say "busy".

    Raises:
        StorageError: the disk is full, or the place may not be written.
    """
    directory = next(path for path in (place, *place.absolute().parents) if path.is_dir())
    with writing(directory), tempfile.TemporaryFile(dir=directory) as probe:
        probe.write(bytes(_LEAST_ROOM))
        probe.flush()


def write(table: pa.Table, path: Path, schema: pa.Schema) -> None:
    """Write `table` to `path` in one step, the same bytes for the same rows.

    Raises:
        ContractError: the table does not have exactly `schema`.
        StorageError: the file system refuses.
    """
    if not table.schema.equals(schema):
        raise ContractError(f"{path.name}: {_difference(table.schema, schema)}", "This is a defect; please report it.")
    partial = path.with_suffix(".partial")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, partial, **_PARQUET)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a small JSON file in one step, the same text for the same content.

    Raises:
        StorageError: the file system refuses.
    """
    write_text(json.dumps(content, ensure_ascii=False, indent=1), path)


def write_text(text: str, path: Path) -> None:
    """Write a text file in one step.

    Raises:
        StorageError: the file system refuses.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that `write_json` wrote.

    Raises:
        StageError: it is missing or damaged.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run what writes it again.") from error
    return content


def write_built(table: pa.Table, path: Path) -> None:
    """Write `table` into a directory that is being built: what is half-written there, nobody ever sees.

    Raises:
        StorageError: the file system refuses.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, **_PARQUET)


def write_rows(rows: Iterable[Mapping[str, Any]], path: Path, schema: pa.Schema) -> None:
    """Write row mappings to `path`; a key that the schema does not know is an error, a missing one is null.

    Raises:
        ContractError: a row has a key or a value that the schema does not.
    """
    write(table_of(rows, schema), path, schema)


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return the rows as a table of `schema`.

    Raises:
        ContractError: a row has a key or a value that the schema does not.
    """
    listed = list(rows)
    names = set(schema.names)
    for row in listed:
        if unknown := row.keys() - names:
            raise ContractError(f"columns that no schema declares: {sorted(unknown)}")
    try:
        return pa.Table.from_pylist(listed, schema=schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ContractError(f"a value does not fit its declared type: {error}") from error


def read(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Read a table file, or only some of its columns.

    Raises:
        StageError: the file is missing, damaged or of another schema.
    """
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run the stage that writes it again.") from error
    expected = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    if not table.schema.equals(expected):
        raise StageError(f"{path.name}: {_difference(table.schema, expected)}", "Run the stage that writes it again.")
    return table


def read_some(path: Path, columns: Iterable[str]) -> pa.Table:
    """Read those of the columns that a table file has, for a reader that is content with what there is.

    Raises:
        StageError: the file is missing or damaged.
    """
    try:
        there = set(pq.read_schema(path).names)
        return pq.read_table(path, columns=[name for name in columns if name in there], partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run the stage that writes it again.") from error


def where(paths: Iterable[Path], column: str, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of table files whose `column`, a text, is one of the wanted; by far the most are not looked at.

    Raises:
        StageError: a file is missing or damaged.
    """
    values = sorted(wanted)
    found: list[dict[str, Any]] = []
    for path in paths if values else ():
        try:
            found += pq.read_table(path, filters=[(column, "in", values)], partitioning=None).to_pylist()
        except (OSError, pa.ArrowInvalid) as error:
            raise StageError(f"{path} cannot be read ({error}).", "Restore it from a backup.") from error
    return found


def groups(path: Path) -> int:
    """Return how many partitions a table file has: its row groups.

    Raises:
        StageError: the file is missing or damaged.
    """
    try:
        return int(pq.read_metadata(path).num_row_groups)
    except (OSError, pa.ArrowInvalid) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run the stage that writes it again.") from error


def read_group(path: Path, group: int, schema: pa.Schema, columns: list[str]) -> pa.Table:
    """Read some columns of one partition of a table file, each column in one chunk.

    Raises:
        StageError: the file is missing, damaged or of another schema.
    """
    try:
        table = pq.ParquetFile(path).read_row_group(group, columns=columns, use_threads=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run the stage that writes it again.") from error
    expected = pa.schema([schema.field(name) for name in columns])
    table = table.select(columns) if set(columns) <= set(table.schema.names) else table
    if not table.schema.equals(expected):
        raise StageError(f"{path.name}: {_difference(table.schema, expected)}", "Run the stage that writes it again.")
    return table.combine_chunks()


def write_scratch(table: pa.Table, path: Path) -> None:
    """Write an intermediate table that only this run reads.

    Raises:
        StorageError: the file system refuses.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema, options=_SCRATCH) as writer:
            writer.write_table(table)


def read_scratch(directory: Path, schema: pa.Schema) -> pa.Table:
    """Read all intermediate tables of a directory, in the order of their names; none, no rows."""
    tables = []
    for path in sorted(directory.glob("*.arrow")):
        with pa.OSFile(str(path), "rb") as file:
            tables.append(pa.ipc.open_file(file).read_all())
    return pa.concat_tables(tables).combine_chunks() if tables else schema.empty_table()


def _difference(found: pa.Schema, declared: pa.Schema) -> str:
    odd = [name for name in found.names if name not in declared.names or found.field(name) != declared.field(name)]
    return f"columns {odd} are not as declared, missing {[n for n in declared.names if n not in found.names]}"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of files, of several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(digest, paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a complete stage directory holds.

    `inputs`: stage name → `key` of the manifest it read; `settings`: digest of the settings that shaped the tables;
    `tables`: table name → its files (path below the directory, rows, sha256); `facts`: what the next stage or the
    report needs besides tables (JSON values only).
    """

    stage: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Digest of the whole manifest: two directories with one key hold the same bytes."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """Return the manifest as JSON, the same text for the same content."""
        content = {
            "stage": self.stage,
            "inputs": dict(self.inputs),
            "settings": self.settings,
            "tables": {name: list(files) for name, files in self.tables.items()},
            "facts": dict(self.facts),
        }
        return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)

    def rows(self, table: str) -> int:
        """Return how many rows a table has, 0 for one that is not there."""
        return sum(int(file["rows"]) for file in self.tables.get(table, ()))

    @staticmethod
    def of(directory: Path) -> "Manifest":
        """Read the manifest of a complete stage directory.

        Raises:
            StageError: there is none: the stage did not run, or was interrupted.
        """
        stage = directory.name
        _restore(directory)
        try:
            content = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StageError(
                f"{directory} holds no complete tables.", f"Run the stage before: {_how(stage)}."
            ) from None
        except (OSError, ValueError) as error:
            raise StageError(f"{directory / MANIFEST} is damaged ({error}).", f"Run {_how(stage)} again.") from error
        tables = {name: tuple(files) for name, files in content["tables"].items()}
        return Manifest(**{**content, "tables": tables})


def _how(directory_name: str) -> str:
    commands = {"extracted": "make extract", "transformed": "make transform"}
    return commands.get(directory_name, f"the stage that writes {directory_name}")


class Stage:
    """A stage directory in the making: `path(...)` for table files, moved into place when the block ends well."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.building = directory.with_name(f".{directory.name}.building")

    def path(self, table: str, part: int = 0) -> Path:
        """Return where to write one part of a table; `table` may have a `/`."""
        return self.building / table / f"part-{part:05d}.parquet"

    def finish(
        self, stage: str, *, inputs: Mapping[str, str], settings: str = "", facts: Mapping[str, Any] | None = None
    ) -> Manifest:
        """Write the manifest of what was built and put the directory in the place of the old one."""
        manifest = Manifest(
            stage=stage, inputs=inputs, settings=settings, tables=_listing(self.building), facts=facts or {}
        )
        with writing(self.directory):
            (self.building / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
            _swap(self.building, self.directory)
        return manifest


def _listing(directory: Path) -> dict[str, tuple[Mapping[str, Any], ...]]:
    tables: dict[str, list[Mapping[str, Any]]] = {}
    paths = sorted(directory.rglob("*.parquet"))
    for path, sha256 in zip(paths, _digests(paths), strict=True):
        entry = {
            "path": path.relative_to(directory).as_posix(),
            "rows": pq.read_metadata(path).num_rows,
            "sha256": sha256,
        }
        tables.setdefault(path.parent.relative_to(directory).as_posix(), []).append(entry)
    return {name: tuple(files) for name, files in tables.items()}


def _old(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _restore(place: Path) -> None:
    """Undo the first half of a swap that was killed before its second."""
    if not place.exists() and (_old(place) / MANIFEST).is_file():
        _old(place).replace(place)


def _swap(new: Path, place: Path) -> None:
    old = _old(place)
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.replace(old)
    new.replace(place)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def building(directory: Path) -> Iterator[Stage]:
    """Build a stage directory; whatever goes wrong, the old one stays and the new one is removed."""
    stage = Stage(directory)
    _restore(directory)
    shutil.rmtree(stage.building, ignore_errors=True)
    with writing(directory):
        stage.building.mkdir(parents=True)
    try:
        with writing(directory):
            yield stage
    finally:
        shutil.rmtree(stage.building, ignore_errors=True)


def parts(directory: Path, manifest: Manifest, table: str) -> list[Path]:
    """Return the files of a table, in order."""
    return [directory / file["path"] for file in manifest.tables.get(table, ())]


def checked(directory: Path, manifest: Manifest) -> None:
    """Check every table file of a stage directory against its manifest.

    Raises:
        StageError: a file is missing or its bytes were changed since.
    """
    known = {directory / file["path"]: file["sha256"] for files in manifest.tables.values() for file in files}
    there = [path for path in known if path.is_file()]
    found = dict(zip(there, _digests(there), strict=True))
    for path, sha256 in known.items():
        if found.get(path) != sha256:
            raise StageError(f"{path} was changed or removed since it was written.", f"Run {_how(directory.name)}.")


def read_all(directory: Path, manifest: Manifest, table: str, schema: pa.Schema) -> pa.Table:
    """Read all parts of a table as one; no parts, no rows.

    Raises:
        StageError: a part is damaged or of another schema.
    """
    tables = [read(path, schema) for path in parts(directory, manifest, table)]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def copy(source: Path, destination: Path) -> None:
    """Put a table file into a stage directory, as a hard link where the file system has them."""
    with writing(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, destination)
        except OSError:
            shutil.copyfile(source, destination)
