"""Whole loads into a sandbox: what is sent, what never is, and that every row is accounted for."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.errors import SettingsError, StageError
from pipeline.load import rows as load_rows
from pipeline.load import run as load_run
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
BOB: dict[str, Any] = {"Last_Name": "Ray", "First_Name": "Bob", "Email": "bob@ray.example", "Account_Name": "acc"}


def person(email: str) -> dict[str, str]:
    """Return a participant."""
    return {"role": "required", "name": "n", "email": email}


def sample(**bob: Any) -> dict[str, list[dict[str, Any]]]:
    """Return ready tables with one of everything, and two contacts."""
    contact: dict[str, Any] = {**BOB, **bob}
    meeting: dict[str, Any] = {
        "Event_Title": "Meet",
        "Start_DateTime": NINE,
        "End_DateTime": NINE.replace(hour=1),
        "All_day": False,
    }
    people = [person("bob@ray.example"), person("stranger@else.example")]
    return {
        "accounts": [ready(ACCOUNTS, "acc", Account_Name="Kita")],
        "contacts": [
            ready(CONTACTS, "bob", **contact),
            ready(CONTACTS, "eve", Last_Name="山田", Description='a\n"b", c', Date_of_Birth=date(1980, 1, 2)),
        ],
        "tasks": [ready(TASKS, "call", Subject="Call", Due_Date=date(2026, 5, 20), Status="waiting for INPUT")],
        "events": [ready(EVENTS, "meet", Participants=people, **meeting)],
    }


def results(report: Any) -> list[tuple[str, int, int, int]]:
    """Return module, created, updated and unchanged of each module."""
    return [(one.module, one.created, one.updated, one.unchanged) for one in report.loads]


CREATED = [("Accounts", 1, 0, 0), ("Contacts", 2, 0, 0), ("Tasks", 1, 0, 0), ("Events", 1, 0, 0)]
UNCHANGED = [("Accounts", 0, 0, 1), ("Contacts", 0, 0, 2), ("Tasks", 0, 0, 1), ("Events", 0, 0, 1)]


def test_first_and_second_load(tmp_path: Path, crm: Crm) -> None:
    """The first load creates all, parents first; the second sends no change at all; nobody was mailed."""
    config = world.project(tmp_path / "p", sample())
    first = world.run(config, crm)
    assert (results(first), first.is_clean) == (CREATED, True)
    assert first.target == f"sandbox «{crm.endpoint.company}», org {crm.endpoint.zgid}"
    bob = next(one for one in crm.records("Contacts", "Email,Account_Name") if one["Email"] == "bob@ray.example")
    assert bob["Account_Name"]["name"] == "Kita"
    eve = next(
        one for one in crm.records("Contacts", "Last_Name,Description,Date_of_Birth") if one["Last_Name"] == "山田"
    )
    assert (eve["Description"], eve["Date_of_Birth"]) == ('a\n"b", c', "1980-01-02")
    (meeting,) = crm.records("Events", "Event_Title,Participants")
    assert [(one["type"], one["Email"]) for one in meeting["Participants"]] == [
        ("contact", "bob@ray.example"),
        ("email", "stranger@else.example"),
    ]
    (task,) = crm.records("Tasks", "Status")
    assert task["Status"] == "Waiting for input"
    before = crm.last_request()
    second = world.run(config, crm)
    assert (results(second), second.notes, crm.changes(before)) == (UNCHANGED, (), [])
    assert crm.control("GET", "outbox") == []


def test_second_sandbox_gets_everything(tmp_path: Path, crm: Crm) -> None:
    """The ledger belongs to one org: another one starts from nothing."""
    config = world.project(tmp_path / "p", sample())
    world.run(config, crm)
    with world.crm(tmp_path / "other") as other:
        assert results(world.run(config, other)) == CREATED
    assert len([path for path in config.audit.iterdir() if (path / "ledger.sqlite").is_file()]) == 2


def test_changed_row_is_the_only_one_sent(tmp_path: Path, crm: Crm) -> None:
    """One changed value is one update, by id, of that field only."""
    config = world.project(tmp_path / "p", sample())
    world.run(config, crm)
    before = crm.last_request()
    report = world.run(world.project(tmp_path / "p", sample(Phone="03-1234-5678")), crm)
    assert world.counts(report, "Contacts").sent == 1
    assert sum(one.sent for one in report.loads) == 1
    (job,) = crm.changes(before)
    assert '"operation": "update"' in job["body"]
    assert "Last_Name" not in job["body"]
    assert "03-1234-5678" in {one["Phone"] for one in crm.records("Contacts", "Phone")}


def test_ten_changed_contacts_send_ten(tmp_path: Path, crm: Crm) -> None:
    """Of thirty contacts ten are changed in the source: ten are sent, each with its changed field and no other."""

    def people(title: str) -> list[dict[str, Any]]:
        return [ready(CONTACTS, f"c{n}", Last_Name=f"C{n}", Title=title if n % 3 == 0 else "Clerk") for n in range(30)]

    world.run(world.project(tmp_path / "p", {"contacts": people("Clerk")}), crm)
    before = crm.last_request()
    report = world.run(world.project(tmp_path / "p", {"contacts": people("Chief")}), crm)
    assert results(report)[1] == ("Contacts", 0, 10, 20)
    (job,) = crm.changes(before)
    fields = [one["api_name"] for one in json.loads(job["body"])["resource"][0]["field_mappings"]]
    assert fields == ["Outlook_Key", "id", "Title"]
    titles = [one["Title"] for one in crm.records("Contacts", "Title,Outlook_Key") if one["Outlook_Key"]]
    assert sorted(titles) == ["Chief"] * 10 + ["Clerk"] * 20


def test_one_call_after_the_other(tmp_path: Path, crm: Crm) -> None:
    """A load makes one call after the other: an org that takes few at once refuses none."""
    last = crm.last_request()
    crm.turn(concurrency=2)  # one in flight, and one whose answer has gone out but that is not put away yet
    assert results(world.run(world.project(tmp_path / "p", sample()), crm)) == CREATED
    assert [one for one in crm.control("GET", f"requests?after={last}") if one["status"] == 429] == []


def test_a_persons_edit_is_kept(tmp_path: Path, crm: Crm) -> None:
    """What a person changed after us stays and is listed, also when the source changes; other fields go on."""
    config = world.project(tmp_path / "p", sample(Phone="03-1", Title="Chief"))
    world.run(config, crm)
    bob = next(one for one in crm.records("Contacts", "Email") if one["Email"] == "bob@ray.example")
    crm.write("PUT", "Contacts", id=bob["id"], Phone="03-9")
    report = world.run(world.project(tmp_path / "p", sample(Phone="03-2", Title="Head")), crm)
    held = next(one for one in crm.records("Contacts", "Email,Phone,Title") if one["id"] == bob["id"])
    assert (held["Phone"], held["Title"]) == ("03-9", "Head")
    (remark,) = world.tables(config, report, "remarks")
    assert (remark["rule"], remark["field"], remark["ours"], remark["theirs"]) == ("conflict", "Phone", "03-2", "03-9")
    assert any("Phone of 1 row changed by a person" in note for note in report.notes)


def test_existing_record_is_only_filled(tmp_path: Path, crm: Crm) -> None:
    """A record that was there keeps its values and its owner; empty fields are filled, and our key is left in it."""
    theirs = crm.write("POST", "Contacts", Last_Name="Rey", Email="BOB@ray.example", Title="CEO")
    report = world.run(world.project(tmp_path / "p", sample(Title="Clerk", Phone="03-1")), crm)
    assert results(report)[1] == ("Contacts", 1, 1, 0)
    held = next(one for one in crm.records("Contacts", "Last_Name,Title,Phone,Outlook_Key") if one["id"] == theirs)
    assert (held["Last_Name"], held["Title"], held["Phone"], held["Outlook_Key"]) == ("Rey", "CEO", "03-1", "bob")


def test_unsure_and_deleted_rows_are_skipped(tmp_path: Path, crm: Crm) -> None:
    """Two records that could be meant, and a record deleted since: not sent, but listed with the reason."""
    config = world.project(tmp_path / "p", sample())
    world.run(config, crm)
    eve = next(one for one in crm.records("Contacts", "Last_Name") if one["Last_Name"] == "山田")
    crm.delete("Contacts", eve["id"])
    for _ in range(2):
        crm.write("POST", "Contacts", Last_Name="Twin", First_Name="Tim")
    tables = sample()
    tables["contacts"].append(ready(CONTACTS, "twin", Last_Name="Twin", First_Name="Tim"))
    before = crm.last_request()
    report = world.run(world.project(tmp_path / "p", tables), crm)
    assert world.counts(report, "Contacts").skipped == 2
    codes = {one["code"] for one in world.tables(config, report, "outcomes") if one["result"] == "skipped"}
    assert codes == {"deleted_in_crm", "several_records"}
    assert crm.changes(before) == []


def test_refused_row_is_named(tmp_path: Path, crm: Crm) -> None:
    """A row that the CRM refuses fails alone, with the CRM's code and field; the others are in."""
    report = world.run(world.project(tmp_path / "p", sample(Mobile="(03)1234")), crm)
    account = world.counts(report, "Contacts")
    assert (account.created, account.failed, report.is_clean) == (1, 1, False)
    assert any("Mobile" in note and "INVALID_DATA" in note for note in report.notes)


