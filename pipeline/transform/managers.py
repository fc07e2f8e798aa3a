"""Managers: the contact of the same account whose full name is the manager's, where there is exactly one.

A manager comes as a name and stands in Description, labelled. Where exactly one other ready contact of the account has
that name (in either order), `manager_crm_key` points to it and the line goes; else it stays, and why is a change. This
comes after validation, so that nobody is linked to a rejected record. Steps over buckets: the names that are looked for
→ the contacts that have one → the links.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store
from pipeline.clean import likeness
from pipeline.engine import Mapper
from pipeline.targets import MANAGER, Aside, Target
from pipeline.transform import hints, index, plain, steps, tables
from pipeline.transform.draft import Draft
from pipeline.transform.drafts import chunk
from pipeline.transform.index import Hashes

FIELD = "Reporting_To"  # zoho-api.md 5.1: a look-up to Contacts, in orgs that are not old
LINKED, NOBODY, SEVERAL = "manager_linked", "manager_fits_nobody", "manager_fits_several"
_NAMED = pa.schema([(name, schemas.TEXT) for name in ("cluster_key", "item_id", "source_key", "line", "name")])
_FITTING = pa.schema([("key", schemas.TEXT), ("cluster_key", schemas.TEXT)])
Fitting = Mapping[str, frozenset[str]]  # account and name → the contacts that have it
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where things are: the ready tables being built, what is kept between steps, and the first part of changes."""

    target: Target
    scratch: Path
    built: Path
    buckets: int
    first_part: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many contacts were linked to their manager, and of how many the name was kept."""

    linked: int = 0
    kept: int = 0

    def note(self) -> tuple[str, ...]:
        """Say it to a person, in a line or none."""
        if not self.linked + self.kept:
            return ()
        kept = f"{self.kept:,} kept by name in Description (why: the table changes)"
        return (f"managers: {self.linked:,} linked to a contact of the same account, {kept}",)


def label(target: Target) -> Aside | None:
    """Return how a manager stands in Description; None where the project maps managers otherwise."""
    is_mapped = any(field.source == MANAGER for field in target.fields)
    return None if is_mapped else next((aside for aside in target.asides if aside.source == MANAGER), None)


Bulk = Iterable[tuple[pa.Table, pa.Array]]  # drafts, and the keys of the records that they became


def keep(scratch: Path, bucket: int, target: Target, bulk: Bulk, clusters: Iterable[Sequence[Draft]]) -> None:
    """Keep the managers that the drafts of a bucket name, each cluster's by the first of its copies that names one."""
    aside = label(target)
    if aside is None:
        return
    of_clusters = store.table_of(_of_clusters(clusters, aside), _NAMED)
    found = pa.concat_tables([*(_of_bulk(rows, keys, aside) for rows, keys in bulk), of_clusters])
    if found.num_rows:
        store.write_scratch(found, _kept(scratch, bucket) / "000000.arrow")


def _kept(scratch: Path, bucket: int) -> Path:
    return scratch / "managers" / f"{bucket:05d}"


def _starts(aside: Aside) -> tuple[str, str]:
    return f"{aside.label_en}: ", f"{aside.label_ja}: "


def _of_bulk(rows: pa.Table, keys: pa.Array, aside: Aside) -> pa.Table:
    asides = chunk(rows, "asides")
    pattern = rf"(?:^|\n)(?P<line>(?:{'|'.join(_starts(aside))})(?P<name>[^\n]+))"
    at = pa.array(np.flatnonzero(plain.filled(pc.match_substring_regex(asides, pattern), otherwise=False)))
    parts = pc.extract_regex(asides.take(at), pattern)
    own = {"cluster_key": keys.take(at)}
    own |= {name: chunk(rows, name).take(at) for name in ("item_id", "source_key")}
    own |= {name: pc.struct_field(parts, name) for name in ("line", "name")}
    return pa.table(own, schema=_NAMED)


def _of_clusters(clusters: Iterable[Sequence[Draft]], aside: Aside) -> Iterator[_Row]:
    for cluster in clusters:
        found = ((draft, line) for draft in cluster for line in draft.asides if line.startswith(_starts(aside)))
        if named := next(found, None):
            draft, line = named
            yield {
                "cluster_key": min(one.origin.source_key for one in cluster),
                "item_id": draft.origin.item_id,
                "source_key": draft.origin.source_key,
                "line": line,
                "name": line.split(": ", 1)[1],
            }


def run(place: Place, mapper: Mapper) -> Tally:
    """Link the contacts of all buckets to their managers."""
    buckets = list(range(place.buckets))
    wanted = np.unique(np.concatenate(steps.every(mapper, partial(_wanted, place), buckets)))
    if not len(wanted):
        return Tally(0, sum(steps.every(mapper, partial(_unlinked, place), buckets)))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for table in steps.each(mapper, partial(_fitting, place, wanted), buckets):
        for row in table.to_pylist():
            found[row["key"]].add(row["cluster_key"])
    fitting = {key: frozenset(people) for key, people in found.items()}
    tallies = steps.every(mapper, partial(_link, place, fitting), buckets)
    return Tally(sum(one.linked for one in tallies), sum(one.kept for one in tallies))


def _key(account: str, name: str) -> str:
    return f"{account}\n{name}"


def _named(place: Place, bucket: int, accounts: pa.Table) -> list[_Row]:
    """Return the managers that ready contacts of a bucket name, with `key`, None for a contact without an account."""
    account_of = dict(zip(*(accounts.column(name).to_pylist() for name in ("cluster_key", _ACCOUNT)), strict=True))
    kept = store.read_scratch(_kept(place.scratch, bucket), _NAMED).to_pylist()
    there = [row for row in kept if row["cluster_key"] in account_of]
    pairs = [(row, account_of[row["cluster_key"]], likeness.name(row["name"])) for row in there]
    return [{**row, "key": _key(account, name) if account and name else None} for row, account, name in pairs]


