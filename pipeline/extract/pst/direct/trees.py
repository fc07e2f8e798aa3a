"""The node and block B-trees of a store as sorted arrays, a few bytes an entry ([MS-PST] 2.2.2.7.7)."""

from bisect import bisect_left
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.form import UNICODE_4K
from pipeline.extract.pst.direct.header import Header, PageRef
from pipeline.extract.pst.direct.pages import BLOCK_TREE, NODE_TREE, LostPage, TreeReader
from pipeline.extract.pst.direct.source import Source

_ANSI_NODE = np.dtype([("node", "<u4"), ("data", "<u4"), ("subnodes", "<u4"), ("parent", "<u4")])
_WIDE_NODE = np.dtype([("node", "<u4"), ("_", "<u4"), ("data", "<u8"), ("subnodes", "<u8"), ("parent", "<u4")])
_ANSI_BLOCK = np.dtype([("block", "<u4"), ("offset", "<u4"), ("size", "<u2"), ("references", "<u2")])
_WIDE_BLOCK = np.dtype([("block", "<u8"), ("offset", "<u8"), ("size", "<u2"), ("references", "<u2")])
# The 4K form keeps the size after inflating between the two.
_4K_BLOCK = np.dtype([("block", "<u8"), ("offset", "<u8"), ("size", "<u2"), ("_", "<u2"), ("references", "<u2")])

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes by identifier, and all blocks by identifier.

    `nodes` (u32), `node_data` and `node_subnodes` (block identifiers, u64), `node_parents` (u32) are parallel, so are
    `blocks` (u64), `block_offsets` (u64), `block_sizes` (u16, bytes on disk), `block_references` (u16).
    `by_parent` (u32): places in `nodes`, ordered by parent and then by node.
    """

    nodes: Array
    node_data: Array
    node_subnodes: Array
    node_parents: Array
    by_parent: Array
    blocks: Array
    block_offsets: Array
    block_sizes: Array
    block_references: Array

    def place_of(self, node: int) -> int | None:
        """Return the place of a node in the arrays, None if there is no such node."""
        nodes = self.nodes.data  # its items are ints, those of the array are not
        at = bisect_left(nodes, node)
        return at if at < len(nodes) and nodes[at] == node else None

    def children(self, parent: int) -> Array:
        """Return the nodes (u32, ascending) whose parent is `parent`."""
        parents = self.node_parents
        start = bisect_left(self.by_parent, parent, key=parents.__getitem__)
        end = bisect_left(self.by_parent, parent + 1, start, key=parents.__getitem__)
        return self.nodes[self.by_parent[start:end]]

    def save(self, directory: Path) -> None:
        """Write the arrays into an existing directory, from where other processes map them into memory.

        Raises:
            OSError: the disk does not take them.
        """
        for field in fields(self):
            np.save(directory / f"{field.name}.npy", getattr(self, field.name))

    @classmethod
    def load(cls, directory: Path) -> "Trees":
        """Map what `save` wrote; the processes that do so share the memory.

        Raises:
            OSError: there is nothing to map.
        """
        return cls(*(np.load(directory / f"{field.name}.npy", mmap_mode="r") for field in fields(cls)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The trees and what of them is lost."""

    trees: Trees
    lost_nodes: tuple[LostPage, ...]
    lost_blocks: tuple[LostPage, ...]


def parse(source: Source, header: Header, *, is_checked: bool) -> Parsed:
    """Read both trees whole.

    Raises:
        UnreadableError: damaged_store, the root of a tree cannot be used.
    """
    form = header.form
    node_entry = _WIDE_NODE if form.is_wide else _ANSI_NODE
    node_reader = TreeReader(source, form, NODE_TREE, is_checked=is_checked)
    nodes = _in_order(_entries(node_reader, header.node_root, node_entry), "node")
    block_entry = _4K_BLOCK if form is UNICODE_4K else _WIDE_BLOCK if form.is_wide else _ANSI_BLOCK
    block_reader = TreeReader(source, form, BLOCK_TREE, is_checked=is_checked)
    blocks = _entries(block_reader, header.block_root, block_entry)
    blocks["block"] &= ~blocks["block"].dtype.type(1)  # this bit means nothing (2.2.2.2)
    blocks = _in_order(blocks, "block")
    trees = Trees(
        nodes=np.ascontiguousarray(nodes["node"]),
        node_data=nodes["data"].astype(np.uint64),
        node_subnodes=nodes["subnodes"].astype(np.uint64),
        node_parents=np.ascontiguousarray(nodes["parent"]),
        by_parent=np.argsort(nodes["parent"], kind="stable").astype(np.uint32),
        blocks=blocks["block"].astype(np.uint64),
        block_offsets=blocks["offset"].astype(np.uint64),
        block_sizes=np.ascontiguousarray(blocks["size"]),
        block_references=np.ascontiguousarray(blocks["references"]),
    )
    return Parsed(trees=trees, lost_nodes=tuple(node_reader.lost), lost_blocks=tuple(block_reader.lost))


def _entries(reader: TreeReader, root: PageRef, entry: np.dtype[Any]) -> Array:
    try:
        parts = [np.ascontiguousarray(part).view(entry)[:, 0] for part in reader.leaves(root, entry.itemsize)]
    except DamageError as error:
        which = "nodes" if reader.kind == NODE_TREE else "blocks"
        raise UnreadableError("damaged_store", f"The index of {which} cannot be read. {error.reason}") from error
    return np.concatenate(parts) if parts else np.empty(0, dtype=entry)


def _in_order(entries: Array, key: str) -> Array:
    """Return entries in ascending order of their keys; of equal keys the first of the file counts."""
    keys = entries[key]
    if len(keys) < 2 or bool(np.all(keys[1:] > keys[:-1])):  # noqa: PLR2004 - a pair
        return entries
    return entries[np.unique(keys, return_index=True)[1]]
