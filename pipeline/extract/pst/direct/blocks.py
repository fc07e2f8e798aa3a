"""Blocks, the data trees that join them, and lists of sub-nodes ([MS-PST] 2.2.2.8)."""

import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.extract.pst.direct.crypto import DECODERS, permute
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.form import UNICODE_4K, Encryption
from pipeline.extract.pst.direct.header import Header
from pipeline.extract.pst.direct.source import INVERTED, Source, checksum
from pipeline.extract.pst.direct.trees import Trees

_ANY = 0xFFFFFFFFFFFFFFFE  # without the lowest bit of a block identifier, which means nothing (2.2.2.2)
_INTERNAL = 0x2  # this bit: a list of blocks or nodes, not data
_SUBNODE_HEAD = struct.Struct("<BBH")
_DATA_TREE, _SUBNODES = 0x01, 0x02
_MAX_DATA_LEVEL, _MAX_SUBNODE_LEVEL = 2, 1

_GAP, _SPAN = 1024, 1 << 18  # bytes between blocks that are read together, and read at once
Numbers = npt.NDArray[Any]
SubnodeBlocks = tuple[int, int]
"""Block identifiers of a sub-node's data and of its own sub-nodes, 0 for none."""


class Blocks:
    """Reads the blocks of one store, by identifier; every method raises DamageError for what cannot be read."""

    __slots__ = (
        "_blocks", "_count", "_decode", "_encryption", "_form", "_grain", "_is_checked", "_is_swapped", "_largest",
        "_list_head", "_offsets", "_pair", "_round", "_sizes", "_source", "_subnode_head_size", "_trailer",
        "_trailer_size", "_triple", "_word", "hid_shift", "value_limit",
    )  # fmt: skip

    def __init__(self, source: Source, header: Header, trees: Trees, *, is_checked: bool, value_limit: int) -> None:
        form = header.form
        self._source = source
        self._is_checked = is_checked
        self._decode = DECODERS[header.encryption]
        self._form = form
        self._encryption = header.encryption
        # memoryviews of the arrays: an item of one is an int, which an item of an array is not
        self._blocks = trees.blocks.data
        self._offsets = trees.block_offsets.data
        self._sizes = trees.block_sizes.data
        self._count = len(trees.blocks)
        self._grain, self._largest, self._trailer_size = form.grain, form.block, form.trailer
        self._round = form.trailer + form.grain - 1
        # size, signature, checksum, identifier, and in the 4K form the size after inflating (2.2.2.8.1); the signature
        # says nothing that the identifier and the checksum do not
        layout = "<H2xIQ2xH4x" if form is UNICODE_4K else "<H2xIQ" if form.is_wide else "<H2xII"
        self._trailer = struct.Struct(layout).unpack_from
        self._is_swapped = not form.is_wide  # in the ANSI form the identifier comes before the checksum
        self._subnode_head_size = 8 if form.is_wide else 4
        self._word = "Q" if form.is_wide else "I"
        self._list_head = struct.Struct("<BBHI")
        self._triple = struct.Struct("<QQQ" if form.is_wide else "<III")
        self._pair = struct.Struct("<QQ" if form.is_wide else "<II")
        self.hid_shift = form.hid_shift
        self.value_limit = value_limit

    def read(self, identifier: int) -> bytes:
        """Return the data of one block, checked, inflated and decoded."""
        identifier &= _ANY
        at = bisect_left(self._blocks, identifier)
        if at == self._count or self._blocks[at] != identifier:
            raise DamageError("block_missing", f"Block {identifier:#x} is not in the store's index.")
        size, offset = self._sizes[at], self._offsets[at]
        whole = (size + self._round) // self._grain * self._grain
        if whole > self._largest:
            raise DamageError("block_size", f"Block {identifier:#x} is said to have {size} bytes.")
        raw = self._source.read(offset, whole)
        own_size, crc, own, *inflated = self._trailer(raw, whole - self._trailer_size)
        if self._is_swapped:
            crc, own = own, crc
        if own_size != size or own & _ANY != identifier:
            raise DamageError("block_identity", f"At offset {offset:#x} is something else than block {identifier:#x}.")
        data = raw[:size]
        # Some programs write no checksum; a block that is lost has no right size and identifier either.
        if self._is_checked and crc and checksum(data) != crc:
            raise DamageError("block_checksum", f"Block {identifier:#x} at offset {offset:#x} has a wrong checksum.")
        if inflated and inflated[0] not in (0, size):
            data = self._inflated(data, inflated[0], identifier)
        return data if identifier & _INTERNAL else self._decode(data, identifier)

    def read_many(self, identifiers: Sequence[int]) -> "list[bytes | DamageError]":
        """Return the data of many blocks, or why one cannot be read: as `read`, in two thirds of the time.

        Blocks that lie side by side are read in one go, and what encodes byte by byte is undone for all of them.
        """
        wanted = np.array(identifiers, dtype=np.uint64) & np.uint64(_ANY)
        found: list[bytes | None] = [None] * len(wanted)
        if self._count and self._encryption is not Encryption.CYCLIC:
            at = np.searchsorted(np.asarray(self._blocks), wanted)
            at[at == self._count] = 0
            sizes = np.asarray(self._sizes)[at].astype(np.int64)
            wholes = (sizes + self._round) // self._grain * self._grain
            usual = np.flatnonzero((np.asarray(self._blocks)[at] == wanted) & (wholes <= self._largest))
            starts = np.asarray(self._offsets)[at].astype(np.int64)
            cells = (usual, *(one[usual] for one in (starts, starts + wholes, sizes, wanted.astype(np.int64))))
            self._read_spans(np.stack(cells), found)
        return [self._alone(wanted[row].item()) if one is None else one for row, one in enumerate(found)]

    def _alone(self, identifier: int) -> "bytes | DamageError":
        try:
            return self.read(identifier)
        except DamageError as error:
            return error

    def _read_spans(self, blocks: Numbers, found: "list[bytes | None]") -> None:
        """Read blocks that lie side by side; what is not as it should be stays None, and is read alone, as others are.

        `blocks`: by row the place in `found`, where a block begins and ends in the file, its size, its identifier.
        """
        blocks = blocks[:, np.argsort(blocks[1], kind="stable")]
        starts, ends = blocks[1], blocks[2]
        is_far = (starts[1:] - ends[:-1] > _GAP) | (starts[1:] // _SPAN > starts[:-1] // _SPAN)
        firsts = [0, *(np.flatnonzero(is_far) + 1).tolist(), len(starts)]
        for first, last in pairwise(firsts):
            if last - first > 1:
                begin, end = starts[first].item(), ends[first:last].max().item()
                try:
                    raw = self._source.read(begin, end - begin)
                except DamageError:
                    continue
                self._take(raw, begin, blocks[:, first:last].T.tolist(), found)

    def _take(
        self, raw: bytes, begin: int, cells: Iterable[tuple[int, int, int, int, int]], found: list[bytes | None]
    ) -> None:
        """Check the blocks of a span, and keep the data of those that are whole and not compressed.

        `cells`: of each block its place in `found`, where it begins and ends in the file (`raw` is what begins at
        `begin`), its size and its identifier.
        """
        trailer, behind, view = self._trailer, self._trailer_size, memoryview(raw)
        decoded = permute(raw, 0) if self._encryption is Encryption.PERMUTE else raw
        for row, offset, end, size, identifier in cells:
            start = offset - begin
            own_size, crc, own, *inflated = trailer(raw, end - begin - behind)
            if self._is_swapped:
                crc, own = own, crc
            if own_size != size or own & _ANY != identifier or (inflated and inflated[0] not in (0, size)):
                continue
            if self._is_checked and crc and crc32(view[start : start + size], INVERTED) ^ INVERTED != crc:
                continue
            found[row] = (raw if identifier & _INTERNAL else decoded)[start : start + size]

    def _inflated(self, data: bytes, size: int, identifier: int) -> bytes:
        """Inflate a block of the 4K form to the size that its trailer gives, never to more."""
        inflater = zlib.decompressobj()
        try:
            inflated = inflater.decompress(data, size)
        except zlib.error as error:
            raise DamageError("block_inflate", f"Block {identifier:#x} cannot be inflated.") from error
        if len(inflated) != size:
            raise DamageError("block_inflate", f"Block {identifier:#x} has {len(inflated)} of {size} bytes.")
        return inflated

    # -- data trees (2.2.2.8.3.2) --------------------------------------------------------------------------------------

    def leaves(self, identifier: int) -> list[int]:
        """Return the blocks that make up the data of a node, in order; none twice, so no more than the file has."""
        if not identifier & _ANY:
            return []
        if not identifier & _INTERNAL:
            return [identifier]
        level, members, _total = self._members(identifier, _MAX_DATA_LEVEL)
        if level == _MAX_DATA_LEVEL:
            if len(set(members)) != len(members):
                raise DamageError("data_tree", f"Data tree {identifier:#x} has a branch twice.")
            members = list(chain.from_iterable(self._members(member, 1)[1] for member in members))
        if len(set(members)) != len(members) or any(member & _INTERNAL for member in members):
            raise DamageError("data_tree", f"Data tree {identifier:#x} has blocks twice or lists where data should be.")
        return members

    def _members(self, identifier: int, highest: int) -> tuple[int, list[int], int]:
        """Return the level of an XBLOCK or XXBLOCK, the blocks that it lists, and how many bytes it says they have."""
        data = self.read(identifier)
        head = self._list_head
        if not identifier & _INTERNAL or len(data) < head.size:
            raise DamageError("data_tree", f"Block {identifier:#x} is no list of blocks.")
        kind, level, count, total = head.unpack_from(data)
        form = f"<{count}{self._word}"
        if kind != _DATA_TREE or not 1 <= level <= highest or head.size + struct.calcsize(form) > len(data):
            raise DamageError("data_tree", f"Block {identifier:#x} is no list of blocks.")
        return level, list(struct.unpack_from(form, data, head.size)), total

    def chunks(self, identifier: int) -> Iterator[bytes]:
        """Yield the data of a node block by block, however much it is."""
        for leaf in self.leaves(identifier):
            yield self.read(leaf)

    def data(self, identifier: int) -> bytes:
        """Return the data of a node in one piece, at most `value_limit` bytes."""
        if not identifier & _INTERNAL:
            return self.read(identifier) if identifier & _ANY else b""
        parts, total = [], 0
        for part in self.chunks(identifier):
            total += len(part)
            if total > self.value_limit:
                raise DamageError("too_large", f"Data tree {identifier:#x} has more than {self.value_limit} bytes.")
            parts.append(part)
        return b"".join(parts)

    def length(self, identifier: int) -> int:
        """Return how many bytes the data of a node has, without reading all of it."""
        if not identifier & _INTERNAL:
            return self._size(identifier) if identifier & _ANY else 0
        return self._members(identifier, _MAX_DATA_LEVEL)[2]

    def _size(self, identifier: int) -> int:
        at = bisect_left(self._blocks, identifier & _ANY)
        if self._form is UNICODE_4K or at == self._count or self._blocks[at] != identifier & _ANY:
            return len(self.read(identifier))  # it may be compressed, or is not there
        return int(self._sizes[at])

    # -- sub-nodes (2.2.2.8.3.3) ---------------------------------------------------------------------------------------

    def subnodes(self, identifier: int) -> dict[int, SubnodeBlocks]:
        """Return the sub-nodes under one list by node identifier; of two with one number the first counts."""
        if not identifier & _ANY:
            return {}
        level, entries = self._listed(identifier, _MAX_SUBNODE_LEVEL)
        if level:
            lists = dict.fromkeys(entry[1] for entry in entries)  # each list once, however often it is named
            entries = list(chain.from_iterable(self._listed(below, 0)[1] for below in lists))
        found: dict[int, SubnodeBlocks] = {}
        for node, data, subnodes in entries:
            found.setdefault(node & 0xFFFFFFFF, (data, subnodes))
        return found

    def _listed(self, identifier: int, highest: int) -> tuple[int, list[tuple[int, ...]]]:
        """Return the level and the entries of an SLBLOCK (level 0) or SIBLOCK (level 1)."""
        data = self.read(identifier)
        start = self._subnode_head_size
        kind, level, count = _SUBNODE_HEAD.unpack_from(data) if len(data) >= start else (0, 0, 0)
        entry = self._pair if level else self._triple
        is_list = identifier & _INTERNAL and kind == _SUBNODES and level <= highest
        if not is_list or start + count * entry.size > len(data):
            raise DamageError("subnode_list", f"Block {identifier:#x} is no list of sub-nodes.")
        return level, list(entry.iter_unpack(data[start : start + count * entry.size]))
