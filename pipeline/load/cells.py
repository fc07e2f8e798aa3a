"""Records of one module as a mapping over an Arrow table: a million of them are columns, not a million dicts."""

from collections.abc import Iterator, Mapping

import pyarrow as pa


class Cells(Mapping[str, Mapping[str, str]]):
    """Maps id → record, in the order of the table; a record maps API name → text, "" for nothing.

    Args:
        table: columns of text, one of them `id`; of several rows with one id the last one counts.
    """

    def __init__(self, table: pa.Table) -> None:
        ids = table.column("id").to_pylist()
        places = {record_id: place for place, record_id in enumerate(ids)}
        if len(places) != len(ids):
            table = table.take(list(places.values()))
            places = {record_id: place for place, record_id in enumerate(places)}
        self.table = table.combine_chunks()
        self._places = places
        self._columns = {name: _whole(self.table.column(name)) for name in table.column_names}

    def __getitem__(self, record_id: str) -> Mapping[str, str]:
        """Return one record."""
        return _Record(self._columns, self._places[record_id])

    def __iter__(self) -> Iterator[str]:
        """Yield the ids."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._places)

    def __contains__(self, record_id: object) -> bool:
        """Tell whether there is a record of that id."""
        return record_id in self._places

    def column(self, name: str) -> list[str]:
        """Return one field of all records, in their order."""
        return self._columns[name].to_pylist() if name in self._columns else [""] * len(self)


class _Record(Mapping[str, str]):
    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[str, pa.Array], place: int) -> None:
        self._columns = columns
        self._place = place

    def __getitem__(self, name: str) -> str:
        return str(self._columns[name][self._place].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
