"""Likely duplicates that no rule merges: suggestions for a person to decide, never merged by themselves.

Two ready contacts share a telephone number, have nearly the same name in one company, or one's further e-mail address
is the other's first. Steps over buckets: hints (64-bit hashes of what is compared) → the rows that share one, scattered
by hash → the pairs, told by the values themselves. So neither order nor processes count, and memory is bounded.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import schemas, store
from pipeline.clean import likeness
from pipeline.engine import Mapper
from pipeline.transform import hints, index, steps, tables
from pipeline.transform.hints import MAIL, NAME, PHONE, Hints
from pipeline.transform.index import Hashes, Rows
from pipeline.transform.partition import Job

SAME_PHONE = "same_phone"
NEAR_NAME = "near_name_in_company"
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
_Row = dict[str, Any]
_Pair = tuple[_Row, _Row, str, str]  # both contacts, rule, evidence


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of a bucket that share a hint with others: kind → (hashes, rows); `seconds`: all further e-mails."""

    bucket: int
    shared: Mapping[str, tuple[Hashes, Rows]]
    seconds: Hashes


def run(job: Job, place: Path, mapper: Mapper) -> int:
    """Write the table of suggestions and return how many there are."""
    buckets = list(range(job.buckets))
    found = steps.every(mapper, partial(hinted, job, place), buckets)
    steps.every(mapper, partial(scatter, job, place), choose(found))
    return sum(steps.every(mapper, partial(paired, job, place), buckets))


def hinted(job: Job, place: Path, bucket: int) -> Hints:
    """Return the hints of a bucket of ready contacts."""
    return hints.of_table(_ready(job, place, bucket), job.target)


def choose(found: Sequence[Hints]) -> list[Chosen]:
    """Return, per bucket, the rows that share a hint with another row of any bucket."""
    shared = {
        NAME: _shared([(one.names, one.name_rows) for one in found], most=None),
        PHONE: _shared([(one.numbers, one.number_rows) for one in found], most=MOST_SHARING),
    }
    seconds = np.unique(np.concatenate([one.seconds for one in found] or [np.empty(0, np.uint64)]))
    return [Chosen(n, {kind: of[n] for kind, of in shared.items()}, seconds) for n in range(len(found))]


def _shared(parts: Sequence[tuple[Hashes, Rows]], most: int | None) -> list[tuple[Hashes, Rows]]:
    """Keep, per bucket, what at least two rows have, and not more than `most`."""
    joined = np.concatenate([keys for keys, _ in parts] or [np.empty(0, np.uint64)])
    _, back, counts = np.unique(joined, return_inverse=True, return_counts=True)
    kept = (counts > 1) & (counts <= (most or len(back)))
    masks = np.split(kept[back], np.cumsum([len(keys) for keys, _ in parts])[:-1])
    return [(keys[mask], rows[mask]) for (keys, rows), mask in zip(parts, masks, strict=True)]


def scatter(job: Job, place: Path, chosen: Chosen) -> None:
    """Write the chosen rows of a bucket into the buckets of what they share."""
    if not len(chosen.seconds) and not any(len(keys) for keys, _ in chosen.shared.values()):
        return
    table = _ready(job, place, chosen.bucket)
    shared = [*chosen.shared.items(), (MAIL, hints.mails(table, job.target, chosen.seconds))]
    needed = np.unique(np.concatenate([rows for _, (_, rows) in shared]))
    values = hints.values(table.take(pa.array(needed)).combine_chunks(), job.target)
    found = [_rows(values, kind, keys, np.searchsorted(needed, rows)) for kind, (keys, rows) in shared]
    whole = pa.concat_tables(found).combine_chunks()
    buckets = index.bucket_of(whole.column("key").to_numpy(), job.buckets)
    for bucket in np.unique(buckets).tolist():
        path = job.scratch / "hints" / f"{bucket:05d}" / f"{chosen.bucket:06d}.arrow"
        store.write_scratch(whole.filter(pa.array(buckets == bucket)), path)


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
    groups: defaultdict[tuple[str, int], list[_Row]] = defaultdict(list)
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


def _listed(pair: _Pair) -> tuple[str, ...]:
    left, right = sorted(one["cluster_key"] for one in pair[:2])
    return "contacts", left, right, pair[2], pair[3]


def _is_decided(pair: _Pair, apart: set[tuple[str, str]]) -> bool:
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


def _of_names(rows: Sequence[_Row], _key: int) -> Iterator[_Pair]:
    companies: defaultdict[str, list[_Named]] = defaultdict(list)
    for row in _once(rows):
        companies[row["company"]].append(((likeness.name(row["last"]), likeness.name(row["first"])), row))
    for named in companies.values():
        for (one, left), (other, right) in _near(named):
            if likeness.are_near(one, other):
                yield left, right, NEAR_NAME, f"{_name(left)} = {_name(right)}"


_Named = tuple[tuple[str, str], _Row]
_FEW, _CROWD = 6, 40  # of few, every two are looked at; what more than a crowd have in common says nothing


def _near(named: Sequence[_Named]) -> Iterator[tuple[_Named, _Named]]:
    """Yield the pairs that could be near (likeness.are_near): the same but for a letter, an initial or the order.

    Of two names with one slip, one is the other without a letter, or both are the same without one.
    """
    if len(named) <= _FEW:
        yield from combinations(named, 2)
        return
    alike: defaultdict[str, list[_Named]] = defaultdict(list)
    for one in named:
        text = "".join(one[0])
        shorter = {text[:n] + text[n + 1 :] for n in range(len(text))}
        for key in {text, likeness.whole(*one[0]), one[0][0] + one[0][1][:1], *shorter}:
            alike[key].append(one)
    for group in alike.values():
        if 1 < len(group) <= _CROWD:
            yield from combinations(group, 2)


def _of_numbers(rows: Sequence[_Row], key: int) -> Iterator[_Pair]:
    for left, right in combinations(_once(rows), 2):
        found = [(one, other) for one in _ending(left, key) for other in _ending(right, key)]
        shared = (one for one, other in found if likeness.are_one_number(likeness.digits(one), likeness.digits(other)))
        if number := next(shared, None):
            yield left, right, SAME_PHONE, number


def _ending(row: _Row, key: int) -> list[str]:
    texts: list[str] = row["numbers"]
    return [one for one in texts if (digits := likeness.digits(one)) and hints.end_of(digits) == key]


def _of_mails(rows: Sequence[_Row], key: int) -> Iterator[_Pair]:
    for left, right in combinations(_once(rows), 2):
        for one, other in ((left, right), (right, left)):
            first = (other["email"] or "").lower()
            if (
                first in {address.lower() for address in one["others"]}
                and int(index.hashed(pa.array([first]))[0]) == key
            ):
                yield one, other, FURTHER_EMAIL, other["email"]


_PAIRS: Mapping[str, Callable[[Sequence[_Row], int], Iterator[_Pair]]] = {
    NAME: _of_names,
    PHONE: _of_numbers,
    MAIL: _of_mails,
}


def _once(rows: Iterable[_Row]) -> list[_Row]:
    found = {row["cluster_key"]: row for row in rows}
    return [found[key] for key in sorted(found)]


def _name(row: _Row) -> str:
    return " ".join(part for part in (row["last"], row["first"]) if part)
