"""Heaps, trees in heaps and tables, byte by byte, right or wrong in any way that a test wants ([MS-PST] 2.3)."""

import struct
from collections.abc import Callable, Sequence

from pipeline.extract.pst.direct.node import Node

NodeMaker = Callable[..., Node]
"""Writes a store with one node of the blocks given, and returns that node as the reader finds it."""

PROPERTIES, TABLE = 0xBC, 0x7C


def hid(index: int, block: int = 0) -> int:
    """Return the identifier of the allocation `index` (the first is 1) of a block of a heap."""
    return block << 16 | index << 5


def block(
    *items: bytes, kind: int | None = PROPERTIES, root: int = hid(1), offsets: Sequence[int] | None = None
) -> bytes:
    """Return a block of a heap: the first one, or with `kind` None a later one."""
    head = b"\0\0" if kind is None else struct.pack("<HBBII", 0, 0xEC, kind, root, 0)
    places = [len(head)]
    for item in items:
        places.append(places[-1] + len(item))
    body = head + b"".join(items)
    page_map = struct.pack(f"<HH{len(places)}H", len(items), 0, *(offsets or places))
    return struct.pack("<H", len(body)) + body[2:] + page_map


def tree(key_size: int, value_size: int, root: int, level: int = 0, kind: int = 0xB5) -> bytes:
    """Return the head of a tree in a heap."""
    return struct.pack("<BBBBI", kind, key_size, value_size, level, root)


def tag(number: int, kind: int, value: int) -> bytes:
    """Return a record of a property context."""
    return struct.pack("<HHI", number, kind, value)


def properties(*records: bytes, items: Sequence[bytes] = ()) -> bytes:
    """Return a property context of one block; `items` are the allocations 3 and up."""
    return block(tree(2, 6, hid(2) if records else 0), b"".join(records) or b"\0", *items)


def column(kind: int, number: int, place: int, size: int, bit: int) -> bytes:
    """Return a column of a table."""
    return struct.pack("<HHHBB", kind, number, place, size, bit)


def table(columns: Sequence[bytes], rows_at: int, index: bytes, *, bits: int, size: int) -> list[bytes]:
    """Return the allocations 1 to 3 of a table: its head, the head of the row index, and the index (empty is 0)."""
    head = struct.pack("<BB4HIII", 0x7C, len(columns), bits, bits, bits, size, hid(2), rows_at, 0)
    return [head + b"".join(columns), tree(4, 4, hid(3) if index else 0), index or b"\0"]
