"""Mappings of pipeline.toml: fields added, changed and dropped; a wrong one is refused with the nearest names."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline import transform
from pipeline.errors import SettingsError
from pipeline.targets import CONTACTS, TARGETS, TASKS, Field, Kind, chosen
from tests import builders
from tests.builders import Row

MAPPED = """
[[mapping]]
table = "contacts"
field = "Reading"
source = "yomi_surname"
length = 4
[[mapping]]
table = "contacts"
field = "Tags"
source = "categories"
[[mapping]]
table = "contacts"
field = "Joined"
source = "anniversary_date"
kind = "date"
[[mapping]]
table = "contacts"
field = "Lead_Source"
constant = "Outlook"
kind = "picklist"
[[mapping]]
table = "contacts"
field = "Phone"
source = "company_main_phone"
[[mapping]]
table = "contacts"
field = "Title"
length = 5
[[mapping]]
table = "contacts"
field = "Fax"
drop = true
[[mapping]]
table = "tasks"
field = "Priority"
values = { high = "Urgent", normal = "Usual" }
"""
LAYOUT = 'table = "contacts"\nfield = "Layout"\n'
ROW: Row = {
    "surname": "佐藤",
    "yomi_surname": "サトウタロウ",
    "categories": ["VIP", "東京"],
    "anniversary_date": date(2020, 4, 1),
    "company_main_phone": "(03)0000-0001",
    "business_phone": "03-0000-0009",
    "business_fax": "03-0000-0002",
    "job_title": "Executive",
}


def _ready(directory: Path, settings: str, **tables: list[Row]) -> dict[str, list[Row]]:
    project = builders.project(directory, builders.MAILBOXES + settings)
    builders.extracted(project, tables)
    transform.run(project)
    targets = chosen(project, TARGETS)
    return {one.table: builders.transformed(project, f"ready/{one.table}", one.schema()) for one in targets}


def test_mappings_reach_the_records(tmp_path: Path) -> None:
    """Own fields, constants, other sources, lengths and choices arrive; a dropped field is gone."""
    tasks: list[Row] = [{"subject": "見積書", "importance": "high"}, {"subject": "昼食", "importance": "low"}]
    found = _ready(tmp_path, MAPPED, contacts=[ROW], tasks=tasks)
    (contact,) = found["contacts"]
    chosen_ones = {task["Subject"]: task["Priority"] for task in found["tasks"]}
    assert contact["Reading"] == "サトウタ"
    assert contact["Tags"] == "VIP; 東京"
    assert contact["Joined"] == date(2020, 4, 1)
    assert contact["Lead_Source"] == "Outlook"
    assert contact["Phone"] == "03-0000-0001"
    assert contact["Title"] == "Execu"
    assert "Fax" not in contact
    assert chosen_ones == {"見積書": "Urgent", "昼食": "Low"}  # what is not named stays as shipped
    assert contact["Description"] is None  # what has a field of its own is not said twice


def test_a_layout_is_no_field(tmp_path: Path) -> None:
    """The layout of new records is said of the module; its ready table is as without it; the last mapping counts."""
    mapping = builders.MAILBOXES + f"[[mapping]]\n{LAYOUT}"
    project = builders.project(tmp_path, mapping + 'constant = " 顧客 "\n')
    assert chosen(project, TARGETS) == tuple(
        replace(one, layout="顧客") if one.table == "contacts" else one for one in TARGETS
    )
    dropped = mapping + f'constant = "顧客"\n[[mapping]]\n{LAYOUT}drop = true\n'
    assert chosen(builders.project(tmp_path, dropped), TARGETS) == TARGETS


def test_what_is_not_mapped_any_more_is_counted(tmp_path: Path) -> None:
    """The source of a dropped field is reported as a value without a field."""
    project = builders.project(
        tmp_path, builders.MAILBOXES + '[[mapping]]\ntable = "contacts"\nfield = "Fax"\ndrop = true\n'
    )
    builders.extracted(project, {"contacts": [ROW]})
    assert any("contacts.business_fax 1" in note for note in transform.run(project).notes)


def test_without_mappings_nothing_changes(tmp_path: Path) -> None:
    """The targets of a project without mappings are those shipped."""
    assert chosen(builders.project(tmp_path), TARGETS) == TARGETS


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        pytest.param('table = "contact"\nfield = "X"\nsource = "notes"', "no table contact", id="table"),
        pytest.param('table = "contacts"\nfield = "Titel"\ndrop = true', "no field Titel", id="field to drop"),
        pytest.param('table = "contacts"\nfield = "Titel"', "no field Titel", id="field to change"),
        pytest.param('table = "contacts"\nfield = "X"\nsource = "yomi_sername"', "no column yomi_sername", id="column"),
        pytest.param('table = "contacts"\nfield = "Last_Name"\ndrop = true', "cannot be dropped", id="required"),
        pytest.param('table = "contacts"\nfield = "Description"\ndrop = true', "cannot be dropped", id="description"),
        pytest.param('table = "contacts"\nfield = "X"\nsource = "notes"\nkind = "date"', "does not fit", id="kind"),
        pytest.param('table = "contacts"\nfield = "Account_Name"\nsource = "notes"', "lookup", id="look-up"),
        pytest.param('table = "contacts"\nfield = "Phone"\nkind = "date"', "not a date", id="another kind"),
        pytest.param('table = "contacts"\nfield = "X"\nconstant = "a"\nkind = "date"', "is text", id="constant date"),
        pytest.param(LAYOUT + 'source = "notes"', "same for all new", id="layout from a column"),
        pytest.param(LAYOUT + 'constant = "1"\nkind = "picklist"', "only constant", id="layout with a kind"),
        pytest.param(LAYOUT + 'constant = "1"\nlength = 5', "only constant", id="layout with a length"),
        pytest.param(LAYOUT + 'constant = "1"\nvalues = { a = "b" }', "only constant", id="layout with values"),
        pytest.param(LAYOUT, "give constant", id="no layout"),
        pytest.param(LAYOUT + 'constant = " "', "give constant", id="a layout without a name"),
        pytest.param(LAYOUT + "drop = true", "no field Layout", id="a layout that is not mapped"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, mapping: str, says: str) -> None:
    """A wrong mapping stops the run and says what is wrong."""
    project = builders.project(tmp_path, builders.MAILBOXES + f"[[mapping]]\n{mapping}\n")
    with pytest.raises(SettingsError, match=says):
        chosen(project, TARGETS)


def test_a_wrong_mapping_names_the_nearest(tmp_path: Path) -> None:
    """The hint has the names that were probably meant."""
    project = builders.project(
        tmp_path, builders.MAILBOXES + '[[mapping]]\ntable = "contacts"\nfield = "X"\nsource = "yomi_sername"\n'
    )
    with pytest.raises(SettingsError) as stopped:
        chosen(project, TARGETS)
    assert "yomi_surname" in stopped.value.hint


def test_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    """A mapping has one source."""
    with pytest.raises(SettingsError, match="one of source, constant and drop"):
        builders.project(tmp_path, '[[mapping]]\ntable = "contacts"\nfield = "X"\nsource = "notes"\nconstant = "a"\n')


def test_a_changed_field_keeps_its_kind(tmp_path: Path) -> None:
    """Only what the mapping names differs from the shipped field."""
    project = builders.project(
        tmp_path, builders.MAILBOXES + '[[mapping]]\ntable = "contacts"\nfield = "Phone"\nlength = 30\n'
    )
    phone = next(one for one in chosen(project, TARGETS) if one.table == "contacts").field("Phone")
    assert isinstance(phone, Field)
    assert (phone.kind, phone.length, phone.is_custom) == (Kind.PHONE, 30, False)
    assert CONTACTS.field("Phone").length == 50
    assert TASKS in chosen(project, TARGETS)
