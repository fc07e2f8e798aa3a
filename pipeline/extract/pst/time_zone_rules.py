"""The rules of a time zone as Outlook keeps them ([MS-OXOCAL] 2.2.1.39, 2.2.1.41), as a zone to calculate with.

A zone is known by its IANA name where one has the same offsets and the same changes in the years concerned. Any other
is written as the TZ string of POSIX (IEEE 1003.1, section 8.3; RFC 9636 section 3.3.1): "<+0545>-5:45" is five hours
and three quarters ahead of UTC all year.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from pipeline.clean.posix_zone import zone

_RULE = struct.Struct("<4xHH14xiii16s16s")  # TZRule (2.2.1.41.1): flags, year, biases, two SYSTEMTIMEs
_STRUCTURE = struct.Struct("<iiiH16sH16s")  # PidLidTimeZoneStruct (2.2.1.39)
_SYSTEM_TIME = struct.Struct("<8H")
_MINUTE, _HOUR = 60, 3600
_LARGEST = 15 * 60  # minutes between UTC and any clock on earth, summer time included
_IN_EFFECT = 2  # TZRULE_FLAG_EFFECTIVE_TZREG
_MONTHS, _WEEKS, _WEEKDAYS, _HOURS = 12, 5, 6, 24
_MOST_RULES = 1024
# Of zones that have the same rules, the one that most people live in.
_PREFERRED = (
    *("Asia/Tokyo", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Halifax"),
    *("America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Kiev", "Europe/Moscow", "Asia/Calcutta"),
    *("Asia/Shanghai", "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """When clocks change: the `week`th `weekday` (0 is Sunday) of `month`, 5 for the last, so many `seconds` of it."""

    month: int
    week: int
    weekday: int
    seconds: int

    @property
    def posix(self) -> str:
        """The change as POSIX writes it."""
        return f"M{self.month}.{self.week}.{self.weekday}/{_clock(self.seconds // _MINUTE)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One year's rules; `standard` and `summer` are minutes ahead of UTC, the changes None where there are none."""

    year: int
    standard: int
    summer: int
    to_standard: Change | None
    to_summer: Change | None

    @property
    def posix(self) -> str:
        """The zone as a TZ string."""
        text = _offset(self.standard)
        if self.to_standard is None or self.to_summer is None:
            return text
        return f"{text}{_offset(self.summer)},{self.to_summer.posix},{self.to_standard.posix}"


def of_definition(blob: bytes, start: int) -> tuple[Rule, ...]:
    """Return the rules of a TimeZoneDefinition, whose number stands at `start`; those that make no sense are left out.

    Of those for one year the one in effect counts, else the last.
    """
    rules: dict[int, tuple[bool, Rule]] = {}
    at = start + 2
    for _ in range(min(int.from_bytes(blob[start:at], "little"), _MOST_RULES)):
        if at + _RULE.size > len(blob):
            break
        flags, year, *values = _RULE.unpack_from(blob, at)
        rule, is_in_effect = _rule(year, *values), bool(flags & _IN_EFFECT)
        if rule is not None and (is_in_effect or not rules.get(year, (False,))[0]):
            rules[year] = is_in_effect, rule
        at += _RULE.size
    return tuple(rule for _, (_, rule) in sorted(rules.items()))


def of_structure(blob: bytes | None) -> tuple[Rule, ...]:
    """Return the rule of a PidLidTimeZoneStruct, none where it makes no sense."""
    if blob is None or len(blob) < _STRUCTURE.size:
        return ()
    bias, standard, summer, _, to_standard, _, to_summer = _STRUCTURE.unpack_from(blob)
    rule = _rule(0, bias, standard, summer, to_standard, to_summer)
    return () if rule is None else (rule,)


def _rule(year: int, bias: int, standard: int, summer: int, *changes: bytes) -> Rule | None:
    """Return a rule, None for one that no clock can follow."""
    offsets = -(bias + standard), -(bias + summer)
    if not all(-_LARGEST <= offset <= _LARGEST for offset in offsets):
        return None
    to_standard, to_summer = changes
    if not _month(to_standard) or not _month(to_summer):
        return Rule(year, offsets[0], offsets[0], None, None)
    found = _change(to_standard), _change(to_summer)
    return None if None in found else Rule(year, *offsets, *found)


