"""What is to be done with a row whose record is known or not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.load import decide
from pipeline.load.decide import Decision
from pipeline.load.form import Links
from pipeline.load.held import Shapes
from pipeline.load.match import Found, Index
from pipeline.load.org import OrgField
from pipeline.load.outcomes import Result
from pipeline.load.policy import Remark
from pipeline.load.remembered import Known
from pipeline.load.values import Reference
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS, Kind, Target
from tests.load.build import index, known, org_fields, row

ANN = {"id": "1", "Last_Name": "Lee", "Title": "Chief", "Outlook_Key": "k"}
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
NEW_ACCOUNT = Reference("Accounts", "new")


def one(
    found: Found, held: Index, fields: Mapping[str, OrgField], links: Links, doubts: frozenset[str] = frozenset()
) -> Decision:
    """Decide about one found row."""
    (decision,) = decide.decided([found], held, fields, links, doubts)
    return decision


def decided(
    target: Target, fields: dict[str, Any], crm_id: str = "", memory: Known | None = None, **more: Any
) -> Decision:
    """Decide about one row."""
    found = Found(row=row(target, 0, "k", **fields), crm_key="k", crm_id=crm_id, memory={"k": memory} if memory else {})
    links: Links = {"accounts": {"old": "77", "new": NEW_ACCOUNT, "gone": None}}
    fitting = org_fields(target) | more.get("org", {})
    return one(found, index(target, ANN), fitting, links, more.get("doubts", frozenset()))


def looked_through(target: Target, fields: Mapping[str, Any], *held: Mapping[str, str]) -> Index:
    """Return a snapshot beside rows of which somebody knows how long their texts are."""
    found = index(target, *held)
    found.longest = {name: len(str(value).encode()) for name, value in fields.items()}
    return found


@pytest.mark.parametrize("crm_id", [pytest.param("", id="new"), pytest.param("1", id="there")])
@pytest.mark.parametrize("length", [pytest.param(None, id="without length"), pytest.param(5, id="bounded")])
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"Last_Name": "Ray", "Title": "Head"}, id="texts"),
        pytest.param({"Last_Name": "Ray-Johnson"}, id="longer than some fields"),
        pytest.param({"Title": "Head"}, id="without what is mandatory"),
        pytest.param({"Last_Name": "Ray", "Account_Name": "new"}, id="a look-up"),
        pytest.param({"Last_Name": "Ray", "Account_Name": "gone"}, id="a look-up to nothing"),
    ],
)
def test_rows_held_compactly(fields: dict[str, Any], length: int | None, crm_id: str) -> None:
    """Rows that share the names of their fields are decided one by one as any other."""
    org = {"Last_Name": replace(org_fields(CONTACTS)["Last_Name"], length=length)}
    plain = decided(CONTACTS, fields, crm_id, org=org)
    compact = plain.row._replace(values=Shapes(tuple(fields)).held(tuple(fields.values())))
    links: Links = {"accounts": {"new": NEW_ACCOUNT, "gone": None}}
    found = Found(row=compact, crm_key="k", crm_id=crm_id)
    for held in (index(CONTACTS, ANN), looked_through(CONTACTS, fields, ANN)):
        decision = one(found, held, org_fields(CONTACTS) | org, links)
        assert {**decision.values} == {**plain.values}
        assert decision._replace(row=plain.row, values={}) == plain._replace(values={})


def test_a_constant_goes_with_every_new_row() -> None:
    """A new row whose values the org takes as they are still gets the constants of its mapping."""
    target = replace(
        CONTACTS,
        fields=tuple(replace(each, constant="Chief") if each.api_name == "Title" else each for each in CONTACTS.fields),
    )
    compact = row(target, 0, "k")._replace(values=Shapes(("Last_Name",)).held(("Ray",)))
    held = looked_through(target, {"Last_Name": "Ray"})
    decision = one(Found(row=compact, crm_key="k"), held, org_fields(target), {})
    assert {**decision.values} == {"Last_Name": "Ray", "Title": "Chief"}


@pytest.mark.parametrize(
    ("target", "fields", "held", "more", "rule"),
    [
        pytest.param(EVENTS, {"Event_Title": "T", "Start_DateTime": NOON, "End_DateTime": NOON}, {"unaddressed": 2}, {},
                     "participant_without_address", id="participants without address"),
        pytest.param(CONTACTS, {"Last_Name": "Ray"}, {"remarks": (Remark(rule="told", field="Reporting_To"),)}, {},
                     "told", id="told of the row before"),
        pytest.param(CONTACTS, {"Last_Name": "Ray"}, {}, {"others": ("2",)}, decide.OTHER_RECORD,
                     id="another record of the same"),
    ],
)  # fmt: skip
def test_what_is_told_of_a_new_row(
    target: Target, fields: dict[str, Any], held: dict[str, Any], more: dict[str, Any], rule: str
) -> None:
    """A new row whose values the org takes as they are still comes with what a person is to be told of it."""
    plain = row(target, 0, "k", **fields)
    compact = plain._replace(values=Shapes(tuple(plain.values)).held(tuple(plain.values.values())), **held)
    decision = one(Found(row=compact, crm_key="k", **more), looked_through(target, fields), org_fields(target), {})
    assert (decision.action, [told.rule for told in decision.remarks]) == ("create", [rule])


@pytest.mark.parametrize(
    ("fields", "crm_id", "memory", "action", "written"),
    [
        pytest.param({"Last_Name": "Ray"}, "", None, "create", {"Last_Name": "Ray"}, id="new"),
        pytest.param({"Last_Name": "Lee", "Phone": "1"}, "1", None, "update", {"Phone": "1"}, id="only what is empty"),
        pytest.param({"Last_Name": "Lee"}, "1", None, "", {}, id="nothing to fill"),
        pytest.param({"Last_Name": "Lee", "Title": "Head"}, "1", known("1", Title="Chief", Last_Name="Lee"), "update",
                     {"Title": "Head"}, id="ours, changed in the source"),
        pytest.param({"Last_Name": "Lee", "Account_Name": "old"}, "1", None, "update", {"Account_Name": "77"},
                     id="a look-up to a record that is there"),
        pytest.param({"Last_Name": "Lee", "Account_Name": "new"}, "1", None, "update", {"Account_Name": NEW_ACCOUNT},
                     id="a look-up to a record that is to come"),
    ],
)  # fmt: skip
def test_action(
    fields: dict[str, Any], crm_id: str, memory: Known | None, action: str, written: dict[str, Any]
) -> None:
    """A row is created, updated with what differs, or unchanged."""
    decision = decided(CONTACTS, fields, crm_id, memory)
    assert (decision.action, decision.values, decision.result) == (action, written, Result.UNCHANGED)


def test_the_other_record_of_what_became_one_is_told() -> None:
    """Of clusters that became one, the record that is nobody's now is named, and nothing is done to it."""
    held = index(CONTACTS, {"id": "1", "Last_Name": "Lee", "Outlook_Key": "k"}, {"id": "2", "Outlook_Key": "m"})
    found = Found(row=row(CONTACTS, 0, "k", ("k", "m"), Last_Name="Lee"), crm_key="k", crm_id="1", others=("2",))
    decision = one(found, held, org_fields(CONTACTS), {})
    assert (decision.crm_id, decision.action) == ("1", "")
    assert [(each.rule, each.theirs) for each in decision.remarks] == [(decide.OTHER_RECORD, "2")]


