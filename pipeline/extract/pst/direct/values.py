"""Property values as the store keeps them, and as Python values ([MS-OXCDATA] 2.11.1, [MS-PST] 2.3.3.4).

A text of PtypString8 stays bytes: its code page is the business of whoever knows the item and the mailbox.
"""

import struct
from codecs import utf_16_le_decode
from collections.abc import Callable
from itertools import pairwise

from pipeline.extract.pst.direct.damage import DamageError

UNSPECIFIED, NULL = 0x0000, 0x0001
INTEGER16, INTEGER32, FLOAT32, ERROR, BOOLEAN = 0x0002, 0x0003, 0x0004, 0x000A, 0x000B
FLOAT64, CURRENCY, FLOATING_TIME, INTEGER64, TIME = 0x0005, 0x0006, 0x0007, 0x0014, 0x0040
OBJECT, STRING8, STRING, GUID, BINARY = 0x000D, 0x001E, 0x001F, 0x0048, 0x0102
MULTIPLE = 0x1000

Value = str | bytes | int | float | bool | list["Value"] | None
"""PtypString is str; integers, PtypTime (100 ns since 1601-01-01 UTC), PtypCurrency (1/10000) and PtypErrorCode are
int; all that has no form of its own here is bytes; a multiple value is a list; PtypNull is None."""

IN_PLACE = {UNSPECIFIED: 4, NULL: 0, INTEGER16: 2, INTEGER32: 4, FLOAT32: 4, ERROR: 4, BOOLEAN: 1}
"""Types that a property context keeps beside the tag, and how many of the four bytes there are theirs."""
WIDE = frozenset({FLOAT64, CURRENCY, FLOATING_TIME, INTEGER64, TIME})
"""Types of eight bytes: in a table they are in the row, in a property context in the heap."""
_KNOWN = frozenset({*IN_PLACE, *WIDE, OBJECT, STRING8, STRING, GUID, BINARY, 0x00FB, 0x00FD, 0x00FE})

_FINAL = True


def is_in_heap(kind: int) -> bool:
    """Whether a property context keeps values of this type in the heap or a sub-node.

    A type that is in no specification is taken as four bytes in place, so that it costs nothing else of the item.
    """
    return kind not in IN_PLACE and (kind in _KNOWN or bool(kind & MULTIPLE and kind & ~MULTIPLE in _KNOWN))


def text(raw: bytes) -> str:
    """Decode PtypString; half a character at the end is left out, half a surrogate pair becomes U+FFFD."""
    return utf_16_le_decode(raw[:-1] if len(raw) & 1 else raw, "replace", _FINAL)[0]


def _number(layout: str) -> Callable[[bytes], Value]:
    form = struct.Struct(layout)

    def decode(raw: bytes) -> Value:
        number: int | float = form.unpack_from(raw)[0]
        return number

    return decode


DECODERS: dict[int, Callable[[bytes], Value]] = {
    NULL: lambda _raw: None,
    INTEGER16: _number("<h"),
    INTEGER32: _number("<i"),
    FLOAT32: _number("<f"),
    ERROR: _number("<I"),
    BOOLEAN: any,
    FLOAT64: _number("<d"),
    CURRENCY: _number("<q"),
    FLOATING_TIME: _number("<d"),
    INTEGER64: _number("<q"),
    TIME: _number("<q"),
    STRING: text,
}
_SIZES = {INTEGER16: 2, INTEGER32: 4, FLOAT32: 4, ERROR: 4, BOOLEAN: 1, GUID: 16, **dict.fromkeys(WIDE, 8)}


def decode(kind: int, raw: bytes) -> Value:
    """Return the value of one property from its type and bytes; a number of no bytes at all is None.

    Raises:
        DamageError: the bytes are too few for the type.
    """
    if kind & MULTIPLE and is_in_heap(kind):
        return [decode(kind & ~MULTIPLE, part) for part in parts(kind, raw)]
    decoder = DECODERS.get(kind)
    if decoder is None:
        return raw
    try:
        return decoder(raw)
    except struct.error as error:
        if not raw:
            return None
        raise DamageError("value_size", f"A value of type {kind:#06x} has only {len(raw)} bytes.") from error


def parts(kind: int, raw: bytes) -> list[bytes]:
    """Take a multiple value apart ([MS-PST] 2.3.3.4.1 and 2.3.3.4.2).

    Raises:
        DamageError: it says that it has more or longer parts than there are bytes.
    """
    size = _SIZES.get(kind & ~MULTIPLE)
    if size:
        return [raw[at : at + size] for at in range(0, len(raw) // size * size, size)]
    if not raw:
        return []
    count = int.from_bytes(raw[:4], "little")
    if 4 * (count + 1) > len(raw):
        raise DamageError("value_size", f"A multiple value of {len(raw)} bytes cannot have {count} parts.")
    starts = [*struct.unpack_from(f"<{count}I", raw, 4), len(raw)]
    if starts != sorted(starts) or starts[0] < 4 * (count + 1):
        raise DamageError("value_size", f"The parts of a multiple value of {len(raw)} bytes are not inside it.")
    return [raw[start:end] for start, end in pairwise(starts)]
