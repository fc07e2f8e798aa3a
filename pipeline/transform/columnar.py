"""Extracted contacts → columns of drafts: whole columns at once, and cell by cell only what is not plain.

A cell that its cleaner would change is cleaned by it; the rest of its row stays in bulk. A row that needs a rule across
its fields (no surname, a private item, two addresses for one field, more text than a field holds) is left to
`contacts.draft`. For every other row both give the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas
from pipeline.clean import address, email, phone, text, texts
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.clean.company import LegalForms
from pipeline.clean.texts import utf16_length
from pipeline.targets import MANAGER, Field, Kind, Target
from pipeline.transform import fields, filling, keys, plain, streets
from pipeline.transform.contacts import OF_RULES
from pipeline.transform.drafts import column, joined
from pipeline.transform.plain import Mask

_PARTS = ("street", "city", "state", "postal_code", "country")
_ZOHO_PARTS = ("Street", "City", "State", "Zip", "Country")
_NOT_IN_A_NAME = "[,，、@]"
_KINDS = {Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.DATE, Kind.BOOLEAN}
_NAMED = ("surname", "given_name", "display_name", "file_as", "nickname", "company")
Cells = dict[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Line:
    """A column of Description's labelled lines: label in English and Japanese, texts, and the rule that moved them."""

    labels: tuple[str, str]
    texts: pa.Array
    rule: str


@dataclass(slots=True)
class Columns:
    """What is made of a table of extracted contacts.

    `mask`: the rows for which it holds; `names`: of the fields there are; `values`: by column of drafts; `changes`:
    (field, rule, rows, old, new), where old and new are as long as rows; `noted`: (row, field, change) of single
    cells; `moved`: what goes to Description.
    """

    mask: Mask
    names: frozenset[str]
    values: Cells = field(default_factory=dict)
    changes: list[tuple[str, str, plain.Rows, pa.Array | None, pa.Array]] = field(default_factory=list)
    noted: list[tuple[int, str, Change]] = field(default_factory=list)
    moved: list[Line] = field(default_factory=list)

    def put(self, api_name: str, raw: pa.Array, is_plain: Mask, clean: Callable[[str], Cleaned]) -> pa.Array:
        """Return a column whose other cells are cleaned one by one, with their changes noted."""
        rows, outcomes = _outcomes(raw, is_plain, clean)
        self.note(api_name, rows, outcomes)
        return _replaced(raw, is_plain, [one.value for one in outcomes])

    def note(self, api_name: str, rows: Sequence[int], outcomes: Sequence[Cleaned]) -> None:
        """List the changes of single cells, unless the project dropped their field."""
        if api_name in self.names:
            found = zip(rows, outcomes, strict=True)
            self.noted += [(row, api_name, change) for row, one in found for change in one.changes]

    def list(self, api_name: str, rule: str, rows: plain.Rows, old: pa.Array | None, new: pa.Array) -> None:
        """List one change of many rows, unless the project dropped their field."""
        if api_name in self.names and len(rows):
            self.changes.append((api_name, rule, rows, old, new))

    def fit(self, values: pa.Array, length: int | None) -> pa.Array:
        """Leave out the rows whose value is longer than its field."""
        if length is not None and values.null_count < len(values):
            self.mask &= texts.fit(values, length)
        return values


def _outcomes(raw: pa.Array, is_plain: Mask, clean: Callable[[str], Cleaned]) -> tuple[list[int], list[Cleaned]]:
    rows = np.flatnonzero(~is_plain)
    found = [] if not len(rows) else [clean(cell) for cell in raw.take(pa.array(rows)).to_pylist()]
    return rows.tolist(), found


def _replaced(raw: pa.Array, is_kept: Mask, others: Sequence[str | None]) -> pa.Array:
    return pc.replace_with_mask(raw, pa.array(~is_kept), pa.array(others, pa.string())) if others else raw


