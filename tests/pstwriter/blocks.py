"""Blocks: pieces of data with a checked trailer, trees of them for what is larger, and lists of sub-nodes.

Source: [MS-PST] 2.2.2.8.
"""

import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence

from tests.pstwriter.cipher import encode
from tests.pstwriter.layout import Encryption, Form, Layout
from tests.pstwriter.pages import crc, signature
from tests.pstwriter.space import Space

_INTERNAL = 2  # this bit of a block identifier says: a list of blocks or nodes, not data; never encoded
_STEP = 4
_DATA_TREE = 1
_NODE_TREE = 2
_ZLIB_LEVEL = 6  # makes the header 78 9C, by which java-libpst knows a compressed block

Subnode = tuple[int, int, int]
"""Node identifier, identifier of its data, identifier of its own sub-nodes (0 for none)."""


class BlockFile:
    """Writes blocks as they come and remembers where each one is."""

    def __init__(self, space: Space, layout: Layout, encryption: Encryption, *, compress: bool) -> None:
        self._space = space
        self._layout = layout
        self._encryption = encryption
        self._compress = compress
        self._next = _STEP
        self._word = "Q" if layout.wide else "I"
        self.identifiers = array("Q")
        self.offsets = array("Q")
        self.sizes = array("H")
        self.inflated = array("H")
        self.references = array("H")

    @property
    def next_identifier(self) -> int:
        """The identifier that the next data block gets."""
        return self._next

    def add(self, data: bytes) -> int:
        """Write one data block of at most `Layout.capacity` bytes and return its identifier."""
        identifier = self._next
        stored = encode(data, identifier, self._encryption)
        if self._compress:
            smaller = zlib.compress(stored, _ZLIB_LEVEL)
            if len(smaller) < len(stored):
                stored = smaller
        return self._write(stored, identifier, len(data))

    def share(self, identifier: int) -> int:
        """Count one more reference to a block and return its identifier."""
        self.references[identifier // _STEP - 1] += 1
        return identifier

    def data(self, data: bytes) -> int:
        """Write data of any size; return the identifier of its block or tree, 0 for no data."""
        room = self._layout.capacity
        if len(data) <= room:
            return self.add(data) if data else 0
        return self.tree([self.add(data[at : at + room]) for at in range(0, len(data), room)], len(data))

    def tree(self, leaves: Sequence[int], size: int) -> int:
        """Tie data blocks, `size` bytes together, into one tree (2.2.2.8.3.2) and return its identifier.

        Raises:
            ValueError: The tree would need a third level, which the format does not have.
        """
        if len(leaves) == 1:
            return leaves[0]
        fan = (self._layout.capacity - 8) // (8 if self._layout.wide else 4)
        if len(leaves) <= fan:
            return self._list(_DATA_TREE, 1, leaves, size)
        if len(leaves) > fan * fan:
            raise ValueError(f"{size} bytes do not fit into one data tree")
        groups = [leaves[at : at + fan] for at in range(0, len(leaves), fan)]
        full = fan * self._layout.capacity
        sizes = [full] * (len(groups) - 1) + [size - full * (len(groups) - 1)]
        lists = [self._list(_DATA_TREE, 1, group, part) for group, part in zip(groups, sizes, strict=True)]
        return self._list(_DATA_TREE, 2, lists, size)

    def subnodes(self, entries: Iterable[Subnode]) -> int:
        """Write a list of sub-nodes (2.2.2.8.3.3) and return its identifier, 0 for none.

        Raises:
            ValueError: More sub-nodes than two levels of lists hold.
        """
        ordered = sorted(entries)
        head = 8 if self._layout.wide else 4
        width = 8 if self._layout.wide else 4
        room = (self._layout.capacity - head) // (3 * width)
        groups = [ordered[at : at + room] for at in range(0, len(ordered), room)]
        lists = [(group[0][0], self._nodes(0, [word for entry in group for word in entry], 3)) for group in groups]
        if len(lists) <= 1:
            return lists[0][1] if lists else 0
        if len(lists) > (self._layout.capacity - head) // (2 * width):
            raise ValueError(f"{len(ordered)} sub-nodes do not fit into one list")
        return self._nodes(1, [word for pair in lists for word in pair], 2)

    def _list(self, kind: int, level: int, members: Sequence[int], size: int) -> int:
        """Write an XBLOCK or XXBLOCK."""
        head = struct.pack("<BBHI", kind, level, len(members), size)
        return self._internal(head + struct.pack(f"<{len(members)}{self._word}", *members))

    def _nodes(self, level: int, words: Sequence[int], per_entry: int) -> int:
        """Write an SLBLOCK or SIBLOCK from the words of its entries."""
        head = struct.pack("<BBH" + ("4x" if self._layout.wide else ""), _NODE_TREE, level, len(words) // per_entry)
        return self._internal(head + struct.pack(f"<{len(words)}{self._word}", *words))

    def _internal(self, data: bytes) -> int:
        """Write a block of identifiers."""
        return self._write(data, self._next | _INTERNAL, len(data))

    def _write(self, stored: bytes, identifier: int, inflated: int) -> int:
        """Append a block with its trailer and note it for the block tree."""
        layout, size = self._layout, len(stored)
        whole = -(-(size + layout.trailer) // layout.grain) * layout.grain
        offset = self._space.place(whole, layout.grain)
        mark, check = signature(offset, identifier), crc(stored)
        if layout.form is Form.ANSI:
            trailer = struct.pack("<HHII", size, mark, identifier, check)
        else:
            trailer = struct.pack("<HHIQ", size, mark, check, identifier)
            if layout.form is Form.OST4K:
                trailer += struct.pack("<HHI", 0, inflated, 0)
        self._space.write(stored.ljust(whole - layout.trailer, b"\0") + trailer)
        self._next += _STEP
        self.identifiers.append(identifier)
        self.offsets.append(offset)
        self.sizes.append(size)
        self.inflated.append(inflated)
        self.references.append(2)
        return identifier
