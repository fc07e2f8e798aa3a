"""Special folders are known by entry id and container class, in whatever language they are named."""

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import special_folders
from pipeline.extract.pst.direct import Store
from tests.pstwriter import keys
from tests.pstwriter import store as writer
from tests.pstwriter.folders import Role
from tests.pstwriter.layout import Form
from tests.pstwriter.mapi import Key, Kind, Pair

_NAMES = {
    Role.INBOX: "受信トレイ",
    Role.OUTBOX: "送信トレイ",
    Role.SENT: "送信済みアイテム",
    Role.DRAFTS: "下書き",
    Role.JUNK: "迷惑メール",
    Role.CALENDAR: "予定表",
    Role.CONTACTS: "連絡先",
    Role.TASKS: "タスク",
    Role.SYNC_ISSUES: "同期の失敗",
    Role.CONFLICTS: "競合",
    Role.LOCAL_FAILURES: "ローカルの失敗",
    Role.SERVER_FAILURES: "サーバーの失敗",
    Role.RSS_FEEDS: "RSS フィード",
    Role.SUGGESTED_CONTACTS: "推奨連絡先",
    Role.RECIPIENT_CACHE: "Recipient Cache",
}
_ROLES = {
    "受信トレイ": None,
    "送信トレイ": "outbox",
    "送信済みアイテム": "sent_items",
    "下書き": "drafts",
    "迷惑メール": "junk",
    "予定表": "calendar",
    "連絡先": "contacts",
    "タスク": "tasks",
    "同期の失敗": "sync_issues",
    "競合": "sync_issues",
    "ローカルの失敗": "sync_issues",
    "サーバーの失敗": "sync_issues",
    "RSS フィード": "rss",
    "推奨連絡先": "suggested_contacts",
    "Recipient Cache": "recipient_cache",
    "削除済みアイテム": "deleted_items",
}


def _roles(path: Path) -> Mapping[str, str | None]:
    """Return what the folders of a store are, by name."""
    with Store.open(path) as store:
        found = special_folders.folders(store)
        named = {folder.node: folder.name for folder in store.folders()}
    return {
        name.decode("cp932") if isinstance(name, bytes) else name or "": found.get(node) for node, name in named.items()
    }


@pytest.mark.parametrize("form", Form)
def test_folders_by_entry_id_and_class(tmp_path: Path, form: Form) -> None:
    """Every special folder of a Japanese store is known, in each form of store; a folder below is what that is."""
    path = tmp_path / "store"
    with path.open("wb") as out, writer.Store(out, writer.StoreSettings(form=form, code_page="cp932")) as store:
        made = {role: store.add_folder(name, role=role) for role, name in _NAMES.items()}
        store.rename(store.deleted, "削除済みアイテム")
        store.add_folder("古い連絡先", parent=store.deleted, container_class="IPF.Contact")
        store.add_folder("仕入先", parent=made[Role.CONTACTS], container_class="IPF.Contact")
        store.add_folder("競合の下", parent=made[Role.CONFLICTS])
        store.add_folder("Junk E-mail")
        store.add_folder("Lync", parent=made[Role.CONTACTS], container_class="IPF.Contact.MOC.QuickContacts")
        store.add_folder("Birthdays", container_class="IPF.Appointment.Birthday")
    found = _roles(path)
    assert {name: found[name] for name in _ROLES} == _ROLES
    assert [found[name] for name in ("古い連絡先", "仕入先", "競合の下", "Lync", "Birthdays", "Junk E-mail")] == [
        "deleted_items",
        "contacts",
        "sync_issues",
        "recipient_cache",
        "birthdays",
        None,
    ]


@pytest.mark.parametrize(
    ("container_class", "role"),
    [
        pytest.param("IPF.Note.OutlookHomepage", "rss", id="RSS"),
        pytest.param("ipf.contact.recipientcache", "recipient_cache", id="whatever the case"),
        pytest.param("IPF.Contact.GalContacts", "recipient_cache", id="of the global address list"),
        pytest.param("IPF.Contact.MOC.QuickContacts", "recipient_cache", id="of instant messaging"),
        pytest.param("IPF.Contact.MOC.ImContactList", "recipient_cache", id="lists of instant messaging"),
        pytest.param("IPF.Contact.OrganizationalContacts", "recipient_cache", id="colleagues"),
        pytest.param("IPF.Contact.PeopleCentricConversationBuddies", "recipient_cache", id="conversation partners"),
        pytest.param("IPF.Appointment.Birthday", "birthdays", id="birthdays"),
        pytest.param("IPF.Contact\0", None, id="contacts, terminated"),
        pytest.param("IPF.Contact.RecipientCacheOfOurs", None, id="only begins like one"),
        pytest.param("IPF.Note", None, id="mail"),
        pytest.param("", None, id="none"),
    ],
)
def test_container_classes(tmp_path: Path, container_class: str, role: str | None) -> None:
    """What Outlook and Exchange keep for themselves is known by its class, wherever it is and however named."""
    with (tmp_path / "a.pst").open("wb") as out, writer.Store(out, writer.StoreSettings()) as store:
        store.add_folder("取引先", parent=store.add_folder("移行"), container_class=container_class)
    assert _roles(tmp_path / "a.pst")["取引先"] == role


