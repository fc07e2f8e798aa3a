"""A rollback takes back what a run did, and no more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from pipeline.errors import RetryableError, SettingsError, StageError
from pipeline.load import Course, ledger
from pipeline.load.approval import Approver
from pipeline.load.rollback.stage import run_over as roll_back
from pipeline.load.stage import run_over as load
from pipeline.targets import CASES, CONTACTS
from tests.audit import undo
from tests.audit.undo import Desk
from tests.load import world
from tests.load.build import ready
from tests.load.promise import nap
from tests.load.world import Crm
from tests.mail.mails import kept, mail


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all tests."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, crm: Crm) -> Desk:
    """Return a project, and a CRM that holds what it held before any load."""
    made = undo.made(tmp_path, crm)
    made.begin_anew()
    return made


def test_all_is_as_before(desk: Desk, crm: Crm) -> None:
    """What a load created is gone, what it overwrote is restored, our key too; the next load begins anew."""
    before = undo.state(crm)
    desk.load()
    assert undo.state(crm) != before
    result = desk.undo()
    assert (result.is_clean, undo.whys(result)) == (True, set())
    assert undo.state(crm) == before
    desk.load()
    assert [one["Last_Name"] for one in crm.records("Contacts", "Last_Name")].count("Ray") == 1


def test_a_plan_without_a_change(desk: Desk, crm: Crm) -> None:
    """A dry run says what would be done, with the plan's hash, and changes nothing."""
    desk.load()
    loaded, last, said = undo.state(crm), crm.last_request(), list[str]()
    result = desk.undo(said=said, is_dry=True)
    assert (undo.state(crm), crm.changes(last)) == (loaded, [])
    assert f"  plan {result.plan}" in said
    assert "  Contacts: 1 to delete, 1 to restore, 0 kept, 0 with nothing to do" in said


def test_no_such_run(desk: Desk) -> None:
    """A run that there is not is refused."""
    desk.load()
    with pytest.raises(StageError, match="no run 7"):
        desk.undo(7)


def test_nothing_is_set_off(desk: Desk, crm: Crm) -> None:
    """No workflow and no notice is set off by deleting or restoring."""
    desk.load()
    outbox = crm.control("GET", "outbox")
    desk.undo()
    assert crm.control("GET", "outbox") == outbox


def test_twice(desk: Desk, crm: Crm) -> None:
    """A rollback that is done has nothing left to do."""
    desk.load()
    desk.undo()
    last = crm.last_request()
    assert all(step.action in {"none", "keep"} for step, _ in desk.undo().rows)
    assert crm.changes(last) == []


def id_of(crm: Crm, module: str, **wanted: str) -> str:
    """Return the id of the record with these values."""
    (found,) = [
        one["id"]
        for one in crm.records(module, ",".join(wanted))
        if all(one[name] == value for name, value in wanted.items())
    ]
    return str(found)


def test_what_a_person_changed_stays(desk: Desk, crm: Crm) -> None:
    """A record of ours that a person changed is kept whole; of one that was there only what we wrote is restored."""
    desk.load()
    crm.write("PUT", "Tasks", id=id_of(crm, "Tasks", Subject="Call"), Description="by hand")
    there = id_of(crm, "Contacts", Last_Name="Abe")
    crm.write("PUT", "Contacts", id=there, Phone="+81 3 1111 1111")
    result = desk.undo()
    assert undo.whys(result) == {("Tasks", "changed_since", "Description"), ("Contacts", "changed_since", "Phone")}
    assert id_of(crm, "Tasks", Subject="Call", Description="by hand")
    (contact,) = [one for one in crm.records("Contacts", "Phone,Title,Account_Name,Outlook_Key") if one["id"] == there]
    assert contact == {
        "id": there, "Phone": "+81 3 1111 1111", "Title": "Boss", "Account_Name": None, "Outlook_Key": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("module", "parent", "values"),
    [
        pytest.param("Deals", "Account_Name", {"Deal_Name": "Big", "Stage": "Qualification"}, id="deal of an account"),
        pytest.param("Tasks", "Who_Id", {"Subject": "By hand"}, id="task of a contact"),
        pytest.param("Contacts", "Account_Name", {"Last_Name": "Kid"}, id="contact of an account"),
        pytest.param("Notes", "Parent_Id", {"Note_Content": "By hand"}, id="note on an account"),
    ],
)
def test_parents_of_other_records_stay(
    desk: Desk, crm: Crm, module: str, parent: str, values: dict[str, object]
) -> None:
    """A record that others than the run's own belong to is kept, and so is what it belongs to itself."""
    desk.load()
    account, contact = id_of(crm, "Accounts", Account_Name="Kita"), id_of(crm, "Contacts", Last_Name="Ray")
    held = contact if parent == "Who_Id" else account
    more = {"$se_module": "Accounts"} if module == "Notes" else {}
    crm.write("POST", module, **{**values, **more, parent: {"id": held}})
    result = desk.undo()
    kept = {("Accounts", "has_children")} | ({("Contacts", "has_children")} if held == contact else set())
    assert {(name, why) for name, why, _ in undo.whys(result)} == kept
    assert id_of(crm, "Accounts", Account_Name="Kita") == account
    assert any(one["id"] == contact for one in crm.records("Contacts", "id")) == (held == contact)


