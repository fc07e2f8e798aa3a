"""What the writer writes, pypff reads: every property of every kind of item, in every form and encryption."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.pstwriter import example, keys
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Folder, Role
from tests.pstwriter.items import Item
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mapi import Key, Kind, Value, filetime
from tests.pstwriter.seen import SeenStore, see
from tests.pstwriter.store import Store, StoreSettings

CODE_PAGE = "cp932"
VARIANTS = [
    pytest.param(form, encryption, id=f"{form} {encryption.name.lower()}") for form in Form for encryption in Encryption
]


def write(path: Path, items: Sequence[Item], settings: StoreSettings) -> SeenStore:
    """Write items into one folder and return what pypff sees of the store."""
    with path.open("wb") as out, Store(out, settings) as store:
        folder = store.add_folder("受信トレイ", role=Role.INBOX)
        for item in items:
            store.add(folder, item)
    return see(path, CODE_PAGE if settings.form is Form.ANSI else None)


def settings_of(form: Form, encryption: Encryption = Encryption.PERMUTE) -> StoreSettings:
    """Return settings for a small store with Japanese text."""
    return StoreSettings(form=form, encryption=encryption, code_page=CODE_PAGE, trim=True)


def expected(key: Key, value: Value) -> Any:
    """Return a value in the form in which it is read."""
    if key.kind is Kind.TIME:
        return filetime(value)  # type: ignore[arg-type]  # the kind says that it is a time
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(("form", "encryption"), VARIANTS)
def test_every_property_is_read_back(tmp_path: Path, form: Form, encryption: Encryption) -> None:
    """Every property that an item has is read with its value, and no other property beside key and size."""
    seen = write(tmp_path / "all.pst", example.ALL, settings_of(form, encryption)).folder("受信トレイ").items
    code_page = CODE_PAGE if form is Form.ANSI else None
    for item, read in zip(example.ALL, seen, strict=True):
        given = {key: expected(key, value) for key, value in item.pairs(code_page) if value is not None}
        assert given == {key: read[key] for key in given}
        assert len(read.values) == len(given) + 2
        assert read[keys.MESSAGE_SIZE] > 0
        assert len(read[keys.SEARCH_KEY]) == 16


@pytest.mark.parametrize("form", list(Form))
def test_recipients_are_read_back(tmp_path: Path, form: Form) -> None:
    """Each recipient's row is there in order, with role, address, organizer's mark and response.

    What a row lacks pypff reads as 0 or as no text.
    """
    items = [item for item in example.ALL if item.recipients]
    seen = write(tmp_path / "all.pst", items, settings_of(form)).folder("受信トレイ").items
    for item, read in zip(items, seen, strict=True):
        rows = [
            (row[0x3001], row[0x3002], row[0x3003], row[0x0C15], row[0x5FFD], row[0x5FFF], row[0x39FE])
            for row in read.recipients
        ]
        assert rows == [
            (one.name, one.kind, one.address, one.role, 3 if one.is_organizer else 1, one.response or 0, one.smtp or "")
            for one in item.recipients
        ]


@pytest.mark.parametrize("form", list(Form))
def test_attachments_are_read_back(tmp_path: Path, form: Form) -> None:
    """Files come back byte for byte; the attached message has its method, its name and its size."""
    (read,) = write(tmp_path / "all.pst", [example.MESSAGE], settings_of(form)).folder("受信トレイ").items
    pdf, logo, message = read.attachments
    assert [pdf.values[tag] for tag in (0x3707, 0x370E, 0x3705)] == ["見積書 2024年5月.pdf", "application/pdf", 1]
    assert (pdf.data, pdf.values[0x0E20]) == (example.MESSAGE.attachments[0].data, 2048)
    assert (logo.values[0x3712], logo.values[0x7FFE], logo.data) == ("logo@1", True, b"\x89PNG")
    assert (message.values[0x3705], message.values[0x3001]) == (5, "転送")
    assert 0x3707 not in message.values
    assert struct.unpack("<II", message.values[0x3701]) == (0x200024, message.values[0x0E20])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(keys.BIRTHDAY, 121257756000000000, id="birthday: the instant of Japan's midnight"),
        pytest.param(keys.BIRTHDAY_LOCAL, 121258080000000000, id="birthday: the floating day"),
        pytest.param(keys.EMAIL_DISPLAY[0], "見本 花子 (hanako@mihon-works.example)", id="display of address 1"),
        pytest.param(keys.EMAIL_DISPLAY[1], "花子 私用", id="display of address 2"),
        pytest.param(keys.EMAIL_TYPE[2], "EX", id="type of address 3"),
        pytest.param(keys.EMAIL_ORIGINAL[2], "hanako@kaede-shoji.example", id="original of address 3"),
        pytest.param(keys.MAIL_CITY, "千代田区", id="the address for mailing is the business one"),
        pytest.param(keys.WORK_PO_BOX, "7", id="post-office box"),
        pytest.param(keys.KEYWORDS, ["取引先", "Zoho"], id="categories"),
        pytest.param(keys.PRIVATE, True, id="private"),
        pytest.param(keys.SUBJECT, "\x01\x01見本 花子", id="subject is the name"),
    ],
)
def test_contact(tmp_path: Path, key: Key, value: Any) -> None:
    """A contact's properties have the values that Outlook gives them."""
    (read,) = write(tmp_path / "contact.pst", [example.CONTACT], settings_of(Form.UNICODE)).folder("受信トレイ").items
    assert read[key] == value