def test_without_key_field(tmp_path: Path, crm: Crm) -> None:
    """An org without our key field gets everything by the records API, and is told what that means."""
    crm.without_key_field()
    last = crm.last_request()
    config = world.project(tmp_path / "p", sample())
    report = world.run(config, crm)
    assert results(report) == CREATED
    told = [note for note in report.notes[:-1] if "participants:" not in note]  # the last one is of credits
    assert all("at most once" in note for note in told)
    assert not [one for one in crm.changes(last) if one["path"].startswith("/crm/bulk/")]
    assert results(world.run(config, crm)) == UNCHANGED


def test_owner_of_new_records(tmp_path: Path, crm: Crm) -> None:
    """A new record is owned by the mailbox's CRM user, an unknown one's by the fallback."""
    users = {"sato": "hanako.sato@kaede-shoji.example", "fallback": "dana.whitfield@kaede-shoji.example"}
    tables = {
        "contacts": [
            ready(CONTACTS, "a", Last_Name="A") | {"owner": users["sato"]},
            ready(CONTACTS, "b", Last_Name="B") | {"owner": "nobody@kaede-shoji.example"},
        ]
    }
    config = world.project(tmp_path / "p", tables, f'[owners]\nfallback = "{users["fallback"]}"')
    report = world.run(config, crm)
    owners = {one["Last_Name"]: one["Owner"]["email"] for one in crm.records("Contacts", "Last_Name,Owner")}
    assert (owners["A"], owners["B"]) == (users["sato"], users["fallback"])
    assert [one["cluster_key"] for one in world.tables(config, report, "remarks")] == ["b"]
    assert any("the mailbox's owner is no active user" in note for note in report.notes)


