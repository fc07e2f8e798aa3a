"""Entry ids that stand for persons ([MS-OXCDATA] 2.2.5, [MS-OXOCNTC] 2.2.2.4), taken apart.

An entry id is bytes of a file: what is cut off or of another kind is None.
"""

import uuid
from dataclasses import dataclass

_FLAGS = 4
_HEAD = _FLAGS + 16
_ONE_OFF = uuid.UUID("a41f2b81-a3be-1910-9d6e-00dd010f5402").bytes_le
_EXCHANGE = uuid.UUID("c840a7dc-42c0-1a10-b4b9-08002b2fe182").bytes_le
_WRAPPED = uuid.UUID("d3ad91c0-9d51-11cf-a4a9-00aa0047faa4").bytes_le
_WIDE = 0x8000  # of the flags of a one-off: its texts are UTF-16
_PARTS = 3
_MAX_TEXT = 4096  # bytes of one text
_KINDS = {0x0: "address", 0x3: "contact", 0x4: "list", 0x5: "directory", 0x6: "directory_list"}
_NODE_SIZE, _NODE = 4, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A name with an address of `kind` (SMTP, EX, FAX ...)."""

    name: str | None
    kind: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """A member of a list: what it is, and the entry id of the object. `kind` is None for one of no known kind."""

    kind: str | None
    entry_id: bytes

    @property
    def node(self) -> int | None:
        """The node of a contact or list of this store; an entry id of Exchange has none."""
        if len(self.entry_id) != _NODE + _NODE_SIZE:
            return None
        return int.from_bytes(self.entry_id[_NODE:], "little")


def address(entry_id: bytes, codec: str) -> Address | None:
    """Return the person of a one-off entry id or of one of an Exchange directory; `codec` is of 8-bit text."""
    provider = entry_id[_FLAGS:_HEAD]
    if provider == _ONE_OFF:
        return _one_off(entry_id, codec)
    return _exchange(entry_id) if provider == _EXCHANGE else None


def _one_off(entry_id: bytes, codec: str) -> Address | None:
    """Return display name, address type and address: three texts with terminators (2.2.5.1)."""
    start = _HEAD + 4
    is_wide = bool(int.from_bytes(entry_id[_HEAD + 2 : start], "little") & _WIDE)
    size = _PARTS * _MAX_TEXT
    text = entry_id[start : start + size].decode("utf-16-le" if is_wide else codec, "replace")
    parts = text.split("\0")
    if len(parts) <= _PARTS or not parts[2]:
        return None
    return Address(name=parts[0] or None, kind=parts[1].upper() or "SMTP", address=parts[2])


def _exchange(entry_id: bytes) -> Address | None:
    """Return the X.500 name of an entry of a directory (2.2.5.2): it stands after version and type."""
    start = _HEAD + 8
    name = entry_id[start : start + _MAX_TEXT].split(b"\0")[0].decode("ascii", "replace")
    return Address(name=None, kind="EX", address=name) if name else None


def wrapped(entry_id: bytes) -> Wrapped | None:
    """Return a member of a distribution list that is an object of its own, None for an address in itself."""
    if entry_id[_FLAGS:_HEAD] != _WRAPPED or len(entry_id) <= _HEAD + 1:
        return None
    return Wrapped(kind=_KINDS.get(entry_id[_HEAD] & 0xF), entry_id=entry_id[_HEAD + 1 :])
