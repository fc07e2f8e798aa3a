"""What is to be done with each row: create, update with which values, or nothing and why. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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

Action = Literal["create", "update", ""]
# table → cluster_key → the CRM's id, or the record that will get one, or None where that row is not sent
Links = Mapping[str, Mapping[str, str | Reference | None]]

NO_MODULE = "no_module"
NOT_RETRIED = "not_retried"
STILL_OPEN = "still_open"
PARENT_MISSING = "parent_missing"
TOO_LONG = "too_long"
MANDATORY_EMPTY = "mandatory_empty"
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
    values: Mapping[str, Value] = field(default_factory=dict)
    agreed: Mapping[str, Value] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def without_module(row: Row) -> Decision:
    """Return the decision on a row whose module the org does not have."""
    return Decision(row=row, crm_key=row.cluster_key, result=Result.SKIPPED, code=NO_MODULE)


def left_out(decision: Decision) -> Decision:
    """Return the decision on a row that this run leaves as it is."""
    return replace(decision, action="", values={}, result=Result.SKIPPED, code=NOT_RETRIED)


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
    base = Decision(row=found.row, crm_key=found.crm_key, crm_id=found.crm_id)
    if found.refusal:
        return _without_action(base, Result.SKIPPED, found.refusal)
    if not found.crm_id and found.crm_key in doubts:
        return _without_action(base, Result.IN_DOUBT, STILL_OPEN)
    source, remarks = _prepared(index.target, found.row, org_fields, links)
    if not found.crm_id:
        return _checked(base, "create", source, remarks, index.target, org_fields)
    # A record found by its natural key gets our key, even if nothing else is to be written: then it is found by that
    # from now on, whatever is done to its name or address.
    kinds = {one.api_name: one.kind for one in index.target.fields}
    plain = index.plain(found.crm_id)
    wanted, conflicts = policy.changes(kinds, source, plain, found.known)
    base = replace(base, agreed=policy.agreed(kinds, source, plain, found.known))
    if not wanted and not index.lacks_key(found.crm_id):
        return replace(base, remarks=(*remarks, *conflicts))
    return _checked(base, "update", wanted, [*remarks, *conflicts], index.target, org_fields)


def _without_action(base: Decision, result: Result, code: str, at: str = "") -> Decision:
    return replace(base, result=result, code=code, fault=at)


def _checked(  # noqa: PLR0913, PLR0917 - what a check needs to see
    base: Decision,
    action: Action,
    wanted: Mapping[str, Value],
    remarks: list[Remark],
    target: Target,
    org_fields: Mapping[str, OrgField],
) -> Decision:
    """Refuse here what the CRM would refuse, so that one bad row costs no call."""
    if action == "create":
        constants = {one.api_name: one.constant for one in target.fields if one.constant}
        wanted = {**constants, **wanted}
        if lacking := [one for one in mandatory.wanted(target, org_fields) if one.api_name not in wanted]:
            return _without_action(base, Result.SKIPPED, MANDATORY_EMPTY, lacking[0].api_name)
    for name, value in wanted.items():
        length = org_fields[name].length if name in org_fields else None
        if isinstance(value, str) and target.field(name).kind in _TEXTS and length and _units(value) > length:
            return _without_action(base, Result.SKIPPED, TOO_LONG, name)
    for one in target.fields:
        org_field = org_fields.get(one.api_name)
        is_mandatory = one.is_required or (org_field is not None and org_field.is_mandatory)
        if action == "create" and is_mandatory and one.api_name not in wanted:
            return _without_action(base, Result.SKIPPED, MANDATORY_EMPTY, one.api_name)
    return replace(base, action=action, values=wanted, remarks=tuple(remarks))


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


def _prepared(
    target: Target, row: Row, org_fields: Mapping[str, OrgField], links: Links
) -> tuple[dict[str, Value], list[Remark]]:
    """Return the values that the org can take, and what was left out."""
    kept: dict[str, Value] = {}
    remarks = list(_unaddressed(target, row))
    for target_field in target.fields:
        name = target_field.api_name
        if name not in row.values:
            continue
        value, rule = _fitted(target_field, row.values[name], org_fields.get(name), links)
        if rule:
            remarks.append(Remark(rule=rule, field=name, ours=row.values[name]))
        if value is not None:
            kept[name] = value
    return kept, remarks


def _unaddressed(target: Target, row: Row) -> Iterator[Remark]:
    for target_field in target.fields:
        if target_field.kind is Kind.PARTICIPANTS and row.unaddressed:
            yield Remark(rule="participant_without_address", field=target_field.api_name)


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
        return choice, "" if choice else "value_not_in_picklist"
    return value, ""


def _choice(value: str, org_field: OrgField) -> str | None:
    """Return the org's own spelling of a picklist value: by its actual value, else by what it shows."""
    wanted = values.folded(value)
    by_actual = (actual for actual, _ in org_field.choices if values.folded(actual) == wanted)
    by_display = (actual for actual, display in org_field.choices if values.folded(display) == wanted)
    return next(by_actual, None) or next(by_display, None)
