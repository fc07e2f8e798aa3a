"""The only reader and writer of tables: Parquet files, checked against their schema, and intermediate ones."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ContractError, StageError
from pipeline.store.files import writing

# Most columns hold nearly as many values as rows: a dictionary of them takes time to write and to read, and saves no
# room that zstd does not.
_PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "row_group_size": 65_536,
    "store_schema": True,
    "use_dictionary": False,
}
_SCRATCH = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


def write(table: pa.Table, path: Path, schema: pa.Schema, *, codec: str = "zstd") -> None:
    """Write `table` to `path` in one step, the same bytes for the same rows.

    `codec`: "lz4" takes a third less time for half as many bytes again.

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
            pq.write_table(table, partial, **{**_PARQUET, "compression": codec})
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
