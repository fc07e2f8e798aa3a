"""What a store gives with rules for what is wanted of it: every item is written, or counted under a rule."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract import pst
from pipeline.extract.content import Content
from pipeline.extract.selection import UNASKED, Selection
from tests.extract.outlook_items import READING, listed
from tests.pstwriter import store as writer
from tests.pstwriter.appointments import FREE, Appointment
from tests.pstwriter.contacts import Contact
from tests.pstwriter.folders import Role
from tests.pstwriter.items import PRIVATE, Attachment, Item, Message
from tests.pstwriter.recurrence import Frequency, Recurrence
from tests.pstwriter.tasks import Task

_NOON = datetime(2024, 4, 3, 3, tzinfo=UTC)
_DAY: dict[str, Any] = {"start": _NOON, "end": datetime(2024, 4, 4, 3, tzinfo=UTC), "all_day": True}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Japanese store with an item or two in each kind of folder."""
    path = tmp_path_factory.mktemp("selection") / "store.pst"
    with path.open("wb") as out, writer.Store(out, writer.StoreSettings(subtree_name="個人用フォルダ")) as store:
        store.rename(store.deleted, "削除済みアイテム")
        contacts = store.add_folder("連絡先", role=Role.CONTACTS)
        store.add(contacts, Contact(surname="見本", categories=["Zoho"]))
        store.add(contacts, Contact(surname="仮山"))
        store.add(contacts, Contact(surname="空木", sensitivity=PRIVATE))
        store.add(store.deleted, Contact(surname="雛形"))
        store.add(store.deleted, Item(message_class="IPM.StickyNote"))
        store.add(store.add_folder("古い仕入先", parent=contacts), Contact(surname="楓"))
        store.add(store.add_folder("推奨連絡先", role=Role.SUGGESTED_CONTACTS), Contact(surname="例"))
        store.add(store.add_folder("キャッシュ", role=Role.RECIPIENT_CACHE), Contact(surname="例"))
        store.add(store.add_folder("受信トレイ", role=Role.INBOX), Message(subject="届いた", received_at=_NOON))
        for role, name in (
            (Role.JUNK, "迷惑"),
            (Role.DRAFTS, "下書き"),
            (Role.OUTBOX, "送信"),
            (Role.CONFLICTS, "競合"),
        ):
            store.add(store.add_folder(name, role=role), Message(subject=name))
        calendar = store.add_folder("予定表", role=Role.CALENDAR)
        store.add(calendar, Appointment(subject="会議", start=_NOON, end=_NOON))
        store.add(calendar, Appointment(subject="昭和の日", location="日本", categories=["祝日"], busy=FREE, **_DAY))
        yearly = Recurrence(frequency=Frequency.YEARLY, first=date(2024, 4, 3))
        store.add(calendar, Appointment(subject="見本 花子の誕生日", recurrence=yearly, **_DAY))
        store.add(store.add_folder("タスク", role=Role.TASKS), Task(subject="送る", due=date(2024, 4, 30)))
    return path


def _read(path: Path, **wanted: Any) -> Content:
    return pst.read(path, replace(READING, selection=Selection(**wanted)))


def _rules(content: Content) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for account in content.accounts:
        assert account["seen"] == account["written"] + account["excluded"] + account["rejected"]
        found[account["rule"] or "written"] += account["excluded"] or account["written"]
    return dict(found)


def test_what_nobody_has_to_ask_for(path: Path) -> None:
    """Without settings, everything is read but what must be asked for; each of those is counted under its rule."""
    assert _rules(_read(path)) == {
        "written": 6,
        "private_item": 1,
        "folder_deleted_items": 2,
        "folder_suggested_contacts": 1,
        "folder_recipient_cache": 1,
        "folder_junk": 1,
        "folder_drafts": 1,
        "folder_outbox": 1,
        "folder_sync_issues": 1,
        "outlook_holiday": 1,
        "contact_birthday": 1,
    }


def test_everything(path: Path) -> None:
    """What is asked for is read; a class without a table is excluded by its own rule."""
    assert _rules(_read(path, include=tuple(UNASKED))) == {"written": 16, "class_note": 1}


@pytest.mark.parametrize(
    ("wanted", "surnames"),
    [
        pytest.param({"categories": ("Zoho",)}, ["見本"], id="the category of the retired plug-in"),
        pytest.param({"folders": ("連絡先",)}, ["見本", "仮山", "楓"], id="a folder and what is below it"),
        pytest.param({"skip_folders": ("古い*",)}, ["見本", "仮山"], id="all but a folder"),
        pytest.param(
            {"include": ("private",), "skip_categories": ("zoho",)}, ["仮山", "空木", "楓"], id="not a category"
        ),
        pytest.param({"since": date(2024, 5, 1)}, ["見本", "仮山", "楓"], id="days, which contacts have not"),
        pytest.param({"folders": ("*/削除済みアイテム",)}, [], id="a folder that must be asked for"),
    ],
)
def test_chosen_contacts(path: Path, wanted: dict[str, Any], surnames: list[str]) -> None:
    """The contacts that the settings choose, whichever reader reads them."""
    for read in (pst.read, pst.read_second):
        content = read(path, replace(READING, selection=Selection(**wanted)))
        rows: Any = content.rows.get("contacts")
        assert (rows["surname"].to_pylist() if rows is not None else []) == surnames


def test_days(path: Path) -> None:
    """Mail, events and tasks outside the days are left out."""
    found = _rules(_read(path, since=date(2024, 4, 4), until=date(2024, 4, 29)))
    assert found["outside_date_range"] == 3


@pytest.mark.parametrize("wanted", [{}, {"include": tuple(UNASKED)}, {"folders": ("連絡先",), "categories": ("Zoho",)}])
def test_both_readers_give_the_same_accounts(path: Path, wanted: dict[str, Any]) -> None:
    """Each reader leaves out the same items under the same rules."""
    reading = replace(READING, selection=Selection(**wanted))
    assert _rules(pst.read(path, reading)) == _rules(pst.read_second(path, reading))


def test_hashes_of_attachments(tmp_path: Path) -> None:
    """What is attached is hashed by both readers when it is asked for, however large it is; a message has no hash."""
    path = tmp_path / "store.pst"
    contents = [b"innermost", bytes(range(256)) * 20_000, b""]
    attached = [Attachment(name=f"{number}.bin", data=data) for number, data in enumerate(contents)]
    attached.append(Attachment(name="m", item=Message(subject="m")))
    with path.open("wb") as out, writer.Store(out, writer.StoreSettings()) as store:
        store.add(store.add_folder("Inbox"), Message(subject="x", attachments=attached))
    for read in (pst.read, pst.read_second):
        for has_hashes in (True, False):
            content = read(path, replace(READING, selection=Selection(has_hashes=has_hashes)))
            (found,) = listed(content).rows["messages"]
            expected = [hashlib.sha256(data).hexdigest() for data in contents[:2]] if has_hashes else [None] * 2
            assert [one["sha256"] for one in found["attachments"]][:2] == expected
            assert found["attachments"][3]["sha256"] is None
