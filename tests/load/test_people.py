"""Participants, owners and fields as the org has them."""

from typing import Any

import pytest

from pipeline.load import attendance
from pipeline.load.org import OrgField, User, field_of
from pipeline.load.people import People, addresses_of
from pipeline.load.snapshot import Records
from pipeline.targets import EVENTS
from tests.load.build import known, memory, records, row

CONTACTS = Records(
    "Contacts",
    {
        "9": {"id": "9", "Email": "twin@x.example", "Created_Time": "2026-01-02T09:00:00+09:00"},
        "10": {"id": "10", "Email": "twin@x.example", "Created_Time": "2026-01-02T00:00:00+00:00"},
        "8": {"id": "8", "Email": "TWIN@x.example", "Created_Time": "2026-01-01T23:59:59+00:00"},
        "7": {"id": "7", "Email": "main@x.example", "Secondary_Email": "second@x.example"},
    },
)
LEADS = Records("Leads", {"20": {"id": "20", "Email": "main@x.example"}, "21": {"id": "21", "Email": "lead@x.example"}})
USERS = [User("30", "user@x.example", is_active=True), User("31", "left@x.example", is_active=False)]


@pytest.mark.parametrize(
    ("address", "kind", "participant"),
    [
        pytest.param("twin@x.example", "contact", "8", id="the contact created first, whatever its zone"),
        pytest.param("Main@X.example", "contact", "7", id="a contact before a lead"),
        pytest.param("second@x.example", "contact", "7", id="a contact's second address"),
        pytest.param("lead@x.example", "lead", "21", id="a lead"),
        pytest.param("user@x.example", "user", "30", id="a user of the CRM"),
        pytest.param("left@x.example", "email", "left@x.example", id="a user who left is only an address"),
        pytest.param("new@x.example", "email", "new@x.example", id="nobody known"),
    ],
)
def test_participant(address: str, kind: str, participant: str) -> None:
    """A participant is a contact, else a lead, else a user, else the bare address under both spellings of its key."""
    (found,) = People(CONTACTS, LEADS, USERS).participants([address])
    bare = {"Email": participant} if kind == "email" else {}
    assert found == {"type": kind, "participant": participant} | bare


def test_participants_are_each_once_and_at_most_fifty() -> None:
    """Two addresses of one contact are one participant; Zoho takes fifty."""
    people = People(CONTACTS, LEADS, USERS)
    assert len(people.participants(["main@x.example", "second@x.example"])) == 1
    assert len(people.participants([f"{n}@x.example" for n in range(60)])) == 50


def test_contact_made_in_this_run() -> None:
    """A contact that was just created is found; one that was there before goes first."""
    people = People(CONTACTS, LEADS, USERS)
    people.add_contacts([("New@x.example", "99")])
    people.add_contacts([("main@x.example", "99")])
    found = people.participants(["new@x.example", "main@x.example"])
    assert [one["participant"] for one in found] == ["99", "7"]


def test_addresses_of_the_crm() -> None:
    """What the CRM gives back names an address, or an id that is known, or is somebody unknown."""
    items: list[dict[str, object]] = [
        {"type": "email", "participant": "a@x.example"},
        {"type": "contact", "participant": "7", "Email": "b@x.example"},
        {"type": "contact", "participant": "8", "Email": None},
        {"type": "user", "participant": "404"},
    ]
    assert addresses_of(items, {"8": "c@x.example"}) == ("a@x.example", "b@x.example", "c@x.example")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(("a@x.example",), [], id="as we wrote them"),
        pytest.param(("b@x.example",), ["1"], id="changed in the source"),
    ],
)
def test_only_events_in_question_are_asked(written: tuple[str, ...], expected: list[str]) -> None:
    """Participants are asked for where they changed, and for events that a natural key could find."""
    held = records(EVENTS, {"id": "1", "Event_Title": "T"}, {"id": "2", "Event_Title": "U"})
    ours = row(EVENTS, 0, "k", Event_Title="T", Participants=[{"email": "a@x.example"}])
    new = row(EVENTS, 1, "n", Event_Title="u")
    remembered = memory(k=known("1", Participants=written))
    assert attendance.needed(EVENTS, [ours, new], remembered, held) == [*expected, "2"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({}, OrgField(api_name="F"), id="nothing special"),
        pytest.param({"unique": {"case_sensitive": False}}, OrgField(api_name="F", is_unique=True), id="unique"),
        pytest.param(
            {"unique": {"casesensitive": False}}, OrgField(api_name="F", is_unique=True), id="the other spelling"
        ),
        pytest.param({"unique": {}}, OrgField(api_name="F"), id="not unique"),
        pytest.param(
            {"type": "unused"}, OrgField(api_name="F", is_writable=False, is_unused=True), id="swallows what is sent"
        ),
        pytest.param({"read_only": True}, OrgField(api_name="F", is_writable=False), id="read only"),
        pytest.param(
            {"operation_type": {"api_create": False}}, OrgField(api_name="F", is_writable=False), id="not by API"
        ),
        pytest.param(
            {"length": 80, "system_mandatory": True}, OrgField(api_name="F", length=80, is_mandatory=True), id="text"
        ),
        pytest.param(
            {
                "pick_list_values": [
                    {"actual_value": "High", "display_value": "高"},
                    {"actual_value": "Old", "type": "unused"},
                ]
            },
            OrgField(api_name="F", choices=(("High", "高"),)),
            id="picklist without removed values",
        ),
    ],
)
def test_field_of(metadata: dict[str, Any], expected: OrgField) -> None:
    """What settings/fields says of a field."""
    assert field_of({"api_name": "F"} | metadata) == expected
