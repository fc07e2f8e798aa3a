"""The layout that new records get: found by id or name, refused before anything is sent, never given to old records."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import load
from pipeline.errors import SettingsError
from pipeline.load import Finding, Level, layouts
from pipeline.load.layouts import Layout
from pipeline.targets import CONTACTS, EVENTS
from tests.load import promise, world
from tests.load.build import ready
from tests.load.world import Crm

STANDARD = Layout("1", "Standard", "標準", is_active=True, required=frozenset({"Last_Name"}))
CLIENTS = Layout("2", "Clients", "", is_active=True, required=frozenset({"Twitter"}))
OLD = Layout("3", "Old", "", is_active=False, required=frozenset())
TWINS = tuple(replace(CLIENTS, id=one, name="Twin") for one in ("4", "5"))
KNOWN = (STANDARD, CLIENTS, OLD, replace(OLD, id="6", name="Clients"), *TWINS)
RAY = {"Last_Name": "Ray", "First_Name": "Bob", "Email": "bob@ray.example"}


def wished(layout: str, table: str = "contacts", transport: str = "records") -> str:
    """Return settings that give new records a layout."""
    mapping = f'[[mapping]]\ntable = "{table}"\nfield = "Layout"\nconstant = "{layout}"\n'
    return f'[zoho]\ntransport = "{transport}"\n{mapping}'


def added(crm: Crm, module: str = "Contacts", **more: Any) -> str:
    """Add a layout to a module of the sandbox; return its id."""
    return str(crm.control("POST", f"layouts/{module}", {"name": "顧客", **more})["id"])


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        pytest.param("2", "2", id="by id"),
        pytest.param(
            "ｃｌｉｅｎｔｓ", "2", id="by name in other case and width; the inactive one of that name is not meant"
        ),
        pytest.param("標準", "1", id="by what people see"),
        pytest.param("", "", id="none"),
    ],
)
def test_layout_by_id_or_name(wish: str, found: str) -> None:
    """A layout is named by its id, or by its name as people see it; then its id is what is written."""
    assert layouts.resolved(replace(CONTACTS, layout=wish), KNOWN).layout == found


@pytest.mark.parametrize(
    ("wish", "known", "message", "hint"),
    [
        pytest.param("9", KNOWN, "no layout 9", "Standard (1), Clients (2), Twin (4), Twin (5).", id="unknown"),
        pytest.param("Old", KNOWN, "Old is not active", "Standard (1)", id="inactive by name"),
        pytest.param("3", KNOWN, "3 is not active", "Standard (1)", id="inactive by id"),
        pytest.param("twin", KNOWN, "are called twin: 4, 5", "id of one of them", id="two of one name"),
        pytest.param("Clients", None, "may not read layouts", "ZohoCRM.settings.layouts.READ", id="a name, unread"),
    ],
)
def test_layout_that_is_refused(wish: str, known: tuple[Layout, ...] | None, message: str, hint: str) -> None:
    """What names no one active layout is refused, with those that there are."""
    with pytest.raises(SettingsError) as refused:
        layouts.resolved(replace(CONTACTS, layout=wish), known)
    assert (message in refused.value.message, hint in refused.value.hint) == (True, True)
    assert "nothing was sent" in refused.value.message


def test_an_id_is_taken_where_layouts_may_not_be_read() -> None:
    """A token that may not read layouts takes an id as it is."""
    assert layouts.resolved(replace(CONTACTS, layout="42"), None).layout == "42"


def test_what_is_mandatory_is_of_the_chosen_layout() -> None:
    """The fields required are those of the layout that new records get, else of the first."""
    assert [layouts.required(wish, KNOWN) for wish in ("", "Clients", "9")] == [
        frozenset({"Last_Name"}), frozenset({"Twitter"}), frozenset({"Last_Name"}),
    ]  # fmt: skip
    assert layouts.required("Clients", None) == frozenset()


@pytest.mark.parametrize("transport", ["records", "bulk"])
@pytest.mark.parametrize("is_by_name", [False, True])
def test_only_new_records_get_the_layout(tmp_path: Path, crm: Crm, transport: str, *, is_by_name: bool) -> None:
    """A new contact has it, one that was there keeps its own, and the second load sends nothing."""
    own = added(crm)
    crm.write("POST", "Contacts", **RAY)
    people = [ready(CONTACTS, "bob", **RAY, Title="Dr"), ready(CONTACTS, "eve", Last_Name="山田")]
    config = world.project(
        tmp_path / "p", {"contacts": people}, wished("顧客" if is_by_name else own, "contacts", transport)
    )
    last = crm.last_request()
    assert world.run(config, crm).is_clean
    held = {one["Last_Name"]: one for one in crm.records("Contacts", "Last_Name,Title,Layout")}
    assert (held["山田"]["Layout"], held["Ray"]["Layout"]["name"]) == ({"id": own, "name": "顧客"}, "Standard")
    assert held["Ray"]["Title"] == "Dr"
    assert bool(crm.asked("POST", "/crm/bulk/v8/write", last)) is (transport == "bulk")
    last = crm.last_request()
    assert world.run(config, crm).is_clean
    assert crm.changes(last) == []


def test_events_get_theirs(tmp_path: Path, crm: Crm) -> None:
    """An event goes by the records API, with the layout of its own module."""
    own = added(crm, "Events")
    assert world.run(world.project(tmp_path / "p", promise.rows(1), wished("顧客", EVENTS.table)), crm).is_clean
    (meeting,) = (one for one in crm.records("Events", "Event_Title,Layout") if one["Event_Title"] == "Meet0")
    assert meeting["Layout"]["id"] == own


def test_an_unknown_layout_stops_the_load(tmp_path: Path, crm: Crm) -> None:
    """A layout that the org does not have is said before anything is sent, with those that it has."""
    config = world.project(tmp_path / "p", promise.rows(1), wished("Kunden"))
    last = crm.last_request()
    with pytest.raises(SettingsError, match="no layout Kunden") as refused:
        world.run(config, crm)
    assert "There are: Standard (" in refused.value.hint
    assert crm.changes(last) == []


def test_the_plan_names_the_layout(tmp_path: Path, crm: Crm) -> None:
    """Who approves a plan sees the layout, and another one is another plan; nothing else in it differs."""
    plans = []
    for number, name in enumerate(("Standard", "顧客")):
        added(crm, name="顧客") if number else None
        config = world.project(tmp_path / str(number), promise.rows(1), wished(name))
        report = load.run(config, crm.connection, plans_only=True)
        plans.append((report.facts["plan"], report.facts["credits"]))
        assert report.tables is not None
        (module,) = (one for one in json.loads((report.tables / "plan.json").read_text())["modules"] if "layout" in one)
        assert module["module"] == "Contacts"
        assert f"Contacts: new records get the layout {module['layout']}." in report.notes
    assert (plans[0][0] == plans[1][0], plans[0][1] == plans[1][1]) == (False, True)


def found(directory: Path, crm: Crm, toml: str) -> list[Finding]:
    """Return what the doctor says of layouts, and of what is mandatory."""
    config = world.project(directory / "p", promise.rows(1), toml)
    said = load.examine(config, crm.connection)
    return [one for one in said if "layout" in one.what.casefold() or "mandatory" in one.what]


def test_the_doctor_says_it(tmp_path: Path, crm: Crm) -> None:
    """The layout that is there with its mandatory fields, the one that is not, and what cannot be read are findings."""
    own = added(crm, required=["Twitter"])
    assert found(tmp_path, crm, "") == []
    fine, bad = found(tmp_path, crm, wished("顧客"))
    assert (fine.level, fine.what) == (Level.FINE, f"Contacts: new records get the layout {own}.")
    assert (bad.level, "Twitter is mandatory" in bad.what) == (Level.BAD, True)
    (bad,) = found(tmp_path, crm, wished("Kunden"))
    assert (bad.level, "no layout Kunden" in bad.what, own in bad.todo) == (Level.BAD, True, True)
    crm.control("PUT", "scope", {"scope": "ZohoCRM.modules.ALL ZohoCRM.users.READ ZohoCRM.org.READ "
                                          "ZohoCRM.settings.fields.READ ZohoCRM.settings.modules.ALL"})  # fmt: skip
    _lacking, look = found(tmp_path, crm, wished(own))
    assert (look.level, look.what) == (Level.LOOK, f"Contacts: whether the layout {own} is there cannot be read.")
    _lacking, bad = found(tmp_path, crm, wished("顧客"))
    assert (bad.level, "may not read layouts" in bad.what) == (Level.BAD, True)
