"""Look-ups that no row of another table answers: the contact of an event, contact and account that a task names.

An event's who-field is set when exactly one contact takes part. A task belongs to the contact and the company that
Outlook names in it, found by name; where several have that name, none is taken, and all are listed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.load import values
from pipeline.load.decide import Decision
from pipeline.load.people import People
from pipeline.load.policy import Remark
from pipeline.load.rows import Row
from pipeline.load.snapshot import Records
from pipeline.load.values import Reference, Value
from pipeline.targets import Target

WHO, WHAT = "Who_Id", "What_Id"
SEVERAL = "several_of_the_name"
NOT_FOUND = "nobody_of_the_name"
SEVERAL_ADDRESSES = "several_of_the_address"
_EMAILS = ("Email", "Secondary_Email")
_Id = str | Reference


@dataclass(slots=True)
class Directory:
    """Contacts and accounts of the CRM and of this plan, by name and by address. Modules are added as planned.

    `has_meetings`, `has_names`: whether anything asks for addresses and for names; else nothing is kept of them.
    `has_contact_beside_guests`: whether the org takes an event's contact beside its participants.
    """

    people: People
    has_meetings: bool = True
    has_contact_beside_guests: bool = True
    has_names: bool = True
    contacts: dict[str, list[_Id]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, list[_Id]] = field(default_factory=lambda: defaultdict(list))

    def add(self, target: Target, records: Records, decisions: Iterable[Decision]) -> None:
        """Learn the records of a module, and what the plan creates or fills there."""
        listed = [one for one in decisions if one.action]
        if self.has_names and target.module in {"Accounts", "Contacts"}:
            held = self.contacts if target.module == "Contacts" else self.accounts
            pairs: list[tuple[_Id, Mapping[str, object]]] = [*records.by_id.items()]
            pairs += [(_id(target, one), one.values) for one in listed if one.action == "create"]
            for record_id, record in pairs:
                for name in _names(target, record):
                    if record_id not in held[name]:
                        held[name].append(record_id)
        if self.has_meetings and target.module in {"Contacts", "Leads"}:
            add = self.people.add_contacts if target.module == "Contacts" else self.people.add_leads
            add((one.values.get(name), _id(target, one)) for name in _EMAILS for one in listed)


def directory(
    people: People, tables: Mapping[str, Sequence[Row]], *, has_contact_beside_guests: bool = True
) -> Directory:
    """Return an empty directory that keeps what the rows of events and tasks ask for."""
    return Directory(
        people,
        has_contact_beside_guests=has_contact_beside_guests,
        has_meetings=any("Participants" in row.values for row in tables.get("Events", ())),
        has_names=any(name in row.values for row in tables.get("Tasks", ()) for name in (WHO, WHAT)),
    )


def _id(target: Target, decision: Decision) -> _Id:
    return decision.crm_id or Reference(target.module, decision.crm_key)


def _names(target: Target, record: Mapping[str, object]) -> set[str]:
    if target.module == "Accounts":
        return {values.folded(str(record.get("Account_Name") or ""))} - {""}
    last, first = (values.folded(str(record.get(name) or "")) for name in ("Last_Name", "First_Name"))
    return {_sorted(f"{last} {first}"), f"{last}{first}", f"{first}{last}"} - {""}


def _sorted(name: str) -> str:
    """Return the words of a name in one order: Outlook shows "Grant, Oliver" and "Oliver Grant"."""
    return " ".join(sorted(name.replace(",", " ").split()))


def linked(target: Target, rows: Sequence[Row], known: Directory, links: dict[str, dict[str, _Id | None]]) -> list[Row]:
    """Return the rows of a module with the keys of their look-ups, and put what those point to into `links`.

    What could not be told is a remark of the row.
    """
    if target.module == "Events":
        return [_met(row, known, links.setdefault("contacts", {})) for row in rows]
    if target.module == "Tasks":
        return [_named(row, known, links) for row in rows]
    return list(rows)


def _met(row: Row, known: Directory, links: dict[str, _Id | None]) -> Row:
    """Give an event its contact, where exactly one takes part; remark on every address that several have."""
    addresses = row.values.get("Participants")
    if not isinstance(addresses, tuple):
        return row
    people = known.people
    found = [people.find(address, row.mailbox) for address in addresses]
    contacts = {one.id for one in found if one is not None and one.kind == "contact"}
    given: dict[str, Value] = {}
    if len(contacts) == 1 and known.has_contact_beside_guests:
        given = {WHO: _put(next(iter(contacts)), links)}
    doubts = tuple(remark for address in addresses if (remark := _doubt(address, people, row.mailbox)))
    return row._replace(values={**row.values, **given}, remarks=doubts) if given or doubts else row


def _doubt(address: str, people: People, mailbox: str) -> Remark | None:
    """Return who else has an address; that the first kind that has it is taken is the rule, and said here."""
    candidates = people.candidates(address)
    chosen = people.find(address, mailbox)
    if chosen is None or len(set(candidates) | {chosen}) == 1:
        return None
    same = [one for one in candidates if one.kind == chosen.kind]
    if chosen not in candidates or chosen.kind == "user":
        rule = "the mailbox's own user"
    elif len(same) == 1:
        rule = f"the {chosen.kind} goes first"
    elif [one for one in same if people.is_first_address(one, address)] == [chosen]:
        rule = f"the {chosen.kind} whose first address it is"
    else:
        rule = f"the {chosen.kind} created first"
    listed = ", ".join(map(str, dict.fromkeys([chosen, *candidates])))
    return Remark(
        rule=SEVERAL_ADDRESSES, field="Participants", ours=address, theirs=f"{chosen} of {listed}; rule: {rule}"
    )


def _named(row: Row, known: Directory, links: dict[str, dict[str, _Id | None]]) -> Row:
    if WHO not in row.values and WHAT not in row.values:
        return row
    changed = dict(row.values)
    remarks: list[Remark] = []
    for name, table, held in ((WHO, "contacts", known.contacts), (WHAT, "accounts", known.accounts)):
        text = changed.pop(name, None)
        if isinstance(text, str):
            found, said = _first(name, text, held)
            remarks += said
            if found is not None:
                changed[name] = _put(found, links.setdefault(table, {}))
    return row._replace(values=changed, remarks=tuple(remarks)) if changed != row.values or remarks else row


def _first(name: str, text: str, held: Mapping[str, list[_Id]]) -> tuple[_Id | None, list[Remark]]:
    """Return the first of the names that exactly one record has, and remarks on those before it."""
    remarks: list[Remark] = []
    for one in text.split(";"):
        if not one.strip():
            continue
        found = list(_candidates(one, held))
        if len(found) == 1:
            return found[0], remarks
        shown = ", ".join(each.crm_key if isinstance(each, Reference) else each for each in found)
        remarks.append(Remark(rule=SEVERAL if found else NOT_FOUND, field=name, ours=one.strip(), theirs=shown or None))
    return None, remarks


def _candidates(name: str, held: Mapping[str, list[_Id]]) -> Iterator[_Id]:
    folded = values.folded(name)
    spellings = (folded, _sorted(folded), folded.replace(" ", ""))
    yield from dict.fromkeys(one for spelling in spellings for one in held.get(spelling, ()))


def _put(found: _Id, links: dict[str, _Id | None]) -> str:
    """Give what a look-up points to a key among the links, and return that."""
    key = f"key:{found.crm_key}" if isinstance(found, Reference) else f"id:{found}"
    links[key] = found
    return key