def test_contact_without_floating_days(tmp_path: Path) -> None:
    """A contact of another program has the birthday's instant only."""
    item = Contact(display_name="例田", birthday=example.CONTACT.birthday, has_local_dates=False)
    (read,) = write(tmp_path / "contact.pst", [item], settings_of(Form.UNICODE)).folder("受信トレイ").items
    assert read[keys.BIRTHDAY] == filetime(example.CONTACT.birthday or 0)
    assert keys.BIRTHDAY_LOCAL not in read


def test_subject_prefix(tmp_path: Path) -> None:
    """A prefix of up to three letters is marked by its length, and told apart from the subject."""
    (read,) = write(tmp_path / "mail.pst", [example.MESSAGE], settings_of(Form.UNICODE)).folder("受信トレイ").items
    found = [read[key] for key in (keys.SUBJECT, keys.SUBJECT_PREFIX, keys.NORMALIZED_SUBJECT)]
    assert found == ["\x01\x05RE: 見積書の件", "RE: ", "見積書の件"]


def test_extra_properties_win(tmp_path: Path) -> None:
    """A further property replaces the item's own, and None takes it away."""
    odd = Key(Kind.INT32S, "Odd", keys.PSETID_COMMON)
    item = Item(subject="a", extra=[(keys.IMPORTANCE, 2), (keys.VERSION_NAME, None), (odd, [-1, 7])])
    (read,) = write(tmp_path / "extra.pst", [item], settings_of(Form.UNICODE)).folder("受信トレイ").items
    assert (read[keys.IMPORTANCE], keys.VERSION_NAME in read, read[odd]) == (2, False, [-1, 7])


def test_four_addresses_are_refused() -> None:
    """A contact has three addresses at most."""
    emails = [EmailAddress(address=f"{n}@kaede.example") for n in range(4)]
    with pytest.raises(ValueError, match="at most 3"):
        list(Contact(emails=emails).pairs(None))


def test_text_outside_the_code_page(tmp_path: Path) -> None:
    """Text that an ANSI store cannot hold is an error, or a question mark where that is asked for."""
    item = Item(subject="Müsterlein")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "strict.pst", [item], settings_of(Form.ANSI))
    lossy = StoreSettings(form=Form.ANSI, code_page=CODE_PAGE, is_lossy=True, trim=True)
    (read,) = write(tmp_path / "lossy.pst", [item], lossy).folder("受信トレイ").items
    assert read[keys.NORMALIZED_SUBJECT] == "M?sterlein"


def node_of(entry_id: bytes) -> int:
    """Return the node to which an entry identifier points."""
    return int.from_bytes(entry_id[20:24], "little")


@pytest.mark.parametrize("form", list(Form))
def test_special_folders(tmp_path: Path, form: Form) -> None:
    """The store tells its special folders by entry identifier, whatever they are called."""
    path = tmp_path / "special.pst"
    with path.open("wb") as out, Store(out, settings_of(form)) as store:
        store.rename(store.deleted, "削除済みアイテム")
        made: dict[Role, Folder] = {
            role: store.add_folder(f"何か {role}", role=role) for role in Role if role is not Role.DELETED
        }
    seen = see(path, CODE_PAGE if form is Form.ANSI else None)
    assert seen.folder("削除済みアイテム").node == node_of(seen.store[0x35E3]) == store.deleted.node
    assert node_of(seen.store[0x35E2]) == made[Role.OUTBOX].node
    assert node_of(seen.store[0x35E4]) == made[Role.SENT].node
    in_own_property = {
        0x36D0: Role.CALENDAR,
        0x36D1: Role.CONTACTS,
        0x36D2: Role.JOURNAL,
        0x36D3: Role.NOTES,
        0x36D4: Role.TASKS,
        0x36D7: Role.DRAFTS,
    }
    in_list = [Role.CONFLICTS, Role.SYNC_ISSUES, Role.LOCAL_FAILURES, Role.SERVER_FAILURES, Role.JUNK]
    for keeper in (seen.folders[()], seen.folder("何か inbox")):
        for tag, role in in_own_property.items():
            assert node_of(keeper.values[tag]) == made[role].node
        assert [node_of(entry_id) for entry_id in keeper.values[0x36D8]] == [made[role].node for role in in_list]
        assert node_of(keeper.values[0x36D9][8:]) == made[Role.RSS_FEEDS].node
    assert seen.folder("何か contacts").values[0x3613] == "IPF.Contact"


def test_one_folder_has_a_role(tmp_path: Path) -> None:
    """Two folders cannot be the same special folder."""
    with (tmp_path / "twice.pst").open("wb") as out:
        store = Store(out, settings_of(Form.UNICODE))
        store.add_folder("a", role=Role.INBOX)
        with pytest.raises(ValueError, match="already inbox"):
            store.add_folder("b", role=Role.INBOX)
