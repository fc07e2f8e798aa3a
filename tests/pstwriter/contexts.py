"""Property contexts and table contexts: how an object's properties and a folder's lists lie in a heap.

Source: [MS-PST] 2.3.3 and 2.3.4.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.pstwriter.blocks import BlockFile, Subnode
from tests.pstwriter.heap import MAX_ITEM, PROPERTY_CONTEXT, TABLE_CONTEXT, Heap, one_page, tree_header
from tests.pstwriter.layout import Form, Layout

Stored = tuple[int, int | bytes]
"""Property type and value: an integer when it fits into four bytes, else the bytes as they are stored."""

Properties = Mapping[int, Stored]
"""Property identifier to type and value."""

_LONG_VALUE = 0x1F  # type of the sub-nodes that hold long values (NID_TYPE_LTP)
_FIRST_LONG_VALUE = 0x401

_RECORD = struct.Struct("<HHI").pack
_INLINE = {0x0000, 0x0002, 0x0003, 0x000B}  # types whose values are in the record itself

_ROW_IDENTIFIER = 0x67F2
_ROW_VERSION = 0x67F3
_ONE_BYTE = {0x000B}
_TWO_BYTES = {0x0002}
_WIDEST = 8
_CELLS = {8: "8s", 4: "I", 2: "H", 1: "B"}
_EIGHT_BYTES = {0x0005, 0x0006, 0x0007, 0x0014, 0x0040}


class LongValues:
    """The sub-nodes of one node that hold values too long for its heap."""

    def __init__(self, blocks: BlockFile) -> None:
        self._blocks = blocks
        self._next = _FIRST_LONG_VALUE
        self.subnodes: list[Subnode] = []

    def identifier(self) -> int:
        """Return the identifier of one more sub-node."""
        self._next += 1
        return (self._next - 1) << 5 | _LONG_VALUE

    def add(self, data: bytes) -> int:
        """Write a long value and return the identifier of its sub-node."""
        node = self.identifier()
        self.subnodes.append((node, self._blocks.data(data), 0))
        return node


def property_context(
    blocks: BlockFile, layout: Layout, properties: Properties, subnodes: Sequence[Subnode] = ()
) -> tuple[int, int]:
    """Write an object's properties; return the block identifiers of its data and of its sub-nodes.

    Args:
        blocks: Where to write.
        layout: Form of the store.
        properties: What to write, in any order.
        subnodes: The object's other sub-nodes (recipients, attachments), listed with those of long values.
    """
    long_values = LongValues(blocks)
    items, records = [b""], []
    for identifier, (kind, value) in sorted(properties.items()):
        place = value
        if isinstance(value, bytes):
            if len(value) > MAX_ITEM:
                place = long_values.add(value)
            elif value:
                items.append(value)
                place = len(items) << 5
            else:
                place = 0
        records.append(_RECORD(identifier, kind, place))
    page = None
    if len(records) <= MAX_ITEM // 8:
        items[0] = tree_header(2, 6, 0, (len(items) + 1) << 5 if records else 0)
        page = one_page(PROPERTY_CONTEXT, layout, [*items, b"".join(records)] if records else items)
    data = blocks.add(page) if page else _many_pages(blocks, layout, items, records)
    return data, blocks.subnodes([*subnodes, *long_values.subnodes])


def _many_pages(blocks: BlockFile, layout: Layout, items: Sequence[bytes], records: Sequence[bytes]) -> int:
    """Write a property context that does not fit on one page, and return its block identifier.

    Args:
        blocks: Where to write.
        layout: Form of the store.
        items: What is on the heap, the tree's header first.
        records: The tree's records, where values on the heap are referred to as if all were on one page.
    """
    heap = Heap(blocks, layout, PROPERTY_CONTEXT)
    root = heap.add(bytes(8))
    places = {number << 5: heap.add(item) for number, item in enumerate(items[1:], 2)}
    moved = []
    for record in records:
        identifier, kind, place = struct.unpack("<HHI", record)
        on_heap = kind not in _INLINE and place
        moved.append(_RECORD(identifier, kind, places.get(place, place) if on_heap else place))
    heap.add_tree(root, 2, 6, moved)
    return heap.finish(root)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: property identifier and type, where its cell lies, and its bit of the row's bitmap."""

    identifier: int
    kind: int
    offset: int
    width: int
    bit: int


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table and the shape of a row.

    Attributes:
        columns: The columns in the order of their cells: four and eight bytes wide, then two, then one.
        ends: `TCINFO.rgib`: where each of those groups and the bitmap of present cells end.
        descriptions: The column descriptors (2.3.4.2), which are sorted by tag.
        row: How the cells and the bitmap are packed; cells of eight bytes are taken as bytes.
        empty: The cells of a row in which nothing is present.
        optional: Number of the cell and column, of all but the first two.
        bits: Bits of the bitmap.
    """

    columns: tuple[Column, ...]
    ends: tuple[int, int, int, int]
    descriptions: bytes
    row: struct.Struct
    empty: tuple[int | bytes, ...]
    optional: tuple[tuple[int, Column], ...]
    bits: int

    @classmethod
    def of(cls, tags: Iterable[tuple[int, int]]) -> "Columns":
        """Lay out the columns `tags` (identifier, type) behind the two that every table starts with."""
        chosen = [(_ROW_IDENTIFIER, 0x0003), (_ROW_VERSION, 0x0003), *tags]
        columns: list[Column] = []
        ends, at = [], 0
        for widths in ((4, 8), (2,), (1,)):
            for bit, (identifier, kind) in enumerate(chosen):
                if (width := _cell_width(kind)) in widths:
                    columns.append(Column(identifier, kind, at, width, bit))
                    at += width
            ends.append(at)
        bitmap = -(-len(chosen) // 8)
        row = struct.Struct("<" + "".join(_CELLS[column.width] for column in columns) + f"{bitmap}s")
        empty = tuple(b"" if column.width == _WIDEST else 0 for column in columns)
        described = b"".join(
            struct.pack("<HHHBB", column.kind, column.identifier, column.offset, column.width, column.bit)
            for column in sorted(columns, key=lambda column: column.identifier)
        )
        return cls(
            columns=tuple(columns),
            ends=(ends[0], ends[1], ends[2], at + bitmap),
            descriptions=described,
            row=row,
            empty=empty,
            optional=tuple(enumerate(columns))[2:],
            bits=8 * bitmap,
        )


class Table:
    """A table being written row by row; full blocks of rows go to the file as they fill."""

    def __init__(self, blocks: BlockFile, layout: Layout, columns: Columns) -> None:
        self._blocks = blocks
        self._layout = layout
        self._columns = columns
        self._heap = Heap(blocks, layout, TABLE_CONTEXT)
        self._index = self._heap.add(bytes(8))
        self._info = self._heap.add(bytes(22) + columns.descriptions)
        self._long_values = LongValues(blocks)
        self._rows = bytearray()
        self._leaves: list[int] = []
        self._identifiers: list[int] = []

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._identifiers)

    def add(self, identifier: int, values: Properties) -> None:
        """Append a row: of `values` those that have a column; a column without a value is marked absent."""
        cells = list(self._columns.empty)
        cells[0], cells[1] = identifier, len(self._identifiers) + 1
        bits = self._columns.bits
        present = 0xC0 << bits - 8
        for number, column in self._columns.optional:
            found = values.get(column.identifier)
            if found is not None:
                cells[number] = self._cell(column, *found)
                present |= 1 << bits - 1 - column.bit
        self._append(self._columns.row.pack(*cells, present.to_bytes(bits // 8)))
        self._identifiers.append(identifier)

    def finish(self) -> tuple[int, int]:
        """Write the table; return the block identifiers of its data and of its sub-nodes."""
        rows = self._finish_rows()
        width = 2 if self._layout.form is Form.ANSI else 4
        pack = struct.Struct("<IH" if width == 2 else "<II").pack
        order = sorted(range(len(self._identifiers)), key=self._identifiers.__getitem__)
        self._heap.add_tree(self._index, 4, width, [pack(self._identifiers[number], number) for number in order])
        count = len(self._columns.columns)
        head = struct.pack("<BB4HIII", TABLE_CONTEXT, count, *self._columns.ends, self._index, rows, 0)
        self._heap.replace(self._info, head + self._columns.descriptions)
        data = self._heap.finish(self._info)
        return data, self._blocks.subnodes(self._long_values.subnodes)

    def _cell(self, column: Column, kind: int, value: int | bytes) -> int | bytes:
        """Return a cell: the value itself, or where it is."""
        if kind != column.kind:
            raise ValueError(f"property {column.identifier:04X} has type {kind:04X}, not that of its column")
        if isinstance(value, int) or column.width == _WIDEST:
            return value
        return self._heap.add(value) if len(value) <= MAX_ITEM else self._long_values.add(value)

    def _append(self, row: bytes) -> None:
        """Append a row; rows do not cross from one block to the next (2.3.4.4)."""
        if len(self._rows) + len(row) > self._layout.capacity:
            self._leaves.append(self._blocks.add(bytes(self._rows).ljust(self._layout.capacity, b"\0")))
            self._rows.clear()
        self._rows += row

    def _finish_rows(self) -> int:
        """Write the last rows; return where the rows are: an item of the heap or a sub-node."""
        if not self._leaves and len(self._rows) <= MAX_ITEM:
            return self._heap.add(bytes(self._rows))
        size = len(self._leaves) * self._layout.capacity + len(self._rows)
        node = self._long_values.identifier()
        data = self._blocks.tree([*self._leaves, self._blocks.add(bytes(self._rows))], size)
        self._long_values.subnodes.append((node, data, 0))
        return node


def _cell_width(kind: int) -> int:
    """Bytes of a cell of a property type: fixed-size values as they are, all others by reference."""
    if kind in _ONE_BYTE:
        return 1
    if kind in _TWO_BYTES:
        return 2
    return 8 if kind in _EIGHT_BYTES else 4
