"""The targets agree with the plug-in's page, and with each other."""

import re

import pytest

from pipeline import schemas
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TARGETS, TASKS, Field, Kind, Target
from tests.conftest import ROOT

PAGE = ROOT.parent / "shared" / "reference" / "outlook-plugin.ja.txt"
# Rows of the page that go nowhere or elsewhere, and why.
ELSEWHERE = {"上司": "its type depends on the org: the name goes into Description", "-": "no field"}


def _page(kind: int) -> list[tuple[str, str, str]]:
    """Return the rows (Outlook, Zoho, length) of one table of the page, its slip mended."""
    if not PAGE.is_file():
        pytest.skip("the plug-in's page (../shared/reference) is not here")
    blocks = PAGE.read_text(encoding="utf-8").split("Zoho CRMの項目の長さ |\n")[1:]
    table = re.split(r"^[^|]*$", blocks[kind], maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^(.*?) *\|$", table, flags=re.MULTILINE)
    return list(zip(cells[::3], cells[1::3], cells[2::3], strict=False))


@pytest.mark.parametrize(
    ("kind", "target"), [(0, CONTACTS), (1, TASKS), (2, EVENTS)], ids=["contacts", "tasks", "events"]
)
def test_every_row_of_the_page_is_a_field(kind: int, target: Target) -> None:
    """Each row of the plug-in's table has its field, with the length that stands there."""
    by_label = {field.label_ja: field for field in target.fields}
    rows = _page(kind)
    assert len(rows) > 4
    for _, zoho, length in rows:
        if zoho in ELSEWHERE:
            continue
        assert zoho in by_label
        assert length == "-" or _length(by_label[zoho]) == int(length)


def _length(field: Field) -> int | None:
    """Return the length of a field, for a look-up that of the name it points to."""
    return ACCOUNTS.field("Account_Name").length if field.kind is Kind.LOOKUP else field.length


def test_look_ups_point_to_targets_before() -> None:
    """Parents are loaded before their children."""
    names = [target.table for target in TARGETS]
    for number, target in enumerate(TARGETS):
        parents = [field.lookup.partition(":")[0] for field in target.fields if field.kind is Kind.LOOKUP]
        assert set(parents) <= set(names[:number])


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_sources_exist(target: Target) -> None:
    """Every field comes from a column of its extracted table, and keys are made of fields."""
    names = [field.api_name for field in target.fields]
    assert {field.source for field in target.fields if field.source} <= set(schemas.EXTRACTED[target.source].names)
    assert {name for key in target.match for name in (*key.fields, *key.only_without)} <= set(names)
    assert len(set(names)) == len(names)
    assert target.schema().names[-len(names) :] == names


def test_an_unknown_field_is_an_error() -> None:
    """A field that a target does not have is not made up."""
    assert isinstance(CONTACTS.field("Email"), Field)
    with pytest.raises(KeyError):
        CONTACTS.field("Reporting_To")
