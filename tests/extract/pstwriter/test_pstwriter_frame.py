"""The frame of a written file is as the format says: checksums, signatures, maps, trees. Nothing is left to tolerance.

The walk here is written from the specification, apart from the writer, and knows only what it needs.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pstwriter import example, keys
from tests.pstwriter.cipher import encode
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mapi import Codec
from tests.pstwriter.named import NameMap
from tests.pstwriter.pages import crc, signature
from tests.pstwriter.store import Store, StoreSettings


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers of one form, as the specification gives them: page, trailer, entries, first map, its span and grain."""

    page: int
    body: int
    entries: int
    first: int
    span: int
    grain: int
    trailer: int
    word: str
    roots: int


SHAPES = {
    Form.ANSI: Shape(512, 500, 496, 0x4400, 253952, 64, 12, "I", 184),
    Form.UNICODE: Shape(512, 496, 488, 0x4400, 253952, 64, 16, "Q", 216),
    Form.OST4K: Shape(4096, 4072, 4056, 0x22000, 16678912, 512, 24, "Q", 216),
}


class Anatomy:
    """A file taken apart; every checksum and signature on the way is asserted."""

    def __init__(self, data: bytes, form: Form) -> None:
        self.data, self.form, self.shape = data, form, SHAPES[form]
        self.used: list[tuple[int, int]] = []
        width = struct.calcsize(self.shape.word)
        node, node_at, block, block_at = struct.unpack_from(f"<4{self.shape.word}", data, self.shape.roots)
        self.nodes = self._tree(0x81, node, node_at, width)
        self.blocks = self._tree(0x80, block, block_at, width)
        for entry in self.blocks:
            self._block(entry, width)

    def page(self, kind: int, identifier: int, offset: int, *, is_signed: bool = True) -> bytes:
        """Check one page's trailer and return its body."""
        shape = self.shape
        assert offset % shape.page == 0 or not is_signed
        self.used.append((offset, offset + shape.page))
        body = self.data[offset : offset + shape.body]
        form = "<BBHII" if self.form is Form.ANSI else "<BBHIQ"
        first, again, mark, *rest = struct.unpack_from(form, self.data, offset + shape.body)
        check, back = rest if self.form is not Form.ANSI else rest[::-1]
        assert (first, again, back) == (kind, kind, identifier)
        assert check == zlib.crc32(body, 0xFFFFFFFF) ^ 0xFFFFFFFF
        mixed = offset ^ identifier
        assert mark == ((mixed & 0xFFFF) ^ (mixed >> 16 & 0xFFFF) if is_signed else 0)
        return body

    def _tree(self, kind: int, identifier: int, offset: int, width: int) -> list[bytes]:
        """Return the leaf entries of a B-tree; keys ascend and are those that the level above says."""
        leaves: list[bytes] = []
        waiting: list[tuple[int, int, int | None, int | None]] = [(identifier, offset, None, None)]
        while waiting:
            identifier, offset, key, above = waiting.pop()
            body = self.page(kind, identifier, offset)
            tail = "<HHBB" if self.form is Form.OST4K else "<BBBB"
            count, room, size, level = struct.unpack_from(tail, body, self.shape.entries)
            assert 0 < count <= room == self.shape.entries // size
            assert above is None or level == above - 1
            entries = [body[at * size : (at + 1) * size] for at in range(count)]
            assert key is None or int.from_bytes(entries[0][:width], "little") == key
            assert not any(body[count * size : self.shape.entries])
            if level == 0:
                leaves.extend(entries)
                continue
            below = [struct.unpack(f"<3{self.shape.word}", entry) for entry in entries]
            waiting.extend((page, at, first, level) for first, page, at in reversed(below))
        found = [int.from_bytes(entry[:width], "little") for entry in leaves]
        assert found == sorted(set(found))
        return leaves

    def _block(self, entry: bytes, width: int) -> None:
        """Check a block's trailer against its entry."""
        identifier, offset = struct.unpack_from(f"<2{self.shape.word}", entry)
        size = int.from_bytes(entry[2 * width : 2 * width + 2], "little")
        assert offset % self.shape.grain == 0
        whole = -(-(size + self.shape.trailer) // self.shape.grain) * self.shape.grain
        self.used.append((offset, offset + whole))
        stored = self.data[offset : offset + size]
        trailer = self.data[offset + whole - self.shape.trailer : offset + whole]
        if self.form is Form.ANSI:
            length, mark, back, check = struct.unpack("<HHII", trailer)
        else:
            length, mark, check, back = struct.unpack("<HHIQ", trailer[:16])
        mixed = offset ^ identifier
        assert (length, back, check) == (size, identifier, zlib.crc32(stored, 0xFFFFFFFF) ^ 0xFFFFFFFF)
        assert mark == (mixed & 0xFFFF) ^ (mixed >> 16 & 0xFFFF)
        if self.form is Form.OST4K:
            inflated = int.from_bytes(entry[18:20], "little")
            assert int.from_bytes(trailer[18:20], "little") == inflated
            assert inflated == size or len(zlib.decompress(stored)) == inflated


def write(path: Path, form: Form, *, trim: bool = False, size: int = 700_000) -> bytes:
    """Write a store with every kind of item and a large file, and return its bytes."""
    with path.open("wb") as out, Store(out, StoreSettings(form=form, code_page="cp932", trim=trim)) as store:
        inbox = store.add_folder("Inbox", role=Role.INBOX)
        for item in example.ALL:
            store.add(inbox, item)
        for number in range(300):
            store.add(inbox, Item(subject=f"{number}"))
        store.add(inbox, Message(attachments=[Attachment(name="a.bin", data=bytes(range(256)) * (size // 256))]))
    return path.read_bytes()


@pytest.mark.parametrize("form", list(Form))
def test_maps_tell_what_is_used(tmp_path: Path, form: Form) -> None:
    """The allocation maps show exactly the pages, blocks and maps; none overlap, and the header counts what is free."""
    data = write(tmp_path / "a.pst", form)
    anatomy, shape = Anatomy(data, form), SHAPES[form]
    sections = (len(data) - shape.first) // shape.span
    assert len(data) == shape.first + sections * shape.span
    shown: set[int] = set()
    for number in range(sections):
        at = shape.first + number * shape.span
        body = anatomy.page(0x84, at, at, is_signed=False)
        bits = body[4:] if form is Form.ANSI else body
        shown |= {
            at + shape.grain * (8 * place + bit)
            for place, byte in enumerate(bits)
            for bit in range(8)
            if byte & 0x80 >> bit
        }
        if form is not Form.OST4K and number % 8 == 0:
            anatomy.page(0x83, at + 512, at + 512, is_signed=False)
    used = [start for begin, end in anatomy.used for start in range(begin, end, shape.grain)]
    assert len(used) == len(set(used))
    assert set(used) == shown
    last = shape.first + (sections - 1) * shape.span
    free = len(data) - shape.first - len(used) * shape.grain
    counts = struct.unpack_from(f"<3{shape.word}", data, shape.roots - 4 * struct.calcsize(shape.word))
    assert counts == (len(data), last, free)


@pytest.mark.parametrize("form", list(Form))
def test_header(tmp_path: Path, form: Form) -> None:
    """The header has its magic words, its version and its checksums."""
    data = write(tmp_path / "a.pst", form, size=0)
    assert data[:4] == b"!BDN"
    assert data[8:10] == (b"SO" if form is Form.OST4K else b"SM")
    assert struct.unpack_from("<H", data, 10)[0] == {Form.ANSI: 14, Form.UNICODE: 23, Form.OST4K: 36}[form]
    assert struct.unpack_from("<I", data, 4)[0] == zlib.crc32(data[8:479], 0xFFFFFFFF) ^ 0xFFFFFFFF
    if form is Form.ANSI:
        assert data[460:462] == bytes([0x80, Encryption.PERMUTE])
    else:
        assert data[512:514] == bytes([0x80, Encryption.NONE if form is Form.OST4K else Encryption.PERMUTE])
        assert struct.unpack_from("<I", data, 524)[0] == zlib.crc32(data[8:524], 0xFFFFFFFF) ^ 0xFFFFFFFF


@pytest.mark.parametrize("form", list(Form))
def test_trimmed_file(tmp_path: Path, form: Form) -> None:
    """A trimmed file is the same but for its end, which follows the last page."""
    whole, short = write(tmp_path / "a.pst", form, size=0), write(tmp_path / "b.pst", form, trim=True, size=0)
    assert len(short) < len(whole)
    first = SHAPES[form].first
    assert short[first:] == whole[first : len(short)]
    assert not any(whole[len(short) :])
    Anatomy(short, form)


def test_old_maps_in_a_large_file(tmp_path: Path) -> None:
    """Where a Unicode store passes 128 allocation maps, the place of its free-space map is kept and filled."""
    path = tmp_path / "large.pst"
    with path.open("wb") as out, Store(out, StoreSettings()) as store:
        folder = store.add_folder("Items")
        for number in range(9):
            store.add(folder, Message(attachments=[Attachment(name="a", data=bytes([number]) * 4_000_000)]))
    data = path.read_bytes()
    anatomy = Anatomy(data, Form.UNICODE)
    at = 0x4400 + 128 * 253952
    for kind, offset in ((0x84, at), (0x83, at + 512), (0x82, at + 1024)):
        anatomy.page(kind, offset, offset, is_signed=False)
    assert data[at + 1024 : at + 1024 + 496] == b"\xff" * 496


def test_an_ansi_store_ends_at_two_gigabytes() -> None:
    """What does not fit into an ANSI store is an error, not a broken file."""

    class Nowhere:
        """A file that forgets."""

        def write(self, data: bytes) -> int:
            """Take anything."""
            return len(data)

        def seek(self, offset: int) -> int:
            """Go anywhere."""
            return offset

    settings = StoreSettings(form=Form.ANSI, encryption=Encryption.NONE)
    store = Store(Nowhere(), settings)  # type: ignore[arg-type]  # as much of a file as is used
    folder = store.add_folder("Items")
    large = Message(attachments=[Attachment(name="a", data=bytes(16_000_000))])
    for _ in range(129):
        store.add(folder, large)
    with pytest.raises(ValueError, match="two gigabytes"):
        store.add(folder, large)


@pytest.mark.parametrize("form", list(Form))
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, form: Form) -> None:
    """Two runs with one seed are equal byte for byte; another seed changes keys."""
    settings = StoreSettings(form=form, code_page="cp932", seed=7, trim=True)
    other = StoreSettings(form=form, code_page="cp932", seed=8, trim=True)
    written = []
    for name, chosen in (("a", settings), ("b", settings), ("c", other)):
        with (tmp_path / name).open("wb") as out, Store(out, chosen) as store:
            folder = store.add_folder("Items")
            for item in example.ALL:
                store.add(folder, item)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1] != written[2]


def test_two_nodes_cannot_share_an_identifier(tmp_path: Path) -> None:
    """A node that is entered twice is an error when the trees are built."""
    with (tmp_path / "a.pst").open("wb") as out:
        store = Store(out, StoreSettings())
        store._nodes.add_node(0x21, 0)
        with pytest.raises(ValueError, match="same identifier"):
            store.close()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param("Keywords".encode("utf-16-le"), 0x2EDA4D3B, id="a name, as Outlook's own map has it"),
        pytest.param("content-class".encode("utf-16-le"), 0xE6008F65, id="another"),
    ],
)
def test_checksum(data: bytes, expected: int) -> None:
    """The checksum is CRC-32 that starts from zero and is not inverted."""
    assert crc(data) == expected


def test_signature() -> None:
    """The signature folds offset and identifier; the example is the density list of a store that Outlook made."""
    assert signature(0x4200, 0x17F) == 0x437F


def test_permutation() -> None:
    """The permuted signature of a heap is the one that Outlook's files show, and no two bytes become one."""
    permuted = encode(bytes(range(256)), 4, Encryption.PERMUTE)
    assert permuted[0x00] == 0x41
    assert sorted(permuted) == list(range(256))


def test_cyclic_cipher_undoes_itself() -> None:
    """Encoding twice with one identifier gives the data back; another identifier does not."""
    data = bytes(range(256)) * 300
    once = encode(data, 0x1234, Encryption.CYCLIC)
    assert once != data
    assert encode(once, 0x1234, Encryption.CYCLIC) == data
    assert encode(once, 0x1238, Encryption.CYCLIC) != data


def test_named_properties_keep_their_identifiers() -> None:
    """A named property gets one identifier, whichever key object asks; a tagged property has its own."""
    names = NameMap()
    codec = Codec(None, names.identifier)
    assert codec.identifier(keys.KEYWORDS) == 0x8000
    assert codec.identifier(keys.BUSY_STATUS) == 0x8001
    assert names.identifier(keys.KEYWORDS) == 0x8000
    assert codec.identifier(keys.SUBJECT) == 0x0037
    with pytest.raises(ValueError, match="not a named"):
        names.identifier(keys.SUBJECT)
