"""Which drafts may be the same thing, told by 64-bit hashes of their keys: arrays, so that millions fit into memory.

The index only brings candidates together: `dedup` decides on the values themselves. So a hash that two keys share
costs time and changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.texts import text_bytes

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
_ROUNDS = 1000
_AT_ONCE = 1 << 16  # bytes that are hashed in one go: what is made of them fits into the cache of a processor
_BASE, _LENGTH, _MIX = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Index:
    """Per draft: the start of its source_key as a number, and hashes of its keys (identity.py); 0 for none."""

    key: Hashes
    strong: Hashes
    weak: Hashes

    @staticmethod
    def joined(parts: Sequence["Index"]) -> "Index":
        """Return one index of all parts, in their order."""
        return Index(
            *(
                np.concatenate([getattr(one, name) for one in parts] or [np.empty(0, np.uint64)])
                for name in ("key", "strong", "weak")
            )
        )


def hashed(values: pa.Array) -> Hashes:
    """Return a hash per text, 0 for null; the same on every machine.

    Of the bytes as digits of a number to an odd base: that of any text follows from the sums up to its start and end.
    """
    starts, data = text_bytes(values)
    found = np.empty(len(values), np.uint64)
    row = 0
    while row < len(values):
        last = int(np.searchsorted(starts, starts[row] + _AT_ONCE, side="right")) - 1
        last = max(last, row + 1)
        found[row:last] = _sums(data[starts[row] : starts[last]], starts[row : last + 1] - starts[row])
        row = last
    found = mixed(found + np.diff(starts).astype(np.uint64) * np.uint64(_LENGTH)) | np.uint64(1)
    if values.null_count:
        found[pc.is_null(values).to_numpy(zero_copy_only=False)] = 0
    return found


def _sums(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int32]) -> Hashes:
    powers, inverses = _powers(max(_AT_ONCE, len(data)) + 1)
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(data * powers[: len(data)], out=sums[1:])
    found: Hashes = (sums[starts[1:]] - sums[starts[:-1]]) * inverses[starts[:-1]]
    return found


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the base, and of its inverse modulo 2^64."""
    whole = 1 << 64
    each = np.ones((2, count), np.uint64)
    each[:, 1:] = np.array([[_BASE], [pow(_BASE, -1, whole)]], np.uint64)
    found = np.cumprod(each, axis=1)
    return found[0], found[1]


def mixed(numbers: Hashes) -> Hashes:
    """Return numbers of which every bit depends on all of the given ones (the last steps of splitmix64)."""
    found = numbers ^ numbers >> np.uint64(30)
    found *= np.uint64(_MIX[0])
    found ^= found >> np.uint64(27)
    found *= np.uint64(_MIX[1])
    found ^= found >> np.uint64(31)
    return found


def bucket_of(key: Hashes, buckets: int) -> Rows:
    """Return which of `buckets` ranges of keys each is in, so that the order of buckets is that of keys."""
    found: Rows = ((key >> np.uint64(32)) * np.uint64(buckets) >> np.uint64(32)).astype(np.int64)
    return found


def components(index: Index, together: Hashes | None = None) -> Hashes:
    """Return for every draft that may be the same as another the smallest key it hangs together with, else 0.

    Drafts hang together by the same strong key, and by the same weak key where one of them has no strong one; those
    with the same number in `together` (0: none) do, too.
    """
    groups = [*_groups(index.strong, index.strong != 0), *_groups(index.weak, _weak(index))]
    if together is not None:
        groups += _groups(together, together != 0)
    label = index.key.copy()
    for _ in range(_ROUNDS):
        before = label.copy()
        for order, starts in groups:
            least = np.minimum.reduceat(label[order], starts)
            label[order] = np.repeat(least, np.diff([*starts, len(order)]))
        if np.array_equal(before, label):
            break
    is_shared = np.zeros(len(label), np.bool_)
    for order, _ in groups:
        is_shared[order] = True
    return np.where(is_shared, np.maximum(label, 1), 0).astype(np.uint64)


def _weak(index: Index) -> npt.NDArray[np.bool_]:
    """Return the drafts whose weak key somebody without a strong one has."""
    bare = np.unique(index.weak[(index.strong == 0) & (index.weak != 0)])
    if not len(bare):
        return np.zeros(len(index.weak), np.bool_)
    at = np.minimum(np.searchsorted(bare, index.weak), len(bare) - 1)
    found: npt.NDArray[np.bool_] = bare[at] == index.weak
    return found


def _groups(values: Hashes, member: npt.NDArray[np.bool_]) -> Iterator[tuple[Rows, Rows]]:
    """Yield the members that share a value with another, ordered by value, and where each group starts."""
    rows = np.flatnonzero(member)
    order = rows[np.argsort(values[rows], kind="stable")]
    if not len(order):
        return
    same = values[order][1:] == values[order][:-1]
    shared = np.zeros(len(order), np.bool_)
    shared[1:] |= same
    shared[:-1] |= same
    order = order[shared]
    if len(order):
        begins = np.flatnonzero(np.concatenate(([True], values[order][1:] != values[order][:-1])))
        yield order, begins


def ordinals(keys: Hashes, places: Rows, positions: Rows) -> Rows:
    """Return the number of each item among those of the same key, in the order of place and position."""
    found = np.zeros(len(keys), np.int64)
    for order, starts in _groups(keys, np.ones(len(keys), np.bool_)):
        inner = order[np.lexsort((positions[order], places[order], keys[order]))]
        sizes = np.diff([*starts, len(order)])
        found[inner] = np.arange(len(inner)) - np.repeat(starts, sizes)
    return found
