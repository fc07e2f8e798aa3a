"""Which copy of one thing a field is taken from: criteria in order, by field ([survivorship] of pipeline.toml).

Criteria, each the better first: `last_modified`, `first_modified` (an item without a date comes last), `store` (before
a CSV), `csv` (before a store), `longest` (of what stands in the field), `mailbox:<name>` (before any other mailbox).
What is still equal is decided by the smaller source_key, so that the order of rows and files never counts.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.clean.text import utf16_length
from pipeline.errors import SettingsError
from pipeline.targets import Target
from pipeline.transform.draft import Draft

DEFAULT = "default"
MAILBOX = "mailbox:"
_USUAL = ("last_modified", "store")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
Rank = tuple[float | bool | str, ...]


@dataclass(frozen=True, slots=True)
class Survivorship:
    """Criteria for every field, and for single ones by "Module.Field"."""

    usual: tuple[str, ...] = _USUAL
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, module: str, names: Iterable[str]) -> tuple[str, ...]:
        """Return the criteria of fields that are taken together: those of the first that has its own."""
        own = (self.fields[key] for name in names if (key := f"{module}.{name}") in self.fields)
        return next(own, self.usual)

    @staticmethod
    def read(settings: Mapping[str, tuple[str, ...]], targets: Iterable[Target]) -> "Survivorship":
        """Return the survivorship of a project.

        Raises:
            SettingsError: a field is named that nothing goes into.
        """
        known = [f"{target.module}.{name}" for target in targets for name in target.names]
        for name in settings:
            if name != DEFAULT and name not in known:
                near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
                raise SettingsError(
                    f"[survivorship] names {name}, which is no field that is loaded.",
                    f"Did you mean {' or '.join(near)}?" if near else 'Write module and field: "Contacts.Phone".',
                )
        return Survivorship(
            usual=settings.get(DEFAULT, _USUAL), fields={name: of for name, of in settings.items() if name != DEFAULT}
        )


USUAL = Survivorship()


def rank(draft: Draft, criteria: Iterable[str], names: Iterable[str] = ()) -> Rank:
    """Return what orders the copies of one thing for fields `names`, the best first: an organizer's copy leads."""
    listed = tuple(names)
    return (not draft.is_organizers, *(_of(draft, one, listed) for one in criteria), draft.origin.source_key)


def _of(draft: Draft, criterion: str, names: tuple[str, ...]) -> float | bool:
    if criterion.startswith(MAILBOX):
        return draft.origin.home.mailbox != criterion.removeprefix(MAILBOX)
    return _CRITERIA[criterion](draft, names)


def _last_modified(draft: Draft, _names: tuple[str, ...]) -> float:
    return -(draft.origin.modified_at or _NEVER).timestamp()


def _first_modified(draft: Draft, _names: tuple[str, ...]) -> float:
    return (draft.origin.modified_at or _EVER).timestamp()


def _store(draft: Draft, _names: tuple[str, ...]) -> bool:
    return not draft.origin.home.is_store


def _csv(draft: Draft, _names: tuple[str, ...]) -> bool:
    return draft.origin.home.is_store


def _longest(draft: Draft, names: tuple[str, ...]) -> float:
    values = [draft.company if name == "Account_Name" else draft.text(name) for name in names]
    return -sum(utf16_length(value) for value in values if value)


_CRITERIA: Mapping[str, Callable[[Draft, tuple[str, ...]], float | bool]] = {
    "last_modified": _last_modified,
    "first_modified": _first_modified,
    "store": _store,
    "csv": _csv,
    "longest": _longest,
}
