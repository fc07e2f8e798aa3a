"""The heap on a node, and the small B-trees kept in it ([MS-PST] 2.3.1 and 2.3.2)."""

import struct

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.node import Node

PROPERTY_CONTEXT, TABLE_CONTEXT, BTREE = 0xBC, 0x7C, 0xB5  # bClientSig (2.3.1.2)
HEAP = 0xEC
_HEAD = struct.Struct("<HBBI")  # HNHDR without the fill levels, which only a writer needs
_TREE_HEAD = struct.Struct("<BBBBI")  # BTHHEADER (2.3.2.1)
_MAP_HEAD = struct.Struct("<HH")  # HNPAGEMAP (2.3.1.5), the offsets follow
_MAX_TREE_LEVEL = 8
_KEPT = 64  # blocks of a large heap that are kept


class Heap:
    """The heap in the data of one node.

    `first`: data of its first block; `offsets`: where the allocations of that block begin, and the end of the last;
    `root`: the allocation that the heap is about. Most heaps have one block, so their readers look there themselves.
    """

    __slots__ = ("_blocks", "_leaves", "_maps", "first", "kind", "node", "offsets", "root", "shift")

    def __init__(self, node: Node) -> None:
        """Read the first block.

        Raises:
            DamageError: it cannot be read, or is no heap.
        """
        blocks = node.blocks
        self.node = node
        self.shift = blocks.hid_shift
        block = node.data_block
        self._leaves = [block] if block and not block & 2 else blocks.leaves(block)
        if not self._leaves:
            raise DamageError("heap_empty", f"Node {node.number:#x} has no data.")
        self.first = first = blocks.read(self._leaves[0])
        if len(first) < _HEAD.size:
            raise DamageError("heap_head", f"The data of node {node.number:#x} is too short for a heap.")
        map_at, signature, self.kind, self.root = _HEAD.unpack_from(first)
        if signature != HEAP:
            raise DamageError("heap_head", f"The data of node {node.number:#x} is no heap.")
        self.offsets = _page_map(first, map_at, node.number)
        self._maps: dict[int, tuple[bytes, tuple[int, ...]]] = {0: (first, self.offsets)}

    def item(self, hid: int) -> bytes:
        """Return one allocation by its identifier (`HID`, 2.3.1.1).

        Raises:
            DamageError: the heap has no such allocation, or its block cannot be read.
        """
        block, index = hid >> self.shift, (hid >> 5) & (1 << self.shift - 5) - 1
        data, offsets = self._maps.get(block) or self._load(block)
        if hid & 0x1F or not 0 < index < len(offsets):
            raise DamageError("heap_item", f"The heap of node {self.node.number:#x} has no item {hid:#x}.")
        start, end = offsets[index - 1], offsets[index]
        if not start <= end <= len(data):
            raise DamageError("heap_item", f"Item {hid:#x} in the heap of node {self.node.number:#x} cannot be there.")
        return data[start:end]

    def _load(self, block: int) -> tuple[bytes, tuple[int, ...]]:
        if block >= len(self._leaves):
            raise DamageError("heap_item", f"The heap of node {self.node.number:#x} has no block {block}.")
        data = self.node.blocks.read(self._leaves[block])
        if len(data) < 2:  # noqa: PLR2004 - ibHnpm, with which HNPAGEHDR and HNBITMAPHDR both begin (2.3.1.3, 2.3.1.4)
            raise DamageError("heap_head", f"Block {block} of the heap of node {self.node.number:#x} is too short.")
        found = data, _page_map(data, int.from_bytes(data[:2], "little"), self.node.number)
        if len(self._maps) > _KEPT:
            self._maps = {0: self._maps[0]}
        self._maps[block] = found
        return found

    def records(self, hid: int, key_size: int, value_size: int) -> bytes:
        """Return the records of a B-tree in the heap (2.3.2), key and value of each, one after the other in key order.

        Raises:
            DamageError: the tree cannot be read, or has keys or values of other sizes.
        """
        head = self.item(hid)
        if len(head) < _TREE_HEAD.size:
            raise DamageError("heap_tree", f"Item {hid:#x} in the heap of node {self.node.number:#x} is no tree.")
        kind, keys, values, level, root = _TREE_HEAD.unpack_from(head)
        if kind != BTREE or keys != key_size or values != value_size or level > _MAX_TREE_LEVEL:
            raise DamageError("heap_tree", f"Item {hid:#x} in the heap of node {self.node.number:#x} is no such tree.")
        if not root:
            return b""
        size = key_size + value_size
        if not level:
            data = self.item(root)
            return data[: len(data) // size * size]
        parts, total = [], 0
        for leaf in self._tree_leaves(root, level, key_size):
            part = self.item(leaf)
            parts.append(part[: len(part) // size * size])
            total += len(part)
            if total > self.node.blocks.value_limit:
                raise DamageError("too_large", f"A tree in the heap of node {self.node.number:#x} is too large.")
        return b"".join(parts)

    def _tree_leaves(self, root: int, level: int, key_size: int) -> list[int]:
        """Return the allocations that hold the records; none is followed twice, so the file bounds their number."""
        entry = struct.Struct(f"<{key_size}xI")
        hids, seen = [root], {root}
        for _ in range(level):
            branches = [self.item(hid) for hid in hids]
            hids = [
                hid
                for branch in branches
                for (hid,) in entry.iter_unpack(branch[: len(branch) // entry.size * entry.size])
            ]
            if len(set(hids)) != len(hids) or not seen.isdisjoint(hids):
                raise DamageError("heap_tree", f"A tree in the heap of node {self.node.number:#x} has a branch twice.")
            seen.update(hids)
        return hids


def _page_map(data: bytes, at: int, number: int) -> tuple[int, ...]:
    """Return the offsets of the allocations in one block of a heap, the end of the last one included."""
    if at + _MAP_HEAD.size <= len(data):
        count, _free = _MAP_HEAD.unpack_from(data, at)
        if at + _MAP_HEAD.size + 2 * (count + 1) <= len(data):
            offsets: tuple[int, ...] = struct.unpack_from(f"<{count + 1}H", data, at + _MAP_HEAD.size)
            return offsets
    raise DamageError("heap_map", f"The map of the heap of node {number:#x} is not in its block.")
