"""Events of one series put together again: the RRULE and the exceptions that give exactly the days they were on.

The CRM keeps occurrences as single events; their keys say which series they are of and which day it gave them. The rule
is the one with the fewest days left out; what it gives is expanded again and must be those days, or there is none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import gcd

from dateutil.rrule import rrulestr

_KEY = re.compile(r"([0-9a-f]{32})-(\d{8})")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE without its DTSTART, and the days that it gives and the series has not."""

    rrule: str
    missing: tuple[date, ...]


def of_key(key: str) -> tuple[str, date] | None:
    """Return series and day of the key of an occurrence, None for another key."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        return found[1], datetime.strptime(found[2], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None


def rule_of(days: Sequence[date]) -> Rule | None:
    """Return the simplest rule that gives these days (in order, each once); None where more are left out than had."""
    found = [rule for text in _candidates(days) if (rule := _checked(text, days)) is not None]
    best = min(found, key=lambda rule: len(rule.missing), default=None)  # of equals the first
    return best if best is not None and len(best.missing) <= len(days) else None


def _candidates(days: Sequence[date]) -> Iterator[str]:
    step = gcd(*((later - before).days for before, later in pairwise(days)))
    if step % 7:
        yield f"FREQ=DAILY;INTERVAL={step}"
    monday = days[0] - timedelta(days=days[0].weekday())
    weeks = gcd(*((day - monday).days // 7 for day in days))
    names = [name for number, name in enumerate(_WEEKDAYS) if any(day.weekday() == number for day in days)]
    yield f"FREQ=WEEKLY;INTERVAL={weeks or 1};BYDAY={','.join(names)}"
    first = days[0].year * _YEAR + days[0].month
    months = gcd(*(day.year * _YEAR + day.month - first for day in days)) or 1
    yield from (f"FREQ=MONTHLY;INTERVAL={months};{part}" for part in _in_month(days))


def _in_month(days: Sequence[date]) -> Iterator[str]:
    if len({day.day for day in days}) == 1:
        yield f"BYMONTHDAY={days[0].day}"
    if all((day + timedelta(days=1)).day == 1 for day in days):
        yield "BYMONTHDAY=-1"
    if len({day.weekday() for day in days}) == 1:
        name = _WEEKDAYS[days[0].weekday()]
        if len({(day.day - 1) // 7 for day in days}) == 1:
            yield f"BYDAY={(days[0].day - 1) // 7 + 1}{name}"
        if all((day + timedelta(days=7)).month != day.month for day in days):
            yield f"BYDAY=-1{name}"


def _checked(text: str, days: Sequence[date]) -> Rule | None:
    """Return a rule with as many occurrences as reach the last day, if it gives all of the days."""
    given: list[date] = []
    for moment in rrulestr(text, dtstart=datetime.combine(days[0], time())):
        if moment.date() > days[-1] or len(given) > 2 * len(days):
            break
        given.append(moment.date())
    if not set(days) <= set(given):
        return None
    return Rule(f"{text};COUNT={len(given)}", tuple(day for day in given if day not in set(days)))


def most_common(values: Iterable[object]) -> object:
    """Return the value that stands most often; of equals the first."""
    listed = list(values)
    return max(listed, key=listed.count)
