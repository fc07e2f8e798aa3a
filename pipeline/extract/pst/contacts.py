"""IPM.Contact items as columns of `contacts` ([MS-OXOCNTC], reference/mapi-properties.md)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.extract.pst import words
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.people import smtp_in

_EMAIL_PARTS = ("EmailAddress", "AddressType", "OriginalDisplayName", "DisplayName")

_PARTS = ("street", "city", "state", "postal_code", "country", "po_box")
_WORK = ("Street", "City", "State", "PostalCode", "Country", "PostOfficeBox")
_TAGGED = ("Street", "City", "StateOrProvince", "PostalCode", "Country", "PostOfficeBox")
_MAILING = (
    "PidTagStreetAddress",
    "PidTagLocality",
    "PidTagStateOrProvince",
    "PidTagPostalCode",
    "PidTagCountry",
    "PidTagPostOfficeBox",
)
_PLACES = {  # address → the properties of its parts, and the one that holds it as one text
    "business": (tuple(f"PidLidWorkAddress{part}" for part in _WORK), "PidLidWorkAddress"),
    "home": (tuple(f"PidTagHomeAddress{part}" for part in _TAGGED), "PidLidHomeAddress"),
    "other": (tuple(f"PidTagOtherAddress{part}" for part in _TAGGED), "PidLidOtherAddress"),
}
_MAILING_KINDS = {1: "home", 2: "business", 3: "other"}  # PidLidPostalAddressId
_GENDERS = {1: "female", 2: "male"}  # PidTagGender; 0 is "unspecified"
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_EXCHANGE = "EX"


def columns(items: Columns, bodies: Sequence[Body]) -> dict[str, Sequence[Any]]:
    """Return the columns of contacts that are composed of several properties."""
    genders = items.values("PidTagGender")
    return {
        **_emails(items, 1),
        **_emails(items, 2),
        **_emails(items, 3),
        **_addresses(items),
        "birthday_date": words.floating_dates(items, "PidLidBirthdayLocal"),
        "anniversary_date": words.floating_dates(items, "PidLidWeddingAnniversaryLocal"),
        "children": [", ".join(names) if names else None for names in items.values("PidTagChildrensNames")],
        "gender": [_GENDERS.get(gender or 0) for gender in genders],
        "web_page": words.first_of(items, "PidTagBusinessHomePage", "PidLidHtml", "PidTagPersonalHomePage"),
        "notes": [body.text for body in bodies],
    }


def _emails(items: Columns, number: int) -> dict[str, Sequence[str | None]]:
    """Return address, type and display name of e-mail 1, 2 or 3 of each contact."""
    columns = (f"email{number}", f"email{number}_type", f"email{number}_display")
    names = [f"PidLidEmail{number}{part}" for part in _EMAIL_PARTS]
    if all(items.is_absent(name) for name in names):
        return {column: [None] * len(items) for column in columns}
    found = [_email(*parts) for parts in zip(*(items.values(name) for name in names), strict=True)]
    return dict(zip(columns, zip(*found, strict=True), strict=True))


def _email(
    address: str | None, kind: str | None, original: str | None, display: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return address, type and display name; an Exchange address as SMTP where the item has it."""
    if (kind or "").upper() == _EXCHANGE or (address or "").startswith("/"):
        kind = _EXCHANGE
        if smtp := smtp_in(original) or _in_parentheses(display) or _in_parentheses(original):
            address, kind = smtp, "SMTP"
    address = address or smtp_in(original)
    return address, (kind or "SMTP").upper() if address else None, display or original


def _in_parentheses(text: str | None) -> str | None:
    """Return the address of "Ann Example (ann@corp.example)", as Outlook displays an entry of the directory."""
    return next((smtp for found in _PARENTHESES.findall(text or "") if (smtp := smtp_in(found))), None)


def _addresses(items: Columns) -> dict[str, Sequence[str | None]]:
    """Return the parts of the three addresses of each contact."""
    places = {kind: _place(items, parts, whole) for kind, (parts, whole) in _PLACES.items()}
    mailing = _place(items, _MAILING, "PidTagPostalAddress")
    wanted = items.values("PidLidPostalAddressId")
    filled = {kind: _filled(place) for kind, place in places.items()}
    for row in _rows(_filled(mailing)):
        kind = _mailing_kind(wanted[row], is_known=any(rows[row] for rows in filled.values()))
        if kind and not filled[kind][row]:
            for part, copy in zip(places[kind], mailing, strict=True):
                part[row] = copy[row]
    return {f"{kind}_{name}": part for kind, place in places.items() for name, part in zip(_PARTS, place, strict=True)}


def _place(items: Columns, parts: tuple[str, ...], whole: str) -> list[list[str | None]]:
    """Return an address of each contact, part by part; one that is stored as one text only stands in `street`."""
    place = [list(items.values(part)) for part in parts]
    if not items.is_absent(whole):
        filled = _filled(place)
        for row, text in enumerate(items.values(whole)):
            if text and not filled[row]:
                place[0][row] = text
    return place


def _filled(place: Sequence[Sequence[str | None]]) -> list[bool]:
    """Return which contacts have some part of an address."""
    present = [part for part in place if any(part)]
    return list(map(any, zip(*present, strict=True))) if present else [False] * len(place[0])


def _rows(filled: Sequence[bool]) -> Iterator[int]:
    return (row for row, is_filled in enumerate(filled) if is_filled)


def _mailing_kind(kind: int | None, *, is_known: bool) -> str | None:
    """Return which address the mailing address is a copy of; "other" for the only address of a contact, of no kind."""
    return _MAILING_KINDS.get(kind or 0, None if is_known else "other")
