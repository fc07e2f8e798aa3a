"""Contacts and the accounts they name, in steps over partitions and buckets: each step a map over units of files.

    places → (ordinals) → map → (components) → move → accounts → contacts

What is in brackets happens here, on arrays: 64-bit keys of every row, never the rows. The number of buckets depends on
the number of rows only, so the result does not depend on processes, partitions or the order of files.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import schemas, store, validate
from pipeline.engine import Mapper
from pipeline.outcome import Account
from pipeline.targets import ACCOUNTS, CONTACTS, Target
from pipeline.transform import bucket, companies, index, managers, partition, steps, suggest, tables
from pipeline.transform.closing import Closed, Closing, Settled
from pipeline.transform.index import Hashes, Index
from pipeline.transform.managers import Place, Tally
from pipeline.transform.overrides import Override
from pipeline.transform.partition import Job, Mapped, Part

ROWS_OF_BUCKET = 100_000
_KEY_LENGTH = 32  # hex digits of a source_key


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The row accounts of both tables, warnings, how many side tables were written, and values without a field.

    `suggestions`: how many likely duplicates are left to a person.
    """

    accounts: tuple[Account, Account]
    notes: tuple[str, ...]
    parts: int
    unmapped: Mapping[str, int]
    suggestions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the two tables are made with. `place`: the stage directory being built; `share`: of rejects allowed.

    `suggests`: whether likely duplicates are looked for; `links`: whether managers are linked.
    """

    targets: Mapping[str, Target]
    suites: Mapping[str, validate.Suite]
    place: Path
    share: float
    judge: validate.Judge
    suggests: bool = True
    links: bool = True


def parts_of(files: Sequence[Path]) -> list[Part]:
    """Return the partitions of table files: their row groups."""
    found = [(path, group) for path in files for group in range(store.groups(path))]
    return [Part(path, group, number) for number, (path, group) in enumerate(found)]


def run(job: Job, setting: Setting, parts: Sequence[Part], mapper: Mapper) -> People:
    """Make ready accounts and contacts of the partitions.

    Raises:
        InputError: too many rows are rejected, or a rule that stops the run is broken.
    """
    numbered, unmapped = _numbered(parts, steps.every(mapper, partial(partition.places, job), parts))
    done = steps.every(mapper, partial(partition.mapped, job), numbered)
    del numbered  # from here on only what is needed is kept: of a million rows each is some megabytes
    unmapped["nickname"] -= sum(one.nicknames for one in done)
    whole, ends = _whole(job, done)
    done = [one.without_indexes() for one in done]
    labels = _labels(job, whole, ends)
    del whole
    steps.every(mapper, partial(bucket.move, job), list(enumerate(labels)))
    closing = Closing(
        job=job, target=setting.targets[ACCOUNTS.table], suite=setting.suites[ACCOUNTS.table], place=setting.place
    )
    firms = _closed(mapper, closing, setting, (companies.close, companies.settle), list(range(job.buckets)))
    closing = Closing(
        job=job,
        target=job.target,
        suite=setting.suites[CONTACTS.table],
        place=setting.place,
        first_part=job.buckets,
        lost=frozenset(key for one in firms.settled for key in one.keys),
    )
    people = _closed(mapper, closing, setting, (bucket.close, bucket.settle), list(enumerate(labels)))
    place = Place(
        target=job.target, scratch=job.scratch, built=setting.place, buckets=job.buckets, first_part=2 * job.buckets
    )
    tally = managers.run(place, mapper) if setting.links else Tally()
    _write_exclusions(done, setting.place)
    suggested = suggest.run(job, setting.place, mapper) if setting.suggests else suggest.NONE
    excluded = Counter[str](rule for one in done for rule in one.exclusions.column("rule").to_pylist())
    seen = sum(one.seen for one in done)
    return People(
        accounts=(
            firms.account(ACCOUNTS.table, firms.seen, Counter(), setting.share),
            people.account(CONTACTS.table, seen, excluded, setting.share),
        ),
        notes=(*firms.warnings(), *people.warnings(), *tally.note(), *suggested.note()),
        parts=3 * job.buckets,
        unmapped={name: unmapped[name] for name in schemas.CONTACTS.names if unmapped[name] > 0},
        suggestions=suggested.pairs,
    )


@dataclass(slots=True)
class _Table:
    """What became of one table, bucket by bucket: `seen` rows before merging, the records, what validation says."""

    seen: int = 0
    records: int = 0
    settled: list[Settled] = field(default_factory=list)

    def account(self, table: str, seen: int, excluded: Counter[str], share: float) -> Account:
        """Return the row account.

        Raises:
            InputError: too many rows are rejected.
        """
        rejected = sum(len(one.keys) for one in self.settled)
        rules = sorted({failure.rule for one in self.settled for failure in one.verdict.failures})
        validate.refuse_too_many(table, self.records, rejected, rules, share)
        return Account(
            table=table,
            seen=seen,
            written=self.records - rejected,
            merged=seen - sum(excluded.values()) - self.records,
            excluded=dict(sorted(excluded.items())),
            rejected=rejected,
        )

    def warnings(self) -> Iterator[str]:
        """Yield a line for each rule that only warns."""
        warned: Counter[str] = Counter()
        for one in self.settled:
            warned.update(one.verdict.warned)
        yield from (f"{self.settled[0].verdict.table}: {count} {what}" for what, count in warned.items())


_Steps = tuple[Callable[[Closing, Any], Closed], Callable[[Closing, validate.Findings, int], Settled]]


def _closed(mapper: Mapper, closing: Closing, setting: Setting, steps_of: _Steps, units: Sequence[object]) -> _Table:
    """Close every bucket, have the facts of all of them judged, and settle the buckets if anything is broken."""
    close, settle = steps_of
    found = _Table()
    findings = validate.judged(
        setting.judge, closing.suite, _facts(steps.each(mapper, partial(close, closing), units), found)
    )
    if validate.needs_settling(closing.suite, findings):
        found.settled = steps.every(mapper, partial(settle, closing, findings), list(range(len(units))))
    return found


def _facts(closed: Iterable[Closed], found: _Table) -> Iterator[validate.Facts]:
    for one in closed:
        found.seen += one.seen
        found.records += one.records
        yield one.facts


def _numbered(
    parts: Sequence[Part], where: Sequence[partition.Places]
) -> tuple[list[tuple[Part, index.Rows]], Counter[str]]:
    """Return each partition with the ordinals of its rows among all, and how many values have no target."""
    unmapped = sum((Counter(one.unmapped) for one in where), Counter[str]())
    if not parts:
        return [], unmapped
    keys, places, positions = (
        np.concatenate([getattr(one, name) for one in where]) for name in ("keys", "places", "positions")
    )
    ends = np.cumsum([len(one.keys) for one in where])
    del where
    found = index.ordinals(keys, places, positions)
    return list(zip(parts, np.split(found, ends[:-1]), strict=True)), unmapped


def _whole(job: Job, done: Sequence[Mapped]) -> tuple[Index, index.Rows]:
    """Return the index of all drafts, bucket by bucket, and where each bucket ends."""
    per_bucket = [[one.indexes[number] for one in done if number in one.indexes] for number in range(job.buckets)]
    ends = np.cumsum([sum(len(one.key) for one in found) for found in per_bucket])
    return Index.joined([one for found in per_bucket for one in found]), ends


def _labels(job: Job, whole: Index, ends: index.Rows) -> list[Hashes]:
    """Return for each bucket the components of its drafts, in their order; 0 for a draft that is alone."""
    labels = index.components(whole, _overruled(whole, job.overrides))
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


def _write_exclusions(done: Sequence[Mapped], place: Path) -> None:
    found = pa.concat_tables([schemas.EXCLUSIONS.empty_table(), *(one.exclusions for one in done)])
    store.write(tables.sorted_rows(found), place / "exclusions" / "part-00000.parquet", schemas.EXCLUSIONS)
