"""Items of one table → columns of it: where they were read, what is copied as it is, and what is composed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline import schemas
from pipeline.errors import ContractError
from pipeline.extract.content import item_ids
from pipeline.extract.pst import (
    bodies,
    contacts,
    distribution_lists,
    events,
    identity,
    messages,
    people,
    tasks,
    words,
)
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.people import Person
from pipeline.extract.pst.properties import copied
from pipeline.extract.pst.tally import Tally

_Column = Any  # a sequence of Python values, or a pa.Array, which has no type to name
_MAPPERS: Mapping[str, Callable[[Columns, Sequence[Body]], Mapping[str, _Column]]] = {
    "contacts": contacts.columns,
    "tasks": tasks.columns,
    "events": events.columns,
    "messages": messages.columns,
    "lists": distribution_lists.columns,
}
_COPIED = {table: copied(table) for table in _MAPPERS}
_LARGEST = 4 << 20  # characters of bodies that are held at once


@dataclass(slots=True)
class Mapped:
    """Rows of `table`, column by column; `size` is how many, `weight` the characters of their bodies."""

    table: str
    size: int
    weight: int
    columns: dict[str, _Column]

    def persons(self) -> Iterator[Person]:
        """Yield all persons of the rows."""
        for name in people.COLUMNS.get(self.table, ()):
            for cell in self.columns[name]:
                yield from people.in_cell(cell)

    def as_table(self) -> pa.Table:
        """Return the rows as an Arrow table of the declared schema.

        Raises:
            ContractError: a column is not declared, or a value does not fit.
        """
        schema = schemas.EXTRACTED[self.table]
        if unknown := self.columns.keys() - set(schema.names):
            raise ContractError(f"columns that no schema declares: {sorted(unknown)}")
        try:
            return pa.Table.from_arrays([self._array(field) for field in schema], schema=schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ContractError(f"a value does not fit its declared type: {error}") from error

    def _array(self, field: pa.Field) -> pa.Array:
        column = self.columns.get(field.name)
        if column is None:
            return pa.nulls(self.size, field.type)
        return column if isinstance(column, pa.Array) else pa.array(column, field.type)


def mapped(items: Columns, file_sha256: str, tally: Tally) -> Iterator[Mapped]:
    """Yield the rows of some items, in parts whose bodies fit into memory, and count what they have."""
    for part, found in _parts(items):
        columns = _provenance(part, file_sha256)
        schema = schemas.EXTRACTED[part.table]
        for name, column in _COPIED[part.table]:
            columns[column] = part.array(name, schema.field(column).type)
        columns.update(words.common_columns(part))
        columns.update(_MAPPERS[part.table](part, found))
        tally.properties(part, found)
        yield Mapped(part.table, len(part), sum(map(_weight, found)) + _size(columns.get("attached")), columns)


def _parts(items: Columns) -> Iterator[tuple[Columns, list[Body]]]:
    """Yield items with their bodies, as many at a time as fit."""
    found: list[Body] = []
    start = weight = 0
    wants_html = items.table == "messages"
    sizes = items.values("PidTagMessageSize") if items.has_files and wants_html else ()
    known = None if wants_html else bodies.of_all(items)
    for row in range(len(items)):
        found.append(known[row] if known else bodies.of_item(items.bag(row), wants_html=wants_html))
        weight += _weight(found[-1]) + (min(sizes[row] or 0, messages.MOST_BYTES) if sizes else 0)
        if weight > _LARGEST:
            yield items.part(start, row + 1), found
            found, start, weight = [], row + 1, 0
    if found:
        yield items if not start else items.part(start, len(items)), found


def _size(attached: _Column) -> int:
    """Return the bytes of all files."""
    return sum(len(one or b"") for cell in attached or () for one in cell or ())


def _weight(body: Body) -> int:
    return len(body.text or "") + len(body.html or "")


def _provenance(items: Columns, file_sha256: str) -> dict[str, _Column]:
    size = len(items)
    return {
        "item_id": item_ids(file_sha256, items.nodes),
        "raw_key": identity.raw_keys(items, file_sha256),
        "file_sha256": pa.array([file_sha256] * size),
        "folder": [folder.path for folder in items.folders],
        "position": pa.array(items.nodes, pa.int64()),
        "message_class": items.values("PidTagMessageClass"),
    }
