"""Whose record an address or a name is: of the CRM, or one that this load is about to make. Pure.

The plug-in's rule: a contact before a lead, and of several with one address the one created first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.load import values
from pipeline.load.decide import Decision
from pipeline.load.people import first_created
from pipeline.load.snapshot import DEALS, LEADS, Records
from pipeline.load.values import Reference, Value

CONTACTS, ACCOUNTS = "Contacts", "Accounts"
_EMAILS = ("Email", "Secondary_Email")
_NAMES = {DEALS: ("Deal_Name",), ACCOUNTS: ("Account_Name",)}
Id = str | Reference


@dataclass(frozen=True, slots=True)
class Place:
    """A record: its module, and its id or the reference of one that is to be made."""

    module: str
    id: Id


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Addresses and names of contacts and leads, and the deals, accounts and ids that a person may name.

    `addresses`: by module, folded; `names`: folded name → all records that have it.
    """

    addresses: Mapping[str, Mapping[str, Id]]
    snapshot: Mapping[str, Records] = field(default_factory=dict)
    names: Mapping[str, Sequence[Place]] = field(default_factory=dict)

    def of_address(self, address: str) -> Place | None:
        """Return the contact, else the lead that has an address."""
        key = _key(address)
        for module in (CONTACTS, LEADS):
            if (found := self.addresses[module].get(key)) is not None:
                return Place(module, found)
        return None

    def of_record(self, text: str) -> list[Place]:
        """Return the records that a person may mean by an id, "Module:id", an address or a name."""
        module, colon, number = text.partition(":")
        if colon and number.isdigit():
            known = self.snapshot.get(module)
            return [Place(module, number)] if known and number in known.by_id and module in _TAKING else []
        if text.isdigit():
            return [
                Place(name, text) for name in _TAKING if name in self.snapshot and text in self.snapshot[name].by_id
            ]
        if "@" in text:
            found = self.of_address(text)
            return [found] if found else []
        return list(self.names.get(values.folded(text), ()))

    def is_there(self, record_id: str) -> bool:
        """Return whether a record that takes e-mails is in the CRM; one that was deleted, or merged, is not."""
        return any(record_id in self.snapshot[name].by_id for name in _TAKING if name in self.snapshot)

    def deals_named(self, name: str) -> list[str]:
        """Return the ids of the deals of that name."""
        return [str(place.id) for place in self.names.get(values.folded(name), ()) if place.module == DEALS]

    def open_deals(self, contact: Id, closed: Iterable[str]) -> list[str]:
        """Return the ids of a contact's deals that are in none of the closed stages."""
        folded = {values.folded(stage) for stage in closed}
        deals = self.snapshot[DEALS].by_id if DEALS in self.snapshot else {}
        return [
            deal_id
            for deal_id, deal in deals.items()
            if isinstance(contact, str)
            and deal.get("Contact_Name", "").removeprefix("zcrm_") == contact
            and values.folded(deal.get("Stage")) not in folded
        ]


_TAKING = (CONTACTS, LEADS, DEALS, ACCOUNTS)  # modules whose records take e-mails (reference/zoho-api.md 4)


def addresses_of(module: str, snapshot: Mapping[str, Records], decisions: Iterable[Decision]) -> dict[str, Id]:
    """Return folded address → record of one module: those that are there first, then those of the plan."""
    found: dict[str, Id] = dict(first_created(snapshot[module])) if module in snapshot else {}
    for name in _EMAILS:
        for decision in decisions:
            address = decision.row.values.get(name)
            if not isinstance(address, str) or not (decision.crm_id or decision.action == "create"):
                continue
            own: Id = decision.crm_id or Reference(module, decision.crm_key)
            found.setdefault(_key(address), own)
    return found


def names_of(snapshot: Mapping[str, Records], planned: Mapping[str, Sequence[Decision]]) -> dict[str, list[Place]]:
    """Return folded name → records: people by both orders of their names, deals and accounts by theirs."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for module in _TAKING:
        held = snapshot[module].by_id if module in snapshot else {}
        for record_id, record in held.items():
            _add(found, module, record_id, record)
        for decision in planned.get(module, ()):
            if decision.action == "create":
                _add(found, module, Reference(module, decision.crm_key), decision.row.values)
    return dict(found)


def _add(
    found: defaultdict[str, list[Place]], module: str, own: Id, held: Mapping[str, Value] | Mapping[str, str]
) -> None:
    last, first = (str(held.get(name) or "") for name in ("Last_Name", "First_Name"))
    both = (f"{last} {first}", f"{first} {last}", f"{last}{first}") if last and first else (last,)
    named = [str(held.get(name) or "") for name in _NAMES[module]] if module in _NAMES else both
    for name in dict.fromkeys(map(values.folded, named)):
        if name:
            found[name].append(Place(module, own))


def _key(address: str) -> str:
    return address.strip().casefold()
