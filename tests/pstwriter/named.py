"""The map from named properties to the identifiers that they have in one store.

Source: [MS-PST] 2.4.7.
"""

import struct
from uuid import UUID

from tests.pstwriter.contexts import Stored
from tests.pstwriter.mapi import Key, Kind
from tests.pstwriter.pages import crc

PS_MAPI = UUID("00020328-0000-0000-C000-000000000046")
PS_PUBLIC_STRINGS = UUID("00020329-0000-0000-C000-000000000046")

_FIRST = 0x8000
_BUCKETS = 251
_BUCKET_FIRST = 0x1000
_WELL_KNOWN = {PS_MAPI: 1, PS_PUBLIC_STRINGS: 2}
_GUID_FIRST = 3


class NameMap:
    """Gives each named property an identifier when it is first met."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID, int | str], int] = {}
        self._guids: dict[UUID, int] = {}
        self._entries = bytearray()
        self._strings = bytearray()
        self._buckets: dict[int, bytearray] = {}

    def identifier(self, key: Key) -> int:
        """Return the identifier of a named property."""
        if key.guid is None:
            raise ValueError(f"{key.name} is not a named property")
        name = (key.guid, key.name)
        if name not in self._known:
            self._known[name] = _FIRST + len(self._known)
            self._enter(key.guid, key.name, len(self._known) - 1)
        return self._known[name]

    def properties(self) -> dict[int, Stored]:
        """Return the properties of the map's node: bucket count, streams of GUIDs, entries and strings, buckets."""
        streams = (b"".join(guid.bytes_le for guid in self._guids), bytes(self._entries), bytes(self._strings))
        stored: dict[int, Stored] = {1: (Kind.INT32, _BUCKETS)}
        stored |= {number: (Kind.BINARY, stream) for number, stream in enumerate(streams, 2)}
        return stored | {number: (Kind.BINARY, bytes(bucket)) for number, bucket in self._buckets.items()}

    def _enter(self, guid: UUID, name: int | str, index: int) -> None:
        """Add an entry to the stream and, with the name's checksum for a string, to its bucket."""
        if guid in _WELL_KNOWN:
            number = _WELL_KNOWN[guid]
        else:
            number = self._guids.setdefault(guid, _GUID_FIRST + len(self._guids))
        if isinstance(name, str):
            kind, text = number << 1 | 1, name.encode("utf-16-le")
            where, check = len(self._strings), crc(text)
            self._strings += (struct.pack("<I", len(text)) + text).ljust(-(-(len(text) + 4) // 4) * 4, b"\0")
        else:
            kind, where, check = number << 1, name, name
        self._entries += struct.pack("<IHH", where, kind, index)
        bucket = _BUCKET_FIRST + (check ^ kind) % _BUCKETS
        self._buckets.setdefault(bucket, bytearray()).extend(struct.pack("<IHH", check, kind, index))
