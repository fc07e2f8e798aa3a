"""What is to be done with each row: create, update with which values, or nothing and why. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from pipeline.load import form, policy
from pipeline.load.form import Form, Links
from pipeline.load.match import Found, Index
from pipeline.load.org import OrgField
from pipeline.load.outcomes import Result
from pipeline.load.policy import Remark
from pipeline.load.rows import Row
from pipeline.load.values import Value
from pipeline.targets import Target
from pipeline.targets.target import CONTACT_BY_ADDRESS

Action = Literal["create", "update", ""]

NO_MODULE = "no_module"
NOT_RETRIED = "not_retried"
AFTER_CANARY = "after_canary"
STILL_OPEN = "still_open"
PARENT_MISSING = "parent_missing"
TOO_LONG = "too_long"
MANDATORY_EMPTY = "mandatory_empty"
NO_CONTACT = "no_contact"
OTHER_RECORD = "other_record_of_the_same"
_NOTHING: Mapping[str, Value] = MappingProxyType({})


class Decision(NamedTuple):
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
    values: Mapping[str, Value] = _NOTHING
    agreed: Mapping[str, Value] = _NOTHING
    remarks: tuple[Remark, ...] = ()


def without_module(row: Row) -> Decision:
    """Return the decision on a row whose module the org does not have."""
    return Decision(row=row, crm_key=row.cluster_key, result=Result.SKIPPED, code=NO_MODULE)


def left_out(decision: Decision, code: str = NOT_RETRIED) -> Decision:
    """Return the decision on a row that this run leaves as it is."""
    return decision._replace(action="", values={}, result=Result.SKIPPED, code=code)


def decided(
    listed: Iterable[Found], index: Index, org_fields: Mapping[str, OrgField], links: Links, doubts: frozenset[str]
) -> Iterator[Decision]:
    """Yield what is to be done with each row of a module.

    Args:
        listed: which records they are.
        index: the snapshot.
        org_fields: the module's fields in the org.
        links: what look-ups point to.
        doubts: crm_keys that an earlier run sent without learning the result.
    """
    held_against = form.of(index.target, org_fields, index.longest)
    return (_decided(one, index, held_against, links, doubts) for one in listed)


def _decided(found: Found, index: Index, held_against: Form, links: Links, doubts: frozenset[str]) -> Decision:
    if found.refusal:
        return _without_action(_base(found), Result.SKIPPED, found.refusal)
    if not found.crm_id and found.crm_key in doubts:
        return _without_action(_base(found), Result.IN_DOUBT, STILL_OPEN)
    if not found.crm_id and not found.others and held_against.is_free(found.row):
        return Decision(found.row, found.crm_key, "", "create", values=found.row.values)
    source, remarks = held_against.prepared(found.row, links)
    remarks += [Remark(rule=OTHER_RECORD, field="id", theirs=crm_id) for crm_id in found.others]
    if not found.crm_id:
        return _checked(found, "create", source, remarks, held_against)
    # A record found by its natural key gets our key, even if nothing else is to be written: then it is found by that
    # from now on, whatever is done to its name or address.
    kinds = held_against.kinds
    plain = index.plain(found.crm_id, source)
    known = found.known
    is_newer = bool(index.asked) and found.row.modified_at > index.modified_at(found.crm_id)
    wanted, conflicts = policy.changes(kinds, source, plain, known, asked=index.asked, is_newer=is_newer)
    agreed = policy.agreed(kinds, source, plain, known)
    if not wanted and not index.lacks_key(found.crm_id):
        return _base(found)._replace(agreed=agreed, remarks=(*remarks, *conflicts))
    return _checked(found, "update", wanted, [*remarks, *conflicts], held_against, agreed)


def _base(found: Found) -> Decision:
    return Decision(row=found.row, crm_key=found.crm_key, crm_id=found.crm_id)


def _without_action(base: Decision, result: Result, code: str, at: str = "") -> Decision:
    return base._replace(result=result, code=code, fault=at)


def _checked(  # noqa: PLR0913, PLR0917 - both sides of a row, and what it is held against
    found: Found,
    action: Action,
    wanted: Mapping[str, Value],
    remarks: Sequence[Remark],
    held_against: Form,
    agreed: Mapping[str, Value] = _NOTHING,
) -> Decision:
    """Refuse here what the CRM would refuse, so that one bad row costs no call."""
    if action == "create":
        wanted = {**held_against.constants, **wanted} if held_against.constants else wanted
        if lacking := held_against.lacking(wanted):
            lookup = held_against.fields[lacking][0].lookup if lacking in held_against.fields else ""
            code = NO_CONTACT if lookup == CONTACT_BY_ADDRESS else MANDATORY_EMPTY
            return _without_action(_base(found), Result.SKIPPED, code, lacking)
    for name, most in held_against.lengths.items():
        value = wanted.get(name)
        if isinstance(value, str) and len(value) * 2 > most and _units(value) > most:
            return _without_action(_base(found)._replace(agreed=agreed), Result.SKIPPED, TOO_LONG, name)
    unsent = Result.UNCHANGED
    return Decision(found.row, found.crm_key, found.crm_id, action, unsent, "", "", wanted, agreed, tuple(remarks))


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
