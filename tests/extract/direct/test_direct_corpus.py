"""Real stores: the same as pypff wherever it can read, and what it drops."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pypff
import pytest

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import Properties, Row, Store

STORES = (
    "aspose_contact", "aspose_pw", "asposejava_chunk0", "asposenet_contacts72", "asposenet_split0",
    "asposenet_testpart1",
    "gopst_32bit_ansi", "hiraoka_contacts", "hiraoka_contacts97-2002_ansi", "jl_distlist", "ms_empty",
    "rubymsg_200recipients", "rubymsg_msginmsg", "tika_bodytypes",
)  # fmt: skip
LOST_BY_PYPFF = {"asposejava_chunk0": 3, "asposenet_testpart1": 12}


def opened(corpus: Path, name: str) -> Store:
    """Open a store of the corpus."""
    return Store.open(corpus / "pst" / f"{name}.pst")


def entries(record_set: Any) -> Mapping[int, tuple[int, bytes]]:
    """Return type and bytes of pypff's properties by number."""
    return {entry.entry_type: (entry.value_type, entry.data or b"") for entry in record_set.entries}


def assert_same(found: Properties | Row, expected: Mapping[int, tuple[int, bytes]]) -> int:
    """Assert that all properties are the same; give how many. pypff makes up empty cells that a row does not have."""
    assert {number: found.raw(number) for number in found} == {number: expected[number] for number in found}
    made_up = {number: raw for number, (_, raw) in expected.items() if number not in found}
    assert not any(map(any, made_up.values()))
    assert not made_up or isinstance(found, Row)
    return len(found)


def folders_of(file: Any) -> Iterator[Any]:
    """Walk pypff's folders."""
    waiting = [file.root_folder]
    while waiting:
        folder = waiting.pop()
        yield folder
        waiting += [folder.get_sub_folder(index) for index in range(folder.number_of_sub_folders)]


def messages_of(folder: Any) -> Iterator[Any]:
    """Give the items of a folder that pypff can read."""
    try:
        count = folder.number_of_sub_messages
    except OSError:
        return
    for index in range(count):
        try:
            yield folder.get_sub_message(index)
        except OSError:
            continue


def parts_same(store: Store, message: Any) -> None:
    """Assert that recipients and attachments, their data too, are the same."""
    item = store.item(message.identifier)
    table = getattr(message, "recipients", None)
    rows = list(table.record_sets) if table is not None else []
    for found, expected in zip(item.recipients(), rows, strict=True):
        assert_same(found, entries(expected))
    count = getattr(message, "number_of_attachments", 0)
    for attachment, index in zip(item.attachments(), range(count), strict=True):
        expected = message.get_attachment(index)
        assert_same(attachment.properties, entries(expected.get_record_set(0)))
        if not attachment.is_message:
            assert attachment.length() == expected.size
            assert b"".join(attachment.chunks()) == (expected.read_buffer(expected.size) if expected.size else b"")


@pytest.mark.parametrize("name", STORES)
def test_same_as_pypff(corpus: Path, name: str) -> None:
    """Folders, items and the bytes of each property are those that pypff finds; the items that it loses are there."""
    file = pypff.file()
    file.open(str(corpus / "pst" / f"{name}.pst"))
    seen, lost, values = set(), 0, 0
    with opened(corpus, name) as store:
        values += assert_same(store.properties(0x21), entries(file.message_store.get_record_set(0)))
        values += assert_same(store.properties(0x61), entries(file.name_to_id_map.get_record_set(0)))
        for folder in folders_of(file):
            seen.add(folder.identifier)
            if folder.number_of_record_sets:
                values += assert_same(store.properties(folder.identifier), entries(folder.get_record_set(0)))
            items = set(store.items(folder.identifier))
            for message in messages_of(folder):
                items.remove(message.identifier)
                values += assert_same(store.item(message.identifier).properties, entries(message.get_record_set(0)))
                parts_same(store, message)
            lost += len(items)
        assert {folder.node for folder in store.folders() if not folder.is_search} <= seen
        assert lost == LOST_BY_PYPFF.get(name, 0)
        assert values > 70
    file.close()


