"""Extracted contacts → columns of drafts, for the rows that no cleaner changes but in ways that are done in bulk.

Such ways are: notes with Windows line ends, street lines joined, and values without a field of their own, which become
labelled lines. Every other row is left to `contacts.draft`; for these rows both give the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean import address
from pipeline.clean.company import LegalForms
from pipeline.targets import Aside, Field, Kind, Target
from pipeline.transform import fields, keys, plain
from pipeline.transform.contacts import OF_RULES
from pipeline.transform.drafts import column, joined
from pipeline.transform.plain import Mask

_PARTS = ("street", "city", "state", "postal_code", "country")
_ZOHO_PARTS = ("Street", "City", "State", "Zip", "Country")
_NOT_IN_A_NAME = "[,，、@]"
_KINDS = {Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.DATE, Kind.BOOLEAN}


@dataclass(slots=True)
class Columns:
    """What is made of a table of extracted contacts.

    `values`: by column of drafts; `changes`: (field, rule, which rows, old, new), old and new being whole columns or
    None for no value; `mask`: the rows for which it holds.
    """

    mask: Mask
    values: dict[str, pa.Array] = field(default_factory=dict)
    changes: list[tuple[str, str, Mask, pa.Array | None, pa.Array]] = field(default_factory=list)


def of_table(
    table: pa.Table, target: Target, own_domains: frozenset[str], legal_forms: LegalForms = "distinct"
) -> Columns:
    """Return the columns of one partition; `table` has each column in one chunk."""
    found = Columns(np.ones(table.num_rows, np.bool_))
    if any(_is_beyond(one) for one in target.fields) or table.num_rows == 0:
        found.mask[:] = False
        return found
    get = {name: table.column(name).chunk(0) for name in table.schema.names}
    _names(found, get, target)
    _included(found, get, own_domains)
    _addresses(found, get, target)
    for one in target.fields:
        if one.source and one.api_name not in OF_RULES and one.kind is not Kind.LOOKUP:
            _field(found, get[one.source], one)
    found.mask &= plain.text(get["company"]) & ~plain.has(get["birthday_at"])
    found.values["company"] = get["company"]
    found.values[column("Date_of_Birth")] = get["birthday_date"]
    _asides(found, get, target)
    _company_keys(found, legal_forms)
    for one in target.fields:
        if one.constant:
            found.values[column(one.api_name)] = pa.array([one.constant] * table.num_rows, pa.string())
    return found


def _is_beyond(one: Field) -> bool:
    """Return whether a field is mapped in a way that is not done in bulk."""
    is_other = one.kind not in _KINDS and one.kind is not Kind.LOOKUP and bool(one.source)
    return is_other or (one.is_custom and one.api_name in OF_RULES)


def _names(found: Columns, get: dict[str, pa.Array], target: Target) -> None:
    last, first = target.field("Last_Name"), next((one for one in target.fields if one.api_name == "First_Name"), None)
    found.mask &= plain.has(get["surname"]) & plain.text(get["surname"], last.length)
    found.mask &= ~plain.filled(pc.match_substring_regex(get["surname"], _NOT_IN_A_NAME), otherwise=False)
    found.mask &= plain.text(get["given_name"], first.length if first else None)
    found.values[column("Last_Name")], found.values[column("First_Name")] = get["surname"], get["given_name"]


def _included(found: Columns, get: dict[str, pa.Array], own_domains: frozenset[str]) -> None:
    found.mask &= ~plain.filled(get["is_private"], otherwise=False)
    found.mask &= ~plain.filled(pc.equal(get["sensitivity"], "private"), otherwise=False)
    address_of = pc.utf8_lower(get["email1"])
    for domain in sorted(own_domains):
        found.mask &= ~plain.filled(pc.ends_with(address_of, f"@{domain}"), otherwise=False)


def _field(found: Columns, raw: pa.Array, one: Field) -> None:
    values = fields_text(raw) if one.kind is Kind.TEXT else raw
    if one.kind is Kind.EMAIL:
        found.mask &= plain.email(values, one.length)
    elif one.kind is Kind.PHONE:
        found.mask &= plain.phone(values, one.length)
    elif one.kind is Kind.TEXT and one.has_lines:
        values = _with_feeds(found, values, one)
    elif one.kind is Kind.TEXT:
        found.mask &= plain.text(values, one.length)
    found.values[column(one.api_name)] = values


def _with_feeds(found: Columns, raw: pa.Array, one: Field) -> pa.Array:
    values = pc.replace_substring(raw, "\r\n", "\n")
    found.mask &= plain.text(values, one.length, has_lines=True)
    changed = plain.filled(pc.not_equal(values, raw), otherwise=False)
    if changed.any():
        found.changes.append((one.api_name, "line_ends", changed, raw, values))
    return values


def fields_text(raw: pa.Array) -> pa.Array:
    """Return a column as text; the items of a list are parted by "; "."""
    if not pa.types.is_list(raw.type):
        return raw
    text = pc.binary_join(raw, "; ")
    return pc.if_else(pc.equal(text, ""), None, text)


def _addresses(found: Columns, get: dict[str, pa.Array], target: Target) -> None:
    has_other, has_home = (_has_address(get, kind) for kind in ("other", "home"))
    found.mask &= ~(has_other & has_home)
    is_home = pa.array(has_home)
    for kind in ("business", "other", "home"):
        found.mask &= ~plain.has(get[f"{kind}_po_box"])
    for part, zoho in zip(_PARTS, _ZOHO_PARTS, strict=True):
        other = pc.if_else(is_home, get[f"home_{part}"], get[f"other_{part}"])
        for prefix, raw in (("Mailing", get[f"business_{part}"]), ("Other", other)):
            _address_part(found, raw, f"{prefix}_{zoho}", target)


def _address_part(found: Columns, raw: pa.Array, api_name: str, target: Target) -> None:
    length = next((one.length for one in target.fields if one.api_name == api_name), None)
    if api_name.endswith("_Street"):
        raw = _street(found, raw, api_name)
    found.mask &= plain.text(raw, length)
    found.values[column(api_name)] = raw


def _street(found: Columns, raw: pa.Array, api_name: str) -> pa.Array:
    """Join the lines of each different street that has several and nothing else to clean."""
    several = plain.filled(pc.match_substring(raw, "\n"), otherwise=False) & plain.text(raw, has_lines=True)
    if not several.any():
        return raw
    encoded = pc.dictionary_encode(raw.filter(pa.array(several)))
    cleaned = [address.street(street) for street in encoded.dictionary.to_pylist()]
    usual = pa.array([one.value if len(one.changes) == 1 else None for one in cleaned], pa.string())
    values = pc.replace_with_mask(raw, pa.array(several), usual.take(encoded.indices))
    found.mask &= ~several | plain.has(values)
    found.changes.append((api_name, "street_lines_joined", several, raw, values))
    return values


def _has_address(get: dict[str, pa.Array], kind: str) -> Mask:
    parts = [plain.has(get[f"{kind}_{part}"]) for part in (*_PARTS, "po_box")]
    result: Mask = np.logical_or.reduce(parts)
    return result


def _asides(found: Columns, get: dict[str, pa.Array], target: Target) -> None:
    mapped = {one.source for one in target.fields}
    asides = [aside for aside in target.asides if aside.source not in mapped]
    raws = [fields_text(get[aside.source]) for aside in asides]
    for raw in raws:
        found.mask &= plain.text(raw)
    named = joined([get[name] for name in ("surname", "given_name", "display_name", "file_as", "company")], " ")
    is_japanese = pc.fill_null(pc.match_substring_regex(named, plain.JAPANESE), fill_value=False)
    lines = [_labelled(raw, aside, is_japanese) for raw, aside in zip(raws, asides, strict=True)]
    for aside, line in zip(asides, lines, strict=True):
        has = plain.has(line)
        if has.any():
            rule = fields.MANAGER if aside.source == "manager" else fields.NO_FIELD
            found.changes.append(("Description", rule, has, None, line))
    found.values["asides"] = joined(lines, "\n") if lines else pa.nulls(len(named), pa.string())
    _room(found, target)


def _labelled(raw: pa.Array, aside: Aside, is_japanese: pa.Array) -> pa.Array:
    label = pc.if_else(is_japanese, f"{aside.label_ja}: ", f"{aside.label_en}: ")
    return pc.binary_join_element_wise(label, raw, "")


def _room(found: Columns, target: Target) -> None:
    """Leave out rows whose notes and asides together are longer than the field."""
    length = target.field("Description").length or 0
    notes, asides = found.values[column("Description")], found.values["asides"]
    together = pc.add(pc.fill_null(pc.utf8_length(notes), 0), pc.fill_null(pc.utf8_length(asides), 0))
    found.mask &= plain.filled(pc.less_equal(pc.add(together, 2), length), otherwise=True)


def _company_keys(found: Columns, legal_forms: LegalForms) -> None:
    encoded = pc.dictionary_encode(found.values["company"])
    known = [None if name is None else keys.company_key(name, legal_forms) for name in encoded.dictionary.to_pylist()]
    found.values["company_key"] = pa.array(known, pa.string()).take(encoded.indices)


def changes_of(found: Columns, chosen: Mask, origin: Sequence[pa.Array]) -> list[pa.Table]:
    """Return rows of schemas.CHANGES of the chosen rows; `origin`: the columns item_id and source_key."""
    tables = []
    for name, rule, rows, old, new in found.changes:
        at = pa.array(np.flatnonzero(rows & chosen))
        nothing = pa.nulls(len(at), pa.string())
        tables.append(
            pa.table(
                {
                    "table": pa.array(["contacts"] * len(at), pa.string()),
                    "item_id": origin[0].take(at),
                    "source_key": origin[1].take(at),
                    "field": pa.array([name] * len(at), pa.string()),
                    "old": nothing if old is None else old.take(at),
                    "new": new.take(at),
                    "rule": pa.array([rule] * len(at), pa.string()),
                }
            )
        )
    return tables
