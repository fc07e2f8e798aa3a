"""A series → its occurrences: each a row of its own, with a key that it keeps in every export of its mailbox.

The rule counts on the series' own clock, so an occurrence keeps its hour over a change of the clocks (RFC 5545 section
3.3.10), and its end too, as Outlook has it ([MS-OXOCAL] 2.2.1.44.5: StartTimeOffset, EndTimeOffset). An occurrence is
known by the day that the rule gave it, wherever it was moved to: Outlook has at most one a day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dateutil.rrule import rrulestr

from pipeline.clean import date as dates
from pipeline.clean import posix_zone
from pipeline.clean.cleaned import Change
from pipeline.transform.draft import Origin, Row

FIRST_ONLY = "series_without_rule_first_only"
INCOMPLETE = "series_changes_incomplete"
OWN_TEXT = "occurrence_has_text_of_its_own"
_OWN = ("subject", "location", "busy_status", "is_all_day", "body", "attendees")
_MOST = 20_000  # occurrences of one series: a day of each of fifty years


@dataclass(frozen=True, slots=True)
class Window:
    """The days, on a series' own clock, whose occurrences are made: both are in it."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        """Whether a day is in the window."""
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One occurrence as a row of schemas.EVENTS, with its own origin and what is to be noted of it."""

    row: Row
    origin: Origin
    notes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Times:
    """Start and end of a series' first occurrence on its own clock; `zone` is that clock."""

    start: datetime
    end: datetime
    zone: tzinfo


def of_series(row: Row, origin: Origin, window: Window) -> list[Occurrence]:
    """Return the occurrences of a series that take place in the window, in the order of their days.

    One whose rule is not known (a lunar calendar, a damaged blob) gives its first occurrence and the changed ones, and
    says so. A changed occurrence counts where it was moved to.
    """
    times = _times(row, origin)
    if times is None:
        return []
    changed = {one["original_local"].date(): one for one in row["modified"] or ()}
    deleted = set(row["deleted_dates"] or ())
    notes = _notes(row)
    found = {
        day: _regular(row, origin, day, times, notes)
        for day in _days(row, times, window)
        if day not in deleted and day not in changed
    }
    found |= {
        day: _changed(row, origin, one, times, notes)
        for day, one in changed.items()
        if one["start_local"].date() in window
    }
    return [found[day] for day in sorted(found)]


def _times(row: Row, origin: Origin) -> _Times | None:
    zone = _zone(row) or origin.home.zone
    start, end = (_local(row, which, zone) for which in ("start", "end"))
    if start is None:
        return None
    return _Times(start, max(start, end) if end is not None else start, zone)


def _zone(row: Row) -> tzinfo | None:
    known = dates.zone(row["time_zone"])
    if known is not None or not row["time_zone_rules"]:
        return known
    return posix_zone.zone(row["time_zone_rules"])


def _local(row: Row, which: str, zone: tzinfo) -> datetime | None:
    """Return a time of the series on its own clock; of whole days the midnight that begins the day."""
    if row["is_all_day"]:
        day = row[f"{which}_date"]
        if day is None and row[f"{which}_at"] is not None:
            day = dates.day_of(row[f"{which}_at"], zone)
        return None if day is None else datetime.combine(day, time())
    at = row[f"{which}_at"]
    if at is not None:
        return at.astimezone(zone).replace(tzinfo=None, fold=0)  # type: ignore[no-any-return]  # a cell
    return row[f"{which}_local"]  # type: ignore[no-any-return]  # a cell


def _days(row: Row, times: _Times, window: Window) -> Iterator[date]:
    """Yield the days of the rule that are in the window."""
    if not row["rrule"]:
        yield from (day for day in (times.start.date(),) if day in window)
        return
    rule = rrulestr(local_rule(row["rrule"], times.zone), dtstart=times.start)
    for made, moment in enumerate(rule.xafter(datetime.combine(window.first, time()), inc=True)):
        if moment.date() > window.last or made >= _MOST:
            return
        yield moment.date()


def local_rule(rule: str, zone: tzinfo) -> str:
    """Return an RRULE with its UNTIL on the clock of `zone`, as a rule on wall clock times wants it."""
    parts = [part.partition("=")[::2] for part in rule.split(";")]
    return ";".join(f"{name}={_local_until(value, zone) if name == 'UNTIL' else value}" for name, value in parts)


def _local_until(text: str, zone: tzinfo) -> str:
    if not text.endswith("Z"):
        return text
    until = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"{until.astimezone(zone):%Y%m%dT%H%M%S}"


def _notes(row: Row) -> tuple[Change, ...]:
    """Return what a person should know of every occurrence of a series that was not understood as a whole."""
    trouble = row["recurrence_trouble"]
    if not row["rrule"]:
        return (Change(FIRST_ONLY, row["recurrence_text"] or trouble, None),)
    return (Change(INCOMPLETE, trouble, None),) if trouble else ()


def _regular(row: Row, origin: Origin, day: date, times: _Times, notes: tuple[Change, ...]) -> Occurrence:
    start = datetime.combine(day, times.start.time())
    placed = _placed(start, start + (times.end - times.start), times.zone, is_all_day=bool(row["is_all_day"]))
    return _made(row, origin, day, placed, notes)


def _changed(
    row: Row, origin: Origin, one: Mapping[str, object], times: _Times, notes: tuple[Change, ...]
) -> Occurrence:
    """Return a changed occurrence; what it does not say is as in the series."""
    start, end, original = one["start_local"], one["end_local"], one["original_local"]
    if not (isinstance(start, datetime) and isinstance(end, datetime) and isinstance(original, datetime)):
        raise TypeError(one)
    own = {name: one[name] for name in _OWN if one[name] is not None}
    is_all_day = bool(own.get("is_all_day", row["is_all_day"]))
    placed = {**_placed(start, end, times.zone, is_all_day=is_all_day), **own}
    if one["has_own_body"] and one["body"] is None:
        notes = (*notes, Change(OWN_TEXT, None, None))
    return _made(row, origin, original.date(), placed, notes)


def _placed(start: datetime, end: datetime, zone: tzinfo, *, is_all_day: bool) -> dict[str, object]:
    """Return the columns that say when: dates of whole days, else instants by the clock of the series."""
    none = {"start_at": None, "end_at": None, "start_local": None, "end_local": None}
    if is_all_day:
        last = end.date() + timedelta(days=end.time() != time())
        return {**none, "start_date": start.date(), "end_date": last}
    start_at = instant(start, zone)
    end_at = instant(end, zone)
    return {
        **none,
        "start_date": None,
        "end_date": None,
        "start_at": start_at,
        "end_at": end_at if end_at >= start_at else start_at + (end - start),
    }


def instant(wall_clock: datetime, zone: tzinfo) -> datetime:
    """Return a wall clock time as an instant; one in the gap of a clock change with the offset before it."""
    return wall_clock.replace(tzinfo=zone).astimezone(UTC)


def _made(row: Row, origin: Origin, day: date, changes: Mapping[str, object], notes: tuple[Change, ...]) -> Occurrence:
    return Occurrence(
        row={**row, **changes, "occurrence_date": day, "is_recurring": False},
        origin=replace(origin, source_key=key(origin.source_key, day)),
        notes=notes,
    )


def key(series_key: str, day: date) -> str:
    """Return the source_key of an occurrence: that of its series, and the day that the rule gave it."""
    return f"{series_key}-{day:%Y%m%d}"
