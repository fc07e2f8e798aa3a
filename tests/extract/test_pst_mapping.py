"""From the properties of an item to its row: contacts, tasks, events, messages, and what identifies them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schemas, store
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Attachment, Value
from pipeline.extract.pst.properties import PROPERTIES
from pipeline.extract.pst.property_kinds import WIRE_TYPES
from tests.extract import outlook_items
from tests.extract.outlook_items import item, row

_EX = "/O=ACME/OU=EXCHANGE/CN=RECIPIENTS/CN=ANN"
_NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

# -- contacts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            {"AddressType": "SMTP", "EmailAddress": "ann@acme.example", "DisplayName": "Ann (ann@acme.example)"},
            ("ann@acme.example", "SMTP", "Ann (ann@acme.example)"),
            id="SMTP",
        ),
        pytest.param(
            {"AddressType": "EX", "EmailAddress": _EX, "OriginalDisplayName": "ann@acme.example"},
            ("ann@acme.example", "SMTP", "ann@acme.example"),
            id="Exchange, resolved by the original display name",
        ),
        pytest.param(
            {"AddressType": "EX", "EmailAddress": _EX, "DisplayName": "Ann Example (ann@acme.example)"},
            ("ann@acme.example", "SMTP", "Ann Example (ann@acme.example)"),
            id="Exchange, resolved by the text in parentheses",
        ),
        pytest.param(
            {"AddressType": "EX", "EmailAddress": _EX, "OriginalDisplayName": "Ann (ann@acme.example)"},
            ("ann@acme.example", "SMTP", "Ann (ann@acme.example)"),
            id="Exchange, resolved by the parentheses of the original",
        ),
        pytest.param(
            {"AddressType": "EX", "EmailAddress": _EX, "DisplayName": "Ann"}, (_EX, "EX", "Ann"), id="Exchange, unknown"
        ),
        pytest.param({"EmailAddress": _EX}, (_EX, "EX", None), id="an Exchange address without a type"),
        pytest.param({"EmailAddress": "ann@acme.example"}, ("ann@acme.example", "SMTP", None), id="no type"),
        pytest.param({"AddressType": "SMTP"}, (None, None, None), id="a type and no address"),
    ],
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_contact_email(number: int, properties: dict[str, str], expected: tuple[str | None, ...]) -> None:
    """An e-mail address is SMTP where the contact itself knows it, else what the contact has."""
    found = row("contacts", item("IPM.Contact", {f"PidLidEmail{number}{key}": x for key, x in properties.items()}))
    assert (found[f"email{number}"], found[f"email{number}_type"], found[f"email{number}_display"]) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            {"PidLidWorkAddressCity": "Osaka", "PidLidPostalAddressId": 2, "PidTagLocality": "Kobe"},
            {"business_city": "Osaka"},
            id="the named properties of the business address win",
        ),
        pytest.param(
            {"PidLidPostalAddressId": 2, "PidTagLocality": "Kobe", "PidTagPostOfficeBox": "7"},
            {"business_city": "Kobe", "business_po_box": "7"},
            id="else the mailing address, when it is the business one",
        ),
        pytest.param(
            {"PidLidPostalAddressId": 1, "PidTagLocality": "Kobe"}, {"home_city": "Kobe"}, id="or that of home"
        ),
        pytest.param(
            {"PidTagLocality": "Kobe"}, {"other_city": "Kobe"}, id="the only address, of no kind, is another one"
        ),
        pytest.param(
            {"PidTagLocality": "Kobe", "PidTagHomeAddressCity": "Nara"},
            {"home_city": "Nara"},
            id="a mailing address of no kind is a copy",
        ),
        pytest.param(
            {"PidLidWorkAddress": "1-2-3 Umeda\r\nOsaka"},
            {"business_street": "1-2-3 Umeda\r\nOsaka"},
            id="an address stored as one text",
        ),
        pytest.param(
            {"PidTagOtherAddressStreet": "Elm St", "PidLidOtherAddress": "Elm St\r\nX"},
            {"other_street": "Elm St"},
            id="its parts win over the one text",
        ),
    ],
)
def test_contact_address(properties: dict[str, Any], expected: dict[str, str]) -> None:
    """Business, home and other address come from their own properties; the mailing address fills the one it copies."""
    found = row("contacts", item("IPM.Contact", properties))
    places = {f"{kind}_{part}" for kind in ("business", "home", "other") for part in ("street", "city", "po_box")}
    assert {name: text for name, text in found.items() if name in places and text} == expected


def test_contact_dates() -> None:
    """A birthday is the floating date; the instant of local midnight stands beside it and is never cut to a date."""
    midnight = datetime(1999, 12, 31, 15, tzinfo=UTC)
    found = row(
        "contacts",
        item(
            "IPM.Contact",
            {
                "PidTagBirthday": midnight,
                "PidLidBirthdayLocal": date(2000, 1, 1),
                "PidTagWeddingAnniversary": datetime(4501, 1, 1, tzinfo=UTC),
            },
        ),
    )
    assert (found["birthday_date"], found["birthday_at"]) == (date(2000, 1, 1), midnight)
    assert (found["anniversary_date"], found["anniversary_at"]) == (None, None)


@pytest.mark.parametrize(
    ("properties", "column", "expected"),
    [
        pytest.param({"PidTagGender": Value(wire.INTEGER16, b"\1\0")}, "gender", "female", id="gender"),
        pytest.param({"PidTagGender": Value(wire.INTEGER16, b"\0\0")}, "gender", None, id="gender not given"),
        pytest.param({"PidTagChildrensNames": ["Mia", "Leo"]}, "children", "Mia, Leo", id="children"),
        pytest.param({"PidNameKeywords": ["VIP", "展示会"]}, "categories", ["VIP", "展示会"], id="categories"),
        pytest.param({"PidTagSensitivity": 2}, "is_private", True, id="private by sensitivity"),
        pytest.param({"PidLidPrivate": True}, "is_private", True, id="private by flag"),
        pytest.param({"PidLidPrivate": False}, "is_private", False, id="not private"),
        pytest.param({}, "is_private", None, id="privacy unknown"),
        pytest.param({"PidTagSensitivity": 3}, "sensitivity", "confidential", id="sensitivity"),
        pytest.param({"PidTagSensitivity": 9}, "sensitivity", "9", id="a number that nobody documents"),
        pytest.param({"PidLidHtml": "http://a.example"}, "web_page", "http://a.example", id="web page, second choice"),
        pytest.param({"PidTagBody": "met at fair"}, "notes", "met at fair", id="notes"),
        pytest.param(
            {"PidTagBusiness2TelephoneNumber": Value(wire.MULTIPLE_STRING, outlook_items.multiple("1", "2"))},
            "business2_phone",
            "1",
            id="a telephone number stored as several",
        ),
        pytest.param(
            {"PidTagSurname": Value(wire.STRING8, "佐藤".encode("cp932"))}, "surname", "佐藤", id="8-bit text"
        ),
        pytest.param({"PidTagSurname": Value(wire.INTEGER32, b"\1\0\0\0")}, "surname", None, id="of another type"),
    ],
)
def test_contact_column(properties: dict[str, Any], column: str, expected: object) -> None:
    """Each column comes from its property, in the words of the schema."""
    assert row("contacts", item("IPM.Contact", properties))[column] == expected


# -- tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "column", "expected"),
    [
        pytest.param({"PidLidTaskDueDate": date(2021, 4, 28)}, "due_date", date(2021, 4, 28), id="due"),
        pytest.param({"PidLidTaskStartDate": date(2021, 4, 27)}, "start_date", date(2021, 4, 27), id="start"),
        pytest.param({"PidLidTaskDueDate": datetime(4501, 1, 1, tzinfo=UTC)}, "due_date", None, id="no due date"),
        pytest.param({"PidLidTaskStatus": 3}, "status", "waiting", id="status"),
        pytest.param({"PidLidTaskStatus": 7}, "status", "7", id="a status that nobody documents"),
        pytest.param({"PidLidPercentComplete": 0.75}, "percent_complete", 0.75, id="percent"),
        pytest.param({"PidTagImportance": 2}, "importance", "high", id="importance"),
        pytest.param({"PidTagSubject": "\x01\x01Call"}, "subject", "Call", id="subject"),
        pytest.param({"PidTagNormalizedSubject": "Call"}, "subject", "Call", id="subject, second choice"),
        pytest.param({"PidLidReminderTime": _NOON}, "reminder_at", _NOON, id="reminder"),
        pytest.param({"PidLidTaskRecurrence": b"\x04\x30"}, "recurrence", b"\x04\x30", id="recurrence"),
        pytest.param({"PidLidContacts": ["Ann", "Ben"]}, "contact_names", ["Ann", "Ben"], id="contacts"),
    ],
)
def test_task_column(properties: dict[str, Any], column: str, expected: object) -> None:
    """Each column comes from its property, in the words of the schema."""
    assert row("tasks", item("IPM.Task", properties))[column] == expected


@pytest.mark.parametrize(
    ("due_utc", "completed", "expected"),
    [
        pytest.param(datetime(2021, 4, 28, 3, tzinfo=UTC), datetime(2021, 4, 27, 3, tzinfo=UTC), 27, id="UTC-3"),
        pytest.param(datetime(2021, 4, 27, 15, tzinfo=UTC), datetime(2021, 4, 26, 15, tzinfo=UTC), 27, id="UTC+9"),
        pytest.param(datetime(2021, 4, 28, 3, tzinfo=UTC), datetime(2021, 4, 27, 4, tzinfo=UTC), 27, id="summer time"),
        pytest.param(datetime(2021, 4, 28, 3, tzinfo=UTC), datetime(2021, 4, 27, 2, tzinfo=UTC), 27, id="winter time"),
        pytest.param(None, datetime(2021, 4, 27, 3, tzinfo=UTC), None, id="no zone to be had"),
    ],
)
def test_completed_date(due_utc: datetime | None, completed: datetime, expected: int | None) -> None:
    """The day of completion is the instant in the zone that the task's due date shows, else unknown."""
    properties = {"PidLidTaskDueDate": date(2021, 4, 28), "PidLidTaskDateCompleted": completed}
    properties |= {} if due_utc is None else {"PidLidCommonEnd": due_utc}
    found = row("tasks", item("IPM.Task", properties))
    assert found["completed_at"] == completed
    assert found["completed_date"] == (None if expected is None else date(2021, 4, expected))


