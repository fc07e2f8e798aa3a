"""The stores that are damaged: real ones, and written ones of every form and encoding."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.pstwriter import example
from tests.pstwriter.appointments import Appointment
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mixes import write_mixed
from tests.pstwriter.store import Store, StoreSettings

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "pst"
REAL = (
    "aspose_contact", "aspose_pw", "asposejava_chunk0", "asposenet_contacts72", "asposenet_split0",
    "asposenet_testpart1", "gopst_32bit_ansi", "hiraoka_contacts", "hiraoka_contacts97-2002_ansi",
    "jl_distlist", "ms_empty", "rubymsg_200recipients", "rubymsg_msginmsg", "tika_bodytypes",
)  # fmt: skip
"""The stores of the corpus that are not broken as they are; a case of one is skipped where the corpus is not."""

_WRITTEN = {
    f"{form}-{encryption.name.lower()}{'-deflated' * is_compressed}": (form, encryption, is_compressed)
    for form in Form
    for encryption in Encryption
    for is_compressed in ((False, True) if form is Form.OST4K else (False,))
}
NAMES = (*REAL, *_WRITTEN)
_ITEMS = 8
_DEPTH = 4
_BIG = 20_000  # more than two blocks of the small forms


@cache
def load(name: str) -> bytes | None:
    """Return the bytes of a store, None for a real one that is not here."""
    if name in _WRITTEN:
        return _written(*_WRITTEN[name])
    path = CORPUS / f"{name}.pst"
    return path.read_bytes() if path.is_file() else None


def _written(form: Form, encryption: Encryption, is_compressed: bool) -> bytes:  # noqa: FBT001 - a row of a table
    """Write a small store with items of every kind, messages within messages, large values, and an orphan."""
    out = io.BytesIO()
    settings = StoreSettings(
        form=form, encryption=encryption, code_page="cp932", is_lossy=True, compress=is_compressed, trim=True, seed=1
    )
    with Store(out, settings) as store:
        folder = store.add_folder("Notes", role=Role.NOTES)
        for item in (*example.ALL, _nested(), _large(), _changed()):
            store.add(folder, item)
        store.add_associated(folder, Item(subject="view", message_class="IPM.Configuration.View"))
        store.add_orphan(Message(subject="lost"), 0x00FFFFE2)
        write_mixed(store, _ITEMS, 1)
    return out.getvalue()


def _nested() -> Message:
    item = Message(subject="innermost")
    for _ in range(_DEPTH):
        item = Message(
            subject="around", attachments=[Attachment(name="in", item=item), Attachment(name="a", data=b"a")]
        )
    return item


def _changed() -> Appointment:
    """Return a series of which one occurrence is an item of its own."""
    recurrence = example.APPOINTMENT.recurrence
    assert recurrence is not None
    (one,) = recurrence.modified
    own = replace(one, body="この回だけの議題", recipients=example.APPOINTMENT.recipients)
    return replace(example.APPOINTMENT, recurrence=replace(recurrence, modified=[own]))


def _large() -> Message:
    return Message(html=b"<p>" * _BIG, attachments=[Attachment(name="big", data=bytes(range(256)) * (_BIG // 64))])
