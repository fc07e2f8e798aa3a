"""Pages of the node and block B-trees: read level by level from the root, each checked ([MS-PST] 2.2.2.7)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.form import UNICODE_4K, Form
from pipeline.extract.pst.direct.header import PageRef
from pipeline.extract.pst.direct.source import Source, checksum

BLOCK_TREE, NODE_TREE = 0x80, 0x81
_MAX_LEVEL = 12  # no file is large enough for more
_AT_ONCE = 4096  # pages of a level in memory at a time

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostPage:
    """A page of a tree that could not be used: everything below it is out of reach.

    `first_key` and `next_key` bound the identifiers of the nodes or blocks there, the last one excluded; a
    `next_key` of None is "to the end".
    """

    rule: str
    reason: str
    first_key: int
    next_key: int | None


class _Branch(NamedTuple):
    """An entry that leads to a page (`BTENTRY`, 2.2.2.7.7.2)."""

    key: int
    identifier: int
    offset: int


class TreeReader:
    """Reads one tree of a store; `lost` holds the pages that it could not use."""

    def __init__(self, source: Source, form: Form, kind: int, *, is_checked: bool) -> None:
        self.lost: list[LostPage] = []
        self._source = source
        self._form = form
        self.kind = kind
        self._is_checked = is_checked
        self._counts = struct.Struct("<HHBB" if form is UNICODE_4K else "<BBBB")
        self._trailer = struct.Struct("<BBHIQ" if form.is_wide else "<BBHII")
        self._branch = struct.Struct("<QQQ" if form.is_wide else "<III")
        self._seen: set[int] = set()

    def leaves(self, root: PageRef, width: int) -> Iterator[Bytes]:
        """Yield all leaf entries in the order of the tree, as arrays of shape (entries, `width` bytes).

        Raises:
            DamageError: the root page cannot be used.
        """
        top = _Branch(0, root.identifier, root.offset)
        level = self._level(top)
        branches = [top]
        while level:
            pages = self._pages(branches, range(len(branches)), level, self._branch.size)
            branches = [branch for page in pages for branch in self._below(page)]
            level -= 1
        for start in range(0, len(branches), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(branches)))
            yield self._entries(list(self._pages(branches, places, 0, width)), width)

    def _level(self, top: _Branch) -> int:
        """Return the level of the root page, having checked the page."""
        page = self._source.read(top.offset, self._form.page)
        level: int = self._counts.unpack_from(page, self._form.entries)[3]
        if level > _MAX_LEVEL:
            raise DamageError("page_level", f"The page at offset {top.offset:#x} says that it is at level {level}.")
        self._check(page, top, level, 1)
        self._seen.clear()  # it is read again as the first of its level
        return level

    def _pages(self, branches: list[_Branch], places: range, level: int, width: int) -> Iterator[bytes]:
        """Yield those pages at some places of a level that can be used."""
        for at in places:
            branch = branches[at]
            try:
                page = self._source.read(branch.offset, self._form.page)
                self._check(page, branch, level, width)
            except DamageError as error:
                following = branches[at + 1].key if at + 1 < len(branches) else None
                self.lost.append(
                    LostPage(rule=error.rule, reason=error.reason, first_key=branch.key, next_key=following)
                )
            else:
                yield page

    def _check(self, page: bytes, branch: _Branch, level: int, width: int) -> None:
        """Raise unless a page is of this tree and level, is whole, and is the one that was meant."""
        form = self._form
        count, _room, size, its_level = self._counts.unpack_from(page, form.entries)
        kind, again, _signature, third, fourth = self._trailer.unpack_from(page, form.checked)
        crc, identifier = (third, fourth) if form.is_wide else (fourth, third)
        if kind != self.kind or again != kind or identifier != branch.identifier:
            fault = "page_identity", "is not the page of the tree that should be there"
        elif self._is_checked and checksum(page[: form.checked]) != crc:
            fault = "page_checksum", "has a wrong checksum"
        elif its_level != level or size < width or count * size > form.entries:
            fault = "page_entries", "has entries that cannot be"
        elif branch.offset in self._seen:
            fault = "page_twice", "occurs twice in its tree"
        else:
            self._seen.add(branch.offset)
            return
        raise DamageError(fault[0], f"The page at offset {branch.offset:#x} {fault[1]}.")

    def _below(self, page: bytes) -> Iterator[_Branch]:
        count, _room, size, _level = self._counts.unpack_from(page, self._form.entries)
        for at in range(0, count * size, size):
            yield _Branch._make(self._branch.unpack_from(page, at))

    def _entries(self, pages: list[bytes], width: int) -> Bytes:
        """Return the entries of leaf pages, the first `width` bytes of each."""
        parts = [np.empty((0, width), dtype=np.uint8)]
        counts = [self._counts.unpack_from(page, self._form.entries) for page in pages]
        for size in sorted({size for _count, _room, size, _level in counts}):
            alike = [at for at, count in enumerate(counts) if count[2] == size]
            room = self._form.entries // size
            whole = np.frombuffer(b"".join(pages[at] for at in alike), dtype=np.uint8).reshape(-1, self._form.page)
            entries = whole[:, : room * size].reshape(-1, room, size)
            used = np.arange(room) < np.array([counts[at][0] for at in alike])[:, np.newaxis]
            parts.append(entries[used][:, :width])
        return np.concatenate(parts)
