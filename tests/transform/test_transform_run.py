"""The stage as a whole: extracted tables in, every row accounted for, the same bytes whatever the order."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline import schemas, store, transform
from pipeline.config import Config
from pipeline.errors import InputError, StageError
from pipeline.outcome import Account
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests import builders
from tests.builders import Row, person

SATO, DANA = "sato/a.csv", "dana/a.csv"
CONTACT_ROWS: list[Row] = [
    {"surname": "高橋", "given_name": "美咲", "email1": "m@midori.example", "company": "さくら電機㈱", "path": SATO},
    {"surname": "高橋", "email1": "M@midori.example", "company": "さくら電機（株）", "notes": "x", "path": SATO},
    {"surname": "森", "email1": "ken@kaede.example", "company": "楓商事", "path": SATO},
    {"surname": "Grant", "email1": "o@birch.example", "company": "長" * 201, "path": DANA},
    {"home_phone": "01632 960002", "path": DANA},
]
TASK_ROWS: list[Row] = [
    {"subject": "見積書", "due_date": date(2026, 5, 22), "path": SATO},
    {"subject": "見積書", "due_date": date(2026, 5, 22), "path": DANA},
]
EVENT_ROWS: list[Row] = [
    {
        "subject": "Review",
        "start_at": builders.instant("2026-07-08T08:00"),
        "end_at": builders.instant("2026-07-08T09:00"),
        "attendees": [person("d.whitfield@kaede.example")],
        "path": SATO,
    },
    {
        "subject": "Review",
        "start_at": builders.instant("2026-07-08T08:00"),
        "end_at": builders.instant("2026-07-08T09:00"),
        "organizer": person("hanako.sato@kaede.example", "organizer"),
        "attendees": [person("hanako.sato@kaede.example")],
        "path": DANA,
    },
    {"subject": "（無題）", "end_at": builders.instant("2026-07-08T09:00"), "path": SATO},
    {
        "subject": "backwards",
        "start_at": builders.instant("2026-07-08T09:00"),
        "end_at": builders.instant("2026-07-08T08:00"),
        "path": SATO,
    },
]
TABLES: dict[str, Sequence[Row]] = {
    "contacts": CONTACT_ROWS,
    "tasks": TASK_ROWS,
    "events": EVENT_ROWS,
    "messages": [{"subject": "Hello", "path": SATO}],
    "lists": [{"name": "Suppliers", "path": SATO}],
}


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """Return a project with two mailboxes, extracted."""
    found = builders.project(tmp_path)
    builders.extracted(found, TABLES)
    return found


def _written(project: Config, name: str) -> list[dict[str, Any]]:
    return builders.transformed(project, name, getattr(schemas, name.upper()))


def test_every_row_is_accounted_for(project: Config) -> None:
    """Seen = ready + merged + excluded + rejected, per table, and the tables hold what the accounts say."""
    report = transform.run(project)
    accounts = {account.table: account for account in report.accounts}
    assert accounts == {
        "accounts": Account(table="accounts", seen=3, written=1, merged=1, rejected=1),
        "contacts": Account(table="contacts", seen=5, written=2, merged=1, excluded={"own_domain": 1}, rejected=1),
        "tasks": Account(table="tasks", seen=2, written=2),
        "events": Account(table="events", seen=4, written=1, merged=1, rejected=2),
        "messages": Account(table="messages", seen=1, written=0, excluded={"mail_not_chosen": 1}),
        "lists": Account(table="lists", seen=1, written=0, excluded={"distribution_list_is_not_loaded": 1}),
    }
    manifest = store.Manifest.of(project.transformed)
    assert {name: manifest.rows(f"ready/{name}") for name in ("accounts", "contacts", "tasks", "events")} == {
        name: account.written for name, account in accounts.items() if name not in {"messages", "lists"}
    }
    assert manifest.inputs == {"extract": store.Manifest.of(project.extracted).key}
    assert len(_written(project, "exclusions")) == 1


def test_rejects_say_rule_field_and_place(project: Config) -> None:
    """A rejected row names the rule, the field, the reason and where it was read."""
    transform.run(project)
    rejects = {(row["table"], row["rule"], row["field"]) for row in _written(project, "rejects")}
    assert rejects == {
        ("accounts", "too_long", "Account_Name"),
        ("contacts", "no_last_name", "Last_Name"),
        ("events", "no_start_datetime", "Start_DateTime"),
        ("events", "ends_before_it_starts", "End_DateTime, Start_DateTime"),
    }
    for row in _written(project, "rejects"):
        assert row["stage"] == "transform"
        assert row["reason"]
        assert row["file_sha256"] in {builders.sha(SATO), builders.sha(DANA)}
        assert row["position"] > 0


def test_rejects_are_told_by_rule(project: Config) -> None:
    """What was rejected is said by table and rule, with the table that says why and what mends it."""
    notes = [note for note in transform.run(project).notes if note.startswith(("rejected", "which rows"))]
    assert notes == [
        "rejected: 1 of accounts by the rule too_long",
        "rejected: 1 of contacts by the rule no_last_name",
        "rejected: 1 of events by the rule ends_before_it_starts",
        "rejected: 1 of events by the rule no_start_datetime",
        f"which rows and why: the table {project.transformed / 'rejects'}; make repair writes them to be mended",
    ]


def test_contacts_point_to_their_account(project: Config) -> None:
    """A look-up holds the cluster_key of a ready account; one to a rejected account is dropped and listed."""
    transform.run(project)
    (account,) = builders.transformed(project, "ready/accounts", ACCOUNTS.schema())
    contacts = {row["Last_Name"]: row for row in builders.transformed(project, "ready/contacts", CONTACTS.schema())}
    assert contacts["高橋"]["Account_Name"] == account["cluster_key"]
    assert account["Account_Name"] in {"さくら電機㈱", "さくら電機（株）"}
    assert contacts["Grant"]["Account_Name"] is None
    assert "account_was_rejected" in {row["rule"] for row in _written(project, "changes")}


def test_ready_rows_know_where_they_come_from(project: Config) -> None:
    """A record carries the keys and items of all its copies, its mailbox and owner."""
    transform.run(project)
    merged = next(
        row for row in builders.transformed(project, "ready/contacts", CONTACTS.schema()) if row["Last_Name"] == "高橋"
    )
    assert merged["cluster_key"] == min(merged["source_keys"])
    assert merged["item_ids"] == sorted(f"{builders.sha(SATO)[:16]}:r{number}" for number in (1, 2))
    assert (merged["mailbox"], merged["owner"]) == ("sato", "hanako.sato@kaede.example")
    owners = {row["owner"] for row in builders.transformed(project, "ready/tasks", TASKS.schema())}
    assert owners == {"hanako.sato@kaede.example", "dana@kaede.example"}


def test_the_organizers_mailbox_owns_the_meeting(project: Config) -> None:
    """A meeting of two mailboxes is one event of its organizer."""
    transform.run(project)
    (event,) = builders.transformed(project, "ready/events", EVENTS.schema())
    rules = {row["rule"] for row in _written(project, "decisions") if row["table"] == "events"}
    assert rules == {"same_title_time_and_participants", "owner_of_organizers_copy"}
    assert event["owner"] == "hanako.sato@kaede.example"


def test_the_order_of_rows_changes_nothing(project: Config) -> None:
    """Tables read in another order give the same bytes."""
    transform.run(project)
    first = store.Manifest.of(project.transformed).tables
    with store.building(project.extracted) as stage:
        for table, schema in {**schemas.EXTRACTED, "files": schemas.FILES}.items():
            read = store.read_all(project.extracted, store.Manifest.of(project.extracted), table, schema)
            turned = read.to_pylist()[::-1]
            for part in (0, 1):  # and in two parts
                store.write_rows(turned[part::2], stage.path(table, part), schema)
        stage.finish("extract", inputs={})
    transform.run(project)
    assert store.Manifest.of(project.transformed).tables == first


def test_a_content_hash_follows_the_values_only(project: Config) -> None:
    """Another export of the same values has the same hash; another value has another."""
    transform.run(project)
    before = {row["Last_Name"]: row for row in builders.transformed(project, "ready/contacts", CONTACTS.schema())}
    changed = [{**row, "modified_at": builders.instant("2026-01-01")} for row in CONTACT_ROWS]
    changed[3]["job_title"] = "Buyer"
    builders.extracted(project, {**TABLES, "contacts": changed})
    transform.run(project)
    after = {row["Last_Name"]: row for row in builders.transformed(project, "ready/contacts", CONTACTS.schema())}
    assert before["高橋"]["content_hash"] == after["高橋"]["content_hash"]
    assert before["Grant"]["content_hash"] != after["Grant"]["content_hash"]
    assert {row["cluster_key"] for row in before.values()} == {row["cluster_key"] for row in after.values()}


def test_without_rows_all_tables_are_there(tmp_path: Path) -> None:
    """Nothing extracted makes empty tables, not missing ones."""
    project = builders.project(tmp_path)
    builders.extracted(project, {})
    report = transform.run(project)
    assert all(account.seen == 0 for account in report.accounts)
    assert builders.transformed(project, "ready/events", EVENTS.schema()) == []


def test_too_many_rejects_stop_the_run(tmp_path: Path) -> None:
    """When most rows are rejected the input is wrong as a whole: nothing is written."""
    project = builders.project(tmp_path)
    builders.extracted(project, {"contacts": [{"home_phone": f"03-0000-{number:04}"} for number in range(20)]})
    with pytest.raises(InputError, match="20 of 20 rows") as caught:
        transform.run(project)
    assert "max_reject_share" in caught.value.hint
    assert not project.transformed.exists()


def test_without_extract_there_is_nothing_to_do(tmp_path: Path) -> None:
    """The stage before is named when it did not run."""
    with pytest.raises(StageError) as caught:
        transform.run(builders.project(tmp_path))
    assert "make extract" in caught.value.hint


def test_values_without_a_field_are_counted(tmp_path: Path) -> None:
    """What has no field in the CRM is reported by column; Outlook's defaults are no values."""
    project = builders.project(tmp_path)
    rows: list[Row] = [{"surname": "a", "spouse": "b", "importance": "normal"}, {"surname": "c", "children": "b"}]
    rows += [{"nickname": "stands in"}, {"surname": "d", "nickname": "does not"}]
    builders.extracted(project, {"contacts": rows})
    report = transform.run(project)
    assert report.notes == (
        "values without a field in the CRM yet: contacts.nickname 1, contacts.spouse 1, contacts.children 1",
    )
    facts = store.Manifest.of(project.transformed).facts
    assert facts["unmapped"]["contacts"] == {"nickname": 1, "spouse": 1, "children": 1}


