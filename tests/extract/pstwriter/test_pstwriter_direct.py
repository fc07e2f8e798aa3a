"""What the writer writes, our own reader reads: the same values to the last byte, however deep and however large."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract.pst.direct import Attachment as ReadAttachment
from pipeline.extract.pst.direct import Item as ReadItem
from pipeline.extract.pst.direct import Properties, Row
from pipeline.extract.pst.direct import Store as ReadStore
from tests.pstwriter import example, keys
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mapi import Key, Kind, Pair, filetime
from tests.pstwriter.mixes import Maker, write_mixed
from tests.pstwriter.people import Recipient
from tests.pstwriter.seen import see
from tests.pstwriter.store import Store, StoreSettings

CODE_PAGE = "cp932"
FORMS = [pytest.param(form, id=str(form)) for form in Form]
VARIANTS = [
    pytest.param(form, encryption, is_compressed, id=f"{form} {encryption.name.lower()}{' deflated' * is_compressed}")
    for form in Form
    for encryption in Encryption
    for is_compressed in ((True, False) if form is Form.OST4K else (False,))
]


@contextmanager
def read(path: Path, settings: StoreSettings, items: Sequence[Item]) -> Iterator[tuple[ReadStore, list[ReadItem]]]:
    """Write items into one folder; give the store and the items as our reader finds them."""
    with path.open("wb") as out, Store(out, settings) as store:
        folder = store.add_folder("Items")
        for item in items:
            store.add(folder, item)
    with ReadStore.open(path) as opened:
        assert not opened.facts.damage
        assert opened.contents(folder.node) == opened.items(folder.node)
        yield opened, [opened.item(node) for node in opened.items(folder.node)]


def value(properties: Properties | Row, number: int) -> Any:
    """Return a value, 8-bit text decoded."""
    found, kind = properties[number], properties.type_of(number)
    if kind == Kind.STRING8 and isinstance(found, bytes):
        return found.decode(CODE_PAGE)
    if kind == Kind.STRINGS8 and isinstance(found, list):
        return [one.decode(CODE_PAGE) for one in found if isinstance(one, bytes)]
    return found


def given(pairs: Iterator[Pair]) -> dict[Key, Any]:
    """Return properties in the form in which our reader gives them."""
    return {
        key: filetime(one) if key.kind is Kind.TIME else one  # type: ignore[arg-type]  # the kind says it is a time
        for key, one in pairs
        if one is not None
    }


def same(item: Item, found: ReadItem, store: ReadStore, code_page: str | None) -> None:
    """Assert that an item is as written: properties, recipients, attachments, and the items in those."""
    names = store.named.numbers

    def number(key: Key) -> int:
        return int(key.name) if key.guid is None else names[key.guid, key.name]

    wanted = given(item.pairs(code_page))
    assert {key: value(found.properties, number(key)) for key in wanted} == wanted
    assert set(found.properties) == {number(key) for key in (*wanted, keys.MESSAGE_SIZE, keys.SEARCH_KEY)}
    rows = found.recipients()
    assert len(rows) == len(item.recipients)
    for recipient, row in zip(item.recipients, rows, strict=True):
        cells = given(recipient.pairs(code_page))
        assert {key: value(row, number(key)) for key in cells} == cells
    attachments = found.attachments()
    assert len(attachments) == len(item.attachments)
    for attachment, there in zip(item.attachments, attachments, strict=True):
        same_attachment(attachment, there, store, code_page)


def same_attachment(attachment: Attachment, found: ReadAttachment, store: ReadStore, code_page: str | None) -> None:
    """Assert that an attachment is as written."""
    wanted = given(attachment.pairs())
    assert {key: value(found.properties, int(key.name)) for key in wanted} == wanted
    if attachment.item is None:
        assert b"".join(found.chunks()) == attachment.data
        assert found.length() == len(attachment.data)
    else:
        assert found.is_message
        same(attachment.item, found.message(), store, code_page)


@pytest.mark.parametrize(("form", "encryption", "is_compressed"), VARIANTS)
def test_every_kind_of_item(tmp_path: Path, form: Form, encryption: Encryption, *, is_compressed: bool) -> None:
    """Items of every kind are read as they were written, in every form and encoding."""
    settings = StoreSettings(
        form=form, encryption=encryption, code_page=CODE_PAGE, compress=is_compressed, trim=True, seed=3
    )
    code_page = CODE_PAGE if form is Form.ANSI else None
    with read(tmp_path / "all.pst", settings, example.ALL) as (store, found):
        for item, there in zip(example.ALL, found, strict=True):
            same(item, there, store, code_page)


@pytest.mark.parametrize(("form", "encryption", "is_compressed"), VARIANTS)
def test_sizes(tmp_path: Path, form: Form, encryption: Encryption, *, is_compressed: bool) -> None:
    """Values, files, recipients, attachments and properties of every number and size are read as they were written."""
    odd = [(Key(Kind.STRING, f"Property {n}", keys.PSETID_COMMON), f"Value {n}") for n in range(1500)]
    data = bytes(number * 7 % 251 for number in range(200_000))
    items: list[Item] = [Message(html=data[:size]) for size in (0, 1, 3580, 3581, 8176, 8177, 16_353, 65_512, 65_513)]
    items += [
        Message(attachments=[Attachment(name="big.bin", data=data * 43)]),
        Message(attachments=[Attachment(name=f"{n}.txt", data=b"%d" % n) for n in range(700)]),
        Message(recipients=[Recipient(name=f"Name {n}", address=f"n{n}@kaede.example") for n in range(1500)]),
        Message(extra=odd),
    ]
    settings = StoreSettings(form=form, encryption=encryption, code_page=CODE_PAGE, compress=is_compressed, trim=True)
    with read(tmp_path / "sizes.pst", settings, items) as (store, found):
        for item, there in zip(items[:-1], found[:-1], strict=True):
            same(item, there, store, CODE_PAGE if form is Form.ANSI else None)
        numbers = store.named.numbers
        wide = found[-1].properties
        assert [value(wide, numbers[keys.PSETID_COMMON, key.name]) for key, _ in odd] == [text for _, text in odd]


@pytest.mark.parametrize("form", FORMS)
def test_the_mix(tmp_path: Path, form: Form) -> None:
    """The items of the benchmark's mix are read as they were made, and as pypff reads them."""
    path = tmp_path / "mix.pst"
    settings = StoreSettings(form=form, code_page=CODE_PAGE, is_lossy=True, trim=True)
    with path.open("wb") as out, Store(out, settings) as written:
        write_mixed(written, 300, 11)
    seen = see(path, CODE_PAGE if form is Form.ANSI else None).items()
    with ReadStore.open(path) as store:
        assert store.item_count() == len(seen) == 300
        for one in seen:
            item = store.item(one.node)
            assert {number: value(item.properties, number) for number in item.properties} == one.values
            assert [b"".join(file.chunks()) for file in item.attachments()] == [file.data for file in one.attachments]


