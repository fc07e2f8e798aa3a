"""A zone that no IANA name stands for, by the TZ string of POSIX (IEEE 1003.1, section 8.3; RFC 9636 section 3.3.1)."""

import io
import struct
from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_TZIF = struct.Struct(">4s1s15x6I")  # RFC 9636 section 3.1


@lru_cache(maxsize=512)
def zone(posix: str) -> tzinfo:
    """Return a TZ string as a zone: a TZif file (RFC 9636) that has nothing but it.

    Raises:
        ValueError: it is no TZ string.
    """
    head = _TZIF.pack(b"TZif", b"2", 0, 0, 0, 0, 1, 4) + struct.pack(">iBB4s", 0, 0, 0, b"UTC\0")
    return ZoneInfo.from_file(io.BytesIO(head + head + f"\n{posix}\n".encode("ascii")), key=posix)