# -- events -----------------------------------------------------------------------------------------------------------


def _attendee(name: str, **more: Any) -> dict[str, Any]:
    return {
        "PidTagDisplayName": name,
        "PidTagAddressType": "SMTP",
        "PidTagEmailAddress": f"{name.lower()}@acme.example",
        "PidTagRecipientType": 1,
        **{f"PidTag{key}": content for key, content in more.items()},
    }


def test_people_of_a_meeting() -> None:
    """The row marked as organizer is the organizer; the others are attendees with role and response, in order."""
    meeting = item(
        "IPM.Appointment",
        {"PidLidAppointmentStateFlags": 1},
        recipients=[
            _attendee("Ann", RecipientFlags=3, RecipientTrackStatus=1),
            _attendee("Ben", RecipientTrackStatus=3),
            _attendee("Cho", RecipientType=2, RecipientTrackStatus=4),
            _attendee("Room", RecipientType=3 | 0x1000_0000),
        ],
    )
    found = row("events", meeting)
    assert (found["organizer"]["email"], found["organizer"]["response"]) == ("ann@acme.example", "organizer")
    assert [(x["name"], x["role"], x["response"]) for x in found["attendees"]] == [
        ("Ben", "required", "accepted"),
        ("Cho", "optional", "declined"),
        ("Room", "resource", None),
    ]


