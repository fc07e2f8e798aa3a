"""A sandbox made like an org that a load has looked at: the same fields and records; a load into it is a rehearsal."""

from pathlib import Path

import pytest

from pipeline import sandbox
from pipeline.sandbox import SandboxError
from pipeline.targets import CONTACTS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

OWN = "Last_Name,First_Name,Email,Account_Name,Outlook_Key,Created_Time,Modified_Time,field1"


def test_rehearsal(tmp_path: Path) -> None:
    """Users, fields, pick lists, layouts and records are the org's, under their ids; what was loaded there is found."""
    people = [
        ready(CONTACTS, "bob", Last_Name="Ray", Email="bob@ray.example"),
        ready(CONTACTS, "eve", Last_Name="Day", Email="eve@day.example"),
    ]
    with world.crm(tmp_path / "real") as crm:
        crm.control("PUT", "fields/Contacts/field1", {"label": "フリガナ", "data_type": "text", "length": 80})
        crm.control("PUT", "fields/Tasks/Priority", {"values": ["-None-", "A"], "shown": ["-None-", "高"]})
        layout = crm.control("POST", "layouts/Contacts", {"name": "Clients", "label": "顧客"})["id"]
        config = world.project(tmp_path / "p", {"contacts": people[:1]})
        world.run(config, crm)
        world.run(config, crm)  # looks at the org as the first one left it
        real = {one["id"]: one for one in crm.records("Contacts", OWN)}
        (org,) = (path.parent for path in config.audit.glob("*/fields.json"))
    counts = sandbox.imitate(tmp_path / "like", org)
    assert counts["Contacts"] == len(real)
    with world.crm(tmp_path / "like") as crm:
        assert {one["id"]: one for one in crm.records("Contacts", OWN)} == real
        assert crm.endpoint.company == "Kaede Shoji (sandbox) (rehearsal)"
        mapping = '[[mapping]]\ntable = "contacts"\nfield = "Layout"\nconstant = "顧客"\n'
        report = world.run(world.project(tmp_path / "p", {"contacts": people}, world.BULK + "\n" + mapping), crm)
        (new,) = (one for one in crm.records("Contacts", "Email,Layout") if one["Email"] == "eve@day.example")
        assert new["Layout"] == {"id": layout, "name": "Clients"}
        assert (world.counts(report, "Contacts").created, world.counts(report, "Contacts").unchanged) == (1, 1)
        assert _priorities(crm) == [("-None-", "-None-"), ("A", "高")]
    with pytest.raises(SandboxError, match="There is a sandbox in"):
        sandbox.imitate(tmp_path / "like", org)


def _priorities(crm: Crm) -> list[tuple[str, str]]:
    listed = crm._call("GET", "settings/fields?module=Tasks").json()["fields"]
    (field,) = (one for one in listed if one["api_name"] == "Priority")
    return [(one["actual_value"], one["display_value"]) for one in field["pick_list_values"]]


def test_nothing_to_imitate(tmp_path: Path) -> None:
    """An org that nobody has looked at cannot be imitated, and the message says what to do."""
    with pytest.raises(SandboxError, match="does not tell of an org"):
        sandbox.imitate(tmp_path / "like", tmp_path / "nothing")
