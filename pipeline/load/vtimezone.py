"""A zone as the VTIMEZONE of an .ics file (RFC 5545 3.6.5), by yearly rules where it has them, as Outlook wants."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MINUTE, _DAY, _WEEK = timedelta(minutes=1), timedelta(days=1), 7


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of the clocks: when, by the clock before it; the offsets before and after; whether summer begins."""

    local: datetime
    before: timedelta
    after: timedelta
    is_summer: bool
    name: str

    def rule(self, *, is_last: bool) -> tuple[object, ...]:
        """Return what is the same every year, counted from the start of the month or from its end."""
        day = self.local.day
        place = -1 if is_last else (day - 1) // _WEEK + 1
        if is_last and day + _WEEK <= monthrange(self.local.year, self.local.month)[1]:
            place = 0  # not the last
        return self.local.month, place, self.local.weekday(), self.local.time(), self.before, self.after


def component(zone: ZoneInfo, first: int, last: int) -> Timezone:
    """Return a zone as it is from the year `first` to the year `last`."""
    found = Timezone()
    found.add("tzid", zone.key)
    begins = datetime(first, 1, 1, tzinfo=UTC)
    offset = _offset(begins, zone)
    found.add_component(_part(_Change(datetime(first, 1, 1), offset, offset, False, _name(begins, zone)), ""))  # noqa: DTZ001, FBT003
    changes = list(_changes(zone, first, last))
    yearly = _yearly(changes, last - first + 1)
    for change, rule in yearly or ((one, "") for one in changes):
        found.add_component(_part(change, rule))
    return found


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[_Change]:
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        before, after = _offset(moment, zone), _offset(moment + _DAY, zone)
        if before != after:
            at = _sought(moment, zone)
            local = (at + before).replace(tzinfo=None)
            yield _Change(local, before, after, bool(at.astimezone(zone).dst()), _name(at, zone))
        moment += _DAY


def _sought(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first minute of a day from `moment` on that has another offset."""
    low, high = 0, _DAY // _MINUTE
    while low + 1 < high:
        middle = (low + high) // 2
        is_old = _offset(moment + middle * _MINUTE, zone) == _offset(moment, zone)
        low, high = (middle, high) if is_old else (low, middle)
    return moment + high * _MINUTE


def _yearly(changes: list[_Change], years: int) -> list[tuple[_Change, str]]:
    """Return the first change of each of two yearly rules with that rule; nothing where the years differ."""
    if len(changes) != 2 * years:
        return []
    found = []
    for own in (changes[::2], changes[1::2]):
        for is_last in (True, False):
            rules = {one.rule(is_last=is_last) for one in own}
            place = own[0].rule(is_last=is_last)[1]
            if len(rules) == 1 and place:
                day = f"{place}{_WEEKDAYS[own[0].local.weekday()]}"
                found.append((own[0], f"{own[0].local.month};{day}"))
                break
    return found if len(found) == 2 else []  # noqa: PLR2004 - to summer and back


def _part(change: _Change, rule: str) -> TimezoneStandard | TimezoneDaylight:
    part = TimezoneDaylight() if change.is_summer else TimezoneStandard()
    part.add("dtstart", change.local)
    part.add("tzoffsetfrom", change.before)
    part.add("tzoffsetto", change.after)
    part.add("tzname", change.name)
    if rule:
        month, _, day = rule.partition(";")
        part.add("rrule", {"freq": "yearly", "bymonth": int(month), "byday": day})
    return part


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _name(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).tzname() or zone.key