_REPRESENTED = {
    "PidTagSentRepresentingName": "Ann",
    "PidTagSentRepresentingAddressType": "SMTP",
    "PidTagSentRepresentingEmailAddress": "ann@acme.example",
}


@pytest.mark.parametrize(
    ("properties", "recipients", "organizer", "attendees"),
    [
        pytest.param(
            {**_REPRESENTED, "PidLidAppointmentStateFlags": 3},
            [_attendee("Ann"), _attendee("Ben")],
            "Ann",
            ["Ben"],
            id="whom a meeting represents, and not twice",
        ),
        pytest.param({**_REPRESENTED, "PidLidAppointmentStateFlags": 0}, [], None, [], id="not of an appointment"),
        pytest.param(
            {"PidLidToAttendeesString": "Ben; Cho", "PidLidCcAttendeesString": "Dan"},
            [],
            None,
            ["Ben", "Cho", "Dan"],
            id="attendees as text, where there are no rows",
        ),
    ],
)
def test_organizer(
    properties: dict[str, Any], recipients: list[dict[str, Any]], organizer: str | None, attendees: list[str]
) -> None:
    """Without a marked row the organizer is the person the meeting represents."""
    found = row("events", item("IPM.Appointment", properties, recipients=recipients))
    assert (found["organizer"] and found["organizer"]["name"]) == organizer
    assert [person["name"] for person in found["attendees"]] == attendees