def test_an_event_of_another_run_keeps_its_guest(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """A contact that an event of another run invites is kept, though no bulk read shows participants."""
    desk.load()
    guests = [{"email": address, "role": "required"} for address in ("bob@example.com", "an@example.com")]
    later = dict(undo.ROWS["events"][0]) | {"cluster_key": "meet1", "source_keys": ["meet1"], "Event_Title": "Again"}
    later |= {"Participants": guests}  # of two, so that none of them is the event's only contact
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "events": [*undo.ROWS["events"], later]}))
    assert ("Contacts", "has_children", "Participants") in undo.whys(desk.undo(1))
    assert id_of(crm, "Contacts", Last_Name="Ray")


def test_the_last_run_first(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """What a later run changed too is kept until that one is rolled back; then all is as before the first."""
    before = undo.state(crm)
    desk.load()
    once = undo.state(crm)
    rows = {**undo.ROWS, "tasks": [dict(undo.ROWS["tasks"][0]) | {"Description": "more", "content_hash": "new"}]}
    desk.load(config=world.project(tmp_path / "p", rows, undo.SETTINGS))
    assert ("Tasks", "changed_by_later_run", "") in undo.whys(desk.undo(1, is_dry=True))
    desk.undo(2)
    assert undo.state(crm) == once
    desk.undo(1)
    assert undo.state(crm) == before


def test_a_record_that_a_person_deleted(desk: Desk, crm: Crm) -> None:
    """What is not there any more needs nothing, and is not taken for undone."""
    desk.load()
    crm.delete("Tasks", id_of(crm, "Tasks", Subject="Call"))
    assert undo.whys(desk.undo()) == {("Tasks", "gone", "")}


def test_participants_are_restored(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """The participants of an event that an update changed are restored, without a notice."""
    desk.load()
    once = undo.state(crm)
    guests = [{"email": "an@example.com", "role": "required"}, {"email": "new@example.com", "role": "required"}]
    event = dict(undo.ROWS["events"][0]) | {"Participants": guests, "content_hash": "new"}
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "events": [event]}, undo.SETTINGS))
    assert undo.state(crm)["Events"] != once["Events"]
    desk.undo(2)
    assert undo.state(crm)["Events"] == once["Events"]
    assert crm.control("GET", "outbox") == []


@pytest.mark.parametrize(
    ("method", "fault", "is_clean"),
    [
        pytest.param("PUT", "answer_dropped", False, id="a restoration is never repeated unseen"),
        pytest.param("PUT", "dropped", False, id="a restoration that did not arrive"),
        pytest.param("DELETE", "answer_dropped", True, id="a deletion is repeated, as that does no harm"),
        pytest.param("DELETE", "status", True, id="a deletion that did not arrive"),
    ],
)
def test_unanswered_requests(desk: Desk, crm: Crm, method: str, fault: str, *, is_clean: bool) -> None:
    """What had no answer is looked up by the next rollback; then all is as before."""
    before = undo.state(crm)
    desk.load()
    crm.meet({"name": fault, "path": "/crm/v8/Contacts", "method": method})
    assert desk.undo().is_clean is is_clean
    assert crm.faults_met() == 1
    crm.no_more_faults()
    assert desk.undo().is_clean
    assert undo.state(crm) == before


def test_a_load_after_an_interrupted_rollback(desk: Desk, crm: Crm) -> None:
    """A load looks up what an interrupted rollback left open: what that deleted is not taken for a person's doing."""
    desk.load()
    crm.meet({"name": "answer_dropped", "path": "/crm/v8/Tasks", "method": "DELETE", "times": 99})
    with pytest.raises(RetryableError):
        desk.undo()
    crm.no_more_faults()
    assert crm.records("Tasks", "Subject") == []
    desk.load()
    assert [one["Subject"] for one in crm.records("Tasks", "Subject")] == ["Call"]


def test_a_rollback_that_is_stopped(desk: Desk, crm: Crm) -> None:
    """Asked to stop, it makes no further request, lists what is left, and the next one goes on to the end."""
    before = undo.state(crm)
    desk.load()
    course = Course()

    def told(done: int, _total: int) -> None:
        if done >= 3:
            course.stop()

    course.told = told
    crm.pass_a_minute()
    with requests.Session() as session:
        result = roll_back(session, desk.config, crm.connection, 1, sleep=nap, course=course)
    assert not result.is_clean
    assert {code for _, code in result.rows} >= {"", "left_by_person"}
    assert undo.state(crm) != before
    assert desk.undo().is_clean
    assert undo.state(crm) == before


