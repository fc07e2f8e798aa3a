"""An item as any reader of a store hands it on: its properties by key, undecoded, and its people and attachments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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

    def stored(self, name: str) -> Value | None:
        """Return a body, which may be bytes or text, as it is stored."""
        return self._value(name, Kind.BODY)


_READ: Mapping[Kind, Callable[[Bag, str], object]] = {
    Kind.TEXT: Bag.text,
    Kind.TEXTS: lambda bag, name: bag.texts(name) or None,
    Kind.INTEGER: Bag.integer,
    Kind.FLOAT: Bag.floating,
    Kind.BOOLEAN: Bag.boolean,
    Kind.TIME: Bag.instant,
    Kind.BINARY: Bag.binary,
}


def read(bag: Bag, name: str) -> object:
    """Return a property's value in the Python type of its kind."""
    return _READ[BY_NAME[name].kind](bag, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An attachment without its data; `data_length` is None where the reader does not know it."""

    bag: Bag
    data_length: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that holds items or none; `path` is made of display names, as /Top of Personal Folders/Contacts."""

    node: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a folder; `troubles` name its parts that could not be read, in fixed words."""

    node: int
    folder: Folder
    bag: Bag
    message_class: str | None
    recipients: tuple[Bag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    troubles: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An item or folder that could not be read.

    `rule` is unreadable_item or unreadable_folder; `place` the item's place in its folder, the first is 1.
    """

    folder: Folder
    rule: str
    reason: str
    place: int | None = None


Found = Folder | Item | Failure