_START, _END = datetime(2024, 5, 1, 9, tzinfo=UTC), datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"PidLidAppointmentStartWhole": _START, "PidLidAppointmentEndWhole": _END}, id="whole"),
        pytest.param({"PidTagStartDate": _START, "PidTagEndDate": _END}, id="tags"),
        pytest.param({"PidLidCommonStart": _START, "PidLidCommonEnd": _END}, id="common"),
        pytest.param({"PidLidAppointmentStartWhole": _START, "PidLidAppointmentDuration": 60}, id="duration"),
    ],
)
def test_start_and_end(properties: dict[str, Any]) -> None:
    """Start and end are instants, from the first place that has them."""
    found = row("events", item("IPM.Appointment", properties))
    assert (found["start_at"], found["end_at"]) == (_START, _END)


@pytest.mark.parametrize("minutes", [-1, 366 * 24 * 60 + 1, 2**31 - 1])
def test_a_duration_that_cannot_be(minutes: int) -> None:
    """An event without an end has none made of a length that no event has."""
    properties = {"PidLidAppointmentStartWhole": _START, "PidLidAppointmentDuration": minutes}
    assert row("events", item("IPM.Appointment", properties))["end_at"] is None


@pytest.mark.parametrize(
    ("properties", "column", "expected"),
    [
        pytest.param({"PidLidBusyStatus": 3}, "busy_status", "out_of_office", id="busy"),
        pytest.param({"PidLidAppointmentSubType": True}, "is_all_day", True, id="all day"),
        pytest.param({"PidLidAppointmentStateFlags": 5}, "is_cancelled", True, id="cancelled"),
        pytest.param({"PidLidAppointmentStateFlags": 5}, "is_meeting", True, id="meeting"),
        pytest.param({}, "is_meeting", None, id="unknown whether a meeting"),
        pytest.param({"PidLidResponseStatus": 5}, "response", "not_responded", id="response"),
        pytest.param({"PidLidWhere": "Room 5"}, "location", "Room 5", id="where, second choice"),
        pytest.param({"PidLidReminderSignalTime": _NOON}, "reminder_at", _NOON, id="reminder"),
        pytest.param(
            {"PidLidReminderSignalTime": datetime(4501, 1, 1, tzinfo=UTC)}, "reminder_at", None, id="no reminder"
        ),
        pytest.param({"PidLidAppointmentSequence": 4}, "sequence", 4, id="sequence"),
        pytest.param({"PidLidAppointmentRecur": b"\x04\x30"}, "recurrence", b"\x04\x30", id="recurrence"),
        pytest.param({"PidLidCleanGlobalObjectId": b"\x04\x00"}, "global_object_id", "0400", id="clean object id"),
        pytest.param(
            {"PidLidGlobalObjectId": bytes(range(1, 57))},
            "global_object_id",
            (bytes(range(1, 17)) + bytes(4) + bytes(range(21, 57))).hex(),
            id="object id of an occurrence, without its date",
        ),
        pytest.param({"PidLidGlobalObjectId": b"\x04"}, "global_object_id", None, id="object id, cut off"),
    ],
)
def test_event_column(properties: dict[str, Any], column: str, expected: object) -> None:
    """Each column comes from its property, in the words of the schema."""
    assert row("events", item("IPM.Appointment", properties))[column] == expected


# -- messages ---------------------------------------------------------------------------------------------------------


def test_people_of_a_message() -> None:
    """A message has a sender, whom it was sent for, and recipients with their roles."""
    message = item(
        "IPM.Note",
        {**_REPRESENTED, "PidTagSenderName": "Eve", "PidTagSenderEmailAddress": "eve@acme.example"},
        recipients=[_attendee("Ben"), _attendee("Cho", RecipientType=2), _attendee("Dan", RecipientType=3)],
    )
    found = row("messages", message)
    assert (found["sender"]["email"], found["author"]["email"]) == ("eve@acme.example", "ann@acme.example")
    assert [(x["name"], x["role"]) for x in found["recipients"]] == [("Ben", "to"), ("Cho", "cc"), ("Dan", "bcc")]


def test_recipients_as_text() -> None:
    """A message without rows of recipients has those that it shows."""
    shown = {"PidTagDisplayTo": "'ben@acme.example'; Cho", "PidTagDisplayCc": "Dan", "PidTagDisplayBcc": "Eve"}
    found = row("messages", item("IPM.Note", shown))["recipients"]
    assert [(x["name"], x["email"], x["role"]) for x in found] == [
        ("'ben@acme.example'", "ben@acme.example", "to"),
        ("Cho", None, "to"),
        ("Dan", None, "cc"),
        ("Eve", None, "bcc"),
    ]


