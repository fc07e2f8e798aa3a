"""The snapshot: which modules and fields it holds, how it is kept and brought up to date, and when it is read anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.config import Config
from pipeline.load import catch_up, snapshot
from pipeline.load.snapshot import Kept
from pipeline.load.stage import run_over
from pipeline.targets import CONTACTS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

READ = "/crm/bulk/v8/read"


def project(tmp_path: Path, toml: str = world.BULK, **bob: Any) -> Config:
    """Return a project with two contacts."""
    people = [
        ready(CONTACTS, "bob", Last_Name="Ray", First_Name="Bob", Email="bob@ray.example", **bob),
        ready(CONTACTS, "eve", Last_Name="Day", First_Name="Eve", Email="eve@day.example", **bob),
    ]
    return world.project(tmp_path / "p", {"contacts": people}, toml)


def kept(config: Config) -> dict[str, Kept]:
    """Return the snapshot that is kept."""
    (directory,) = config.audit.glob("sandbox-*/snapshot")
    return snapshot.restored(directory)


def texts(config: Config) -> dict[str, list[dict[str, str]]]:
    """Return every record of the snapshot, by module."""
    return {module: one.table.sort_by("id").to_pylist() for module, one in kept(config).items()}


def forget(config: Config) -> None:
    """Lose the snapshot."""
    for path in config.audit.glob("sandbox-*/snapshot/manifest.json"):
        path.unlink()


def test_what_it_holds(tmp_path: Path, crm: Crm) -> None:
    """It holds accounts, contacts, leads, deals, tasks, events, cases: keys, times, what could be overwritten."""
    config = project(tmp_path)
    lead = crm.write("POST", "Leads", Last_Name="Low", Company="Low Ltd", Email="low@low.example")
    crm.write("POST", "Cases", Subject="Late", Status="New", Case_Origin="Web")
    world.run(config, crm)
    found = kept(config)
    assert set(found) == {"Accounts", "Contacts", "Leads", "Deals", "Tasks", "Events", "Cases"}
    assert {"Outlook_Key", "Phone", "Reporting_To", "Owner", "Modified_Time"} <= {*found["Contacts"].table.column_names}
    assert {"Deal_Name", "Contact_Name"} <= {*found["Deals"].table.column_names}
    assert [one["Subject"] for one in found["Cases"].table.to_pylist()] == ["Late"]
    assert (lead, "low@low.example") in {(one["id"], one["Email"]) for one in found["Leads"].table.to_pylist()}


def test_brought_up_to_date(tmp_path: Path, crm: Crm) -> None:
    """A later load reads only what was changed, added or deleted since, and then holds what a whole reading gives."""
    config = project(tmp_path)
    world.run(config, crm)
    grant = next(one["id"] for one in crm.records("Contacts", "Last_Name") if one["Last_Name"] == "Grant")
    fair = next(one["id"] for one in crm.records("Contacts", "Last_Name") if one["Last_Name"] == "Fairweather")
    crm.write("PUT", "Contacts", id=grant, Title="Head", Email_Opt_Out=True)
    crm.delete("Contacts", fair)
    crm.write("POST", "Events", Event_Title="E", Start_DateTime="2026-05-20T09:00:00+09:00",
              End_DateTime="2026-05-20T10:00:00+09:00", All_day=True)  # fmt: skip
    last = crm.last_request()
    assert world.counts(world.run(config, crm), "Contacts").unchanged == 2
    assert crm.asked("POST", READ, last) == []
    renewed = texts(config)
    assert {one["id"]: one["Title"] for one in renewed["Contacts"]}[grant] == "Head"
    assert fair not in {one["id"] for one in renewed["Contacts"]}
    forget(config)
    world.run(config, crm)
    assert len(crm.asked("POST", READ, last)) == len(renewed)
    assert texts(config) == renewed


def restored_in_crm(crm: Crm, _config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the CRM hold a record that it does not list as changed."""
    monkeypatch.setattr(catch_up, "_changed", lambda *_: [])
    crm.write("POST", "Contacts", Last_Name="Back")


