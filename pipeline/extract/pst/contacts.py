"""An IPM.Contact as a row of `contacts` ([MS-OXOCNTC], reference/mapi-properties.md)."""

import re
from typing import Any

from pipeline.extract.pst import bodies, words
from pipeline.extract.pst.bag import Bag, Item
from pipeline.extract.pst.people import smtp_in

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


def row(item: Item, body: bodies.Body) -> dict[str, Any]:
    """Return the columns of a contact that its properties give."""
    bag = item.bag
    return {
        **words.copied_columns(bag, "contacts"),
        **words.common_columns(bag),
        **_email(bag, 1),
        **_email(bag, 2),
        **_email(bag, 3),
        **_addresses(bag),
        "birthday_date": words.floating_date(bag.instant("PidLidBirthdayLocal")),
        "anniversary_date": words.floating_date(bag.instant("PidLidWeddingAnniversaryLocal")),
        "children": ", ".join(bag.texts("PidTagChildrensNames")) or None,
        "gender": _GENDERS.get(bag.integer("PidTagGender") or 0),
        "web_page": bag.text("PidTagBusinessHomePage") or bag.text("PidLidHtml") or bag.text("PidTagPersonalHomePage"),
        "notes": body.text,
    }


def _email(bag: Bag, number: int) -> dict[str, str | None]:
    """Return address, type and display name of e-mail 1, 2 or 3; an Exchange address as SMTP where the item has it."""
    name = f"PidLidEmail{number}"
    address, kind = bag.text(f"{name}EmailAddress"), bag.text(f"{name}AddressType")
    original, display = bag.text(f"{name}OriginalDisplayName"), bag.text(f"{name}DisplayName")
    if (kind or "").upper() == _EXCHANGE or (address or "").startswith("/"):
        kind = _EXCHANGE
        if smtp := smtp_in(original) or _in_parentheses(display) or _in_parentheses(original):
            address, kind = smtp, "SMTP"
    address = address or smtp_in(original)
    return {
        f"email{number}": address,
        f"email{number}_type": (kind or "SMTP").upper() if address else None,
        f"email{number}_display": display or original,
    }


def _in_parentheses(text: str | None) -> str | None:
    """Return the address of "Ann Example (ann@corp.example)", as Outlook displays an entry of the directory."""
    return next((smtp for found in _PARENTHESES.findall(text or "") if (smtp := smtp_in(found))), None)


def _addresses(bag: Bag) -> dict[str, str | None]:
    found = {kind: _address(bag, parts, whole) for kind, (parts, whole) in _PLACES.items()}
    mailing = {part: bag.text(name) for part, name in zip(_PARTS, _MAILING, strict=True)}
    if not any(mailing.values()):
        mailing["street"] = bag.text("PidTagPostalAddress")
    kind = _mailing_kind(bag, is_known=any(any(place.values()) for place in found.values()))
    if kind and not any(found[kind].values()):
        found[kind] = mailing
    return {f"{kind}_{part}": text for kind, place in found.items() for part, text in place.items()}


def _address(bag: Bag, parts: tuple[str, ...], whole: str) -> dict[str, str | None]:
    """Return the parts of an address; one that is stored as one text only stands in `street`."""
    place = {part: bag.text(name) for part, name in zip(_PARTS, parts, strict=True)}
    if not any(place.values()):
        place["street"] = bag.text(whole)
    return place


def _mailing_kind(bag: Bag, *, is_known: bool) -> str | None:
    """Return which address the mailing address is a copy of; "other" for the only address of a contact, of no kind."""
    return _MAILING_KINDS.get(bag.integer("PidLidPostalAddressId") or 0, None if is_known else "other")