def test_a_record_without_our_key_gets_it() -> None:
    """A record found by its name is marked with our key, even if nothing else is to be written; once is enough."""
    found = Found(row=row(CONTACTS, 0, "k", Last_Name="Lee"), crm_key="k", crm_id="1")
    marks = [
        one(found, index(CONTACTS, {**ANN, "Outlook_Key": key}), org_fields(CONTACTS), {}, frozenset())
        for key in ("", "k")
    ]
    assert [(one.action, one.values) for one in marks] == [("update", {}), ("", {})]


def test_picklist_in_the_orgs_spelling() -> None:
    """A picklist value is sent as this org spells it, found by its actual value or by what it shows."""
    for ours in ("waiting FOR input", "shown Waiting for input"):
        assert decided(TASKS, {"Subject": "s", "Status": ours}).values["Status"] == "Waiting for input"


@pytest.mark.parametrize(
    ("target", "fields", "org", "rule", "at"),
    [
        pytest.param(TASKS, {"Subject": "s", "Status": "Odd"}, {}, "value_not_in_picklist", "Status",
                     id="no such value"),
        pytest.param(CONTACTS, {"Last_Name": "x", "Account_Name": "gone"}, {}, "parent_not_sent", "Account_Name",
                     id="parent skipped"),
        pytest.param(CONTACTS, {"Last_Name": "x", "Account_Name": "unheard"}, {}, "parent_not_sent", "Account_Name",
                     id="parent unknown"),
        pytest.param(CONTACTS, {"Last_Name": "x", "Title": "t"},
                     {"Title": OrgField(api_name="Title", is_writable=False)},
                     "field_not_in_org", "Title", id="a field that swallows"),
        pytest.param(EVENTS, {"Event_Title": "x", "Participants": [{"email": f"{n}@x.example"} for n in range(51)]}, {},
                     "too_many_participants", "Participants", id="51 participants"),
        pytest.param(EVENTS, {"Event_Title": "x", "Participants": [{"email": None}]}, {}, "participant_without_address",
                     "Participants", id="a participant without address"),
    ],
)  # fmt: skip
def test_left_out(target: Target, fields: dict[str, Any], org: dict[str, OrgField], rule: str, at: str) -> None:
    """What the org cannot take is left out of the row, never silently."""
    times = {"Start_DateTime": NOON, "End_DateTime": NOON} if target is EVENTS else {}
    decision = decided(target, fields | times, org=org)
    assert decision.action == "create"
    assert [(remark.rule, remark.field) for remark in decision.remarks] == [(rule, at)]
    assert len(decision.values.get("Participants") or ()) <= 50  # type: ignore[arg-type]  # a tuple where there is one


