"""What several tables share: canonical words for Outlook's numbers, subjects, and the columns every item has."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.values import without_prefix_mark

SENSITIVITY = ("normal", "personal", "private", "confidential")
IMPORTANCE = ("low", "normal", "high")
BUSY = ("free", "tentative", "busy", "out_of_office", "elsewhere")  # PidLidBusyStatus
_PRIVATE = 2
_NOON = timedelta(hours=12)


def word(number: int | None, words: Sequence[str]) -> str | None:
    """Return the word of a number, or the number as text where it has none."""
    if number is None:
        return None
    return words[number] if 0 <= number < len(words) else str(number)


def words(numbers: Sequence[int | None], known: Sequence[str]) -> list[str | None]:
    """Return the word of each number."""
    return [word(number, known) for number in numbers]


def common_columns(items: Columns) -> dict[str, Sequence[object]]:
    """Return sensitivity, is_private and importance."""
    sensitivities, flags = items.values("PidTagSensitivity"), items.values("PidLidPrivate")
    return {
        "sensitivity": words(sensitivities, SENSITIVITY),
        "is_private": [_is_private(*both) for both in zip(sensitivities, flags, strict=True)],
        "importance": words(items.values("PidTagImportance"), IMPORTANCE),
    }


def _is_private(sensitivity: int | None, flag: bool | None) -> bool | None:  # noqa: FBT001 - a cell of a column
    if sensitivity is None and flag is None:
        return None
    return bool(flag) or sensitivity == _PRIVATE


def subjects(items: Columns) -> list[str | None]:
    """Return the subjects with their "RE: ", without the mark that Outlook stores before it."""
    stored, normalized = items.values("PidTagSubject"), items.values("PidTagNormalizedSubject")
    return [without_prefix_mark(one) or other for one, other in zip(stored, normalized, strict=True)]


def floating_dates(items: Columns, name: str) -> Sequence[date | None]:
    """Return the dates of wall clock times that are stored as if they were UTC."""
    return [None if moment is None else moment.date() for moment in items.values(name)]


def turned(rows: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return rows as columns; what a row does not have is None."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def first_of(items: Columns, *names: str) -> Sequence[Any]:
    """Return of each item the first of these properties that it has."""
    present = [items.values(name) for name in names if not items.is_absent(name)]
    if len(present) == 1:
        return present[0]
    if not present:
        return [None] * len(items)
    return [next((one for one in found if one), None) for found in zip(*present, strict=True)]


def nearest_date(moment: datetime) -> date:
    """Return the date whose midnight is nearest: an hour of summer time does not move a date."""
    return (moment + _NOON).date()
