"""Suites: one JSON file per ready table, in great-expectations' own format, each rule with its severity and its why.

A project directory may hold its own expectations/<table>.json, which takes the place of the shipped one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.targets import EMAILS, TARGETS, Field, Target

_ALL = (*TARGETS, EMAILS)
KEY = "cluster_key"
# A rule may look at "<column>.utf16_length": how long Zoho will count a text to be.
LENGTH = ".utf16_length"
_BETWEEN = "expect_column_values_to_be_between"
_IN_SET = "expect_column_values_to_be_in_set"


class Severity(StrEnum):
    """What a broken rule does: stop the run, reject the row, or only warn."""

    STOP = "stop"
    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One expectation. `name`: short and stable, as it stands in rejects; `why`: a sentence for a person."""

    name: str
    severity: Severity
    why: str
    type: str
    arguments: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the rule looks at."""
        single = [self.arguments[key] for key in ("column", "column_A", "column_B") if key in self.arguments]
        return (*single, *self.arguments.get("column_list", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The rules of one ready table; `digest` of the file they came from."""

    table: str
    rules: tuple[Rule, ...]
    digest: str


def suites(project: Path) -> dict[str, Suite]:
    """Return the suite of every target, the project's own where it has one.

    Raises:
        SettingsError: a file is no suite.
    """
    return {target.table: _read(_file(project, target.table), target.table) for target in _ALL}


def fitted(found: Mapping[str, Suite], targets: Mapping[str, Target]) -> dict[str, Suite]:
    """Return the suites for the targets of one project.

    A rule of a field that the project dropped goes, and so do suites of other tables; the length of a field that it
    changed is the new one; a field of its own is held to its length.
    """
    known = {table: suite for table, suite in found.items() if table in targets}
    return {table: replace(suite, rules=tuple(_fitted(suite, targets[table]))) for table, suite in known.items()}


def _fitted(suite: Suite, target: Target) -> Iterator[Rule]:
    dropped = set(next(one for one in _ALL if one.table == target.table).names) - set(target.names)
    for rule in suite.rules:
        if dropped.isdisjoint(name.removesuffix(LENGTH) for name in rule.columns):
            yield replace(rule, arguments=_arguments(rule, target))
    bounded = {name for rule in suite.rules if rule.type == _BETWEEN for name in rule.columns}
    for field in target.fields:
        if field.is_custom and field.length and f"{field.api_name}{LENGTH}" not in bounded:
            yield _length_rule(field)


def _arguments(rule: Rule, target: Target) -> Mapping[str, Any]:
    """Return the arguments of a rule, with the length and the choices that its field has in this project."""
    for field in target.fields:
        if rule.columns == (f"{field.api_name}{LENGTH}",) and rule.type == _BETWEEN and field.length:
            return {**rule.arguments, "max_value": field.length}
        if rule.columns == (field.api_name,) and rule.type == _IN_SET and field.values:
            return {**rule.arguments, "value_set": [zoho for _, zoho in field.values]}
    return rule.arguments


def _length_rule(field: Field) -> Rule:
    return Rule(
        name="too_long",
        severity=Severity.REJECT,
        why=f"{field.api_name} holds {field.length} UTF-16 units by your pipeline.toml",
        type=_BETWEEN,
        arguments={"column": f"{field.api_name}{LENGTH}", "max_value": field.length},
    )


def _file(project: Path, table: str) -> Path:
    own = project / "expectations" / f"{table}.json"
    beside = Path(__file__).parents[2] / "expectations" / f"{table}.json"
    shipped = Path(__file__).parents[1] / "expectations" / f"{table}.json"
    return next((path for path in (own, beside, shipped) if path.is_file()), own)


def _read(path: Path, table: str) -> Suite:
    try:
        raw = path.read_bytes()
        content = json.loads(raw)
        rules = tuple(_rule(expectation) for expectation in content["expectations"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} is no suite of rules ({type(error).__name__}: {error}).",
            'Each expectation needs "type", "kwargs" and "meta" with "severity" (stop, reject or warn) and "why".',
        ) from None
    return Suite(table=table, rules=rules, digest=hashlib.sha256(raw).hexdigest())


def _rule(expectation: Mapping[str, Any]) -> Rule:
    meta = expectation["meta"]
    return Rule(
        name=str(meta.get("rule") or expectation["type"]),
        severity=Severity(meta["severity"]),
        why=str(meta["why"]),
        type=str(expectation["type"]),
        arguments=dict(expectation["kwargs"]),
    )
