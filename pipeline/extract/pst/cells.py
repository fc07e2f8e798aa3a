"""The items of a batch that the direct reader read, as `Columns`: values are decoded when they are asked for."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.extract.pst import code_pages, parts, texts
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Bag, CellBag, Folder, Item, Value
from pipeline.extract.pst.columns import UNREADABLE, Booleans, Columns, losses_of
from pipeline.extract.pst.direct.batch import Batch
from pipeline.extract.pst.parts import Numbers
from pipeline.extract.pst.properties import BY_KEY, BY_NAME
from pipeline.extract.pst.property_kinds import WIRE_TYPES, Kind
from pipeline.extract.pst.property_names import Key

_MULTIPLE_TEXTS = frozenset({wire.MULTIPLE_STRING, wire.MULTIPLE_STRING8})
_WITH_PEOPLE = ("events", "messages")
# Values that may be large: what has a node of its own is read item by item, and not kept. The type that is kept.
_LARGE: Mapping[str, int] = {
    "PidTagBody": wire.STRING,
    "PidTagHtml": wire.BINARY,
    "PidTagRtfCompressed": wire.BINARY,
    "PidTagTransportMessageHeaders": wire.STRING,
}


class BatchColumns(Columns):
    """The items of one table in a batch; `folders` are theirs, `fallback` the codec of 8-bit text that names none."""

    def __init__(self, table: str, batch: Batch, numbers: Numbers, folders: Sequence[Folder], fallback: str) -> None:
        super().__init__(table, [item.node.number for item in batch.items], folders)
        self.batch = batch
        self._numbers = numbers
        self._fallback = fallback
        self._present = batch.numbers().keys()
        self._columns: dict[str, Sequence[Any]] = {}
        self._apart: dict[str, set[int]] = {}
        self._codecs: list[str] = []
        self._troubles: list[Sequence[str]] = []
        self._losses: Counter[tuple[Key, str]] = Counter()  # of large values, noted while they are read

    def bag(self, row: int) -> Bag:
        """Return the properties of one item."""
        return CellBag(self, row)

    def part(self, start: int, end: int) -> "BatchColumns":
        """Return the items from `start` to before `end`."""
        return self.chosen(range(start, end))

    def chosen(self, rows: Sequence[int]) -> "BatchColumns":
        """Return some of the items."""
        folders = [self.folders[row] for row in rows]
        found = BatchColumns(self.table, self.batch.select(rows), self._numbers, folders, self._fallback)
        found.has_hashes, found.has_files = self.has_hashes, self.has_files
        return found

    def troubles(self) -> Counter[str]:
        """Return what could not be read of the items' people and attachments, once `items` was asked for."""
        return Counter(trouble for found in self._troubles for trouble in found)

    # -- a property of all items ---------------------------------------------------------------------------------------

    def values(self, name: str) -> Sequence[Any]:
        """Return a property of each item, as `bag.read` gives it."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._read(name)
        return found

    def small(self, name: str) -> Sequence[Any] | None:
        """Return a property that may be large, if all items have it in their own blocks, else None."""
        if name not in self._apart:
            self._keep(name)
        return None if self._apart[name] else self._columns[name]

    def _stored(self, name: str) -> list[int]:
        """Return the numbers under which the items have a property."""
        return [number for number in self._numbers.of(BY_NAME[name].key) if number in self._present]

    def is_absent(self, name: str) -> bool:
        """Whether no item has the property."""
        return not self._stored(name)

    def _read(self, name: str) -> Sequence[Any]:
        if name in _LARGE:
            return [self._large(name, row) for row in range(len(self))]
        numbers = self._stored(name)
        if not numbers:
            return [None] * len(self)
        first, *others = (_READERS[BY_NAME[name].kind](self, number) for number in numbers)
        for other in others:
            first = [one if one is not None else two for one, two in zip(first, other, strict=True)]
        return first

    def array(self, name: str, kind: pa.DataType) -> pa.Array:
        """Return a property of each item as an array; times and texts without a detour over Python objects."""
        numbers = self._stored(name)
        make = _ARRAYS.get(BY_NAME[name].kind)
        if make is not None and len(numbers) == 1 and name not in self._columns:
            found = make(self, numbers[0])
            if found is not None:
                return found.cast(kind)
        return super().array(name, kind)

    def moments(self, number: int) -> pa.Array | None:
        """Return a column of times, None if it has to be read one by one."""
        ticks = self.batch.ticks(number)
        if ticks is None:
            return None
        moments, is_missing = wire.microseconds(ticks)
        return pa.array(moments, mask=is_missing).view(pa.timestamp("us", "UTC"))

    def utf8(self, number: int) -> pa.Array | None:
        """Return a column of texts, None if it has to be read one by one."""
        found = self.batch.clean_texts(number)
        return None if found is None else texts.array(*found, len(self))

    def filled(self, name: str) -> Booleans:
        """Return which items have a property that is not empty."""
        numbers = self._stored(name)
        found = self.batch.clean_texts(numbers[0]) if len(numbers) == 1 and name not in self._columns else None
        if found is None:
            return super().filled(name)
        is_filled = np.zeros(len(self), dtype=bool)
        is_filled[found[-1]] = True
        return is_filled

    def column(self, number: int, kind: Kind) -> list[Any]:
        """Return what has a wire type of this kind, decoded but for 8-bit text."""
        return self.batch.column(number, WIRE_TYPES[kind])

    def texts(self, number: int) -> list[str | None]:
        """Return a column of texts; of multi-valued ones the first."""
        found = self.column(number, Kind.TEXT)
        if self.batch.is_clean(number):
            return found
        if self.batch.kinds(number) & WIRE_TYPES[Kind.TEXT] <= {wire.STRING}:
            return [(one.rstrip("\0") or None) if one else None for one in found]
        return [next(iter(self.decoded(one, row)), None) for row, one in enumerate(found)]

    def decoded(self, value: Any, row: int) -> list[str]:  # noqa: ANN401 - a text, its bytes, or a list of them
        """Return the texts of a value that are not empty."""
        found = value if isinstance(value, list) else [value]
        texts = (part.decode(self.codec(row), "replace") if isinstance(part, bytes) else part for part in found)
        return [text for part in texts if part and (text := part.rstrip("\0"))]

    # -- one item ------------------------------------------------------------------------------------------------------

    def codec(self, row: int) -> str:
        """Return the codec of an item's 8-bit text."""
        if not self._codecs:
            pages, locales = self.values("PidTagMessageCodepage"), self.values("PidTagMessageLocaleId")
            self._codecs = [code_pages.text_codec(*both, self._fallback) for both in zip(pages, locales, strict=True)]
        return self._codecs[row]

    def cell(self, name: str, row: int) -> Any:  # noqa: ANN401 - of the kind that the property's name has
        """Return one value."""
        if name in _LARGE:
            return self._large(name, row)
        found = self._columns.get(name)
        return (self.values(name) if found is None else found)[row]

    def _large(self, name: str, row: int) -> Any:  # noqa: ANN401 - a text, bytes or `Value`, as the property has it
        if name not in self._apart:
            self._keep(name)
        return self._alone(name, row) if row in self._apart[name] else self._columns[name][row]

    def _keep(self, name: str) -> None:
        """Read what the items have of a property in their own blocks, and note which have it elsewhere."""
        kind, kept = BY_NAME[name].kind, _LARGE[name]
        numbers = self._stored(name)
        self._apart[name] = {row for number in numbers for row in self.batch.outside(number, {kept})}
        column: list[Any] = [None] * len(self)
        for number in reversed(numbers):
            for row, value in enumerate(self.batch.inside(number, kept)):
                if value:
                    column[row] = value.rstrip("\0") or None if isinstance(value, str) else value
        is_body = kind is Kind.BODY
        self._columns[name] = [Value(kept, one) if one else None for one in column] if is_body else column

    def _alone(self, name: str, row: int) -> Any:  # noqa: ANN401 - likewise
        known = BY_NAME[name]
        for number in self._stored(name):
            if stored := self.batch.raw(row, number):
                bag = Bag({known.key: Value(*stored)}, self.codec(row))
                found = {Kind.TEXT: bag.text, Kind.BODY: bag.stored, Kind.BINARY: bag.binary}[known.kind](name)
                if isinstance(found, str) and "\ufffd" in found:  # most likely not of the text itself
                    self._losses.update((known.key, loss) for loss in losses_of(known.key, Value(*stored), bag.codec))
                if found is not None:
                    return found
        return None

    def raw(self, name: str, row: int) -> bytes:
        """Return the bytes of one value as they are stored."""
        found = (self.batch.raw(row, number) for number in self._stored(name))
        return next((stored[1] for stored in found if stored and stored[1]), b"")

    def items(self) -> Iterator[Item]:
        """Yield the items one by one, with their people and attachments where their table has such columns."""
        classes = self.values("PidTagMessageClass")
        has_people = self.table in _WITH_PEOPLE
        self._troubles.clear()
        for row, item in enumerate(self.batch.items):
            is_event = self.table == "events"
            found = parts.of(item, self.codec(row), self._numbers, is_event=is_event) if has_people else parts.NONE
            self._troubles.append(found.troubles)  # not what hangs on the item: that may be much
            yield Item(
                node=self.nodes[row],
                folder=self.folders[row],
                bag=CellBag(self, row),
                message_class=classes[row],
                recipients=found.recipients,
                attachments=found.attachments,
                replaced=found.replaced,
                troubles=found.troubles,
            )

    # -- accounts ------------------------------------------------------------------------------------------------------

    def census(self) -> Counter[tuple[Key, int]]:
        """Return how many items have a property of this key and wire type that is not empty."""
        found: Counter[tuple[Key, int]] = Counter()
        for (number, kind), count in self.batch.census().items():
            found[self._numbers.key(number), kind] += count
        return found

    def losses(self) -> Counter[tuple[Key, str]]:
        """Return how many values of a property do not reach their column whole, or cannot be read at all."""
        found = self._losses.copy()
        for number in self._present:
            if self._may_lose(number):
                found.update(self._lost(number))
        found.update((self._numbers.key(number), UNREADABLE) for _, number in self.batch.lost)
        return found

    def _may_lose(self, number: int) -> bool:
        kinds = self.batch.kinds(number)
        if wire.STRING8 in kinds:
            return True
        if kinds & _MULTIPLE_TEXTS:
            known = BY_KEY.get(self._numbers.key(number))
            return known is not None and known.kind is Kind.TEXT
        return wire.STRING in kinds and not self.batch.is_well_formed(number)

    def _lost(self, number: int) -> Iterator[tuple[Key, str]]:
        key = self._numbers.key(number)
        for row, present in enumerate(self.batch.column(number)):
            stored = self.batch.raw(row, number) if present else None
            if stored:
                yield from ((key, loss) for loss in losses_of(key, Value(*stored), self.codec(row)))


_ARRAYS: Mapping[Kind, Callable[[BatchColumns, int], Any]] = {
    Kind.TIME: BatchColumns.moments,
    Kind.TEXT: BatchColumns.utf8,
}
_READERS: Mapping[Kind, Callable[[BatchColumns, int], Sequence[Any]]] = {
    Kind.TEXT: BatchColumns.texts,
    Kind.TEXTS: lambda items, number: [
        items.decoded(one, row) or None for row, one in enumerate(items.column(number, Kind.TEXTS))
    ],
    Kind.INTEGER: lambda items, number: items.column(number, Kind.INTEGER),
    Kind.FLOAT: lambda items, number: [
        one if one is not None and one - one == 0 else None for one in items.column(number, Kind.FLOAT)
    ],
    Kind.BOOLEAN: lambda items, number: items.column(number, Kind.BOOLEAN),
    Kind.TIME: lambda items, number: [
        None if one is None else wire.moment(one) for one in items.column(number, Kind.TIME)
    ],
    Kind.BINARY: lambda items, number: [one or None for one in items.column(number, Kind.BINARY)],
    Kind.BINARIES: lambda items, number: [one or None for one in items.column(number, Kind.BINARIES)],
}
