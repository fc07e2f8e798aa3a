"""The same mailbox exported again, into another file of another form: nothing is sent, what is new in it excepted."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline import config as settings
from pipeline import extract, transform
from pipeline.outcome import Report
from tests import builders
from tests.load import world
from tests.load.world import Crm
from tests.pstwriter.appointments import MEETING, Appointment
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.layout import Form
from tests.pstwriter.people import Person, Recipient
from tests.pstwriter.store import Store, StoreSettings
from tests.pstwriter.tasks import Task

AT = datetime(2026, 5, 20, 0, tzinfo=UTC)
_CHANGED = datetime(2026, 5, 1, tzinfo=UTC)


def contact(number: int) -> Contact:
    """Return a contact of a company."""
    return Contact(
        surname=f"Surname{number}",
        company="Birch Ltd",
        emails=(EmailAddress(address=f"p{number}@birch.example"),),
        search_key=bytes([number + 1]) * 16,
        modified_at=_CHANGED,
    )


def task(number: int) -> Task:
    """Return a task."""
    return Task(
        subject=f"見積書 {number}", due=date(2026, 5, 22), search_key=bytes([number + 65]) * 16, modified_at=_CHANGED
    )


def meeting(number: int) -> Appointment:
    """Return a meeting with a contact of the mailbox."""
    return Appointment(
        subject=f"Meeting {number}",
        start=AT.replace(minute=number),
        end=AT.replace(hour=1),
        state=MEETING,
        organizer=Person(name="boss", address="boss@else.example"),
        uid=f"uid{number}".encode().ljust(16),
        recipients=[Recipient(name="p0", address="p0@birch.example")],
    )


def exported(project: Path, form: StoreSettings, numbers: Sequence[int]) -> None:
    """Put an export of the mailbox in the place of the last one: items of these numbers, in this order."""
    place = project / "data" / "inbox" / "sato"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    name = f"mail{form.seed}.{'ost' if form.form is Form.OST4K else 'pst'}"
    with (place / name).open("w+b") as file, Store(file, form) as store:
        for number in range(form.seed):  # other folders, other nodes
            store.add_folder(f"filler {number}")
        folders = [
            (store.add_folder("Contacts", role=Role.CONTACTS), contact),
            (store.add_folder("Tasks", role=Role.TASKS), task),
            (store.add_folder("Calendar", role=Role.CALENDAR), meeting),
        ]
        for folder, made in folders:
            for number in numbers:
                store.add(folder, made(number))


def loaded(project: Path, crm: Crm) -> Report:
    """Extract, transform and load."""
    config = settings.load(project)
    extract.run(config)
    transform.run(config)
    return world.run(config, crm)


def test_exported_again(tmp_path: Path) -> None:
    """Another file with other nodes and another order sends nothing; what is new in it goes alone."""
    project = tmp_path / "p"
    project.mkdir()
    (project / "pipeline.toml").write_text(f"{builders.MAILBOXES}[engine]\nprocesses = 1\n", encoding="utf-8")
    with world.crm(tmp_path / "crm") as crm:
        exported(project, StoreSettings(seed=1), range(4))
        first = loaded(project, crm)
        assert (sum(one.created for one in first.loads), first.is_clean) == (13, True)
        last = crm.last_request()
        exported(project, StoreSettings(seed=5, form=Form.OST4K), range(3, -1, -1))
        again = loaded(project, crm)
        assert (sum(one.unchanged for one in again.loads), crm.changes(last)) == (13, [])
        exported(project, StoreSettings(seed=2), range(4, -1, -1))
        more = loaded(project, crm)
        assert {one.module: one.sent for one in more.loads if one.sent} == {"Contacts": 1, "Tasks": 1, "Events": 1}