def test_field_that_the_org_lacks(tmp_path: Path, crm: Crm) -> None:
    """A field that this org does not have is left out and said so; the row goes."""
    crm.control("DELETE", "fields/Contacts/Department")
    config = world.project(tmp_path / "p", sample(Department="Sales"))
    report = world.run(config, crm)
    assert results(report) == CREATED
    assert [one["rule"] for one in world.tables(config, report, "remarks")] == ["field_not_in_org"]


def test_participants_that_change(tmp_path: Path, crm: Crm) -> None:
    """A participant who joins in the source is written; where a person changed them in the CRM, they are kept."""
    tables = sample()
    config = world.project(tmp_path / "p", tables)
    world.run(config, crm)
    tables["events"][0]["Participants"].append(person("late@else.example"))
    assert world.counts(world.run(world.project(tmp_path / "p", tables), crm), "Events").updated == 1
    (meeting,) = crm.records("Events", "Participants")
    assert len(meeting["Participants"]) == 3
    crm.write("PUT", "Events", id=meeting["id"], Participants=[{"type": "email", "participant": "boss@else.example"}])
    tables["events"][0]["Participants"].pop()
    report = world.run(world.project(tmp_path / "p", tables), crm)
    assert world.counts(report, "Events").unchanged == 1
    assert [one["rule"] for one in world.tables(config, report, "remarks")] == ["conflict"]


