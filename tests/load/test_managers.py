"""Who reports to whom: written when the contacts have ids, once, of the kind that the org has, and only then."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.config import Config
from pipeline.load import managers
from pipeline.load import rows as load_rows
from pipeline.load.rows import Ready
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.targets import CONTACTS
from tests.load import world
from tests.load.build import ready
from tests.load.test_crash import Failing, Killed
from tests.load.test_forecast import told_of_credits
from tests.load.world import Crm

REPORTS = {"bob": "ann", "eve": "bob", "dan": "nobody", "ann": "ann"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as crm:
        yield crm


@pytest.fixture
def crm(running: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Return the sandbox as it was at first; every contact that is loaded has the manager of `REPORTS`."""
    running.begin_anew()
    lead(monkeypatch, REPORTS)
    return running


def lead(monkeypatch: pytest.MonkeyPatch, reports: dict[str, str]) -> None:
    """Give the rows that are read their managers."""
    read = READ

    def led(config: Config) -> Ready:
        found = read(config)
        people = tuple(row._replace(manager=reports.get(row.cluster_key, "")) for row in found.tables["Contacts"])
        return replace(found, tables={**found.tables, "Contacts": people})

    monkeypatch.setattr(load_rows, "read", led)


READ: Callable[[Config], Ready] = load_rows.read


def project(directory: Path, toml: str = world.BULK, **more: Any) -> Config:
    """Return a project of four contacts."""
    people = [
        ready(CONTACTS, name, Last_Name=name.title(), First_Name="X", Email=f"{name}@x.example", **more)
        for name in ("bob", "ann", "eve", "dan")
    ]
    return world.project(directory / "p", {"contacts": people}, toml)


def led_by(crm: Crm, field: str = managers.LOOKUP) -> dict[str, str | None]:
    """Return who reports to whom in the CRM."""
    found = [one for one in crm.records("Contacts", f"Last_Name,Outlook_Key,{field}") if one["Outlook_Key"]]
    plain = ((one["Last_Name"], one[field]) for one in found)
    return {name: value["name"] if isinstance(value, dict) else value for name, value in plain}


LED = {"Bob": "X Ann", "Eve": "X Bob", "Dan": None, "Ann": None}


@pytest.mark.parametrize("toml", [world.BULK, '[zoho]\ntransport = "records"\n'])
def test_second_pass(tmp_path: Path, crm: Crm, toml: str) -> None:
    """Managers are written after all contacts are there, in any order of the rows; a second load writes nothing."""
    config = project(tmp_path, toml)
    report = world.run(config, crm)
    assert led_by(crm) == LED
    second = world.counts(report, managers.TITLE)
    assert (second.to_send, second.updated, second.unchanged) == (3, 2, 1)
    assert any("managers: Reporting_To of 1 row left out: the record it points to" in note for note in report.notes)
    said = told_of_credits(report)
    assert said is not None
    assert said[0] - said[2] == said[1]
    last = crm.last_request()
    again = world.run(config, crm)
    assert (crm.changes(last), again.is_clean) == ([], True)


def test_another_manager(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed manager is one update, together with other changes of the record; what a person set since is kept."""
    world.run(project(tmp_path), crm)
    ids = {one["Last_Name"]: one["id"] for one in crm.records("Contacts", "Last_Name")}
    crm.write("PUT", "Contacts", id=ids["Eve"], Reporting_To={"id": ids["Dan"]})
    lead(monkeypatch, {"bob": "dan", "eve": "ann"})
    report = world.run(project(tmp_path, Title="Chief"), crm)
    assert led_by(crm) == {**LED, "Bob": "X Dan", "Eve": "X Dan"}
    assert world.counts(report, managers.TITLE).updated == 1
    assert any("Reporting_To of 1 row changed by a person after us" in note for note in report.notes)
    assert {one["Title"] for one in crm.records("Contacts", "Title,Outlook_Key") if one["Outlook_Key"]} == {"Chief"}


def test_changed_between_the_passes(tmp_path: Path, crm: Crm) -> None:
    """A manager that a person sets between the two passes is not overwritten."""
    config = project(tmp_path)
    ids: dict[str, str] = {}

    class Meddling(requests.Session):
        def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]  # passes all on
            if not ids and "Reporting_To" in (more.get("params") or {}).get("fields", "") and "ids" in more["params"]:
                ids.update({one["Last_Name"]: one["id"] for one in crm.records("Contacts", "Last_Name")})
                crm.write("PUT", "Contacts", id=ids["Bob"], Reporting_To={"id": ids["Dan"]})
            return super().request(method, url, **more)

    crm.pass_a_minute()
    with Meddling() as session:
        report = run_over(session, config, crm.connection)
    assert led_by(crm) == {**LED, "Bob": "X Dan"}
    assert (world.counts(report, managers.TITLE).skipped, world.counts(report, managers.TITLE).updated) == (1, 1)


def put(method: str, url: str) -> bool:
    """Tell whether a request updates contacts."""
    return method == "PUT" and url.endswith("/crm/v8/Contacts")


@pytest.mark.parametrize("has_key", [pytest.param(True, id="key field"), pytest.param(False, id="no key field")])
@pytest.mark.parametrize("sends", [pytest.param(False, id="before"), pytest.param(True, id="after")])
@pytest.mark.parametrize("error", [Killed(), requests.ReadTimeout()], ids=["killed", "no answer"])
def test_ended_in_the_second_pass(
    tmp_path: Path, crm: Crm, error: BaseException, *, sends: bool, has_key: bool
) -> None:
    """Wherever the second pass ends, the next load makes up for it, and one more has nothing to do."""
    if not has_key:
        crm.without_key_field()
    config = project(tmp_path)
    crm.pass_a_minute()
    with Failing(put, sends=sends, error=error) as session:
        with suppress(Killed):
            run_over(session, config, crm.connection)
        assert session.met == 1
    report = world.run(config, crm)
    last = crm.last_request()
    world.run(config, crm)
    assert (report.is_clean, crm.changes(last)) == (True, [])
    people = {one["Last_Name"]: one[managers.LOOKUP] for one in crm.records("Contacts", "Last_Name,Reporting_To")}
    assert {name: (people[name] or {}).get("name") for name in LED} == LED


def failed_contacts(report: Report) -> int:
    """Return how many rows of the second pass were left."""
    return world.counts(report, managers.TITLE).skipped


def test_contact_that_did_not_come_to_be(tmp_path: Path, crm: Crm) -> None:
    """Where a contact was not made, nothing is written about its manager, and it is nobody's."""
    crm.meet({"name": "job_failed", "method": "POST", "path": "/crm/bulk/v8/write", "skip": 0})
    report = world.run(project(tmp_path), crm)
    assert failed_contacts(report) == 2
    crm.no_more_faults()
    assert world.run(project(tmp_path), crm).is_clean
    assert led_by(crm) == LED


def test_old_org(tmp_path: Path, crm: Crm) -> None:
    """In an org whose field is text the manager's name is written; in one that has none, nothing."""
    crm.control("DELETE", "fields/Contacts/Reporting_To")
    report = world.run(project(tmp_path), crm)
    assert any("Reporting_To of 3 rows left out: this org has no such field" in note for note in report.notes)
    crm.control("PUT", "fields/Contacts/Reports_To", {"data_type": "text", "length": 50})
    world.run(project(tmp_path), crm)
    assert led_by(crm, managers.TEXT) == {"Bob": "Ann X", "Eve": "Bob X", "Dan": None, "Ann": None}
    last = crm.last_request()
    world.run(project(tmp_path), crm)
    assert crm.changes(last) == []