_ACCOUNT = "Account_Name"


def _ready(place: Place, bucket: int, names: Sequence[str] | None) -> pa.Table:
    path, schema = _path(place, bucket), place.target.schema()
    there = [name for name in names if name in schema.names] if names else None
    if not path.is_file():
        return (schema if there is None else pa.schema([schema.field(name) for name in there])).empty_table()
    return store.read(path, schema, there).combine_chunks()


def _path(place: Place, bucket: int) -> Path:
    return place.built / "ready" / place.target.table / f"part-{bucket:05d}.parquet"


def _accounts(place: Place, bucket: int) -> pa.Table:
    found = _ready(place, bucket, ["cluster_key", _ACCOUNT])
    if _ACCOUNT in found.schema.names:
        return found
    return found.append_column(_ACCOUNT, pa.nulls(found.num_rows, pa.string()))


def _wanted(place: Place, bucket: int) -> Hashes:
    """Return hashes of the accounts and names that contacts of a bucket look for."""
    if not _kept(place.scratch, bucket).is_dir():
        return np.empty(0, np.uint64)
    named = _named(place, bucket, _accounts(place, bucket))
    return index.hashed(pa.array([row["key"] for row in named if row["key"]], pa.string()))


def _fitting(place: Place, wanted: Hashes, bucket: int) -> pa.Table:
    """Return account and name of the contacts of a bucket that somebody looks for, in either order."""
    table = _ready(place, bucket, ["cluster_key", _ACCOUNT, "Last_Name", "First_Name"])
    if not {_ACCOUNT, "First_Name"} <= set(table.schema.names):
        return _FITTING.empty_table()
    account, last = chunk(table, _ACCOUNT), hints.folded(chunk(table, "Last_Name"))
    first = hints.folded(pc.fill_null(chunk(table, "First_Name"), ""))
    found = [_FITTING.empty_table()]
    for one, other in ((last, first), (first, last)):
        keys = pc.binary_join_element_wise(account, pc.binary_join_element_wise(one, other, ""), "\n")
        is_wanted = pa.array(np.isin(index.hashed(keys), wanted) & plain.has(keys))
        found.append(pa.table([keys, table.column("cluster_key")], schema=_FITTING).filter(is_wanted))
    return pa.concat_tables(found).combine_chunks()


def _link(place: Place, fitting: Fitting, bucket: int) -> Tally:
    """Link the contacts of a bucket, and write its changes."""
    if not _kept(place.scratch, bucket).is_dir():
        return Tally()
    named = _named(place, bucket, _accounts(place, bucket))
    others = [fitting.get(row["key"] or "", frozenset()) - {row["cluster_key"]} for row in named]
    linked = {
        row["cluster_key"]: (*found, row["line"]) for row, found in zip(named, others, strict=True) if len(found) == 1
    }
    if linked:
        _rewrite(place, bucket, linked)
    _write_changes(
        place, bucket, [one for row, found in zip(named, others, strict=True) for one in _changes(row, found)]
    )
    return Tally(len(linked), len(named) - len(linked))


def _unlinked(place: Place, bucket: int) -> int:
    """Note that nobody of a bucket could be linked; return how many there are."""
    return _link(place, {}, bucket).kept


def _rewrite(place: Place, bucket: int, linked: Mapping[str, tuple[str, str]]) -> None:
    """Put the links into a bucket of ready contacts, and take the lines that say the same out of Description."""
    table = _ready(place, bucket, None)
    keys = table.column("cluster_key").to_pylist()
    found = [linked.get(key) for key in keys]
    at = table.schema.get_field_index(schemas.MANAGER_KEY)
    table = table.set_column(at, schemas.MANAGER_KEY, pa.array([one and one[0] for one in found], pa.string()))
    notes = table.column("Description").to_pylist()
    cleared = [note if one is None else _without(note, one[1]) for note, one in zip(notes, found, strict=True)]
    at = table.schema.get_field_index("Description")
    table = table.set_column(at, "Description", pa.array(cleared, pa.string())).combine_chunks()
    hashes = tables.content_hashes(table, list(place.target.names))
    table = table.set_column(table.schema.get_field_index("content_hash"), "content_hash", hashes)
    store.write(table.combine_chunks(), _path(place, bucket), place.target.schema())


def _without(note: str | None, line: str) -> str | None:
    """Return a description without the last of its lines that is `line`."""
    lines = (note or "").split("\n")
    if line in lines:
        del lines[len(lines) - 1 - lines[::-1].index(line)]
    return "\n".join(lines).rstrip("\n") or None


def _changes(row: _Row, found: frozenset[str]) -> Iterator[_Row]:
    of_item = {"table": "contacts", "item_id": row["item_id"], "source_key": row["source_key"]}
    if len(found) != 1:
        rule = SEVERAL if found else NOBODY
        yield {**of_item, "field": FIELD, "old": row["name"], "new": None, "rule": rule}
        return
    yield {**of_item, "field": FIELD, "old": row["name"], "new": next(iter(found)), "rule": LINKED}
    yield {**of_item, "field": "Description", "old": row["line"], "new": None, "rule": LINKED}


def _write_changes(place: Place, bucket: int, rows: list[_Row]) -> None:
    if rows:
        path = place.built / "changes" / f"part-{place.first_part + bucket:05d}.parquet"
        store.write(tables.sorted_table(rows, schemas.CHANGES), path, schemas.CHANGES)
