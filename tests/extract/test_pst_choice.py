"""Which items of a store are left out by what they are themselves."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from pipeline.extract.pst import bag as bags
from pipeline.extract.pst import choice
from pipeline.extract.selection import Selection
from tests.extract import outlook_items
from tests.pstwriter.recurrence import Frequency, Modified, Recurrence


class Listed:
    """Items as the rules ask for them, made of properties by name."""

    def __init__(self, table: str, *items: Mapping[str, Any]) -> None:
        self.table = table
        self.bags = [outlook_items.bag(item) for item in items]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.bags)

    def values(self, name: str) -> Sequence[Any]:
        """Return a property of each item."""
        return [bags.read(bag, name) for bag in self.bags]

    def is_absent(self, name: str) -> bool:
        """Whether no item has the property."""
        return not any(self.values(name))


def rule(table: str, item: Mapping[str, Any], **wanted: Any) -> str | None:
    """Return the rule that leaves an item out."""
    (found,) = choice.rules(Listed(table, item), Selection(**wanted))
    return found


@pytest.mark.parametrize("table", ["contacts", "tasks", "events", "messages"])
@pytest.mark.parametrize(
    ("item", "is_private"),
    [
        pytest.param({"PidLidPrivate": True}, True, id="the flag"),
        pytest.param({"PidTagSensitivity": 2}, True, id="the sensitivity"),
        pytest.param({"PidTagSensitivity": 3, "PidLidPrivate": False}, False, id="confidential is not private"),
        pytest.param({}, False, id="neither"),
    ],
)
def test_private_items(table: str, item: dict[str, Any], *, is_private: bool) -> None:
    """A private item of any kind is left out unless asked for."""
    assert rule(table, item) == ("private_item" if is_private else None)
    assert rule(table, item, include=("private",)) is None


def test_categories() -> None:
    """Items are chosen by the category of the retired plug-in, and each that is not is counted."""
    items = Listed("contacts", {"PidNameKeywords": ["Zoho", "x"]}, {"PidNameKeywords": ["x"]}, {})
    found = choice.rules(items, Selection(categories=("Zoho",)))
    assert found == [None, "category_not_selected", "category_not_selected"]


_HOLIDAY = {
    "PidLidAppointmentSubType": True,
    "PidNameKeywords": ["祝日"],
    "PidLidBusyStatus": 0,
    "PidLidLocation": "日本",
    "PidLidRecurring": False,
}


@pytest.mark.parametrize(
    ("difference", "is_holiday"),
    [
        pytest.param({}, True, id="in Japanese"),
        pytest.param({"PidNameKeywords": ["Holiday"], "PidLidLocation": "United States"}, True, id="in English"),
        pytest.param({"PidNameKeywords": ["Customers"]}, False, id="another category"),
        pytest.param({"PidLidAppointmentSubType": False}, False, id="an hour"),
        pytest.param({"PidLidBusyStatus": 3}, False, id="a day off, which somebody entered"),
        pytest.param({"PidLidLocation": ""}, False, id="without a country"),
        pytest.param({"PidLidRecurring": True}, False, id="a series"),
    ],
)
def test_holidays(difference: dict[str, Any], *, is_holiday: bool) -> None:
    """The days of Outlook's list of holidays are left out unless asked for; what a person entered is read."""
    item = {**_HOLIDAY, **difference}
    assert rule("events", item) == ("outlook_holiday" if is_holiday else None)
    assert rule("events", item, include=("holidays",)) is None


_SERIES = Recurrence(frequency=Frequency.YEARLY, first=date(1980, 4, 3)).appointment(time(), 1440)
_WEEKLY = Recurrence(frequency=Frequency.WEEKLY, weekdays=2, first=date(1980, 4, 7)).appointment(time(), 1440)
_BIRTHDAY = {
    "PidLidAppointmentSubType": True,
    "PidLidAppointmentRecur": _SERIES,
    "PidTagNormalizedSubject": "見本 花子の誕生日",
}


@pytest.mark.parametrize(
    ("difference", "is_birthday"),
    [
        pytest.param({}, True, id="in Japanese"),
        pytest.param({"PidTagNormalizedSubject": "Dana Nowherton's Birthday"}, True, id="in English"),
        pytest.param({"PidTagNormalizedSubject": "Dana Nowherton’s Anniversary"}, True, id="an anniversary"),
        pytest.param({"PidTagNormalizedSubject": "Dana", "PidLidContacts": ["Dana"]}, True, id="linked to a contact"),
        pytest.param(
            {"PidTagNormalizedSubject": "Dana", "PidLidContactLinkEntry": b"\1"}, True, id="linked by an entry id"
        ),
        pytest.param({"PidTagNormalizedSubject": "Annual report"}, False, id="another yearly day"),
        pytest.param({"PidLidAppointmentRecur": _WEEKLY}, False, id="every week"),
        pytest.param({"PidLidAppointmentSubType": False}, False, id="an hour"),
        pytest.param({"PidLidAppointmentRecur": b""}, False, id="once"),
    ],
)
def test_birthdays(difference: dict[str, Any], *, is_birthday: bool) -> None:
    """The yearly series that Outlook makes of a contact are left out unless asked for."""
    item = {**_BIRTHDAY, **difference}
    assert rule("events", item) == ("contact_birthday" if is_birthday else None)
    assert rule("events", item, include=("birthdays",)) is None