def many_changes(crm: Crm, _config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change more than a few pages hold."""
    monkeypatch.setattr(catch_up, "_A_PAGE", 1)
    monkeypatch.setattr(catch_up, "_MOST_PAGES", 2)
    for name in ("A", "B", "C"):
        crm.write("POST", "Contacts", Last_Name=name)


def deleted_amid_pages(crm: Crm, _config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete a record while there are several pages to turn."""
    monkeypatch.setattr(catch_up, "_A_PAGE", 1)
    crm.delete("Contacts", crm.write("POST", "Contacts", Last_Name="A"))
    crm.write("POST", "Contacts", Last_Name="B")


def another_field(crm: Crm, _config: Config, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a field away from the org."""
    crm.control("DELETE", "fields/Contacts/Fax")


def damaged(_crm: Crm, config: Config, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage the tables."""
    (path,) = config.audit.glob("sandbox-*/snapshot/Contacts/*.parquet")
    path.write_bytes(path.read_bytes()[:-9])


def refused(_crm: Crm, _config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the CRM not tell how many records it has."""
    monkeypatch.setattr(catch_up, "_count", lambda *_: None)


@pytest.mark.parametrize(
    "happens", [restored_in_crm, many_changes, deleted_amid_pages, another_field, damaged, refused]
)
def test_read_anew(
    tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Crm, Config, Any], None]
) -> None:
    """Where bringing it up to date could miss something, a module is read whole."""
    config = project(tmp_path)
    world.run(config, crm)
    happens(crm, config, monkeypatch)
    last = crm.last_request()
    world.run(config, crm)
    assert any('"Contacts"' in one["body"] for one in crm.asked("POST", READ, last))
    assert {one["id"] for one in texts(config)["Contacts"]} == {one["id"] for one in crm.records("Contacts", "id")}


def test_never_kept(tmp_path: Path, crm: Crm) -> None:
    """With [zoho] snapshot_hours = 0 each load reads everything."""
    config = project(tmp_path, f"{world.BULK}snapshot_hours = 0\n")
    world.run(config, crm)
    last = crm.last_request()
    world.run(config, crm)
    assert len(crm.asked("POST", READ, last)) == 7


class Meddling(requests.Session):
    """Lets a person do something just before the load looks whether its records are still as they were."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        super().__init__()
        self._meddle: Callable[[], object] | None = meddle

    def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]  # passes all on
        """Send a request."""
        if self._meddle and "ids" in (more.get("params") or {}):
            meddle, self._meddle = self._meddle, None
            meddle()
        return super().request(method, url, **more)


@pytest.mark.parametrize("transport", ["bulk", "records"])
@pytest.mark.parametrize("is_deleted", [pytest.param(False, id="changed"), pytest.param(True, id="deleted")])
def test_moved_since_the_plan(tmp_path: Path, crm: Crm, transport: str, *, is_deleted: bool) -> None:
    """A record changed or deleted in the CRM after the plan was made is left out and listed; the others go."""
    toml = f'[zoho]\ntransport = "{transport}"\n'
    world.run(project(tmp_path, toml), crm)
    bob = next(one["id"] for one in crm.records("Contacts", "Email") if one["Email"] == "bob@ray.example")
    config = project(tmp_path, toml, Title="Chief")
    crm.pass_a_minute()

    def meddle() -> None:
        if is_deleted:
            crm.delete("Contacts", bob)
        else:
            crm.write("PUT", "Contacts", id=bob, Title="Queen")

    with Meddling(meddle) as session:
        report = run_over(session, config, crm.connection)
    account = world.counts(report, "Contacts")
    assert (account.updated, account.skipped) == (1, 1)
    assert any("1 row skipped: moved_since, their records were changed in the CRM" in note for note in report.notes)
    left = [one for one in world.tables(config, report, "outcomes") if one["code"] == "moved_since"]
    assert [(one["crm_id"], one["result"]) for one in left] == [(bob, "skipped")]
    titles = {one["Email"]: one["Title"] for one in crm.records("Contacts", "Email,Title")}
    assert titles["eve@day.example"] == "Chief"
    assert titles.get("bob@ray.example") == (None if is_deleted else "Queen")
    if not is_deleted:
        again = world.run(config, crm)
        assert any("Title of 1 row changed by a person after us" in note for note in again.notes)
