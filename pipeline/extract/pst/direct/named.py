"""The store's own numbers for named properties ([MS-PST] 2.4.7)."""

import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.node import Node
from pipeline.extract.pst.direct.property_context import Properties

NAME_MAP = 0x61
"""NID_NAME_TO_ID_MAP (2.4.1)."""
FIRST_NAMED = 0x8000

Name = tuple[uuid.UUID, int | str]
"""Property set, and the number (LID) or the text that names a property in it."""

_GUIDS, _ENTRIES, _STRINGS = 0x0002, 0x0003, 0x0004
_ENTRY = struct.Struct("<IHH")  # NAMEID (2.4.7.1)
_GUID_SIZE = 16
_FIRST_GUID = 3
_BUILT_IN = {
    0: uuid.UUID(int=0),
    1: uuid.UUID("00020328-0000-0000-c000-000000000046"),  # PS_MAPI
    2: uuid.UUID("00020329-0000-0000-c000-000000000046"),  # PS_PUBLIC_STRINGS
}


@dataclass(frozen=True, slots=True)
class NamedProperties:
    """`names`: number → name; `numbers`: name → number."""

    names: Mapping[int, Name]
    numbers: Mapping[Name, int]


@dataclass(frozen=True, slots=True)
class Streams:
    """The three streams as they are stored: GUIDs, entries of eight bytes, and texts."""

    guids: bytes
    entries: bytes
    strings: bytes


def read_streams(node: Node) -> Streams:
    """Read the streams from the name-to-id map.

    Raises:
        DamageError: they cannot be read.
    """
    properties = Properties(node)
    found = (properties.raw(number) for number in (_GUIDS, _ENTRIES, _STRINGS))
    return Streams(*(raw[1] if raw else b"" for raw in found))


def parse(streams: Streams) -> NamedProperties:
    """Take the streams apart. An entry that points outside them is left out; of two for one number the first counts."""
    names: dict[int, Name] = {}
    whole = len(streams.entries) // _ENTRY.size * _ENTRY.size
    for value, kind, index in _ENTRY.iter_unpack(streams.entries[:whole]):
        guid = _guid(streams.guids, kind >> 1)
        name = _text(streams.strings, value) if kind & 1 else value
        if guid is not None and name is not None:
            names.setdefault(FIRST_NAMED + index, (guid, name))
    numbers: dict[Name, int] = {}
    for number, known in names.items():
        numbers.setdefault(known, number)
    return NamedProperties(names, numbers)


def read_named(node: Node | None) -> tuple[NamedProperties, DamageError | None]:
    """Return the named properties of a store, none where its map is missing or damaged, and what is wrong with it."""
    if node is None:
        return NamedProperties({}, {}), DamageError("name_map", "The store has no map of named properties.")
    try:
        return parse(read_streams(node)), None
    except DamageError as error:
        return NamedProperties({}, {}), error


def _guid(guids: bytes, index: int) -> uuid.UUID | None:
    if index in _BUILT_IN:
        return _BUILT_IN[index]
    start = (index - _FIRST_GUID) * _GUID_SIZE
    raw = guids[start : start + _GUID_SIZE]
    return uuid.UUID(bytes_le=raw) if len(raw) == _GUID_SIZE else None


def _text(strings: bytes, at: int) -> str | None:
    """Return the text at an offset: its length in bytes, then UTF-16."""
    size = int.from_bytes(strings[at : at + 4], "little")
    raw = strings[at + 4 : at + 4 + size]
    return raw.decode("utf-16-le", "replace").rstrip("\0") if raw and len(raw) == size else None
