"""What the ledger remembers of the records of a module, as columns: of a million, few are looked at at once."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.load.places import Pairs, Places, each
from pipeline.load.values import Value
from pipeline.load.written import restored

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record of the CRM that we made or once matched.

    `place`: what we last wrote, as the ledger keeps it, stands there in `texts`.
    """

    crm_id: str
    is_ours: bool
    texts: pa.Array | Sequence[str]
    place: int = 0

    @property
    def stored(self) -> str:
        """What we last wrote, as the ledger keeps it."""
        found = self.texts[self.place]
        return found if isinstance(found, str) else str(found.as_py())

    @property
    def written(self) -> dict[str, Value]:
        """What we last wrote, in plain form."""
        return restored(self.stored)


class Remembered(Mapping[str, Known]):
    """Maps crm_key → what is known of its record.

    Args:
        rows: crm_key, CRM id, whether it is ours, what was last written (of millions, over 2 GB); no key twice.
    """

    def __init__(self, rows: sqlite3.Cursor) -> None:
        kinds = (pa.string(), pa.string(), pa.int8(), pa.large_string())
        keys, self._ids, self._ours, self._texts = _columns(rows, kinds)
        self._places = Places(keys)

    def without_texts(self) -> "Remembered":
        """Return the same without what was written, most of what is remembered: after the plan nobody asks for it."""
        found = copy(self)
        found._texts = ()  # noqa: SLF001 - of its own kind
        return found

    def __getitem__(self, crm_key: str) -> Known:
        """Return what is known of a record."""
        found: Known | None = self.get(crm_key)
        if found is None:
            raise KeyError(crm_key)
        return found

    def get(self, crm_key: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any mapping
        """Return what is known of a record, `default` where nothing is."""
        place = self._places.of(crm_key)
        if place < 0:
            return default
        is_ours = bool(self._ours[place].as_py())
        return Known(crm_id=self._ids[place].as_py(), is_ours=is_ours, texts=self._texts, place=place)

    def __iter__(self) -> Iterator[str]:
        """Yield the crm_keys."""
        return each(self._places.texts)

    def __len__(self) -> int:
        """Return how many records are known."""
        return len(self._ids)

    def __contains__(self, crm_key: object) -> bool:
        """Tell whether a record is known."""
        return self._places.of(crm_key) >= 0


def keys(rows: sqlite3.Cursor) -> Mapping[str, str]:
    """Return a mapping of the first column of what the ledger gives to the second."""
    names, values = _columns(rows, (pa.string(), pa.string()))
    return Pairs(Places(names), values)


def _columns(rows: sqlite3.Cursor, kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    """Return rows as columns; some thousand of them are in memory as Python has them."""
    found = [pa.concat_arrays(part) for part in _parts(rows, kinds)]
    pa.default_memory_pool().release_unused()
    return found


def _parts(rows: sqlite3.Cursor, kinds: Sequence[pa.DataType]) -> list[list[pa.Array]]:
    parts: list[list[pa.Array]] = [[pa.array([], kind)] for kind in kinds]
    while some := rows.fetchmany(_AT_ONCE):
        for part, kind, column in zip(parts, kinds, zip(*some, strict=True), strict=True):
            part.append(pa.array(column, kind))
    return parts
