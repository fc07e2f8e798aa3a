"""Blocks, data trees and sub-nodes: what is damaged costs what lies on it ([MS-PST] 2.2.2.8)."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.extract.pst.direct import DamageError, Item, Store
from pipeline.extract.pst.direct.source import checksum
from tests.pstwriter.layout import LAYOUTS, Encryption, Form
from tests.pstwriter.nodes import NodeDatabase, NodeOptions

NODE = 0x200024
Spoil = Callable[[bytearray, Store], None]


def with_node(path: Path, content: bytes, form: Form = Form.UNICODE, subnodes: int = 0) -> Path:
    """Write a store whose one node has some data and, if wanted, empty sub-nodes."""
    options = NodeOptions(encryption=Encryption.NONE, compress=form is Form.OST4K, trim=True, unique=1)
    with path.open("wb") as out, NodeDatabase(out, LAYOUTS[form], options) as database:
        data = database.blocks.data(content)
        database.blocks.add(b"a store has at least one block")
        database.add_node(NODE, data, database.add_subnodes([(number << 5 | 5, data, 0) for number in range(subnodes)]))
    return path


def block_of(store: Store, identifier: int) -> tuple[int, int]:
    """Return place and size of a block."""
    trees = store.parsed.trees
    at = trees.blocks.tolist().index(identifier)
    return int(trees.block_offsets[at]), int(trees.block_sizes[at])


def spoiled(path: Path, spoil: Spoil) -> Store:
    """Change a store's bytes and open it again."""
    data = bytearray(path.read_bytes())
    with Store.open(path) as store:
        spoil(data, store)
    path.write_bytes(data)
    return Store.open(path)