_ANN_BY_EX = {
    "PidTagSenderName": "Ann",
    "PidTagSenderAddressType": "EX",
    "PidTagSenderEmailAddress": _EX,
}


@pytest.mark.parametrize(
    ("properties", "others", "expected"),
    [
        pytest.param({"PidTagSenderSmtpAddress": "own@acme.example"}, True, "own@acme.example", id="its own property"),
        pytest.param({}, True, "row@acme.example", id="another person of the file with that address"),
        pytest.param(
            {"PidTagTransportMessageHeaders": "From: Ann <head@acme.example>\r\n"},
            True,
            "row@acme.example",
            id="another person before the transport header",
        ),
        pytest.param(
            {"PidTagTransportMessageHeaders": "Received: x\r\nFrom: Ann <head@acme.example>\r\n"},
            False,
            "head@acme.example",
            id="the transport header",
        ),
        pytest.param({"PidTagTransportMessageHeaders": "From: nobody"}, False, None, id="else none"),
    ],
)
def test_exchange_address(properties: dict[str, Any], *, others: bool, expected: str | None) -> None:
    """An Exchange address becomes an SMTP address by what the item, the file and the header know; else none."""
    other = item(
        "IPM.Appointment",
        recipients=[_attendee("Ann", AddressType="EX", EmailAddress=_EX.lower(), SmtpAddress="row@acme.example")],
    )
    message = item("IPM.Note", {**_ANN_BY_EX, **properties})
    sender = row("messages", message, *([other] if others else []))["sender"]
    assert (sender["email"], sender["address"], sender["address_type"]) == (expected, _EX, "EX")


def test_the_first_of_several_smtp_addresses_counts() -> None:
    """Of two SMTP addresses that a file has for one Exchange address, an alias say, the first is taken."""
    known = [
        _attendee(name, AddressType="EX", EmailAddress=_EX, SmtpAddress=f"{name}@acme.example") for name in ("a", "b")
    ]
    found = row("messages", item("IPM.Note", _ANN_BY_EX), item("IPM.Appointment", recipients=known))
    assert found["sender"]["email"] == "a@acme.example"


def test_who_sent_for_whom_by_the_headers() -> None:
    """Of the transport headers Sender is who sent, and From is for whom."""
    headers = "From: Ann <ann@acme.example>\r\nSender: Eve <eve@acme.example>\r\n"
    by_ex = {"PidTagSentRepresentingAddressType": "EX", "PidTagSentRepresentingEmailAddress": "/O=ACME/CN=BOSS"}
    found = row("messages", item("IPM.Note", {**_ANN_BY_EX, **by_ex, "PidTagTransportMessageHeaders": headers}))
    assert (found["sender"]["email"], found["author"]["email"]) == ("eve@acme.example", "ann@acme.example")


def test_exchange_address_of_a_contact() -> None:
    """A contact with an Exchange address that another item resolves has the SMTP address."""
    other = item("IPM.Note", {**_ANN_BY_EX, "PidTagSenderSmtpAddress": "ann@acme.example"})
    contact = item("IPM.Contact", {"PidLidEmail1AddressType": "EX", "PidLidEmail1EmailAddress": _EX})
    found = row("contacts", contact, other)
    assert (found["email1"], found["email1_type"]) == ("ann@acme.example", "SMTP")


@pytest.mark.parametrize(
    ("flags", "expected"), [(0x1, (True, False, False)), (0x8, (False, True, False)), (0x10, (False, False, True))]
)
def test_message_flags(flags: int, expected: tuple[bool, ...]) -> None:
    """Read, draft and attachments are bits of the message's flags."""
    found = row("messages", item("IPM.Note", {"PidTagMessageFlags": flags}))
    assert (found["is_read"], found["is_draft"], found["has_attachments"]) == expected


