"""The rows and fields of a plan as tables: what each record is called, and the old and the new value of every field."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.load import match, values
from pipeline.load.before import Before
from pipeline.load.decide import Decision
from pipeline.load.people import addresses_of
from pipeline.load.planning import ModulePlan
from pipeline.load.snapshot import LEADS, Records
from pipeline.load.values import Reference, Value
from pipeline.schemas import PLAN, PLAN_FIELDS
from pipeline.targets import Kind, Target

WRITE = "write"
SEVERAL_CONTACTS = "several_contacts"
_UNSURE = frozenset({match.SEVERAL_RECORDS, match.SEVERAL_ROWS, match.RECORD_TAKEN})
_EMAILS = ("Email", "Secondary_Email")


def action_of(decision: Decision) -> str:
    """Return the word of the plan for what is to be done with a row."""
    if decision.action:
        return str(decision.action)
    return "unsure" if decision.code in _UNSURE else str(decision.result)


def title_of(target: Target, held: Mapping[str, Value]) -> str:
    """Return what a person calls a record: a person's name, else its first required text."""
    if held.get("Last_Name"):
        return " ".join(str(held[name]) for name in ("Last_Name", "First_Name") if held.get(name))
    texts = [field.api_name for field in target.fields if field.is_required and field.kind is Kind.TEXT]
    return next((str(held[name]) for name in texts if held.get(name)), "")


def hint_of(names: Sequence[str], held: Mapping[str, Value]) -> str | None:
    """Return what else a record is known by, None for nothing."""
    return " · ".join(str(held[name]) for name in names if held.get(name)) or None


def _hinting(target: Target) -> list[str]:
    """Return the fields of the natural keys that are no name and no people."""
    named = {field.api_name: field.kind for field in target.fields}
    keyed = dict.fromkeys(name for key in target.match for name in key.fields)
    return [name for name in keyed if named[name] in {Kind.EMAIL, Kind.DATE, Kind.DATETIME}]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the records that look-ups point to are called: by reference for new ones, by the CRM's id for the others."""

    titles: Mapping[Reference | str, str]
    addresses: Mapping[str, str]

    @staticmethod
    def of(plans: Sequence[ModulePlan], held: Mapping[str, Records]) -> "_Names":
        pointed = {
            field.lookup.partition(":")[0]
            for one in plans
            for field in one.target.fields
            if field.kind is Kind.LOOKUP and field.lookup
        }
        titles: dict[Reference | str, str] = {}
        for one in plans:
            if one.target.table not in pointed:
                continue
            for record_id, record in held[one.target.module].by_id.items():
                titles[record_id] = title_of(one.target, record)
            for decision in one.decisions:
                if decision.action == "create":
                    reference = Reference(one.target.module, decision.crm_key)
                    titles[reference] = title_of(one.target, decision.row.values)
        people = (record for module in ("Contacts", LEADS) if module in held for record in held[module].by_id.items())
        return _Names(titles, {record_id: record.get("Email", "") for record_id, record in people})

    def text(self, value: Value) -> str | None:
        """Return a value as a person reads it."""
        match value:
            case None | ():
                return None
            case bool():
                return values.as_cell(value)
            case tuple():
                return "; ".join(value)
            case Reference():
                return self.titles.get(value, value.crm_key)
            case _:
                return self.titles.get(value, value)


@dataclass(frozen=True, slots=True)
class _Held:
    """What the CRM holds where a record is to be updated."""

    before: Before
    names: _Names
    kinds: Mapping[tuple[str, str], Kind]

    def of(self, module: str, decision: Decision) -> dict[str, str | None]:
        """Return field → what a person reads there now."""
        record = self.before.records[module].by_id.get(decision.crm_id, {})
        return {
            name: self._one(self.kinds[module, name], decision.crm_id, record.get(name)) for name in decision.values
        }

    def _one(self, kind: Kind, crm_id: str, cell: str | None) -> str | None:
        if kind is Kind.PARTICIPANTS:
            return self.names.text(addresses_of(self.before.participants.get(crm_id, ()), self.names.addresses))
        return self.names.text(values.of_crm(kind, cell))


