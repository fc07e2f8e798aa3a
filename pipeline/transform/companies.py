"""Accounts out of the companies that contacts name: one bucket of company keys → ready rows, validated.

One account per company; two spellings that fold alike are one company, and the spelling of the contact changed last
wins, then that of a store, then of the smaller source_key, unless [survivorship] says otherwise. Whether (株), ㈱ and
株式会社 are the same is [accounts] legal_forms. An account has the key of each of its spellings, so that it is the same
account when that setting is changed.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store, validate
from pipeline.clean.company import LegalForms
from pipeline.targets import ACCOUNTS
from pipeline.transform import drafts, link, merge, tables
from pipeline.transform.closing import Closed, Closing, Settled, write, write_sides
from pipeline.transform.closing import settle as closing_settle
from pipeline.transform.draft import Decision, Home, Origin
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Rows
from pipeline.transform.keys import company_key
from pipeline.transform.partition import COMPANIES
from pipeline.transform.survivorship import MAILBOX

_LEAST, _MOST = np.iinfo(np.int64).min + 1, np.iinfo(np.int64).max


def close(closing: Closing, bucket: int) -> Closed:
    """Make the accounts of a bucket, and its parts of the tables of changes and decisions."""
    named = _named(closing, bucket)
    starts = _starts(chunk(named, "company_key"))
    spellings = _spellings(named)
    table = _ready(closing, named, starts, spellings)
    write(closing, bucket, table)
    _sides(closing, bucket, named, starts, spellings)
    return Closed(spellings.num_rows, table.num_rows, validate.facts_of(table, closing.suite))


def settle(closing: Closing, findings: validate.Findings, bucket: int) -> Settled:
    """Hold the accounts of a bucket to their suite; the rows that break it become rejects."""
    return closing_settle(closing, findings, bucket, lambda keys: _leads(closing, bucket, keys))


def _named(closing: Closing, bucket: int) -> pa.Table:
    schema = drafts.schema(closing.job.target)
    expected = pa.schema([schema.field(name) for name in COMPANIES])
    return _ranked(store.read_scratch(closing.job.scratch / "companies" / f"{bucket:05d}", expected), closing)


def _ranked(named: pa.Table, closing: Closing) -> pa.Table:
    """Order by company and, within, by the criteria of the account's name: the contact changed last comes first."""
    criteria = closing.job.survivorship.of(closing.target.module, (link.COMPANY,))
    for number, criterion in enumerate(criteria):
        named = named.append_column(f"rank{number}", _rank(named, closing, criterion))
    within = [f"rank{number}" for number in range(len(criteria))]
    order = pc.sort_indices(named, sort_keys=[(name, "ascending") for name in ("company_key", *within, "source_key")])
    return named.take(order).combine_chunks()


def _rank(named: pa.Table, closing: Closing, criterion: str) -> pa.Array:
    """Return a criterion of survivorship as numbers, the better the smaller."""
    if criterion == "longest":
        return pc.negate(pc.utf8_length(chunk(named, "company")))
    if criterion in {"last_modified", "first_modified"}:
        changed = chunk(named, "modified_at").cast(pa.int64())
        is_last = criterion == "last_modified"
        return pc.negate(pc.fill_null(changed, _LEAST)) if is_last else pc.fill_null(changed, _MOST)
    files = pc.dictionary_encode(chunk(named, "file_sha256"))
    homes = [closing.job.homes[sha] for sha in files.dictionary.to_pylist()]
    return pa.array([int(_is_worse(home, criterion)) for home in homes], pa.int8()).take(files.indices)


def _is_worse(home: Home, criterion: str) -> bool:
    if criterion.startswith(MAILBOX):
        return home.mailbox != criterion.removeprefix(MAILBOX)
    return home.is_store == (criterion == "csv")


def _starts(keys: pa.Array) -> Rows:
    """Return where each company begins."""
    if not len(keys):
        return np.empty(0, np.int64)
    differs = pc.not_equal(keys[1:], keys[:-1]).to_numpy(zero_copy_only=False)
    return np.flatnonzero(np.concatenate(([True], differs)))


def _ready(closing: Closing, named: pa.Table, starts: Rows, spellings: pa.Table) -> pa.Table:
    target = closing.target
    lead = named.take(pa.array(starts))
    keys = chunk(lead, "company_key") if len(starts) else pa.array([], pa.string())
    homes = [closing.job.homes[sha] for sha in lead.column("file_sha256").to_pylist()]
    by_item = pc.sort_indices(named, sort_keys=[("company_key", "ascending"), ("item_id", "ascending")])
    items = chunk(named.select(["item_id"]).take(by_item).combine_chunks(), "item_id")
    ends = pa.array(np.append(starts, named.num_rows).astype(np.int32))
    own = {
        "cluster_key": keys,
        "source_keys": _source_keys(keys, spellings, closing.job.legal_forms),
        "item_ids": pa.ListArray.from_arrays(ends, items),
        "mailbox": pa.array([home.mailbox or None for home in homes], pa.string()),
        "owner": pa.array([home.owner for home in homes], pa.string()),
        "modified_at": lead.column("modified_at"),
        "content_hash": pa.nulls(len(starts), pa.string()),
        **{one.api_name: _field(one.source, one.constant, lead) for one in target.fields},
    }
    schema = target.schema()
    table = pa.Table.from_arrays([own[name] for name in schema.names], schema=schema)
    hashes = tables.content_hashes(table, list(target.names))
    return table.set_column(schema.get_field_index("content_hash"), "content_hash", hashes).combine_chunks()


