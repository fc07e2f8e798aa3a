"""What an update may change."""

import pytest

from pipeline.load import policy as rules
from pipeline.load.remembered import Known
from pipeline.load.values import Value
from pipeline.targets import Kind
from tests.load.build import known

KINDS = {"Phone": Kind.TEXT}


@pytest.mark.parametrize(
    ("memory", "source", "crm", "written", "conflicts"),
    [
        pytest.param(None, "1", None, "1", 0, id="fill: an empty field gets the value"),
        pytest.param(None, "1", "2", None, 0, id="fill: a field with a value is left, without ado"),
        pytest.param(known("9", is_ours=False), "1", "2", None, 0, id="fill: also when we once matched it"),
        pytest.param(known("9", is_ours=False, Phone="2"), "1", "2", None, 0, id="fill: also what we once filled"),
        pytest.param(known("9", Phone="1"), "1", "1", None, 0, id="ours: nothing new"),
        pytest.param(known("9", Phone="1"), "2", "1", "2", 0, id="ours: the source changed"),
        pytest.param(known("9", Phone="1"), "2", "1 ", "2", 0, id="ours: outer spaces are no edit"),
        pytest.param(known("9"), "2", None, "2", 0, id="ours: a value came up in the source"),
        pytest.param(known("9", Phone="1"), "1", "3", None, 1, id="ours: a person changed it"),
        pytest.param(known("9", Phone="1"), "2", "3", None, 1, id="ours: both changed it"),
        pytest.param(known("9", Phone="1"), "2", None, None, 1, id="ours: a person emptied it"),
        pytest.param(known("9", Phone="1"), "2", "2", None, 0, id="ours: a person made the same change"),
        pytest.param(known("9"), "2", "3", None, 1, id="ours: a person filled it first"),
        pytest.param(known("9", Phone="1"), None, "1", None, 0, id="an empty source wipes nothing"),
        pytest.param(known("9", Phone="1"), " ", "1", None, 0, id="nor do spaces"),
    ],
)
def test_changes(memory: Known | None, source: Value, crm: Value, written: Value, conflicts: int) -> None:
    """A field is written, left, or left and listed."""
    wanted, found = rules.changes(KINDS, {"Phone": source}, {"Phone": crm}, memory)
    assert wanted == ({"Phone": written} if written else {})
    assert len(found) == conflicts


@pytest.mark.parametrize(
    ("policy", "crm", "is_newer", "is_written"),
    [
        pytest.param("fill", None, False, True, id="fill: empty"),
        pytest.param("fill", "03-1", True, False, id="fill: not what holds our own value"),
        pytest.param("ours", "03-1", False, True, id="ours: holds what we wrote"),
        pytest.param("ours", "03-9", True, False, id="ours: changed by a person"),
        pytest.param("newer", "03-9", True, True, id="newer: and it is"),
        pytest.param("newer", "03-9", False, False, id="newer: and it is not"),
        pytest.param("newer", None, False, True, id="newer: empty"),
        pytest.param("always", "03-9", False, True, id="always"),
    ],
)
def test_asked_policies(policy: str, crm: str | None, *, is_newer: bool, is_written: bool) -> None:
    """The settings may ask for another policy; what it keeps is a listed conflict."""
    wanted, found = rules.changes(
        KINDS, {"Phone": "03-2"}, {"Phone": crm}, known("5", Phone="03-1"), asked={"Phone": policy}, is_newer=is_newer
    )
    assert (wanted, len(found)) == ({"Phone": "03-2"} if is_written else {}, int(not is_written))


def test_empty_source_never_wipes() -> None:
    """An empty source value wipes nothing, whatever the policy."""
    assert rules.changes(KINDS, {}, {"Phone": "03-1"}, None, asked={"Phone": "always"}) == ({}, [])