def test_event_of_other_people_is_another(tmp_path: Path, crm: Crm) -> None:
    """An event of that title and time is ours only when the same people are in it."""
    times = {"Start_DateTime": "2026-05-20T09:00:00+09:00", "End_DateTime": "2026-05-20T10:00:00+09:00"}
    addresses = ("bob@ray.example", "stranger@else.example")
    same = [{"type": "email", "participant": address} for address in addresses]
    theirs = crm.write("POST", "Events", Event_Title="MEET", All_day=False, Participants=same, **times)
    crm.write("POST", "Events", Event_Title="Meet", All_day=False, Participants=same[:1], **times)
    config = world.project(tmp_path / "p", sample())
    report = world.run(config, crm)
    assert world.counts(report, "Events").updated == 1  # it gets our key, and nothing else
    assert [one["crm_id"] for one in world.tables(config, report, "outcomes") if one["module"] == "Events"] == [theirs]
    assert len(crm.records("Events", "Event_Title")) == 2


def test_plan_for_a_real_crm_must_be_approved(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real CRM is changed only with the hash of exactly this plan; without, nothing is sent."""
    real, last = replace(crm.connection, target="crm"), crm.last_request()
    config = world.project(tmp_path / "p", sample())
    crm.pass_a_minute()
    with pytest.raises(SettingsError, match="5 records to create") as refused:
        load_run(config, real)
    assert crm.changes(last) == []
    digest = refused.value.hint.partition("APPROVE=")[2].split()[0]
    monkeypatch.setenv("APPROVE", digest)
    crm.pass_a_minute()
    report = load_run(config, real)
    assert results(report) == CREATED
    assert any("workflow rules" in note for note in report.notes)
    changed = world.project(tmp_path / "p", sample(Phone="03-1"))
    crm.pass_a_minute()
    with pytest.raises(SettingsError, match="is not the plan that was approved"):
        load_run(changed, real)


def test_a_misspelt_module(tmp_path: Path, crm: Crm) -> None:
    """A module in workflows_checked that there is not stops the load before anything is asked or sent."""
    config = world.project(tmp_path / "p", sample(), '[zoho]\nworkflows_checked = ["Contact", "Tasks"]\n')
    asked = crm.last_request()
    with pytest.raises(SettingsError, match="names Contact, which"):
        world.run(config, crm)
    assert crm.changes(asked) == []


def test_rows_without_mailbox() -> None:
    """Rows of files without a mailbox never reach a real CRM."""
    stray = load_rows.of_mapping(CONTACTS, 0, ready(CONTACTS, "k", Last_Name="x") | {"mailbox": ""})
    with pytest.raises(SettingsError, match=r"without a \[\[mailbox\]\]"):
        load_rows.check_real(load_rows.Ready("key", {"Contacts": (stray,)}))


def test_stale_tables(tmp_path: Path) -> None:
    """Ready tables that are older than what was extracted are refused, and so are touched ones."""
    config = world.project(tmp_path / "p", sample())
    with store.building(config.extracted) as stage:
        stage.finish("extract", inputs={})
    with pytest.raises(StageError, match="stale"):
        load_rows.read(config)


def test_touched_tables(tmp_path: Path) -> None:
    """A ready table that was changed by hand is refused."""
    config = world.project(tmp_path / "p", sample())
    path = config.transformed / "ready" / "contacts" / "part-00000.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StageError, match="changed"):
        load_rows.read(config)


def test_policy_of_a_field(tmp_path: Path, crm: Crm) -> None:
    """A field whose policy is `always` overwrites a person's edit, and one that the settings misspell is refused."""
    settings = world.BULK + '[policy]\n"Contacts.Phone" = "always"\n'
    world.run(world.project(tmp_path / "p", sample(Phone="03-1", Title="Chief"), settings), crm)
    bob = next(one for one in crm.records("Contacts", "Email") if one["Email"] == "bob@ray.example")
    crm.write("PUT", "Contacts", id=bob["id"], Phone="03-9", Title="Boss")
    world.run(world.project(tmp_path / "p", sample(Phone="03-2", Title="Head"), settings), crm)
    held = next(one for one in crm.records("Contacts", "Email,Phone,Title") if one["id"] == bob["id"])
    assert (held["Phone"], held["Title"]) == ("03-2", "Boss")
    with pytest.raises(SettingsError, match=r"names Contacts\.Fone"):
        world.run(world.project(tmp_path / "p", sample(), world.BULK + '[policy]\n"Contacts.Fone" = "always"\n'), crm)
