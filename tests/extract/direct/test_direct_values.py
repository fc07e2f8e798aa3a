"""Values of every type, and properties and rows that hold them ([MS-OXCDATA] 2.11.1, [MS-PST] 2.3.3 and 2.3.4)."""

import struct
from typing import Any

import pytest

from pipeline.extract.pst.direct import values
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.property_context import Properties
from pipeline.extract.pst.direct.table_context import Table
from tests.extract.direct import heap_bytes as made
from tests.extract.direct.heap_bytes import NodeMaker, hid

GUID = bytes(range(16))


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        pytest.param(0x0000, b"\1\2\3\4", b"\1\2\3\4", id="unspecified: the bytes"),
        pytest.param(0x0001, b"", None, id="null"),
        pytest.param(0x0002, b"\xfe\xff", -2, id="integer of 16 bits"),
        pytest.param(0x0003, b"\xfe\xff\xff\xff", -2, id="integer of 32 bits"),
        pytest.param(0x0004, struct.pack("<f", 0.5), 0.5, id="float of 32 bits"),
        pytest.param(0x0005, struct.pack("<d", 0.25), 0.25, id="float of 64 bits"),
        pytest.param(0x0006, struct.pack("<q", 12345), 12345, id="currency"),
        pytest.param(0x0007, struct.pack("<d", 2.5), 2.5, id="floating time"),
        pytest.param(0x000A, b"\x05\x00\x04\x80", 0x80040005, id="error code"),
        pytest.param(0x000B, b"\1", True, id="true"),
        pytest.param(0x000B, b"\0", False, id="false"),
        pytest.param(0x0014, b"\xff" * 8, -1, id="integer of 64 bits"),
        pytest.param(0x001E, b"\x98A", b"\x98A", id="8-bit text: the bytes"),
        pytest.param(0x001F, "山田 𠮷".encode("utf-16-le"), "山田 𠮷", id="text"),
        pytest.param(0x001F, b"a\0b", "a", id="half a character at the end"),
        pytest.param(0x001F, b"\x00\xd8a\0", "\ufffda", id="half a surrogate pair"),
        pytest.param(0x001F, b"", "", id="empty text"),
        pytest.param(0x0040, struct.pack("<q", 132_000_000_000_000_000), 132_000_000_000_000_000, id="time"),
        pytest.param(0x0040, b"", None, id="a time of no bytes"),
        pytest.param(0x0048, GUID, GUID, id="GUID: the bytes"),
        pytest.param(0x0102, b"\0\1", b"\0\1", id="binary"),
        pytest.param(0x00FB, b"\1", b"\1", id="server id: the bytes"),
        pytest.param(0x1002, b"\1\0\2\0", [1, 2], id="integers of 16 bits"),
        pytest.param(0x1003, struct.pack("<ii", 1, -1), [1, -1], id="integers of 32 bits"),
        pytest.param(0x1003, b"\1\0\0\0\2", [1], id="half an integer at the end"),
        pytest.param(0x1004, struct.pack("<ff", 0.5, -1), [0.5, -1.0], id="floats of 32 bits"),
        pytest.param(0x1005, struct.pack("<dd", 0.25, 2), [0.25, 2.0], id="floats of 64 bits"),
        pytest.param(0x1006, struct.pack("<q", 12345), [12345], id="currencies"),
        pytest.param(0x1007, struct.pack("<d", 2.5), [2.5], id="floating times"),
        pytest.param(0x1014, struct.pack("<q", 5), [5], id="integers of 64 bits"),
        pytest.param(0x1040, struct.pack("<q", 5), [5], id="times"),
        pytest.param(0x1048, GUID * 2, [GUID, GUID], id="GUIDs"),
        pytest.param(0x101F, struct.pack("<III", 2, 12, 14) + "赤b".encode("utf-16-le"), ["赤", "b"], id="texts"),
        pytest.param(0x101F, struct.pack("<I", 0), [], id="no texts"),
        pytest.param(0x101F, b"", [], id="texts of no bytes"),
        pytest.param(0x101E, struct.pack("<II", 1, 8) + b"ab", [b"ab"], id="8-bit texts: the bytes"),
        pytest.param(0x1102, struct.pack("<III", 2, 12, 12) + b"ab", [b"", b"ab"], id="binaries, one empty"),
        pytest.param(0x7777, b"\1\2\3\4", b"\1\2\3\4", id="a type of no specification"),
    ],
)
def test_decode(kind: int, raw: bytes, expected: Any) -> None:
    """A value of each type is the Python value that one would expect, or the bytes where there is none."""
    found = values.decode(kind, raw)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        pytest.param(0x0003, b"\1", id="too few bytes"),
        pytest.param(0x0040, b"\1\0\0\0", id="half a time"),
        pytest.param(0x101F, b"\1", id="no whole count"),
        pytest.param(0x101F, struct.pack("<I", 0xFFFFFFFF), id="more texts than bytes"),
        pytest.param(0x101F, struct.pack("<II", 1, 9), id="a text outside"),
        pytest.param(0x101F, struct.pack("<II", 1, 3), id="a text in its own offset"),
        pytest.param(0x1102, struct.pack("<III", 2, 14, 12) + b"ab", id="parts in the wrong order"),
    ],
)
def test_impossible(kind: int, raw: bytes) -> None:
    """Bytes that cannot be a value of the type are damage, and nothing is made from the numbers in them."""
    with pytest.raises(DamageError) as raised:
        values.decode(kind, raw)
    assert raised.value.rule == "value_size"


