"""Survivorship: one record out of a cluster.

Per field the item changed last wins, then a store before a CSV, then the smaller source_key, unless the project asks
for other criteria (`survivorship`); empty fields are filled from the others. Fields that belong together (a name, an
address, start and end) come from items that do not contradict each other. Differing notes are all kept, each under its
mailbox and date. What loses is listed as a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pipeline.clean import text
from pipeline.clean.cleaned import Change
from pipeline.clean.text import fold
from pipeline.targets import Kind, Overflow, Target
from pipeline.transform import survivorship
from pipeline.transform.draft import Decision, Draft, FieldChange, Origin, Person, Ready, Value
from pipeline.transform.survivorship import USUAL, Survivorship

LOST, SPELLING = "other_copy_was_kept", "other_spelling_was_kept"
OWNER = "owner_of_latest_change"
ORGANIZER = "owner_of_organizers_copy"
SELF = "owner_is_no_participant"
TOO_MANY = "more_participants_than_zoho_takes"
_MOST_PARTICIPANTS = 50  # zoho-api.md 3.5
_DESCRIPTION, _PARTICIPANTS = "Description", "Participants"
_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("Last_Name", "First_Name"),
    ("Mailing_Street", "Mailing_City", "Mailing_State", "Mailing_Zip", "Mailing_Country"),
    ("Other_Street", "Other_City", "Other_State", "Other_Zip", "Other_Country"),
    ("Start_DateTime", "End_DateTime", "All_day"),
)


@dataclass(frozen=True, slots=True)
class Merged:
    """One record, what was lost or cut on the way (by origin), and whose record it became when several had a say."""

    ready: Ready
    changes: tuple[tuple[Origin, FieldChange], ...]
    decisions: tuple[Decision, ...]


def merge(cluster: Sequence[Draft], target: Target, chosen: Survivorship = USUAL) -> Merged:
    """Merge the drafts of one cluster into a record of `target`; every text fits its field.

    `chosen`: which copy each field is taken from; owner and mailbox are always those of the latest change.
    """
    ranked = sorted(cluster, key=rank)
    changes: list[tuple[Origin, FieldChange]] = []
    values: dict[str, Value] = {}
    for group in groups(target):
        values.update(_survivors(group, _ordered(ranked, group, target, chosen), changes))
    own = {field.api_name: field for field in target.fields}
    if _PARTICIPANTS in own:
        values[_PARTICIPANTS] = _participants(ranked, changes)
    if _DESCRIPTION in own:
        noted = _ordered(ranked, (_DESCRIPTION,), target, chosen)
        values[_DESCRIPTION] = _description(noted, own[_DESCRIPTION].length, changes)
    _fit(values, target, ranked, changes)
    lead, latest = ranked[0].origin, min(ranked, key=_latest).origin
    keys = sorted(draft.origin.source_key for draft in cluster)
    ready = Ready(
        cluster_key=keys[0],
        source_keys=tuple(keys),
        item_ids=tuple(sorted(draft.origin.item_id for draft in cluster)),
        mailbox=lead.home.mailbox,
        owner=lead.home.owner,
        modified_at=latest.modified_at,
        lead=lead,
        values={name: value for name, value in values.items() if value is not None},
    )
    return Merged(ready, tuple(changes), _owner(cluster, lead))


def rank(draft: Draft) -> survivorship.Rank:
    """Order the copies of one thing, the one that leads first: an organizer's, then the one changed last."""
    return survivorship.rank(draft, USUAL.usual)


def _latest(draft: Draft) -> survivorship.Rank:
    return rank(draft)[1:]


def _ordered(ranked: Sequence[Draft], group: tuple[str, ...], target: Target, chosen: Survivorship) -> Sequence[Draft]:
    """Order the copies for one group of fields."""
    if len(ranked) == 1 or chosen == USUAL:
        return ranked
    criteria = chosen.of(target.module, group)
    return sorted(ranked, key=lambda draft: survivorship.rank(draft, criteria, group))


@lru_cache
def groups(target: Target) -> list[tuple[str, ...]]:
    """Return the fields that survive together, by API name; not Description or Participants."""
    own = [field.api_name for field in target.fields]
    together = [group for group in _TOGETHER if group[0] in own]
    grouped = {name for group in together for name in group} | {_DESCRIPTION, _PARTICIPANTS}
    return [*together, *((name,) for name in own if name not in grouped)]


def _survivors(
    group: tuple[str, ...], ranked: Sequence[Draft], changes: list[tuple[Origin, FieldChange]]
) -> dict[str, Value]:
    """Return the values of one group of fields; what stands in for a surname yields to a real one."""
    if len(ranked) == 1:
        return {name: ranked[0].values.get(name) for name in group}
    found = [[draft.values.get(name) for name in group] for draft in ranked]
    if all(one == found[0] or not any(value is not None for value in one) for one in found[1:]):
        return dict(zip(group, found[0], strict=True))
    order = sorted(ranked, key=lambda draft: not draft.is_surname) if group[0] == "Last_Name" else ranked
    taken: dict[str, Value] = {}
    for draft in order:
        own = {name: value for name in group if (value := draft.values.get(name)) is not None}
        if all(_agree(value, taken.get(name)) for name, value in own.items()):
            taken = {**own, **taken}
    for draft in order:
        changes += [
            (draft.origin, FieldChange(name, Change(_gave_way(value, won), shown(value), shown(won))))
            for name in group
            if (value := draft.values.get(name)) is not None and value != (won := taken.get(name))
        ]
    return taken