def patched(identifier: int, at: int, patch: bytes, *, is_mended: bool = True) -> Spoil:
    """Change the data of one block, and mend its checksum or not."""

    def spoil(data: bytearray, store: Store) -> None:
        offset, size = block_of(store, identifier)
        data[offset + at : offset + at + len(patch)] = patch
        if is_mended:
            whole = -(-(size + 16) // 64) * 64
            struct.pack_into("<I", data, offset + whole - 12, checksum(bytes(data[offset : offset + size])))

    return spoil


def trailer(at: int, patch: bytes) -> Spoil:
    """Change the trailer of the first block."""

    def spoil(data: bytearray, store: Store) -> None:
        offset, size = block_of(store, 4)
        start = offset + -(-(size + 16) // 64) * 64 - 16 + at
        data[start : start + len(patch)] = patch

    return spoil


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("size", [0, 1, 8_176, 8_177, 70_000, 2_000_000, 10_000_000])
def test_sizes(tmp_path: Path, form: Form, size: int) -> None:
    """Data of any size comes back whole: none, one block, a tree of one level and of two."""
    content = bytes(range(256)) * (size // 256 + 1)
    with Store.open(with_node(tmp_path / "a.pst", content[:size], form)) as store:
        node = store.node(NODE)
        assert node.length() == size
        assert node.data() == content[:size]
        assert b"".join(node.chunks()) == content[:size]


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("count", [0, 1, 340, 341, 3_000])
def test_subnodes(tmp_path: Path, form: Form, count: int) -> None:
    """All sub-nodes are found, in one list or in a list of lists."""
    with Store.open(with_node(tmp_path / "a.pst", b"data", form, count)) as store:
        node = store.node(NODE)
        assert sorted(node.subnodes) == [number << 5 | 5 for number in range(count)]
        if count:
            assert node.subnode(5).data() == b"data"
        with pytest.raises(DamageError, match="no sub-node"):
            node.subnode(3)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        pytest.param(patched(4, 0, b"x", is_mended=False), "block_checksum", id="a byte of the data"),
        pytest.param(trailer(0, b"\x05"), "block_identity", id="another size"),
        pytest.param(trailer(8, b"\x08"), "block_identity", id="another identifier"),
        pytest.param(trailer(4, b"\x01\x02\x03\x04"), "block_checksum", id="another checksum"),
    ],
)
def test_damaged_block(tmp_path: Path, spoil: Spoil, rule: str) -> None:
    """A block that is not as it was written is not read."""
    with spoiled(with_node(tmp_path / "a.pst", b"content"), spoil) as store, pytest.raises(DamageError) as raised:
        store.node(NODE).data()
    assert raised.value.rule == rule


def test_unchecked(tmp_path: Path) -> None:
    """Without checks a block is read whatever its checksum; one without a checksum is read with checks too."""
    path = with_node(tmp_path / "a.pst", b"content")
    spoiled(path, patched(4, 0, b"C", is_mended=False)).close()
    with Store.open(path, is_checked=False) as store:
        assert store.node(NODE).data() == b"Content"
    with spoiled(path, trailer(4, bytes(4))) as store:
        assert store.node(NODE).data() == b"Content"


@pytest.mark.parametrize(
    ("at", "patch"),
    [
        pytest.param(0, b"\x02", id="of another type"),
        pytest.param(1, b"\x00", id="level 0"),
        pytest.param(1, b"\x03", id="level 3"),
        pytest.param(1, b"\x02", id="a level more than there is"),
        pytest.param(2, b"\xff\xff", id="more blocks than bytes"),
        pytest.param(16, struct.pack("<Q", 4), id="a block twice"),
        pytest.param(16, struct.pack("<Q", 18), id="itself"),
        pytest.param(16, struct.pack("<Q", 0x1234), id="a block that is not there"),
    ],
)
def test_damaged_tree(tmp_path: Path, at: int, patch: bytes) -> None:
    """A data tree that cannot be is damage, and is not followed for ever."""
    path = with_node(tmp_path / "a.pst", bytes(20_000))
    with spoiled(path, patched(4 * 4 | 2, at, patch)) as store, pytest.raises(DamageError):
        store.node(NODE).data()


@pytest.mark.parametrize(
    ("at", "patch"),
    [
        pytest.param(0, b"\x01", id="of another type"),
        pytest.param(1, b"\x01", id="a level more than there is"),
        pytest.param(2, b"\xff\xff", id="more sub-nodes than bytes"),
    ],
)
def test_damaged_list(tmp_path: Path, at: int, patch: bytes) -> None:
    """A list of sub-nodes that cannot be is damage; the node's own data is still read."""
    path = with_node(tmp_path / "a.pst", b"data", subnodes=3)
    with spoiled(path, patched(4 * 3 | 2, at, patch)) as store:
        node = store.node(NODE)
        assert node.data() == b"data"
        with pytest.raises(DamageError) as raised:
            _ = node.subnodes
    assert raised.value.rule in {"subnode_list", "block_missing"}


def test_data_is_no_list(tmp_path: Path) -> None:
    """Data that looks like a list of blocks stays data."""
    content = struct.pack("<BBHIQ", 1, 1, 1, 8, 4)
    with Store.open(with_node(tmp_path / "a.pst", content)) as store:
        assert store.node(NODE).data() == content


@pytest.mark.parametrize(
    ("stored", "size"),
    [
        pytest.param(zlib.compress(bytes(60_000)), 40_000, id="less said than there is"),
        pytest.param(zlib.compress(bytes(60_000)), 65_000, id="more said than there is"),
        pytest.param(b"no zlib at all", 60_000, id="not deflated"),
    ],
)
def test_inflating_is_bounded(tmp_path: Path, stored: bytes, size: int) -> None:
    """A deflated block gives exactly the bytes that it says, or is damage."""
    path = with_node(tmp_path / "a.ost", bytes(60_000), Form.OST4K)

    def spoil(data: bytearray, store: Store) -> None:
        offset, old = block_of(store, 4)
        assert len(stored) <= old
        content = stored.ljust(old, b"\0")
        data[offset : offset + old] = content
        end = offset + -(-(old + 24) // 512) * 512
        struct.pack_into("<I", data, end - 20, checksum(content))
        struct.pack_into("<H", data, end - 6, size)

    with spoiled(path, spoil) as store:
        if size == 40_000:
            assert store.node(NODE).data() == bytes(40_000)
        else:
            with pytest.raises(DamageError) as raised:
                store.node(NODE).data()
            assert raised.value.rule == "block_inflate"


def whole(item: Item) -> object:
    """Return all that an item has, or the rule by which it cannot be read."""
    try:
        rows = [dict(row) for row in item.recipients()]
        data = [(dict(one.properties), b"".join(one.chunks())) for one in item.attachments()]
        return dict(item.properties), rows, data
    except DamageError as error:
        return error.rule


@pytest.mark.parametrize("form", list(Form))
def test_damage_costs_the_items_on_it(mixed: Callable[..., Path], tmp_path: Path, form: Form) -> None:
    """One damaged block in a store of many items loses one item; all others are as before."""
    source = mixed(form)
    with Store.open(source) as store:
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        before = {node: whole(store.item(node)) for node in nodes}
        victim = nodes[17]
        offset, size = block_of(store, store.item(victim).node.data_block)
    data = bytearray(source.read_bytes())
    data[offset + size // 2] ^= 0x10
    path = tmp_path / "damaged.pst"
    path.write_bytes(data)
    with Store.open(path) as store:
        after = {node: whole(store.item(node)) for node in nodes}
    assert after == {**before, victim: "block_checksum"}
