"""The time zone of an appointment: Outlook's blobs and names → IANA ([MS-OXOCAL] 2.2.1.39 to 2.2.1.43)."""

import re
import struct

from tzlocal.windows_tz import win_tz

from pipeline.extract.pst.bag import Bag
from pipeline.extract.pst.time_zone_names import DISPLAYED

_DEFINITIONS = ("PidLidAppointmentTimeZoneDefinitionStartDisplay", "PidLidAppointmentTimeZoneDefinitionRecur")
_RULE = struct.Struct("<BBHHH14xiii16s16s")  # TZRule
_TIME_ZONE_STRUCT = struct.Struct("<iiiH16sH16s")  # PidLidTimeZoneStruct
_NO_CHANGE = bytes(16)
_OFFSET = re.compile(r"^\((?:GMT|UTC)[^)]*\)\s*")
_HOUR = 60
_LARGEST = 14


def of_item(bag: Bag) -> str | None:
    """Return the item's own IANA zone, or None where its properties do not name one that is known."""
    blobs = [blob for name in _DEFINITIONS if (blob := bag.binary(name))]
    for blob in blobs:
        if zone := _of_windows(key_name(blob)):
            return zone
    if zone := _of_windows(bag.text("PidLidTimeZoneDescription")):
        return zone
    structure = bag.binary("PidLidTimeZoneStruct")
    return next((zone for blob in blobs if (zone := fixed_zone(blob))), None) or _fixed(structure)


def key_name(blob: bytes) -> str | None:
    """Return the Windows key of a zone definition, such as "Tokyo Standard Time"."""
    found = _header(blob)
    return found[0] if found else None


def _header(blob: bytes) -> tuple[str, int] | None:
    """Return key name and the offset of the number of rules: 02 01, cbHeader, flags, cchKeyName, the name."""
    start = 8
    if len(blob) < start or blob[0] != 2 or blob[1] != 1:  # noqa: PLR2004 - the only version there is
        return None
    (length,) = struct.unpack_from("<H", blob, 6)
    end = start + 2 * length
    if end > len(blob):
        return None
    return blob[start:end].decode("utf-16-le", "replace").rstrip("\0"), end


def _of_windows(name: str | None) -> str | None:
    """Return the IANA zone of a Windows key or of the text that Windows shows for it."""
    if not name:
        return None
    plain = _OFFSET.sub("", name).strip()
    return win_tz.get(name) or win_tz.get(plain) or win_tz.get(DISPLAYED.get(plain.casefold(), ""))


def fixed_zone(blob: bytes) -> str | None:
    """Return the zone of a definition whose last rule knows no summer time: Etc/GMT+3 is three hours behind UTC."""
    header = _header(blob)
    if header is None or len(blob) < header[1] + 2:
        return None
    start = header[1] + 2
    rules = [_RULE.unpack_from(blob, at) for at in range(start, len(blob) - _RULE.size + 1, _RULE.size)]
    if not rules:
        return None
    *_, bias, standard_bias, _, standard_date, _ = rules[-1]
    return _etc(bias + standard_bias) if standard_date == _NO_CHANGE else None


def _fixed(structure: bytes | None) -> str | None:
    if structure is None or len(structure) < _TIME_ZONE_STRUCT.size:
        return None
    bias, standard_bias, _, _, standard_date, _, _ = _TIME_ZONE_STRUCT.unpack_from(structure)
    return _etc(bias + standard_bias) if standard_date == _NO_CHANGE else None


def _etc(bias: int) -> str | None:
    """Return the zone of a constant bias in minutes, which is UTC minus local time."""
    hours, minutes = divmod(bias, _HOUR)
    if minutes or not -_LARGEST <= hours <= _LARGEST - 2:
        return None
    return f"Etc/GMT{hours:+d}" if hours else "Etc/UTC"