def of_table(
    table: pa.Table, target: Target, own_domains: frozenset[str], legal_forms: LegalForms = "distinct"
) -> Columns:
    """Return the columns of one partition; `table` has each column in one chunk."""
    found = Columns(np.ones(table.num_rows, np.bool_), frozenset(target.names))
    if any(_is_beyond(one) for one in target.fields) or table.num_rows == 0:
        found.mask[:] = False
        return found
    get = {name: table.column(name).chunk(0) for name in table.schema.names}
    _names(found, get, target)
    _addresses(found, get, target)
    for one in target.fields:
        if one.source and one.api_name not in OF_RULES and one.kind is not Kind.LOOKUP:
            found.values[column(one.api_name)] = _field(found, get[one.source], one)
    found.mask &= ~plain.has(get["birthday_at"])
    found.values["company"] = found.put("Account_Name", get["company"], plain.text(get["company"]), text.line)
    found.values[column("Date_of_Birth")] = get["birthday_date"]
    _included(found, get, own_domains)
    _asides(found, get, target)
    _leftovers(found, get["leftovers"], target)
    found.values["company_key"] = keys.company_keys(found.values["company"], legal_forms)
    for one in target.fields:
        if one.constant:
            found.values[column(one.api_name)] = pa.array([one.constant] * table.num_rows, pa.string())
    return found


def _is_beyond(one: Field) -> bool:
    """Return whether a field is mapped in a way that is not done in bulk."""
    is_other = one.kind not in _KINDS and one.kind is not Kind.LOOKUP and bool(one.source)
    return is_other or (one.is_custom and one.api_name in OF_RULES)


def _names(found: Columns, get: Cells, target: Target) -> None:
    last, first = (found.put(name, get[raw], plain.text(get[raw]), text.line) for name, raw in _NAMES)
    found.mask &= plain.has(last) & ~plain.matches(last, _NOT_IN_A_NAME)
    for (name, _), values in zip(_NAMES, (last, first), strict=True):
        found.values[column(name)] = found.fit(values, _length(target, name))


_NAMES = (("Last_Name", "surname"), ("First_Name", "given_name"))


def _length(target: Target, api_name: str) -> int | None:
    return next((one.length for one in target.fields if one.api_name == api_name), None)


def _included(found: Columns, get: Cells, own_domains: frozenset[str]) -> None:
    found.mask &= ~plain.filled(get["is_private"], otherwise=False)
    found.mask &= ~plain.filled(pc.equal(get["sensitivity"], "private"), otherwise=False)
    cleaned = found.values.get(column("Email"), get["email1"])
    for addresses in (pc.utf8_lower(get["email1"]), pc.utf8_lower(cleaned)) if own_domains else ():
        found.mask &= plain.filled(pc.string_is_ascii(addresses), otherwise=True)
        for domain in sorted(own_domains):
            found.mask &= ~plain.filled(pc.ends_with(addresses, f"@{domain}"), otherwise=False)


def _field(found: Columns, raw: pa.Array, one: Field) -> pa.Array:
    values = fields_text(raw) if one.kind is Kind.TEXT else raw
    if one.kind is Kind.EMAIL:
        return _movable(found, values, one, plain.email(values, one.length), partial(email.clean, length=one.length))
    if one.kind is Kind.PHONE:
        return _movable(found, values, one, plain.phone(values, one.length), partial(phone.clean, length=one.length))
    if one.kind is Kind.TEXT and one.has_lines:
        return found.fit(_with_feeds(found, values, one), one.length)
    if one.kind is Kind.TEXT:
        return found.fit(found.put(one.api_name, values, plain.text(values), text.line), one.length)
    return values


def _movable(found: Columns, raw: pa.Array, one: Field, is_plain: Mask, clean: Callable[[str], Cleaned]) -> pa.Array:
    """Clean a column; what its field cannot take goes to Description."""
    outcomes: dict[str, Cleaned] = {}
    values = found.put(one.api_name, raw, is_plain, lambda cell: outcomes.setdefault(cell, clean(cell)))
    if any(filling.is_moved(cleaned) for cleaned in outcomes.values()):
        cells = raw.filter(pa.array(~is_plain)).to_pylist()
        lines = [text.line(cell) if filling.is_moved(outcomes[cell]) else Cleaned(None) for cell in cells]
        found.note(fields.DESCRIPTION, np.flatnonzero(~is_plain).tolist(), lines)
        moved = _replaced(pa.nulls(len(raw), pa.string()), is_plain, [line.value for line in lines])
        found.moved.append(Line((one.label_en, one.label_ja), moved, filling.MOVED))
    return values


