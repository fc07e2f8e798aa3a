"""The time zone of an appointment: Outlook's blobs and names → IANA ([MS-OXOCAL] 2.2.1.39 to 2.2.1.43)."""

import re
import struct
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from pipeline.clean import posix_zone
from pipeline.extract.pst import time_zone_rules
from pipeline.extract.pst.bag import Bag
from pipeline.extract.pst.time_zone_names import DISPLAYED
from pipeline.extract.pst.time_zone_rules import Rule

_DEFINITIONS = ("PidLidAppointmentTimeZoneDefinitionStartDisplay", "PidLidAppointmentTimeZoneDefinitionRecur")
_OFFSET = re.compile(r"^\((?:GMT|UTC)[^)]*\)\s*")
_IANA = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}")
ANY_YEAR = 2020  # where an item says no year
_OTHERS = {"tzone://Microsoft/Utc": "Etc/UTC"}  # what Exchange writes besides Windows keys


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone by its IANA name, or where it has none, by the TZ string of its rules (time_zone_rules)."""

    name: str | None
    rules: str | None

    @property
    def clock(self) -> tzinfo:
        """The zone to calculate with."""
        return posix_zone.zone(self.rules) if self.name is None and self.rules else ZoneInfo(self.name or "UTC")


def of_item(bag: Bag, years: tuple[int, int] = (ANY_YEAR, ANY_YEAR), *, is_series: bool = False) -> Zone | None:
    """Return the item's own zone, None where it says nothing of it.

    `years`: the first and the last in which the item takes place; rules are compared there. A series repeats in the
    zone that it was made in, whatever zone shows it.
    """
    names = reversed(_DEFINITIONS) if is_series else _DEFINITIONS
    blobs = [blob for name in names if (blob := bag.binary(name))]
    described = bag.text("PidLidTimeZoneDescription")
    for name in (*(key_name(blob) for blob in blobs), described):
        if zone := _of_name(name):
            return Zone(zone, None)
    for rules in (*(_rules(blob) for blob in blobs), time_zone_rules.of_structure(bag.binary("PidLidTimeZoneStruct"))):
        if rules:
            return _of_rules(rules, *years)
    return None


def _of_rules(rules: tuple[Rule, ...], first: int, last: int) -> Zone:
    name = time_zone_rules.iana(rules, first, last)
    return Zone(name, None if name else time_zone_rules.in_year(rules, first).posix)


def key_name(blob: bytes) -> str | None:
    """Return the Windows key of a zone definition, such as "Tokyo Standard Time"."""
    found = _header(blob)
    return found[0] if found else None


@lru_cache(maxsize=1024)
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


@lru_cache(maxsize=1024)
def _rules(blob: bytes) -> tuple[Rule, ...]:
    header = _header(blob)
    return time_zone_rules.of_definition(blob, header[1]) if header is not None else ()


@lru_cache(maxsize=1024)
def _of_name(name: str | None) -> str | None:
    """Return the IANA zone of a Windows key, of the text that Windows shows for it, or of an IANA name itself."""
    if not name:
        return None
    plain = _OFFSET.sub("", name).strip()
    shown = (name, plain, DISPLAYED.get(plain.casefold(), ""))
    known = next((win_tz[one] for one in shown if one in win_tz), None) or _OTHERS.get(name)
    return known or (name if _IANA.fullmatch(name) and _is_zone(name) else None)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