def _source_keys(keys: pa.Array, spellings: pa.Table, legal_forms: LegalForms) -> pa.ListArray:
    """Return the keys of each account: its own, and that of each spelling."""
    if legal_forms == "distinct":  # each spelling has the account's own
        return pa.ListArray.from_arrays(pa.array(np.arange(len(keys) + 1, dtype=np.int32)), keys)
    found = {key: {key} for key in keys.to_pylist()}
    for key, name in zip(*(spellings.column(one).to_pylist() for one in ("company_key", "company")), strict=True):
        found[key].add(company_key(name))
    return pa.array([sorted(one) for one in found.values()], pa.list_(pa.string()))


def _field(source: str, constant: str, lead: pa.Table) -> pa.Array:
    """Return the values of one field: the company as spelled, a constant, or nothing for another column."""
    if source == ACCOUNTS.fields[0].source:
        return lead.column("company")
    return pa.array([constant or None] * lead.num_rows, pa.string())


def _spellings(named: pa.Table) -> pa.Table:
    """Return the first contact of each spelling, in the order of `named`."""
    numbered = named.append_column("at", pa.array(np.arange(named.num_rows)))
    firsts = numbered.group_by(["company_key", "company"], use_threads=False).aggregate([("at", "min")])
    return numbered.take(pa.array(np.sort(firsts.column("at_min").to_numpy())))


def _leads(closing: Closing, bucket: int, keys: pa.Array) -> dict[str, Origin]:
    """Return the leading contact of accounts."""
    named = _named(closing, bucket)
    lead = named.take(pa.array(_starts(chunk(named, "company_key"))))
    rows = lead.filter(pc.is_in(lead.column("company_key"), value_set=keys)).to_pylist()
    return {row["company_key"]: _origin(row, closing) for row in rows}


def _sides(closing: Closing, bucket: int, named: pa.Table, starts: Rows, spellings: pa.Table) -> None:
    decided = _decisions(closing, spellings)
    into = {row.left.source_key: key for key, row in decided}
    rows = tables.decisions(ACCOUNTS.table, [row for _, row in decided], into)
    found = {
        "changes": tables.sorted_rows(_changes(named, starts)),
        "decisions": tables.sorted_table(rows, schemas.DECISIONS),
        "rejects": schemas.REJECTS.empty_table(),
    }
    write_sides(closing, bucket, found, has_all=bucket == 0)


def _decisions(closing: Closing, spellings: pa.Table) -> list[tuple[str, Decision]]:
    """Return one decision per spelling that gave way to another, with the company's key."""
    decided: list[tuple[str, Decision]] = []
    kept: dict[str, object] = {}
    for row in _several(spellings).to_pylist():
        if row["company_key"] != kept.get("company_key"):
            kept = row
            continue
        evidence = f"{kept['company']} = {row['company']}"
        decided.append((row["company_key"], link.same_company(_origin(kept, closing), _origin(row, closing), evidence)))
    return decided


def _several(spellings: pa.Table) -> pa.Table:
    """Return the spellings of the companies that have several; most have one."""
    if not spellings.num_rows:
        return spellings
    starts = _starts(chunk(spellings, "company_key"))
    sizes = np.diff(np.append(starts, spellings.num_rows))
    return spellings.filter(pa.array(np.repeat(sizes > 1, sizes)))


def _changes(named: pa.Table, starts: Rows) -> pa.Table:
    """Return a change for every contact whose spelling of its company was not the one kept."""
    company = chunk(named, "company")
    sizes = np.diff(np.append(starts, named.num_rows))
    kept = company.take(pa.array(np.repeat(starts, sizes)))
    lost = pc.not_equal(company, kept)
    rows = named.filter(lost)
    count = rows.num_rows
    own = {
        "table": pa.array([ACCOUNTS.table] * count, pa.string()),
        "item_id": rows.column("item_id"),
        "source_key": rows.column("source_key"),
        "field": pa.array([link.COMPANY] * count, pa.string()),
        "old": rows.column("company"),
        "new": kept.filter(lost),
        "rule": pa.array([merge.LOST] * count, pa.string()),
    }
    return pa.Table.from_arrays([own[name] for name in schemas.CHANGES.names], schema=schemas.CHANGES)


def _origin(row: dict[str, object], closing: Closing) -> Origin:
    home: Home = closing.job.homes[str(row["file_sha256"])]
    return drafts.origin(row, home)
