"""Items and what hangs on them: recipients, attachments, messages within attachments ([MS-PST] 2.4.5 and 2.4.6)."""

from collections.abc import Iterator, Sequence

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.node import Node, type_of
from pipeline.extract.pst.direct.property_context import Properties
from pipeline.extract.pst.direct.table_context import Row, Table
from pipeline.extract.pst.direct.values import OBJECT

_RECIPIENTS, _ATTACHMENTS = 0x692, 0x671  # sub-nodes of an item (2.4.5.4, 2.4.6.1)
_ATTACHMENT = 0x05  # NID_TYPE_ATTACHMENT
_METHOD, _DATA = 0x3705, 0x3701  # PidTagAttachMethod, PidTagAttachDataBinary or ...Object
_NUMBER_SIZE = 4
_EMBEDDED = 5  # afEmbeddedMessage
_MAX_DEPTH = 32  # messages within messages


class Item:
    """A message, contact, task, appointment or the like; nothing is read before it is asked for.

    `parent`: node of its folder, or of the attachment that it is in. `depth`: 0 in a folder, 1 in an attachment of
    such an item, and so on.
    """

    __slots__ = ("_around", "_properties", "is_wide", "node", "parent")

    def __init__(self, node: Node, parent: int, *, is_wide: bool, around: "tuple[Node, ...]" = ()) -> None:
        """Take `node` for an item; `around`: the nodes of the messages in which it is attached, the outermost first."""
        self.node = node
        self.parent = parent
        self.is_wide = is_wide
        self._around = around
        self._properties: Properties | None = None

    @property
    def depth(self) -> int:
        """In how many messages the item is attached."""
        return len(self._around)

    def within(self, node: Node, attachment: int) -> "Item":
        """Return the message that is attached to this one.

        Raises:
            DamageError: it is this one, or one around it, or messages lie in each other too deep.
        """
        around = (*self._around, self.node)
        if self.depth >= _MAX_DEPTH:
            raise DamageError("message_depth", f"Messages in node {self.node.number:#x} are deeper than {_MAX_DEPTH}.")
        if any((one.data_block, one.subnode_block) == (node.data_block, node.subnode_block) for one in around):
            raise DamageError("message_cycle", f"The message in node {self.node.number:#x} is one that is around it.")
        return Item(node, attachment, is_wide=self.is_wide, around=around)

    @property
    def properties(self) -> Properties:
        """The item's properties.

        Raises:
            DamageError: they cannot be read: there is no item then.
        """
        if self._properties is None:
            self._properties = Properties(self.node)
        return self._properties

    def recipients(self) -> list[Row]:
        """Return the rows of the recipient table in their order, none where there is no table.

        Raises:
            DamageError: the table or a row cannot be read.
        """
        if not self.node.subnode_block or _RECIPIENTS not in self.node.subnodes:
            return []
        return Table(self.node.subnode(_RECIPIENTS), is_wide=self.is_wide).rows()

    def people(self, numbers: Sequence[int]) -> Iterator[tuple[dict[int, tuple[int, bytes]], DamageError | None]]:
        """Yield the cells of each recipient in some columns, as `Table.picked` does; none where there is no table.

        Raises:
            DamageError: the table or its rows cannot be read.
        """
        if self.node.subnode_block and _RECIPIENTS in self.node.subnodes:
            yield from Table(self.node.subnode(_RECIPIENTS), is_wide=self.is_wide).picked(numbers)

    def attachments(self) -> "list[Attachment]":
        """Return the attachments: those of the attachment table in its order, then others that are there all the same.

        Raises:
            DamageError: the table or the list of attachments cannot be read.
        """
        if not self.node.subnode_block:
            return []
        present = dict.fromkeys(sorted(number for number in self.node.subnodes if type_of(number) == _ATTACHMENT))
        if _ATTACHMENTS not in self.node.subnodes:
            return [Attachment(self, number) for number in present]
        rows = Table(self.node.subnode(_ATTACHMENTS), is_wide=self.is_wide).rows()
        listed = dict.fromkeys(row.identifier for row in rows)
        return [Attachment(self, number) for number in listed | present]


class Attachment:
    """An attachment of an item. One that is listed, but not there, raises DamageError when it is asked for anything."""

    __slots__ = ("_node", "_properties", "item", "number")

    def __init__(self, item: Item, number: int) -> None:
        self.item = item
        self.number = number
        self._node: Node | None = None
        self._properties: Properties | None = None

    @property
    def node(self) -> Node:
        """The attachment's node.

        Raises:
            DamageError: it is not there.
        """
        if self._node is None:
            self._node = self.item.node.subnode(self.number)
        return self._node

    @property
    def properties(self) -> Properties:
        """The attachment's properties; its data is one of them, better asked for by `length` and `chunks`.

        Raises:
            DamageError: they cannot be read.
        """
        if self._properties is None:
            self._properties = Properties(self.node)
        return self._properties

    @property
    def is_message(self) -> bool:
        """Whether the attachment is a message of its own."""
        return self.properties.get(_METHOD) == _EMBEDDED

    def length(self) -> int | None:
        """Return the size of the data in bytes, None where there is none or it is a message.

        Raises:
            DamageError: the data cannot be found.
        """
        if self.is_message or _DATA not in self.properties:
            return None
        stored = self._stored()
        return sum(map(len, self._in_heap())) if stored is None else stored.length()

    def chunks(self) -> Iterator[bytes]:
        """Return the data in pieces, however much it is; nothing where there is none or it is a message.

        Raises:
            DamageError: the data cannot be read.
        """
        if self.is_message or _DATA not in self.properties:
            return iter(())
        stored = self._stored()
        return iter(self._in_heap()) if stored is None else stored.chunks()

    def _stored(self) -> Node | None:
        """Return the sub-node with the data, None where the data is in the heap."""
        if self.properties.type_of(_DATA) == OBJECT:
            return self._object()
        return self.properties.stored(_DATA)

    def _in_heap(self) -> list[bytes]:
        raw = self.properties.raw(_DATA)
        return [raw[1]] if raw else []

    def _object(self) -> Node:
        """Return the sub-node to which a PtypObject value points ([MS-PST] 2.3.3.5)."""
        raw = self.properties.raw(_DATA)
        if raw is None or raw[0] != OBJECT or len(raw[1]) < _NUMBER_SIZE:
            raise DamageError(
                "no_object", f"Attachment {self.number:#x} of node {self.item.node.number:#x} has no object."
            )
        return self.node.subnode(int.from_bytes(raw[1][:_NUMBER_SIZE], "little"))

    def message(self) -> Item:
        """Return the message that is attached.

        Raises:
            DamageError: there is none, it is one of those around it, or messages lie in each other too deep.
        """
        if not self.is_message:
            where = self.item.node.number
            raise DamageError("no_message", f"Attachment {self.number:#x} of node {where:#x} is no message.")
        return self.item.within(self._object(), self.number)
