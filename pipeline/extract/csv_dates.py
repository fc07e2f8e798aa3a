"""Dates and times as Outlook writes them into a CSV: in the short format of the Windows they were exported on.

The order of day and month stands nowhere in the file. It is found from all its dates together, else from the
settings; it is never guessed.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from pipeline.extract.content import UnreadableError

Order = Literal["ymd", "mdy", "dmy"]
ORDERS: tuple[Order, ...] = ("ymd", "mdy", "dmy")
# The last year that two digits mean: what Windows does, and for days of birth, which are past, an earlier one.
LAST_YEAR = 2049
LAST_BIRTH_YEAR = 2029

_SEPARATOR = r"[/.\-年月 ]\s*"
_NUMERIC = re.compile(rf"(\d{{1,4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,4}})日?\.?")
_NAMED = re.compile(r"(\d{1,4}|[^\W\d_]+)\.?[ ,/\-]+(\d{1,2}|[^\W\d_]+)\.?[ ,/\-]+(\d{1,4})")
_EMPTY = re.compile(r"0+([/.\-])0+\1?0*")
_WEEKDAY = re.compile(r"\s*\([^()]{1,12}\)$")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?")
_FOUR_DIGITS = 4
_HOURS_OF_HALF = 12


@dataclass(frozen=True, slots=True)
class Words:
    """What a language writes in dates: folded word → meaning (see csv_headers)."""

    no_date: Mapping[str, str] = field(default_factory=dict)
    half_day: Mapping[str, str] = field(default_factory=dict)
    months: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the dates of one file are to be read."""

    order: Order
    words: Words

    def date(self, cell: str, last_year: int = LAST_YEAR) -> date | None:
        """Return the date of a cell, None where it holds none that can be read."""
        return _parsed(_plain(cell)[0], self.order, self.words, last_year)

    def clock(self, cell: str) -> time | None:
        """Return the time of a cell, None where it holds none that can be read."""
        return _time(_unified(cell), self.words)

    def instant(self, day: str, clock: str) -> datetime | None:
        """Return the wall clock time of two cells; without a time, the one beside the date, else midnight."""
        found = self.date(day)
        inside = _plain(day)[1]
        stated = clock.strip() or inside
        at = self.clock(stated) if stated else time()
        return datetime.combine(found, at) if found and at is not None else None

    def is_blank(self, cell: str) -> bool:
        """Whether a cell says that there is no date."""
        return is_blank(cell, self.words)


def is_blank(cell: str, words: Words) -> bool:
    """Whether a date cell is empty: nothing, "0/0/00", "00/0/0", "0.0.00", or a word for it."""
    text = _unified(cell)
    return not text or _EMPTY.fullmatch(text) is not None or "".join(text.casefold().split()) in words.no_date


def order_of(cells: Iterable[str], words: Words, *, usual: str, setting: str) -> Order:
    """Find the order of day, month and year from all dates of a file.

    Args:
        cells: every different cell of the date columns.
        words: what the language writes in dates.
        usual: the order of the language, or "".
        setting: the order that the settings name, or "".

    Raises:
        UnreadableError: a date means different days, and neither file, language nor settings say which.
    """
    texts = sorted({_plain(cell)[0] for cell in cells if not is_blank(cell, words)})
    votes = {order: sum(_parsed(text, order, words, LAST_YEAR) is not None for text in texts) for order in ORDERS}
    best = [order for order in ORDERS if votes[order] == max(votes.values())]
    for preferred in (usual, setting):
        if preferred in best:
            best = [order for order in best if order == preferred]
    if len(best) > 1:  # two digits of a year come first only where language or settings say so
        best = [order for order in best if order != "ymd"]
    doubtful = any(len({_parsed(text, order, words, LAST_YEAR) for order in best}) > 1 for text in texts)
    if doubtful:
        raise UnreadableError("ambiguous_dates", _AMBIGUOUS)
    return best[0]


_AMBIGUOUS = (
    "It has dates such as 3/4/2026, and its dates do not show, or contradict each other on, which of day and month is "
    'first. Say it in pipeline.toml: date_order = "dmy" (or "mdy", "ymd") under the [[mailbox]] of this file or under '
    "[outlook]."
)


def _unified(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip()


def _plain(cell: str) -> tuple[str, str]:
    """Return the date of a cell without weekday, and the time that stands behind it or ""."""
    text = _unified(cell)
    clock = re.search(r"[ T]+((?:[^\W\d_]+\s*)?\d{1,2}:\d{2}.*)$", text)
    return (_WEEKDAY.sub("", text[: clock.start()]), clock[1]) if clock else (_WEEKDAY.sub("", text), "")


def _parsed(text: str, order: Order, words: Words, last_year: int) -> date | None:
    if match := _NUMERIC.fullmatch(text):
        return _numeric(match.groups(), order, last_year)
    if words.months and (match := _NAMED.fullmatch(text)):
        return _named(match.groups(), words, last_year)
    return None


def _numeric(parts: tuple[str, ...], order: Order, last_year: int) -> date | None:
    actual: Order = "ymd" if len(parts[0]) == _FOUR_DIGITS else order
    by_name = dict(zip(actual, parts, strict=True))
    if len(by_name["d"]) > 2 or len(by_name["m"]) > 2:  # noqa: PLR2004 - a year where none can be
        return None
    return _day(by_name["y"], by_name["m"], by_name["d"], last_year)


def _named(parts: tuple[str, ...], words: Words, last_year: int) -> date | None:
    """Read 31-Dec-25, Dec 31, 2025 or 2025-Dec-31: the name says which part is the month."""
    first, second, third = parts
    if month := words.months.get(first.casefold()):
        return _day(third, month, second, last_year)
    if month := words.months.get(second.casefold()):
        year, day = (first, third) if len(first) == _FOUR_DIGITS else (third, first)
        return _day(year, month, day, last_year)
    return None


def _day(year: str, month: str, day: str, last_year: int) -> date | None:
    if len(year) not in (2, _FOUR_DIGITS) or not day.isdecimal():
        return None
    full = int(year) if len(year) == _FOUR_DIGITS else _full_year(int(year), last_year)
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None


def _full_year(two_digits: int, last_year: int) -> int:
    century = last_year // 100 * 100
    return century + two_digits if century + two_digits <= last_year else century - 100 + two_digits


def _time(text: str, words: Words) -> time | None:
    match = _CLOCK.search(text)
    if match is None:
        return None
    half = "".join((text[: match.start()] + text[match.end() :]).casefold().split())
    hour, minute, second = (int(part or 0) for part in match.groups())
    if half:
        if half not in words.half_day or hour > 23:  # noqa: PLR2004 - no such hour
            return None
        hour = hour % _HOURS_OF_HALF + _HOURS_OF_HALF * (words.half_day[half] == "afternoon")
    try:
        return time(hour, minute, second)
    except ValueError:
        return None
