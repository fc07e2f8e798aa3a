"""Suites: one JSON file per ready table, in great-expectations' own format, each rule with its severity and its why.

A project directory may hold its own expectations/<table>.json, which takes the place of the shipped one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.targets import TARGETS

KEY = "cluster_key"
# A rule may look at "<column>.utf16_length": how long Zoho will count a text to be.
LENGTH = ".utf16_length"


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
    return {target.table: _read(_file(project, target.table), target.table) for target in TARGETS}


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