def _with_feeds(found: Columns, raw: pa.Array, one: Field) -> pa.Array:
    """Return texts of several lines; where only Windows line ends are to go, in bulk."""
    values = pc.replace_substring(raw, "\r\n", "\n")
    is_plain = plain.text(values, has_lines=True)
    changed = plain.filled(pc.not_equal(values, raw), otherwise=False) & is_plain
    rows = np.flatnonzero(changed)
    found.list(one.api_name, "line_ends", rows, raw.take(pa.array(rows)), values.take(pa.array(rows)))
    odd, outcomes = _outcomes(raw, is_plain, text.lines)
    found.note(one.api_name, odd, outcomes)
    return _replaced(values, is_plain, [made.value for made in outcomes])


def fields_text(raw: pa.Array) -> pa.Array:
    """Return a column as text; the items of a list are parted by "; "."""
    if not pa.types.is_list(raw.type):
        return raw
    text = pc.binary_join(raw, "; ")
    return pc.if_else(pc.equal(text, ""), None, text)


def _addresses(found: Columns, get: Cells, target: Target) -> None:
    has_other, has_home = (_has_address(get, kind) for kind in ("other", "home"))
    found.mask &= ~(has_other & has_home)
    is_home = pa.array(has_home)
    for kind in ("business", "other", "home"):
        found.mask &= ~plain.has(get[f"{kind}_po_box"])
    for part, zoho in zip(_PARTS, _ZOHO_PARTS, strict=True):
        other = get[f"other_{part}"]
        if has_home.any():
            other = pc.if_else(is_home, get[f"home_{part}"], other)
        found.mask &= plain.text(other, has_lines=part == "street")  # a part that is only space would be no address
        for prefix, raw in (("Mailing", get[f"business_{part}"]), ("Other", other)):
            api_name = f"{prefix}_{zoho}"
            values = _street(found, raw, api_name) if part == "street" else _line(found, raw, api_name)
            found.values[column(api_name)] = found.fit(values, _length(target, api_name))


def _line(found: Columns, raw: pa.Array, api_name: str) -> pa.Array:
    return found.put(api_name, raw, plain.text(raw), text.line)


def _street(found: Columns, raw: pa.Array, api_name: str) -> pa.Array:
    """Join the lines of streets: in bulk where there is nothing else to clean."""
    several = plain.matches(raw, "\n") & plain.text(raw, has_lines=True)
    is_usual = plain.text(raw)
    values = raw
    if several.any():
        rows = pa.array(np.flatnonzero(several))
        old = raw.take(rows)
        new, is_done = streets.joined(old)
        several[np.flatnonzero(several)[~is_done]] = False
        values = pc.replace_with_mask(raw, pa.array(several), new.filter(pa.array(is_done)))
        rows = pa.array(np.flatnonzero(several))
        found.list(api_name, "street_lines_joined", rows.to_numpy(), raw.take(rows), values.take(rows))
    return found.put(api_name, values, is_usual | several, address.street)


def _has_address(get: Cells, kind: str) -> Mask:
    parts = [plain.has(get[f"{kind}_{part}"]) for part in (*_PARTS, "po_box")]
    result: Mask = np.logical_or.reduce(parts)
    return result


def _asides(found: Columns, get: Cells, target: Target) -> None:
    mapped = {one.source for one in target.fields}
    asides = [aside for aside in target.asides if aside.source not in mapped]
    lines = list(found.moved)
    for aside in asides:
        raw = fields_text(get[aside.source])
        rule = fields.IN_DESCRIPTION if aside.source == MANAGER else fields.NO_FIELD
        is_plain = plain.text(raw)
        rows, outcomes = _outcomes(raw, is_plain, text.line)
        found.note(fields.DESCRIPTION, rows, outcomes)
        texts = _replaced(raw, is_plain, [one.value for one in outcomes])
        lines.append(Line((aside.label_en, aside.label_ja), texts, rule))
    found.values["asides"] = _labelled(found, [one for one in lines if one.texts.null_count < len(one.texts)], get)
    _room(found, target)