def _month(system_time: bytes) -> int:
    month: int = _SYSTEM_TIME.unpack(system_time)[1]
    return month


def _change(system_time: bytes) -> Change | None:
    """Return a change; None for one of a single year (wYear), which says nothing of other years."""
    year, month, weekday, week, hour, minute, second, thousandths = _SYSTEM_TIME.unpack(system_time)
    if year or not (1 <= month <= _MONTHS and 1 <= week <= _WEEKS and weekday <= _WEEKDAYS and hour < _HOURS):
        return None
    seconds = hour * _HOUR + minute * _MINUTE + second + (1 if thousandths else 0)
    # 23:59:59.999 is how Windows writes the end of a day
    return Change(month, week, weekday, (seconds + _MINUTE - 1) // _MINUTE * _MINUTE)


def _clock(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours}" + (f":{rest:02d}" if rest else "")


def _offset(minutes: int) -> str:
    """Return an offset with a name made of it; POSIX counts westwards."""
    hours, rest = divmod(abs(minutes), 60)
    name = f"{'-' if minutes < 0 else '+'}{hours:02d}" + (f"{rest:02d}" if rest else "")
    return f"<{name}>{_clock(-minutes)}"


def in_year(rules: Sequence[Rule], year: int) -> Rule:
    """Return the rule of a year: the last one that had begun, else the first."""
    return next((rule for rule in reversed(rules) if rule.year <= year), rules[0])


@lru_cache(maxsize=1024)
def iana(rules: tuple[Rule, ...], first: int, last: int) -> str | None:
    """Return the IANA zone that has these rules in the years from `first` to `last`, None if none has.

    Etc/GMT+3 is three hours behind UTC: an offset of whole hours without summer time says nothing of a place.
    """
    is_plain = all(in_year(rules, year).to_summer is None for year in range(first, last + 1))
    if is_plain and (name := _etc(rules, first, last)):
        return name
    expected = [(moment, offset) for year in range(first, last + 1) for moment, offset in _probes(rules, year)]
    return next((name for name in _candidates() if _is_same(ZoneInfo(name), expected)), None)


def _etc(rules: Sequence[Rule], first: int, last: int) -> str | None:
    offsets = {in_year(rules, year).standard for year in range(first, last + 1)}
    hours, minutes = divmod(offsets.pop(), 60)
    if offsets or minutes or not -12 <= hours <= 14:  # noqa: PLR2004 - those that IANA has
        return None
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


@lru_cache(maxsize=1)
def _candidates() -> tuple[str, ...]:
    """Return the zones of all Windows zones, the likeliest first."""
    known = set(win_tz.values())
    return tuple(name for name in (*_PREFERRED, *sorted(known - set(_PREFERRED))) if name in known)


def _probes(rules: Sequence[Rule], year: int) -> Iterator[tuple[datetime, timedelta | None]]:
    """Yield instants of a year with their offsets: every half month, and a minute before and after each change.

    The first and last days are left out: there the rule of another year may hold.
    """
    rule = in_year(rules, year)
    clock = zone(rule.posix)
    days = [datetime(year, month, day, tzinfo=UTC) for month in range(1, 13) for day in (3, 18)]
    for change, before in ((rule.to_summer, rule.standard), (rule.to_standard, rule.summer)):
        if change is not None:
            days += _around(change, year, before)
    for day in days:
        yield day, day.astimezone(clock).utcoffset()


def _around(change: Change, year: int, before: int) -> list[datetime]:
    """Return the last minute before a change and the first after it; `before`: minutes ahead of UTC until then."""
    first = datetime(year, change.month, 1, tzinfo=UTC)
    day = first + timedelta(days=(change.weekday - first.isoweekday()) % 7 + 7 * (change.week - 1))
    if day.month != change.month:
        day -= timedelta(days=7)
    moment = day + timedelta(seconds=change.seconds, minutes=-before)
    return [moment - timedelta(minutes=1), moment]


def _is_same(clock: tzinfo, expected: Sequence[tuple[datetime, timedelta | None]]) -> bool:
    return all(moment.astimezone(clock).utcoffset() == offset for moment, offset in expected)
