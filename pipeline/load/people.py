"""Who a participant of an event is in the CRM: a contact, else a lead, else a user, else the bare address.

Rule: the plug-in's page (design.md section 6): of several contacts with one address, the one created first. Body of a
participant: reference/zoho-api-addendum.md section 4, which has both spellings of the key for a bare address.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.load import values
from pipeline.load.org import User
from pipeline.load.snapshot import Records
from pipeline.targets import Kind

MOST_PARTICIPANTS = 50
_EMAILS = ("Email", "Secondary_Email")


class People:
    """Finds the record behind an address. Contacts made in this run are added as they come."""

    def __init__(self, contacts: Records, leads: Records, users: Iterable[User]) -> None:
        self._contacts = first_created(contacts)
        self._leads = first_created(leads)
        self._users = {user.email.casefold(): user.id for user in users if user.is_active}

    def add_contacts(self, made: Iterable[tuple[object, str]]) -> None:
        """Remember contacts that were just created: pairs of address (or none) and id."""
        for address, contact_id in made:
            if isinstance(address, str):
                self.add_contact(address, contact_id)

    def add_contact(self, address: str, contact_id: str) -> None:
        """Remember a contact that was just created; one that was there before goes first."""
        self._contacts.setdefault(address.strip().casefold(), contact_id)

    def add_leads(self, made: Iterable[tuple[object, str]]) -> None:
        """Remember leads that were just created: pairs of address (or none) and id; one that was there goes first."""
        for address, lead_id in made:
            if isinstance(address, str):
                self._leads.setdefault(address.strip().casefold(), lead_id)

    def participants(self, addresses: Sequence[str]) -> list[dict[str, str]]:
        """Return the participants of an event, at most 50, each record once."""
        found = {tuple(entry.items()): entry for entry in map(self._one, addresses)}
        return list(found.values())[:MOST_PARTICIPANTS]

    def _one(self, address: str) -> dict[str, str]:
        key = address.strip().casefold()
        for kind, known in (("contact", self._contacts), ("lead", self._leads), ("user", self._users)):
            if key in known:
                return {"type": kind, "participant": known[key]}
        return {"type": "email", "participant": address, "Email": address}


def first_created(records: Records) -> dict[str, str]:
    """Map folded address → id, main addresses before second ones, then by time of creation."""
    ordered = sorted(records.by_id.items(), key=lambda item: (_created_at(item[1]), len(item[0]), item[0]))
    found: dict[str, str] = {}
    for name in _EMAILS:
        for record_id, record in ordered:
            if address := record.get(name, "").strip().casefold():
                found.setdefault(address, record_id)
    return found


def _created_at(record: Mapping[str, str]) -> str:
    return str(values.of_crm(Kind.DATETIME, record.get("Created_Time")) or "")


def addresses_of(participants: Iterable[Mapping[str, object]], known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of participants as the CRM gives them back.

    Args:
        participants: items with type, participant (an id or an address) and perhaps Email.
        known: id → address of contacts, leads and users.
    """
    found = []
    for item in participants:
        mark = str(item.get("participant") or "")
        address = str(item.get("Email") or "") or known.get(mark, mark if "@" in mark else "")
        if address:
            found.append(address)
    return tuple(found)
