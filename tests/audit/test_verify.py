"""A later look at what was loaded: every field that is not as it was sent, and since when."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.load import verify
from pipeline.load.verify import lines
from pipeline.targets import EVENTS
from tests.audit import undo
from tests.audit.undo import Desk
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, crm: Crm) -> Desk:
    """Return a project that was loaded."""
    made = undo.made(tmp_path, crm)
    made.begin_anew()
    made.load()
    crm.pass_a_minute()
    return made


def test_all_as_sent(desk: Desk, crm: Crm) -> None:
    """Right after a load nothing differs, and nothing is changed by looking."""
    last = crm.last_request()
    found = verify(desk.config, crm.connection)
    assert (found.differences, found.counts) == ((), {"Accounts": 1, "Contacts": 2, "Tasks": 1, "Events": 1})
    assert crm.changes(last) == []


def test_what_got_nothing_of_ours_is_told_too(desk: Desk, crm: Crm) -> None:
    """An account that the CRM had, and that got the key at most, is counted apart: all rows of the load are there."""
    told = lines(verify(desk.config, crm.connection))
    assert "  Accounts: 1 more in the CRM hold no value of ours, at most the key: nothing to compare" in told
    assert not any("Contacts" in line and "more" in line for line in told)


def test_what_people_changed(desk: Desk, crm: Crm) -> None:
    """A changed, an emptied and a deleted value are told with the time that the CRM gives; others are not."""
    ids = {one["Last_Name"]: one["id"] for one in crm.records("Contacts", "Last_Name")}
    crm.write("PUT", "Contacts", id=ids["Ray"], First_Name="Rob", Description="not ours")
    crm.write("PUT", "Contacts", id=ids["Abe"], Phone=None)
    (event,) = [one["id"] for one in crm.records("Events", "Event_Title") if one["Event_Title"] == "Meet"]
    guest = {"type": "email", "participant": "x@example.com", "Email": "x@example.com"}
    crm.write("PUT", "Events", id=event, Participants=[guest], **{"$send_notification": False})
    (task,) = [one["id"] for one in crm.records("Tasks", "Subject") if one["Subject"] == "Call"]
    crm.delete("Tasks", task)
    found = verify(desk.config, crm.connection)
    told = {(one.module, one.field, one.what, one.ours, one.theirs) for one in found.differences}
    assert told == {
        ("Contacts", "First_Name", "changed", "Bob", "Rob"),
        ("Contacts", "Phone", "emptied", "+81 3 0000 0000", None),
        ("Events", "Participants", "changed", ("bob@example.com",), ("x@example.com",)),
        ("Tasks", "", "missing", None, None),
    }
    assert all(bool(one.modified_at) == (one.what != "missing") for one in found.differences)
    assert len(pq.read_table(found.tables)) == len(found.differences)
    text = "\n".join(lines(found))
    assert "Contacts: 2 loaded = 0 as sent + 2 changed + 0 missing" in text
    assert not any(value in text for value in ("Rob", "x@example.com", "0000"))


def test_a_participant_by_another_address(tmp_path: Path, crm: Crm) -> None:
    """Who takes part under a mailbox's alias or a second address is as sent: the CRM shows the main address."""
    user = crm.users()[0]["email"]
    mailbox = f"[[mailbox]]\nname = 'sato'\nfiles = ['*']\naddresses = ['old@example.com']\nowner = '{user}'\n"
    guests = [{"email": one, "role": "required"} for one in ("old@example.com", "second@example.com")]
    meeting = ready(
        EVENTS, "meet0", Event_Title="Meet", Start_DateTime=undo.NINE, End_DateTime=undo.NINE.replace(hour=1),
        Participants=guests,
    )  # fmt: skip
    desk = Desk(crm, world.project(tmp_path / "p", {**undo.ROWS, "events": [meeting]}, undo.SETTINGS + mailbox))
    desk.begin_anew()
    crm.write("POST", "Contacts", Last_Name="Two", Email="main@example.com", Secondary_Email="second@example.com")
    desk.load()
    (event,) = crm.records("Events", "Participants")
    assert {one["type"] for one in event["Participants"]} == {"user", "contact"}
    assert verify(desk.config, crm.connection).differences == ()
