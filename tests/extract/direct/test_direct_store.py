"""A store as a whole: folders, items and orphans, through the node tree ([MS-PST] 2.4)."""

import struct
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.extract.pst.direct import DamageError, Store
from pipeline.extract.pst.direct.named import Streams, parse
from pipeline.extract.pst.direct.source import checksum
from pipeline.extract.pst.direct.store import ROOT_FOLDER, _rooted
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Form
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings

MixMaker = Callable[..., Path]


def written(
    path: Path, *items: Item, form: Form = Form.UNICODE, parent: int | None = None
) -> tuple[Path, int, list[int]]:
    """Write items into one folder, or under a node that is none; give the folder and the items' nodes."""
    with path.open("wb") as out, Writer(out, StoreSettings(form=form)) as store:
        folder = store.add_folder("Items")
        nodes = [store.add(folder, item) if parent is None else store.add_orphan(item, parent) for item in items]
    return path, folder.node, nodes


@pytest.mark.parametrize("form", list(Form))
def test_folders(mixed: MixMaker, form: Form) -> None:
    """Every folder has a parent, a name and the number of its items; all lead to the root."""
    with Store.open(mixed(form)) as store:
        folders = {folder.node: folder for folder in store.folders()}
        assert ROOT_FOLDER in folders
        for folder in folders.values():
            assert folder.damage is None
            assert not folder.is_orphan
            assert folder.parent in folders
            if not folder.is_search:
                assert folder.content_count == len(store.items(folder.node)) == len(store.contents(folder.node))
                assert set(store.contents(folder.node)) == set(store.items(folder.node))
        kinds = {folder.container_class for folder in folders.values()}
        assert kinds >= ({"IPF.Contact", "IPF.Task"} if form is not Form.ANSI else {b"IPF.Contact", b"IPF.Task"})


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    "parent",
    [pytest.param(0x8FFE2, id="a folder that is gone"), pytest.param(0, id="none"), pytest.param(0x21, id="the store")],
)
def test_orphans(tmp_path: Path, form: Form, parent: int) -> None:
    """Items whose parent is no folder are found through the node tree, and can be read."""
    path, folder, nodes = written(tmp_path / "a.pst", Message(subject="lost"), form=form, parent=parent)
    with Store.open(path) as store:
        assert store.orphans() == nodes
        assert store.items(folder) == []
        assert store.item_count() == 1
        item = store.item(nodes[0])
        assert item.parent == parent
        assert item.properties.get(0x0E1D) == (b"lost" if form is Form.ANSI else "lost")


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        pytest.param({0x122: 0x122, 2: 0x122, 3: 2}, {0x122, 2, 3}, id="a chain to the root"),
        pytest.param({0x122: 0x122, 3: 2}, {0x122}, id="a parent that is gone"),
        pytest.param({0x122: 0x122, 3: 4, 4: 3, 5: 4}, {0x122}, id="a circle"),
        pytest.param({2: 0x122}, set(), id="no root"),
        pytest.param(
            {0x122: 0} | {n: n - 1 for n in range(0x123, 90_000)}, {*range(0x122, 90_000)}, id="a very long chain"
        ),
        pytest.param({}, set(), id="no folders"),
    ],
)
def test_rooted(parents: dict[int, int], expected: set[int]) -> None:
    """A folder is in its place when parents lead from it to the root; circles end."""
    assert _rooted(parents) == expected


def test_no_such_node(mixed: MixMaker) -> None:
    """A node that is not in the tree is damage, for each way to ask for it."""
    with Store.open(mixed()) as store:
        for ask in (store.item, store.node, store.properties, store.contents):
            with pytest.raises(DamageError) as raised:
                ask(0x7FFFFF04)
            assert raised.value.rule == "node_missing"
        assert store.items(0x7FFFFF02) == []


def test_hidden_items(tmp_path: Path) -> None:
    """Hidden items of a folder are listed apart from its items."""
    with (tmp_path / "a.pst").open("wb") as out, Writer(out, StoreSettings()) as writer:
        folder = writer.add_folder("Notes", role=Role.NOTES)
        hidden = writer.add_associated(folder, Message(subject="view"))
        shown = writer.add(folder, Message(subject="mail"))
    with Store.open(tmp_path / "a.pst") as store:
        assert (store.associated(folder.node), store.items(folder.node)) == ([hidden], [shown])


def nested(depth: int) -> Message:
    """Return a message in a message in a message, `depth` deep, a file beside each."""
    message = Message(subject="0")
    for level in range(1, depth + 1):
        file = Attachment(name="a.txt", data=b"x" * level * 1000)
        message = Message(subject=str(level), attachments=(Attachment(name="m", item=message), file))
    return message


