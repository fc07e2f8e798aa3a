"""The map of contacts: one partition of the extracted table → drafts, sorted into buckets of keys, with their index."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store
from pipeline.clean import name, texts
from pipeline.clean.company import LegalForms
from pipeline.clean.text import utf16_length
from pipeline.config import Leads
from pipeline.targets import Kind, Target
from pipeline.transform import columnar, columns, contacts, digests, drafts, exclude, index, leads, plain, tables
from pipeline.transform.draft import Draft, Home, Origin
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Hashes, Index, Rows
from pipeline.transform.overrides import Override
from pipeline.transform.plain import Mask
from pipeline.transform.repairs import NO_REPAIRS, Repairs
from pipeline.transform.survivorship import USUAL, Survivorship

_KEY_LENGTH = 32  # hex digits
_PLACE = ["file_sha256", "position", "raw_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for all units of one run. `scratch`: for intermediate tables; `leads`: who is no contact.

    `by_address_alone`: of contacts, whatever their surnames.
    """

    target: Target
    homes: Mapping[str, Home]
    own_domains: frozenset[str]
    scratch: Path
    buckets: int
    overrides: tuple[Override, ...] = ()
    repairs: Repairs = NO_REPAIRS
    survivorship: Survivorship = USUAL
    legal_forms: LegalForms = "distinct"
    leads: Leads | None = None
    by_address_alone: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One partition of the extracted contacts: a table file and its row group, and the number of the partition."""

    path: Path
    group: int
    number: int


@dataclass(frozen=True, slots=True)
class Places:
    """Of each row of a partition: a hash of mailbox and raw_key, the place of its file by path, its position.

    `unmapped`: how many rows have a value in each column that has no target.
    """

    keys: Hashes
    places: Rows
    positions: Rows
    unmapped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a partition gave: rows seen, an index per bucket (in the order of its drafts), and what was left out.

    `nicknames`: how many of them stand in for a surname.
    """

    seen: int
    indexes: Mapping[int, Index]
    exclusions: pa.Table
    nicknames: int

    def without_indexes(self) -> "Mapped":
        """Return all but the indexes, which are large."""
        return replace(self, indexes={})


def places(job: Job, part: Part) -> Places:
    """Return what the ordinals of the rows of a partition depend on."""
    table = store.read_group(part.path, part.group, schemas.CONTACTS, _PLACE)
    raw = index.hashed(pc.fill_null(chunk(table, "raw_key"), ""))
    order = {sha: n for n, sha in enumerate(sorted(job.homes, key=lambda sha: job.homes[sha].path))}
    files = pc.dictionary_encode(chunk(table, "file_sha256"))
    known = files.dictionary.to_pylist()
    at = files.indices.to_numpy()
    mailboxes = index.hashed(pa.array([job.homes[sha].mailbox for sha in known], pa.string()))
    ranks = np.array([order[sha] for sha in known], np.int64)
    positions = chunk(table, "position").to_numpy(zero_copy_only=False).astype(np.int64)
    others = store.read_group(part.path, part.group, schemas.CONTACTS, columns.without_target(job.target))
    return Places(raw * np.uint64(3) + mailboxes[at], ranks[at], positions, columns.unmapped(job.target, others))


def mapped(job: Job, unit: tuple[Part, Rows]) -> Mapped:
    """Make drafts of one partition, whose rows have these ordinals; write them to their buckets."""
    part, ordinals = unit
    names = list(dict.fromkeys((*columns.ORIGIN, *columns.used(job.target), "categories")))
    whole = store.read_group(part.path, part.group, schemas.CONTACTS, names)
    table, keys, others = _without_leads(job, whole, _source_keys(whole, job.homes, ordinals))
    table, mended = job.repairs.table("contacts", table, keys)
    made = columnar.of_table(table, job.target, job.own_domains, job.legal_forms)
    exact = _exact(job, table, keys, ~made.mask)
    kept = [draft for draft in exact if draft.exclusion is None]
    own = [*tables.changes("contacts", ((one.origin, change) for one in kept for change in one.changes))]
    changes = [
        *columnar.changes_of(made, made.mask, (chunk(table, "item_id"), keys)),
        store.table_of([*mended, *own], schemas.CHANGES),
    ]
    found = drafts.whole([_bulk(job, table, keys, made), _rows(job, kept)], drafts.schema(job.target))
    _scatter(job, part, drafts.whole((one.cast(schemas.CHANGES) for one in changes), schemas.CHANGES), "changes")
    left_out = pa.concat_tables([store.table_of(tables.exclusions("contacts", exact), schemas.EXCLUSIONS), others])
    indexes = _scatter(job, part, found, "drafts")
    _scatter_companies(job, part, found)
    return Mapped(whole.num_rows, indexes, left_out, _nicknames(exact))


def _nicknames(exact: Sequence[Draft]) -> int:
    return sum(each.change.rule == name.NICKNAME and each.field == "Last_Name" for one in exact for each in one.changes)


