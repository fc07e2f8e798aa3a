"""The node and block trees: lost pages are told, the rest is read ([MS-PST] 2.2.2.7)."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.direct.source import checksum
from tests.pstwriter.layout import Form

MixMaker = Callable[..., Path]
ITEMS = 400
_PAGE, _ENTRIES, _LEVEL = 512, 488, 491


def pages_of(data: bytearray, kind: int, level: int) -> list[int]:
    """Return the offsets of the pages of a tree of a Unicode store at one level."""
    return [
        at
        for at in range(0x4400, len(data) - _PAGE + 1, _PAGE)
        if data[at + 496] == data[at + 497] == kind and data[at + _LEVEL] == level
    ]


def mend(data: bytearray, at: int) -> None:
    """Give a page the right checksum again."""
    struct.pack_into("<I", data, at + 500, checksum(bytes(data[at : at + 496])))


@pytest.fixture
def big(mixed: MixMaker) -> bytearray:
    """Return the bytes of a store whose trees have three levels."""
    data = bytearray(mixed(items=ITEMS).read_bytes())
    assert pages_of(data, 0x81, 1)
    return data


def opened(tmp_path: Path, data: bytearray, *, is_checked: bool = True) -> Store:
    """Open a store from bytes."""
    path = tmp_path / "spoiled.pst"
    path.write_bytes(data)
    return Store.open(path, is_checked=is_checked)


@pytest.mark.parametrize("form", list(Form))
def test_order(mixed: MixMaker, form: Form) -> None:
    """Nodes and blocks are in ascending order, each once, and every item is there."""
    with Store.open(mixed(form, items=ITEMS)) as store:
        trees = store.parsed.trees
        for keys in (trees.nodes, trees.blocks):
            assert np.all(keys[1:] > keys[:-1])
        assert store.item_count() == ITEMS
        assert sum(len(store.items(folder.node)) for folder in store.folders()) == ITEMS
        assert not store.orphans()


@pytest.mark.parametrize("node", [0, 1, 0x122, 0xFFFFFFFF])
def test_children(mixed: MixMaker, node: int) -> None:
    """The children of a node are those whose parent it is."""
    with Store.open(mixed()) as store:
        trees = store.parsed.trees
        assert trees.children(node).tolist() == trees.nodes[trees.node_parents == node].tolist()


def test_lost_leaf_of_nodes(tmp_path: Path, big: bytearray) -> None:
    """A damaged page of nodes loses those nodes; where they were is told, the others are read."""
    leaf = pages_of(big, 0x81, 0)[12]
    first = struct.unpack_from("<I", big, leaf)[0]
    count = big[leaf + _ENTRIES]
    before = opened(tmp_path, big).parsed.trees.nodes.tolist()
    big[leaf + 3] ^= 1
    with opened(tmp_path, big) as store:
        (lost,) = store.facts.lost_nodes
        after = store.parsed.trees.nodes.tolist()
    at = before.index(first)
    assert after == before[:at] + before[at + count :]
    assert (lost.rule, lost.first_key, lost.next_key) == ("page_checksum", first, before[at + count])


def test_lost_leaf_of_blocks(tmp_path: Path, big: bytearray) -> None:
    """A damaged page of the block tree costs the items whose blocks it knew, and no others."""
    leaf = pages_of(big, 0x80, 0)[3]
    big[leaf + 17] ^= 1
    with opened(tmp_path, big) as store:
        assert len(store.facts.lost_blocks) == 1
        assert store.item_count() == ITEMS
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        batch = store.batch(nodes)
        assert 0 < len(batch.damage) < 25
        assert {error.rule for error in batch.damage.values()} == {"block_missing"}


@pytest.mark.parametrize(
    ("at", "patch", "rule"),
    [
        pytest.param(488, b"\xff", "page_entries", id="more entries than room"),
        pytest.param(490, b"\x01", "page_entries", id="entries too small"),
        pytest.param(491, b"\x01", "page_entries", id="another level"),
        pytest.param(496, b"\x80\x80", "page_identity", id="of the other tree"),
        pytest.param(497, b"\x80", "page_identity", id="of two kinds"),
        pytest.param(504, b"\xff\xff", "page_identity", id="another page than was meant"),
        pytest.param(0, b"\x00", "page_checksum", id="no right checksum"),
    ],
)
def test_impossible_leaf(tmp_path: Path, big: bytearray, at: int, patch: bytes, rule: str) -> None:
    """A page that cannot be is not used, even if its checksum is right."""
    leaf = pages_of(big, 0x81, 0)[5]
    big[leaf + at : leaf + at + len(patch)] = patch
    if rule != "page_checksum":
        mend(big, leaf)
    with opened(tmp_path, big) as store:
        assert [lost.rule for lost in store.facts.lost_nodes] == [rule]


@pytest.mark.parametrize(
    ("offset", "rule"),
    [
        pytest.param(2**62, "outside_file", id="outside the file"),
        pytest.param(0x4400, "page_identity", id="a page of another kind"),
    ],
)
def test_branch_astray(tmp_path: Path, big: bytearray, offset: int, rule: str) -> None:
    """A branch that leads elsewhere loses what should be there."""
    branch = pages_of(big, 0x81, 1)[0]
    struct.pack_into("<Q", big, branch + 24 + 16, offset)
    mend(big, branch)
    with opened(tmp_path, big) as store:
        assert [lost.rule for lost in store.facts.lost_nodes] == [rule]


def test_branch_twice(tmp_path: Path, big: bytearray) -> None:
    """A page that two branches lead to is used once: a small file cannot pretend to be a large one."""
    branch = pages_of(big, 0x81, 1)[0]
    big[branch + 24 + 8 : branch + 48] = big[branch + 8 : branch + 24]
    mend(big, branch)
    with opened(tmp_path, big) as store:
        assert [lost.rule for lost in store.facts.lost_nodes] == ["page_twice"]
        assert len(set(store.parsed.trees.nodes.tolist())) == len(store.parsed.trees.nodes)


def test_node_twice(tmp_path: Path, big: bytearray) -> None:
    """Of two entries for one node the first counts."""
    leaf = pages_of(big, 0x81, 0)[5]
    big[leaf + 32 : leaf + 36] = big[leaf : leaf + 4]
    mend(big, leaf)
    (first,) = struct.unpack_from("<I", big, leaf)
    (data,) = struct.unpack_from("<Q", big, leaf + 8)
    with opened(tmp_path, big) as store:
        assert store.node(first).data_block == data


@pytest.mark.parametrize("kind", [pytest.param(0x81, id="of nodes"), pytest.param(0x80, id="of blocks")])
def test_root_lost(tmp_path: Path, big: bytearray, kind: int) -> None:
    """Without the root page of a tree nothing can be read, and that is said; without checks it is read all the same."""
    root = struct.unpack_from("<Q", big, 224 if kind == 0x81 else 240)[0]
    big[root + 480] ^= 1
    with pytest.raises(UnreadableError) as raised:
        opened(tmp_path, big)
    assert raised.value.rule == "damaged_store"
    with opened(tmp_path, big, is_checked=False) as store:
        assert store.item_count() == ITEMS


@pytest.mark.parametrize("level", [9, 12])
def test_root_of_another_level(tmp_path: Path, big: bytearray, level: int) -> None:
    """A root that claims more levels than there are leads nowhere, in no time, and that is told."""
    root = struct.unpack_from("<Q", big, 224)[0]
    big[root + _LEVEL] = level
    mend(big, root)
    with opened(tmp_path, big) as store:
        assert {lost.rule for lost in store.facts.lost_nodes} == {"page_entries"}
        assert store.item_count() == 0


@pytest.mark.parametrize("level", [13, 255])
def test_root_of_an_impossible_level(tmp_path: Path, big: bytearray, level: int) -> None:
    """A root above any level that a file can have is refused."""
    root = struct.unpack_from("<Q", big, 224)[0]
    big[root + _LEVEL] = level
    mend(big, root)
    with pytest.raises(UnreadableError) as raised:
        opened(tmp_path, big)
    assert raised.value.rule == "damaged_store"


def test_truncated(tmp_path: Path, big: bytearray) -> None:
    """A file that is cut off after its trees' pages, or before some of them, still gives what is left of it."""
    with opened(tmp_path, big) as store:
        last = max(pages_of(big, 0x80, 0) + pages_of(big, 0x81, 0) + pages_of(big, 0x80, 1) + pages_of(big, 0x81, 1))
        whole = store.item_count()
    roots = struct.unpack_from("<Q8xQ", big, 224)
    with opened(tmp_path, big[: max(last, *roots) + _PAGE]) as store:
        assert store.facts.is_truncated == (max(last, *roots) + _PAGE < len(big))
        assert store.item_count() == whole


@pytest.mark.parametrize("form", list(Form))
def test_saved_trees(mixed: MixMaker, tmp_path: Path, form: Form) -> None:
    """Trees that one process parsed are mapped by others, who read the same."""
    path = mixed(form)
    with Store.open(path) as store:
        store.parsed.trees.save(tmp_path)
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        expected = [dict(store.item(node).properties) for node in nodes]
    with Store.open(path, trees=tmp_path) as store:
        assert [dict(store.item(node).properties) for node in nodes] == expected
        assert [node for folder in store.folders() for node in store.items(folder.node)] == nodes
