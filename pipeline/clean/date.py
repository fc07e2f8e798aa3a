"""Dates and times: wall clocks become instants, and a date never moves with a zone.

Local times that do not exist or exist twice (RFC 5545, 3.3.5): one in the gap of a clock change is read with the
offset before the change, one that occurs twice means the first.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

GAP = "time_in_clock_gap"
TWICE = "time_occurs_twice"


@lru_cache(1024)
def zone(name: str | None) -> ZoneInfo | None:
    """Return the time zone of an IANA name, None for a name that is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def instant(wall_clock: datetime, zone: ZoneInfo, *, is_second: bool = False) -> datetime:
    """Return the UTC instant of a wall clock time; `is_second` chooses the other one of two."""
    return wall_clock.replace(tzinfo=zone, fold=int(is_second)).astimezone(UTC)


def oddity(wall_clock: datetime, zone: ZoneInfo) -> str:
    """Return the rule that decided a wall clock time: GAP, TWICE, or "" where there was nothing to decide."""
    first, second = instant(wall_clock, zone), instant(wall_clock, zone, is_second=True)
    if first == second:
        return ""
    return TWICE if first.astimezone(zone).replace(tzinfo=None, fold=0) == wall_clock else GAP


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a day begins in a zone."""
    return instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - a wall clock, its zone comes next


def day_of(midnight_at: datetime, zone: tzinfo) -> date:
    """Return the date meant by an instant that stands for one: the nearest midnight of the zone.

    Outlook keeps birthdays and all-day events as the instant of a local midnight (mapi-properties.md), by the clock
    changes of the machine that wrote them, and some programs write UTC midnight. Each is within 12 hours.
    """
    return (midnight_at.astimezone(zone).replace(tzinfo=None) + timedelta(hours=12)).date()


def birthday(known: date | None, midnight_at: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the date of birth: the date where one is known, else the day of the instant."""
    if known is not None or midnight_at is None:
        return known
    return day_of(midnight_at, zone)