@pytest.mark.parametrize("name", STORES)
def test_whole(corpus: Path, name: str) -> None:
    """Nothing of a real store is damaged, orphaned or missing in a contents table."""
    with opened(corpus, name) as store:
        facts = store.facts
        assert (*facts.lost_nodes, *facts.lost_blocks, *facts.damage, *store.orphans()) == ()
        assert not facts.is_truncated
        assert facts.header.is_checksum_right
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        assert len(nodes) == store.item_count()
        batch = store.batch(nodes)
        for number in batch.numbers():
            assert batch.column(number) == [store.item(node).properties.get(number) for node in nodes]
        assert not batch.damage
        for folder in store.folders():
            if not folder.is_search:
                assert set(store.contents(folder.node)) == set(store.items(folder.node))
                assert folder.content_count in {len(store.items(folder.node)), None}


def test_messages_that_pypff_drops(corpus: Path) -> None:
    """A property of no type costs nothing: the three messages are there, recipients and attachments too."""
    with opened(corpus, "asposejava_chunk0") as store:
        items = [store.item(node) for folder in store.folders() for node in store.items(folder.node)]
        assert [item.properties.get(0x001A) for item in items] == ["IPM.Note"] * 3
        assert all(item.properties.get(0x0037) for item in items)
        assert [[one.length() for one in item.attachments()] for item in items] == [[140647, 44515]] * 3
        assert any(item.properties.type_of(number) == 0 for item in items for number in item.properties)


def test_contacts_that_pypff_drops(corpus: Path) -> None:
    """All 21 contacts are there, each with a name: pypff reads 9 of them."""
    with opened(corpus, "asposenet_testpart1") as store:
        (folder,) = (one for one in store.folders() if one.container_class == "IPF.Contact" and one.content_count)
        contacts = [store.item(node).properties for node in store.items(folder.node)]
        assert len(contacts) == 21
        assert all(one.get(0x001A) == "IPM.Contact" and one.get(0x3001) for one in contacts)


def test_all_recipients(corpus: Path) -> None:
    """200 recipients of one message are all there, each with its own address."""
    with opened(corpus, "rubymsg_200recipients") as store:
        (node,) = (node for folder in store.folders() for node in store.items(folder.node))
        rows = store.item(node).recipients()
        assert len(rows) == 200
        assert len({row[0x3003] for row in rows}) == 200


def test_attendees_of_an_ansi_store(corpus: Path) -> None:
    """The seven people of the appointment are there, with names, SMTP addresses and roles."""
    with opened(corpus, "gopst_32bit_ansi") as store:
        (node,) = (node for folder in store.folders() for node in store.items(folder.node))
        rows = store.item(node).recipients()
        assert store.item(node).properties.get(0x001A) == b"IPM.Appointment"
        assert len(rows) == 7
        assert all(isinstance(row[0x3001], bytes) and row[0x3001] for row in rows)
        assert [row[0x5FFD] for row in rows].count(3) == 1


def test_message_in_message(corpus: Path) -> None:
    """The attached message can be opened, which pypff cannot do, and has properties and recipients of its own."""
    with opened(corpus, "rubymsg_msginmsg") as store:
        (node,) = (node for folder in store.folders() for node in store.items(folder.node))
        outer = store.item(node)
        inner = [one.message() for one in outer.attachments() if one.is_message]
        assert [item.properties.get(0x001A) for item in inner] == ["IPM.Note"]
        assert inner[0].properties.get(0x0037) != outer.properties.get(0x0037)


def test_code_page_twins(corpus: Path) -> None:
    """The ANSI store and its Unicode twin hold the same contact, the one's text in code page 932."""
    with opened(corpus, "hiraoka_contacts") as wide, opened(corpus, "hiraoka_contacts97-2002_ansi") as narrow:
        texts = []
        for store in (wide, narrow):
            (node,) = (node for folder in store.folders() for node in store.items(folder.node))
            texts.append(
                {number: store.item(node).properties.get(number) for number in (0x3A06, 0x3A11, 0x3A16, 0x3001)}
            )
    decoded = {number: text.decode("cp932") for number, text in texts[1].items() if isinstance(text, bytes)}
    assert decoded == {number: text for number, text in texts[0].items() if text is not None}
    assert any(ord(character) > 0x3000 for text in decoded.values() for character in text)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        pytest.param("asposec_smtp_badsignature", "not_a_store", id="a text file"),
        pytest.param("asposenet_bulk_badchecksum", "damaged_store", id="a header that is older than its trees"),
    ],
)
def test_unreadable(corpus: Path, name: str, rule: str) -> None:
    """A file that is no store, or one whose trees are not where the header says, is refused with the reason."""
    with pytest.raises(UnreadableError) as raised:
        opened(corpus, name)
    assert raised.value.rule == rule
