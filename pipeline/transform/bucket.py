"""The last step of contacts: one bucket of drafts → ready rows, merged, linked and validated.

Drafts that nothing else may be the same as, and those that agree, are done in bulk; the others go through `deduplicate`
and `merge`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store, validate
from pipeline.targets import Kind
from pipeline.transform import agreeing, drafts, identity, index, link, managers, merge, tables
from pipeline.transform.agreeing import Agreed
from pipeline.transform.closing import Closed, Closing, Settled, write, write_sides
from pipeline.transform.closing import settle as closing_settle
from pipeline.transform.dedup import Deduplicated, deduplicate
from pipeline.transform.draft import Draft, FieldChange, Home, Origin, Ready
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Hashes
from pipeline.transform.partition import Job

_LEAD = pa.schema([("cluster_key", pa.string()), *((name, kind) for name, kind in drafts.ORIGIN)])


def move(job: Job, unit: tuple[int, Hashes]) -> None:
    """Bring the drafts of a bucket that hang together with others into the bucket of their component."""
    bucket, labels = unit
    own = store.read_scratch(job.scratch / "drafts" / f"{bucket:05d}", drafts.schema(job.target))
    goes = index.bucket_of(labels, job.buckets)
    for other in np.unique(goes[labels != 0]).tolist():
        rows = own.filter(pa.array((goes == other) & (labels != 0)))
        store.write_scratch(rows, job.scratch / "moved" / f"{other:05d}" / f"{bucket:06d}.arrow")


def close(closing: Closing, unit: tuple[int, Hashes]) -> Closed:
    """Make the ready rows of a bucket, and its parts of the tables of changes and decisions."""
    bucket, labels = unit
    job, schema = closing.job, drafts.schema(closing.job.target)
    own = store.read_scratch(job.scratch / "drafts" / f"{bucket:05d}", schema)
    moved = store.read_scratch(job.scratch / "moved" / f"{bucket:05d}", schema)
    is_alone = pa.array(labels == 0)
    is_bulk = pc.and_(is_alone, pc.invert(chunk(own, "needs_merge")))
    singles = own.filter(is_bulk)
    rest = drafts.whole([own.filter(pc.and_(is_alone, chunk(own, "needs_merge"))), moved], schema)
    agreed = agreeing.merged(job, rest, closing.lost)
    merged = _merged(drafts.of_rows(agreed.rest, job.homes), closing)
    table = pa.concat_tables(
        [_singles(closing, singles), _agreed(closing, agreed), tables.ready(merged.ready, job.target)]
    )
    table = table.take(pc.sort_indices(table, sort_keys=[("cluster_key", "ascending")])).combine_chunks()
    write(closing, bucket, table)
    _write_sides(closing, bucket, merged, _dropped(closing, singles), agreed)
    _write_leads(closing, bucket, merged.ready, agreed)
    clusters = (sorted(cluster, key=merge.rank) for cluster in merged.found.clusters)
    bulk = ((singles, chunk(singles, "source_key")), (agreed.drafts, _firsts(agreed.source_keys)))
    managers.keep(job.scratch, bucket, job.target, bulk, clusters)
    return Closed(len(own), table.num_rows, validate.facts_of(table, closing.suite))


def settle(closing: Closing, findings: validate.Findings, bucket: int) -> Settled:
    """Hold the ready rows of a bucket to their suite; the rows that break it become rejects."""
    return closing_settle(closing, findings, bucket, lambda keys: _leads(closing, bucket, keys))


@dataclass(frozen=True, slots=True)
class _Merged:
    ready: list[Ready]
    found: Deduplicated
    changes: list[tuple[Origin, FieldChange]]
    decisions: list[dict[str, object]]


def _merged(objects: list[Draft], closing: Closing) -> _Merged:
    target, lost = closing.job.target, closing.lost
    told = identity.contacts(objects, by_address_alone=closing.job.by_address_alone)
    found = deduplicate(objects, told, identity.CONTACT_RULES, closing.job.overrides)
    merged = [merge.merge(cluster, target, closing.job.survivorship) for cluster in found.clusters]
    looked_up = [link.lookups(cluster, closing.job) for cluster in found.clusters]
    named = [_with_account(one.ready, key) for one, (key, _) in zip(merged, looked_up, strict=True)]
    ready, dropped = link.linked(named, lost)
    changes = [change for one in merged for change in one.changes]
    changes += [change for _, gone in looked_up for change in gone] + dropped
    decided = [*found.decisions, *(decision for one in merged for decision in one.decisions)]
    into = {draft.origin.source_key: cluster[0].origin.source_key for cluster in found.clusters for draft in cluster}
    return _Merged(ready, found, changes, tables.decisions(target.table, decided, into))


def _with_account(ready: Ready, account: str | None) -> Ready:
    return ready if account is None else replace(ready, values={**ready.values, link.LOOKUP: account})


def _singles(closing: Closing, singles: pa.Table) -> pa.Table:
    """Return the ready rows of drafts that are alone and fit their fields."""
    each = pa.array(np.arange(singles.num_rows + 1, dtype=np.int32))
    keys, items = (pa.ListArray.from_arrays(each, chunk(singles, name)) for name in ("source_key", "item_id"))
    return _bulk(closing, singles, keys, items)


def _agreed(closing: Closing, agreed: Agreed) -> pa.Table:
    """Return the ready rows of drafts that agree."""
    return _bulk(closing, agreed.drafts, agreed.source_keys, agreed.item_ids)


def _bulk(closing: Closing, leads: pa.Table, keys: pa.ListArray, items: pa.ListArray) -> pa.Table:
    """Return ready rows with these values, source_keys and item_ids."""
    target, count = closing.job.target, leads.num_rows
    mailbox, owner = _homes(chunk(leads, "file_sha256"), closing.job.homes)
    own: dict[str, pa.Array] = {
        "cluster_key": _firsts(keys),
        "source_keys": keys,
        "item_ids": items,
        "mailbox": mailbox,
        "owner": owner,
        "modified_at": chunk(leads, "modified_at"),
        "content_hash": pa.nulls(count, pa.string()),
        schemas.MANAGER_KEY: pa.nulls(count, pa.string()),
        **{one.api_name: _value(closing, leads, one.api_name, one.kind) for one in target.fields},
    }
    table = pa.Table.from_arrays([own[name] for name in target.schema().names], schema=target.schema())
    hashes = tables.content_hashes(table, list(target.names))
    return table.set_column(table.schema.get_field_index("content_hash"), "content_hash", hashes)


def _firsts(keys: pa.ListArray) -> pa.Array:
    """Return the first of each list of keys."""
    return pc.list_element(keys, 0) if len(keys) else pa.array([], pa.string())


def _value(closing: Closing, singles: pa.Table, api_name: str, kind: Kind) -> pa.Array:
    if kind is Kind.LOOKUP:
        keys = chunk(singles, "company_key")
        lost = pa.array(sorted(closing.lost), pa.string())
        return pc.if_else(pc.is_in(keys, value_set=lost), None, keys)
    values = chunk(singles, drafts.column(api_name))
    if api_name != "Description":
        return values
    return drafts.joined([values, chunk(singles, "asides")], "\n\n")


def _homes(files: pa.Array, homes: Mapping[str, Home]) -> tuple[pa.Array, pa.Array]:
    """Return mailbox and owner of every row, null for none."""
    encoded = pc.dictionary_encode(files)
    known = [homes[sha] for sha in encoded.dictionary.to_pylist()]
    mailboxes = pa.array([home.mailbox or None for home in known], pa.string())
    owners = pa.array([home.owner for home in known], pa.string())
    return mailboxes.take(encoded.indices), owners.take(encoded.indices)


def _dropped(closing: Closing, singles: pa.Table) -> list[tuple[Origin, FieldChange]]:
    """Return a change for each single contact whose account was rejected."""
    lost = pc.is_in(chunk(singles, "company_key"), value_set=pa.array(sorted(closing.lost), pa.string()))
    rows = singles.filter(pc.and_(lost, pc.is_valid(chunk(singles, "company_key")))).to_pylist()
    return [
        (drafts.origin(row, closing.job.homes[row["file_sha256"]]), link.dropped(row["company_key"])) for row in rows
    ]


def _write_leads(closing: Closing, bucket: int, ready: Iterable[Ready], agreed: Agreed) -> None:
    """Keep which item leads each merged record, should it be rejected."""
    rows = [
        {"cluster_key": one.cluster_key, **{name: getattr(one.lead, name) for name in _LEAD.names[1:]}} for one in ready
    ]
    if agreed.drafts.num_rows:
        keys = pc.list_element(agreed.source_keys, 0)
        bulk = agreed.drafts.select(_LEAD.names[1:]).add_column(0, "cluster_key", keys)
        store.write_scratch(bulk.cast(_LEAD), _lead_place(closing, bucket) / "000001.arrow")
    if rows:
        store.write_scratch(store.table_of(rows, _LEAD), _lead_place(closing, bucket) / "000000.arrow")


def _lead_place(closing: Closing, bucket: int) -> Path:
    return closing.job.scratch / "leads" / f"{bucket:05d}"


def _leads(closing: Closing, bucket: int, keys: pa.Array) -> dict[str, Origin]:
    """Return the leading item of records: of a merged one the item kept for it, else the only one it has."""
    job = closing.job
    own = store.read_scratch(job.scratch / "drafts" / f"{bucket:05d}", drafts.schema(job.target))
    singles = own.filter(pc.is_in(chunk(own, "source_key"), value_set=keys)).select(_LEAD.names[1:]).to_pylist()
    kept = store.read_scratch(_lead_place(closing, bucket), _LEAD)
    merged = kept.filter(pc.is_in(chunk(kept, "cluster_key"), value_set=keys)).to_pylist()
    pairs = [*((row["source_key"], row) for row in singles), *((row["cluster_key"], row) for row in merged)]
    return {key: drafts.origin(row, job.homes[row["file_sha256"]]) for key, row in pairs}


def _write_sides(
    closing: Closing,
    bucket: int,
    merged: _Merged,
    dropped: list[tuple[Origin, FieldChange]],
    agreed: Agreed,
) -> None:
    job, table = closing.job, closing.target.table
    own = store.read_scratch(job.scratch / "changes" / f"{bucket:05d}", schemas.CHANGES)
    decided = store.table_of(merged.decisions, schemas.DECISIONS)
    made = store.table_of(tables.changes(table, [*merged.changes, *dropped]), schemas.CHANGES)
    found = {
        "changes": tables.sorted_rows(pa.concat_tables([own, made, agreed.changes])),
        "decisions": tables.sorted_rows(pa.concat_tables([decided, agreed.decisions])),
    }
    write_sides(closing, bucket, found, has_all=False)
