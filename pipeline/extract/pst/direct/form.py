"""The three forms of a store on disk, as numbers.

Sources: [MS-PST] 2.2.2 for ANSI and Unicode. The 4K form of Outlook 2013 and later (.ost) is in no specification: its
numbers are those that libpff's format notes and XstReader read in real files.
"""

from dataclasses import dataclass
from enum import IntEnum


class Encryption(IntEnum):
    """How the bytes of data blocks are encoded, `bCryptMethod` ([MS-PST] 2.2.2.6)."""

    NONE = 0
    PERMUTE = 1
    CYCLIC = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Sizes and places, in bytes, that differ between the forms.

    `is_wide`: identifiers and offsets take 64 bits, else 32. `page`: size of a page; `entries`: its part that holds
    entries of a tree; `checked`: its part under the checksum, after which the trailer stands. `grain`: what blocks
    are aligned to; `block`: the largest block on disk, its trailer of `trailer` bytes included. `hid_shift`: bits of
    a heap identifier below the number of the block.
    """

    name: str
    is_wide: bool
    page: int
    entries: int
    checked: int
    grain: int
    block: int
    trailer: int
    hid_shift: int

    @property
    def capacity(self) -> int:
        """Bytes of data that the largest block holds."""
        return self.block - self.trailer


ANSI = Form(
    name="ansi",
    is_wide=False,
    page=512,
    entries=496,
    checked=500,
    grain=64,
    block=8192,
    trailer=12,
    hid_shift=16,
)
UNICODE = Form(
    name="unicode",
    is_wide=True,
    page=512,
    entries=488,
    checked=496,
    grain=64,
    block=8192,
    trailer=16,
    hid_shift=16,
)
UNICODE_4K = Form(
    name="unicode-4k",
    is_wide=True,
    page=4096,
    entries=4056,
    checked=4072,
    grain=512,
    block=65536,
    trailer=24,
    hid_shift=19,
)
