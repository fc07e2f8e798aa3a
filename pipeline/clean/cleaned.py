"""What a cleaner returns: the value, and each change on the way with the name of its rule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Step = tuple[str, Callable[[str], str | None]]  # name of the rule, and what it does


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a value: `rule` is a short stable name, None stands for no value."""

    rule: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A value fit for the CRM, or None, and how it came about; no changes means: as it was found."""

    value: str | None
    changes: tuple[Change, ...] = ()

    def then(self, after: "Cleaned") -> "Cleaned":
        """Return the outcome of a second cleaner with the changes of both, in order."""
        return Cleaned(after.value, self.changes + after.changes)


def through(raw: str | None, steps: Iterable[Step]) -> Cleaned:
    """Take `raw` through the steps in order, and record each one that changes it; None ends the way."""
    value, changes = raw, []
    for rule, step in steps:
        if value is None:
            break
        new = step(value)
        if new != value:
            changes.append(Change(rule, value, new))
            value = new
    return Cleaned(value, tuple(changes))
