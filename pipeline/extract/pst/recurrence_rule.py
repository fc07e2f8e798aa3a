"""A recurrence pattern as the RRULE of RFC 5545 section 3.3.10.

Outlook's day 29, 30 or 31 means the last day of a month that is shorter; RFC 5545 would leave such a month out, so
the rule names the days it may fall on and takes the last.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pipeline.extract.pst.recurrence_blob import NO_END, Pattern, RecurrenceError, moment

_DAILY, _WEEKLY, _MONTHLY, _YEARLY = 0x200A, 0x200B, 0x200C, 0x200D
_DAY, _WEEK, _MONTH, _MONTH_NTH, _MONTH_END = range(5)
_UNTIL, _COUNT = 0x2021, 0x2022
_ENDLESS = (0x2023, 0xFFFFFFFF)
# Calendars with Gregorian months and days, whatever they call the year: Gregorian, the Japanese, Taiwanese, Korean and
# Thai eras, and the other languages of Gregorian ([MS-OXOCAL] 2.2.1.44.1, CalendarType).
_GREGORIAN = frozenset({0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12})
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_ALL_DAYS = (1 << len(_WEEKDAYS)) - 1
_MINUTES_OF_DAY = 1440
_YEAR, _LAST = 12, 5
_SHORTEST, _LONGEST = 28, 31
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_INTERVAL = 999 * 12


def rrule(pattern: Pattern, start_offset: int, *, zone: tzinfo | None, is_floating: bool) -> str:
    """Return the rule.

    `start_offset`: minutes of the day at which an occurrence starts. UNTIL is a date for `is_floating` (a task, or
    an event of whole days), else UTC by `zone`, else, where the zone is not known, on the series' own clock.

    Raises:
        RecurrenceError: the pattern has no RRULE: it is of a lunar calendar, regenerates, or makes no sense.
    """
    if pattern.is_sliding:
        raise RecurrenceError("regenerates")  # made anew when it is completed: it has no dates of its own
    parts = {**_repeats(pattern), **_end(pattern, start_offset, zone, is_floating=is_floating)}
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _repeats(pattern: Pattern) -> Mapping[str, str | int]:
    if pattern.kind == _WEEK and pattern.frequency in {_DAILY, _WEEKLY}:
        return _weekly(pattern)
    if pattern.kind == _DAY and pattern.frequency == _DAILY:
        days, rest = divmod(pattern.period, _MINUTES_OF_DAY)
        if rest:
            raise RecurrenceError("senseless_interval")
        return {"FREQ": "DAILY", **_interval(days)}
    if pattern.frequency in {_MONTHLY, _YEARLY}:
        if pattern.calendar not in _GREGORIAN or pattern.kind > _MONTH_END:
            raise RecurrenceError("calendar_not_gregorian")
        if pattern.kind in {_MONTH, _MONTH_NTH, _MONTH_END}:
            return _monthly(pattern)
    raise RecurrenceError("unknown_pattern")


def _interval(number: int) -> Mapping[str, int]:
    if not 0 < number <= _MAX_INTERVAL:
        raise RecurrenceError("senseless_interval")
    return {"INTERVAL": number} if number > 1 else {}


def _weekly(pattern: Pattern) -> Mapping[str, str | int]:
    """Every so many weeks on some weekdays; "every workday" is stored as a daily pattern of this kind."""
    interval = _interval(pattern.period)
    week = {"WKST": _WEEKDAYS[pattern.first_weekday]} if 0 <= pattern.first_weekday < len(_WEEKDAYS) else {}
    return {"FREQ": "WEEKLY", **interval, "BYDAY": _days(pattern.numbers[0]), **(week if interval else {})}


def _days(mask: int, place: str = "") -> str:
    days = [f"{place}{name}" for bit, name in enumerate(_WEEKDAYS) if mask & 1 << bit]
    if not days or mask & ~_ALL_DAYS:
        raise RecurrenceError("senseless_weekdays")
    return ",".join(days)


def _monthly(pattern: Pattern) -> Mapping[str, str | int]:
    years, months = divmod(pattern.period, _YEAR)
    if pattern.frequency == _YEARLY and years and not months:
        month = _month(pattern)
        return {"FREQ": "YEARLY", **_interval(years), "BYMONTH": month, **_in_month(pattern, _MONTH_LENGTHS[month - 1])}
    return {"FREQ": "MONTHLY", **_interval(pattern.period), **_in_month(pattern, None)}


def _month(pattern: Pattern) -> int:
    """Return the month of a yearly series: that of FirstDateTime, or of the first day where it holds no month."""
    first = moment(pattern.first_date_time)
    if pattern.first_date_time and first is not None and (first.day, first.time()) == (1, time()):
        return first.month
    start = moment(pattern.start)
    if start is None:
        raise RecurrenceError("no_first_day")
    return start.month


def _in_month(pattern: Pattern, length: int | None) -> Mapping[str, str | int]:
    """Return which day of the month; `length` is that of the only month of a yearly series, in a leap year."""
    if pattern.kind == _MONTH_NTH:
        return _nth(*pattern.numbers)
    day = _LONGEST if pattern.kind == _MONTH_END else pattern.numbers[0]
    if not 0 < day <= _LONGEST:
        raise RecurrenceError("senseless_day")
    if day >= (length or _LONGEST) and day > _SHORTEST:
        return {"BYMONTHDAY": -1}
    if day <= _SHORTEST or length is not None:
        return {"BYMONTHDAY": day}
    return {"BYMONTHDAY": ",".join(str(one) for one in range(_SHORTEST, day + 1)), "BYSETPOS": -1}


def _nth(mask: int, place: int) -> Mapping[str, str | int]:
    """Return the nth of some weekdays in a month, 5 for the last."""
    if not 0 < place <= _LAST:
        raise RecurrenceError("senseless_day")
    number = -1 if place == _LAST else place
    if mask.bit_count() == 1:
        return {"BYDAY": _days(mask, str(number))}
    return {"BYDAY": _days(mask), "BYSETPOS": number}


def _end(pattern: Pattern, start_offset: int, zone: tzinfo | None, *, is_floating: bool) -> Mapping[str, str | int]:
    if pattern.end_type in _ENDLESS:
        return {}
    if pattern.end_type == _COUNT and pattern.count:
        return {"COUNT": pattern.count}
    last = None if pattern.end == NO_END else moment(pattern.end)
    if pattern.end_type not in {_UNTIL, _COUNT} or last is None:
        raise RecurrenceError("unknown_end")
    return {"UNTIL": _until(last.date(), start_offset, zone, is_floating=is_floating)}


def _until(last: date, start_offset: int, zone: tzinfo | None, *, is_floating: bool) -> str:
    if is_floating:
        return f"{last:%Y%m%d}"
    start = datetime.combine(last, time()) + timedelta(minutes=start_offset % _MINUTES_OF_DAY)
    if zone is None:
        return f"{start:%Y%m%dT%H%M%S}"
    return f"{start.replace(tzinfo=zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"
