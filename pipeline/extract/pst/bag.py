"""An item as any reader of a store hands it on: its properties by key, undecoded, and its people and attachments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pipeline.extract.pst import values
from pipeline.extract.pst.properties import BY_NAME
from pipeline.extract.pst.property_kinds import WIRE_TYPES, Kind
from pipeline.extract.pst.property_names import Key


@dataclass(frozen=True, slots=True)
class Value:
    """One property as it is stored: the wire type ([MS-OXCDATA] 2.11.1) and its bytes."""

    wire_type: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Bag:
    """The properties of one item, recipient, attachment or folder, and the codec of its 8-bit text.

    Values are asked for by their [MS-OXPROPS] name. What is absent, empty or of another type than the name's is None.
    """

    values: Mapping[Key, Value]
    codec: str

    def _value(self, name: str, *kinds: Kind) -> Value | None:
        known = BY_NAME[name]
        if known.kind not in kinds:
            raise KeyError(f"{name} is {known.kind}, asked for as {kinds}")
        value = self.values.get(known.key)
        return value if value is not None and value.raw and value.wire_type in WIRE_TYPES[known.kind] else None

    def text(self, name: str) -> str | None:
        """Return a text; of a multi-valued one the first."""
        known = BY_NAME[name]
        value = self.values.get(known.key)
        if value is not None and value.wire_type == values.STRING and known.kind is Kind.TEXT:  # nearly always
            return values.wide(value.raw).rstrip("\0") or None
        value = self._value(name, Kind.TEXT)
        if value is None:
            return None
        if value.wire_type & values.MULTIPLE:
            return next(iter(values.texts(value.raw, value.wire_type, self.codec)), None)
        return values.text(value.raw, value.wire_type, self.codec)

    def texts(self, name: str) -> list[str]:
        """Return all texts of a multi-valued property; of a single one the one."""
        value = self._value(name, Kind.TEXTS, Kind.TEXT)
        if value is None:
            return []
        if value.wire_type & values.MULTIPLE:
            return values.texts(value.raw, value.wire_type, self.codec)
        one = values.text(value.raw, value.wire_type, self.codec)
        return [] if one is None else [one]

    def integer(self, name: str) -> int | None:
        """Return an integer of 16, 32 or 64 bits, signed."""
        value = self._value(name, Kind.INTEGER)
        return None if value is None else values.integer(value.raw, value.wire_type)

    def floating(self, name: str) -> float | None:
        """Return a finite number."""
        value = self._value(name, Kind.FLOAT)
        return None if value is None else values.floating(value.raw, value.wire_type)

    def boolean(self, name: str) -> bool | None:
        """Return a truth value."""
        value = self._value(name, Kind.BOOLEAN)
        return None if value is None else values.boolean(value.raw)

    def instant(self, name: str) -> datetime | None:
        """Return a time in UTC (for a floating one: the wall clock read as UTC)."""
        value = self._value(name, Kind.TIME)
        return None if value is None else values.instant(value.raw)

    def binary(self, name: str) -> bytes | None:
        """Return bytes as they are."""
        value = self._value(name, Kind.BINARY)
        return None if value is None else value.raw

    def binaries(self, name: str) -> list[bytes]:
        """Return all parts of a multi-valued property, each as it is."""
        value = self._value(name, Kind.BINARIES)
        return [] if value is None else values.binaries(value.raw)

    def stored(self, name: str) -> Value | None:
        """Return a body, which may be bytes or text, as it is stored."""
        return self._value(name, Kind.BODY)

    def raw(self, name: str) -> bytes:
        """Return the bytes of a property of any type as they are stored, none where there is none."""
        value = self.values.get(BY_NAME[name].key)
        return b"" if value is None else value.raw


class DecodedBag(Bag):
    """The properties of a person whose texts and numbers were decoded at once; `cells` by number as they are stored."""

    __slots__ = ("_cells", "_codec", "_known")
    __setattr__ = object.__setattr__  # the base is frozen

    def __init__(self, known: Mapping[str, Any], cells: Mapping[int, tuple[int, bytes]], codec: str) -> None:
        self._known = known
        self._cells = cells
        self._codec = codec

    @property
    def values(self) -> Mapping[Key, Value]:
        """The properties undecoded."""
        return {number: Value(*cell) for number, cell in self._cells.items()}

    @property
    def codec(self) -> str:
        """The codec of 8-bit text."""
        return self._codec

    def text(self, name: str) -> Any:  # noqa: ANN401 - of the kind that the property's name has
        """Return a text; None where it is absent or empty."""
        return self._known.get(name)

    integer = text


class CellSource(Protocol):
    """What a `CellBag` asks: the items of a batch, whose values are read column by column."""

    def cell(self, name: str, row: int) -> Any:  # noqa: ANN401 - of the kind that the property's name has
        """Return one value, as `read` gives it."""

    def raw(self, name: str, row: int) -> bytes:
        """Return the bytes of one value as they are stored."""

    def codec(self, row: int) -> str:
        """Return the codec of an item's 8-bit text."""


