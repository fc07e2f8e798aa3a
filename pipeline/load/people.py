"""Who a participant of an event is in the CRM: a contact, else a lead, else a user, else the bare address.

Rule: the plug-in's page (design.md section 6): of several contacts with one address, the one created first; who has it
as the second address comes after those who have it as the first. The address of the event's own mailbox is its CRM
user, whatever else has that address. Body of a participant: reference/zoho-api-addendum.md section 4, which has both
spellings of the key for a bare address.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.config import Mailbox
from pipeline.load import values
from pipeline.load.org import Org, User
from pipeline.load.snapshot import Records
from pipeline.load.values import Reference
from pipeline.targets import Kind

MOST_PARTICIPANTS = 50
_EMAILS = ("Email", "Secondary_Email")
_KINDS = ("contact", "lead", "user")


@dataclass(frozen=True, slots=True)
class Own:
    """A mailbox: its name, its addresses, and the CRM user who owns its records ("" for none that is active)."""

    mailbox: str
    addresses: frozenset[str]
    user_id: str


def own_of(mailboxes: Iterable[Mailbox], the_org: Org) -> list[Own]:
    """Return the mailboxes of the settings with the users of an org."""
    return [
        Own(
            mailbox.name,
            frozenset(_folded(address) for address in mailbox.addresses),
            (the_org.user_id(mailbox.owner) if mailbox.owner else None) or "",
        )
        for mailbox in mailboxes
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the CRM: contact, lead or user, and the id; a contact of this plan has none yet."""

    kind: str
    id: str | Reference

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{self.kind} {self.id.crm_key if isinstance(self.id, Reference) else self.id}"


class People:
    """Finds the record behind an address. Contacts made in this run are added as they come."""

    def __init__(self, contacts: Records, leads: Records, users: Iterable[User], own: Iterable[Own] = ()) -> None:
        active = [user for user in users if user.is_active]
        self._own = {one.mailbox: one for one in own if one.user_id}
        aliases = [(address, one.user_id) for one in self._own.values() for address in sorted(one.addresses)]
        self._sources = {"contact": contacts, "lead": leads}
        self._users = _users([*((user.email, user.id) for user in active), *aliases])

    @cached_property
    def _known(self) -> dict[str, dict[str, list[Known]]]:
        """Address → everybody who has it, by kind; made when somebody is looked for."""
        return {**{kind: _by_address(kind, records) for kind, records in self._sources.items()}, "user": self._users}

    def add_contacts(self, made: Iterable[tuple[object, str | Reference]]) -> None:
        """Remember contacts that were just created, or will be: pairs of address (or none) and id.

        Who was there before goes first.
        """
        self._add("contact", made)

    def add_leads(self, made: Iterable[tuple[object, str | Reference]]) -> None:
        """Remember leads that were just created, or will be; as `add_contacts`."""
        self._add("lead", made)

    def _add(self, kind: str, made: Iterable[tuple[object, str | Reference]]) -> None:
        for address, record_id in made:
            if isinstance(address, str):
                held = self._known[kind].setdefault(_folded(address), [])
                if all(one.id != record_id for one in held):
                    held.append(Known(kind, record_id))

    def candidates(self, address: str) -> list[Known]:
        """Return everybody who has the address, the one that is chosen first."""
        found = [one for kind in _KINDS for one in self._known[kind].get(_folded(address), ())]
        return list(dict.fromkeys(found))

    def is_first_address(self, known: Known, address: str) -> bool:
        """Return whether a record of the CRM has an address as its first one, not as its second."""
        record = self._sources[known.kind].by_id.get(str(known.id), {}) if known.kind in self._sources else {}
        return _folded(record.get("Email") or "") == _folded(address)

    def find(self, address: str, mailbox: str = "") -> Known | None:
        """Return who the address is in an event of a mailbox, None for nobody of the CRM."""
        own = self._own.get(mailbox)
        if own is not None and _folded(address) in own.addresses:
            return Known("user", own.user_id)
        return next(iter(self.candidates(address)), None)

    def participants(self, addresses: Sequence[str], mailbox: str = "") -> list[dict[str, str]]:
        """Return the participants of an event, at most 50, each record once."""
        found = {tuple(entry.items()): entry for entry in (self._one(address, mailbox) for address in addresses)}
        return list(found.values())[:MOST_PARTICIPANTS]

    def _one(self, address: str, mailbox: str) -> dict[str, str]:
        known = self.find(address, mailbox)
        if known is None or isinstance(known.id, Reference):
            return {"type": "email", "participant": address, "Email": address}
        return {"type": known.kind, "participant": known.id}


def first_created(records: Records) -> dict[str, str]:
    """Map folded address → id, main addresses before second ones, then by time of creation."""
    return {address: str(found[0].id) for address, found in _by_address("", records).items()}


def _folded(address: str) -> str:
    return address.strip().casefold()


def _users(pairs: Iterable[tuple[str, str]]) -> dict[str, list[Known]]:
    found: defaultdict[str, list[Known]] = defaultdict(list)
    for address, user_id in pairs:
        if address and Known("user", user_id) not in found[_folded(address)]:
            found[_folded(address)].append(Known("user", user_id))
    return dict(found)


def _by_address(kind: str, records: Records) -> dict[str, list[Known]]:
    """Map address → records, main addresses before second ones, then by time of creation."""
    ordered = sorted(records.by_id.items(), key=lambda item: (_created_at(item[1]), len(item[0]), item[0]))
    found: defaultdict[str, list[Known]] = defaultdict(list)
    for name in _EMAILS:
        for record_id, record in ordered:
            address = _folded(record.get(name, ""))
            if address and Known(kind, record_id) not in found[address]:
                found[address].append(Known(kind, record_id))
    return dict(found)


def _created_at(record: Mapping[str, str]) -> str:
    return str(values.of_crm(Kind.DATETIME, record.get("Created_Time")) or "")


def addresses_of(participants: Iterable[Mapping[str, object]], known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of participants as the CRM gives them back.

    Args:
        participants: items with type, participant (an id or an address) and perhaps Email.
        known: id → address of contacts, leads and users, as our rows spell it where they name one of them.
    """
    found = []
    for item in participants:
        mark = str(item.get("participant") or "")
        address = known.get(mark, "") or str(item.get("Email") or "") or (mark if "@" in mark else "")
        if address:
            found.append(address)
    return tuple(found)
