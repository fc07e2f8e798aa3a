"""Likely duplicates that no rule merges: suggestions for a person to decide, never merged by themselves.

Two ready contacts share a telephone number, have nearly the same name in one company, or one's further e-mail address
is the other's first. Steps over buckets: hints (64-bit hashes of what is compared), scattered by hash → the rows that
share one → their values, scattered by what they share → the pairs, told by the values themselves. So neither order nor
processes count, and memory is bounded by the bucket. What too many share is counted, and not compared pair by pair.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline import schemas, store
from pipeline.clean import likeness
from pipeline.engine import Mapper
from pipeline.transform import hints, index, near, steps, tables
from pipeline.transform.drafts import chunk
from pipeline.transform.hints import MAIL, NAME, PHONE
from pipeline.transform.index import Hashes, Rows
from pipeline.transform.partition import Job

SAME_PHONE = "same_phone"
FURTHER_EMAIL = "further_email_is_anothers_first"
# More than that many share a switchboard, or a name that says nothing.
MOST_SHARING = 4
_FOUND = pa.schema(
    [
        *((name, schemas.TEXT) for name in ("kind", "cluster_key", "last", "first", "company", "email")),
        ("key", pa.uint64()),
        *((name, pa.list_(schemas.TEXT)) for name in ("source_keys", "numbers", "others")),
    ]
)
_HINTS = pa.schema([("key", pa.uint64()), ("place", pa.uint64())])
_ROW_BITS = 32  # of a place: the bucket of a row, and the row
_KINDS: Mapping[str, int | None] = {NAME: None, PHONE: MOST_SHARING}  # how many may share a hint


@dataclass(frozen=True, slots=True)
class Suggested:
    """How many pairs there are, and how many numbers so many contacts have that they say nothing."""

    pairs: int
    switchboards: int

    def note(self) -> Iterator[str]:
        """Yield a line about what was not compared."""
        if self.switchboards:
            yield (
                f"{self.switchboards} telephone numbers are shared by more than {MOST_SHARING} contacts: "
                "taken for switchboards, nothing is suggested by them"
            )


NONE = Suggested(0, 0)


def run(job: Job, place: Path, mapper: Mapper) -> Suggested:
    """Write the table of suggestions."""
    buckets = list(range(job.buckets))
    found = steps.every(mapper, partial(hinted, job, place), buckets)
    switchboards = sum(steps.every(mapper, partial(choose, job), buckets))
    seconds = np.unique(np.concatenate([np.empty(0, np.uint64), *found]))
    steps.every(mapper, partial(scatter, job, place, seconds), buckets)
    return Suggested(sum(steps.every(mapper, partial(paired, job, place), buckets)), switchboards)


def hinted(job: Job, place: Path, bucket: int) -> Hashes:
    """Write the hints of a bucket of ready contacts into buckets of hints; return those of further e-mails."""
    found = hints.of_table(_ready(job, place, bucket), job.target)
    for kind, keys, rows in found:
        goes = _bucket(job, keys >> np.uint64(1))
        order = np.argsort(goes, kind="stable")
        ends = np.searchsorted(goes[order], np.arange(job.buckets + 1))
        whole = pa.table([keys[order], (rows[order] | bucket << _ROW_BITS).astype(np.uint64)], schema=_HINTS)
        for other in np.flatnonzero(np.diff(ends)).tolist():
            path = job.scratch / f"hints-{kind}" / f"{other:05d}" / f"{bucket:06d}.arrow"
            store.write_scratch(whole.slice(ends[other], ends[other + 1] - ends[other]), path)
    return found.seconds


def choose(job: Job, bucket: int) -> int:
    """Write, for the bucket of each row, which of its hints another row has; return how many too many rows have."""
    crowds = 0
    for kind, most in _KINDS.items():
        found = store.read_scratch(job.scratch / f"hints-{kind}" / f"{bucket:05d}", _HINTS)
        keys, places = (chunk(found, name).to_numpy() for name in _HINTS.names)
        kept, over = _shared(keys, places, most)
        crowds += over
        for other in np.unique(places[kept] >> np.uint64(_ROW_BITS)).tolist():
            own = kept[places[kept] >> np.uint64(_ROW_BITS) == other]
            rows = places[own] & np.uint64((1 << _ROW_BITS) - 1)
            path = job.scratch / f"chosen-{kind}" / f"{other:05d}" / f"{bucket:06d}.arrow"
            store.write_scratch(pa.table([keys[own] >> np.uint64(1), rows], schema=_HINTS), path)
    return crowds


def _shared(keys: Hashes, places: Hashes, most: int | None) -> tuple[Rows, int]:
    """Return which hints at least two rows have, one of them asking, and not more than `most`; and how many more."""
    if not len(keys):
        return np.empty(0, np.int64), 0
    order = np.lexsort((places, keys >> np.uint64(1))) if most else np.argsort(keys, kind="stable")
    names = keys[order] >> np.uint64(1)
    is_again = np.concatenate([[False], (names[1:] == names[:-1]) & (places[order][1:] == places[order][:-1])])
    order, names = order[~is_again], names[~is_again]
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    counts = np.diff([*starts, len(names)])
    is_asked = np.bitwise_or.reduceat(keys[order], starts) & np.uint64(1) == 1
    is_shared = (counts > 1) & is_asked
    is_crowd = is_shared & (counts > (most or len(names)))
    return order[np.repeat(is_shared & ~is_crowd, counts)], int(is_crowd.sum())


def scatter(job: Job, place: Path, seconds: Hashes, bucket: int) -> None:
    """Write the chosen rows of a bucket into the buckets of what they share; `seconds`: all further e-mails."""
    shared = {}
    for kind in _KINDS:
        found = store.read_scratch(job.scratch / f"chosen-{kind}" / f"{bucket:05d}", _HINTS)
        keys, rows = (chunk(found, name).to_numpy() for name in _HINTS.names)
        shared[kind] = keys, rows.astype(np.int64)
    if not len(seconds) and not any(len(keys) for keys, _ in shared.values()):
        return
    table = _ready(job, place, bucket)
    shared[MAIL] = hints.mails(table, job.target, seconds)
    needed = np.unique(np.concatenate([rows for _, rows in shared.values()]))
    values = hints.values(table.take(pa.array(needed)).combine_chunks(), job.target)
    tables_ = [_rows(values, kind, keys, np.searchsorted(needed, rows)) for kind, (keys, rows) in shared.items()]
    whole = pa.concat_tables(tables_).combine_chunks()
    buckets = _bucket(job, chunk(whole, "key").to_numpy())
    for other in np.unique(buckets).tolist():
        path = job.scratch / "hints" / f"{other:05d}" / f"{bucket:06d}.arrow"
        store.write_scratch(whole.filter(pa.array(buckets == other)), path)


def _bucket(job: Job, keys: Hashes) -> Rows:
    return index.bucket_of(index.mixed(keys), job.buckets)


def _rows(values: pa.Table, kind: str, keys: Hashes, rows: Rows) -> pa.Table:
    """Return the rows with what they share; all of a company come together, whatever the name."""
    if kind == NAME:
        rows = np.unique(rows)
        keys = index.hashed(values.column("company").combine_chunks().take(pa.array(rows)))
    taken = values.take(pa.array(rows))
    for unused in ("numbers", "others", "email") if kind == NAME else ():
        at = taken.schema.get_field_index(unused)
        taken = taken.set_column(at, unused, pa.nulls(len(rows), _FOUND.field(unused).type))
    taken = taken.append_column("kind", pa.array([kind] * len(rows), pa.string()))
    return taken.append_column("key", pa.array(keys)).select(_FOUND.names).cast(_FOUND)


def paired(job: Job, place: Path, bucket: int) -> int:
    """Write the suggestions of a bucket of shared hints; return how many pairs of contacts there are."""
    groups: defaultdict[tuple[str, int], list[near.Row]] = defaultdict(list)
    for row in store.read_scratch(job.scratch / "hints" / f"{bucket:05d}", _FOUND).to_pylist():
        groups[row["kind"], row["key"]].append(row)
    apart = {(one.left, one.right) for one in job.overrides if not one.is_same}
    pairs = [pair for (kind, key), rows in groups.items() for pair in _PAIRS[kind](rows, key)]
    rows = {_listed(pair) for pair in pairs if not _is_decided(pair, apart)}
    found = [dict(zip(schemas.SUGGESTIONS.names, row, strict=True)) for row in rows]
    if found or bucket == 0:
        path = place / "suggestions" / f"part-{bucket:05d}.parquet"
        store.write(tables.sorted_table(found, schemas.SUGGESTIONS), path, schemas.SUGGESTIONS)
    return len(found)


def _listed(pair: near.Pair) -> tuple[str, ...]:
    left, right = sorted(one["cluster_key"] for one in pair[:2])
    return "contacts", left, right, pair[2], pair[3]


def _is_decided(pair: near.Pair, apart: set[tuple[str, str]]) -> bool:
    """Return whether a person said that they are different."""
    if not apart:
        return False
    both = [(left, right) for left in pair[0]["source_keys"] for right in pair[1]["source_keys"]]
    return any((min(one), max(one)) in apart for one in both)


def _ready(job: Job, place: Path, bucket: int) -> pa.Table:
    path = place / "ready" / job.target.table / f"part-{bucket:05d}.parquet"
    schema, names = job.target.schema(), hints.columns(job.target)
    if not path.is_file():
        return pa.schema([schema.field(name) for name in names]).empty_table()
    return store.read(path, schema, names).combine_chunks()


def _of_numbers(rows: Sequence[near.Row], key: int) -> Iterator[near.Pair]:
    for left, right in combinations(near.once(rows), 2):
        found = [(one, other) for one in _ending(left, key) for other in _ending(right, key)]
        shared = (one for one, other in found if likeness.are_one_number(likeness.digits(one), likeness.digits(other)))
        if number := next(shared, None):
            yield left, right, SAME_PHONE, number


def _ending(row: near.Row, key: int) -> list[str]:
    texts: list[str] = row["numbers"]
    return [one for one in texts if (digits := likeness.digits(one)) and hints.end_of(digits) == key]


def _of_mails(rows: Sequence[near.Row], key: int) -> Iterator[near.Pair]:
    for left, right in combinations(near.once(rows), 2):
        for one, other in ((left, right), (right, left)):
            first = (other["email"] or "").lower()
            if (
                first in {address.lower() for address in one["others"]}
                and int(index.hashed(pa.array([first]))[0]) == key
            ):
                yield one, other, FURTHER_EMAIL, other["email"]


_PAIRS: Mapping[str, Callable[[Sequence[near.Row], int], Iterator[near.Pair]]] = {
    NAME: near.pairs,
    PHONE: _of_numbers,
    MAIL: _of_mails,
}