@pytest.mark.parametrize("form", list(Form))
def test_messages_in_messages(tmp_path: Path, form: Form) -> None:
    """An attached message is an item like any other, as deep as it lies."""
    path, _, (node,) = written(tmp_path / "a.pst", nested(5), form=form)
    with Store.open(path) as store:
        item = store.item(node)
        for level in range(5, 0, -1):
            inner, file = item.attachments()
            assert (inner.is_message, file.is_message) == (True, False)
            assert (inner.length(), list(inner.chunks())) == (None, [])
            assert file.length() == level * 1000
            assert b"".join(file.chunks()) == b"x" * level * 1000
            with pytest.raises(DamageError, match="is no message"):
                file.message()
            item = inner.message()
            assert item.depth == 6 - level
        assert item.attachments() == []
        assert item.recipients() == []


def test_depth_is_bounded(tmp_path: Path) -> None:
    """Messages that lie in each other deeper than any mailbox are not followed for ever."""
    path, _, (node,) = written(tmp_path / "a.pst", nested(40))
    with Store.open(path) as store:
        item = store.item(node)
        while item.depth < 32:
            item = item.attachments()[0].message()
        (deeper, _) = item.attachments()
        with pytest.raises(DamageError) as raised:
            deeper.message()
    assert raised.value.rule == "message_depth"


def test_facts_of_a_damaged_store(mixed: MixMaker, tmp_path: Path) -> None:
    """What of the store itself cannot be read is told, and the rest goes on."""
    data = bytearray(mixed().read_bytes())
    with Store.open(mixed()) as store:
        trees = store.parsed.trees
        names = store.node(0x61).data_block
        assert store.facts.damage == ()
        assert store.named.names
        leaf = store.blocks.leaves(names)[0]
        offset = int(trees.block_offsets[trees.blocks.tolist().index(leaf)])
    data[offset] ^= 1
    (tmp_path / "a.pst").write_bytes(data)
    with Store.open(tmp_path / "a.pst") as store:
        assert [error.rule for error in store.facts.damage] == ["block_checksum"]
        assert store.named.names == {}
        assert store.item_count() == 60


def test_damaged_folder(mixed: MixMaker, tmp_path: Path) -> None:
    """A folder whose properties are damaged is still a folder, with its items."""
    data = bytearray(mixed().read_bytes())
    with Store.open(mixed()) as store:
        folder = next(one for one in store.folders() if one.content_count)
        trees = store.parsed.trees
        place = trees.blocks.tolist().index(store.node(folder.node).data_block)
        offset, size = int(trees.block_offsets[place]), int(trees.block_sizes[place])
    data[offset + size - 1] ^= 1
    end = offset + -(-(size + 16) // 64) * 64
    assert checksum(bytes(data[offset : offset + size])) != struct.unpack_from("<I", data, end - 12)[0]
    (tmp_path / "a.pst").write_bytes(data)
    with Store.open(tmp_path / "a.pst") as store:
        found = next(one for one in store.folders() if one.node == folder.node)
        assert found.damage is not None
        assert (found.damage.rule, found.name, found.parent) == ("block_checksum", None, folder.parent)
        assert len(store.items(folder.node)) == folder.content_count


SET = uuid.UUID("00062004-0000-0000-c000-000000000046")
PUBLIC = uuid.UUID("00020329-0000-0000-c000-000000000046")
TEXT = struct.pack("<I", 16) + "Keywords".encode("utf-16-le")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([(0x8083, 3 << 1, 0)], {0x8000: (SET, 0x8083)}, id="by number"),
        pytest.param([(0, 2 << 1 | 1, 5)], {0x8005: (PUBLIC, "Keywords")}, id="by text, in a built-in set"),
        pytest.param([(1, 3 << 1, 0), (2, 3 << 1, 0)], {0x8000: (SET, 1)}, id="a number twice: the first"),
        pytest.param([(1, 4 << 1, 0)], {}, id="no such set"),
        pytest.param([(99, 2 << 1 | 1, 0)], {}, id="text outside the stream"),
        pytest.param([(2, 2 << 1 | 1, 0)], {}, id="text longer than the stream"),
        pytest.param([], {}, id="none"),
    ],
)
def test_named(entries: list[tuple[int, int, int]], expected: dict[int, tuple[uuid.UUID, int | str]]) -> None:
    """Names are found by the store's own numbers; entries that point nowhere are left out."""
    stream = b"".join(struct.pack("<IHH", *entry) for entry in entries) + b"\1"
    named = parse(Streams(SET.bytes_le + b"half a GUID", stream, TEXT))
    assert named.names == expected
    assert named.numbers == {name: number for number, name in expected.items()}