def _leftovers(found: Columns, cells: pa.ListArray, target: Target) -> None:
    """List the cells that stand below the notes (fields.note_leftovers)."""
    left = pc.list_flatten(cells)
    rows, columns = pc.list_parent_indices(cells), pc.struct_field(left, "column")
    for name in pc.unique(columns).to_pylist():
        is_of = pc.equal(columns, name)
        old = pc.struct_field(left, "cell").filter(is_of)
        at = rows.filter(is_of).to_numpy(zero_copy_only=False)
        found.list(fields.taker(target, name), fields.LEFT_OVER, at, old, pa.nulls(len(old), pa.string()))


def _labelled(found: Columns, lines: Sequence[Line], get: Cells) -> pa.Array:
    """Return the lines with their labels, in the language of the names; each is listed as a change."""
    is_japanese = np.logical_or.reduce([plain.is_japanese(get[name]) for name in _NAMED])
    labelled = []
    for line in lines:
        rows = np.flatnonzero(plain.has(line.texts))
        label = pc.if_else(pa.array(is_japanese[rows]), f"{line.labels[1]}: ", f"{line.labels[0]}: ")
        texts = pc.binary_join_element_wise(label, line.texts.take(pa.array(rows)), "")
        found.list("Description", line.rule, rows, None, texts)
        labelled.append(pc.replace_with_mask(line.texts, pc.is_valid(line.texts), texts))
    return joined(labelled, "\n") if labelled else pa.nulls(len(found.mask), pa.string())


def _room(found: Columns, target: Target) -> None:
    """Leave out rows whose notes and asides together are longer than the field."""
    length = _length(target, "Description")
    if length is None:
        return
    both = [found.values[column("Description")], found.values["asides"]]
    notes, asides = (pc.fill_null(utf16_length(texts), 0) for texts in both)
    found.mask &= plain.filled(pc.less_equal(pc.add(pc.add(notes, asides), 2), length), otherwise=True)


def changes_of(found: Columns, chosen: Mask, origin: Sequence[pa.Array]) -> list[pa.Table]:
    """Return rows of schemas.CHANGES of the chosen rows; `origin`: the columns item_id and source_key."""
    tables = []
    for name, rule, rows, old, new in found.changes:
        kept = pa.array(chosen[rows])
        made = pa.nulls(len(rows), pa.string()) if old is None else old
        tables.append(_changes(name, rule, rows[chosen[rows]], made.filter(kept), new.filter(kept), origin))
    noted = [one for one in found.noted if chosen[one[0]]]
    if noted:
        rows = np.array([row for row, _, _ in noted], np.int64)
        names, rules = [name for _, name, _ in noted], [change.rule for _, _, change in noted]
        old, new = (pa.array([getattr(one, end) for _, _, one in noted], pa.string()) for end in ("old", "new"))
        tables.append(_changes(names, rules, rows, old, new, origin))
    return tables


def _changes(  # noqa: PLR0913, PLR0917 - the columns of the table
    name: str | list[str],
    rule: str | list[str],
    rows: plain.Rows,
    old: pa.Array,
    new: pa.Array,
    origin: Sequence[pa.Array],
) -> pa.Table:
    at, count = pa.array(rows), len(rows)
    names, rules = ([one] * count if isinstance(one, str) else one for one in (name, rule))
    own = {
        "table": pa.array(["contacts"] * count, pa.string()),
        "item_id": origin[0].take(at),
        "source_key": origin[1].take(at),
        "field": pa.array(names, pa.string()),
        "old": old,
        "new": new,
        "rule": pa.array(rules, pa.string()),
    }
    return pa.Table.from_arrays([own[each] for each in schemas.CHANGES.names], schema=schemas.CHANGES)
