"""The file as a row of sections, each under its allocation map, written once and in order.

Nothing is ever freed, so a section can be kept in memory until it is full and then written whole: the writer needs the
memory of one section, whatever the size of the store.
"""

from typing import BinaryIO

from tests.pstwriter import pages
from tests.pstwriter.layout import Form, Layout

# Where the maps that nobody needs any more must still lie ([MS-PST] 2.2.2.7.3 to 2.2.2.7.6), in allocation maps.
_PAGE_MAP_EVERY = 8
_FREE_MAP_FIRST, _FREE_MAP_EVERY = 128, 496
_FREE_PAGE_MAP_FIRST, _FREE_PAGE_MAP_EVERY = 8192, 31744

_NARROW_LIMIT = 1 << 31  # an ANSI store holds two gigabytes


class Space:
    """Hands out room in the file, in order; the maps are its own business."""

    def __init__(self, out: BinaryIO, layout: Layout) -> None:
        self._out = out
        self._layout = layout
        self._index = -1
        self._section = bytearray()
        self._holes: list[tuple[int, int]] = []
        self.free = 0
        out.write(bytes(layout.first_map))
        self._open()

    @property
    def last_map(self) -> int:
        """Offset of the allocation map of the current section."""
        return self._layout.first_map + self._index * self._layout.span

    def place(self, size: int, align: int) -> int:
        """Return the offset at which the next `size` bytes, to be given to `write`, will lie.

        Raises:
            ValueError: An ANSI store would outgrow its two gigabytes.
        """
        start = -(-len(self._section) // align) * align
        if start + size > self._layout.span:
            self._close()
            self._open()
            start = -(-len(self._section) // align) * align
        if start > len(self._section):
            self._holes.append((len(self._section), start))
            self._section.extend(bytes(start - len(self._section)))
        offset = self.last_map + start
        if not self._layout.wide and offset + size > _NARROW_LIMIT:
            raise ValueError("an ANSI store cannot hold more than two gigabytes")
        return offset

    def write(self, data: bytes) -> None:
        """Append what `place` made room for."""
        self._section += data

    def finish(self, *, trim: bool) -> int:
        """Write the last section and return the size of the file in bytes.

        Args:
            trim: Leave out the free end of the last section, as small files of old Outlook versions do; else the file
                ends where its last allocation map ends.
        """
        used = -(-len(self._section) // self._layout.page) * self._layout.page
        self._close()
        size = self.last_map + (used if trim else self._layout.span)
        self._out.truncate(size)
        return size

    def _open(self) -> None:
        """Begin the next section: the allocation map's place, then the other maps that belong there."""
        self._index += 1
        self._holes.clear()
        self._section = bytearray(self._layout.page)
        if self._layout.form is Form.OST4K:
            return
        for kind in self._extra_maps():
            offset = self.last_map + len(self._section)
            self._section += pages.map_page(self._layout, kind, b"\xff" * self._layout.map_bytes, offset)

    def _extra_maps(self) -> list[int]:
        """Types of the maps that follow the allocation map of this section, in their order."""
        kinds = []
        if self._index % _PAGE_MAP_EVERY == 0:
            kinds.append(pages.PAGE_MAP)
        for kind, first, every in (
            (pages.FREE_MAP, _FREE_MAP_FIRST, _FREE_MAP_EVERY),
            (pages.FREE_PAGE_MAP, _FREE_PAGE_MAP_FIRST, _FREE_PAGE_MAP_EVERY),
        ):
            if self._index >= first and (self._index - first) % every == 0:
                kinds.append(kind)
        return kinds

    def _close(self) -> None:
        """Write the section to the file with its map."""
        layout = self._layout
        bits = _bits(len(self._section) // layout.grain, layout.map_bytes)
        for start, end in self._holes:
            _clear(bits, start // layout.grain, end // layout.grain)
        self.free += layout.grain * (layout.map_bytes * 8 - int.from_bytes(bits).bit_count())
        self._section[: layout.page] = pages.map_page(layout, pages.ALLOCATION_MAP, bytes(bits), self.last_map)
        self._out.seek(self.last_map)
        self._out.write(self._section)


def _bits(used: int, size: int) -> bytearray:
    """Return `size` bytes of which the first `used` bits, highest bit first, are set."""
    whole, rest = divmod(used, 8)
    bits = bytearray(b"\xff" * whole).ljust(size, b"\0")
    if rest:
        bits[whole] = (0xFF00 >> rest) & 0xFF
    return bits


def _clear(bits: bytearray, first: int, end: int) -> None:
    """Clear the bits from `first` up to `end`."""
    for bit in range(first, end):
        bits[bit >> 3] &= ~(0x80 >> (bit & 7)) & 0xFF
