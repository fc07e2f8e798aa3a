"""What several tables share: canonical words for Outlook's numbers, subjects, and the columns every item has."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pipeline.extract.pst import bag as bags
from pipeline.extract.pst.bag import Bag
from pipeline.extract.pst.properties import copied
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


def copied_columns(bag: Bag, table: str) -> dict[str, object]:
    """Return the columns of a table that are one property each, as it is."""
    return {column: bags.read(bag, name) for name, column in copied(table)}


def common_columns(bag: Bag) -> dict[str, object]:
    """Return sensitivity, is_private and importance."""
    sensitivity = bag.integer("PidTagSensitivity")
    flag = bag.boolean("PidLidPrivate")
    is_known = sensitivity is not None or flag is not None
    return {
        "sensitivity": word(sensitivity, SENSITIVITY),
        "is_private": bool(flag) or sensitivity == _PRIVATE if is_known else None,
        "importance": word(bag.integer("PidTagImportance"), IMPORTANCE),
    }


def subject(bag: Bag) -> str | None:
    """Return the subject with its "RE: ", without the mark that Outlook stores before it."""
    return without_prefix_mark(bag.text("PidTagSubject")) or bag.text("PidTagNormalizedSubject")


def floating_date(moment: datetime | None) -> date | None:
    """Return the date of a wall clock time that is stored as if it were UTC."""
    return None if moment is None else moment.date()


def nearest_date(moment: datetime) -> date:
    """Return the date whose midnight is nearest: an hour of summer time does not move a date."""
    return (moment + _NOON).date()
