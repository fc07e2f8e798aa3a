"""Series as the readers write them, and what a second opinion says of their days: a day-by-day look at the rule."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.transform import occurrences
from pipeline.transform.draft import Row
from pipeline.transform.occurrences import Occurrence, Window
from tests import builders

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS = Window(date(2024, 1, 1), date(2028, 12, 31))


def row(rule: str | None, start: str, minutes: int = 60, zone: str = "Europe/London", **more: object) -> Row:
    """Return a series that starts at a wall clock time of its zone."""
    local = datetime.fromisoformat(start)
    begin, end = (moment.replace(tzinfo=ZoneInfo(zone)) for moment in (local, local + timedelta(minutes=minutes)))
    given = {
        "subject": "Stand-up",
        "start_at": begin.astimezone(UTC),
        "end_at": end.astimezone(UTC),
        "time_zone": zone,
        "rrule": rule,
        "is_recurring": True,
        **more,
    }
    (found,) = builders.rows("events", given)
    return found


def whole_days(rule: str, first: date, days: int = 1, zone: str = "Europe/London", **more: object) -> Row:
    """Return a series of whole days."""
    last = first + timedelta(days=days)
    made = row(rule, first.isoformat(), days * 1440, zone, is_all_day=True, **more)
    return {**made, "start_date": first, "end_date": last}


def changed(original: str, start: str, end: str, **own: object) -> dict[str, Any]:
    """Return a changed occurrence."""
    times = {"original_local": original, "start_local": start, "end_local": end}
    moments = {name: datetime.fromisoformat(text) for name, text in times.items()}
    none = dict.fromkeys(("subject", "location", "busy_status", "is_all_day", "body", "attendees"))
    return {**none, "has_own_body": False, **moments, **own}


def expanded(series: Row, window: Window = YEARS, home: str = "Asia/Tokyo") -> list[Occurrence]:
    """Expand one series."""
    return occurrences.of_series(series, builders.origin("series", builders.home(zone=home)), window)


def starts(found: Sequence[Occurrence]) -> list[str]:
    """Return the starts in UTC, or the days of whole days."""
    return [
        one.row["start_date"].isoformat() if one.row["is_all_day"] else f"{one.row['start_at']:%Y-%m-%dT%H:%M}"
        for one in found
    ]


def days_of(rule: str, first: date, last: date) -> list[date]:
    """Return the days of a rule by looking at every day from `first` on: no library, no arithmetic on months."""
    parts = dict(part.split("=") for part in rule.split(";"))
    count = int(parts.get("COUNT", 1_000_000))
    until = datetime.strptime(parts["UNTIL"][:8], "%Y%m%d").date() if "UNTIL" in parts else last  # noqa: DTZ007
    found: list[date] = []
    day = first
    while day <= min(until, last) and len(found) < count:
        if _is_in_period(parts, first, day) and day in _set(parts, first, day):
            found.append(day)
        day += timedelta(days=1)
    return found


def _is_in_period(parts: dict[str, str], first: date, day: date) -> bool:
    every = int(parts.get("INTERVAL", 1))
    months = (day.year - first.year) * 12 + day.month - first.month
    weeks = (_monday(day, parts) - _monday(first, parts)).days // 7
    passed = {
        "DAILY": (day - first).days,
        "WEEKLY": weeks,
        "MONTHLY": months,
        "YEARLY": day.year - first.year,
    }[parts["FREQ"]]
    return passed % every == 0 and (parts["FREQ"] != "YEARLY" or day.month == int(parts["BYMONTH"]))


def _monday(day: date, parts: dict[str, str]) -> date:
    first = WEEKDAYS.index(parts.get("WKST", "MO"))
    return day - timedelta(days=(day.weekday() - first) % 7)


def _set(parts: dict[str, str], first: date, day: date) -> list[date]:
    """Return the days of the period of `day` that the rule names."""
    found = sorted(_named(parts, first, day))
    if place := parts.get("BYSETPOS"):
        return [found[int(place) - (int(place) > 0)]]
    return found


def _named(parts: dict[str, str], first: date, day: date) -> Iterator[date]:
    if parts["FREQ"] == "DAILY":
        yield day
    elif parts["FREQ"] == "WEEKLY":
        wanted = parts.get("BYDAY", WEEKDAYS[first.weekday()]).split(",")
        monday = _monday(day, parts)
        week = (monday + timedelta(days=number) for number in range(7))
        yield from (one for one in week if WEEKDAYS[one.weekday()] in wanted)
    else:
        yield from _in_month(parts, day)


def _in_month(parts: dict[str, str], day: date) -> Iterator[date]:
    month = [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]
    for number in map(int, parts["BYMONTHDAY"].split(",") if "BYMONTHDAY" in parts else ()):
        if number <= len(month):
            yield month[number - (number > 0)]
    for text in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        same = [one for one in month if WEEKDAYS[one.weekday()] == text[-2:]]
        yield from same if text == text[-2:] else [same[int(text[:-2]) - (int(text[:-2]) > 0)]]


def instant_of(wall_clock: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which a clock shows a time: the first of two; of none, by the offset before the gap.

    Found by asking what the clock shows at every offset that it has on those days.
    """
    around = [wall_clock.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in (-26, 26)]
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in around}
    candidates = [wall_clock.replace(tzinfo=UTC) - offset for offset in offsets]
    shown = [moment for moment in candidates if moment.astimezone(zone).replace(tzinfo=None) == wall_clock]
    if shown:
        return min(shown)
    return wall_clock.replace(tzinfo=UTC) - (around[0].astimezone(zone).utcoffset() or timedelta())
