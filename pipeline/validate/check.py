"""Say which rows of a ready table break which rule of its suite, and whether the run may go on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import InputError, SettingsError
from pipeline.validate import expectations
from pipeline.validate.suite import KEY, LENGTH, Rule, Severity, Suite

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
    frame = _frame(table, suite)
    if not table.num_rows:
        return Verdict(suite.table, (), Counter())  # no row breaks a rule, and the library is slow to import
    results = expectations.run(frame, suite)
    positions = {key: number for number, key in enumerate(table.column(KEY).to_pylist())}
    failures: list[Failure] = []
    warned: Counter[str] = Counter()
    for rule, result in zip(suite.rules, results, strict=True):
        if result is None:
            continue
        broken = [_failure(rule, key, table, positions[key]) for key in result.keys]
        if rule.severity is Severity.STOP or (rule.severity is Severity.REJECT and not broken):
            raise InputError(
                f"{suite.table}: the rule {rule.name} is broken by {len(broken) or 'all'} rows: {rule.why}.",
                f"Mend the input, or the rule in expectations/{suite.table}.json of your project.",
            )
        if rule.severity is Severity.WARN:
            warned[f"rows break the rule {rule.name}: {rule.why}"] += len(broken)
        else:
            failures += broken
    return Verdict(suite.table, tuple(sorted(failures, key=_order)), warned)


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


def _frame(table: pa.Table, suite: Suite) -> pd.DataFrame:
    """Return the columns that the rules look at, and the key of each row."""
    names = sorted({KEY, *(name for rule in suite.rules for name in rule.columns)})
    return pd.DataFrame({name: _column(table, name, suite) for name in names})


def _column(table: pa.Table, name: str, suite: Suite) -> "pd.Series[Any]":
    source = name.removesuffix(LENGTH)
    if source not in table.schema.names:
        raise SettingsError(
            f"expectations/{suite.table}.json names the column {name}, which the table does not have.",
            f"Its columns are: {', '.join(table.schema.names)}.",
        )
    column = table.column(source)
    if source == name:
        # text as plain objects: pandas would hand patterns on strings of its own kind to a weaker regex engine
        return pd.Series(column.to_pandas(), dtype=object if pa.types.is_string(column.type) else None)
    return pd.Series(_utf16_length(column).to_pandas(), dtype="float64")


def _utf16_length(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return how long Zoho counts each text: a character beyond the basic plane counts twice."""
    return pc.add(pc.utf8_length(column), pc.count_substring_regex(column, "[\U00010000-\U0010ffff]"))


def _failure(rule: Rule, key: str, table: pa.Table, position: int) -> Failure:
    fields = [name.removesuffix(LENGTH) for name in rule.columns]
    values = [table.column(name)[position].as_py() for name in fields]
    return Failure(
        cluster_key=key,
        rule=rule.name,
        field=", ".join(fields),
        reason=rule.why,
        value=", ".join(str(value) for value in values if value is not None) or None,
    )
