"""The preflight: each thing that stands in the way of a load is found, and says what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import load
from pipeline.errors import SettingsError
from pipeline.load import Finding, Level, scopes
from tests.load import promise, world
from tests.load.world import Crm


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all findings; each test begins anew."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def found(directory: Path, crm: Crm, toml: str = "", *, creates_key: bool = False) -> list[Finding]:
    """Return what the doctor finds that is not fine, but for what it cannot ask."""
    config = world.project(directory / "p", promise.rows(1), toml)
    findings = load.examine(config, crm.connection, creates_key=creates_key)
    return [one for one in findings if one.level is not Level.FINE and "sync" not in one.what]


def test_nothing_in_the_way(tmp_path: Path, crm: Crm) -> None:
    """The sandbox as it is made is fit; nothing was changed by looking."""
    crm.begin_anew()
    last = crm.last_request()
    assert found(tmp_path, crm) == []
    assert crm.changes(last) == []


@pytest.mark.parametrize(
    ("field", "change", "level", "what"),
    [
        pytest.param("Outlook_Key", {"is_unique": False}, Level.BAD, "is there, but not unique", id="key not unique"),
        pytest.param("Department", {"is_unused": True}, Level.LOOK, "swallows what is sent", id="unused field"),
        pytest.param("Title", {"length": 20}, Level.LOOK, "Title holds 20 characters here, 100 elsewhere", id="short"),
        pytest.param("Twitter", {"is_required": True}, Level.BAD, "Twitter is mandatory", id="mandatory by layout"),
        pytest.param("Twitter", {"is_mandatory": True}, Level.BAD, "Twitter is mandatory", id="mandatory"),
    ],
)
def test_fields(  # noqa: PLR0913, PLR0917 - the columns of the table
    tmp_path: Path, crm: Crm, field: str, change: dict[str, object], level: Level, what: str
) -> None:
    """A field that is not as the load needs it is one finding, with what to do."""
    crm.begin_anew()
    crm.control("PUT", f"fields/Contacts/{field}", change)
    (finding,) = found(tmp_path, crm)
    assert (finding.level, what in finding.what, bool(finding.todo)) == (level, True, True)


def test_pick_list(tmp_path: Path, crm: Crm) -> None:
    """Values of ours that the org's pick list lacks are named."""
    crm.begin_anew()
    crm.control("PUT", "fields/Tasks/Priority", {"values": ["High", "Low"]})
    (finding,) = found(tmp_path, crm)
    assert finding.what == "Tasks: Priority has no Normal."


def test_key_field_is_created(tmp_path: Path, crm: Crm) -> None:
    """Where the key field is missing it is offered, and created when asked for; then all is fit."""
    crm.begin_anew()
    crm.without_key_field()
    offered = found(tmp_path, crm)
    assert [one.level for one in offered] == [Level.BAD] * 4
    assert all("CREATE_KEY=yes" in one.todo for one in offered)
    assert found(tmp_path, crm, creates_key=True) == []
    assert found(tmp_path, crm) == []


@pytest.mark.parametrize(("position", "name"), [("shared", "Outlook_Key_Events"), ("own", "Outlook_Key")])
def test_key_field_of_activities(tmp_path: Path, crm: Crm, position: str, name: str) -> None:
    """Where Tasks and Events share the labels of their fields, the key of Events has a name of its own, and is used."""
    crm.begin_anew()
    crm.without_key_field()
    crm.turn(activity_labels=position)
    found(tmp_path, crm, creates_key=True)
    assert found(tmp_path, crm) == []
    config = world.project(tmp_path / "p", promise.rows(2))
    assert world.run(config, crm).is_clean
    last = crm.last_request()
    for ledger in config.audit.rglob("ledger.sqlite*"):
        ledger.unlink()
    assert world.run(config, crm).is_clean
    assert crm.changes(last) == []  # found by their keys, though nothing is remembered
    assert sorted(one[name] for one in crm.records("Events", name)) == ["meet0", "meet1"]


def test_workflow_rules_that_cannot_be_read(tmp_path: Path, crm: Crm) -> None:
    """Where the token may not list workflow rules, that is said of each module that bulk write could take."""
    crm.begin_anew()
    crm.turn(workflow_rules="refused")
    findings = found(tmp_path, crm)
    assert {one.what.partition(":")[0] for one in findings} == {"Accounts", "Contacts"}
    assert all("cannot be read (OAUTH_SCOPE_MISMATCH)" in one.what for one in findings)


