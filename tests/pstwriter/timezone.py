"""Time zones as Outlook keeps them in appointments: a Windows key with the rules of one year.

Source: [MS-OXOCAL] 2.2.1.39 (PidLidTimeZoneStruct) and 2.2.1.41 (TimeZoneDefinition).
"""

import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_TIME_ZONE_DEFINITION = 2  # bMajorVersion
_MINOR = 1
_KEY_IS_VALID = 2
_RULE_SIZE = 0x3E
FOR_DISPLAY, FOR_SERIES = 0x0002, 0x0003
"""Flags of a rule: in effect; and also the one that recurrences were made with."""

_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """When clocks change: the `week`th `weekday` (0 is Sunday) of `month`, 5 for the last, at `hour` o'clock."""

    month: int
    weekday: int
    week: int
    hour: int

    def packed(self) -> bytes:
        """Return the rule as a SYSTEMTIME."""
        return struct.pack("<8H", 0, self.month, self.weekday, self.week, self.hour, 0, 0, 0)

    def at(self, year: int) -> datetime:
        """Return the local time of the change in a year."""
        first = date(year, self.month, 1)
        day = first + timedelta(days=(self.weekday - first.isoweekday()) % _DAYS + _DAYS * (self.week - 1))
        while day.month != self.month:
            day -= timedelta(days=_DAYS)
        return datetime(day.year, day.month, day.day, self.hour, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone.

    Attributes:
        key: Windows key ("Tokyo Standard Time"); what no Windows knows makes a zone of its own rules.
        label: Description, as in PidLidTimeZoneDescription.
        bias: Minutes that UTC is ahead of standard time.
        summer_bias: Minutes added to `bias` in summer.
        to_standard: When standard time begins; None where clocks do not change.
        to_summer: When summer time begins.
    """

    key: str
    label: str
    bias: int
    summer_bias: int = 0
    to_standard: Change | None = None
    to_summer: Change | None = None

    def definition(self, year: int = 2024, flags: int = FOR_DISPLAY) -> bytes:
        """Return the zone as a TimeZoneDefinition with one rule."""
        key = self.key.encode("utf-16-le")
        head = struct.pack("<HH", _KEY_IS_VALID, len(self.key)) + key + struct.pack("<H", 1)
        rule = struct.pack("<BBHHH14x", _TIME_ZONE_DEFINITION, _MINOR, _RULE_SIZE, flags, year)
        rule += struct.pack("<iii", self.bias, 0, self.summer_bias) + self._changes(b"")
        return struct.pack("<BBH", _TIME_ZONE_DEFINITION, _MINOR, len(head)) + head + rule

    def structure(self) -> bytes:
        """Return the zone as a PidLidTimeZoneStruct of 48 bytes."""
        return struct.pack("<iii", self.bias, 0, self.summer_bias) + self._changes(bytes(2))

    def local(self, at: datetime) -> datetime:
        """Return an instant as a clock of the zone shows it, without a time zone."""
        utc = at.astimezone(UTC).replace(tzinfo=None)
        standard = utc - timedelta(minutes=self.bias)
        return standard - timedelta(minutes=self.summer_bias) if self._is_summer(standard) else standard

    def instant(self, local: datetime) -> datetime:
        """Return the instant at which a clock of the zone shows `local`; in the repeated hour, the later one."""
        standard = local + timedelta(minutes=self.bias)
        summer = standard + timedelta(minutes=self.summer_bias)
        utc = standard.replace(tzinfo=UTC)
        return utc if self.local(utc) == local else summer.replace(tzinfo=UTC)

    def _is_summer(self, standard: datetime) -> bool:
        """Whether summer time holds at a standard time of the zone."""
        if self.to_standard is None or self.to_summer is None:
            return False
        start = self.to_summer.at(standard.year)
        end = self.to_standard.at(standard.year) + timedelta(minutes=self.summer_bias)
        return start <= standard < end if start < end else not end <= standard < start

    def _changes(self, year: bytes) -> bytes:
        """Return both changes, each after `year`."""
        return b"".join(
            year + (change.packed() if change else bytes(16)) for change in (self.to_standard, self.to_summer)
        )


_EUROPE = {
    "to_standard": Change(month=10, weekday=0, week=5, hour=2),
    "to_summer": Change(month=3, weekday=0, week=5, hour=1),
}
_AMERICA = {
    "to_standard": Change(month=11, weekday=0, week=1, hour=2),
    "to_summer": Change(month=3, weekday=0, week=2, hour=2),
}
_AUSTRALIA = {
    "to_standard": Change(month=4, weekday=0, week=1, hour=3),
    "to_summer": Change(month=10, weekday=0, week=1, hour=2),
}

GREENWICH = Zone(key="UTC", label="(UTC) Coordinated Universal Time", bias=0)
TOKYO = Zone(key="Tokyo Standard Time", label="(UTC+09:00) Osaka, Sapporo, Tokyo", bias=-540)
LONDON = Zone(
    key="GMT Standard Time", label="(UTC+00:00) Dublin, Edinburgh, Lisbon, London", bias=0, summer_bias=-60, **_EUROPE
)
PACIFIC = Zone(
    key="Pacific Standard Time", label="(UTC-08:00) Pacific Time (US & Canada)", bias=480, summer_bias=-60, **_AMERICA
)
SYDNEY = Zone(
    key="AUS Eastern Standard Time",
    label="(UTC+10:00) Canberra, Melbourne, Sydney",
    bias=-600,
    summer_bias=-60,
    **_AUSTRALIA,
)
CUSTOM = Zone(key="Kaede Standard Time", label="(UTC+05:30) Kaede", bias=-330)
"""A zone that no Windows knows: a reader must use its rules."""
