"""The node database: blocks, the nodes that own them, and the two B-trees that find both.

Source: [MS-PST] 2.2. Index entries are kept in arrays and the trees are built when the file is closed.
"""

from array import array
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from tests.pstwriter import pages
from tests.pstwriter.blocks import BlockFile, Subnode
from tests.pstwriter.layout import Encryption, Form, Layout
from tests.pstwriter.space import Space

_TYPES = 32
_FIRST_INDEX = {0x02: 0x400, 0x03: 0x4000, 0x04: 0x10000, 0x08: 0x8000}  # 2.2.2.6, rgnid; all others start at 0x400


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """What the database leaves to its user.

    Attributes:
        encryption: Encoding of data blocks.
        compress: Deflate data blocks where that makes them smaller (4K form only).
        trim: Let the file end with its last used page.
        unique: `dwUnique` of the header.
    """

    encryption: Encryption
    compress: bool
    trim: bool
    unique: int


class NodeDatabase:
    """A store being written: add blocks and nodes, then `close` it."""

    def __init__(self, out: BinaryIO, layout: Layout, options: NodeOptions) -> None:
        self.layout = layout
        self._out = out
        self._options = options
        self._space = Space(out, layout)
        self.blocks = BlockFile(self._space, layout, options.encryption, compress=options.compress)
        self._nodes = array("I")
        self._data = array("Q")
        self._subnodes = array("Q")
        self._parents = array("I")
        self._last = [_FIRST_INDEX.get(kind, 0x400) for kind in range(_TYPES)]
        self._next_page = 1

    def __enter__(self) -> Self:
        """Return the database itself; leaving the block without an exception closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file unless an exception is on its way out."""
        if kind is None:
            self.close()

    def new_node(self, kind: int) -> int:
        """Return a node identifier of type `kind` that is not yet used."""
        self._last[kind] += 1
        return self._last[kind] << 5 | kind

    def add_node(self, node: int, data: int, subnodes: int = 0, parent: int = 0) -> None:
        """Enter a node: its data and sub-nodes by block identifier (0 for none), its parent by node identifier."""
        kind, index = node & 0x1F, node >> 5
        self._last[kind] = max(self._last[kind], index)
        self._nodes.append(node)
        self._data.append(data)
        self._subnodes.append(subnodes)
        self._parents.append(parent)

    def add_subnodes(self, entries: list[Subnode]) -> int:
        """Write a list of sub-nodes; return its block identifier."""
        return self.blocks.subnodes(entries)

    def close(self) -> None:
        """Write both trees, the rest of the file, and the header."""
        layout = self.layout
        nodes = self._tree(pages.NODE_TREE, self._node_entries())
        blocks = self._tree(pages.BLOCK_TREE, self._block_entries())
        last_map = self._space.last_map
        size = self._space.finish(trim=self._options.trim)
        if layout.form is Form.UNICODE:
            self._density_list()
        root = pages.Root(size=size, last_map=last_map, free=self._space.free, nodes=nodes, blocks=blocks)
        marks = pages.Marks(
            next_block=self.blocks.next_identifier,
            next_page=self._next_page,
            last_index=self._last,
            unique=self._options.unique,
        )
        self._out.seek(0)
        self._out.write(pages.header(layout, self._options.encryption, root, marks))

    def _density_list(self) -> None:
        """Write an empty density list (2.2.2.7.4.2): Outlook makes its own from the maps."""
        at = pages.DENSITY_LIST_AT
        self._out.seek(at)
        self._out.write(pages.page(self.layout, pages.DENSITY_LIST, b"", self._page_identifier(), at))

    def _page_identifier(self) -> int:
        """Return the next identifier of a page."""
        self._next_page += 1
        return self._next_page - 1

    def _node_entries(self) -> npt.NDArray[np.void]:
        """Return the leaf entries of the node tree, in the order of their identifiers.

        Raises:
            ValueError: Two nodes have the same identifier.
        """
        word = "<u8" if self.layout.wide else "<u4"
        fields = [("key", word), ("data", word), ("subnodes", word), ("parent", "<u4")]
        entries = np.zeros(len(self._nodes), dtype=[*fields, ("pad", "<u4")] if self.layout.wide else fields)
        entries["key"], entries["data"] = self._nodes, self._data
        entries["subnodes"], entries["parent"] = self._subnodes, self._parents
        entries = entries[np.argsort(entries["key"], kind="stable")]
        if (entries["key"][1:] == entries["key"][:-1]).any():
            raise ValueError("two nodes have the same identifier")
        return entries

    def _block_entries(self) -> npt.NDArray[np.void]:
        """Return the leaf entries of the block tree; identifiers are given in ascending order."""
        word = "<u8" if self.layout.wide else "<u4"
        fields = [("key", word), ("offset", word), ("size", "<u2")]
        if self.layout.form is Form.OST4K:
            fields += [("inflated", "<u2"), ("references", "<u2"), ("pad", "<u2")]
        else:
            fields += [("references", "<u2")] + ([("pad", "<u4")] if self.layout.wide else [])
        blocks = self.blocks
        entries = np.zeros(len(blocks.identifiers), dtype=fields)
        entries["key"], entries["offset"] = blocks.identifiers, blocks.offsets
        entries["size"], entries["references"] = blocks.sizes, blocks.references
        if self.layout.form is Form.OST4K:
            entries["inflated"] = blocks.inflated
        return entries

    def _tree(self, kind: int, entries: npt.NDArray[np.void], level: int = 0) -> tuple[int, int]:
        """Write the pages of a B-tree from its leaves up; return identifier and offset of the top page."""
        layout = self.layout
        width = entries.dtype.itemsize
        per_page = layout.entries // width
        word = "<u8" if layout.wide else "<u4"
        above = np.zeros(-(-len(entries) // per_page), dtype=[("key", word), ("page", word), ("offset", word)])
        for number in range(len(above)):
            part = entries[number * per_page : (number + 1) * per_page]
            identifier = self._page_identifier()
            offset = self._space.place(layout.page, layout.page)
            body = pages.tree_page(layout, kind, level, width, part.tobytes())
            self._space.write(pages.page(layout, kind, body, identifier, offset))
            above[number] = (part["key"][0], identifier, offset)
        if len(above) == 1:
            return int(above["page"][0]), int(above["offset"][0])
        return self._tree(kind, above, level + 1)