def test_entry_ids_of_exchange(tmp_path: Path) -> None:
    """In a cache of Exchange a folder is found by the source key that its long entry id holds."""
    source = Key(Kind.BINARY, 0x65E0)
    own = bytes(range(16)) + bytes(5) + b"\7"
    entry_id = bytes(20) + b"\1\0" + own + bytes(2)
    with (tmp_path / "a.ost").open("wb") as out, writer.Store(out, writer.StoreSettings(form=Form.OST4K)) as store:
        store.add_folder("Entwürfe", extra=[(source, own)])
        store.add_folder("Posteingang", extra=[(keys.DRAFTS_ENTRY_ID, entry_id)])
    found = _roles(tmp_path / "a.ost")
    assert (found["Entwürfe"], found["Posteingang"]) == ("drafts", None)


@pytest.mark.parametrize("depth", [0, 1], ids=["below the top", "in a folder of the mailbox's name"])
@pytest.mark.parametrize("size", [46, 24], ids=["of Exchange", "of another .pst"])
def test_a_store_exported_from_another(tmp_path: Path, size: int, depth: int) -> None:
    """An export keeps the entry ids of where it came from, in its inbox and as the search key of each folder.

    So Junk is known though no entry id of this store names it.
    """
    old = {name: bytes(20) + bytes([number]) * (size - 20) for number, name in enumerate(("迷惑", "下書き", "RSS"), 1)}
    named: list[Pair] = [
        (keys.MORE_ENTRY_IDS, [b"", b"", b"", b"", old["迷惑"], b"\1\2\3\4"]),
        (keys.DRAFTS_ENTRY_ID, old["下書き"]),
        (keys.MOST_ENTRY_IDS, struct.pack("<HHHH", 0x8001, size + 4, 1, size) + old["RSS"]),
    ]
    with (tmp_path / "a.pst").open("wb") as out, writer.Store(out, writer.StoreSettings()) as store:
        place = store.add_folder("hanako@example.com") if depth else None
        store.add_folder("受信トレイ", extra=named, parent=place)
        for name, key in old.items():
            store.add_folder(name, extra=[(keys.SEARCH_KEY, key)], parent=place)
        store.add_folder("取引先", extra=[(keys.SEARCH_KEY, bytes(size))], parent=place)
        store.add_folder("迷惑の写し", extra=[(keys.SEARCH_KEY, old["迷惑"])], parent=place)
    found = _roles(tmp_path / "a.pst")
    assert {name: found[name] for name in ("受信トレイ", "迷惑", "下書き", "RSS", "取引先", "迷惑の写し")} == {
        "受信トレイ": None,
        "迷惑": "junk",
        "下書き": "drafts",
        "RSS": "rss",
        "取引先": None,
        "迷惑の写し": None,
    }


def test_entry_ids_of_another_store_mean_nothing(tmp_path: Path) -> None:
    """A number that is a folder of another store is no folder of this one."""
    with (tmp_path / "a.pst").open("wb") as out, writer.Store(out, writer.StoreSettings()) as store:
        strange = bytes(4) + bytes(range(16)) + struct.pack("<I", store.add_folder("Customers").node)
        store.add_folder("Inbox", extra=[(keys.DRAFTS_ENTRY_ID, strange), (keys.CALENDAR_ENTRY_ID, b"\1")])
    assert _roles(tmp_path / "a.pst")["Customers"] is None


@pytest.mark.parametrize(
    ("file", "roles"),
    [
        pytest.param(
            "jl_distlist",
            {
                "Deleted Items": "deleted_items",
                "Outbox": "outbox",
                "Sent Items": "sent_items",
                "Calendar": "calendar",
                "Contacts": "contacts",
                "Drafts": "drafts",
                "RSS Feeds": "rss",
                "Junk E-mail": "junk",
                "Inbox": None,
            },
            id="of Outlook",
        ),
        pytest.param(
            "asposenet_testpart1",
            {
                "Deleted Items": "deleted_items",
                "SubInbox": "deleted_items",
                "Drafts": "drafts",
                "Sent Items": "sent_items",
            },
            id="of Aspose",
        ),
        pytest.param("gopst_32bit_ansi", {"Deleted Items": "deleted_items", "Calendar": None}, id="ANSI"),
        pytest.param("hiraoka_contacts", {"削除済みアイテム": "deleted_items"}, id="Japanese"),
        pytest.param("tika_bodytypes", {"Inbox": None, "tmp": None}, id="with entry ids of an Exchange mailbox"),
    ],
)
def test_real_stores(corpus: Path, file: str, roles: Mapping[str, str | None]) -> None:
    """The special folders of real stores."""
    found = _roles(corpus / "pst" / f"{file}.pst")
    assert {name: found[name] for name in roles} == roles


@pytest.mark.timeout(20)
def test_depth_costs_nothing() -> None:
    """A chain of a hundred thousand folders, or a ring of them, is looked at in no time."""
    count = 100_000
    chain = {node: node - 1 for node in range(1, count)}
    found = special_folders._inherited({1: "contacts", 50: "deleted_items", 60: "drafts", 70: "tasks"}, chain)
    assert [found.get(node) for node in (0, 1, 49, 50, 59, 60, 70, count - 1)] == [
        None,
        "contacts",
        "contacts",
        "deleted_items",
        "deleted_items",
        "drafts",
        "drafts",
        "drafts",
    ]
    ring = {node: (node + 1) % count for node in range(count)}
    assert special_folders._inherited({}, ring) == {}


@given(blob=st.binary(max_size=120))
def test_no_blob_is_an_error(blob: bytes) -> None:
    """Any bytes are a list of entry ids, as far as they go."""
    assert all(len(entry_id) <= len(blob) for _, entry_id in special_folders.persisted(blob))
