"""The summary of a stage for machines: one line of JSON, without personal data.

Numbers, names of tables, modules and rules, and hashes; never a file, a folder, an address or a value. Keys may be
added, none changes its meaning.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.outcome import Account, Report

FORMAT = 1


def summary(report: Report, exit_code: int) -> str:
    """Return the summary of a stage that came to its end."""
    return _line(content(report, exit_code))


def content(report: Report, exit_code: int) -> dict[str, Any]:
    """Return the summary of a stage as JSON values."""
    return {
        "stage": report.stage,
        "exit_code": exit_code,
        "accounts": [_account(one) for one in report.accounts],
        "loads": [asdict(one) for one in report.loads],
        "plans": [asdict(one) for one in report.plans],
        "facts": dict(report.facts),
    }


def failure(error: str, exit_code: int) -> str:
    """Return the summary of a command that failed; `error` is the kind of the error, not its message."""
    return _line({"exit_code": exit_code, "error": error})


def listing(command: str, facts: Mapping[str, str | int], exit_code: int = 0) -> str:
    """Return the summary of a command that is no stage."""
    return _line({"stage": command, "exit_code": exit_code, "facts": dict(facts)})


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps({"format": FORMAT, **content}, ensure_ascii=True, sort_keys=True)


def _account(one: Account) -> dict[str, Any]:
    return {
        "table": one.table,
        "seen": one.seen,
        "made": one.made,
        "written": one.written,
        "merged": one.merged,
        "excluded": {rule: count for rule, count in sorted(one.excluded.items()) if count},
        "rejected": one.rejected,
    }
