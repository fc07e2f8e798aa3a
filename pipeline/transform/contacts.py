"""Extracted contacts → drafts of Contacts."""

from pipeline.clean import address, date, name, text
from pipeline.clean.cleaned import Cleaned
from pipeline.targets import CONTACTS, Field, Target
from pipeline.transform import exclude, fields
from pipeline.transform.draft import Draft, Origin, Row
from pipeline.transform.filling import Filling

_NAMED = ("surname", "given_name", "display_name", "file_as", "nickname", "company")
_PARTS = ("street", "city", "state", "postal_code", "country")
# Zoho's names of the parts of an address, in the order of _PARTS.
_ZOHO_PARTS = ("Street", "City", "State", "Zip", "Country")
OF_RULES = frozenset(
    {
        *("Last_Name", "First_Name", "Account_Name", "Date_of_Birth"),
        *(f"{prefix}_{part}" for prefix in ("Mailing", "Other") for part in _ZOHO_PARTS),
    }
)


def draft(row: Row, origin: Origin, own_domains: frozenset[str], target: Target = CONTACTS) -> Draft:
    """Map one row of schemas.CONTACTS (its columns that columns.used names)."""
    filling = Filling(target, is_japanese=any(text.is_japanese(row[column]) for column in _NAMED))
    person = _name(row, filling)
    fields.put((field for field in target.fields if is_plain(field)), row, filling)
    fields.put_asides(target, row, filling)
    fields.note_leftovers(target, row, filling)
    _addresses(row, filling)
    birthday = date.birthday(row["birthday_date"], row["birthday_at"], origin.home.zone)
    if birthday is not None:
        filling.take("Date_of_Birth", birthday)
    company = text.line(row["company"])
    filling.note("Account_Name", *company.changes)
    is_empty = not filling.values and not filling.asides
    fields.put_constants(target, filling)
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclude.contact(row, origin.home, _email(filling), own_domains, is_empty=is_empty),
        asides=tuple(filling.asides),
        company=company.value,
        is_surname=person.is_surname,
    )


def is_plain(field: Field) -> bool:
    """Return whether a field has no rule of its own here: it is no part of a name, address or birthday."""
    return bool(field.source) and (field.is_custom or field.api_name not in OF_RULES)


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
            email1_display=row["email1_display"],
            nickname=row["nickname"],
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
        filling.aside_of("Home address", "自宅住所", one_line(row, "home"), "home_address_in_description")
    else:
        _address(row, "home", "Other", filling)


def _address(row: Row, kind: str, prefix: str, filling: Filling) -> None:
    filling.put(f"{prefix}_Street", address.street(row[f"{kind}_street"], row[f"{kind}_po_box"]))
    for part, zoho in list(zip(_PARTS, _ZOHO_PARTS, strict=True))[1:]:
        filling.put(f"{prefix}_{zoho}", text.line(row[f"{kind}_{part}"]))


def _has_address(row: Row, kind: str) -> bool:
    return any(text.line(row[f"{kind}_{part}"]).value for part in (*_PARTS, "po_box"))


def one_line(row: Row, kind: str) -> Cleaned:
    """Return a whole address as one line, with what was changed in its parts."""
    street = address.street(row[f"{kind}_street"], row[f"{kind}_po_box"])
    found = (street, *(text.line(row[f"{kind}_{part}"]) for part in _PARTS[1:]))
    line = ", ".join(one.value for one in found if one.value) or None
    return Cleaned(line, tuple(change for one in found for change in one.changes))
