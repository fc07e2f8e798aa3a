"""Items of one table, property by property: what the mappers ask, whichever reader the items come from.

A mapper that asks for a property of all items at once takes a fraction of the time that asking every item takes.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.extract.pst import bag as bags
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Bag, Folder, Item, Value
from pipeline.extract.pst.properties import BY_KEY, BY_NAME
from pipeline.extract.pst.property_kinds import Kind
from pipeline.extract.pst.property_names import Key

Booleans = npt.NDArray[np.bool_]
_TEXTS = (wire.STRING, wire.STRING8)


class Columns(ABC):
    """Some items of one table: `table` is that of schemas.EXTRACTED, `nodes` and `folders` are the items', in order."""

    has_hashes = False
    has_files = False
    """Whether the content of attachments is to be hashed, which takes reading it."""

    def __init__(self, table: str, nodes: Sequence[int], folders: Sequence[Folder]) -> None:
        self.table = table
        self.nodes = nodes
        self.folders = folders
        self.noted: Counter[str] = Counter()  # what was found out of them while their columns were made

    def __len__(self) -> int:
        """Return how many items there are."""
        return len(self.nodes)

    @abstractmethod
    def bag(self, row: int) -> Bag:
        """Return the properties of one item."""

    @abstractmethod
    def items(self) -> Iterator[Item]:
        """Yield the items one by one, with their people and attachments where their table has such columns."""

    @abstractmethod
    def part(self, start: int, end: int) -> "Columns":
        """Return the items from `start` to before `end`."""

    @abstractmethod
    def troubles(self) -> Counter[str]:
        """Return what could not be read of the items' people and attachments, once `items` was asked for."""

    @abstractmethod
    def values(self, name: str) -> Sequence[Any]:
        """Return a property by its [MS-OXPROPS] name, of each item, as `bag.read` gives it."""

    @abstractmethod
    def is_absent(self, name: str) -> bool:
        """Whether no item has the property."""

    def small(self, name: str) -> Sequence[Any] | None:  # noqa: ARG002 - a reader that knows how large values are does
        """Return a property of each item as `values` does, if none is large, else None: then `bag` is to be asked."""
        return None

    @abstractmethod
    def census(self) -> Counter[tuple[Key, int]]:
        """Return how many items have a property of this key and wire type that is not empty."""

    @abstractmethod
    def losses(self) -> Counter[tuple[Key, str]]:
        """Return how many values of a property do not reach their column whole, by what is lost of them."""

    def array(self, name: str, kind: pa.DataType) -> pa.Array:
        """Return a property of each item as an array of type `kind`."""
        return pa.nulls(len(self), kind) if self.is_absent(name) else pa.array(self.values(name), kind)

    def filled(self, name: str) -> Booleans:
        """Return which items have a property that is not empty."""
        if self.is_absent(name):
            return np.zeros(len(self), dtype=bool)
        return np.fromiter(map(bool, self.values(name)), dtype=bool, count=len(self))


class ItemColumns(Columns):
    """Items that a reader handed on one by one."""

    def __init__(self, table: str, items: Sequence[Item]) -> None:
        super().__init__(table, [item.node for item in items], [item.folder for item in items])
        self._items = items

    def bag(self, row: int) -> Bag:
        """Return the properties of one item."""
        return self._items[row].bag

    def items(self) -> Iterator[Item]:
        """Yield the items."""
        return iter(self._items)

    def part(self, start: int, end: int) -> "ItemColumns":
        """Return the items from `start` to before `end`."""
        return ItemColumns(self.table, self._items[start:end])

    def troubles(self) -> Counter[str]:
        """Return what could not be read of the items' people and attachments."""
        return Counter(trouble for item in self._items for trouble in item.troubles)

    def values(self, name: str) -> Sequence[Any]:
        """Return a property of each item."""
        return [bags.read(item.bag, name) for item in self._items]

    def is_absent(self, name: str) -> bool:
        """Whether no item has the property."""
        key = BY_NAME[name].key
        return not any(key in item.bag.values for item in self._items)

    def census(self) -> Counter[tuple[Key, int]]:
        """Return how many items have a property of this key and wire type that is not empty."""
        return Counter(
            (key, value.wire_type) for item in self._items for key, value in item.bag.values.items() if value.raw
        )

    def losses(self) -> Counter[tuple[Key, str]]:
        """Return how many values of a property do not reach their column whole."""
        found: Counter[tuple[Key, str]] = Counter()
        for item in self._items:
            for key, value in item.bag.values.items():
                found.update((key, loss) for loss in losses_of(key, value, item.bag.codec))
        return found


def losses_of(key: Key, value: Value, codec: str) -> Iterator[str]:
    """Yield what of one value is lost, in fixed words."""
    if value.wire_type in _TEXTS and not wire.is_decodable(value.raw, value.wire_type, codec):
        yield undecodable(codec)
    known = BY_KEY.get(key)
    is_one = known is not None and known.kind is Kind.TEXT
    if is_one and value.wire_type & wire.MULTIPLE and len(wire.texts(value.raw, value.wire_type, codec)) > 1:
        yield ONLY_THE_FIRST


ONLY_THE_FIRST = "the first of several values is used, the others have no column"
UNREADABLE = "a value on a damaged block, which is left out"
NOT_USED = (ONLY_THE_FIRST, UNREADABLE)


def undecodable(codec: str) -> str:
    """Return how a text is reported that is not in its own encoding."""
    return f"bytes that {codec} does not have became U+FFFD"
