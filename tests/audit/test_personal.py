"""A thousand planted strings, names of files and folders among them, and where none of them may ever appear."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from pipeline import cli, run
from pipeline.errors import PipelineError
from tests import line
from tests.line import Ended
from tests.pstwriter.appointments import Appointment
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Item, Message
from tests.pstwriter.people import Person, Recipient
from tests.pstwriter.tasks import Task
from tests.sample.store_files import Content, write

_WORD = re.compile(r"zq[a-z]{5}\d{4}zq", re.IGNORECASE)
_FIRST = datetime(2026, 5, 1, 9, tzinfo=UTC)


class Planter:
    """Makes strings that are found nowhere else."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.last = 0

    def word(self) -> str:
        """Return one more."""
        self.last = next(self._numbers)
        return f"Zqplant{self.last:04d}zq"

    def address(self) -> str:
        """Return one more, as an e-mail address."""
        return f"{self.word().lower()}@{self.word().lower()}.example"


def contact(plant: Planter) -> Contact:
    """Return a contact all of whose texts are planted."""
    return Contact(
        given_name=plant.word(),
        surname=plant.word(),
        company=plant.word(),
        job_title=plant.word(),
        department=plant.word(),
        body=plant.word(),
        emails=[EmailAddress(address=plant.address())],
        modified_at=_FIRST,
    )


def appointment(plant: Planter, number: int) -> Appointment:
    """Return an appointment with two people."""
    start = _FIRST + timedelta(days=number)
    people = [Recipient(name=plant.word(), address=plant.address()) for _ in range(2)]
    return Appointment(
        subject=plant.word(), body=plant.word(), location=plant.word(), start=start, end=start + timedelta(hours=1),
        recipients=people,
    )  # fmt: skip


def message(plant: Planter, number: int) -> Message:
    """Return a mail."""
    return Message(
        subject=plant.word(), body=plant.word(), sender=Person(name=plant.word(), address=plant.address()),
        recipients=[Recipient(name=plant.word(), address=plant.address())],
        sent_at=_FIRST + timedelta(days=number), received_at=_FIRST + timedelta(days=number),
        message_id=f"<{plant.address()}>",
    )  # fmt: skip


def store(plant: Planter) -> bytes:
    """Return a store whose name, folders and items are planted."""
    tasks = [Task(subject=plant.word(), body=plant.word(), due=date(2026, 6, 1)) for _ in range(20)]
    items: dict[Role, Sequence[Item]] = {
        Role.CONTACTS: [contact(plant) for _ in range(60)],
        Role.CALENDAR: [appointment(plant, number) for number in range(20)],
        Role.TASKS: tasks,
        Role.INBOX: [message(plant, number) for number in range(10)],
    }
    names = {role: plant.word() for role in (*items, Role.DELETED)}
    below = [(Role.CONTACTS, plant.word(), [contact(plant)]) for _ in range(5)]
    return write(Content(name=plant.word(), seed=1, names=names, items=items, below=below))


def contacts_csv(plant: Planter) -> str:
    """Return a CSV of contacts, one row of which is broken."""
    rows = [
        f'"{plant.word()}","{plant.word()}","{plant.address()}","{plant.word()}","{plant.word()}"' for _ in range(30)
    ]
    header = '"First Name","Last Name","E-mail Address","Company","Notes"'
    broken = ",".join(f'"{plant.word()}"' for _ in range(7))
    return "\n".join([header, *rows, broken, ""])


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose inbox holds nothing but planted strings, in files and folders with planted names."""
    plant = Planter()
    project = tmp_path_factory.mktemp("p")
    inbox = project / "data" / "inbox" / plant.word() / plant.word()
    inbox.mkdir(parents=True)
    (inbox / f"{plant.word()}.pst").write_bytes(store(plant))
    (inbox / f"{plant.word()}.csv").write_text(contacts_csv(plant), encoding="utf-8")
    (inbox / f"{plant.word()}.pst").write_bytes(b"!BDN" + bytes(600))  # a store that cannot be read
    (inbox / f"{plant.word()}.txt").write_text(plant.word(), encoding="utf-8")
    for _ in range(max(0, 1000 - plant.last)):
        (inbox / f"{plant.word()}.txt").write_bytes(b"")
    assert plant.last >= 1000
    return project


_COMMANDS = (
    ("extract",), ("transform",), ("load",), ("verify",), ("audit", "verify"), ("why", "ANYBODY"),
    ("rollback", "--run", "1"), ("load",), ("wipe", "--what", "work", "--confirm"), ("transform",),
)  # fmt: skip
_FOR_PEOPLE = (("rollback", "--run", "1"), ("verify",), ("audit", "verify"))


def ended(project: Path, patch: pytest.MonkeyPatch, heard: pytest.CaptureFixture[str]) -> Iterator[tuple[str, Ended]]:
    """Run the commands one after the other, as a machine reads them; the last fails, having nothing to work on.

    What says nothing of single files or records to people either is asked as they ask.
    """
    for words in _COMMANDS:
        chosen = [_anybody(project) if word == "ANYBODY" else word for word in words]
        reader = [] if words in _FOR_PEOPLE else ["--json"]
        patch.setattr("sys.argv", ["outlook2zoho", "--project", str(project), *reader, *chosen])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = heard.readouterr()
        yield " ".join(words), Ended(code, said.out, said.err)


def _anybody(project: Path) -> str:
    """Return an address that was loaded."""
    (table,) = [line.table(project / "data" / "work" / "transformed" / "ready", "contacts")]
    return next(str(one) for one in table.column("Email").to_pylist() if one)


def test_nothing_personal_for_machines(
    planted: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In what a machine reads of every command, and in the audit log, there is none of the planted strings."""
    codes: dict[str, list[int]] = {}
    for name, one in ended(planted, monkeypatch, capfd):
        codes.setdefault(name, []).append(one.code)
        assert _WORD.findall(one.out) == [], name
        assert one.code in {0, 5, 9}, name + one.out + one.err
    assert codes["load"] == [0, 0], codes
    (log,) = (planted / "data").rglob("*.log")
    assert _WORD.findall(log.read_text(encoding="ascii")) == []
    assert log.read_text(encoding="ascii").count("\n") > 30


@pytest.mark.parametrize("at", ["following", "holding", "offline"])
def test_a_defect(planted: Path, at: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A defect of ours, whatever text of the data is in its exception, is told by its place only: no traceback."""

    def fails(*_arguments: object, **_options: object) -> None:
        raise ValueError(f"cannot work on Zqplant0001zq <{'zqplant0002zq@zqplant0003zq.example'}>")

    monkeypatch.setattr(run, at, fails)
    monkeypatch.setattr("sys.argv", ["outlook2zoho", "--project", str(planted), "transform"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == PipelineError.exit_code
    assert _WORD.findall(said.out + said.err) == []
    assert "A defect of outlook2zoho: ValueError at" in said.err
    assert "Traceback" not in said.err