def _gave_way(value: Value, won: Value) -> str:
    """Return the rule by which a value gave way: to one that says something else, or the same in another spelling."""
    return SPELLING if _agree(value, won, is_filling=False) else LOST


def _agree(value: Value, taken: Value, *, is_filling: bool = True) -> bool:
    """Return whether a value is the one taken (to a reader), or, when filling, there is none yet."""
    if taken is None:
        return is_filling
    if value == taken:
        return True
    return isinstance(value, str) and isinstance(taken, str) and fold(value) == fold(taken)


def shown(value: Value) -> str | None:
    """Return a value as text for the list of changes."""
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _participants(ranked: Sequence[Draft], changes: list[tuple[Origin, FieldChange]]) -> tuple[Person, ...] | None:
    """Return everybody who takes part, once; nobody where that is the owner alone, whom Zoho names as host."""
    lead = ranked[0].origin
    everybody: dict[str, Person] = {}
    for draft in ranked:
        found = draft.values.get(_PARTICIPANTS)
        for person in found if isinstance(found, tuple) else ():
            everybody.setdefault(fold(person.email), person)
    is_alone = everybody.keys() <= set(lead.home.addresses)
    own = list(everybody.values()) if is_alone else []
    people = [] if is_alone else list(everybody.values())
    dropped = [(SELF, person) for person in own] + [(TOO_MANY, person) for person in people[_MOST_PARTICIPANTS:]]
    changes += [(lead, FieldChange(_PARTICIPANTS, Change(rule, person.email, None))) for rule, person in dropped]
    return tuple(people[:_MOST_PARTICIPANTS]) or None


def _description(ranked: Sequence[Draft], length: int | None, changes: list[tuple[Origin, FieldChange]]) -> str | None:
    """Return all differing notes, then the asides; where there is no room for all, the notes are cut."""
    asides = "\n".join(dict.fromkeys(line for draft in ranked for line in draft.asides))
    notes = _notes(ranked, changes)
    if not asides or not notes:
        return notes or asides or None
    room = None if length is None else max(length - text.utf16_length(asides) - 2, 0)
    fitted = text.fit(notes, room)
    changes += [(ranked[0].origin, FieldChange(_DESCRIPTION, change)) for change in fitted.changes]
    return f"{fitted.value}\n\n{asides}" if fitted.value else asides


def _notes(ranked: Sequence[Draft], changes: list[tuple[Origin, FieldChange]]) -> str:
    """Return the notes of all copies; one that another holds is not said twice."""
    kept: list[Draft] = []
    for draft in ranked:
        note = draft.text(_DESCRIPTION)
        holding = [other.text(_DESCRIPTION) or "" for other in kept if fold(note) in fold(other.text(_DESCRIPTION))]
        if fold(note) and not holding:
            kept.append(draft)
        elif note and not any(note in one for one in holding):
            changes.append((draft.origin, FieldChange(_DESCRIPTION, Change(SPELLING, note, holding[0]))))
    first = kept[0].text(_DESCRIPTION) if kept else None
    return "\n\n".join([first or "", *(_titled(draft) for draft in kept[1:])])


def _titled(draft: Draft) -> str:
    origin = draft.origin
    source = [origin.home.mailbox, origin.modified_at.date().isoformat() if origin.modified_at else ""]
    title = ", ".join(part for part in source if part) or "—"
    return f"---- {title} ----\n{draft.text(_DESCRIPTION)}"


def _fit(
    values: dict[str, Value], target: Target, ranked: Sequence[Draft], changes: list[tuple[Origin, FieldChange]]
) -> None:
    """Cut each text to its field, unless validation is to reject it; listed with the item that the text came from."""
    for field in target.fields:
        value = values.get(field.api_name)
        if isinstance(value, str) and field.kind is Kind.TEXT and field.overflow is Overflow.CUT:
            fitted = text.fit(value, field.length)
            values[field.api_name] = fitted.value
            if fitted.changes:
                source = next((one for one in ranked if one.values.get(field.api_name) == value), ranked[0])
                changes += [(source.origin, FieldChange(field.api_name, change)) for change in fitted.changes]


def _owner(cluster: Sequence[Draft], lead: Origin) -> tuple[Decision, ...]:
    """Record whose mailbox the record belongs to, where several had a say."""
    if len({draft.origin.home.mailbox for draft in cluster}) == 1:
        return ()
    first = min((draft.origin for draft in cluster), key=lambda origin: origin.source_key)
    evidence = lead.home.owner or lead.home.mailbox
    rule = ORGANIZER if any(draft.is_organizers for draft in cluster) else OWNER
    return (Decision(left=first, right=lead, verdict="same", rule=rule, evidence=evidence),)
