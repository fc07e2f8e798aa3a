"""Contacts that become leads by rule, and people of mail who are nobody's contact → drafts of Leads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline import schemas, store
from pipeline.clean import address, email, folder, name, text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.config import Leads
from pipeline.targets import LEADS, Target
from pipeline.transform import columns, exclude, fields, keys
from pipeline.transform.contacts import one_line
from pipeline.transform.draft import Draft, Home, Origin, Row
from pipeline.transform.filling import Filling
from pipeline.transform.mail_choice import has_category
from pipeline.transform.mail_picks import Pick

FROM_DOMAIN, UNKNOWN = "company_from_mail_domain", "company_unknown"
_NAMED = ("surname", "given_name", "display_name", "file_as", "nickname", "company")
_PARTS = ("street", "city", "state", "postal_code", "country")
_ZOHO_PARTS = ("Street", "City", "State", "Zip_Code", "Country")
_LABELS = {
    "business": ("Business address", "勤務先住所"),
    "other": ("Other address", "その他の住所"),
    "home": ("Home address", "自宅住所"),
}
_OWN = frozenset({"Last_Name", "First_Name", "Company", *_ZOHO_PARTS})
_RULE_COLUMNS = ("folder", "categories", "company")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What leads are made with. `public`: mail domains that many share, which name no company."""

    rules: Leads
    own_domains: frozenset[str]
    public: frozenset[str]


def is_wanted(rules: Leads) -> bool:
    """Tell whether any contact can become a lead."""
    return bool(rules.categories or rules.folders or rules.without_company)


def is_lead(rules: Leads, row: Row) -> bool:
    """Tell whether a contact becomes a lead: by category, by folder, or because it names no company."""
    if has_category(row["categories"], rules.categories) or folder.matched(row["folder"], rules.folders) is not None:
        return True
    return rules.without_company and text.line(row["company"]).value is None


def mask(rules: Leads | None, table: pa.Table) -> list[bool]:
    """Tell of every extracted contact whether it becomes a lead."""
    if rules is None or not is_wanted(rules):
        return [False] * table.num_rows
    return [is_lead(rules, row) for row in table.select(_RULE_COLUMNS).to_pylist()]


def rows(paths: Iterable[Path], rules: Leads, target: Target) -> list[Row]:
    """Return the extracted contacts that become leads, with the columns that `draft` wants."""
    if not is_wanted(rules):
        return []
    names = list(dict.fromkeys((*columns.ORIGIN, *_RULE_COLUMNS, *columns.used(target))))
    found: list[Row] = []
    for path in paths:
        for group in range(store.groups(path)):
            table = store.read_group(path, group, schemas.CONTACTS, names)
            found += table.filter(pa.array(mask(rules, table), pa.bool_())).to_pylist()
    return found


def items(found: Sequence[Row], homes: Mapping[str, Home]) -> list[tuple[Row, Origin]]:
    """Return extracted contacts with their origins as leads."""
    return list(zip(found, keys.origins("leads", found, homes), strict=True))


def draft(row: Row, origin: Origin, setting: Setting, target: Target = LEADS) -> Draft:
    """Map one row of schemas.CONTACTS (its columns that columns.used names)."""
    filling = Filling(target, is_japanese=any(text.is_japanese(row[column]) for column in _NAMED))
    person = _name(row, filling)
    plain = (one for one in target.fields if one.source and (one.is_custom or one.api_name not in _OWN))
    fields.put(plain, row, filling)
    fields.put_asides(target, row, filling)
    fields.note_leftovers(target, row, filling)
    _addresses(row, filling)
    is_empty = not filling.values and not filling.asides
    found = filling.values.get("Email")
    main = found if isinstance(found, str) else None
    filling.put("Company", _company(row, main, setting))
    fields.put_constants(target, filling)
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclude.contact(row, origin.home, main, setting.own_domains, is_empty=is_empty),
        asides=tuple(filling.asides),
        is_surname=person.is_surname,
    )


def _name(row: Row, filling: Filling) -> name.PersonName:
    named = {column: row[column] for column in _NAMED}
    person = name.clean(name.Source(**named, email1_display=row["email1_display"], email=row["email1"]))
    filling.put("Last_Name", Cleaned(person.surname, person.surname_changes))
    filling.put("First_Name", Cleaned(person.given_name, person.given_changes))
    return person


def _company(row: Row, main: str | None, setting: Setting) -> Cleaned:
    """Return the company; Zoho wants one: else the mail domain, unless many share it, else what the settings say."""
    found = text.line(row["company"])
    if found.value is not None:
        return found
    domain = email.domain(main)
    if domain and domain not in setting.public:
        return found.then(Cleaned(domain, (Change(FROM_DOMAIN, None, domain),)))
    unknown = setting.rules.unknown_company
    return found.then(Cleaned(unknown, (Change(UNKNOWN, None, unknown),)))


def _addresses(row: Row, filling: Filling) -> None:
    """Fill the address from the business one, else the other, else the home one; the rest goes to Description."""
    kinds = [kind for kind in _LABELS if one_line(row, kind).value]
    if not kinds:
        return
    filling.put("Street", address.street(row[f"{kinds[0]}_street"], row[f"{kinds[0]}_po_box"]))
    for part, zoho in list(zip(_PARTS, _ZOHO_PARTS, strict=True))[1:]:
        filling.put(zoho, text.line(row[f"{kinds[0]}_{part}"]))
    for kind in kinds[1:]:
        filling.aside_of(*_LABELS[kind], one_line(row, kind), "address_in_description")


def of_mail(
    strangers: Mapping[str, tuple[Pick, str, str | None]], known: frozenset[str], setting: Setting, target: Target
) -> list[Draft]:
    """Return drafts of people on chosen messages whom no contact of this run has; load leaves out the CRM's own.

    Args:
        strangers: folded address → a message, the address, the name there.
        known: folded addresses of the contacts of this run.
        setting: with what leads are made.
        target: Leads.
    """
    return [
        _of_person(pick, found, shown, setting, target)
        for key, (pick, found, shown) in strangers.items()
        if key not in known
    ]


def _of_person(pick: Pick, found: str, shown: str | None, setting: Setting, target: Target) -> Draft:
    given = {"email1": found, "display_name": shown, "is_private": False}
    row = {**dict.fromkeys(schemas.CONTACTS.names), **given}
    held = pick.origin
    origin = Origin(
        item_id=held.item_id,
        source_key=keys.source_key("leads", "mail", text.fold(found)),
        file_sha256=held.file_sha256,
        folder=held.folder,
        position=held.position,
        message_class=held.message_class,
        home=held.home,
        created_at=held.created_at,
        modified_at=held.modified_at,
    )
    return draft(row, origin, setting, target)
