"""IPM.Contact items as columns of `contacts` ([MS-OXOCNTC], reference/mapi-properties.md)."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.extract.pst import words
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Booleans, Columns
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
_MAILING_WHOLE = "PidTagPostalAddress"
_MAILING_KINDS = {"home": 1, "business": 2, "other": 3}  # PidLidPostalAddressId
_ELSE = "other"  # of no kind, but the only address that a contact has
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


def _addresses(items: Columns) -> dict[str, Any]:
    """Return the parts of the three addresses of each contact.

    The mailing address, which Outlook keeps as a copy of one of them, fills the one that it is of where that is empty;
    an address that is stored as one text only stands in `street`.
    """
    filled = {kind: _filled(items, *place) for kind, place in _PLACES.items()}
    mailing = _filled(items, _MAILING, _MAILING_WHOLE)
    kinds = np.array([one or 0 for one in items.values("PidLidPostalAddressId")])
    is_lone = ~(filled["business"] | filled["home"] | filled["other"]) & ~np.isin(kinds, list(_MAILING_KINDS.values()))
    found: dict[str, Any] = {}
    for kind, (parts, whole) in _PLACES.items():
        is_meant = kinds == _MAILING_KINDS[kind]
        is_copy = mailing & ~filled[kind] & (is_meant | is_lone if kind == _ELSE else is_meant)
        columns = _place(items, parts, whole)
        if is_copy.any():
            columns = [
                _copied(*both, is_copy) for both in zip(columns, _place(items, _MAILING, _MAILING_WHOLE), strict=True)
            ]
        found |= {f"{kind}_{name}": column for name, column in zip(_PARTS, columns, strict=True)}
    return found


def _place(items: Columns, parts: Sequence[str], whole: str) -> list[Any]:
    """Return an address of each contact, part by part, each as an array or a list."""
    columns: list[Any] = [items.array(part, pa.string()) for part in parts]
    is_whole = items.filled(whole) & ~_filled(items, parts)
    if is_whole.any():
        columns[0] = _copied(columns[0], items.values(whole), is_whole)
    return columns


def _copied(own: Any, other: Any, is_copy: Booleans) -> list[str | None]:  # noqa: ANN401 - arrays or lists
    """Return a column with what another one has in some rows."""
    column, copy = (one.to_pylist() if isinstance(one, pa.Array) else list(one) for one in (own, other))
    for row in np.flatnonzero(is_copy).tolist():
        column[row] = copy[row]
    return column


def _filled(items: Columns, parts: Sequence[str], *whole: str) -> Booleans:
    """Return which contacts have some part of an address."""
    found: Booleans = np.logical_or.reduce([items.filled(name) for name in (*parts, *whole)])
    return found
