"""The table of .ci/budgets: how many minutes the tests of each part of the product may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Budget:
    """One part: its letter, its seconds, and the patterns of its test files."""

    part: str
    seconds: float
    patterns: tuple[str, ...]


def read(path: Path) -> list[Budget]:
    """Read the table; a line is a part, its minutes, words that say what, and patterns with a `/`."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [Budget(row[0], 60 * float(row[1]), tuple(word for word in row[2:] if "/" in word)) for row in rows]


def spent(budgets: Sequence[Budget], durations: Mapping[str, float]) -> dict[str, float]:
    """Add up seconds by part; `durations`: test file → seconds.

    Raises:
        LookupError: a test file belongs to no part.
    """
    total = {budget.part: 0.0 for budget in sorted(budgets, key=lambda budget: budget.part)}
    for file, seconds in durations.items():
        total[_part(budgets, file)] += seconds
    return total


def _part(budgets: Sequence[Budget], file: str) -> str:
    for budget in budgets:
        if any(fnmatchcase(file, pattern) for pattern in budget.patterns):
            return budget.part
    raise LookupError(f"{file} belongs to no part of .ci/budgets")
