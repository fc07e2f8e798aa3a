"""Search and add: what a word finds, as it is written into data/mail.csv."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.load import find
from pipeline.targets import CONTACTS
from tests import builders
from tests.builders import person
from tests.load import world
from tests.load.build import ready

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)


def message(number: int, **values: Any) -> dict[str, Any]:
    """Return an extracted message."""
    usual = {
        "message_id": f"<{number}@x.example>",
        "subject": "Offer, second",
        "folder": "Inbox",
        "author": person("taro@kita.example", "from"),
        "recipients": [person("hanako@kaede-shoji.example", "to", "佐藤 花子")],
        "sent_at": AT,
    }
    return usual | values


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """Return an empty project."""
    return builders.project(tmp_path)


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("OFFER", id="subject, whatever its case"),
        pytest.param("kita.example", id="who wrote it"),
        pytest.param("花子", id="who got it"),
        pytest.param("inbox", id="folder"),
        pytest.param("ｏｆｆｅｒ", id="full width"),
    ],
)
def test_messages(project: Config, word: str) -> None:
    """A word is looked for in subject, people and folder; what it finds is a line of data/mail.csv."""
    other = message(2, subject="Lunch", author=None, recipients=None, folder="x")
    builders.extracted(project, {"messages": [message(1), other]})
    header, *lines = csv.reader(find.messages(project, word))
    assert [dict(zip(header, line, strict=True)) for line in lines] == [
        {"message": "<1@x.example>", "as": "email", "record": "", "date": "2026-05-01", "from": "taro@kita.example",
         "subject": "Offer, second"},
    ]  # fmt: skip


def test_more_than_is_shown(project: Config) -> None:
    """Of many messages the first are shown, and how many more there are is said."""
    builders.extracted(project, {"messages": [message(number) for number in range(find.MOST + 3)]})
    lines = list(find.messages(project, "offer"))
    assert len(lines) == 1 + find.MOST + 1
    assert lines[-1] == "3 more messages have that; a longer word finds fewer."


def test_before_extract(project: Config) -> None:
    """Without extracted messages a person is told what to run."""
    with pytest.raises(StageError):
        list(find.messages(project, "x"))


def test_records(tmp_path: Path) -> None:
    """What the last load saw in the CRM is found by its name, and called as data/mail.csv takes it."""
    people = [ready(CONTACTS, f"c{number}", Last_Name=f"Kitagawa{number}") for number in range(find.MOST + 2)]
    config = world.project(tmp_path / "p", {"contacts": people})
    with world.crm(tmp_path / "crm") as crm:
        for _ in range(2):  # the second one sees what the first one made
            world.run(config, crm)
        ids = {one["id"] for one in crm.records("Contacts", "Last_Name") if one["Last_Name"].startswith("Kitagawa")}
    *lines, more = find.records(config, "kitagawa")
    assert {line.partition("  ")[0] for line in lines} < {f"Contacts:{one}" for one in ids}
    assert len(lines) == find.MOST
    assert more == "2 more records of Contacts have that; a longer word finds fewer."
    assert list(find.records(config, "nobody of that name")) == []
