"""When two drafts are the same thing: the rules and scopes of design.md section 6, per kind, as keys to compare.

Keys are folded harder than values: width, case and spaces do not count.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from pipeline.clean.text import fold
from pipeline.transform.draft import Draft, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Names of the rules of one kind, as they stand in `decisions`."""

    strong: str
    weak: str
    joins: str
    conflict: str
    several: str
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The keys of one draft; None means: not comparable this way.

    Same `strong` is the same thing, unless the `party`s differ: then it is unsure, and they are kept apart; "" fits any
    one party. Only drafts without `strong` compare by `weak`: with each other, and with the clusters that hold it; they
    join when that is exactly one cluster. Same `doubt` is never the same, but unsure.
    """

    strong: str | None = None
    party: str = ""
    weak: str | None = None
    doubt: str | None = None


CONTACT_RULES = Rules(
    strong="same_email",
    weak="same_name_without_email",
    joins="same_name_as_one_address",
    conflict="same_email_other_surname",
    several="same_name_as_several_addresses",
    doubt="",
)
TASK_RULES = Rules(
    strong="",
    weak="same_subject_and_due_date",
    joins="",
    conflict="",
    several="",
    doubt="same_subject_no_due_date",
)
EVENT_RULES = Rules(
    strong="same_meeting_id",
    weak="same_title_time_and_participants",
    joins="same_title_time_and_participants",
    conflict="same_meeting_id_other_time",
    several="same_as_several_meetings",
    doubt="",
)


def contacts(drafts: Sequence[Draft], *, by_address_alone: bool = False) -> list[Identity]:
    """Compare by e-mail 1, else by name; in the whole export.

    Conflicting surnames keep one address apart, unless it is to decide alone.
    """
    return [_contact(draft, has_party=draft.is_surname and not by_address_alone) for draft in drafts]


def _contact(draft: Draft, *, has_party: bool) -> Identity:
    last, first = draft.text("Last_Name"), draft.text("First_Name")
    return Identity(
        strong=fold(draft.text("Email")) or None,
        party=fold(last) if has_party else "",
        weak=_key(fold(last), fold(first)) if last else None,
    )


def shown(weak: pa.Array) -> pa.Array:
    """Return the weak keys of contacts (both folded names, parted by a NUL) as they stand in `decisions`."""
    return pa.array([None if one is None else _key(*one.split("\0")) for one in weak.to_pylist()], pa.string())


def tasks(drafts: Sequence[Draft]) -> list[Identity]:
    """Compare by subject and due date in a mailbox; without a due date, body and creation must agree too."""
    return [_task(draft) for draft in drafts]


def _task(draft: Draft) -> Identity:
    subject, due = draft.text("Subject"), draft.values.get("Due_Date")
    if not subject:
        return Identity()
    scope = (draft.origin.home.mailbox, fold(subject))
    if due is not None:
        return Identity(weak=_key(*scope, due))
    body, created = fold(draft.text("Description")), draft.origin.created_at
    if created is None:
        return Identity(doubt=_key(*scope, body))
    return Identity(weak=_key(*scope, None, body, created), doubt=_key(*scope, body))


def events(drafts: Sequence[Draft]) -> list[Identity]:
    """Compare meetings by clean global object id, else by title, time and everybody's address, in the whole export.

    An event without participants: by title and time in its mailbox. Occurrences of one series share an id, and are told
    apart by the day that the series gave them. Of an id without such days that one file holds at several times, the
    time tells: they are occurrences that some program wrote without. In two files it is a meeting that was moved.
    """
    occurring = _occurrences(drafts)
    return [_event(draft, occurring) for draft in drafts]


def _event(draft: Draft, occurring: frozenset[str]) -> Identity:
    start, end = draft.values.get("Start_DateTime"), draft.values.get("End_DateTime")
    title = draft.text("Event_Title")
    is_comparable = title is not None and start is not None and end is not None
    when = (fold(title), start, end)
    if not draft.circle:
        return Identity(weak=_key("alone", draft.origin.home.mailbox, *when) if is_comparable else None)
    strong = draft.global_id and draft.global_id.casefold()
    if strong and draft.occurrence is not None:
        strong = _key(strong, draft.occurrence)
    elif strong in occurring:
        strong = _key(strong, start)
    return Identity(strong=strong, weak=_key("met", *when, *sorted(draft.circle)) if is_comparable else None)


def _occurrences(drafts: Sequence[Draft]) -> frozenset[str]:
    starts: defaultdict[tuple[str, str], set[Value]] = defaultdict(set)
    for draft in drafts:
        if draft.circle and draft.global_id and draft.occurrence is None:
            key = (draft.global_id.casefold(), draft.origin.home.path)
            starts[key].add(draft.values.get("Start_DateTime"))
    return frozenset(global_id for (global_id, _), found in starts.items() if len(found) > 1)


def _key(*parts: Value) -> str:
    plain = [part.isoformat() if isinstance(part, datetime | date) else part for part in parts]
    return json.dumps(plain, ensure_ascii=False)
