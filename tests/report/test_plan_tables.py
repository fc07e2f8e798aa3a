"""The plan as tables: what would be done with every row and field, and that nothing is sent for it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import load
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load.approval import Approver
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS
from tests.load import world
from tests.load.build import ready
from tests.load.test_managers import lead
from tests.load.world import Crm

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run a sandbox for all tests of this module."""
    with world.crm(tmp_path_factory.mktemp("crm")) as one:
        yield one


@pytest.fixture
def crm(running: Crm) -> Crm:
    """Return the sandbox as it was at first."""
    running.begin_anew()
    return running


def rows(**bob: Any) -> dict[str, list[dict[str, Any]]]:
    """Return ready tables of a company, two contacts with one address, and a meeting with them."""
    people = [{"role": "required", "name": "n", "email": email} for email in ("info@ray.example", "x@else.example")]
    return {
        "accounts": [ready(ACCOUNTS, "acc", Account_Name="Kita")],
        "contacts": [
            ready(CONTACTS, "bob", Last_Name="Ray", First_Name="Bob", Email="bob@ray.example", Account_Name="acc")
            | bob,
            ready(CONTACTS, "desk", Last_Name="Desk", Email="info@ray.example"),
            ready(CONTACTS, "desk2", Last_Name="Front", Email="front@ray.example", Secondary_Email="info@ray.example"),
        ],
        "events": [
            ready(EVENTS, "meet", Event_Title="Meet", Participants=people, All_day=False)
            | {"Start_DateTime": NINE, "End_DateTime": NINE.replace(hour=1)}
        ],
    }


def planned(config: Config, crm: Crm) -> Report:
    """Plan, and send nothing."""
    crm.pass_a_minute()
    return load.run(config, crm.connection, plans_only=True)


def table(report: Report, name: str) -> list[dict[str, Any]]:
    """Return a table of the plan."""
    assert report.tables is not None
    rows: list[dict[str, Any]] = pq.read_table(report.tables / f"{name}.parquet").to_pylist()
    return rows


def files(report: Report) -> dict[str, bytes]:
    """Return the bytes of a plan, but for what is true only now."""
    assert report.tables is not None
    return {path.name: path.read_bytes() for path in report.tables.iterdir() if path.name != "moment.json"}


def changed(fields: list[dict[str, Any]], key: str) -> dict[str, tuple[Any, Any]]:
    """Return field → old and new value that would be written."""
    return {
        one["field"]: (one["old"], one["new"]) for one in fields if one["cluster_key"] == key and one["rule"] == "write"
    }


def test_a_plan_says_what_is_created_and_sends_nothing(tmp_path: Path, crm: Crm) -> None:
    """Every row has its action, every field its new value; a look-up is told by name; the CRM sees no change."""
    before = crm.last_request()
    report = planned(world.project(tmp_path / "p", rows()), crm)
    assert [(one.module, one.rows, one.create) for one in report.plans if one.rows] == [
        ("Accounts", 1, 1),
        ("Contacts", 3, 3),
        ("Events", 1, 1),
    ]
    assert {(one["title"], one["action"], one["mailbox"]) for one in table(report, "plan")} == {
        ("Kita", "create", "sato"),
        ("Ray Bob", "create", "sato"),
        ("Desk", "create", "sato"),
        ("Front", "create", "sato"),
        ("Meet", "create", "sato"),
    }
    assert changed(table(report, "fields"), "bob") == {
        "Last_Name": (None, "Ray"),
        "First_Name": (None, "Bob"),
        "Email": (None, "bob@ray.example"),
        "Account_Name": (None, "Kita"),
    }
    assert crm.changes(before) == []