def _called(one: ModulePlan, decision: Decision, led: Mapping[str, str]) -> str:
    """Return the title of a row; one of a second pass has it from the first."""
    return led.get(decision.row.cluster_key, "") if one.title else title_of(one.target, decision.row.values)


def _led(plans: Sequence[ModulePlan]) -> dict[str, str]:
    """Return the titles of the rows that a second pass is about, by cluster_key."""
    wanted = {decision.row.cluster_key for one in plans if one.title for decision in one.decisions}
    modules = {one.target.module for one in plans if one.title}
    return {
        decision.row.cluster_key: title_of(one.target, decision.row.values)
        for one in plans
        if one.target.module in modules and not one.title
        for decision in one.decisions
        if decision.row.cluster_key in wanted
    }


def rows(plans: Sequence[ModulePlan]) -> pa.Table:
    """Return what is to be done with every row, and why not."""
    hints = {one.target.module: _hinting(one.target) for one in plans}
    led = _led(plans)
    listed = [(one, decision) for one in plans for decision in one.decisions]
    columns: dict[str, list[str | None]] = {
        "module": [one.name for one, _ in listed],
        "mailbox": [decision.row.mailbox for _, decision in listed],
        "owner": [decision.row.owner or None for _, decision in listed],
        "cluster_key": [decision.row.cluster_key for _, decision in listed],
        "crm_key": [decision.crm_key for _, decision in listed],
        "crm_id": [decision.crm_id or None for _, decision in listed],
        "action": [action_of(decision) for _, decision in listed],
        "code": [decision.code or None for _, decision in listed],
        "field": [decision.fault or None for _, decision in listed],
        "title": [_called(one, decision, led) for one, decision in listed],
        "hint": [hint_of(hints[one.target.module], decision.row.values) for one, decision in listed],
    }
    return pa.table(columns, schema=PLAN)


_Line = tuple[str, str | None, str | None]  # rule, old, new


def fields(plans: Sequence[ModulePlan], before: Before) -> pa.Table:
    """Return every field that is to be written or is remarked on, with its old and its new value."""
    names = _Names.of(plans, before.records)
    shared = _shared(plans, before.records)
    held = _Held(
        before, names, {(one.target.module, field.api_name): field.kind for one in plans for field in one.target.fields}
    )
    columns: dict[str, list[str | None]] = {name: [] for name in PLAN_FIELDS.names}
    module, key, field, rule, old, new = columns.values()
    for one in plans:
        for decision in one.decisions:
            old_values = held.of(one.target.module, decision) if decision.action == "update" else {}
            for name, (what, earlier, later) in _lines(decision, old_values, names, shared):
                module.append(one.name)
                key.append(decision.row.cluster_key)
                field.append(name)
                rule.append(what)
                old.append(earlier)
                new.append(later)
    return pa.table(columns, schema=PLAN_FIELDS)


def _lines(
    decision: Decision, old: Mapping[str, str | None], names: _Names, shared: frozenset[str]
) -> Iterator[tuple[str, _Line]]:
    for name, value in decision.values.items():
        yield name, (WRITE, old.get(name), names.text(value))
        if shared and isinstance(value, tuple):
            for address in value:
                if address.casefold() in shared:
                    yield name, (SEVERAL_CONTACTS, None, address)
    for remark in decision.remarks:
        yield remark.field, (remark.rule, names.text(remark.theirs), names.text(remark.ours))


def _shared(plans: Sequence[ModulePlan], held: Mapping[str, Records]) -> frozenset[str]:
    """Return the addresses that several contacts have, of the CRM and of this plan; only where people take part."""
    if not any(field.kind is Kind.PARTICIPANTS for one in plans for field in one.target.fields):
        return frozenset()
    there = [record for module, records in held.items() if module == "Contacts" for record in records.by_id.values()]
    coming = [
        decision.values
        for one in plans
        if one.target.module == "Contacts"
        for decision in one.decisions
        if decision.action == "create"
    ]
    counts = Counter(
        address
        for record in (*there, *coming)
        for address in {str(record[name]).strip().casefold() for name in _EMAILS if record.get(name)}
    )
    return frozenset(address for address, count in counts.items() if count > 1)