def test_emails(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """An e-mail on a record that was there stays and is listed; one on a record that the run made goes with it."""
    mails = [mail("old", "an@example.com"), mail("new", "bob@example.com")]
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "emails": mails}, undo.SETTINGS))
    assert len(kept(crm)) == 2
    assert undo.whys(desk.undo()) == {("Emails", "irreversible", "")}
    assert id_of(crm, "Contacts", Last_Name="Abe")
    assert crm.control("GET", "outbox") == []


def test_emails_of_a_later_run(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """A record to which a later run attached an e-mail is kept: the e-mail would go with it."""
    desk.load()
    mails = [mail("new", "bob@example.com")]
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "emails": mails}, undo.SETTINGS))
    assert len(kept(crm)) == 1
    assert ("Contacts", "has_children", "Emails") in undo.whys(desk.undo(1))
    assert id_of(crm, "Contacts", Last_Name="Ray")


def test_a_real_crm_wants_an_approval(desk: Desk, crm: Crm) -> None:
    """A real CRM is rolled back by the hash of exactly this plan only; who gave it is in the ledger."""
    real = replace(crm.connection, target="crm")

    def loaded(approver: Approver) -> None:
        crm.pass_a_minute()
        with requests.Session() as session:
            load(session, desk.config, real, sleep=nap, approver=approver)

    def undone(approver: Approver) -> str:
        crm.pass_a_minute()
        with requests.Session() as session:
            return roll_back(session, desk.config, real, number, sleep=nap, approver=approver).plan

    with pytest.raises(SettingsError) as refused:
        loaded(Approver())
    loaded(Approver(str(refused.value.hint).partition("APPROVE=")[2].partition(" ")[0]))
    after = undo.state(crm)
    number = max(int(path.name) for path in desk.config.audit.glob("crm-*/runs/*"))
    with pytest.raises(SettingsError, match=r"records to delete.*Nothing was sent") as refused:
        undone(Approver())
    assert undo.state(crm) == after
    digest = str(refused.value.hint).partition("APPROVE=")[2].partition(" ")[0]
    assert undone(Approver(digest)) == digest
    assert undo.state(crm) != after
    (path,) = desk.config.audit.glob("crm-*/ledger.sqlite")
    with ledger.opened(path.parent) as book:
        (row,) = book.connection.execute("SELECT plan, way, approved_by IS NOT NULL FROM rollbacks")
    assert row == (digest, "hash", 1)


def test_what_is_in_doubt(desk: Desk, crm: Crm) -> None:
    """Without a key field nobody can tell whether a lost request made a record: it is listed, and left alone."""
    crm.without_key_field()
    crm.meet({"name": "answer_dropped", "path": "/crm/v8/Tasks", "method": "POST"})
    desk.load()
    crm.no_more_faults()
    assert ("Tasks", "in_doubt", "") in undo.whys(desk.undo())
    assert [one["Subject"] for one in crm.records("Tasks", "Subject")] == ["Call"]


def test_a_case_is_nobodys_guest(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """A case of the address that an event invites goes with the rest: it is not taken for a participant."""
    before = undo.state(crm)
    case = ready(CASES, "k", Subject="Lost", Related_To="bob@example.com", Email="bob@example.com", Status="New")
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "cases": [case | {"Case_Origin": "Email"}]}))
    assert any(one["Subject"] == "Lost" for one in crm.records("Cases", "Subject"))
    assert desk.undo().is_clean
    assert undo.state(crm) == before


def test_who_reports_to_whom(desk: Desk, crm: Crm, tmp_path: Path) -> None:
    """Contacts that report to one another go together, and the manager of one that was there is restored."""
    before = undo.state(crm)
    bob, ann = (dict(row) for row in undo.ROWS["contacts"])
    people = [bob | {"manager_crm_key": "con1"}, ann | {"manager_crm_key": "con2"}]
    boss = ready(CONTACTS, "con2", Last_Name="Top", Email="top@example.com") | {"manager_crm_key": "con0"}
    desk.load(config=world.project(tmp_path / "p", {**undo.ROWS, "contacts": [*people, boss]}, undo.SETTINGS))
    told = {one["Last_Name"]: one["Reporting_To"] for one in crm.records("Contacts", "Last_Name,Reporting_To")}
    assert all(told[name] for name in ("Ray", "Abe", "Top"))
    assert undo.whys(desk.undo()) == set()
    assert undo.state(crm) == before
