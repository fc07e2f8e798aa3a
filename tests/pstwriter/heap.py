"""A heap on a node, and the small B-tree that lives in it.

Source: [MS-PST] 2.3.1 (heap-on-node) and 2.3.2 (BTree-on-heap). Full pages go to the file as they fill, the first one
stays in memory to the end, because it holds what is only known then.
"""

import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

from tests.pstwriter.blocks import BlockFile
from tests.pstwriter.layout import Layout

_T = TypeVar("_T")

MAX_ITEM = 3580  # what is larger lives in a sub-node (2.3.3.3)

PROPERTY_CONTEXT = 0xBC
TABLE_CONTEXT = 0x7C

_SIGNATURE = 0xEC
_FIRST_ITEM = 0x20
_TREE = 0xB5
_MAX_ITEMS = 2047  # eleven bits of index, also in the 4K form: libpst looks at no more
_LEVELS = (8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 1792, 2048, 2560, 3584)  # 2.3.1.2, from full to empty
_FULL = 0xFF
_BITMAP_FIRST, _BITMAP_EVERY, _BITMAP_PAGES = 8, 128, 128
_MAP_ROOM = 7  # page map without its items: two counts, one offset, and a byte to make it even


class Heap:
    """Numbered pieces of data on the pages of one node."""

    def __init__(self, blocks: BlockFile, layout: Layout, client: int) -> None:
        self._blocks = blocks
        self._capacity = layout.capacity
        self._shift = layout.hid_shift
        self._client = client
        self._first: list[bytes] = []
        self._items = self._first
        self._levels = bytearray(4)
        self._page = 0
        self._used = _head_size(0) + _MAP_ROOM
        self._leaves: list[int] = []
        self._size = 0

    def add(self, data: bytes) -> int:
        """Store up to `MAX_ITEM` bytes and return their heap identifier; no bytes are identifier 0."""
        size = len(data)
        if not size:
            return 0
        if size > MAX_ITEM:
            raise ValueError(f"{size} bytes are too many for one item of a heap")
        used = self._used + size + 2
        items = self._items
        if used > self._capacity or len(items) == _MAX_ITEMS:
            self._turn()
            used, items = self._used + size + 2, self._items
        self._used = used
        items.append(data)
        return self._page << self._shift | len(items) << 5

    def replace(self, identifier: int, data: bytes) -> None:
        """Give an item of the first page other bytes of the same number."""
        index = (identifier >> 5) - 1
        if index >= len(self._first) or len(self._first[index]) != len(data):
            raise ValueError(f"{identifier:#x} is no item of {len(data)} bytes on the first page")
        self._first[index] = data

    def finish(self, root: int) -> int:
        """Write what is left, with `root` as the item that clients start from; return the node's block identifier."""
        last = b""
        if self._page:
            last = self._render(self._head(), self._items)
        self._note_level()
        head = struct.pack("<BBI4s", _SIGNATURE, self._client, root, bytes(self._levels))
        first = self._render(head, self._first, full=self._page > 0)
        leaves = [self._blocks.add(first), *self._leaves]
        self._size += len(first) + len(last)
        if last:
            leaves.append(self._blocks.add(last))
        return self._blocks.tree(leaves, self._size)

    def add_tree(self, header: int, key: int, entry: int, records: Sequence[bytes]) -> None:
        """Build a B-tree of sorted `records` (a key and an entry each), its header into the item `header`."""
        levels, root = 0, 0
        fan = MAX_ITEM // (key + entry)
        layer = [(group[0][:key], self.add(b"".join(group))) for group in _groups(records, fan)]
        fan = MAX_ITEM // (key + 4)
        while len(layer) > 1:
            levels += 1
            layer = [
                (group[0][0], self.add(b"".join(first + struct.pack("<I", child) for first, child in group)))
                for group in _groups(layer, fan)
            ]
        if layer:
            root = layer[0][1]
        self.replace(header, tree_header(key, entry, levels, root))

    def _turn(self) -> None:
        """Go on to the next page; what is full and not the first is written now."""
        self._note_level()
        if self._page:
            page = self._render(self._head(), self._items, full=True)
            self._leaves.append(self._blocks.add(page))
            self._size += len(page)
        self._page += 1
        self._items = []
        self._used = _head_size(self._page) + _MAP_ROOM

    def _note_level(self) -> None:
        """Enter into the first page how full the current one is; later bitmaps always say full."""
        if self._page < 2 * len(self._levels):
            level = len(_LEVELS) - bisect_right(_LEVELS, self._capacity - self._used)
            self._levels[self._page // 2] |= level << 4 * (self._page % 2)

    def _head(self) -> bytes:
        """Return what precedes the items on the current page, after the offset of its map."""
        return bytes([_FULL]) * (_head_size(self._page) - 2)

    def _render(self, head: bytes, items: Sequence[bytes], *, full: bool = False) -> bytes:
        """Return the bytes of a page; one that others follow (`full`) takes up its whole block."""
        ends, at = [], 2 + len(head)
        ends.append(at)
        for item in items:
            at += len(item)
            ends.append(at)
        at += at & 1
        body = struct.pack("<H", at) + head + b"".join(items)
        table = struct.pack(f"<HH{len(ends)}H", len(items), 0, *ends)
        page = body.ljust(at, b"\0") + table
        return page.ljust(self._capacity, b"\0") if full else page


def tree_header(key: int, entry: int, levels: int, root: int) -> bytes:
    """Return a BTHHEADER (2.3.2.1)."""
    return struct.pack("<BBBBI", _TREE, key, entry, levels, root)


def one_page(client: int, layout: Layout, items: Sequence[bytes]) -> bytes | None:
    """Return the only page of a heap that starts from its first item, or None if the items need more than a page."""
    ends = list(accumulate(map(len, items), initial=_head_size(0)))
    if ends[-1] + 2 * len(items) + _MAP_ROOM > layout.capacity or len(items) > _MAX_ITEMS:
        return None
    at = ends[-1] + (ends[-1] & 1)
    level = len(_LEVELS) - bisect_right(_LEVELS, layout.capacity - at - 2 * len(items) - _MAP_ROOM)
    head = struct.pack("<HBBII", at, _SIGNATURE, client, _FIRST_ITEM, level)
    padding = b"" if at == ends[-1] else b"\0"
    return b"".join((head, *items, padding, struct.pack(f"<HH{len(ends)}H", len(items), 0, *ends)))


def _head_size(page: int) -> int:
    """Bytes before the first item: HNHDR, HNBITMAPHDR or HNPAGEHDR."""
    if page == 0:
        return 12
    return 66 if page >= _BITMAP_FIRST and (page - _BITMAP_FIRST) % _BITMAP_EVERY == 0 else 2


def _groups(members: Sequence[_T], size: int) -> list[Sequence[_T]]:
    """Cut a sequence into pieces of at most `size`."""
    return [members[at : at + size] for at in range(0, len(members), size)]