@pytest.mark.parametrize(
    ("message_class", "is_out"),
    [
        pytest.param("IPM.Note.Microsoft.Conversation", True, id="a chat"),
        pytest.param("IPM.Note.Microsoft.Conversation.Voice", True, id="a call"),
        pytest.param("ipm.note.microsoft.missed", True, id="a missed call"),
        pytest.param("IPM.Note", False, id="a mail"),
    ],
)
def test_conversation_history(message_class: str, *, is_out: bool) -> None:
    """What Lync and Skype keep of conversations is no mail, and left out unless asked for."""
    item = {"PidTagMessageClass": message_class}
    assert rule("messages", item) == ("conversation_history" if is_out else None)
    assert rule("messages", item, include=("conversation_history",)) is None


def _at(day: int, hour: int = 0) -> datetime:
    return datetime(2020, 1, day, hour, tzinfo=UTC)


def _series(**parts: Any) -> bytes:
    return Recurrence(frequency=Frequency.DAILY, first=date(2019, 1, 1), **parts).appointment(time(9), 60)


@pytest.mark.parametrize(
    ("table", "item", "is_out"),
    [
        pytest.param("events", {"PidLidAppointmentStartWhole": _at(9, 23)}, True, id="event before"),
        pytest.param("events", {"PidLidAppointmentStartWhole": _at(10)}, False, id="event on the first day"),
        pytest.param(
            "events",
            {"PidLidAppointmentStartWhole": _at(9, 23), "PidLidAppointmentEndWhole": _at(10, 1)},
            False,
            id="event into it",
        ),
        pytest.param(
            "events",
            {"PidLidAppointmentStartWhole": _at(1), "PidLidAppointmentRecur": _series()},
            False,
            id="series without an end",
        ),
        pytest.param(
            "events",
            {"PidLidAppointmentStartWhole": _at(1), "PidLidAppointmentRecur": _series(until=date(2020, 1, 9))},
            True,
            id="series that was over",
        ),
        pytest.param(
            "events",
            {
                "PidLidAppointmentStartWhole": _at(1),
                "PidLidAppointmentRecur": _series(
                    until=date(2020, 1, 9),
                    modified=[
                        Modified(
                            original=datetime(2020, 1, 9, 9),  # noqa: DTZ001 - on the series' own clock
                            start=datetime(2020, 1, 15, 9),  # noqa: DTZ001
                            end=datetime(2020, 1, 15, 10),  # noqa: DTZ001
                        )
                    ],
                ),
            },
            False,
            id="series that was over, but for an occurrence that was put off",
        ),
        pytest.param(
            "events",
            {"PidLidAppointmentStartWhole": _at(1), "PidLidAppointmentRecur": b"damaged"},
            False,
            id="series that nobody can read",
        ),
        pytest.param("tasks", {"PidLidTaskDueDate": date(2020, 1, 9)}, True, id="task due before"),
        pytest.param("tasks", {"PidLidTaskDueDate": date(2020, 1, 20)}, False, id="task due on the last day"),
        pytest.param("tasks", {"PidLidTaskStartDate": date(2020, 1, 21)}, True, id="task begun after"),
        pytest.param("tasks", {}, False, id="task without a date"),
        pytest.param("messages", {"PidTagClientSubmitTime": _at(9)}, True, id="mail before"),
        pytest.param("messages", {"PidTagMessageDeliveryTime": _at(11)}, False, id="mail received"),
        pytest.param(
            "messages",
            {"PidTagClientSubmitTime": _at(9), "PidTagMessageDeliveryTime": _at(11)},
            True,
            id="mail sent before and received after: it was sent before",
        ),
        pytest.param("messages", {}, False, id="mail without a date"),
        pytest.param("contacts", {"PidTagCreationTime": _at(1)}, False, id="contact"),
    ],
)
def test_dates(table: str, item: dict[str, Any], *, is_out: bool) -> None:
    """Events, tasks and mail of the range are read, a series while it goes on; what has no date always is."""
    wanted = {"since": date(2020, 1, 10), "until": date(2020, 1, 20)}
    assert rule(table, item, **wanted) == ("outside_date_range" if is_out else None)
    assert rule(table, item) is None


def test_nothing_is_asked_that_no_rule_needs() -> None:
    """Where everything is wanted, no property is read."""

    class Silent(Listed):
        def values(self, name: str) -> Sequence[Any]:
            raise AssertionError(name)

    wanted = Selection(include=("private", "holidays", "birthdays", "conversation_history"))
    assert choice.rules(Silent("events", {}, {}), wanted) == [None, None]
