"""What the org says of its fields wins over the shipped tables, without the network."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import schemas, transform
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.targets import CONTACTS, TARGETS, TASKS, Target, chosen
from tests import builders

_FIELDS: dict[str, list[dict[str, Any]]] = {
    "Contacts": [
        {"api_name": "Department", "length": 12, "choices": []},
        {"api_name": "Asst_Phone", "length": 50, "choices": []},
        {"api_name": "Title", "length": 4000, "choices": []},
        {"api_name": "Email", "length": None, "choices": []},
    ],
    "Tasks": [{"api_name": "Status", "length": 120, "choices": [["完了", "Completed"], ["not started", "未着手"]]}],
}


def _known(project: Config, org: str = "sandbox-1", text: str = "") -> None:
    path = project.audit / org / "fields.json"
    path.parent.mkdir(parents=True)
    path.write_text(text or json.dumps({"zgid": "1", "company": "x", "modules": _FIELDS}), encoding="utf-8")


def _target(project: Config, shipped: Target) -> Target:
    return next(one for one in chosen(project, TARGETS) if one.table == shipped.table)


def test_lengths_and_values_of_the_org_win(tmp_path: Path) -> None:
    """A length is the org's; a single line stays one; a value is the org's, also where it only shows ours."""
    project = builders.project(tmp_path)
    _known(project)
    lengths = {name: _target(project, CONTACTS).field(name).length for name in ("Department", "Asst_Phone", "Title")}
    assert lengths == {"Department": 12, "Asst_Phone": 50, "Title": 255}
    assert _target(project, CONTACTS).field("Email").length == 100
    values = dict(_target(project, TASKS).field("Status").values)
    assert (values["completed"], values["not_started"], values["deferred"]) == ("完了", "not started", "Deferred")


def test_a_mapping_of_the_project_wins_over_the_org(tmp_path: Path) -> None:
    """Who names a length in pipeline.toml means it."""
    mapping = '[[mapping]]\ntable = "contacts"\nfield = "Department"\nlength = 7\n'
    project = builders.project(tmp_path, builders.MAILBOXES + mapping)
    _known(project)
    assert _target(project, CONTACTS).field("Department").length == 7


@pytest.mark.parametrize("orgs", [[], ["sandbox-1", "sandbox-2"], ["crm-1"]])
def test_without_one_org_the_tables_hold(tmp_path: Path, orgs: list[str]) -> None:
    """Of no org, of several, or of another kind of target, nothing is taken."""
    project = builders.project(tmp_path)
    for org in orgs:
        _known(project, org)
    assert _target(project, CONTACTS) == CONTACTS


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """What cannot be read stops the run and says what to do."""
    project = builders.project(tmp_path)
    _known(project, text="{")
    with pytest.raises(SettingsError, match=r"fields\.json is damaged"):
        chosen(project, TARGETS)


def test_transform_cuts_to_the_orgs_length(tmp_path: Path) -> None:
    """A text is cut, listed and held to the length that the org has."""
    project = builders.project(tmp_path)
    builders.extracted(project, {"contacts": [{"surname": "Reed", "department": "Research and Development"}]})
    _known(project)
    transform.run(project)
    (row,) = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    assert row["Department"] == "Research and"
    assert "cut_to_length" in {one["rule"] for one in builders.transformed(project, "changes", schemas.CHANGES)}


_RANKS = {"Contacts": [{"api_name": "field1", "label": "顧客ランク"}, {"api_name": "field2", "label": "備考"},
                       {"api_name": "field3", "label": "備考"}]}  # fmt: skip


def _labelled(project: Config, label: str) -> Target:
    mapping = f'[[mapping]]\ntable = "contacts"\nlabel = "{label}"\nsource = "yomi_surname"\nlength = 9\n'
    again = builders.project(project.project, builders.MAILBOXES + mapping)
    return _target(again, CONTACTS)


@pytest.mark.parametrize("label", ["顧客ランク", " 顧客ﾗﾝｸ"])
def test_a_field_is_found_by_its_label(tmp_path: Path, label: str) -> None:
    """A custom field with a Japanese label, which is called field1 in the CRM, is named by its label."""
    project = builders.project(tmp_path)
    _known(project, text=json.dumps({"modules": _RANKS}))
    found = _labelled(project, label).field("field1")
    assert (found.source, found.length, found.is_custom, found.label_ja) == ("yomi_surname", 9, True, label)


@pytest.mark.parametrize(
    ("label", "is_asked", "said"),
    [
        pytest.param("顧客ランク", False, "make doctor", id="org not asked yet"),
        pytest.param("ランク", True, "no field of that label", id="no such label"),
        pytest.param("備考", True, "field2, field3", id="two of that label"),
    ],
)
def test_a_label_that_names_no_field(tmp_path: Path, label: str, said: str, *, is_asked: bool) -> None:
    """Nothing is guessed: the message says what is missing, or which fields could be meant."""
    project = builders.project(tmp_path)
    if is_asked:
        _known(project, text=json.dumps({"modules": _RANKS}))
    with pytest.raises(SettingsError) as refused:
        _labelled(project, label)
    assert said in f"{refused.value.message} {refused.value.hint}"