@pytest.mark.parametrize(
    ("fields", "crm_id", "org", "code", "at"),
    [
        pytest.param({"Last_Name": "x" * 41}, "", {"Last_Name": OrgField(api_name="Last_Name", length=40)}, "too_long",
                     "Last_Name", id="longer than this org's field"),
        pytest.param({"Last_Name": "𠮷" * 21}, "", {"Last_Name": OrgField(api_name="Last_Name", length=40)}, "too_long",
                     "Last_Name", id="counted in UTF-16 units"),
        pytest.param({"Last_Name": "x"}, "", {"Title": OrgField(api_name="Title", is_mandatory=True)},
                     "mandatory_empty", "Title", id="the org wants a value"),
    ],
)  # fmt: skip
def test_skipped(fields: dict[str, Any], crm_id: str, org: dict[str, OrgField], code: str, at: str) -> None:
    """What the org would refuse is not sent, and named."""
    decision = decided(CONTACTS, fields, crm_id, org=org)
    assert (decision.action, decision.result, decision.code, decision.fault) == ("", Result.SKIPPED, code, at)


def test_in_doubt_is_not_sent() -> None:
    """A row whose creation is open is not sent again, unless its record was found."""
    doubts = frozenset({"k"})
    assert decided(CONTACTS, {"Last_Name": "x"}, doubts=doubts).result is Result.IN_DOUBT
    assert decided(CONTACTS, {"Last_Name": "Lee"}, "1", doubts=doubts).result is Result.UNCHANGED


def test_required_look_up_that_came_to_nothing() -> None:
    """A new record whose required parent did not come to be is held back; an optional look-up is only left out."""
    decision = decided(CONTACTS, {"Last_Name": "x", "Account_Name": "new"})
    fields = [replace(field, is_required=field.kind is Kind.LOOKUP) for field in CONTACTS.fields]
    strict = replace(CONTACTS, fields=tuple(fields))
    assert decide.orphaned(strict, decision, {"Last_Name": "x"}) == "Account_Name"
    assert decide.orphaned(CONTACTS, decision, {"Last_Name": "x"}) == ""
    assert decide.orphaned(strict, decision, decision.values) == ""


def test_refusal_of_the_match_stays() -> None:
    """A row that could not be told is skipped with the matcher's reason."""
    found = Found(row=row(ACCOUNTS, 0, "k", Account_Name="x"), crm_key="k", refusal="several_records")
    decision = one(found, index(ACCOUNTS), org_fields(ACCOUNTS), {}, frozenset())
    assert (decision.result, decision.code) == (Result.SKIPPED, "several_records")


def test_missing_module() -> None:
    """Without the module, nothing of it is sent."""
    assert decide.without_module(row(TASKS, 0, "k", Subject="x")).code == decide.NO_MODULE
