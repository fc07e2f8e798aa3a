"""Records of one module as a mapping over an Arrow table: a million of them are columns, not a million dicts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.load.places import Pairs, Places, each


class Cells(Mapping[str, Mapping[str, str]]):
    """Maps id → record, in the order of the table; a record maps API name → text, "" for nothing.

    Args:
        table: columns of text, one of them `id`; of several rows with one id the last one counts.
    """

    def __init__(self, table: pa.Table) -> None:
        table = _distinct(table)
        self.names: Mapping[str, None] = dict.fromkeys(table.column_names)  # the fields of each record
        self._columns = {name: _compact(table.column(name)) for name in self.names if _has_text(table.column(name))}
        self._columns["id"] = _whole(table.column("id"))
        self._size: int = table.num_rows
        self._places = Places(self._columns["id"])

    def __getitem__(self, record_id: str) -> Mapping[str, str]:
        """Return one record."""
        place = self._places.of(record_id)
        if place < 0:
            raise KeyError(record_id)
        return _Record(self, place)

    def __iter__(self) -> Iterator[str]:
        """Yield the ids."""
        return each(self._columns["id"])

    def __len__(self) -> int:
        """Return how many records there are."""
        return self._size

    def __contains__(self, record_id: object) -> bool:
        """Tell whether there is a record of that id."""
        return self._places.of(record_id) >= 0

    @property
    def table(self) -> pa.Table:
        """All records, as columns of text."""
        return pa.table({name: self._texts(name) for name in self.names})

    def _texts(self, name: str) -> pa.Array:
        column = self._columns.get(name)
        return pa.repeat("", len(self)) if column is None else column.cast(pa.string())

    def cell(self, name: str, place: int) -> str:
        """Return one field of the record in a place; of columns without any text nothing is kept.

        Raises:
            KeyError: there is no such field.
        """
        column = self._columns.get(name)
        if column is None:
            if name not in self.names:
                raise KeyError(name)
            return ""
        return str(column[place].as_py())

    def column(self, name: str) -> list[str]:
        """Return one field of all records, in their order."""
        found: list[str] = self._texts(name).to_pylist()
        return found

    def of_ids(self, name: str) -> Mapping[str, str]:
        """Return id → text of one field."""
        return Pairs(self._places, self._texts(name))

    def ids_of(self, name: str) -> Mapping[str, str]:
        """Return text → id of one field, where it has a value."""
        if name not in self._columns:
            return {}
        texts = self._texts(name)
        has_value = pc.not_equal(texts, "")
        if pc.all(has_value).as_py():
            return Pairs(Places(texts), self._columns["id"])
        return Pairs(Places(texts.filter(has_value)), self._columns["id"].filter(has_value))


class _Record(Mapping[str, str]):
    __slots__ = ("_cells", "_place")

    def __init__(self, cells: Cells, place: int) -> None:
        self._cells = cells
        self._place = place

    def __getitem__(self, name: str) -> str:
        return self._cells.cell(name, self._place)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any mapping
        return self._cells.cell(name, self._place) if name in self._cells.names else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells.names)

    def __len__(self) -> int:
        return len(self._cells.names)


def _has_text(column: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.not_equal(column, "")).as_py())


def _distinct(table: pa.Table) -> pa.Table:
    ids = table.column("id")
    if pc.count_distinct(ids).as_py() == len(ids):
        return table
    places = {record_id: place for place, record_id in enumerate(ids.to_pylist())}
    return table.take(list(places.values()))


def _compact(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece: one that has few different texts, an owner or a time, with each of them once."""
    whole = _whole(column)
    encoded = whole.dictionary_encode()
    return encoded if len(encoded.dictionary) * 2 < len(whole) else whole


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
