"""Say which rows of a ready table break which rule of its suite, and whether the run may go on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.validate import expectations, facts
from pipeline.validate.facts import Facts
from pipeline.validate.suite import KEY, LENGTH, Rule, Severity, Suite

if TYPE_CHECKING:
    import pandas as pd

Findings = Mapping[int, pa.Array]
"""Number of a rule that is broken → the values that break it."""

# A share says nothing about a handful of rows: fewer rejects than this never stop a run.
FEW_REJECTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One rule that one row breaks: the row goes no further."""

    cluster_key: str
    rule: str
    field: str
    reason: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite says of a table: the failures by row and rule, how many rows break each rule that only warns."""

    table: str
    failures: tuple[Failure, ...]
    warned: Mapping[str, int]

    @property
    def rejected(self) -> int:
        """How many rows go no further."""
        return len({failure.cluster_key for failure in self.failures})

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each rule that only warns."""
        return tuple(f"{self.table}: {count} {what}" for what, count in self.warned.items())


def check(table: pa.Table, suite: Suite, *, max_reject_share: float) -> Verdict:
    """Validate a ready table.

    Raises:
        InputError: a rule that stops the run is broken, or more than `max_reject_share` of the rows are rejected.
        SettingsError: a rule names an unknown column or expectation, or cannot be evaluated.
    """
    found = look(table, suite)
    rules = sorted({failure.rule for failure in found.failures})
    refuse_too_many(suite.table, table.num_rows, found.rejected, rules, max_reject_share)
    return found


def look(table: pa.Table, suite: Suite) -> Verdict:
    """Validate a ready table, or one partition of it, however many rows are rejected.

    Raises:
        InputError: a rule that stops the run is broken.
        SettingsError: a rule names an unknown column or expectation, or cannot be evaluated.
    """
    return settle(table, suite, judge(suite, facts.of(table, suite)) if table.num_rows else {})


def judge(suite: Suite, found: Facts) -> Findings:
    """Ask great-expectations about values; return by the number of each rule that is broken those that break it.

    Raises:
        SettingsError: an expectation is unknown, or cannot be evaluated.
    """
    asked, frame = facts.frame(found, suite)
    if not found.size:
        return {}
    results = zip(found.lists.items(), expectations.run(frame, asked), strict=True)
    return {
        number: values.take(pa.array(sorted({int(key) % len(values) for key in result.keys}), pa.int64()))
        for (number, values), result in results
        if result is not None
    }


def needs_settling(suite: Suite, findings: Findings) -> bool:
    """Return whether the rows of a partition have to be looked at once more: a rule is broken, or looks at tables."""
    return bool(findings) or bool(facts.whole(suite))


def settle(table: pa.Table, suite: Suite, findings: Findings) -> Verdict:
    """Say which rows of a partition break which rule, by what `judge` found.

    Raises:
        InputError: a rule that stops the run is broken.
        SettingsError: a rule of whole tables names an unknown expectation, or cannot be evaluated.
    """
    if not table.num_rows:
        return Verdict(suite.table, (), Counter())  # no row breaks a rule, and the library is slow to import
    failures: list[Failure] = []
    warned: Counter[str] = Counter()
    for number, rows in sorted({**_by_value(table, suite, findings), **_of_whole(table, suite)}.items()):
        rule = suite.rules[number]
        _stop_at(rule, suite, len(rows), is_of_table=number not in findings)
        if rule.severity is not Severity.WARN:
            failures += (_failure(rule, table, row) for row in rows)
        elif rows or number not in findings:
            warned[f"rows break the rule {rule.name}: {rule.why}"] += len(rows)
    return Verdict(suite.table, tuple(sorted(failures, key=_order)), warned)


def _by_value(table: pa.Table, suite: Suite, findings: Findings) -> dict[int, Sequence[int]]:
    return {number: facts.rows_with(table, suite.rules[number], suite, bad) for number, bad in findings.items()}


def _of_whole(table: pa.Table, suite: Suite) -> dict[int, Sequence[int]]:
    """Return the rows that break each broken rule of whole tables; no rows where great-expectations names none."""
    numbers = facts.whole(suite)
    if not numbers:
        return {}
    asked = replace(suite, rules=tuple(suite.rules[number] for number in numbers))
    positions = {key: number for number, key in enumerate(table.column(KEY).to_pylist())}
    results = zip(numbers, expectations.run(_frame(table, asked), asked), strict=True)
    return {number: [positions[key] for key in result.keys] for number, result in results if result is not None}


def _stop_at(rule: Rule, suite: Suite, count: int, *, is_of_table: bool) -> None:
    if (rule.severity is Severity.STOP and (count or is_of_table)) or (
        rule.severity is Severity.REJECT and is_of_table and not count
    ):
        raise InputError(
            f"{suite.table}: the rule {rule.name} is broken by {count or 'all'} rows: {rule.why}.",
            f"Mend the input, or the rule in expectations/{suite.table}.json of your project.",
        )


def _order(failure: Failure) -> tuple[str, str, str]:
    return failure.cluster_key, failure.rule, failure.field


def refuse_too_many(table: str, rows: int, rejected: int, rules: Sequence[str], share: float) -> None:
    """Stop the run when more than `share` of the rows of a table are rejected.

    Raises:
        InputError: they are.
    """
    if rejected >= FEW_REJECTS and rejected > share * rows:
        raise InputError(
            f"{table}: {rejected} of {rows} rows would be rejected, more than the {share:.0%} allowed "
            f"(rules: {', '.join(rules)}).",
            "Something is wrong with the input as a whole. Look at the files, or raise [validation] max_reject_share.",
        )


def _frame(table: pa.Table, suite: Suite) -> "pd.DataFrame":
    """Return the columns that the rules look at, and the key of each row."""
    import pandas as pd  # noqa: PLC0415 - 0.3 s and 40 MB, and the processes that make tables need it not

    names = sorted({KEY, *(name for rule in suite.rules for name in rule.columns)})
    return pd.DataFrame({name: facts.pandas_column(facts.column_of(table, name, suite), name) for name in names})


def _failure(rule: Rule, table: pa.Table, row: int) -> Failure:
    fields = [name.removesuffix(LENGTH) for name in rule.columns]
    values = [table.column(name)[row].as_py() for name in fields]
    return Failure(
        cluster_key=table.column(KEY)[row].as_py(),
        rule=rule.name,
        field=", ".join(fields),
        reason=rule.why,
        value=", ".join(str(value) for value in values if value is not None) or None,
    )
