"""MAPI property types, property keys, and how a value becomes the bytes of the store.

Sources: [MS-OXPROPS] (names and identifiers), [MS-OXCDATA] 2.11.1 (types), [MS-PST] 2.3.3.4 (multi-valued properties).
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any, cast
from uuid import UUID

from tests.pstwriter.contexts import Stored

Value = int | float | str | bytes | date | UUID | Sequence[int] | Sequence[str] | Sequence[bytes]
"""A value before it is encoded; a time is an aware datetime, a date (its midnight as if in UTC), or a FILETIME."""

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NO_DATE = 0x0CB34557A3DD4000
"""FILETIME of 4501-01-01, which Outlook writes for "none"."""


class Kind(IntEnum):
    """Property types; text becomes STRING8 in an ANSI store and STRING in all others.

    UNSPECIFIED, four bytes of which nobody knows the meaning, is in real files and makes libpff drop the item.
    """

    UNSPECIFIED = 0x0000
    INT16 = 0x0002
    INT32 = 0x0003
    FLOAT64 = 0x0005
    BOOLEAN = 0x000B
    OBJECT = 0x000D
    INT64 = 0x0014
    STRING8 = 0x001E
    STRING = 0x001F
    TIME = 0x0040
    GUID = 0x0048
    BINARY = 0x0102
    INT32S = 0x1003
    STRINGS8 = 0x101E
    STRINGS = 0x101F
    BINARIES = 0x1102


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A property: by identifier, or (with `guid`) by number or name within a property set. Compared by identity."""

    kind: Kind
    name: int | str
    guid: UUID | None = None


Pair = tuple[Key, Value | None]
"""A property and its value; None leaves the property out."""


def filetime(at: date | int) -> int:
    """Return the hundreds of nanoseconds since 1601-01-01 UTC.

    Raises:
        ValueError: `at` is a datetime without a time zone.
    """
    if isinstance(at, int):
        return at
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return (at - _EPOCH) // _MICROSECOND * 10


class Codec:
    """Turns values into what a property context stores, text by the store's form."""

    def __init__(self, code_page: str | None, resolve: Callable[[Key], int], *, is_lossy: bool = False) -> None:
        """Set up for Unicode text, or for 8-bit text in the Python codec `code_page`.

        Args:
            code_page: Codec, None for Unicode.
            resolve: Gives a named property its identifier.
            is_lossy: Write "?" for what the code page lacks, in place of an error.
        """
        self._text = code_page or "utf-16-le"
        self._errors = "replace" if is_lossy else "strict"
        self._resolve = resolve
        self._known: dict[Key, tuple[int, int, _Encoder]] = {}
        string, strings = (Kind.STRING8, Kind.STRINGS8) if code_page else (Kind.STRING, Kind.STRINGS)
        self._types = {kind: int(kind) for kind in Kind} | {Kind.STRING: int(string), Kind.STRINGS: int(strings)}
        self._encoders = _ENCODERS | {
            Kind.STRINGS: lambda value: _variable([one.encode(self._text, self._errors) for one in value]),
        }

    @property
    def is_unicode(self) -> bool:
        """Whether text is stored as UTF-16."""
        return self._text == "utf-16-le"

    def encode(self, pairs: Iterable[Pair]) -> dict[int, Stored]:
        """Encode properties; of two with the same key the later one counts.

        Raises:
            UnicodeEncodeError: Text cannot be written in the code page of an ANSI store.
        """
        stored: dict[int, Stored] = {}
        known, text, errors = self._known, self._text, self._errors
        for key, value in pairs:
            if value is not None:
                identifier, kind, encoder = known.get(key) or self._learn(key)
                stored[identifier] = (kind, value.encode(text, errors) if isinstance(value, str) else encoder(value))
        return stored

    def identifier(self, key: Key) -> int:
        """Return the property identifier that `key` has in this store."""
        return (self._known.get(key) or self._learn(key))[0]

    def column(self, key: Key) -> tuple[int, int]:
        """Return identifier and type of a table column."""
        return (self._known.get(key) or self._learn(key))[:2]

    def _learn(self, key: Key) -> tuple[int, int, "_Encoder"]:
        """Remember how a property is written."""
        identifier = cast("int", key.name) if key.guid is None else self._resolve(key)
        self._known[key] = (identifier, self._types[key.kind], self._encoders[key.kind])
        return self._known[key]


def _inline(value: int) -> int:
    """Return a number of at most 32 bits without its sign."""
    return value & 0xFFFFFFFF


def _not_text(value: object) -> bytes:
    """Refuse what is no text."""
    raise TypeError(f"{type(value).__name__} is no text")


def _same(value: bytes) -> bytes:
    """Return bytes as they are."""
    return value


def _variable(members: Sequence[bytes]) -> bytes:
    """Lay out a multi-valued property of variable size: count, offsets, values."""
    at = 4 + 4 * len(members)
    offsets = []
    for member in members:
        offsets.append(at)
        at += len(member)
    return struct.pack(f"<{len(members) + 1}I", len(members), *offsets) + b"".join(members)


# A value fits its key's kind, or the struct or method that is called complains.
_Encoder = Callable[[Any], int | bytes]
_ENCODERS: dict[Kind, _Encoder] = {
    Kind.UNSPECIFIED: _inline,
    Kind.INT16: _inline,
    Kind.INT32: _inline,
    Kind.BOOLEAN: _inline,
    Kind.FLOAT64: struct.Struct("<d").pack,
    Kind.INT64: struct.Struct("<q").pack,
    Kind.STRING: _not_text,
    Kind.STRING8: _same,
    Kind.TIME: lambda value: filetime(value).to_bytes(8, "little"),
    Kind.GUID: lambda value: value.bytes_le,
    Kind.BINARY: _same,
    Kind.OBJECT: _same,
    Kind.INT32S: lambda value: struct.pack(f"<{len(value)}i", *value),
    Kind.STRINGS8: _variable,
    Kind.BINARIES: _variable,
}