class CellBag(Bag):
    """The properties of one item of a batch."""

    __slots__ = ("_row", "_source")
    __setattr__ = object.__setattr__  # the base is frozen

    def __init__(self, source: CellSource, row: int) -> None:
        self._source = source
        self._row = row

    @property
    def codec(self) -> str:
        """The codec of 8-bit text."""
        return self._source.codec(self._row)

    def texts(self, name: str) -> list[str]:
        """Return all texts of a multi-valued property; of a single one the one."""
        found = self._source.cell(name, self._row)
        return [found] if isinstance(found, str) else found or []

    def binaries(self, name: str) -> list[bytes]:
        """Return all parts of a multi-valued property, each as it is."""
        return self._source.cell(name, self._row) or []

    def raw(self, name: str) -> bytes:
        """Return the bytes of a property of any type as they are stored, none where there is none."""
        return self._source.raw(name, self._row)

    def _cell(self, name: str) -> Any:  # noqa: ANN401 - of the kind that the property's name has
        return self._source.cell(name, self._row)

    text = integer = floating = boolean = instant = binary = stored = _cell


_READ: Mapping[Kind, Callable[[Bag, str], object]] = {
    Kind.TEXT: Bag.text,
    Kind.TEXTS: lambda bag, name: bag.texts(name) or None,
    Kind.INTEGER: Bag.integer,
    Kind.FLOAT: Bag.floating,
    Kind.BOOLEAN: Bag.boolean,
    Kind.TIME: Bag.instant,
    Kind.BINARY: Bag.binary,
    Kind.BINARIES: lambda bag, name: bag.binaries(name) or None,
    Kind.BODY: Bag.stored,
}


def read(bag: Bag, name: str) -> object:
    """Return a property's value in the Python type of its kind."""
    return _READ[BY_NAME[name].kind](bag, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An attachment without its data; `data_length` is None where the reader does not know it.

    `depth`: 0 for one of the item itself, 1 for one of a message that is attached to it, and so on. `digest` reads the
    data and returns its SHA-256, `content` the data itself; None where there is none, or it cannot be read.
    """

    bag: Bag
    data_length: int | None
    depth: int = 0
    digest: Callable[[], str | None] = field(default=lambda: None, compare=False)
    content: Callable[[], bytes | None] = field(default=lambda: None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A changed occurrence that is an item of its own, attached to its series ([MS-OXOCAL] 2.2.10)."""

    attachment: Bag
    item: Bag
    recipients: Sequence[Bag] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that holds items or none; `path` is made of display names, as /Top of Personal Folders/Contacts.

    `role`: what it is, of `special_folders.folders`.
    """

    node: int
    path: str
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a folder; `troubles` name its parts that could not be read, in fixed words."""

    node: int
    folder: Folder
    bag: Bag
    message_class: str | None
    recipients: Sequence[Bag] = ()
    attachments: Sequence[Attachment] = ()
    replaced: Sequence[Replaced] = ()
    troubles: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An item or folder that could not be read; `rule` is its short name.

    An item is known by its `node`; where the reader does not tell it, by its `place` in its folder, the first is 1.
    """

    folder: Folder
    rule: str
    reason: str
    place: int | None = None
    node: int | None = None


Found = Folder | Item | Failure
