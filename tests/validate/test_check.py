"""What a suite finds in a table, and what comes of it."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.clean import email, phone
from pipeline.errors import InputError, SettingsError
from pipeline.targets import ACCOUNTS, CONTACTS, TASKS, Target
from pipeline.validate import Rule, Suite, check, suites
from pipeline.validate.suite import Severity
from tests.conftest import ROOT

SHIPPED = suites(ROOT)


def table(target: Target, *rows: dict[str, Any]) -> pa.Table:
    """Return a ready table with keys k0, k1 and so on."""
    return store.table_of(({"cluster_key": f"k{number}", **row} for number, row in enumerate(rows)), target.schema())


def suite(severity: Severity, kind: str = "expect_column_values_to_not_be_null", **arguments: Any) -> Suite:
    """Return a suite of one rule for contacts."""
    rule = Rule(name="the_rule", severity=severity, why="it must", type=kind, arguments=arguments)
    return Suite(table="contacts", rules=(rule,), digest="")


def test_failing_rows_are_named_with_rule_and_value() -> None:
    """A failure names the row, the rule, the field, the reason and what stood there."""
    verdict = check(
        table(
            CONTACTS,
            {"Last_Name": "Grant", "Email": "o@b.example", "Phone": "03-0000-0001"},
            {"Last_Name": None, "Email": "no address"},
            {"Last_Name": "😀" * 41, "Phone": "（０３）"},
        ),
        SHIPPED["contacts"],
        max_reject_share=1,
    )
    assert [(one.cluster_key, one.rule, one.field, one.value) for one in verdict.failures] == [
        ("k1", "no_last_name", "Last_Name", None),
        ("k1", "not_an_address", "Email", "no address"),
        ("k2", "not_a_phone_number", "Phone", "（０３）"),
        ("k2", "too_long", "Last_Name", "😀" * 41),
    ]
    assert all(failure.reason for failure in verdict.failures)


def test_a_good_table_passes() -> None:
    """Nothing is found where nothing is wrong, missing values included."""
    verdict = check(table(TASKS, {"Subject": "x", "Status": "Completed"}), SHIPPED["tasks"], max_reject_share=0)
    assert (verdict.failures, verdict.warnings) == ((), ())


def test_an_empty_table_passes() -> None:
    """No rows break no rule."""
    assert check(table(ACCOUNTS), SHIPPED["accounts"], max_reject_share=0).failures == ()


def test_a_rule_that_warns_rejects_nothing() -> None:
    """A warning is a note."""
    verdict = check(table(CONTACTS, {}), suite(Severity.WARN, column="Email"), max_reject_share=0)
    assert verdict.failures == ()
    assert verdict.warnings == ("contacts: 1 rows break the rule the_rule: it must",)


def test_a_rule_that_stops_stops() -> None:
    """A broken stop rule ends the run and says which and why."""
    with pytest.raises(InputError, match="the_rule is broken by 1 rows: it must"):
        check(table(CONTACTS, {}), suite(Severity.STOP, column="Email"), max_reject_share=1)


def test_two_rows_with_one_key_stop() -> None:
    """The shipped suites refuse two records with one key."""
    doubled = table(TASKS, {"Subject": "a", "cluster_key": "k"}, {"Subject": "b", "cluster_key": "k"})
    with pytest.raises(InputError, match="cluster_key_is_unique"):
        check(doubled, SHIPPED["tasks"], max_reject_share=1)


@pytest.mark.parametrize(
    ("bad", "good", "share", "is_stopped"),
    [
        pytest.param(10, 10, 0.4, True, id="more than the share"),
        pytest.param(10, 10, 0.5, False, id="just the share"),
        pytest.param(9, 0, 0.0, False, id="a handful says nothing"),
    ],
)
def test_too_many_rejects(bad: int, good: int, share: float, *, is_stopped: bool) -> None:
    """More rejects than the share stop the run, unless there are only a few."""
    rows = table(CONTACTS, *({} for _ in range(bad)), *({"Email": "a@b.example"} for _ in range(good)))
    only_mail = suite(Severity.REJECT, column="Email")
    if is_stopped:
        with pytest.raises(InputError, match=f"{bad} of {bad + good} rows"):
            check(rows, only_mail, max_reject_share=share)
    else:
        assert len(check(rows, only_mail, max_reject_share=share).failures) == bad


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(suite(Severity.REJECT, column="Emial"), id="unknown column"),
        pytest.param(suite(Severity.REJECT, "expect_nothing", column="Email"), id="unknown expectation"),
        pytest.param(suite(Severity.REJECT, surprise=1), id="wrong arguments"),
    ],
)
def test_a_rule_that_cannot_run_is_a_setting(wrong: Suite) -> None:
    """A mistake in a suite is named as such."""
    with pytest.raises(SettingsError, match=r"contacts\.json"):
        check(table(CONTACTS, {}), wrong, max_reject_share=1)


@settings(max_examples=5, deadline=None)
@given(
    mails=st.lists(st.from_regex(r"[\w.+-]{1,9}@[\w-]{1,9}\.[a-zé]{2,5}", fullmatch=True), max_size=20),
    phones=st.lists(st.from_regex(r"[+0-9][0-9 .x-]{1,20}", fullmatch=True), max_size=20),
)
def test_what_the_cleaners_accept_passes(mails: list[str], phones: list[str]) -> None:
    """The suites never refuse what the cleaners took for good."""
    accepted = [
        *({"Email": found} for mail in mails if (found := email.clean(mail, 100).value)),
        *({"Phone": found} for number in phones if (found := phone.clean(number, 50).value)),
    ]
    rows = [{"Last_Name": "x", **row} for row in accepted]
    assert check(table(CONTACTS, *rows), SHIPPED["contacts"], max_reject_share=1).failures == ()


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """No progress bar and no message of the library reaches the terminal."""
    check(table(CONTACTS, {}), SHIPPED["contacts"], max_reject_share=1)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