@pytest.mark.parametrize(("setting", "names"), [("apart", ["Fletcher", "Stone"]), ("merge", ["Stone"])])
def test_one_address_of_several_surnames_is_a_setting(tmp_path: Path, setting: str, names: list[str]) -> None:
    """Who share an address are kept apart and listed; or the address alone decides, and what lost is listed."""
    settings = f'{builders.MAILBOXES}[duplicates]\none_address_several_surnames = "{setting}"\n'
    project = builders.project(tmp_path, settings)
    shared = {"email1": "info@hexagon.example"}
    rows: list[Row] = [
        {**shared, "surname": "Fletcher", "modified_at": builders.instant("2026-01-01T00:00")},
        {**shared, "surname": "Stone", "modified_at": builders.instant("2026-02-01T00:00")},
    ]
    builders.extracted(project, {"contacts": rows})
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    assert sorted(row["Last_Name"] for row in ready) == names
    (decision,) = builders.transformed(project, "decisions", schemas.DECISIONS)
    is_merged = setting == "merge"
    assert (decision["verdict"], decision["rule"]) == (
        ("same", "same_email") if is_merged else ("unsure", "same_email_other_surname")
    )
    lost = [row["old"] for row in builders.transformed(project, "changes", schemas.CHANGES)]
    assert lost == (["Fletcher"] if is_merged else [])
