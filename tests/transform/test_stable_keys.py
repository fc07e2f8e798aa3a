"""Keys stay: another export of the same mailbox, with a row more, gives the same records and that row."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline import config, extract, schemas, transform
from pipeline.targets import CONTACTS, TASKS
from tests import builders
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.layout import Form
from tests.pstwriter.store import Store, StoreSettings
from tests.pstwriter.tasks import Task

HEADER = "First Name,Last Name,Company,E-mail Address,Business Phone,Notes"
ROWS = (
    "花,佐藤,みどり㈱,hana@midori.example,03-0000-0001,",
    "花,佐藤,みどり（株）,HANA@midori.example,(03)0000-0001,met",
    "Ann,Grant,Birch Ltd,,+44 1632 960001,",
    "Ann,Grant,Birch Ltd,,+44 1632 960001,",
    "太郎,森,,taro.@keitai.example,,",
)
ADDED = "Leo,Quill,Elm Ltd,leo@elm.example,,new"


def _exported(directory: Path, rows: Sequence[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return records (key, hash) and decisions (left, right) of a mailbox with one CSV of these rows."""
    (directory / "inbox" / "sato").mkdir(parents=True)
    (directory / "pipeline.toml").write_text(builders.MAILBOXES, encoding="utf-8")
    text = "\r\n".join([HEADER, *rows, ""])
    (directory / "inbox" / "sato" / "a.csv").write_text(text, encoding="utf-8-sig", newline="")
    project = config.load(directory, directory / "inbox")
    extract.run(project)
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    decisions = builders.transformed(project, "decisions", schemas.DECISIONS)
    records = {(row["cluster_key"], row["content_hash"]) for row in ready}
    return records, {(row["left_key"], row["right_key"]) for row in decisions}


def test_a_row_at_the_top_changes_no_other(tmp_path: Path) -> None:
    """With one row inserted at the top, the records are the same and that row's."""
    before, decided = _exported(tmp_path / "a", ROWS)
    after, decided_after = _exported(tmp_path / "b", (ADDED, *ROWS))
    assert len(before) == 3
    assert before < after
    assert len(after) == 4
    assert decided == decided_after


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    """The same rows in another order are the same records."""
    assert _exported(tmp_path / "a", ROWS) == _exported(tmp_path / "b", ROWS[::-1])


_CHANGED = datetime(2026, 5, 1, tzinfo=UTC)
_PEOPLE = [
    Contact(
        surname=f"Surname{number}",
        emails=(EmailAddress(address=f"p{number}@birch.example"),),
        search_key=bytes([number + 1]) * 16,
        modified_at=_CHANGED,
    )
    for number in range(6)
]
_TASKS = [
    Task(subject=f"見積書 {number}", due=date(2026, 5, 22), search_key=bytes([number + 65]) * 16, modified_at=_CHANGED)
    for number in range(3)
]


def _of_store(directory: Path, settings: StoreSettings, step: int) -> set[tuple[str, str]]:
    """Return the records (key, hash) of a mailbox whose store is written so, its items in this order."""
    (directory / "inbox" / "sato").mkdir(parents=True)
    (directory / "pipeline.toml").write_text(builders.MAILBOXES, encoding="utf-8")
    name = f"mail{settings.seed}.{'ost' if settings.form is Form.OST4K else 'pst'}"
    with (directory / "inbox" / "sato" / name).open("w+b") as file, Store(file, settings) as store:
        folders = [store.add_folder(f"filler {number}") for number in range(settings.seed)]
        assert len(folders) == settings.seed
        people, tasks = store.add_folder("Contacts", role=Role.CONTACTS), store.add_folder("Tasks", role=Role.TASKS)
        for item in _PEOPLE[::step]:
            store.add(people, item)
        for task in _TASKS[::step]:
            store.add(tasks, task)
    project = config.load(directory, directory / "inbox")
    extract.run(project)
    transform.run(project)
    targets = {"contacts": CONTACTS, "tasks": TASKS}
    return {
        (row["cluster_key"], row["content_hash"])
        for table, target in targets.items()
        for row in builders.transformed(project, f"ready/{table}", target.schema())
    }


def test_a_new_store_of_the_mailbox_has_the_same_keys(tmp_path: Path) -> None:
    """The same mailbox in a new store, of another form, with other nodes and another order: the same records."""
    first = _of_store(tmp_path / "a", StoreSettings(seed=1), 1)
    assert len(first) == len(_PEOPLE) + len(_TASKS)
    assert _of_store(tmp_path / "b", StoreSettings(seed=5, form=Form.OST4K), -1) == first
