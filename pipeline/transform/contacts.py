"""Extracted contacts → drafts of Contacts."""

from collections.abc import Callable, Iterable

from pipeline.clean import address, date, email, name, phone, text
from pipeline.clean.cleaned import Cleaned
from pipeline.targets import CONTACTS, Field, Kind
from pipeline.transform import exclude
from pipeline.transform.draft import Draft, Origin, Row
from pipeline.transform.filling import Filling

_NAMED = ("surname", "given_name", "display_name", "file_as", "company")
_PARTS = ("street", "city", "state", "postal_code", "country")
# Zoho's names of the parts of an address, in the order of _PARTS.
_ZOHO_PARTS = ("Street", "City", "State", "Zip", "Country")


def draft(row: Row, origin: Origin, own_domains: frozenset[str]) -> Draft:
    """Map one row of schemas.CONTACTS (its columns of columns.CONTACT)."""
    filling = Filling(is_japanese=any(text.is_japanese(row[column]) for column in _NAMED))
    person = _name(row, filling)
    for field in CONTACTS.fields:
        if clean := _BY_KIND.get(field.kind):
            filling.put_or_move(field, row[field.source], clean(row[field.source], field.length))
    for field in _PLAIN:
        filling.put(field.api_name, text.line(row[field.source]))
    filling.put("Description", text.lines(row["notes"]))
    filling.aside("Manager", "上司", row["manager"], "manager_in_description")
    _addresses(row, filling)
    birthday = date.birthday(row["birthday_date"], row["birthday_at"], origin.home.zone)
    if birthday is not None:
        filling.values["Date_of_Birth"] = birthday
    company = text.line(row["company"])
    filling.note("Account_Name", *company.changes)
    is_empty = not filling.values and not filling.asides
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclude.contact(row, _email(filling), own_domains, is_empty=is_empty),
        asides=tuple(filling.asides),
        company=company.value,
        is_surname=person.is_surname,
    )


def _email(filling: Filling) -> str | None:
    """Return the first e-mail address as cleaned."""
    value = filling.values.get("Email")
    return value if isinstance(value, str) else None


def _name(row: Row, filling: Filling) -> name.PersonName:
    person = name.clean(
        name.Source(
            surname=row["surname"],
            given_name=row["given_name"],
            display_name=row["display_name"],
            file_as=row["file_as"],
            company=row["company"],
            email=row["email1"],
        )
    )
    filling.put("Last_Name", Cleaned(person.surname, person.surname_changes))
    filling.put("First_Name", Cleaned(person.given_name, person.given_changes))
    return person


def _addresses(row: Row, filling: Filling) -> None:
    """Fill Mailing_ from the business address, Other_ from the other one, else from the home address."""
    _address(row, "business", "Mailing", filling)
    if _has_address(row, "other"):
        _address(row, "other", "Other", filling)
        filling.aside("Home address", "自宅住所", _one_line(row, "home"), "home_address_in_description")
    else:
        _address(row, "home", "Other", filling)


def _address(row: Row, kind: str, prefix: str, filling: Filling) -> None:
    filling.put(f"{prefix}_Street", address.street(row[f"{kind}_street"], row[f"{kind}_po_box"]))
    for part, zoho in list(zip(_PARTS, _ZOHO_PARTS, strict=True))[1:]:
        filling.put(f"{prefix}_{zoho}", text.line(row[f"{kind}_{part}"]))


def _has_address(row: Row, kind: str) -> bool:
    return any(text.line(row[f"{kind}_{part}"]).value for part in (*_PARTS, "po_box"))


def _one_line(row: Row, kind: str) -> str | None:
    street = address.street(row[f"{kind}_street"], row[f"{kind}_po_box"]).value
    found: Iterable[str | None] = (street, *(text.line(row[f"{kind}_{part}"]).value for part in _PARTS[1:]))
    return ", ".join(value for value in found if value) or None


_BY_KIND: dict[Kind, Callable[[str | None, int | None], Cleaned]] = {Kind.EMAIL: email.clean, Kind.PHONE: phone.clean}
_PLAIN: tuple[Field, ...] = tuple(CONTACTS.field(name) for name in ("Title", "Department", "Assistant"))
