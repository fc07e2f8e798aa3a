"""The properties of an object: a B-tree of tags in a heap ([MS-PST] 2.3.3)."""

import struct
from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

from pipeline.extract.pst.direct import values
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.heap import PROPERTY_CONTEXT, Heap
from pipeline.extract.pst.direct.node import Node
from pipeline.extract.pst.direct.values import Value

Default = TypeVar("Default")

_KEY_SIZE, _VALUE_SIZE = 2, 6
_RECORD = _KEY_SIZE + _VALUE_SIZE
_LOW5 = 0x1F  # type bits of a heap or node identifier; 0 is a heap identifier


class Properties(Mapping[int, Value]):
    """The properties of a node by number (`wPropId`; 0x8000 and above are the store's own numbers for named ones).

    Values are read and decoded when they are asked for, and not kept. Asking raises DamageError for a value that
    cannot be read; the others of the node are not touched by that.
    """

    __slots__ = ("_heap", "_records")

    def __init__(self, node: Node) -> None:
        """Read the tags.

        Raises:
            DamageError: the node's data cannot be read or is no property context.
        """
        self._heap = heap = Heap(node)
        if heap.kind != PROPERTY_CONTEXT:
            raise DamageError("property_context", f"Node {node.number:#x} holds no properties.")
        data = heap.records(heap.root, _KEY_SIZE, _VALUE_SIZE)
        # number → number, type and value (or where it is) as one integer of 16, 16 and 32 bits
        count = len(data) // _RECORD
        self._records: dict[int, int] = dict(
            zip(struct.unpack("<" + "H6x" * count, data), struct.unpack(f"<{count}Q", data), strict=True)
        )

    def __len__(self) -> int:
        """Return the number of properties."""
        return len(self._records)

    def __iter__(self) -> Iterator[int]:
        """Iterate over the numbers, ascending in a store that is in order."""
        return iter(self._records)

    def __contains__(self, number: object) -> bool:
        """Whether there is a property of this number; says nothing about whether its value can be read."""
        return number in self._records

    def __getitem__(self, number: int) -> Value:
        """Return a value.

        Raises:
            KeyError: the node has no such property.
            DamageError: its value cannot be read.
        """
        return self._value(self._records[number])

    @overload
    def get(self, number: int, /) -> Value: ...
    @overload
    def get(self, number: int, default: Default, /) -> Value | Default: ...
    def get(self, number: int, default: Default | None = None, /) -> Value | Default | None:
        """Return a value, or `default` where there is none; DamageError as for `[]`."""
        record = self._records.get(number)
        return default if record is None else self._value(record)

    def type_of(self, number: int) -> int | None:
        """Return the type of a property ([MS-OXCDATA] 2.11.1), None if there is none of this number."""
        record = self._records.get(number)
        return None if record is None else record >> 16 & 0xFFFF

    def raw(self, number: int) -> tuple[int, bytes] | None:
        """Return type and bytes of a property as they are stored, None if there is none of this number.

        Raises:
            DamageError: its value cannot be read.
        """
        record = self._records.get(number)
        return None if record is None else self._found(record)

    def stored(self, number: int) -> Node | None:
        """Return the sub-node that holds a value too large for the heap, None if the value is not in one.

        Raises:
            DamageError: there should be one, and is not.
        """
        record = self._records.get(number, 0)
        if not values.is_in_heap(record >> 16 & 0xFFFF) or not record >> 32 & _LOW5:
            return None
        return self._heap.node.subnode(record >> 32)

    def _found(self, record: int) -> tuple[int, bytes]:
        kind, place = record >> 16 & 0xFFFF, record >> 32
        if not values.is_in_heap(kind):
            return kind, place.to_bytes(4, "little")[: values.IN_PLACE.get(kind, 4)]
        if not place:
            return kind, b""
        if place & _LOW5:
            return kind, self._heap.node.subnode(place).data()
        return kind, self._heap.item(place)

    def _value(self, record: int) -> Value:
        """Return the value of a record; the commonest kind, a text in the first block of the heap, without detours."""
        place = record >> 32
        heap = self._heap
        if record >> 16 & 0xFFFF == values.STRING and 0 < place < 1 << heap.shift and not place & _LOW5:
            index, offsets, first = place >> 5, heap.offsets, heap.first
            if index < len(offsets):
                start, end = offsets[index - 1], offsets[index]
                if start <= end <= len(first):
                    return values.text(first[start:end])
        return values.decode(*self._found(record))
