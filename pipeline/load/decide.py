"""What is to be done with each row: create, update with which values, or nothing and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from pipeline.load import mandatory, policy, values
from pipeline.load.match import Found, Index
from pipeline.load.org import OrgField
from pipeline.load.outcomes import Result
from pipeline.load.people import MOST_PARTICIPANTS
from pipeline.load.policy import Remark
from pipeline.load.rows import Row
from pipeline.load.values import Reference, Value
from pipeline.targets import Field, Kind, Target
from pipeline.targets.target import CONTACT_BY_ADDRESS

Action = Literal["create", "update", ""]
# table → cluster_key → the CRM's id, or the record that will get one, or None where that row is not sent
Links = Mapping[str, Mapping[str, str | Reference | None]]

NO_MODULE = "no_module"
NOT_RETRIED = "not_retried"
AFTER_CANARY = "after_canary"
STILL_OPEN = "still_open"
PARENT_MISSING = "parent_missing"
TOO_LONG = "too_long"
MANDATORY_EMPTY = "mandatory_empty"
NO_CONTACT = "no_contact"
_NOTHING: Mapping[str, Value] = MappingProxyType({})
_TEXTS = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done with a row.

    `action` "" means nothing, and `result`, `code` and `fault` (a field) say why; `values` are what is to be written,
    `agreed` what CRM and source both hold though the ledger does not know it.
    """

    row: Row
    crm_key: str
    crm_id: str = ""
    action: Action = ""
    result: Result = Result.UNCHANGED
    code: str = ""
    fault: str = ""
    values: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    agreed: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a module's rows are held against, worked out once: all by API name.

    `fields`: our field and the org's; `people`: fields of participants; `lengths`: of texts that may be too long;
    `mandatory`: what a new record must have; `constants`: what it gets when the source has nothing; `plain`: fields
    whose values the org takes as they are.
    """

    fields: Mapping[str, tuple[Field, OrgField | None]]
    people: tuple[str, ...]
    lengths: Mapping[str, int]
    mandatory: tuple[str, ...]
    constants: Mapping[str, Value]
    plain: frozenset[str]
    kinds: Mapping[str, Kind]


def _form_of(index: Index, org_fields: Mapping[str, OrgField]) -> Form:
    """Return the form of a module; it is made at the first row."""
    known = index.forms.get(id(org_fields))
    if known is None:
        made = _made_form(index.target, org_fields, index.longest)
        known = index.forms[id(org_fields)] = (org_fields, made)
    form = known[1]
    if not isinstance(form, Form):
        raise TypeError(form)
    return form


def _made_form(target: Target, org_fields: Mapping[str, OrgField], longest: Mapping[str, int] | None = None) -> Form:
    pairs = {one.api_name: (one, org_fields.get(one.api_name)) for one in target.fields}
    lengths = {name: held.length for name, (one, held) in pairs.items() if held and held.length and one.kind in _TEXTS}
    if longest:  # a text has at most as many UTF-16 units as UTF-8 bytes
        lengths = {name: most for name, most in lengths.items() if longest.get(name, most + 1) > most}
    ours = [name for name, (one, held) in pairs.items() if one.is_required or (held is not None and held.is_mandatory)]
    return Form(
        fields=pairs,
        people=tuple(one.api_name for one in target.fields if one.kind is Kind.PARTICIPANTS),
        lengths=lengths,
        mandatory=(*(one.api_name for one in mandatory.wanted(target, org_fields)), *ours),
        constants={one.api_name: one.constant for one in target.fields if one.constant},
        plain=frozenset(name for name, (one, held) in pairs.items() if _is_plain(one, held)),
        kinds={one.api_name: one.kind for one in target.fields},
    )


def _is_plain(one: Field, held: OrgField | None) -> bool:
    is_chosen = one.kind is Kind.PICKLIST and held is not None and bool(held.choices)
    return held is not None and held.is_writable and not is_chosen and one.kind not in {Kind.LOOKUP, Kind.PARTICIPANTS}


def without_module(row: Row) -> Decision:
    """Return the decision on a row whose module the org does not have."""
    return Decision(row=row, crm_key=row.cluster_key, result=Result.SKIPPED, code=NO_MODULE)


def left_out(decision: Decision, code: str = NOT_RETRIED) -> Decision:
    """Return the decision on a row that this run leaves as it is."""
    return replace(decision, action="", values={}, result=Result.SKIPPED, code=code)


def decide(
    found: Found, index: Index, org_fields: Mapping[str, OrgField], links: Links, doubts: frozenset[str]
) -> Decision:
    """Return what is to be done with one row.

    Args:
        found: which record it is.
        index: the snapshot.
        org_fields: the module's fields in the org.
        links: what look-ups point to.
        doubts: crm_keys that an earlier run sent without learning the result.
    """
    if found.refusal:
        return _without_action(_base(found), Result.SKIPPED, found.refusal)
    if not found.crm_id and found.crm_key in doubts:
        return _without_action(_base(found), Result.IN_DOUBT, STILL_OPEN)
    form = _form_of(index, org_fields)
    source, remarks = _prepared(found.row, form, links)
    if not found.crm_id:
        return _checked(found, "create", source, remarks, form)
    # A record found by its natural key gets our key, even if nothing else is to be written: then it is found by that
    # from now on, whatever is done to its name or address.
    kinds = form.kinds
    plain = index.plain(found.crm_id)
    is_newer = found.row.modified_at > index.modified_at(found.crm_id)
    wanted, conflicts = policy.changes(kinds, source, plain, found.known, asked=index.asked, is_newer=is_newer)
    agreed = policy.agreed(kinds, source, plain, found.known)
    if not wanted and not index.lacks_key(found.crm_id):
        return replace(_base(found), agreed=agreed, remarks=(*remarks, *conflicts))
    return _checked(found, "update", wanted, [*remarks, *conflicts], form, agreed)


def _base(found: Found) -> Decision:
    return Decision(row=found.row, crm_key=found.crm_key, crm_id=found.crm_id)


def _without_action(base: Decision, result: Result, code: str, at: str = "") -> Decision:
    return replace(base, result=result, code=code, fault=at)


def _checked(  # noqa: PLR0913, PLR0917 - both sides of a row, and what it is held against
    found: Found,
    action: Action,
    wanted: Mapping[str, Value],
    remarks: Sequence[Remark],
    form: Form,
    agreed: Mapping[str, Value] = _NOTHING,
) -> Decision:
    """Refuse here what the CRM would refuse, so that one bad row costs no call."""
    if action == "create":
        wanted = {**form.constants, **wanted} if form.constants else wanted
        if lacking := next((name for name in form.mandatory if name not in wanted), ""):
            lookup = form.fields[lacking][0].lookup if lacking in form.fields else ""
            code = NO_CONTACT if lookup == CONTACT_BY_ADDRESS else MANDATORY_EMPTY
            return _without_action(_base(found), Result.SKIPPED, code, lacking)
    for name, most in form.lengths.items():
        value = wanted.get(name)
        if isinstance(value, str) and len(value) * 2 > most and _units(value) > most:
            return _without_action(replace(_base(found), agreed=agreed), Result.SKIPPED, TOO_LONG, name)
    return Decision(
        row=found.row,
        crm_key=found.crm_key,
        crm_id=found.crm_id,
        action=action,
        values=wanted,
        agreed=agreed,
        remarks=tuple(remarks),
    )


def orphaned(target: Target, decision: Decision, held: Mapping[str, Value]) -> str:
    """Return the required field of a new record whose look-up came to nothing, "" for none.

    Args:
        target: the module.
        decision: what was planned.
        held: its values, without the look-ups whose records did not come to be.
    """
    lost = [name for name in decision.values if name not in held and target.field(name).is_required]
    return lost[0] if lost and decision.action == "create" else ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def prepared(
    row: Row, target: Target, org_fields: Mapping[str, OrgField], links: Links
) -> tuple[Mapping[str, Value], list[Remark]]:
    """Return the values of a row that the org can take, and what was left out."""
    return _prepared(row, _made_form(target, org_fields), links)


def _prepared(row: Row, form: Form, links: Links) -> tuple[Mapping[str, Value], list[Remark]]:
    """Return the values that the org can take, and what was left out."""
    if form.plain.issuperset(row.values) and not row.unaddressed and not row.remarks:
        return row.values, []
    kept: dict[str, Value] = {}
    remarks = [Remark(rule="participant_without_address", field=name) for name in form.people if row.unaddressed]
    remarks += row.remarks
    for name, held in row.values.items():
        target_field, org_field = form.fields[name]
        value, rule = _fitted(target_field, held, org_field, links)
        if rule:
            remarks.append(Remark(rule=rule, field=name, ours=held))
        if value is not None:
            kept[name] = value
    return (row.values if kept == row.values else kept), remarks  # usually alike: then one is enough in memory


def _fitted(target_field: Field, value: Value, org_field: OrgField | None, links: Links) -> tuple[Value, str]:
    """Return the value as the org takes it (None: it does not), and the rule that changed or refused it."""
    if isinstance(value, tuple):
        return value[:MOST_PARTICIPANTS], "too_many_participants" if len(value) > MOST_PARTICIPANTS else ""
    if org_field is None or not org_field.is_writable:
        return None, "field_not_in_org"
    if target_field.kind is Kind.LOOKUP:
        link = links[target_field.lookup].get(str(value))
        return link, "" if link else "parent_not_sent"
    if target_field.kind is Kind.PICKLIST and org_field.choices:
        choice = _choice(str(value), org_field)
        if choice is None and target_field.constant:  # of ours, not of the item: what the org has in its place
            return mandatory.value_of(org_field) or None, "value_of_org"
        return choice, "" if choice else "value_not_in_picklist"
    return value, ""


def _choice(value: str, org_field: OrgField) -> str | None:
    """Return the org's own spelling of a picklist value: by its actual value, else by what it shows."""
    wanted = values.folded(value)
    by_actual = (actual for actual, _ in org_field.choices if values.folded(actual) == wanted)
    by_display = (actual for actual, display in org_field.choices if values.folded(display) == wanted)
    return next(by_actual, None) or next(by_display, None)
