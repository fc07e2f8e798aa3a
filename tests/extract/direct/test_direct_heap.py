"""Heaps and the trees in them, from bytes of our own making ([MS-PST] 2.3.1 and 2.3.2)."""

import struct

import pytest

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.heap import Heap
from tests.extract.direct import heap_bytes as made
from tests.extract.direct.heap_bytes import NodeMaker, hid
from tests.pstwriter.layout import Form


def test_items(make_node: NodeMaker) -> None:
    """Allocations are found by number, in the first block and in later ones, empty ones too."""
    heap = Heap(make_node(made.block(b"one", b"", b"three"), made.block(b"far", kind=None)))
    assert [heap.item(hid(index)) for index in (1, 2, 3)] == [b"one", b"", b"three"]
    assert heap.item(hid(1, block=1)) == b"far"
    assert (heap.kind, heap.root) == (made.PROPERTIES, hid(1))


def test_many_blocks(make_node: NodeMaker) -> None:
    """A heap of more blocks than are kept at a time is read as well."""
    blocks = [made.block(b"%d" % number, kind=None if number else made.PROPERTIES) for number in range(100)]
    heap = Heap(make_node(*blocks))
    assert [heap.item(hid(1, block=number)) for number in (*range(100), 3)] == [b"%d" % n for n in (*range(100), 3)]


def test_wide_identifiers(make_node: NodeMaker) -> None:
    """In the 4K form the number of the block begins three bits higher."""
    heap = Heap(make_node(made.block(*[b"x"] * 2500, b"last"), made.block(b"far", kind=None), form=Form.OST4K))
    assert heap.item(2501 << 5) == b"last"
    assert heap.item(1 << 19 | 1 << 5) == b"far"


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param(hid(4), id="index too high"),
        pytest.param(hid(0), id="index 0"),
        pytest.param(hid(0, block=1), id="index 0 of another block"),
        pytest.param(hid(1) | 1, id="a node, not an allocation"),
        pytest.param(hid(1, block=2), id="block too high"),
        pytest.param(0xFFFFFFE0, id="as high as can be"),
    ],
)
def test_no_such_item(make_node: NodeMaker, identifier: int) -> None:
    """What the heap does not have is damage."""
    heap = Heap(make_node(made.block(b"one", b"two", b"three"), made.block(b"far", kind=None)))
    with pytest.raises(DamageError) as raised:
        heap.item(identifier)
    assert raised.value.rule == "heap_item"


@pytest.mark.parametrize(
    ("blocks", "rule"),
    [
        pytest.param([], "heap_empty", id="no data"),
        pytest.param([b"\0" * 11], "heap_head", id="shorter than a head"),
        pytest.param([b"\0" * 64], "heap_head", id="no signature"),
        pytest.param([struct.pack("<HBBII", 500, 0xEC, 0xBC, 0, 0)], "heap_map", id="map outside the block"),
        pytest.param([struct.pack("<HBBIIHH", 12, 0xEC, 0xBC, 0, 0, 9, 0)], "heap_map", id="more items than bytes"),
    ],
)
def test_no_heap(make_node: NodeMaker, blocks: list[bytes], rule: str) -> None:
    """Data that is no heap is damage."""
    with pytest.raises(DamageError) as raised:
        Heap(make_node(*blocks))
    assert raised.value.rule == rule


@pytest.mark.parametrize(
    "offsets", [pytest.param([20, 12], id="ends before it starts"), pytest.param([12, 60000], id="ends outside")]
)
def test_impossible_place(make_node: NodeMaker, offsets: list[int]) -> None:
    """An allocation that is not inside its block is damage."""
    heap = Heap(make_node(made.block(b"12345678", offsets=offsets)))
    with pytest.raises(DamageError, match="cannot be there"):
        heap.item(hid(1))


def branch(*hids: int) -> bytes:
    """Return the entries of a branch of a tree with keys of two bytes."""
    return b"".join(struct.pack("<HI", number, one) for number, one in enumerate(hids))


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([made.tree(2, 6, 0)], b"", id="empty"),
        pytest.param([made.tree(2, 6, hid(2)), b"12345678abcdefgh"], b"12345678abcdefgh", id="leaf only"),
        pytest.param([made.tree(2, 6, hid(2)), b"12345678rest"], b"12345678", id="half a record at the end"),
        pytest.param(
            [made.tree(2, 6, hid(2), 1), branch(hid(4), hid(3)), b"abcdefgh", b"12345678"],
            b"12345678abcdefgh",
            id="one level, in the order of the branch",
        ),
        pytest.param(
            [made.tree(2, 6, hid(2), 2), branch(hid(3)), branch(hid(4), hid(5)), b"12345678", b"abcdefgh"],
            b"12345678abcdefgh",
            id="two levels",
        ),
    ],
)
def test_tree(make_node: NodeMaker, items: list[bytes], expected: bytes) -> None:
    """All records of a tree come out in order."""
    assert Heap(make_node(made.block(*items))).records(hid(1), 2, 6) == expected


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([b"\xb5\x02"], id="no whole head"),
        pytest.param([made.tree(2, 6, hid(2), kind=0xB6), b"12345678"], id="another kind"),
        pytest.param([made.tree(4, 4, hid(2)), b"12345678"], id="other sizes"),
        pytest.param([made.tree(2, 6, hid(2), 200), b"12345678"], id="far too deep"),
        pytest.param([made.tree(2, 6, hid(2), 3), branch(hid(2))], id="a branch under itself"),
        pytest.param([made.tree(2, 6, hid(2), 1), branch(hid(3), hid(3)), b"12345678"], id="a leaf twice"),
    ],
)
def test_no_tree(make_node: NodeMaker, items: list[bytes]) -> None:
    """A tree that cannot be is damage, and is not followed for ever."""
    with pytest.raises(DamageError) as raised:
        Heap(make_node(made.block(*items))).records(hid(1), 2, 6)
    assert raised.value.rule == "heap_tree"


def test_tree_of_the_same_bytes(make_node: NodeMaker) -> None:
    """Allocations that lie over each other, to make much of little, are read up to the limit only."""
    count = 400
    items = [made.tree(2, 6, hid(2), 1), branch(*(hid(4 + 2 * number) for number in range(count))), b"x" * 1000]
    first = made.block(*items, *[b""] * 2 * count)
    start = struct.unpack_from("<H", first)[0] + 4
    places = list(struct.unpack_from(f"<{2 * count + 4}H", first, start))
    for number in range(count):
        places[3 + 2 * number] = places[2]
    with pytest.raises(DamageError) as raised:
        Heap(make_node(made.block(*items, *[b""] * 2 * count, offsets=places), value_limit=50_000)).records(
            hid(1), 2, 6
        )
    assert raised.value.rule == "too_large"
