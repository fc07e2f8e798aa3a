"""A store as bytes that can be changed, with its pages and blocks known, and checksums that can be made right again."""

import struct
import tempfile
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.direct import form as forms
from pipeline.extract.pst.direct.crypto import DECODERS
from pipeline.extract.pst.direct.form import Encryption, Form
from pipeline.extract.pst.direct.header import PageRef
from pipeline.extract.pst.direct.pages import BLOCK_TREE, NODE_TREE, TreeReader
from pipeline.extract.pst.direct.source import Source, checksum
from tests.fuzz import sources
from tests.pstwriter import layout
from tests.pstwriter.cipher import encode
from tests.pstwriter.pages import signature

HEADER = 564
_INTERNAL = 2
_TREE_WIDTH = 1  # of an entry that nobody looks at here


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a tree, or a block, for which `kind` is 0.

    `size`: bytes on disk, trailer included; `used`: bytes under the checksum.
    """

    offset: int
    size: int
    used: int
    identifier: int
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What of a store stays as it was while it is damaged."""

    form: Form
    encryption: Encryption
    pages: tuple[Place, ...]
    blocks: tuple[Place, ...]


@dataclass(slots=True)
class Image:
    """The bytes of a store that is being damaged; `touched`: the places in which something was changed."""

    data: bytearray
    anatomy: Anatomy
    touched: set[Place] = field(default_factory=set)

    def content(self, place: Place) -> bytearray:
        """Return a page without its trailer, or a block decoded (but deflated, if it is)."""
        raw = bytes(self.data[place.offset : place.offset + place.used]).ljust(place.used, b"\0")  # it may be cut off
        if not place.kind and not place.identifier & _INTERNAL:
            raw = DECODERS[self.anatomy.encryption](raw, place.identifier)
        return bytearray(raw)

    def put(self, place: Place, content: bytearray) -> None:
        """Write a page or block back, of the size that it had."""
        raw = bytes(content[: place.used]).ljust(place.used, b"\0")
        if not place.kind and not place.identifier & _INTERNAL:
            raw = encode(raw, place.identifier, layout.Encryption(self.anatomy.encryption))
        self.data[place.offset : place.offset + place.used] = raw
        self.touched.add(place)

    def repair(self) -> None:
        """Make identity and checksum right again in the header and in the trailer of whatever was touched."""
        for place in sorted(self.touched, key=lambda one: one.offset):
            if place.offset + place.size <= len(self.data):
                self._repair_trailer(place)
        if len(self.data) >= HEADER:
            struct.pack_into("<I", self.data, 4, checksum(bytes(self.data[8 : 8 + 471])))
            if self.anatomy.form.is_wide:
                struct.pack_into("<I", self.data, 524, checksum(bytes(self.data[8 : 8 + 516])))

    def _repair_trailer(self, place: Place) -> None:
        is_wide = self.anatomy.form.is_wide
        crc = checksum(bytes(self.data[place.offset : place.offset + place.used]))
        mark = signature(place.offset, place.identifier)
        last = struct.pack("<IQ", crc, place.identifier) if is_wide else struct.pack("<II", place.identifier, crc)
        if place.kind:
            at = place.offset + place.used
            trailer = struct.pack("<BBH", place.kind, place.kind, mark) + last
        else:
            at = place.offset + place.size - self.anatomy.form.trailer
            trailer = struct.pack("<HH", place.used, mark) + last
        self.data[at : at + len(trailer)] = trailer


def image_of(name: str) -> Image | None:
    """Return a store to be damaged, None where it is not here."""
    data = sources.load(name)
    return None if data is None else Image(bytearray(data), _anatomy(data))


def image(data: bytes) -> Image:
    """Return a store that is whole, to be damaged."""
    return Image(bytearray(data), _anatomy(data))


@cache
def _anatomy(data: bytes) -> Anatomy:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "store.pst")
        path.write_bytes(data)
        with Store.open(path, is_checked=False) as store:
            header, trees = store.header, store.parsed.trees
        roots = {NODE_TREE: header.node_root, BLOCK_TREE: header.block_root}
        offsets = {kind: _pages(path, header.form, kind, root) for kind, root in roots.items()}
    form = header.form
    blocks = zip(trees.blocks.tolist(), trees.block_offsets.tolist(), trees.block_sizes.tolist(), strict=True)
    return Anatomy(
        form=form,
        encryption=header.encryption,
        pages=tuple(chain.from_iterable((_page(data, form, at, kind) for at in offsets[kind]) for kind in roots)),
        blocks=tuple(
            Place(at, -(-(size + form.trailer) // form.grain) * form.grain, size, block) for block, at, size in blocks
        ),
    )


def _pages(path: Path, form: Form, kind: int, root: PageRef) -> list[int]:
    """Return where the pages of a tree are."""
    source = Source(path)
    reader = TreeReader(source, form, kind, is_checked=False)
    for _ in reader.leaves(root, _TREE_WIDTH):
        pass
    source.close()
    return sorted(reader._seen)


def _page(data: bytes, form: Form, at: int, kind: int) -> Place:
    where = at + form.checked + (8 if form.is_wide else 4)
    identifier = int.from_bytes(data[where : where + (8 if form.is_wide else 4)], "little")
    return Place(at, form.page, form.checked, identifier, kind)


def is_4k(form: Form) -> bool:
    """Whether a form is the one with pages of 4 kB."""
    return form is forms.UNICODE_4K
