"""Where each of many texts stands in a column: eight bytes a text, where a dict takes a hundred and the text itself."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

_AT_ONCE = 65_536


class Places:
    """Finds the texts of a column: by the bucket of their hash, then by looking at them.

    Args:
        texts: the column, without nulls.
    """

    def __init__(self, texts: pa.Array) -> None:
        self.texts = texts
        self._mask = (1 << max(len(texts).bit_length(), 1)) - 1
        buckets = np.fromiter((hash(text) & self._mask for text in each(texts)), np.int64, len(texts))
        self._order = _unsigned(np.argsort(buckets, kind="stable"))
        self._starts = _unsigned(np.concatenate(([0], np.cumsum(np.bincount(buckets, minlength=self._mask + 1)))))

    def of(self, text: object) -> int:
        """Return where a text stands, the last place of several; -1 where it does not."""
        bucket = hash(text) & self._mask
        for at in range(self._starts[bucket + 1] - 1, self._starts[bucket] - 1, -1):
            place = self._order[at]
            if self.texts[place].as_py() == text:
                return place
        return -1


class Pairs(Mapping[str, str]):
    """Maps one column to another, row by row; where a text stands in several rows, the last one counts.

    Args:
        names: what is looked for, no text twice but in `values` alike.
        values: what it is mapped to.
    """

    def __init__(self, names: Places, values: pa.Array) -> None:
        self._names = names
        self._values = values

    def __getitem__(self, name: str) -> str:
        """Return what a text is mapped to."""
        place = self._names.of(name)
        if place < 0:
            raise KeyError(name)
        found: str = self._values[place].as_py()
        return name if found == name else found  # one text, not two that are equal

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any mapping
        """Return what a text is mapped to, `default` for one that is not."""
        place = self._names.of(name)
        if place < 0:
            return default
        found = self._values[place].as_py()
        return name if found == name else found

    def __iter__(self) -> Iterator[str]:
        """Yield what is mapped."""
        return each(self._names.texts)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names.texts)

    def __contains__(self, name: object) -> bool:
        """Tell whether a text is mapped."""
        return self._names.of(name) >= 0


def each(texts: pa.Array) -> Iterator[str]:
    """Yield the texts of a column, of which some thousand are in memory at once."""
    for start in range(0, len(texts), _AT_ONCE):
        yield from texts.slice(start, _AT_ONCE).to_pylist()


def _unsigned(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> "array[int]":
    """Return numbers as an array of four bytes each, which Python reads faster than numpy's."""
    return array("I", numbers.astype(np.uint32).tobytes())
