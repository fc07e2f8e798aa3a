"""What great-expectations is asked about: each value once, with the same verdict as about every row."""

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.errors import InputError
from pipeline.targets import CONTACTS
from pipeline.validate import Rule, Suite, Verdict, facts, facts_of, joined, judge, look, settle, suites, usual
from pipeline.validate.suite import KEY, Severity
from tests.conftest import ROOT

SHIPPED = suites(ROOT)["contacts"]
ROWS = st.lists(
    st.fixed_dictionaries(
        {"Last_Name": st.sampled_from([None, "佐藤", "Grant", "x" * 81, "𠮷" * 41])},
        optional={
            "Email": st.sampled_from(["a@b.example", "no address", "<a@b.example>", "é@b.example", "a@b"]),
            "Phone": st.sampled_from(["03-0000-0001", "+81 3", "（０３）", "ask", "1" * 51]),
        },
    ),
    min_size=1,
    max_size=8,
)


def table(rows: list[dict[str, Any]], first: int = 0) -> pa.Table:
    """Return a table of contacts with keys k0, k1 and so on."""
    keyed = ({KEY: f"k{number}", **row} for number, row in enumerate(rows, first))
    return store.table_of(keyed, CONTACTS.schema())


@settings(max_examples=8, deadline=None)
@given(ROWS, ROWS)
def test_each_value_once_is_every_row(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """Two partitions judged together, each value once, fail where every row looked at by itself fails."""
    parts = [table(rows), table(others, first=len(rows))]
    findings = judge(SHIPPED, joined([facts_of(part, SHIPPED) for part in parts], SHIPPED))
    found = [failure for part in parts for failure in settle(part, SHIPPED, findings).failures]
    assert tuple(sorted(found, key=_order)) == _row_by_row(pa.concat_tables(parts)).failures


def _order(failure: Any) -> tuple[str, ...]:
    return failure.cluster_key, failure.rule, failure.field


def _row_by_row(whole: pa.Table) -> Verdict:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "by_value", lambda _: False)
        return look(whole, SHIPPED)


@pytest.mark.parametrize("pattern", usual.SIMPLE, ids=["mail", "phone"])
@given(data=st.data())
def test_a_usual_value_keeps_its_rule(pattern: str, data: st.DataObject) -> None:
    """Whatever has the simple shape matches the real pattern."""
    value = data.draw(st.from_regex(usual.SIMPLE[pattern], fullmatch=True))
    shape = usual.shape(pattern)
    assert shape is not None
    if shape(pa.array([value]))[0].as_py():
        assert re.search(pattern, value)


def test_the_shipped_patterns_have_a_shape() -> None:
    """Every pattern of the shipped suites is one that has a simple one."""
    patterns = {rule.arguments["regex"] for rule in SHIPPED.rules if "regex" in rule.arguments}
    assert patterns == usual.SIMPLE.keys()


def test_a_million_rows_are_few_values() -> None:
    """However many rows are as usual, great-expectations is asked about as many values as there are lengths."""
    many = table([{"Last_Name": "Grant", "Email": f"a{number}@b.example", "Phone": "03-1"} for number in range(2000)])
    assert facts_of(many, SHIPPED).size < 10


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"column": "Email", "regex": "^a", "mostly": 0.5}, (), id="a share of the rows"),
        pytest.param({"column": "Email", "regex": "^a"}, ("k2",), id="each value"),
    ],
)
def test_a_rule_about_a_share_sees_all_rows(arguments: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Which share of the rows keeps a rule can only be told of the rows."""
    rule = Rule(
        name="r", severity=Severity.REJECT, why="w", type="expect_column_values_to_match_regex", arguments=arguments
    )
    rows: list[dict[str, Any]] = [{"Email": "a"}, {"Email": "a"}, {"Email": "b"}]
    verdict = look(table(rows), Suite(table="contacts", rules=(rule,), digest=""))
    assert tuple(failure.cluster_key for failure in verdict.failures) == expected


def test_a_rule_of_the_table_stops() -> None:
    """A broken rule that names no row is no reject of a row: it ends the run."""
    arguments = {"min_value": 5}
    rule = Rule(
        name="r",
        severity=Severity.REJECT,
        why="w",
        type="expect_table_row_count_to_be_between",
        arguments=arguments,
    )
    with pytest.raises(InputError, match="broken by all rows"):
        look(table([{"Email": "a"}]), Suite(table="contacts", rules=(rule,), digest=""))
