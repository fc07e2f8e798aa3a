"""Conditions on records as SQL with parameters: for COQL, search and the criteria of bulk read (zoho-api 3.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.sandbox.catalog import SYSTEM_TIMES, SYSTEM_USERS, Field, Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.stored import folded
from pipeline.sandbox.values import kept_instant

MOST_CRITERIA = 25
_NUMBERS = frozenset({"integer", "bigint", "double", "currency", "percent"})
_COMPARATORS = {
    "equal": "=", "not_equal": "!=", "greater_than": ">", "greater_equal": ">=", "less_than": "<", "less_equal": "<=",
    "in": "in", "not_in": "not in", "contains": "contains", "starts_with": "starts_with", "like": "like",
}  # fmt: skip
_ORDERED = frozenset({"=", "!=", ">", ">=", "<", "<="})


@dataclass(frozen=True, slots=True)
class Where:
    """A condition. `parameters` fill its question marks."""

    sql: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Operand:
    """A field as SQL, and how values are made comparable with it."""

    sql: str
    parameters: tuple[Any, ...]
    field: Field | None
    zone: ZoneInfo

    def value(self, raw: object) -> object:
        """Return a value in the form in which the database holds the field's.

        Raises:
            ValueError: it cannot be one.
        """
        kind = self.field.data_type if self.field else "bigint"
        if kind == "boolean":
            return {"true": 1, "false": 0}[str(raw).lower()]
        if kind in _NUMBERS:
            return float(str(raw)) if "." in str(raw) else int(str(raw))
        if kind == "datetime" and self.field:
            kept = kept_instant(datetime.fromisoformat(str(raw)), self.zone)
            is_system = self.field.api_name in SYSTEM_TIMES
            return int(datetime.fromisoformat(kept).timestamp()) if is_system else kept
        if self.field and self.field.api_name in SYSTEM_USERS:
            return int(str(raw))
        return str(raw)


def compare(module: Module, name: str, operator: str, value: object, zone: ZoneInfo) -> Where:
    """Return the condition that a field compares so; `value` is a list for in, not in and between; None: is null.

    Raises:
        Refusal: INVALID_QUERY: the module has no such field, or the value is none of its kind (addendum 8).
    """
    operand = _operand(module, name, zone)
    try:
        return _compared(module, operand, operator, value)
    except (ValueError, KeyError, OverflowError):
        message = "value given seems to be invalid for the column"
        raise Refusal(400, "INVALID_QUERY", message, {"column_name": name}) from None


def both(word: str, left: Where, right: Where) -> Where:
    """Join two conditions by AND or OR."""
    return Where(f"({left.sql} {word} {right.sql})", (*left.parameters, *right.parameters))


def of_criteria(module: Module, criteria: Mapping[str, Any] | None, zone: ZoneInfo) -> Where:
    """Read the criteria of bulk read: one `{field, comparator, value}`, or a group of them.

    Raises:
        Refusal: they are none, or more than 25.
    """
    if criteria is None:
        return Where("TRUE")
    if str(criteria).count("comparator") > MOST_CRITERIA:
        raise Refusal(400, "LIMIT_EXCEEDED", "criteria limit exceeded", {"limit": MOST_CRITERIA})
    try:
        return _criteria(module, criteria, zone)
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "criteria"}) from None


def _criteria(module: Module, criteria: Mapping[str, Any], zone: ZoneInfo) -> Where:
    if "group" in criteria:
        word = {"and": "AND", "or": "OR"}[criteria["group_operator"].lower()]
        parts = [_criteria(module, part, zone) for part in criteria["group"]]
        joined = parts[0]
        for part in parts[1:]:
            joined = both(word, joined, part)
        return joined
    field = criteria["field"]["api_name"] if isinstance(criteria.get("field"), dict) else criteria["api_name"]
    return compare(module, field, _COMPARATORS[criteria["comparator"]], criteria["value"], zone)


def _operand(module: Module, name: str, zone: ZoneInfo) -> _Operand:
    plain = name.removesuffix(".id")
    field = module.field(plain)
    if name == "id":
        return _Operand("id", (), None, zone)
    if field is None or (plain != name and not field.is_lookup):
        message = "column given seems to be invalid"
        raise Refusal(400, "INVALID_QUERY", message, {"column_name": name})
    column = SYSTEM_TIMES.get(plain) or SYSTEM_USERS.get(plain)
    if column:
        return _Operand(column, (), field, zone)
    return _Operand("json_extract(data, ?)", (f'$."{plain}"',), field, zone)


def _compared(module: Module, operand: _Operand, operator: str, value: object) -> Where:
    if value is None:
        word = {"=": "IS NULL", "!=": "IS NOT NULL"}[operator]
        return Where(f"{operand.sql} {word}", operand.parameters)
    if operator in {"in", "not in"}:
        values = value if isinstance(value, list) else str(value).split(",")
        return _listed(module, operand, operator, values)
    if operator == "between":
        low, high = list(value) if isinstance(value, list) else str(value).split(",")
        parameters = (*operand.parameters, operand.value(low), operand.value(high))
        return Where(f"{operand.sql} BETWEEN ? AND ?", parameters)
    if operator == "=" and _is_indexed(module, operand):
        return _listed(module, operand, "in", [value])
    if operator in _ORDERED:
        sql = f"{operand.sql} {operator} ? COLLATE NOCASE"
        return Where(sql, (*operand.parameters, operand.value(value)))
    return _like(operand, operator, str(value))


def _listed(module: Module, operand: _Operand, operator: str, values: Sequence[object]) -> Where:
    marks = ",".join("?" * len(values))
    if _is_indexed(module, operand) and operand.field:
        sql = f"id {operator} (SELECT record_id FROM keys WHERE module = ? AND field = ? AND folded IN ({marks}))"  # noqa: S608 - only marks
        return Where(sql, (module.api_name, operand.field.api_name, *(folded(value) for value in values)))
    return Where(
        f"{operand.sql} {operator} ({marks})", (*operand.parameters, *(operand.value(value) for value in values))
    )


def _is_indexed(module: Module, operand: _Operand) -> bool:
    return operand.field is not None and operand.field.api_name in module.indexed


def _like(operand: _Operand, operator: str, value: str) -> Where:
    pattern = {
        "contains": f"%{_escaped(value)}%",
        "starts_with": f"{_escaped(value)}%",
        "like": _escaped_but_percent(value),
        "not like": _escaped_but_percent(value),
    }[operator]
    word = "NOT LIKE" if operator == "not like" else "LIKE"
    return Where(f"{operand.sql} {word} ? ESCAPE '\\'", (*operand.parameters, pattern))


def _escaped(text: str) -> str:
    return _escaped_but_percent(text).replace("%", "\\%")


def _escaped_but_percent(text: str) -> str:
    return text.replace("\\", "\\\\").replace("_", "\\_")
