"""What an update may change in a record, field by field (design.md section 7).

`fill`, for records we did not make: only empty fields get a value. `ours`, for ours: a field is overwritten while the
CRM still holds what we last wrote there; what a person changed since is kept and listed. The settings may ask for
another one, field by field: also `newer`, where the item was changed after the record was, and `always`. An empty
source value never wipes one, whatever the policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.load.remembered import Known
from pipeline.load.values import Value, normal
from pipeline.targets import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about one field that the person who runs the load should know; `rule` is a short stable name."""

    rule: str
    field: str
    ours: Value = None
    theirs: Value = None


def changes(  # noqa: PLR0913 - both sides, and what is known of them
    kinds: Mapping[str, Kind],
    source: Mapping[str, Value],
    crm: Mapping[str, Value],
    known: Known | None,
    *,
    asked: Mapping[str, str] | None = None,
    is_newer: bool = False,
) -> tuple[dict[str, Value], list[Remark]]:
    """Return the values to write into a record, and the conflicts.

    Args:
        kinds: the fields of the module.
        source: our values; a field that is not there is empty.
        crm: what the record holds now; participants are missing where nobody had to ask for them.
        known: what the ledger knows of the record.
        asked: field → policy, where the settings ask for another than the usual one.
        is_newer: whether the item was changed after the record was.
    """
    wanted: dict[str, Value] = {}
    conflicts: list[Remark] = []
    written: Mapping[str, Value] | None = None if known else {}
    for name, ours in source.items():
        kind, theirs = kinds[name], crm.get(name)
        is_unasked = kind is Kind.PARTICIPANTS and name not in crm
        if is_unasked or ours == theirs or normal(kind, ours) in {None, normal(kind, theirs)}:
            continue
        policy = (asked or {}).get(name, "")
        written = known.written if written is None and known else written or {}
        if _may_write(policy, kind, (theirs, written.get(name)), known, is_newer=is_newer):
            wanted[name] = ours
        elif policy or (known is not None and known.is_ours):
            conflicts.append(Remark(rule="conflict", field=name, ours=ours, theirs=theirs))
    return wanted, conflicts


def agreed(
    kinds: Mapping[str, Kind], source: Mapping[str, Value], crm: Mapping[str, Value], known: Known | None
) -> Mapping[str, Value]:
    """Return the values that source and CRM have in common and the ledger does not know of; arguments as `changes`.

    They come from a change of ours that was carried out though its answer said otherwise. What both sides hold is what
    was last written: else the next change of the source would be taken for a conflict.
    """
    if known is None or not known.is_ours:
        return _NOTHING
    written = known.written
    found = {
        name: ours
        for name, ours in source.items()
        if _is_same(kinds[name], ours, crm.get(name)) and not _is_same(kinds[name], ours, written.get(name))
    }
    return found or _NOTHING  # one of all rows, not one of each


_NOTHING: Mapping[str, Value] = MappingProxyType({})


def _is_same(kind: Kind, one: Value, other: Value) -> bool:
    return one == other or normal(kind, one) == normal(kind, other)  # of most fields nothing was changed


def _may_write(policy: str, kind: Kind, held: tuple[Value, Value], known: Known | None, *, is_newer: bool) -> bool:
    """Tell whether a field may be written; `held`: what the CRM holds, and what we wrote there last."""
    theirs, written = held
    is_empty = normal(kind, theirs) is None
    usual = "ours" if known is not None and known.is_ours else "fill"
    match policy or usual:
        case "always":
            return True
        case "newer":
            return is_empty or is_newer
        case "ours":
            return _is_same(kind, theirs, written)
        case _:
            return is_empty
