"""The shipped suites agree with the targets; a project's own take their place."""

import json
from pathlib import Path

import pytest

from pipeline.clean import email, phone
from pipeline.errors import SettingsError
from pipeline.targets import EMAILS, Kind, Target
from pipeline.targets import TARGETS as OF_RECORDS
from pipeline.validate import Rule, suites
from tests.conftest import ROOT

TARGETS = (*OF_RECORDS, EMAILS)
_LETTERS = r"\p{L}\p{M}"
_WORD = r"A-Za-z0-9\x80-\U0010ffff"
# Zoho's patterns as Python's own engine has them: it knows no \p, and its \d takes full-width digits too.
MAIL = (
    email.PATTERN.replace(f"[{_LETTERS}]{{2,22}}", r"[A-Za-z\x80-\U0010ffff]{2,22}")
    .replace(r"\p{L}\p{N}\p{M}", _WORD)
    .replace(r"\p{L}\p{M}\p{N}", _WORD)
)
PHONE = phone.PATTERN.replace(r"\d", "0-9")


def _rules(target: Target, type_: str) -> list[Rule]:
    return [rule for rule in suites(ROOT)[target.table].rules if rule.type == type_]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_required_fields(target: Target) -> None:
    """Exactly the required fields must not be empty."""
    required = {field.api_name for field in target.fields if field.is_required}
    assert {rule.columns[0] for rule in _rules(target, "expect_column_values_to_not_be_null")} == required


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_lengths(target: Target) -> None:
    """Each text field has its length, in UTF-16 units."""
    lengths = {f"{field.api_name}.utf16_length": field.length for field in target.fields if field.length}
    found = _rules(target, "expect_column_values_to_be_between")
    assert {rule.columns[0]: rule.arguments["max_value"] for rule in found} == lengths


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_patterns(target: Target) -> None:
    """E-mail and phone fields have Zoho's patterns."""
    patterns = {Kind.EMAIL: MAIL, Kind.PHONE: PHONE}
    expected = {field.api_name: patterns[field.kind] for field in target.fields if field.kind in patterns}
    found = _rules(target, "expect_column_values_to_match_regex")
    assert {rule.columns[0]: rule.arguments["regex"] for rule in found} == expected


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_picklists(target: Target) -> None:
    """A picklist takes the values of its field."""
    values = {field.api_name: [zoho for _, zoho in field.values] for field in target.fields if field.values}
    found = _rules(target, "expect_column_values_to_be_in_set")
    assert {rule.columns[0]: rule.arguments["value_set"] for rule in found} == values


def test_every_rule_says_why() -> None:
    """Each rule has a name, a severity and a reason, and every target a suite."""
    found = suites(ROOT)
    assert found.keys() == {target.table for target in TARGETS}
    assert all(rule.why and rule.name for suite in found.values() for rule in suite.rules)


def test_a_project_may_have_its_own(tmp_path: Path) -> None:
    """A suite in the project's expectations/ takes the place of the shipped one; the others stay."""
    own = tmp_path / "expectations"
    own.mkdir()
    rule = {"type": "expect_x", "kwargs": {"column": "Email"}, "meta": {"severity": "warn", "why": "because"}}
    (own / "contacts.json").write_text(json.dumps({"name": "contacts", "expectations": [rule]}), encoding="utf-8")
    found = suites(tmp_path)
    assert [rule.name for rule in found["contacts"].rules] == ["expect_x"]
    assert found["tasks"] == suites(ROOT)["tasks"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("{}", id="no expectations"),
        pytest.param('{"expectations": [{"type": "x", "kwargs": {}, "meta": {"why": "y"}}]}', id="no severity"),
        pytest.param(
            '{"expectations": [{"type": "x", "kwargs": {}, "meta": {"severity": "loud", "why": "y"}}]}',
            id="unknown severity",
        ),
        pytest.param('{"expectations": [{"type": "x", "kwargs": {}, "meta": {"severity": "stop"}}]}', id="no why"),
    ],
)
def test_what_is_no_suite_is_named(tmp_path: Path, content: str) -> None:
    """A broken suite stops the run with its file and what is missing."""
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "tasks.json").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"tasks\.json"):
        suites(tmp_path)
