"""Recurrence patterns as the blobs of tasks and appointments.

Source: [MS-OXOCAL] 2.2.1.44.1 (RecurrencePattern) and 2.2.1.44.5 (AppointmentRecurrencePattern). Times are minutes
since 1601-01-01 of the series' own clock.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from tests.pstwriter.people import Recipient

SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (1 << day for day in range(7))
WORKDAYS = MONDAY | TUESDAY | WEDNESDAY | THURSDAY | FRIDAY
LAST = 5
"""The place of a weekday in its month that means the last one."""

NO_END = 0x5AE980DF

_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - counted on the series' own clock
_DAY, _WEEK = 1440, 7 * 1440
_UNTIL, _COUNT, _NEVER = 0x2021, 0x2022, 0x2023
_COUNT_WHEN_ENDLESS = 10
_LAST_DAY = 31
_HAS_SUBJECT, _HAS_LOCATION, _HAS_BUSY, _HAS_ALL_DAY, _HAS_BODY = 0x0001, 0x0010, 0x0020, 0x0080, 0x0200


class Frequency(IntEnum):
    """How often (`RecurFrequency`)."""

    DAILY = 0x200A
    WEEKLY = 0x200B
    MONTHLY = 0x200C
    YEARLY = 0x200D


class _Pattern(IntEnum):
    """`PatternType`: what the numbers after it mean."""

    DAY = 0
    WEEK = 1
    MONTH = 2
    MONTH_NTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """One occurrence that differs from the series.

    Attributes:
        original: When the series had it, on the series' clock.
        start: Its own start, on the series' clock.
        end: Its own end.
        subject: Its own subject.
        location: Its own location.
        busy: Its own busy status.
        all_day: Whether it alone takes the whole day.
        has_body: Whether it says that it has a body of its own (which is in an attachment of the series).
        body: That body.
        recipients: Its own attendees, in the same attachment.
    """

    original: datetime
    start: datetime
    end: datetime
    subject: str | None = None
    location: str | None = None
    busy: int | None = None
    all_day: bool | None = None
    has_body: bool = False
    body: str | None = None
    recipients: Sequence[Recipient] = ()

    @property
    def flags(self) -> int:
        """Return `OverrideFlags`."""
        present = (
            (self.subject, _HAS_SUBJECT),
            (self.location, _HAS_LOCATION),
            (self.busy, _HAS_BUSY),
            (self.all_day, _HAS_ALL_DAY),
            (self.has_body or self.body, _HAS_BODY),
        )
        return sum(flag for value, flag in present if value is not None and (flag != _HAS_BODY or value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A series.

    Attributes:
        frequency: Unit of the interval.
        first: Day of the first occurrence.
        interval: Every so many days, weeks, months or years.
        weekdays: Weekdays, by the constants of this module: of a weekly series, of "every workday" (daily), or of the
            `nth` one in a month.
        nth: Which of those weekdays in the month, `LAST` for the last; None for a day of the month.
        day: Day of the month; 31 is the last one. Default: that of `first`.
        count: Number of occurrences, if the series ends so.
        until: Day of the last occurrence, if the series ends so; a series with neither has no end.
        deleted: Days on which the series does not take place.
        modified: Occurrences that differ.
        first_weekday: First day of the week, 0 is Sunday.
    """

    frequency: Frequency
    first: date
    interval: int = 1
    weekdays: int = 0
    nth: int | None = None
    day: int | None = None
    count: int | None = None
    until: date | None = None
    deleted: Sequence[date] = ()
    modified: Sequence[Modified] = ()
    first_weekday: int = 0

    def pattern(self) -> bytes:
        """Return the blob of a task's series (PidLidTaskRecurrence)."""
        gone = sorted({_minutes(day) for day in (*self.deleted, *(one.original.date() for one in self.modified))})
        changed = sorted(_minutes(one.start.date()) for one in self.modified)
        kind = self._kind()
        return b"".join(
            (
                struct.pack("<HHHHH", 0x3004, 0x3004, self.frequency, kind, 0),
                struct.pack("<III", self._first_date_time(), self._period(), 0),
                self._specific(kind),
                struct.pack("<III", *self._end(), self.first_weekday),
                struct.pack(f"<I{len(gone)}I", len(gone), *gone),
                struct.pack(f"<I{len(changed)}I", len(changed), *changed),
                struct.pack("<II", _minutes(self.first), self._end_date()),
            )
        )

    def appointment(self, start: time, minutes: int, code_page: str = "cp1252") -> bytes:
        """Return the blob of an appointment's series (PidLidAppointmentRecur).

        Args:
            start: When each occurrence starts, on the series' clock.
            minutes: How long it takes.
            code_page: Codec of the 8-bit copies of subjects and locations.
        """
        offset = start.hour * 60 + start.minute
        changed = sorted(self.modified, key=lambda one: one.start)
        return b"".join(
            (
                self.pattern(),
                struct.pack("<IIIIH", 0x3006, 0x3009, offset, offset + minutes, len(changed)),
                *(_exception(one, code_page) for one in changed),
                struct.pack("<I", 0),
                *(_extended(one) for one in changed),
                struct.pack("<I", 0),
            )
        )

    def occurrences(self, limit: int) -> list[date]:
        """Return the first days of the series, at most `limit`, deleted ones included."""
        days: list[date] = []
        day = self.first
        while len(days) < min(limit, self.count or limit) and (self.until is None or day <= self.until):
            if self._has(day):
                days.append(day)
            day += timedelta(days=1)
        return days

    def last(self) -> date | None:
        """Return the day of the last occurrence, None if there is none."""
        if self.until is not None:
            return self.until
        return self.occurrences(self.count)[-1] if self.count else None

    def _has(self, day: date) -> bool:
        """Whether the series takes place on a day at or after its first."""
        months = (day.year - self.first.year) * 12 + day.month - self.first.month
        mask = 1 << day.isoweekday() % 7
        if self.frequency is Frequency.DAILY:
            return bool(self.weekdays & mask) if self.weekdays else (day - self.first).days % self.interval == 0
        if self.frequency is Frequency.WEEKLY:
            weeks = (_week_start(day, self.first_weekday) - _week_start(self.first, self.first_weekday)).days // 7
            return bool(self.weekdays & mask) and weeks % self.interval == 0
        if months % self._months():
            return False
        if self.nth is None:
            return day.day == min(self.day or self.first.day, _month_days(day))
        return self._is_nth(day)

    def _is_nth(self, day: date) -> bool:
        """Whether a day is the `nth` in its month that falls on one of the weekdays."""
        month = (day.replace(day=one) for one in range(1, _month_days(day) + 1))
        same = [one for one in month if self.weekdays & 1 << one.isoweekday() % 7]
        return bool(same) and day == (same[-1] if self.nth == LAST else same[(self.nth or 1) - 1])

    def _months(self) -> int:
        """Return the interval of a monthly or yearly series in months."""
        return self.interval * (12 if self.frequency is Frequency.YEARLY else 1)

    def _kind(self) -> _Pattern:
        """Return the pattern type."""
        if self.frequency is Frequency.DAILY:
            return _Pattern.WEEK if self.weekdays else _Pattern.DAY
        if self.frequency is Frequency.WEEKLY:
            return _Pattern.WEEK
        return _Pattern.MONTH if self.nth is None else _Pattern.MONTH_NTH

    def _period(self) -> int:
        """Return `Period`: minutes of a daily series, else weeks or months."""
        if self.frequency is Frequency.DAILY and not self.weekdays:
            return self.interval * _DAY
        return self._months() if self.frequency in {Frequency.MONTHLY, Frequency.YEARLY} else self.interval

    def _first_date_time(self) -> int:
        """Return `FirstDateTime`: where in the cycle of its period the series starts (2.2.1.44.1)."""
        if self.frequency is Frequency.DAILY and not self.weekdays:
            return _minutes(self.first) % self._period()
        if self.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
            return _minutes(_week_start(self.first, self.first_weekday)) % (self.interval * _WEEK)
        months = ((self.first.year - 1601) * 12 + self.first.month - 1) % self._months()
        return _minutes(date(1601 + months // 12, months % 12 + 1, 1))

    def _specific(self, kind: _Pattern) -> bytes:
        """Return `PatternTypeSpecific`."""
        if kind is _Pattern.WEEK:
            return struct.pack("<I", self.weekdays)
        if kind is _Pattern.MONTH:
            return struct.pack("<I", min(self.day or self.first.day, _LAST_DAY))
        return struct.pack("<II", self.weekdays, self.nth or 0) if kind is _Pattern.MONTH_NTH else b""

    def _end(self) -> tuple[int, int]:
        """Return `EndType` and `OccurrenceCount`."""
        if self.count is not None:
            return _COUNT, self.count
        if self.until is None:
            return _NEVER, _COUNT_WHEN_ENDLESS
        return _UNTIL, len(self.occurrences((self.until - self.first).days + 1))

    def _end_date(self) -> int:
        """Return `EndDate`."""
        last = self.last()
        return NO_END if last is None else _minutes(last)


def _minutes(at: date) -> int:
    """Return the minutes from 1601 to a day's start, or to a time without a zone."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (moment - _EPOCH) // timedelta(minutes=1)


def _week_start(day: date, first_weekday: int) -> date:
    """Return the first day of the week that a day is in."""
    return day - timedelta(days=(day.isoweekday() - first_weekday) % 7)


def _month_days(day: date) -> int:
    """Return the number of days of a day's month."""
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def _exception(one: Modified, code_page: str) -> bytes:
    """Return an ExceptionInfo (2.2.1.44.2)."""
    parts = [struct.pack("<IIIH", *_span(one), one.flags)]
    if one.subject is not None:
        parts.append(_narrow(one.subject, code_page))
    if one.location is not None:
        parts.append(_narrow(one.location, code_page))
    parts.extend(struct.pack("<I", value) for value in (one.busy, one.all_day) if value is not None)
    return b"".join(parts)


def _extended(one: Modified) -> bytes:
    """Return an ExtendedException (2.2.1.44.4)."""
    parts = [struct.pack("<III", 4, 0, 0)]
    texts = [text for text in (one.subject, one.location) if text is not None]
    if texts:
        parts.append(struct.pack("<III", *_span(one)))
        parts.extend(struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in texts)
        parts.append(struct.pack("<I", 0))
    return b"".join(parts)


def _span(one: Modified) -> tuple[int, int, int]:
    """Return start, end and original start of an occurrence in minutes."""
    return _minutes(one.start), _minutes(one.end), _minutes(one.original)


def _narrow(text: str, code_page: str) -> bytes:
    """Return 8-bit text after its length, which is given twice."""
    raw = text.encode(code_page, "replace")
    return struct.pack("<HH", len(raw) + 1, len(raw)) + raw
