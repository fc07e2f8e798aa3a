"""A node: its data, and the sub-nodes that hold what does not fit into it ([MS-PST] 2.2.2.8.3.3, 2.3)."""

from collections.abc import Iterator

from pipeline.extract.pst.direct.blocks import Blocks, SubnodeBlocks
from pipeline.extract.pst.direct.damage import DamageError

_TYPE = 0x1F  # the type bits of a node identifier (2.2.2.1)


def type_of(number: int) -> int:
    """Return the type of a node from its identifier (`nidType`, 2.2.2.1)."""
    return number & _TYPE


class Node:
    """A node of the store, or a sub-node of one; nothing is read before it is asked for."""

    __slots__ = ("_subnodes", "blocks", "data_block", "number", "subnode_block")

    def __init__(self, blocks: Blocks, number: int, data_block: int, subnode_block: int) -> None:
        self.blocks = blocks
        self.number = number
        self.data_block = data_block
        self.subnode_block = subnode_block
        self._subnodes: dict[int, SubnodeBlocks] | None = None

    @property
    def subnodes(self) -> dict[int, SubnodeBlocks]:
        """The node's own sub-nodes by identifier.

        Raises:
            DamageError: their list cannot be read.
        """
        if self._subnodes is None:
            self._subnodes = self.blocks.subnodes(self.subnode_block)
        return self._subnodes

    def subnode(self, number: int) -> "Node":
        """Return one sub-node.

        Raises:
            DamageError: there is none of this number, or their list cannot be read.
        """
        found = self.subnodes.get(number)
        if found is None:
            raise DamageError("subnode_missing", f"Node {self.number:#x} has no sub-node {number:#x}.")
        return Node(self.blocks, number, *found)

    def data(self) -> bytes:
        """Return the node's data in one piece.

        Raises:
            DamageError: it cannot be read, or is larger than the limit for a value.
        """
        return self.blocks.data(self.data_block)

    def chunks(self) -> Iterator[bytes]:
        """Yield the node's data in pieces, however much it is.

        Raises:
            DamageError: a piece cannot be read.
        """
        return self.blocks.chunks(self.data_block)

    def length(self) -> int:
        """Return the number of bytes of data.

        Raises:
            DamageError: the list of its blocks cannot be read.
        """
        return self.blocks.length(self.data_block)