def test_properties(make_node: NodeMaker) -> None:
    """Values are found beside the tag, in the heap and in sub-nodes; what is absent is None."""
    node = make_node(
        made.properties(
            made.tag(0x0000, 0x0000, 0x04030201),
            made.tag(0x0017, 0x0003, 0xFFFFFFFF),
            made.tag(0x001A, 0x001F, hid(3)),
            made.tag(0x0037, 0x001F, 0),
            made.tag(0x0E1B, 0x000B, 1),
            made.tag(0x1000, 0x001F, 0x401F),
            made.tag(0x1001, 0x001F, 0x403F),
            made.tag(0x3007, 0x0040, hid(4)),
            items=["IPM.Note".encode("utf-16-le"), struct.pack("<q", 7)],
        ),
        subnodes=[(0x401F, "long".encode("utf-16-le") * 3000)],
    )
    found = Properties(node)
    assert {number: found.get(number) for number in found if number != 0x1001} == {
        0x0000: b"\1\2\3\4",
        0x0017: -1,
        0x001A: "IPM.Note",
        0x0037: "",
        0x0E1B: True,
        0x1000: "long" * 3000,
        0x3007: 7,
    }
    assert found.get(0x9999) is None
    assert found.get(0x9999, "none") == "none"
    assert found.raw(0x0017) == (3, b"\xff\xff\xff\xff")
    assert found.raw(0x0E1B) == (0x0B, b"\1")
    assert (found.type_of(0x001A), found.type_of(0x9999)) == (0x1F, None)
    assert len(found) == 8
    assert 0x1001 in found
    with pytest.raises(DamageError, match="no sub-node 0x403f"):
        found[0x1001]
    with pytest.raises(KeyError):
        found[0x9999]


def test_large_value_by_pieces(make_node: NodeMaker) -> None:
    """A value over the limit is refused as one, and read in pieces."""
    node = make_node(
        made.properties(made.tag(0x3701, 0x0102, 0x401F)), subnodes=[(0x401F, bytes(30_000))], value_limit=9_000
    )
    found = Properties(node)
    with pytest.raises(DamageError) as raised:
        found.get(0x3701)
    assert raised.value.rule == "too_large"
    stored = found.stored(0x3701)
    assert stored is not None
    assert (stored.length(), sum(map(len, stored.chunks()))) == (30_000, 30_000)


def test_no_properties(make_node: NodeMaker) -> None:
    """A heap that is about something else holds no properties."""
    with pytest.raises(DamageError) as raised:
        Properties(make_node(made.block(made.tree(2, 6, 0), kind=made.TABLE)))
    assert raised.value.rule == "property_context"


COLUMNS = [
    made.column(0x0003, 0x67F2, 0, 4, 0),
    made.column(0x001F, 0x3001, 4, 4, 1),
    made.column(0x0040, 0x3007, 8, 8, 2),
    made.column(0x0000, 0x0C15, 16, 4, 3),
    made.column(0x000B, 0x0E0F, 20, 1, 4),
]
WIDTH = {"bits": 21, "size": 22}


def row(identifier: int, name: int, cells: int) -> bytes:
    """Return a row of the columns above; `cells` has a bit for each that the row has, the first is the highest."""
    return struct.pack("<IIqIBB", identifier, name, 9, 1, 1, cells)


