"""The wire forms of MAPI values ([MS-OXCDATA] 2.11.1) as Python values. No function here raises on any bytes."""

import struct
from codecs import utf_16_le_decode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

INTEGER16 = 0x0002
INTEGER32 = 0x0003
FLOAT32 = 0x0004
FLOAT64 = 0x0005
BOOLEAN = 0x000B
OBJECT = 0x000D
INTEGER64 = 0x0014
STRING8 = 0x001E
STRING = 0x001F
TIME = 0x0040
GUID = 0x0048
BINARY = 0x0102
MULTIPLE = 0x1000
MULTIPLE_STRING8 = MULTIPLE | STRING8
MULTIPLE_STRING = MULTIPLE | STRING
MULTIPLE_BINARY = MULTIPLE | BINARY

_FINAL = True
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_UNIX_MICROSECONDS = (datetime(1970, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
# Outlook writes "no date" as 4501-01-01, "no end" as 4500-09-01 and, in old items, as 0.
_FIRST_TICKS = (datetime(1601, 1, 3, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 10
_END_TICKS = (datetime(4500, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 10
_INTEGERS = {INTEGER16: struct.Struct("<h"), INTEGER32: struct.Struct("<i"), INTEGER64: struct.Struct("<q")}
_FLOATS = {FLOAT32: struct.Struct("<f"), FLOAT64: struct.Struct("<d")}
_TICKS = struct.Struct("<q")


def wide(raw: bytes) -> str:
    """Decode PtypString; `bytes.decode` would look for the decoder by its name each time, which takes as long again."""
    return utf_16_le_decode(raw, "replace", _FINAL)[0]


def text(raw: bytes, wire_type: int, codec: str) -> str | None:
    """Decode PtypString (UTF-16) or PtypString8 (`codec`); what cannot be decoded becomes U+FFFD, "" None."""
    decoded = wide(raw) if wire_type & STRING == STRING else raw.decode(codec, "replace")
    return decoded.rstrip("\0") or None


def is_decodable(raw: bytes, wire_type: int, codec: str) -> bool:
    """Whether every byte of a text has a meaning in its encoding."""
    try:
        raw.decode("utf-16-le" if wire_type & STRING == STRING else codec)
    except UnicodeDecodeError:
        return False
    return True


def texts(raw: bytes, wire_type: int, codec: str) -> list[str]:
    """Decode PtypMultipleString(8): a count, that many offsets, then the texts without terminators."""
    parts = (text(part, wire_type, codec) for part in _parts(raw))
    return [part for part in parts if part is not None]


def binaries(raw: bytes) -> list[bytes]:
    """Decode PtypMultipleBinary, which is stored as texts are; an empty part keeps its place."""
    return _parts(raw)


def _parts(raw: bytes) -> list[bytes]:
    head = 4
    if len(raw) < head:
        return []
    (count,) = struct.unpack_from("<I", raw)
    if head + 4 * count > len(raw):
        return []
    offsets = [*struct.unpack_from(f"<{count}I", raw, head), len(raw)]
    return [raw[start:end] for start, end in pairwise(offsets)]


def integer(raw: bytes, wire_type: int) -> int | None:
    """Decode PtypInteger16, 32 or 64."""
    number: int | None = _unpacked(raw, _INTEGERS[wire_type])
    return number


def floating(raw: bytes, wire_type: int) -> float | None:
    """Decode PtypFloating32 or 64; what is no number (NaN, infinity) is missing."""
    number: float | None = _unpacked(raw, _FLOATS[wire_type])
    return number if number is not None and number - number == 0 else None


def _unpacked(raw: bytes, layout: struct.Struct) -> Any:  # noqa: ANN401 - an int or a float, as the layout says
    return layout.unpack_from(raw)[0] if len(raw) >= layout.size else None


def boolean(raw: bytes) -> bool | None:
    """Decode PtypBoolean, which is 1 byte in a table and up to 4 elsewhere."""
    return any(raw) if raw else None


def instant(raw: bytes) -> datetime | None:
    """Decode PtypTime, 100 ns since 1601 in UTC; Outlook's "no date" values are missing, so is what is no time."""
    ticks: int | None = _unpacked(raw, _TICKS)
    return None if ticks is None else moment(ticks)


def moment(ticks: int) -> datetime | None:
    """Return the time of a number of 100 ns since 1601, UTC; None for "no date" and what is no time."""
    if not _FIRST_TICKS <= ticks < _END_TICKS:
        return None
    return _EPOCH + timedelta(microseconds=ticks // 10)


def microseconds(ticks: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return microseconds since 1970 for many times at once, and which of them are missing, as `moment` has it."""
    return ticks // 10 - _UNIX_MICROSECONDS, (ticks < _FIRST_TICKS) | (ticks >= _END_TICKS)


def without_prefix_mark(subject: str | None) -> str | None:
    """Drop the mark before a subject: U+0001 and the length of "RE: " and the like ([MS-PST] 2.5.3.1.1.1)."""
    if subject is None or not subject.startswith("\x01"):
        return subject
    return subject[2:] or None
