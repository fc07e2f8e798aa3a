"""What a rollback does with each record: delete, restore, or keep and say why. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline.load import values
from pipeline.load.org import OrgField
from pipeline.load.people import addresses_of
from pipeline.load.rollback.effects import Effect
from pipeline.load.values import Value, normal
from pipeline.targets import Kind, Target

Action = Literal["delete", "restore", "none", "keep"]

IN_DOUBT = "in_doubt"
NOT_PROVEN = "not_proven_ours"
LATER_RUN = "changed_by_later_run"
CHANGED = "changed_since"
CHANGED_BY = "changed_by_another_user"
HAS_CHILDREN = "has_children"
OLD_VALUE_UNKNOWN = "old_value_unknown"
IRREVERSIBLE = "irreversible"
GONE = "gone"
_KINDS = {
    "lookup": Kind.LOOKUP,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "boolean": Kind.BOOLEAN,
    "picklist": Kind.PICKLIST,
    "email": Kind.EMAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Why a record, or one field of it, stays as it is; `detail` names a run, or the child that stands in the way."""

    why: str
    field: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done with one record; `values`: what is restored, in plain form; `kept`: what is left, and why.

    Action "none": nothing is left to be done in the CRM, so that only the ledger has to learn it.
    """

    effect: Effect
    action: Action
    values: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that points to another one."""

    module: str
    record_id: str
    field: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of one module as the plan needs them.

    `defaults`: what the org gives by itself; `names`: what a load may write, and bulk read shows.
    """

    kinds: Mapping[str, Kind]
    defaults: Mapping[str, str]
    names: tuple[str, ...]


def form_of(target: Target | None, org_fields: Mapping[str, OrgField]) -> Form:
    """Return the form of a module; `target` None where nothing is loaded into it any more."""
    kinds = {name: _KINDS.get(one.data_type, Kind.TEXT) for name, one in org_fields.items()}
    own = {one.api_name: one.kind for one in target.fields} if target else {}
    defaults = {name: one.default for name, one in org_fields.items()}
    readable = [name for name, kind in own.items() if kind is not Kind.PARTICIPANTS]
    return Form(kinds=kinds | own, defaults=defaults, names=tuple(readable))


def decide(
    effect: Effect,
    record: Mapping[str, str] | None,
    participants: Sequence[Mapping[str, Any]],
    known_people: Mapping[str, str],
    form: Form,
) -> Step:
    """Return what is done with one record, before anybody has looked for its children.

    Args:
        effect: what the run did to it.
        record: what the CRM holds, None where it is not there any more.
        participants: of an event whose participants the run overwrote.
        known_people: id → address of whoever may be a participant.
        form: the fields of its module.
    """
    if refusal := _refusal(effect):
        return _keep(effect, refusal)
    if effect.others and not (effect.is_created or effect.written):
        return Step(effect=effect, action="keep", kept=_remains(effect))
    if record is None:
        return Step(effect=effect, action="none", kept=(Kept(why=GONE),))
    if effect.is_created:
        changed = _changed(effect, record, form)
        return _keep(effect, *changed) if changed else Step(effect=effect, action="delete", kept=_remains(effect))
    now = {name: values.of_crm(form.kinds.get(name, Kind.TEXT), record.get(name)) for name in effect.before or {}}
    people = {name for name in now if form.kinds.get(name) is Kind.PARTICIPANTS}
    now |= dict.fromkeys(people, addresses_of(participants, known_people) or None)
    return _restoring(effect, now, form, known_people)


def _refusal(effect: Effect) -> Kept | None:
    if effect.is_open:
        return Kept(why=IN_DOUBT)
    if effect.later_run:
        return Kept(why=LATER_RUN, detail=str(effect.later_run))
    if not effect.is_proven:
        return Kept(why=NOT_PROVEN)
    if effect.before is None or (effect.is_created and not effect.written):
        return Kept(why=OLD_VALUE_UNKNOWN)
    return None


def _keep(effect: Effect, *why: Kept) -> Step:
    return Step(effect=effect, action="keep", kept=(*why, *_remains(effect)))


def _remains(effect: Effect) -> tuple[Kept, ...]:
    """Return what nobody can undo; what hangs on a record that the run made goes with it."""
    return () if effect.is_created else tuple(Kept(why=IRREVERSIBLE, detail=one) for one in effect.others)


def _changed(effect: Effect, record: Mapping[str, str], form: Form) -> list[Kept]:
    """Return the fields of a record of ours that hold something else than we wrote, or who changed others."""
    names = dict.fromkeys((*form.names, *effect.written))
    found = [Kept(why=CHANGED, field=name) for name in names if _differs(name, effect, record, form)]
    maker, changer = record.get("Created_By", ""), record.get("Modified_By", "")
    if not found and maker and changer and maker != changer:
        found.append(Kept(why=CHANGED_BY))
    return found


def _differs(name: str, effect: Effect, record: Mapping[str, str], form: Form) -> bool:
    kind = form.kinds.get(name, Kind.TEXT)
    if kind is Kind.PARTICIPANTS or name not in record:
        return False
    now = normal(kind, values.of_crm(kind, record[name]))
    ours = effect.written.get(name)
    if ours is not None:
        return now != normal(kind, ours)
    return now not in {None, False, normal(kind, form.defaults.get(name) or None)}


def _restoring(effect: Effect, now: Mapping[str, Value], form: Form, known_people: Mapping[str, str]) -> Step:
    restored: dict[str, Any] = {}
    kept: list[Kept] = []
    for name, old in (effect.before or {}).items():
        kind = form.kinds.get(name, Kind.TEXT)
        held, wrote = normal(kind, now[name]), normal(kind, effect.written.get(name))
        if held == normal(kind, _plain(kind, old, known_people)):
            continue
        if held == wrote:
            restored[name] = old
        else:
            kept.append(Kept(why=CHANGED, field=name))
    kept += _remains(effect)
    if restored:
        return Step(effect=effect, action="restore", values=restored, kept=tuple(kept))
    return Step(effect=effect, action="keep" if kept else "none", kept=tuple(kept))


def _plain(kind: Kind, old: Any, known_people: Mapping[str, str]) -> Value:  # noqa: ANN401 - a value of the ledger
    if kind is Kind.PARTICIPANTS:
        return addresses_of(old or (), known_people) or None
    return values.restored(old)


def with_children(steps: Sequence[Step], references: Iterable[Reference]) -> list[Step]:
    """Keep records that others than those to be deleted point to, and in turn what those kept ones point to."""
    listed = list(references)
    children, parents = defaultdict(list), defaultdict(list)
    for one in listed:
        children[one.parent_id].append(one)
        parents[one.record_id].append(one.parent_id)
    doomed = {step.effect.crm_id for step in steps if step.action == "delete"}
    freed = {(step.effect.crm_id, name) for step in steps if step.action == "restore" for name in step.values}
    blocked: dict[str, Reference] = {}
    waiting = sorted(doomed & children.keys())
    while waiting:
        parent = waiting.pop()
        child = next((one for one in children[parent] if _stays(one, doomed, freed)), None)
        if parent in doomed and child is not None:
            doomed.discard(parent)
            blocked[parent] = child
            waiting += parents[parent]
    return [_gone_along(_blocked(step, blocked.get(step.effect.crm_id)), doomed) for step in steps]


def _gone_along(step: Step, doomed: set[str]) -> Step:
    """Let what cannot be undone by itself go with the record that it hangs on."""
    is_undone = step.action == "keep" and {one.why for one in step.kept} == {IRREVERSIBLE}
    return replace(step, action="none", kept=()) if is_undone and step.effect.crm_id in doomed else step


def _stays(one: Reference, doomed: set[str], freed: set[tuple[str, str]]) -> bool:
    return one.record_id not in doomed and (one.record_id, one.field) not in freed


def _blocked(step: Step, child: Reference | None) -> Step:
    if child is None or step.action != "delete":
        return step
    return _keep(step.effect, Kept(why=HAS_CHILDREN, field=child.field, detail=f"{child.module} {child.record_id}"))


def hash_of(steps: Iterable[Step]) -> str:
    """Return the SHA-256 of a rollback: what is deleted and what is restored; a person approves exactly this."""
    listed = sorted(
        (step.effect.module, step.effect.crm_id, step.action, json.dumps(step.values, sort_keys=True))
        for step in steps
        if step.action in {"delete", "restore"}
    )
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def failed(step: Step, why: str) -> Step:
    """Return the step as one that was not carried out."""
    return replace(step, action="keep", kept=(*step.kept, Kept(why=why)))
