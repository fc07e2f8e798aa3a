"""Persons of items: recipients, organizer, sender; and the way from an Exchange address to an SMTP one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email import message_from_string, policy
from email.errors import MessageError
from functools import lru_cache
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.extract.pst.bag import Bag
from pipeline.extract.pst.columns import Columns

_SMTP = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_ORGANIZER = 0x2  # PidTagRecipientFlags, recipOrganizer ([MS-OXOCAL] 2.2.4.10.1)
_ROLE_BITS = 0xF  # of PidTagRecipientType; above them are flags of MAPI
_EXCHANGE = "EX"
_MAX_HEADER = 65_536
RESPONSES = ("none", "organizer", "tentative", "accepted", "declined", "not_responded")
ATTENDEE_ROLES: Mapping[int, str] = {1: "required", 2: "optional", 3: "resource"}
RECIPIENT_ROLES: Mapping[int, str] = {1: "to", 2: "cc", 3: "bcc"}


COLUMNS: Mapping[str, Sequence[str]] = {
    "events": ("organizer", "attendees", "modified"),
    "messages": ("sender", "author", "recipients"),
    "lists": ("members",),
}
"""The columns of the extracted tables that hold persons: one, a list of them, or changed occurrences with a list.

A member of a list is a person as far as its address goes.
"""


def in_cell(cell: Any) -> Iterator["Person"]:  # noqa: ANN401 - a cell of one of these columns
    """Yield the persons of a cell."""
    for one in cell if isinstance(cell, list) else (cell,) if cell else ():
        if "original_local" in one:
            yield from one["attendees"] or ()
        else:
            yield one


class Person(TypedDict):
    """A row of schemas.PERSON."""

    role: str
    name: str | None
    email: str | None
    address_type: str | None
    address: str | None
    response: str | None


@lru_cache(maxsize=8192)
def smtp_in(text: str | None) -> str | None:
    """Return the text when it is one e-mail address, without the quotes Outlook may put around it."""
    stripped = (text or "").strip().strip("'\"<>").strip()
    return stripped if _SMTP.fullmatch(stripped) and not stripped.startswith("/") else None


def _person(  # noqa: PLR0913 - a person has this many fields
    *,
    role: str,
    name: str | None,
    smtp: str | None,
    address_type: str | None,
    address: str | None,
    response: str | None,
) -> Person:
    is_exchange = (address_type or "").upper() == _EXCHANGE
    email = smtp_in(smtp) or (None if is_exchange else smtp_in(address))
    return Person(role=role, name=name, email=email, address_type=address_type, address=address, response=response)


def response_of(status: int | None) -> str | None:
    """Return the word of PidTagRecipientTrackStatus or PidLidResponseStatus, None for one that is not known."""
    return RESPONSES[status] if status is not None and 0 <= status < len(RESPONSES) else None


def recipient(row: Bag, roles: Mapping[int, str], default: str) -> Person:
    """Return the person of a row of the recipient table; an unknown recipient type is `default`."""
    kind = (row.integer("PidTagRecipientType") or 0) & _ROLE_BITS
    return _person(
        role=roles.get(kind, default),
        name=row.text("PidTagDisplayName") or row.text("PidTagRecipientDisplayName"),
        smtp=row.text("PidTagSmtpAddress"),
        address_type=row.text("PidTagAddressType"),
        address=row.text("PidTagEmailAddress"),
        response=response_of(row.integer("PidTagRecipientTrackStatus")),
    )


def is_organizer(row: Bag) -> bool:
    """Whether a row of the recipient table is the meeting's organizer."""
    return bool((row.integer("PidTagRecipientFlags") or 0) & _ORGANIZER)


def named(bag: Bag, prefix: str, role: str) -> Person | None:
    """Return the person that an item's own properties name; `prefix` is PidTagSender or PidTagSentRepresenting."""
    return _named(role, *(bag.text(f"{prefix}{part}") for part in _NAMED))


def all_named(items: Columns, prefix: str, role: str) -> list[Person | None]:
    """Return the person that each item names, as `named` does."""
    return [_named(role, *cells) for cells in zip(*(items.values(f"{prefix}{part}") for part in _NAMED), strict=True)]


_NAMED = ("Name", "SmtpAddress", "AddressType", "EmailAddress")


def _named(role: str, name: str | None, smtp: str | None, kind: str | None, address: str | None) -> Person | None:
    person = _person(role=role, name=name, smtp=smtp, address_type=kind, address=address, response=None)
    return person if person["name"] or person["email"] or person["address"] else None