def index(*pairs: tuple[int, int]) -> bytes:
    """Return a row index: row identifier and number of the row."""
    return b"".join(struct.pack("<II", *pair) for pair in pairs)


def test_table(make_node: NodeMaker) -> None:
    """Rows have the cells that their bits say, of any type, in the order in which they are stored."""
    items = made.table(COLUMNS, hid(4), index((2, 1), (9, 0)), **WIDTH)
    rows = row(9, hid(5), 0b11111000) + row(2, 0, 0b10000000)
    found = Table(make_node(made.block(*items, rows, "Sato".encode("utf-16-le"), kind=made.TABLE)), is_wide=True).rows()
    assert [one.identifier for one in found] == [9, 2]
    assert dict(found[0]) == {0x67F2: 9, 0x3001: "Sato", 0x3007: 9, 0x0C15: b"\1\0\0\0", 0x0E0F: True}
    assert dict(found[1]) == {0x67F2: 2}
    assert (len(found[1]), found[1].get(0x3001), found[0].type_of(0x3001)) == (1, None, 0x1F)
    assert found[0].raw(0x0E0F) == (0x0B, b"\1")
    with pytest.raises(KeyError):
        found[1][0x3001]


def test_rows_in_blocks(make_node: NodeMaker) -> None:
    """A row matrix of several blocks has whole rows in each: what is left over at a block's end is no row."""
    per_block, count = 8176 // 22, 1000
    rows = [row(number, 0, 0b10000000) for number in range(count)]
    blocks = [b"".join(rows[at : at + per_block]).ljust(8176, b"\xff") for at in range(0, count, per_block)]
    entries = index(*((number, number) for number in range(count)))
    branches = b"".join(struct.pack("<II", first, hid(4 + first // 400)) for first in range(0, count, 400))
    items = [made.table(COLUMNS, 0x403F, b"", **WIDTH)[0], made.tree(4, 4, hid(3), 1), branches]
    leaves = [entries[at : at + 3200] for at in range(0, len(entries), 3200)]
    node = make_node(made.block(*items, *leaves, kind=made.TABLE), subnodes=[(0x403F, b"".join(blocks))])
    assert [one[0x67F2] for one in Table(node, is_wide=True).rows()] == list(range(count))


@pytest.mark.parametrize(
    ("items", "rule"),
    [
        pytest.param([b"\x7c"], "table", id="no whole head"),
        pytest.param(made.table([], 0, b"", bits=0, size=0), "table", id="rows of no bytes"),
        pytest.param(made.table(COLUMNS, 0, b"", bits=21, size=21), "table", id="no room for the bits"),
        pytest.param(made.table(COLUMNS, 0, b"", bits=8, size=9), "table", id="columns outside the rows"),
        pytest.param(made.table(COLUMNS, 0, index((1, 0)), **WIDTH), "table_rows", id="an index without rows"),
        pytest.param(made.table(COLUMNS, 0x403F, index((1, 0)), **WIDTH), "subnode_missing", id="rows nowhere"),
        pytest.param(made.table(COLUMNS, hid(9), index((1, 0)), **WIDTH), "heap_item", id="rows in no allocation"),
    ],
)
def test_no_table(make_node: NodeMaker, items: list[bytes], rule: str) -> None:
    """A table that cannot be is damage."""
    with pytest.raises(DamageError) as raised:
        Table(make_node(made.block(*items, kind=made.TABLE)), is_wide=True).rows()
    assert raised.value.rule == rule


def test_lost_row(make_node: NodeMaker) -> None:
    """A row that the index names and the matrix lacks is told: no attendee is lost in silence."""
    items = made.table(COLUMNS, hid(4), index((1, 0), (2, 1)), **WIDTH)
    with pytest.raises(DamageError, match="1 of 2 rows"):
        Table(make_node(made.block(*items, row(1, 0, 0x80), kind=made.TABLE)), is_wide=True).rows()


def test_empty_table(make_node: NodeMaker) -> None:
    """A table without rows, and without an index, has no rows."""
    items = made.table(COLUMNS, 0, b"", **WIDTH)
    items[0] = items[0][:10] + bytes(4) + items[0][14:]
    assert Table(make_node(made.block(*items, kind=made.TABLE)), is_wide=True).rows() == []