def test_a_maker_makes_the_same_again() -> None:
    """The items of a seed are equal in every field, whoever makes them."""
    one, other = Maker(5), Maker(5)
    for make in ("contact", "task", "appointment", "message"):
        assert getattr(one, make)() == getattr(other, make)()


@pytest.mark.parametrize("form", FORMS)
def test_messages_within_messages(tmp_path: Path, form: Form) -> None:
    """A message in a message in a message, twelve deep, is read as it was written."""
    item = Message(subject="innermost", body="found", attachments=[Attachment(name="a.txt", data=b"a")])
    for depth in range(12):
        item = Message(subject=f"around {depth}", attachments=[Attachment(name=f"in {depth}", item=item)])
    with read(tmp_path / "deep.pst", StoreSettings(form=form, trim=True), [item]) as (store, found):
        same(item, found[0], store, "cp1252" if form is Form.ANSI else None)


@pytest.mark.parametrize("form", FORMS)
def test_hidden_and_orphaned_items(tmp_path: Path, form: Form) -> None:
    """Hidden items are beside the others of their folder; an item whose folder is not there is an orphan."""
    path = tmp_path / "odd.pst"
    with path.open("wb") as out, Store(out, StoreSettings(form=form, trim=True)) as written:
        inbox = written.add_folder("Inbox", role=Role.INBOX)
        seen = written.add(inbox, Item(subject="seen"))
        hidden = written.add_associated(inbox, Item(subject="hidden", message_class="IPM.Configuration.View"))
        orphan = written.add_orphan(Item(subject="orphan"), 0x00FFFFE2)
    with ReadStore.open(path) as store:
        assert store.items(inbox.node) == store.contents(inbox.node) == [seen]
        assert store.associated(inbox.node) == [hidden]
        assert store.orphans() == [orphan]
        assert store.item(orphan).properties[0x0E1D] in {"orphan", b"orphan"}


def test_an_item_that_pypff_drops(tmp_path: Path) -> None:
    """A property of type 0 costs the item in pypff; our reader has all of it."""
    item = Message(subject="kept", extra=[(Key(Kind.UNSPECIFIED, 0x6999), 7)])
    path = tmp_path / "drop.pst"
    with read(path, StoreSettings(trim=True), [item]) as (_, (found,)):
        assert found.properties[0x0E1D] == "kept"
        assert found.properties.raw(0x6999) == (0, (7).to_bytes(4, "little"))
    with pytest.raises(OSError, match="unsupported value type: 0x00000000"):
        see(path)


@pytest.mark.parametrize("form", FORMS)
def test_folders(tmp_path: Path, form: Form) -> None:
    """Names, classes and counts of folders are read as they were written, and each hangs below its parent."""
    path = tmp_path / "folders.pst"
    with path.open("wb") as out, Store(out, StoreSettings(form=form, code_page=CODE_PAGE, trim=True)) as written:
        tasks = written.add_folder("仕事", role=Role.TASKS)
        below = written.add_folder("完了", parent=tasks, container_class="IPF.Task")
        written.add(below, example.TASK)
    codec = CODE_PAGE if form is Form.ANSI else "utf-16-le"
    with ReadStore.open(path) as store:
        folders = {folder.node: folder for folder in store.folders()}
        assert not any(folder.is_orphan or folder.damage for folder in folders.values())
        found = [folders[node] for node in (tasks.node, below.node)]
        texts = [[store.properties(one.node).raw(tag) for tag in (0x3001, 0x3613)] for one in found]
        assert [[raw[1].decode(codec) for raw in row if raw] for row in texts] == [
            ["仕事", "IPF.Task"],
            ["完了", "IPF.Task"],
        ]
        assert [(one.parent, one.content_count) for one in found] == [(tasks.parent, 0), (tasks.node, 1)]