def _without_leads(job: Job, whole: pa.Table, keys: pa.Array) -> tuple[pa.Table, pa.Array, pa.Table]:
    """Return the rows that are not made leads, their keys, and the exclusions of those that are."""
    is_lead = leads.mask(job.leads, whole)
    if not any(is_lead):
        return whole, keys, schemas.EXCLUSIONS.empty_table()
    kept = pa.array([not one for one in is_lead], pa.bool_())
    rule = exclude.LEAD
    pairs = zip(chunk(whole, "item_id").to_pylist(), keys.to_pylist(), is_lead, strict=True)
    rows = [
        {"table": "contacts", "item_id": item, "source_key": key, "rule": rule.rule, "reason": rule.reason}
        for item, key, is_one in pairs
        if is_one
    ]
    return whole.filter(kept).combine_chunks(), keys.filter(kept), store.table_of(rows, schemas.EXCLUSIONS)


def _source_keys(table: pa.Table, homes: Mapping[str, Home], ordinals: Rows) -> pa.Array:
    """Return the source_key of every row (keys.source_key, in bulk)."""
    files = pc.dictionary_encode(chunk(table, "file_sha256"))
    heads = pa.array([_head(homes[sha].mailbox) for sha in files.dictionary.to_pylist()], pa.string())
    quoted = texts.quoted(pc.fill_null(chunk(table, "raw_key"), ""))
    ends = pc.binary_join_element_wise(pa.array(ordinals).cast(pa.string()), "]", "")
    whole = pc.binary_join_element_wise(heads.take(files.indices), quoted, "")
    return digests.sha256_hex(pc.binary_join_element_wise(whole, ends, ", "), _KEY_LENGTH)


def _head(mailbox: str) -> str:
    return json.dumps(["contacts", mailbox], ensure_ascii=False)[:-1] + ", "


def _exact(job: Job, table: pa.Table, keys: pa.Array, mask: Mask) -> list[Draft]:
    """Return the drafts of the rows that are not done in bulk."""
    rows = table.append_column("source_key", keys).filter(pa.array(mask)).to_pylist()
    return [contacts.draft(row, _origin(row, job.homes), job.own_domains, job.target) for row in rows]


def _origin(row: Mapping[str, object], homes: Mapping[str, Home]) -> Origin:
    return drafts.origin(row, homes[str(row["file_sha256"])])


def _bulk(job: Job, table: pa.Table, keys: pa.Array, made: columnar.Columns) -> pa.Table:
    """Return the rows that are done in bulk as drafts."""
    count = table.num_rows
    whole = {name: chunk(table, name) for name in drafts.FRAME if name in table.schema.names}
    whole |= {**made.values, "source_key": keys}
    whole["is_surname"], whole["needs_merge"] = pa.array(np.ones(count, bool)), pa.array(np.zeros(count, bool))
    expected = drafts.schema(job.target)
    arrays = [whole[name] if name in whole else pa.nulls(count, expected.field(name).type) for name in expected.names]
    return pa.Table.from_arrays(arrays, schema=expected).filter(pa.array(made.mask))


def _rows(job: Job, kept: Sequence[Draft]) -> pa.Table:
    rows = [drafts.row_of(one, job.target, job.legal_forms, needs_merge=_is_long(one, job.target)) for one in kept]
    return store.table_of(rows, drafts.schema(job.target))


def _is_long(draft: Draft, target: Target) -> bool:
    """Return whether a text does not fit its field, alone or with its asides."""
    asides = sum(utf16_length(line) + 2 for line in draft.asides)
    return any(
        utf16_length(draft.text(one.api_name) or "") + (asides if one.api_name == "Description" else 0) > one.length
        for one in target.fields
        if one.length is not None and one.kind is Kind.TEXT
    )


def _scatter(job: Job, part: Part, table: pa.Table, kind: str) -> dict[int, Index]:
    """Write rows to the buckets of their keys; return the index of each bucket's rows."""
    numbers = digests.numbers(chunk(table, "source_key"))
    buckets = index.bucket_of(numbers, job.buckets)
    found: dict[int, Index] = {}
    for bucket in np.unique(buckets).tolist():
        rows = table.filter(pa.array(buckets == bucket)) if job.buckets > 1 else table
        store.write_scratch(rows, job.scratch / kind / f"{bucket:05d}" / f"{part.number:06d}.arrow")
        if kind == "drafts":
            found[bucket] = _index(rows, numbers[buckets == bucket])
    return found


COMPANIES = ("company_key", "company", *drafts.FRAME[:8])


def _scatter_companies(job: Job, part: Part, found: pa.Table) -> None:
    named = found.select(COMPANIES).filter(pc.is_valid(found.column("company")))
    buckets = index.bucket_of(digests.numbers(chunk(named, "company_key")), job.buckets)
    for bucket in np.unique(buckets).tolist():
        rows = named.filter(pa.array(buckets == bucket))
        store.write_scratch(rows, job.scratch / "companies" / f"{bucket:05d}" / f"{part.number:06d}.arrow")


def _index(rows: pa.Table, numbers: Hashes) -> Index:
    """Return the index of drafts: the keys of identity.contacts."""
    strong, weak = compared(rows)
    return Index(numbers, index.hashed(strong), index.hashed(weak))


def compared(rows: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return the keys of identity.contacts, strong and weak, of drafts; the weak one is both names, parted by a NUL."""
    last, first, strong = (_key(chunk(rows, drafts.column(name))) for name in ("Last_Name", "First_Name", "Email"))
    return strong, pc.binary_join_element_wise(last, pc.fill_null(first, ""), "\0")


def _key(column: pa.Array) -> pa.Array:
    """Return each value as it is compared, null for nothing."""
    folded = plain.folded(column)
    return pc.if_else(pc.equal(folded, ""), None, folded)
