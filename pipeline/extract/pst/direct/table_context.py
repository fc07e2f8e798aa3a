"""Tables: recipients, attachments, the contents of a folder ([MS-PST] 2.3.4)."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TypeVar, overload

from pipeline.extract.pst.direct import values
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.heap import TABLE_CONTEXT, Heap
from pipeline.extract.pst.direct.node import Node
from pipeline.extract.pst.direct.values import Value

Default = TypeVar("Default")

_HEAD = struct.Struct("<BB4HIII")  # TCINFO (2.3.4.1); the columns follow
_COLUMN = struct.Struct("<HHHBB")  # TCOLDESC (2.3.4.2): type, number, place, size, bit
_LOW5 = 0x1F
_ROW_ID = 4
_PLACE_SIZE = 4  # of a heap or node identifier in a row


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the type of its values, their place and size in a row, and their bit in the row's list of cells."""

    kind: int
    place: int
    size: int
    bit: int


@lru_cache(maxsize=256)
def _columns(described: bytes, bits: int, row_size: int) -> Mapping[int, Column] | None:
    """Return columns by property number, of two for one the first; None if they are not all inside a row.

    The many tables of a store have few layouts, so each is taken apart once.
    """
    found: dict[int, Column] = {}
    for kind, number, place, size, bit in _COLUMN.iter_unpack(described):
        if place + size > bits or bits + bit // 8 >= row_size:
            return None
        found.setdefault(number, Column(kind, place, size, bit))
    return found if _ROW_ID <= bits <= row_size else None


