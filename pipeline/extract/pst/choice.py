"""Which items of a store are left out by what they are: private, of a category, out of date, or Outlook's own.

Asked of many items at once, and each property only where some rule needs it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pipeline.extract import selection
from pipeline.extract.pst import recurrence_blob
from pipeline.extract.pst.recurrence_blob import RecurrenceError
from pipeline.extract.selection import Selection

_PRIVATE = 2  # PidTagSensitivity
_FREE = 0  # PidLidBusyStatus
_YEARLY = 0x200D
_FOREVER = datetime.max.replace(tzinfo=UTC)
_CONVERSATIONS = ("IPM.NOTE.MICROSOFT.CONVERSATION", "IPM.NOTE.MICROSOFT.MISSED")  # of Lync and Skype
# The category of the items that Outlook's list of holidays (outlook.hol) makes, in Outlook's languages.
_HOLIDAYS = frozenset(
    name.casefold()
    for name in (
        *("Holiday", "祝日", "Feiertag", "Jour férié", "Festivo", "Días festivos", "Festività", "Feestdag", "Feriado"),
        *("Helgdag", "Helligdag", "Pyhäpäivä", "Święto", "Svátek", "Праздник", "节假日", "假日", "휴일", "Tatil"),
    )
)
# The subject of the series that Outlook makes of a contact's birthday or anniversary, in some of its languages.
_BIRTHDAYS = re.compile(
    r".+['’]s (?:Birthday|Anniversary)|.+ ?の(?:誕生日|記念日)|(?:Geburtstag|Jahrestag) von .+|Anniversaire d[e'’] ?.+"
    r"|(?:Cumpleaños|Aniversario) de .+|Compleanno di .+|Verjaardag van .+|Aniversário de .+|.+ (?:的生日|的纪念日)"
)


class Items(Protocol):
    """Items of one table, property by property."""

    table: str

    def __len__(self) -> int:
        """Return how many items there are."""

    def values(self, name: str) -> Sequence[Any]:
        """Return a property by its [MS-OXPROPS] name, of each item."""

    def is_absent(self, name: str) -> bool:
        """Whether no item has the property."""


def rules(items: Items, wanted: Selection) -> list[str | None]:
    """Return for each item the rule that leaves it out, None for one that is read; the first that fits counts."""
    found: list[str | None] = [None] * len(items)
    for column in _columns(items, wanted):
        found = [old or new for old, new in zip(found, column, strict=True)]
    return found


def _columns(items: Items, wanted: Selection) -> Iterator[Sequence[str | None]]:
    if items.table == "messages" and not wanted.wants("conversation_history"):
        yield [_conversation(name) for name in items.values("PidTagMessageClass")]
    if items.table == "events" and not (wanted.wants("holidays") and wanted.wants("birthdays")):
        yield from _outlooks_own(items, wanted)
    if not wanted.wants("private"):
        both = zip(items.values("PidTagSensitivity"), items.values("PidLidPrivate"), strict=True)
        yield [selection.PRIVATE if flag or sensitivity == _PRIVATE else None for sensitivity, flag in both]
    if wanted.has_categories:
        yield [wanted.category_rule(found) for found in items.values("PidNameKeywords")]
    if wanted.has_dates:
        yield _dates(items, wanted)


def _conversation(message_class: str | None) -> str | None:
    return selection.CONVERSATION if (message_class or "").upper().startswith(_CONVERSATIONS) else None


# -- what Outlook makes itself -----------------------------------------------------------------------------------------


def _outlooks_own(items: Items, wanted: Selection) -> Iterator[Sequence[str | None]]:
    """Yield which events are Outlook's own; only those of whole days can be."""
    if items.is_absent("PidLidAppointmentSubType"):
        return
    if not wanted.wants("holidays") and not items.is_absent("PidNameKeywords"):
        cells = zip(*map(items.values, _HOLIDAY_FACTS), strict=True)
        yield [selection.HOLIDAY if is_holiday(*one) else None for one in cells]
    if not wanted.wants("birthdays") and not items.is_absent("PidLidAppointmentRecur"):
        cells = zip(*map(items.values, _BIRTHDAY_FACTS), strict=True)
        yield [selection.BIRTHDAY if is_birthday(*one) else None for one in cells]


_HOLIDAY_FACTS = (
    *("PidLidAppointmentSubType", "PidNameKeywords", "PidLidBusyStatus", "PidLidLocation", "PidLidRecurring"),
)
_BIRTHDAY_FACTS = (
    *("PidLidAppointmentSubType", "PidLidAppointmentRecur", "PidTagNormalizedSubject", "PidLidContactLinkEntry"),
    "PidLidContacts",
)


def is_holiday(
    is_all_day: bool | None,  # noqa: FBT001 - a cell of a column, as all here
    categories: Sequence[str] | None,
    busy: int | None,
    location: str | None,
    is_recurring: bool | None,  # noqa: FBT001
) -> bool:
    """Whether an event is of Outlook's list of holidays: a whole free day with its category, and a country as place."""
    if not is_all_day or not categories or is_recurring or busy != _FREE or not location:
        return False
    return any(name.strip().casefold() in _HOLIDAYS for name in categories)


def is_birthday(
    is_all_day: bool | None,  # noqa: FBT001
    recurrence: bytes | None,
    subject: str | None,
    *links: object,
) -> bool:
    """Whether an event is the series that Outlook makes of a contact's birthday: yearly, linked to it or called so."""
    if not is_all_day or not recurrence or int.from_bytes(recurrence[4:6], "little") != _YEARLY:
        return False
    return any(links) or bool(_BIRTHDAYS.fullmatch((subject or "").strip()))


# -- dates -------------------------------------------------------------------------------------------------------------


def _dates(items: Items, wanted: Selection) -> Sequence[str | None]:
    """Return which items lie outside the range; a contact has no date, nor has a task that is not due."""
    if items.table == "messages":
        sent, received = items.values("PidTagClientSubmitTime"), items.values("PidTagMessageDeliveryTime")
        return [wanted.date_rule(one or other, None) for one, other in zip(sent, received, strict=True)]
    if items.table == "tasks":
        due, start = items.values("PidLidTaskDueDate"), items.values("PidLidTaskStartDate")
        days = (one or other for one, other in zip(due, start, strict=True))
        return [wanted.day_rule(day and day.date()) for day in days]
    if items.table == "events":
        names = ("PidLidAppointmentStartWhole", "PidLidAppointmentEndWhole", "PidLidAppointmentRecur")
        return [
            wanted.date_rule(start, _end(blob) if blob else end)
            for start, end, blob in zip(*map(items.values, names), strict=True)
        ]
    return [None] * len(items)


def _end(recurrence: bytes) -> datetime:
    """Return the last moment of the last day of a series, or of an occurrence that was put off to after it.

    It is the end of time for one without an end or that cannot be read.
    """
    try:
        series = recurrence_blob.series(recurrence, "latin-1")  # its texts are not asked for
    except RecurrenceError:
        return _FOREVER
    last = recurrence_blob.moment(max(series.pattern.end, *(one.end for one in series.modified), 0))
    return _FOREVER if last is None else last.replace(hour=23, minute=59, tzinfo=UTC)