@pytest.mark.parametrize(
    ("properties", "length", "expected"),
    [
        pytest.param(
            {"PidTagAttachLongFilename": "offer.pdf", "PidTagAttachFilename": "OFFER~1.PDF", "PidTagAttachSize": 90},
            70,
            {"name": "offer.pdf", "mime_type": None, "size": 70},
            id="by value, with the size of its data",
        ),
        pytest.param(
            {"PidTagDisplayName": "RE: offer", "PidTagAttachMethod": 5, "PidTagAttachSize": 90},
            None,
            {"name": "RE: offer", "mime_type": "message/rfc822", "size": 90},
            id="an embedded message",
        ),
        pytest.param(
            {"PidTagAttachFilename": "A.TXT", "PidTagAttachMimeTag": "text/plain"},
            None,
            {"name": "A.TXT", "mime_type": "text/plain", "size": None},
            id="short name",
        ),
    ],
)
def test_attachment(properties: dict[str, Any], length: int | None, expected: dict[str, Any]) -> None:
    """An attachment is its name, type and size; its data is not read."""
    attachment = Attachment(bag=outlook_items.bag(properties), data_length=length)
    found = row("messages", item("IPM.Note", attachments=[attachment]))
    assert found["attachments"] == [{**expected, "sha256": None}]
    assert found["has_attachments"] is True


# -- identity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message_class", "properties", "expected"),
    [
        pytest.param(
            "IPM.Appointment",
            {"PidLidCleanGlobalObjectId": b"\x04", "PidTagSearchKey": b"\x07"},
            ["goid", "04"],
            id="an event by its object id",
        ),
        pytest.param(
            "IPM.Note",
            {"PidTagInternetMessageId": "<1@acme.example>", "PidTagSearchKey": b"\x07"},
            ["message_id", "<1@acme.example>"],
            id="a message by its id",
        ),
        pytest.param("IPM.Contact", {"PidTagSearchKey": b"\x07"}, ["search_key", "07"], id="else by its search key"),
        pytest.param("IPM.Note", {"PidTagSearchKey": b"\x07"}, ["search_key", "07"], id="a draft too"),
        pytest.param("IPM.Contact", {}, ["node", 0x200024, "0123456789abcdef" * 4], id="says nothing of itself"),
    ],
)
def test_raw_key(message_class: str, properties: dict[str, Any], expected: list[object]) -> None:
    """An item is identified by the first of these that it has."""
    table = {"IPM.Appointment": "events", "IPM.Note": "messages", "IPM.Contact": "contacts"}[message_class]
    assert json.loads(row(table, item(message_class, properties))["raw_key"]) == expected


def test_raw_key_of_content_is_the_same_wherever_it_is_read() -> None:
    """An item without any key is identified by its content, so that another export gives the same key."""
    properties = {"PidTagSubject": "Call", "PidTagDisplayName": "Ann"}
    here, there = (row("contacts", item("IPM.Contact", properties, node=node)) for node in (0x24, 0x44))
    other = row("contacts", item("IPM.Contact", {**properties, "PidTagDisplayName": "Ben"}))
    assert here["raw_key"] == there["raw_key"] != other["raw_key"]
    assert here["item_id"] != there["item_id"]


def test_provenance() -> None:
    """Every row says where it was read."""
    found = row("contacts", item("IPM.Contact.Acme", {"PidTagSurname": "Sato"}))
    assert (found["item_id"], found["position"], found["folder"], found["message_class"]) == (
        "0123456789abcdef:n200024",
        0x200024,
        "/Top of Personal Folders/Items",
        "IPM.Contact.Acme",
    )


# -- any item ---------------------------------------------------------------------------------------------------------

_ITEM_TABLES = {
    "contacts": "IPM.Contact",
    "tasks": "IPM.Task",
    "events": "IPM.Appointment",
    "messages": "IPM.Note",
    "lists": "IPM.DistList",
}
_VALUES = st.dictionaries(
    st.sampled_from([known for known in PROPERTIES if known.name != "PidTagMessageClass"]),
    st.binary(max_size=48),
    max_size=40,
)


def _typed(found: Mapping[Any, bytes]) -> dict[str, Value]:
    return {known.name: Value(min(WIRE_TYPES[known.kind]), raw) for known, raw in found.items()}


@given(properties=_VALUES, people=st.lists(_VALUES, max_size=3), table=st.sampled_from(sorted(_ITEM_TABLES)))
def test_any_values_give_a_row_of_the_schema(
    properties: Mapping[Any, bytes], people: list[Mapping[Any, bytes]], table: str
) -> None:
    """Whatever bytes an item has under the right types, it becomes a row that fits its table."""
    made = item(_ITEM_TABLES[table], _typed(properties), recipients=[_typed(person) for person in people])
    content = outlook_items.read(made)
    assert store.table_of(content.rows[table], schemas.EXTRACTED[table]).num_rows == 1
    assert sum(account["written"] for account in content.accounts) == 1