@lru_cache(maxsize=256)
def _layout(
    described: bytes, bits: int, row_size: int, numbers: tuple[int, ...]
) -> Sequence[tuple[int, Column, int, int, bool, int, int]]:
    """Return of some columns: number, column, byte and mask of its bit, whether a row has only the place of a value.

    After that stands where in a row the value, or its place, begins and ends.
    """
    columns = _columns(described, bits, row_size) or {}
    return [
        (number, one, bits + one.bit // 8, 0x80 >> one.bit % 8, _is_placed(one), one.place, one.place + _inline(one))
        for number in numbers
        if (one := columns.get(number)) is not None
    ]


def _inline(column: Column) -> int:
    """Return how many bytes of a value, or of its place, are in the row."""
    is_in_heap = values.is_in_heap(column.kind)
    return column.size if is_in_heap else min(column.size, values.IN_PLACE.get(column.kind, column.size))


class Table:
    """The rows of a table; a row is read when it is asked for."""

    __slots__ = ("_bits", "_described", "_heap", "_rows_at", "_size", "columns", "index")

    def __init__(self, node: Node, *, is_wide: bool) -> None:
        """Read the columns and the index of the rows.

        `is_wide`: the store is not an ANSI one, so that the row index has numbers of four bytes, not two.

        Raises:
            DamageError: the node's data cannot be read or is no table.
        """
        self._heap = heap = Heap(node)
        head = heap.item(heap.root)
        if heap.kind != TABLE_CONTEXT or len(head) < _HEAD.size or head[0] != TABLE_CONTEXT:
            raise DamageError("table", f"Node {node.number:#x} holds no table.")
        _kind, count, _four, _two, self._bits, self._size, index, self._rows_at, _ = _HEAD.unpack_from(head)
        self._described = described = head[_HEAD.size : _HEAD.size + count * _COLUMN.size]
        columns = _columns(described, self._bits, self._size) if len(described) == count * _COLUMN.size else None
        if columns is None:
            raise DamageError("table", f"The table at node {node.number:#x} has columns that cannot be.")
        self.columns = columns
        records = heap.records(index, _ROW_ID, 4 if is_wide else 2) if index else b""
        entry = struct.Struct("<II" if is_wide else "<IH")
        # row identifier (in a folder's contents: the node of the item) → number of the row
        self.index: dict[int, int] = dict(entry.iter_unpack(records))

    def rows(self) -> list["Row"]:
        """Return the rows that the index names, in the order in which they are stored.

        Raises:
            DamageError: the rows cannot be read, or one that the index names is not there.
        """
        return [Row(self, identifier, data) for identifier, data in self._wanted()]

    def _wanted(self) -> list[tuple[int, bytes]]:
        """Return the identifier and the bytes of each row that the index names, in stored order."""
        wanted = {place: identifier for identifier, place in self.index.items()}
        matrix = islice(self._matrix(), max(wanted, default=-1) + 1)
        found = [(wanted[place], data) for place, data in enumerate(matrix) if place in wanted]
        if len(found) < len(self.index):
            number = self._heap.node.number
            raise DamageError(
                "table_rows", f"The table at node {number:#x} has {len(found)} of {len(self.index)} rows."
            )
        return found

    def picked(self, numbers: Sequence[int]) -> Iterator[tuple[dict[int, tuple[int, bytes]], DamageError | None]]:
        """Yield of each row that the index names, in stored order, its cells in these columns: number → type and bytes.

        A cell that cannot be read is left out; the last such damage of a row comes with it.

        Raises:
            DamageError: the rows cannot be read, or one that the index names is not there.
        """
        first, offsets, shift = self._heap.first, self._heap.offsets, self._heap.shift
        count, size = len(offsets), len(first)
        layout = _layout(self._described, self._bits, self._size, tuple(numbers))
        for _, data in self._wanted():
            found, damage = dict[int, tuple[int, bytes]](), None
            for number, column, at, mask, is_placed, place, end in layout:
                if not data[at] & mask:
                    continue
                if not is_placed:
                    found[number] = column.kind, data[place:end]
                    continue
                hid = int.from_bytes(data[place:end], "little")
                index = hid >> 5
                if 0 < index < count and not hid & _LOW5 and not hid >> shift:  # nearly always in the first block
                    start, stop = offsets[index - 1], offsets[index]
                    if start <= stop <= size:
                        found[number] = column.kind, first[start:stop]
                        continue
                try:
                    found[number] = column.kind, self._content(data, column)
                except DamageError as error:
                    damage = error
            yield found, damage

    def _content(self, row: bytes, column: Column) -> bytes:
        kind, inline = column.kind, row[column.place : column.place + column.size]
        if not values.is_in_heap(kind):
            return inline[: values.IN_PLACE.get(kind, column.size)]
        if column.size != _PLACE_SIZE:
            return inline
        place = int.from_bytes(inline, "little")
        if not place:
            return b""
        return self._heap.node.subnode(place).data() if place & _LOW5 else self._heap.item(place)

    def _matrix(self) -> Iterator[bytes]:
        """Yield the row matrix (2.3.4.4) row by row; a row never goes from one block into the next."""
        size = self._size
        for block in self._row_blocks():
            for at in range(0, len(block) // size * size, size):
                yield block[at : at + size]

    def _row_blocks(self) -> Iterator[bytes]:
        if self._rows_at & _LOW5:
            yield from self._heap.node.subnode(self._rows_at).chunks()
        elif self._rows_at:
            yield self._heap.item(self._rows_at)

    def has(self, row: bytes, number: int) -> bool:
        """Whether a row has a cell in the column of a property."""
        column = self.columns.get(number)
        return column is not None and bool(row[self._bits + column.bit // 8] & 0x80 >> column.bit % 8)

    def cell(self, row: bytes, number: int) -> tuple[int, bytes] | None:
        """Return type and bytes of a cell, None if the row has none in this column.

        Raises:
            DamageError: its value cannot be read.
        """
        column = self.columns.get(number)
        if column is None or not row[self._bits + column.bit // 8] & 0x80 >> column.bit % 8:
            return None
        return column.kind, self._content(row, column)


def _is_placed(column: Column) -> bool:
    """Whether a row has only the place of a cell's value."""
    return values.is_in_heap(column.kind) and column.size == _PLACE_SIZE


class Row(Mapping[int, Value]):
    """The cells of one row by property number; read, decoded and damaged as `Properties` are."""

    __slots__ = ("_table", "data", "identifier")

    def __init__(self, table: Table, identifier: int, data: bytes) -> None:
        self._table = table
        self.identifier = identifier
        self.data = data

    def __iter__(self) -> Iterator[int]:
        """Iterate over the numbers of the columns in which the row has a cell."""
        return (number for number in self._table.columns if self._table.has(self.data, number))

    def __len__(self) -> int:
        """Return the number of cells."""
        return sum(1 for _ in self)

    def __getitem__(self, number: int) -> Value:
        """Return the value of a cell.

        Raises:
            KeyError: the row has no cell in this column.
            DamageError: its value cannot be read.
        """
        cell = self._table.cell(self.data, number)
        if cell is None:
            raise KeyError(number)
        return values.decode(*cell)

    @overload
    def get(self, number: int, /) -> Value: ...
    @overload
    def get(self, number: int, default: Default, /) -> Value | Default: ...
    def get(self, number: int, default: Default | None = None, /) -> Value | Default | None:
        """Return the value of a cell, or `default` where there is none; DamageError as for `[]`."""
        cell = self._table.cell(self.data, number)
        return default if cell is None else values.decode(*cell)

    def raw(self, number: int) -> tuple[int, bytes] | None:
        """Return type and bytes of a cell as they are stored, None if there is none.

        Raises:
            DamageError: its value cannot be read.
        """
        return self._table.cell(self.data, number)

    def type_of(self, number: int) -> int | None:
        """Return the type of a column's values, None if the table has no such column."""
        column = self._table.columns.get(number)
        return None if column is None else column.kind
