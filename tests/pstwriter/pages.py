"""Pages and header: the checked, signed frame of the file.

Source: [MS-PST] 2.2.2.6 (header), 2.2.2.7 (pages), 5.3 (CRC), 5.5 (signature).
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.pstwriter.layout import Encryption, Form, Layout

BLOCK_TREE = 0x80
NODE_TREE = 0x81
FREE_MAP = 0x82
PAGE_MAP = 0x83
ALLOCATION_MAP = 0x84
FREE_PAGE_MAP = 0x85
DENSITY_LIST = 0x86

DENSITY_LIST_AT = 0x4200

_HEADER_CHECKED = 471  # bytes from offset 8 that the first checksum of the header covers
_WIDE_HEADER_CHECKED = 516  # likewise, the second checksum of a 64-bit header
_ALL_MAPS_VALID = 2
_CLIENT_VERSION = 19


def crc(data: bytes) -> int:
    """Checksum of [MS-PST] 5.3: CRC-32 without the inversions before and after."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def signature(offset: int, identifier: int) -> int:
    """Signature of [MS-PST] 5.5: offset and identifier folded to 16 bits."""
    mixed = offset ^ identifier
    return ((mixed >> 16) ^ mixed) & 0xFFFF


def page(layout: Layout, kind: int, body: bytes, identifier: int, offset: int) -> bytes:
    """Return one whole page: `body` filled with zeros to its size, then the trailer.

    Maps carry their own offset for an identifier, and so no signature.
    """
    body = body.ljust(layout.page_body, b"\0")
    mark = 0 if kind in {FREE_MAP, PAGE_MAP, ALLOCATION_MAP, FREE_PAGE_MAP} else signature(offset, identifier)
    if layout.form is Form.ANSI:
        return body + struct.pack("<BBHII", kind, kind, mark, identifier, crc(body))
    return (body + struct.pack("<BBHIQ", kind, kind, mark, crc(body), identifier)).ljust(layout.page, b"\0")


def map_page(layout: Layout, kind: int, bits: bytes, offset: int) -> bytes:
    """Return the page of an allocation or free-space map that lies at `offset`."""
    padding = b"\0" * (layout.page_body - layout.map_bytes)
    return page(layout, kind, padding + bits, offset, offset)


def tree_page(layout: Layout, kind: int, level: int, width: int, entries: bytes) -> bytes:
    """Return the body of a B-tree page (2.2.2.7.7.1) with `entries` of `width` bytes each."""
    count, room = len(entries) // width, layout.entries // width
    if layout.form is Form.OST4K:
        tail = struct.pack("<HHBB10x", count, room, width, level)
    else:
        tail = struct.pack("<BBBB", count, room, width, level)
    if kind not in {BLOCK_TREE, NODE_TREE}:
        raise ValueError(f"page type {kind:#x} is not that of a tree")
    return entries.ljust(layout.entries, b"\0") + tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What the header says of the finished file (`ROOT`, 2.2.2.5).

    Attributes:
        size: Size of the file in bytes.
        last_map: Offset of the last allocation map.
        free: Bytes that the allocation maps show as free.
        nodes: Identifier and offset of the node tree's top page.
        blocks: Identifier and offset of the block tree's top page.
    """

    size: int
    last_map: int
    free: int
    nodes: tuple[int, int]
    blocks: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Counters that the header keeps: the next identifiers, and per node type the last index used."""

    next_block: int
    next_page: int
    last_index: Sequence[int]
    unique: int


def header(layout: Layout, encryption: Encryption, root: Root, marks: Marks) -> bytes:
    """Return the header of a store, both checksums included."""
    body = _wide_body(encryption, root, marks) if layout.wide else _narrow_body(encryption, root, marks)
    start = struct.pack("<2sHHBBII", layout.client, layout.version, _CLIENT_VERSION, 1, 1, 0, 0)
    checked = start + body
    full = struct.pack("<I", crc(checked[:_WIDE_HEADER_CHECKED])) + bytes(36) if layout.wide else b""
    return b"!BDN" + struct.pack("<I", crc(checked[:_HEADER_CHECKED])) + checked + full


def _wide_body(encryption: Encryption, root: Root, marks: Marks) -> bytes:
    """Fields 24 to 523 of a Unicode header."""
    return b"".join(
        (
            struct.pack("<QQI32I8x", 0, marks.next_page, marks.unique, *marks.last_index),
            struct.pack("<IQQQQ", 0, root.size, root.last_map, root.free, 0),
            struct.pack("<QQQQBBHI", *root.nodes, *root.blocks, _ALL_MAPS_VALID, 0, 0, 0),
            b"\xff" * 256,
            struct.pack("<BBHQ", 0x80, encryption, 0, marks.next_block),
        )
    )


def _narrow_body(encryption: Encryption, root: Root, marks: Marks) -> bytes:
    """Fields 24 to 511 of an ANSI header."""
    return b"".join(
        (
            struct.pack("<III32I", marks.next_block, marks.next_page, marks.unique, *marks.last_index),
            struct.pack("<IIIII", 0, root.size, root.last_map, root.free, 0),
            struct.pack("<IIIIBBH", *root.nodes, *root.blocks, _ALL_MAPS_VALID, 0, 0),
            b"\xff" * 256,
            struct.pack("<BBH48x", 0x80, encryption, 0),
        )
    )
