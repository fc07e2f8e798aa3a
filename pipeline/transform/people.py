"""Contacts and the accounts they name, in steps over partitions and buckets: each step a map over units of files.

    places → (ordinals) → map → (components) → move → accounts → contacts

What is in brackets happens here, on arrays: 64-bit keys of every row, never the rows. The number of buckets depends on
the number of rows only, so the result does not depend on processes, partitions or the order of files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from pipeline import schemas, store, validate
from pipeline.engine import Crashed, Mapper
from pipeline.errors import StageError
from pipeline.outcome import Account
from pipeline.targets import ACCOUNTS, CONTACTS, Target
from pipeline.transform import bucket, companies, index, partition, tables
from pipeline.transform.bucket import Closing, Done
from pipeline.transform.index import Hashes, Index
from pipeline.transform.overrides import Override
from pipeline.transform.partition import Job, Mapped, Part

ROWS_OF_BUCKET = 100_000
_KEY_LENGTH = 32  # hex digits of a source_key
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The row accounts of both tables, warnings, how many side tables were written, and values without a field."""

    accounts: tuple[Account, Account]
    notes: tuple[str, ...]
    parts: int
    unmapped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the two tables are made with. `place`: the stage directory being built; `share`: of rejects allowed."""

    targets: Mapping[str, Target]
    suites: Mapping[str, validate.Suite]
    place: Path
    share: float


def parts_of(files: Sequence[Path]) -> list[Part]:
    """Return the partitions of table files: their row groups."""
    found = [(path, group) for path in files for group in range(store.groups(path))]
    return [Part(path, group, number) for number, (path, group) in enumerate(found)]


def run(job: Job, setting: Setting, parts: Sequence[Part], mapper: Mapper) -> People:
    """Make ready accounts and contacts of the partitions.

    Raises:
        InputError: too many rows are rejected, or a rule that stops the run is broken.
    """
    where = _all(mapper, partial(partition.places, job), parts)
    unmapped = sum((Counter(one.unmapped) for one in where), Counter[str]())
    done = _all(mapper, partial(partition.mapped, job), _numbered(parts, where))
    labels = _labels(job, done)
    _all(mapper, partial(bucket.move, job), list(enumerate(labels)))
    closing = Closing(
        job=job, suite=setting.suites[ACCOUNTS.table], lost=frozenset(), place=setting.place, first_part=0
    )
    firms = _all(mapper, partial(companies.close, closing, setting.targets[ACCOUNTS.table]), list(range(job.buckets)))
    lost = frozenset(key for firm in firms for key in firm.done.keys)
    suite = setting.suites[CONTACTS.table]
    closing = Closing(job=job, suite=suite, lost=lost, place=setting.place, first_part=job.buckets)
    people = _all(mapper, partial(bucket.close, closing), list(enumerate(labels)))
    _write_exclusions(done, setting.place)
    spellings = sum(firm.spellings for firm in firms)
    of_firms = _account(ACCOUNTS.table, spellings, [firm.done for firm in firms], Counter(), setting.share)
    excluded = Counter[str](rule for one in done for rule in one.exclusions.column("rule").to_pylist())
    seen = sum(one.seen for one in done)
    of_people = _account(CONTACTS.table, seen, people, excluded, setting.share)
    return People(
        accounts=(of_firms, of_people),
        notes=(*_warnings([firm.done for firm in firms]), *_warnings(people)),
        parts=2 * job.buckets,
        unmapped={name: unmapped[name] for name in schemas.CONTACTS.names if unmapped[name]},
    )


def _all(mapper: Mapper, function: partial[Result], units: Sequence[object]) -> list[Result]:
    """Return the results of all units; a process that died stops the run."""
    found: list[Result] = []
    for result in mapper(function, units):
        if isinstance(result, Crashed):
            raise StageError(
                "A worker process died while transforming, probably for want of memory.",
                "Close other programs, or set [engine] processes = 1, and run make transform again.",
            )
        found.append(result)
    return found


def _numbered(parts: Sequence[Part], where: Sequence[partition.Places]) -> list[tuple[Part, index.Rows]]:
    """Return each partition with the ordinals of its rows among all."""
    if not parts:
        return []
    keys, places, positions = (
        np.concatenate([getattr(one, name) for one in where]) for name in ("keys", "places", "positions")
    )
    found = index.ordinals(keys, places, positions)
    ends = np.cumsum([len(one.keys) for one in where])
    return list(zip(parts, np.split(found, ends[:-1]), strict=True))


def _labels(job: Job, done: Sequence[Mapped]) -> list[Hashes]:
    """Return for each bucket the components of its drafts, in their order; 0 for a draft that is alone."""
    per_bucket = [[one.indexes[number] for one in done if number in one.indexes] for number in range(job.buckets)]
    joined = [Index.joined(found) for found in per_bucket]
    whole = Index.joined(joined)
    labels = index.components(whole, _overruled(whole, job.overrides))
    ends = np.cumsum([len(one.key) for one in joined])
    return list(np.split(labels, ends[:-1]))


def _overruled(whole: Index, overrides: Sequence[Override]) -> Hashes:
    """Return a number per draft, the same for all that a person called the same, directly or through others; else 0."""
    root: dict[str, str] = {}
    for one in overrides:
        if one.is_same:
            left, right = root.get(one.left, one.left), root.get(one.right, one.right)
            root |= {key: left for key, top in root.items() if top == right} | {one.left: left, one.right: left}
    numbers = {int(key[:16], 16): int(top[:16], 16) | 1 for key, top in root.items() if _is_key(key) and _is_key(top)}
    found = np.zeros(len(whole.key), np.uint64)
    for row in np.flatnonzero(np.isin(whole.key, np.array([*numbers], np.uint64))):
        found[row] = numbers[int(whole.key[row])]
    return found


def _is_key(text: str) -> bool:
    return len(text) == _KEY_LENGTH and all(letter in "0123456789abcdef" for letter in text)


def _account(table: str, seen: int, done: Sequence[Done], excluded: Counter[str], share: float) -> Account:
    records = sum(one.records for one in done)
    rejected = sum(len(one.keys) for one in done)
    rules = sorted({failure.rule for one in done for failure in one.verdict.failures})
    validate.refuse_too_many(table, records, rejected, rules, share)
    return Account(
        table=table,
        seen=seen,
        written=records - rejected,
        merged=seen - sum(excluded.values()) - records,
        excluded=dict(sorted(excluded.items())),
        rejected=rejected,
    )


def _warnings(done: Iterable[Done]) -> Iterator[str]:
    listed = list(done)
    warned: Counter[str] = Counter()
    for one in listed:
        warned.update(one.verdict.warned)
    yield from (f"{listed[0].verdict.table}: {count} {what}" for what, count in warned.items())


def _write_exclusions(done: Sequence[Mapped], place: Path) -> None:
    found = pa.concat_tables([schemas.EXCLUSIONS.empty_table(), *(one.exclusions for one in done)])
    store.write(tables.sorted_rows(found), place / "exclusions" / "part-00000.parquet", schemas.EXCLUSIONS)
