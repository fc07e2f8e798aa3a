"""What a suite has to be asked about a table: for each rule the values that matter to it, each of them once.

Most rules look at one value at a time, so that a value which a million rows have is judged once, and the verdict holds
for all of them. Of values that have the usual shape of their kind (usual.py) one stands for all. A rule of another
kind (of several columns, of a share of the rows) is asked about the whole of every partition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.texts import utf16_length
from pipeline.errors import SettingsError
from pipeline.validate import usual
from pipeline.validate.suite import KEY, LENGTH, Rule, Suite

if TYPE_CHECKING:
    import pandas as pd

_UNIQUE = "expect_column_values_to_be_unique"
_NOT_NULL = "expect_column_values_to_not_be_null"
_NULL = "expect_column_values_to_be_null"
_REGEX = "expect_column_values_to_match_regex"
# great-expectations' rules that look at one value at a time, with the arguments that leave it so.
_BY_VALUE: Mapping[str, frozenset[str]] = {
    _NOT_NULL: frozenset(),
    _NULL: frozenset(),
    "expect_column_values_to_be_between": frozenset({"min_value", "max_value", "strict_min", "strict_max"}),
    "expect_column_values_to_be_in_set": frozenset({"value_set"}),
    "expect_column_values_to_not_be_in_set": frozenset({"value_set"}),
    "expect_column_value_lengths_to_be_between": frozenset({"min_value", "max_value", "strict_min", "strict_max"}),
    "expect_column_value_lengths_to_equal": frozenset({"value"}),
    _REGEX: frozenset({"regex"}),
    "expect_column_values_to_not_match_regex": frozenset({"regex"}),
    "expect_column_values_to_match_regex_list": frozenset({"regex_list", "match_on"}),
    "expect_column_values_to_not_match_regex_list": frozenset({"regex_list"}),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """By the number of a rule in its suite: the values to be judged. Rules that are missing look at whole tables."""

    lists: Mapping[int, pa.Array]

    @property
    def size(self) -> int:
        """How many values the longest list has."""
        return max(map(len, self.lists.values()), default=0)


def of(table: pa.Table, suite: Suite) -> Facts:
    """Return what the rules of a suite have to be asked about a table.

    Raises:
        SettingsError: a rule names a column that the table does not have, or that it cannot be asked about.
    """
    for number in whole(suite):
        for name in suite.rules[number].columns:
            column_of(table, name, suite)
    return Facts({number: _asked(table, rule, suite) for number, rule in enumerate(suite.rules) if by_value(rule)})


def _asked(table: pa.Table, rule: Rule, suite: Suite) -> pa.Array:
    try:
        return _values(table, rule, suite)
    except pa.ArrowNotImplementedError:
        raise SettingsError(
            f"expectations/{suite.table}.json: {rule.type} could not be evaluated.",
            "Mend that rule: its column or its arguments do not fit.",
        ) from None


def joined(found: Iterable[Facts], suite: Suite) -> Facts:
    """Return the facts of several partitions as one, each value once."""
    lists: dict[int, list[pa.Array]] = {}
    for one in found:
        for number, values in one.lists.items():
            lists.setdefault(number, []).append(values)
    return Facts({number: _once(pa.concat_arrays(values), suite.rules[number]) for number, values in lists.items()})


def _once(values: pa.Array, rule: Rule) -> pa.Array:
    """Return each value once, a key that is there twice twice."""
    if rule.type in {_NULL, _NOT_NULL}:
        return pa.concat_arrays([_first(values, is_null=True), _first(values, is_null=False)])
    counts = pc.value_counts(values)
    times = np.minimum(counts.field("counts").to_numpy(), 2)
    return counts.field("values").take(pa.array(np.repeat(np.arange(len(times)), times)))


def by_value(rule: Rule) -> bool:
    """Return whether a rule looks at one value at a time; that keys are unique can be told of the values, too."""
    if rule.type == _UNIQUE:
        return rule.arguments == {"column": KEY}
    allowed = _BY_VALUE.get(rule.type)
    return allowed is not None and "column" in rule.arguments and rule.arguments.keys() <= allowed | {"column"}


def _values(table: pa.Table, rule: Rule, suite: Suite) -> pa.Array:
    column = column_of(table, str(rule.arguments["column"]), suite)
    if rule.type in {_NULL, _NOT_NULL}:
        return pa.concat_arrays([_first(column, is_null=True), _first(column, is_null=False)])
    if rule.type == _UNIQUE:
        again = _again(column)
        return pa.concat_arrays([column[:1], again, again])
    if rule.type == _REGEX and (shape := usual.shape(str(rule.arguments["regex"]))) is not None:
        is_usual = shape(column)
        return pc.unique(pa.concat_arrays([column.filter(is_usual)[:1], column.filter(pc.invert(is_usual))]))
    return pc.unique(column)


def _again(column: pa.Array) -> pa.Array:
    """Return the values that stand in a column more than once; in one that only rises there are none."""
    if pc.all(pc.less(column[:-1], column[1:]), skip_nulls=False).as_py():
        return column[:0]
    counts = pc.value_counts(column)
    return counts.field("values").filter(pc.greater(counts.field("counts"), 1))


def _first(column: pa.Array, *, is_null: bool) -> pa.Array:
    return column.filter(pc.is_null(column) if is_null else pc.is_valid(column))[:1]


def column_of(table: pa.Table, name: str, suite: Suite) -> pa.Array:
    """Return the column that a rule names, as one array.

    Raises:
        SettingsError: the table does not have it.
    """
    source = name.removesuffix(LENGTH)
    if source not in table.schema.names:
        raise SettingsError(
            f"expectations/{suite.table}.json names the column {name}, which the table does not have.",
            f"Its columns are: {', '.join(table.schema.names)}.",
        )
    column = table.column(source).combine_chunks()
    return column if source == name else utf16_length(column)


def frame(found: Facts, suite: Suite) -> tuple[Suite, "pd.DataFrame"]:
    """Return a suite over the columns of a frame, one for each rule of `found`; a short column begins again.

    The frame's KEY is the number of the row: modulo the length of a column, that of the value.
    """
    import pandas as pd  # noqa: PLC0415 - 0.3 s and 40 MB, and the processes that make tables need it not

    size = found.size
    columns: dict[str, Any] = {KEY: np.arange(size)}
    rules = []
    for number, values in found.lists.items():
        at = np.arange(size) % max(len(values), 1)
        rule = suite.rules[number]
        columns[str(number)] = pandas_column(_padded(values, rule, at), rule.columns[0])
        rules.append(replace(rule, arguments={**rule.arguments, "column": str(number)}))
    return replace(suite, rules=tuple(rules)), pd.DataFrame(columns)


def _padded(values: pa.Array, rule: Rule, at: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    """Return a column as long as `at`; no key must stand there again."""
    if rule.type == _UNIQUE:
        return pa.concat_arrays([values, pa.nulls(len(at) - len(values), values.type)])
    return values.take(pa.array(at)) if len(values) else pa.nulls(len(at), values.type)


def pandas_column(column: pa.Array, name: str) -> "pd.Series[Any]":
    """Return a column as great-expectations gets it: lengths as numbers, text as plain objects.

    Pandas would hand patterns on strings of its own kind to a weaker regex engine.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    if name.endswith(LENGTH):
        return pd.Series(column.to_pandas(), dtype="float64")
    return pd.Series(column.to_pandas(), dtype=object if pa.types.is_string(column.type) else None)


def whole(suite: Suite) -> list[int]:
    """Return the numbers of the rules that are asked about whole tables."""
    return [number for number, rule in enumerate(suite.rules) if not by_value(rule)]


def rows_with(table: pa.Table, rule: Rule, suite: Suite, values: pa.Array) -> Sequence[int]:
    """Return the numbers of the rows of a table that have one of some values, to a rule."""
    column = column_of(table, str(rule.arguments["column"]), suite)
    if rule.type in {_NULL, _NOT_NULL}:
        broken = pc.is_null(column) if rule.type == _NOT_NULL else pc.is_valid(column)
        broken = pc.and_(broken, bool(len(values)))
    else:
        broken = pc.is_in(column, value_set=values)
    found: list[int] = np.flatnonzero(broken).tolist()
    return found