def test_a_second_pass_over_a_module_is_counted_once(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reports to whom is written when the contacts have ids: rows of their own, beside those of the contacts."""
    lead(monkeypatch, {"desk": "bob"})
    report = planned(world.project(tmp_path / "p", rows()), crm)
    counts = Counter(one["module"] for one in table(report, "plan"))
    assert counts == {one.module: one.rows for one in report.plans if one.rows}
    assert (counts["Contacts"], counts["managers"]) == (3, 1)
    assert changed([one for one in table(report, "fields") if one["module"] == "managers"], "desk") == {
        "Reporting_To": (None, "Ray Bob")
    }
    assert [one["title"] for one in table(report, "plan") if one["module"] == "managers"] == ["Desk"]


def test_an_address_of_several_contacts_is_named(tmp_path: Path, crm: Crm) -> None:
    """A participant who could be several contacts is in the plan."""
    report = planned(world.project(tmp_path / "p", rows()), crm)
    assert [(one["cluster_key"], one["new"]) for one in table(report, "fields") if one["rule"] == "several_contacts"] \
        == [("meet", "info@ray.example")]  # fmt: skip


def test_an_update_has_old_and_new_and_a_conflict_both_sides(tmp_path: Path, crm: Crm) -> None:
    """What we wrote is replaced, old beside new; what a person changed since is kept, theirs beside ours."""
    world.run(world.project(tmp_path / "p", rows(Phone="03-1", Title="Chief", Account_Name=None)), crm)
    bob = next(one for one in crm.records("Contacts", "Email") if one["Email"] == "bob@ray.example")
    crm.write("PUT", "Contacts", id=bob["id"], Phone="03-9")
    report = planned(world.project(tmp_path / "p", rows(Phone="03-2", Title="Head")), crm)
    fields = table(report, "fields")
    assert changed(fields, "bob") == {"Title": ("Chief", "Head"), "Account_Name": (None, "Kita")}
    assert [(one["rule"], one["old"], one["new"]) for one in fields if one["field"] == "Phone"] == [
        ("conflict", "03-9", "03-2")
    ]
    (account,) = (one for one in report.plans if one.module == "Contacts")
    assert (account.update, account.unchanged) == (1, 2)


def test_rows_that_nobody_can_tell_are_unsure(tmp_path: Path, crm: Crm) -> None:
    """Two rows that are one record of the CRM are listed with why, and not sent."""
    crm.write("POST", "Accounts", Account_Name="Kita")
    crm.write("POST", "Accounts", Account_Name="Kita")
    report = planned(world.project(tmp_path / "p", rows()), crm)
    assert next((one["action"], one["code"]) for one in table(report, "plan") if one["module"] == "Accounts") == (
        "unsure",
        "several_records",
    )


def test_the_same_plan_is_the_same_bytes(tmp_path: Path, crm: Crm) -> None:
    """Planning again gives the same hash and the same tables, and the load carries out just that."""
    config = world.project(tmp_path / "p", rows())
    first = planned(config, crm)
    held = files(first)
    second = planned(config, crm)
    assert second.facts == first.facts
    assert files(second) == held
    assert json.loads(held["plan.json"])["hash"] == first.facts["plan"]
    world.run(config, crm)
    with closing(sqlite3.connect(next(config.audit.glob("*/ledger.sqlite")))) as db:
        assert db.execute("SELECT plan FROM runs ORDER BY run DESC").fetchone() == (first.facts["plan"],)


def real(crm: Crm) -> Any:
    """Return a connection to the sandbox as if it were a real CRM."""
    return replace(crm.connection, target="crm")


@pytest.mark.parametrize("answer", ["no", "", "yes"], ids=["no", "nothing", "a word that is not the hash"])
def test_a_real_crm_gets_nothing_without_the_hash(tmp_path: Path, crm: Crm, answer: str) -> None:
    """On a terminal a person types the beginning of the hash; anything else ends before any change."""
    config = world.project(tmp_path / "p", rows())
    before = crm.last_request()
    with pytest.raises(SettingsError, match="was not approved"):
        load.run(config, real(crm), approver=Approver("", lambda _question: answer))
    assert crm.changes(before) == []


@pytest.mark.parametrize("way", ["terminal", "hash"])
def test_who_approved_what_and_when_is_in_the_ledger(tmp_path: Path, crm: Crm, way: str) -> None:
    """The plan, the person, the time and the way are kept beside the run."""
    config = world.project(tmp_path / "p", rows())
    crm.pass_a_minute()
    digest = str(load.run(config, real(crm), plans_only=True).facts["plan"])
    approver = Approver(digest) if way == "hash" else Approver("", lambda question: _typed(question, digest))
    assert load.run(config, real(crm), approver=approver).is_clean
    with closing(sqlite3.connect(next(config.audit.glob("*/ledger.sqlite")))) as db:
        ((plan, by, at, noted),) = db.execute("SELECT plan, approved_by, approved_at, way FROM approvals")
    assert (plan, noted) == (digest, way)
    assert "@" in by
    assert at.endswith("+00:00")


def _typed(question: str, digest: str) -> str:
    assert digest in question
    return digest[:8]
