"""A contact is linked to its manager when exactly one contact of the same account fits, else the name is kept."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import schemas, transform
from pipeline.config import Config
from pipeline.targets import CONTACTS
from pipeline.transform import people
from tests import builders
from tests.builders import Row

_BIRCH, _MIDORI = {"company": "Birch Ltd"}, {"company": "みどり㈱"}
ROWS: Sequence[Row] = [
    {"surname": "Grant", "given_name": "Ann", "email1": "ann@birch.example", **_BIRCH},
    {"surname": "Reed", "given_name": "Ida", "email1": "ida@birch.example", "manager": "ANN  GRANT", **_BIRCH},
    {
        "surname": "Lane",
        "given_name": "Leo",
        "email1": "leo@birch.example",
        "manager": "Grant, Ann",
        "notes": "x",
        **_BIRCH,
    },
    {"surname": "佐藤", "given_name": "花", "email1": "hana@midori.example", **_MIDORI},
    {"surname": "森", "given_name": "健", "email1": "ken@midori.example", "manager": "佐藤花", **_MIDORI},
    {"surname": "Away", "given_name": "Amy", "email1": "amy@elm.example", "manager": "Ann Grant", "company": "Elm"},
    {"surname": "Free", "given_name": "Fay", "email1": "fay@elm.example", "manager": "Ann Grant"},
    {"surname": "Twin", "given_name": "Ty", "email1": "ty1@fir.example", "company": "Fir"},
    {"surname": "Twin", "given_name": "Ty", "email1": "ty2@fir.example", "company": "Fir"},
    {"surname": "Under", "given_name": "Una", "email1": "una@fir.example", "manager": "Ty Twin", "company": "Fir"},
    {"surname": "Self", "given_name": "Sue", "email1": "sue@fir.example", "manager": "Sue Self", "company": "Fir"},
    # one person in two mailboxes: one record that fits, and one that names a manager
    {"surname": "Grant", "given_name": "Ann", "email1": "ANN@birch.example", "path": "dana/a.csv", **_BIRCH},
    {"surname": "Reed", "given_name": "Ida", "email1": "IDA@birch.example", "path": "dana/a.csv", **_BIRCH},
]
LINKED = {
    "ida@birch.example": "ann@birch.example",
    "leo@birch.example": "ann@birch.example",
    "ken@midori.example": "hana@midori.example",
}
KEPT = {"amy@elm.example", "fay@elm.example", "una@fir.example", "sue@fir.example"}


def _transformed(directory: Path, settings: str = "", rows: Sequence[Row] = ROWS) -> tuple[Config, dict[str, Row]]:
    project = builders.project(directory, builders.MAILBOXES + settings)
    builders.extracted(project, {"contacts": rows})
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    return project, {row["Email"].lower(): row for row in ready}


@pytest.mark.parametrize(("rows_of_bucket", "step"), [(100_000, 1), (6, -1)])
def test_exactly_one_that_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of_bucket: int, step: int) -> None:
    """One contact of the account with that full name, in either order and spelling, in whatever bucket."""
    monkeypatch.setattr(people, "ROWS_OF_BUCKET", rows_of_bucket)
    monkeypatch.setattr("pipeline.engine.processes", lambda _: 1)
    project, ready = _transformed(tmp_path, rows=ROWS[::step])
    address = {row["cluster_key"]: email for email, row in ready.items()}
    found = {email: address[row["manager_crm_key"]] for email, row in ready.items() if row["manager_crm_key"]}
    assert found == LINKED
    assert {email: ready[email]["Description"] for email in LINKED} == {
        **dict.fromkeys(LINKED),
        "leo@birch.example": "x",
    }
    assert all(ready[email]["Description"].startswith("Manager: ") for email in KEPT)
    changes = builders.transformed(project, "changes", schemas.CHANGES)
    rules = {row["rule"] for row in changes if row["field"] == "Reporting_To"}
    assert rules == {"manager_linked", "manager_fits_nobody", "manager_fits_several"}
    assert len([row for row in changes if row["field"] == "Reporting_To"]) == len(LINKED) + len(KEPT)


def test_nobody_is_linked_to_a_reject(tmp_path: Path) -> None:
    """A contact that validation rejects is no manager."""
    rule = {
        "type": "expect_column_values_to_not_be_in_set",
        "kwargs": {"column": "Email", "value_set": ["ann@birch.example"]},
        "meta": {"severity": "reject", "rule": "unwanted", "why": "a test"},
    }
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "contacts.json").write_text(json.dumps({"expectations": [rule]}), "utf-8")
    _, ready = _transformed(tmp_path, rows=ROWS[:2])
    assert list(ready) == ["ida@birch.example"]
    assert ready["ida@birch.example"]["manager_crm_key"] is None


def test_links_are_a_setting(tmp_path: Path) -> None:
    """Where the project does not want links, each name stays in Description."""
    _, ready = _transformed(tmp_path, "[contacts]\nlink_managers = false\n")
    assert not any(row["manager_crm_key"] for row in ready.values())
    assert ready["ken@midori.example"]["Description"] == "上司: 佐藤花"


def test_a_field_of_the_project_takes_the_name(tmp_path: Path) -> None:
    """In an old org the manager is a text field of its own, by a mapping: then nobody is linked."""
    mapping = '[[mapping]]\ntable = "contacts"\nfield = "Reports_To"\nsource = "manager"\nlength = 50\n'
    project = builders.project(tmp_path, builders.MAILBOXES + mapping)
    builders.extracted(project, {"contacts": ROWS})
    report = transform.run(project)
    assert not [note for note in report.notes if note.startswith("managers")]