def from_names(text: str | None, role: str) -> list[Person]:
    """Return the persons of a text as Outlook shows them ("Ann; ben@x.example"), for an item without rows."""
    names = (part.strip() for part in (text or "").split(";"))
    return [
        _person(role=role, name=name, smtp=name, address_type=None, address=None, response=None)
        for name in names
        if name
    ]


def exchange_address(person: Person) -> str | None:
    """Return the key under which a file's persons with one Exchange address meet."""
    address = person["address"]
    if not address or (person["address_type"] or "").upper() != _EXCHANGE:
        return None
    return address.casefold()


def directory(people: Iterable[Person]) -> dict[str, str]:
    """Return Exchange address → SMTP address from the persons of a file that have both; the first one counts."""
    found: dict[str, str] = {}
    for person in people:
        address, email = exchange_address(person), person["email"]
        if address and email:
            found.setdefault(address, email)
    return found


def header_address(headers: str | None, *names: str) -> str | None:
    """Return the address of the first of these header fields that has one, as `From`."""
    if not headers:
        return None
    try:
        parsed = message_from_string(headers[:_MAX_HEADER].lstrip(), policy=policy.compat32)
    except (MessageError, ValueError):
        return None
    for name in names:
        value = str(parsed.get(name) or "")
        bracketed = re.findall(r"<([^<>]*)>", value)
        if email := smtp_in(bracketed[-1] if bracketed else value):
            return email
    return None


def resolve(persons: Iterable[Person], directory: Mapping[str, str]) -> Iterator[str]:
    """Give Exchange addresses the SMTP address that another person of the file has; yield those that stay without."""
    for person in persons:
        address = exchange_address(person)
        if address and not person["email"]:
            person["email"] = directory.get(address)
            if not person["email"]:
                yield address


def resolve_from_headers(columns: Mapping[str, Sequence[Any]]) -> None:
    """Give senders of `messages` that have none the address of the transport headers."""
    people = zip(columns["headers"], columns["sender"], columns["author"], strict=True)
    for headers, sender, author in people:
        for person, names in ((sender, ("Sender", "From")), (author, ("From",))):
            if person and not person["email"] and headers:
                person["email"] = header_address(str(headers), *names)


def resolve_contacts(columns: dict[str, Any], directory: Mapping[str, str]) -> Iterator[str]:
    """Give the Exchange addresses of `contacts` their SMTP address; yield those that stay without."""
    for number in (1, 2, 3):
        kinds = columns[f"email{number}_type"]
        if _EXCHANGE not in kinds:
            continue
        addresses, kinds = list(columns[f"email{number}"]), list(kinds)
        for row, kind in enumerate(kinds):
            if kind == _EXCHANGE and (address := (addresses[row] or "").casefold()):
                if found := directory.get(address):
                    addresses[row], kinds[row] = found, "SMTP"
                else:
                    yield address
        columns[f"email{number}"], columns[f"email{number}_type"] = addresses, kinds


def resolved(rows: pa.Table, table: str, directory: Mapping[str, str]) -> pa.Table:
    """Return rows of `table` with the SMTP address of every Exchange address that the directory has."""
    if not directory or not any(_is_exchange(rows, table)):
        return rows
    columns = {name: rows[name].to_pylist() for name in (*_ADDRESS_COLUMNS.get(table, ()), *COLUMNS.get(table, ()))}
    if table == "contacts":
        list(resolve_contacts(columns, directory))
    else:
        list(resolve(_persons(columns, table), directory))
    for name, column in columns.items():
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, pa.array(column, field.type))
    return rows


def _is_exchange(rows: pa.Table, table: str) -> Iterator[bool]:
    """Yield for each column of addresses whether it has one of Exchange without an SMTP address."""
    for name in _ADDRESS_COLUMNS.get(table, ()):
        if name.endswith("_type"):
            yield bool(pc.any(pc.equal(rows[name], _EXCHANGE)).as_py())
    for name in COLUMNS.get(table, ()):
        column = rows[name].combine_chunks()
        persons = pc.list_flatten(column) if pa.types.is_list(column.type) else column
        if persons.type.get_field_index("attendees") >= 0:
            persons = pc.list_flatten(pc.struct_field(persons, "attendees"))
        kinds, emails = pc.struct_field(persons, "address_type"), pc.struct_field(persons, "email")
        yield bool(pc.any(pc.and_(pc.equal(pc.utf8_upper(kinds), _EXCHANGE), pc.is_null(emails))).as_py())


def _persons(columns: Mapping[str, Sequence[Any]], table: str) -> Iterator[Person]:
    for name in COLUMNS[table]:
        for cell in columns[name]:
            yield from in_cell(cell)


_ADDRESS_COLUMNS: Mapping[str, Sequence[str]] = {
    "contacts": tuple(f"email{number}{part}" for number in (1, 2, 3) for part in ("", "_type"))
}
