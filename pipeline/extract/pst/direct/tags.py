"""The tags of many items at once: which properties they have, and where in the items' joined blocks the values are."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.heap import BTREE, HEAP, PROPERTY_CONTEXT
from pipeline.extract.pst.direct.items import Item

if TYPE_CHECKING:
    from pipeline.extract.pst.direct.property_context import Properties

_HEAD_SIZE, _TREE_HEAD_SIZE, _RECORD = 12, 8, 8
_LOW5 = 0x1F
_TREE_HEAD = BTREE | 2 << 8 | 6 << 16  # with keys of 2 bytes, values of 6, and no level above the records
_SURROGATES, _SURROGATE_COUNT = 0xD800, 0x800
_REPLACEMENT = 0xFFFD

Numbers = npt.NDArray[Any]


class Tags:
    """The tags of some items of one store, in arrays ordered by number and then by row: one cell for each value.

    `items` in the order given. `damage`: row → why the item, or a value that was asked for, could not be read; its
    values are None where they could not be. `lost`: row and number of the values among them.
    """

    def __init__(self, items: Sequence[Item], hid_shift: int) -> None:
        self.items = items
        self.damage: dict[int, DamageError] = {}
        self.lost: set[tuple[int, int]] = set()
        self._shift = hid_shift
        self._joined = self._joined_blocks()
        self._bytes = np.frombuffer(self._joined, dtype=np.uint8)
        self._all_rows = np.arange(len(items))
        self._slow: dict[int, Properties] = {}
        self._read_tags()

    def _joined_blocks(self) -> bytes:
        """Read the block of each item that has just one, and join them, each at an even offset."""
        rows = [row for row, item in enumerate(self.items) if item.node.data_block and not item.node.data_block & 2]
        found = self.items[0].node.blocks.read_many([self.items[row].node.data_block for row in rows]) if rows else []
        self.damage.update({row: one for row, one in zip(rows, found, strict=True) if isinstance(one, DamageError)})
        whole = [(row, one) for row, one in zip(rows, found, strict=True) if not isinstance(one, DamageError)]
        parts = [one if not len(one) & 1 else one + b"\0" for _, one in whole]
        self._rows = np.array([row for row, _ in whole], dtype=np.int64)
        self._sizes = np.array([len(one) for _, one in whole], dtype=np.int64)
        self._starts = np.cumsum([0, *map(len, parts)], dtype=np.int64)[:-1]
        parts.append(bytes(_HEAD_SIZE))  # so that a head may be looked for at the end of the last block
        return b"".join(parts)

    def _u16(self, at: Numbers) -> Numbers:
        found: Numbers = self._bytes[at] | self._bytes[at + 1].astype(np.int64) << 8
        return found

    def _u32(self, at: Numbers) -> Numbers:
        found: Numbers = self._u16(at) | self._u16(at + 2) << 16
        return found

    def _read_tags(self) -> None:
        """Find the tags of all items ([MS-PST] 2.3.1.2, 2.3.2.1, 2.3.3.3), and the places of their values."""
        starts, sizes = self._starts, self._sizes
        self._maps, self._counts = starts + self._u16(starts) + 4, np.zeros_like(starts)
        usual = (
            (sizes >= _HEAD_SIZE) & (self._bytes[starts + 2] == HEAP) & (self._bytes[starts + 3] == PROPERTY_CONTEXT)
        )
        usual &= self._maps + 2 <= starts + sizes
        self._counts[usual] = self._u16(self._maps[usual] - 4)
        usual &= self._maps + 2 * (self._counts + 1) <= starts + sizes
        every = np.arange(len(starts))
        start, end, _ = self._allocations(every, np.where(usual, self._u32(starts + 4), 0))
        usual &= end - start >= _TREE_HEAD_SIZE
        start = np.where(usual, start, 0)
        usual &= self._u32(start) == _TREE_HEAD
        start, end, is_there = self._allocations(every, np.where(usual, self._u32(start + 4), 0))
        usual &= is_there
        self._take_apart(usual, start, end - (end - start) % _RECORD)
        for row in {*range(len(self.items))} - {*self._rows[usual].tolist()} - self.damage.keys():
            try:
                self._slow[row] = self.items[row].properties
            except DamageError as error:
                self.damage[row] = error

    def _take_apart(self, usual: Numbers, starts: Numbers, ends: Numbers) -> None:
        """Take the tags of the usual items apart, into arrays ordered by number and then by row."""
        joined = self._joined
        spans = zip(starts[usual].tolist(), ends[usual].tolist(), strict=True)
        records = np.frombuffer(b"".join([joined[start:end] for start, end in spans]), dtype="<u8")
        owners = np.repeat(np.flatnonzero(usual), (ends - starts)[usual] // _RECORD)
        order = np.argsort((records & 0xFFFF).astype(np.uint16), kind="stable")
        records, owners = records[order], owners[order]
        # of two records for one property the last counts, as in `Properties`
        is_last = np.ones(len(records), dtype=bool)
        is_last[:-1] = (records[1:] & 0xFFFF != records[:-1] & 0xFFFF) | (owners[1:] != owners[:-1])
        records, owners = records[is_last], owners[is_last]
        self._numbers = (records & 0xFFFF).astype(np.int64)
        self._kinds = (records >> 16 & 0xFFFF).astype(np.int64)
        self._inline = (records >> 32).astype(np.int64)
        self._owners = self._rows[owners]
        # What is empty has no place (2.3.3.3): it begins and ends at 0. In a sub-node, or damaged: is_there is false.
        self._start, self._end, self._is_there = self._allocations(owners, self._inline)
        self._is_there |= self._inline == 0
        self._look_at_texts()

    def _look_at_texts(self) -> None:
        """Find which texts are easy (in place, well-formed, of whole characters), and which have no 0 at their end too.

        Done for all texts of all items at once, since it takes as long for a few.
        """
        start, end = self._start, self._end
        surrogates, _ = self._wide_text
        self._is_easy = self._is_there & ((start | end) & 1 == 0)
        if len(surrogates):
            self._is_easy &= np.searchsorted(surrogates, start) == np.searchsorted(surrogates, end)
        units = np.frombuffer(self._joined, dtype="<u2")
        self._is_clean = self._is_easy & (end > start)
        self._is_clean &= units[np.where(self._is_clean, (end >> 1) - 1, 0)] != 0

    def _allocations(self, owners: Numbers, hids: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Find allocations in the first block of heaps (2.3.1.1): of the heap `owners[i]`, `hids[i]`.

        Returns where each starts and ends in the joined blocks, and whether it is there: else both are 0.
        """
        index = hids >> 5
        is_there = (hids & _LOW5 == 0) & (index > 0) & (index <= self._counts[owners]) & (hids >> self._shift == 0)
        at = np.where(is_there, self._maps[owners] + 2 * (index - 1), 0)
        start, end = self._u16(at), self._u16(at + 2)
        is_there &= (start <= end) & (end <= self._sizes[owners])
        base = self._starts[owners]
        return np.where(is_there, base + start, 0), np.where(is_there, base + end, 0), is_there

    @cached_property
    def _wide_text(self) -> tuple[Numbers, str]:
        """The places of surrogates, and all blocks as one text of a character for every two bytes.

        Surrogates are replaced here, since a pair of them would be one character: a text with any is read by itself.
        """
        units = np.frombuffer(self._joined, dtype="<u2")
        surrogates = np.flatnonzero(units - np.uint16(_SURROGATES) < _SURROGATE_COUNT)
        if len(surrogates):
            units = units.copy()
            units[surrogates] = _REPLACEMENT
        return surrogates * 2, units.tobytes().decode("utf-16-le")