def test_scopes(tmp_path: Path, crm: Crm) -> None:
    """A scope that the token lacks is named with what cannot be done without it, though a load would not miss it."""
    crm.begin_anew()
    few = ("bulk.READ", "bulk.CREATE", "modules.ALL", "users.READ", "org.READ", "settings.fields.READ",
           "settings.modules.ALL")  # fmt: skip
    crm.control("PUT", "scope", {"scope": " ".join(["ZohoFiles.files.ALL", *(f"ZohoCRM.{one}" for one in few)])})
    lacking = [one for one in found(tmp_path, crm) if "lacks the scope" in one.what]
    assert [one.what.partition(": ")[0].split()[-1] for one in lacking] == [
        "ZohoCRM.settings.layouts.READ",
        "ZohoCRM.settings.workflow_rules.READ",
    ]
    assert all(one.level is Level.BAD and "README.md" in one.todo for one in lacking)


@pytest.mark.parametrize(
    ("granted", "needed", "is_enough"),
    [
        ("ZohoCRM.settings.ALL", "ZohoCRM.settings.fields.READ", True),
        ("ZohoCRM.settings.fields.ALL,ZohoCRM.org.READ", "ZohoCRM.settings.fields.READ", True),
        ("ZohoCRM.settings.fields.READ", "ZohoCRM.settings.fields.CREATE", False),
        ("ZohoCRM.bulk.READ ZohoCRM.bulk.CREATE", "ZohoCRM.bulk.ALL", True),
        ("ZohoCRM.bulk.READ", "ZohoCRM.bulk.ALL", False),
        ("ZohoCRM.modules.ALL", "ZohoCRM.bulk.ALL", False),
    ],
)
def test_scope_that_covers(granted: str, needed: str, *, is_enough: bool) -> None:
    """A scope covers itself, its ALL all its parts, and both of reading and creating make a whole."""
    assert (list(scopes.lacking(granted, {needed: "it"})) == []) is is_enough


def test_workflow_rules(tmp_path: Path, crm: Crm) -> None:
    """Active rules that a bulk write could fire are named, until the operator has declared them checked."""
    crm.begin_anew()
    crm.control("PUT", "workflow_rules", {"rules": [
        {"module": "Contacts", "name": "Greet", "active": True}, {"module": "Tasks", "name": "Old", "active": False},
    ]})  # fmt: skip
    (finding,) = found(tmp_path, crm)
    assert ('1 rules: "Greet"' in finding.what, "workflows_checked" in finding.todo) == (True, True)
    (finding,) = found(tmp_path, crm, '[zoho]\nworkflows_checked = ["Contacts"]')
    assert "declared checked" in finding.what
    crm.control("PUT", "workflow_rules", {"rules": []})


def test_owners(tmp_path: Path, crm: Crm) -> None:
    """An owner who is no active user of the CRM is found."""
    crm.begin_anew()
    (finding,) = found(tmp_path, crm, '[owners]\nfallback = "ken.mori@kaede-shoji.example"')
    assert "[owners] fallback" in finding.what


def test_partial_view(tmp_path: Path, crm: Crm) -> None:
    """A user who is no administrator stops a load to a real CRM, unless the operator accepts it."""
    crm.begin_anew()
    crm.control("PUT", "profile", {"name": "Standard"})
    try:
        (finding,) = found(tmp_path, crm)
        assert (finding.level, "accept_partial_view" in finding.todo) == (Level.BAD, True)
        config = world.project(tmp_path / "q", promise.rows(1))
        with pytest.raises(SettingsError, match="no administrator"):
            load.run(config, replace(crm.connection, target="crm"))
    finally:
        crm.control("PUT", "profile", {"name": "Administrator"})


def test_fields_are_kept(tmp_path: Path, crm: Crm) -> None:
    """The fields of the org are kept for who maps without the network: API name, label, type, length, choices."""
    crm.control("PUT", "fields/Contacts/field1", {"label": "フリガナ", "data_type": "text", "length": 80})
    config = world.project(tmp_path / "p", {})
    load.examine(config, crm.connection)
    (path,) = config.audit.glob("sandbox-*/fields.json")
    fields = {one["api_name"]: one for one in json.loads(path.read_text(encoding="utf-8"))["modules"]["Contacts"]}
    assert (fields["field1"]["label"], fields["field1"]["length"]) == ("フリガナ", 80)
    assert ["Cold Call", "Cold Call"] in fields["Lead_Source"]["choices"]
