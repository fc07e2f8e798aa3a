"""The three forms of an Outlook store and the numbers that differ between them.

Sources: [MS-PST] 2.2.2 for the ANSI and Unicode forms. The 4K-page form is not in the specification: its numbers are
the ones that libpff and libpst read in .ost files of Outlook 2013 and later.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Form(StrEnum):
    """How the file is laid out on disk; the value is the word used on the command line."""

    ANSI = "ansi"
    UNICODE = "unicode"
    OST4K = "ost4k"


class Encryption(IntEnum):
    """`bCryptMethod` of the header ([MS-PST] 2.2.2.6): how the bytes of data blocks are encoded."""

    NONE = 0
    PERMUTE = 1
    CYCLIC = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Sizes, in bytes, of one form.

    Attributes:
        form: Which form this is.
        version: `wVer` of the header.
        client: `wMagicClient` of the header: b"SM" for a .pst, b"SO" for an .ost.
        wide: Whether identifiers and offsets take 64 bits (else 32).
        page: Size of a page.
        page_body: Bytes of a page before its trailer.
        entries: Bytes of a B-tree page that hold entries.
        grain: What blocks are aligned to; one bit of an allocation map stands for it.
        block: Greatest size of a block on disk, trailer included.
        trailer: Size of a block's trailer.
        first_map: Offset of the first allocation map.
        hid_shift: Bits below the block number in a heap identifier.
    """

    form: Form
    version: int
    client: bytes
    wide: bool
    page: int
    page_body: int
    entries: int
    grain: int
    block: int
    trailer: int
    first_map: int
    hid_shift: int

    @property
    def capacity(self) -> int:
        """Bytes of data that the greatest block holds."""
        return self.block - self.trailer

    @property
    def map_bytes(self) -> int:
        """Bytes of bits in an allocation map (the ANSI map spends four bytes of its page on padding)."""
        return self.page_body - 4 if self.form is Form.ANSI else self.page_body

    @property
    def span(self) -> int:
        """Bytes of file that one allocation map covers, itself included."""
        return self.map_bytes * 8 * self.grain


LAYOUTS = {
    Form.ANSI: Layout(
        form=Form.ANSI,
        version=14,
        client=b"SM",
        wide=False,
        page=512,
        page_body=500,
        entries=496,
        grain=64,
        block=8192,
        trailer=12,
        first_map=0x4400,
        hid_shift=16,
    ),
    Form.UNICODE: Layout(
        form=Form.UNICODE,
        version=23,
        client=b"SM",
        wide=True,
        page=512,
        page_body=496,
        entries=488,
        grain=64,
        block=8192,
        trailer=16,
        first_map=0x4400,
        hid_shift=16,
    ),
    Form.OST4K: Layout(
        form=Form.OST4K,
        version=36,
        client=b"SO",
        wide=True,
        page=4096,
        page_body=4072,
        entries=4056,
        grain=512,
        block=65536,
        trailer=24,
        first_map=0x22000,
        hid_shift=19,
    ),
}
