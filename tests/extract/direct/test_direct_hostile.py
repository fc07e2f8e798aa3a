"""Stores made to exhaust their reader: small files that would have no end, or need more memory than there is."""

import struct
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.extract.pst.direct import Attachment as ReadAttachment
from pipeline.extract.pst.direct import DamageError, Item, Store
from tests.fuzz import laws
from tests.fuzz.image import image
from tests.pstwriter.items import Attachment, Message
from tests.pstwriter.layout import Form
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings

_MESSAGE = 0x04


def write(path: Path, *items: Message, form: Form = Form.UNICODE) -> Path:
    """Write a store of some items."""
    with path.open("wb") as out, Writer(out, StoreSettings(form=form, trim=True)) as writer:
        folder = writer.add_folder("Items")
        for item in items:
            writer.add(folder, item)
    return path


def found(store: Store) -> list[Item]:
    """Return all items of a store."""
    return [store.item(node) for folder in store.folders() for node in store.items(folder.node)]


def redirected(path: Path, targets: Iterable[tuple[ReadAttachment, Item]]) -> None:
    """Make the messages that attachments hold be other ones; checksums stay right."""
    store = image(path.read_bytes())
    places = {place.identifier: place for place in store.anatomy.blocks}
    word, head = ("Q", 8) if store.anatomy.form.is_wide else ("I", 4)
    for attachment, item in targets:
        place = places[attachment.node.subnode_block & ~1]
        content = store.content(place)
        for at in range(head, len(content), struct.calcsize(f"<3{word}")):
            if content[at] & 0x1F == _MESSAGE:
                blocks = item.node.data_block, item.node.subnode_block
                struct.pack_into(f"<2{word}", content, at + struct.calcsize(f"<{word}"), *blocks)
        store.put(place, content)
    store.repair()
    path.write_bytes(store.data)


def within_itself(path: Path, items: int, form: Form = Form.UNICODE) -> Path:
    """Write a store of items that each have two attachments, both of which are the item itself."""
    inner = [Attachment(name=name, item=Message(subject="inner")) for name in ("one", "other")]
    write(path, *[Message(subject="itself", attachments=inner)] * items, form=form)
    with Store.open(path) as store:
        redirected(path, [(one, item) for item in found(store) for one in item.attachments()])
    return path


def ladder(path: Path, steps: int, items: int) -> Path:
    """Write a store of items that each have a message twice, which has another one twice, and so on down."""
    item = Message(subject="innermost")
    for _ in range(steps):
        empty = Attachment(name="other", item=Message(subject="empty"))
        item = Message(subject="step", attachments=[Attachment(name="one", item=item), empty])
    write(path, *[item] * items)
    with Store.open(path) as store:
        targets = []
        for step in found(store):
            while step.attachments():
                one, other = step.attachments()
                step = one.message()  # noqa: PLW2901 - down to the innermost
                targets.append((other, step))
        redirected(path, targets)
    return path


def seconds(path: Path) -> float:
    """Return the processor time of an extract, which must add up."""
    started = time.process_time()
    laws.extract(path, is_checked=True)
    return time.process_time() - started


@pytest.mark.parametrize("form", list(Form))
def test_a_message_within_itself(tmp_path: Path, form: Form) -> None:
    """A message whose attachment is the message itself ends there, and says so; the rest of it can be read."""
    with Store.open(within_itself(tmp_path / "self.pst", 1, form)) as store:
        (item,) = found(store)
        assert item.properties.get(0x0E1D) in ("itself", b"itself")
        for attachment in item.attachments():
            assert attachment.is_message
            with pytest.raises(DamageError) as raised:
                attachment.message()
            assert raised.value.rule == "message_cycle"


def test_many_messages_within_themselves(tmp_path: Path) -> None:
    """A hundred of them take no longer than a hundred others: without an end it would be a minute."""
    assert seconds(within_itself(tmp_path / "self.pst", 100)) < 10


def test_the_same_message_many_times(tmp_path: Path) -> None:
    """Twenty messages, each twice in the one around it, are read once each, not a million times."""
    assert seconds(ladder(tmp_path / "ladder.pst", 20, 50)) < 10
