"""Files that hang on messages: uploaded only where the settings ask for it, within limits, and once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import config as settings
from pipeline import extract, load, schemas, store, transform
from pipeline.config import Config
from pipeline.extract import pst
from pipeline.extract.content import Reading
from pipeline.extract.pst import messages
from pipeline.extract.selection import Selection
from pipeline.load import mail_plan
from pipeline.outcome import Report
from pipeline.transform import mail_files
from tests import builders
from tests.extract.outlook_items import listed
from tests.load import world
from tests.load.world import Crm
from tests.mail.mails import mail, project
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Message
from tests.pstwriter.people import Person, Recipient
from tests.sample.store_files import Content, write

OLIVER = Person(name="Oliver Grant", address="oliver.grant@birchwood.example")
ME = Recipient(name="Dana Whitfield", address="dana.whitfield@kaede-shoji.example")
AT = datetime(2026, 5, 11, 9, tzinfo=UTC)
PDF, TEXT = b"%PDF-1.4 annex\n" * 80, b"plain\r\n"
MOST = 3_000  # bytes of a large file, and in one test of all files of a message
TOML = """
[[mailbox]]
name = "dana"
files = ["*"]
addresses = ["dana.whitfield@kaede-shoji.example"]
owner = "dana.whitfield@kaede-shoji.example"
[mail]
folders = ["Inbox"]
attachments = {wanted}
[engine]
processes = 1
"""


def message(key: str, *attachments: Attachment) -> Message:
    """Return a message of Oliver's with files."""
    return Message(
        subject=f"About {key}", body=f"Text of {key}", sender=OLIVER, recipients=[ME], sent_at=AT, received_at=AT,
        message_id=f"<{key}@x.example>", attachments=attachments,
    )  # fmt: skip


def pdf(name: str, data: bytes = PDF) -> Attachment:
    """Return an attached PDF."""
    return Attachment(name=name, data=data, mime="application/pdf")


INBOX = [
    message("two", pdf("見積書 第2版.pdf"), Attachment(name="note.txt", data=TEXT, mime="bad type\r\nX: y")),
    message(
        "mixed",
        Attachment(name="logo.png", data=b"\x89PNG", is_hidden=True),
        Attachment(name="Forwarded", item=message("inner", pdf("inner.pdf"))),
        pdf("kept.pdf"),
        pdf("large.pdf", b"x" * MOST),
        Attachment(name="empty.txt"),
    ),
    message("none"),
]


def _store() -> bytes:
    names = {Role.INBOX: "Inbox", Role.DELETED: "Deleted Items"}
    return write(Content(name="Dana", seed=3, names=names, items={Role.INBOX: INBOX}))


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def _line(directory: Path, *, wanted: bool) -> tuple[Config, Report]:
    """Extract and transform the store."""
    place = directory / "data" / "inbox" / "dana.pst"
    place.parent.mkdir(parents=True)
    place.write_bytes(_store())
    (directory / "pipeline.toml").write_text(TOML.format(wanted=str(wanted).lower()), encoding="utf-8")
    config = settings.load(directory)
    extract.run(config)
    return config, transform.run(config)


def _kept(crm: Crm) -> dict[str, list[tuple[str, int]]]:
    """Return name and size of the files of every e-mail in the CRM, by the key of its Message-ID."""
    return {
        one["original_message_id"][1:].partition("@")[0]: [
            (each["name"], each["size"]) for each in one.get("attachments") or ()
        ]
        for one in crm.control("GET", "emails")
    }


def test_nothing_is_kept_or_uploaded_unless_asked_for(tmp_path: Path, crm: Crm) -> None:
    """By default extract keeps no file, and the messages go without theirs, which is said."""
    crm.begin_anew()
    config, report = _line(tmp_path, wanted=False)
    rows = store.read_all(config.extracted, store.Manifest.of(config.extracted), "messages", schemas.MESSAGES)
    assert rows.column("attached").null_count == len(rows)
    assert "emails: 8 files attached to 2 messages not uploaded" in report.notes
    world.run(config, crm)
    assert _kept(crm) == {"two": [], "mixed": [], "none": []}
    assert crm.asked("POST", ".*/files") == []


def test_files_go_with_their_messages(tmp_path: Path, crm: Crm) -> None:
    """What a person sees as a file goes; the rest is listed by name; credits are as forecast."""
    crm.begin_anew()
    config, report = _line(tmp_path, wanted=True)
    assert "emails: 4 files of 2 messages to upload, 6 kB" in report.notes
    changes = builders.transformed(config, "changes", schemas.CHANGES)
    left = {one["old"].partition(" (")[0] for one in changes if one["rule"] == mail_files.NOT_UPLOADED}
    assert left == {"logo.png", "Forwarded", "inner.pdf", "empty.txt"}
    crm.pass_a_minute()
    plan = load.run(config, crm.connection, plans_only=True)
    assert any("3 to attach with 4 files, in 7 calls for 7 credits" in note for note in plan.notes)
    done = world.run(config, crm)
    assert done.facts["credits"] == done.facts["credits_forecast"]
    assert _kept(crm) == {
        "two": [("見積書 第2版.pdf", len(PDF)), ("note.txt", len(TEXT))],
        "mixed": [("kept.pdf", len(PDF)), ("large.pdf", MOST)],
        "none": [],
    }
    assert world.counts(world.run(config, crm), "Emails").unchanged == 3
    assert len(crm.asked("POST", ".*/files")) == 4


@pytest.mark.parametrize("reader", [pst.read, pst.read_second])
def test_both_readers_give_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    """The content is the same byte for byte, whichever reader it came from; what is not to go, or too much, is null."""
    monkeypatch.setattr(messages, "MOST_BYTES", MOST)
    path = tmp_path / "a.pst"
    path.write_bytes(_store())
    reading = Reading(file_sha256="0" * 64, code_page="cp1252", date_order="", selection=Selection(has_files=True))
    rows = {one["subject"]: one["attached"] for one in listed(reader(path, reading)).rows["messages"]}
    assert rows["About two"] == [PDF, TEXT]
    assert [one for one in rows["About mixed"] if one] == [PDF]
    assert rows["About none"] == []


def _ready(directory: Path, key: str) -> Config:
    files = [{"name": "a.pdf", "mime_type": "application/pdf", "content": PDF}]
    return project(directory, [mail(key, OLIVER.address, attachments=1, uploads=1, files=files)])


def _result(report: Report) -> tuple[int, int, int]:
    one = world.counts(report, "Emails")
    return one.created, one.failed, one.in_doubt


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"name": "status", "status": 400, "path": ".*/files"}, id="the file is refused"),
        pytest.param({"name": "status", "status": 403, "path": ".*/files"}, id="no right to upload"),
    ],
)
def test_a_refused_file_leaves_its_message_for_another_run(tmp_path: Path, crm: Crm, fault: dict[str, Any]) -> None:
    """Without its file a message does not go; it is a failed row, and goes with it the next time, once."""
    crm.begin_anew()
    config = _ready(tmp_path / "p", "a")
    crm.meet(fault)
    assert _result(world.run(config, crm)) == (0, 1, 0)
    crm.no_more_faults()
    assert _kept(crm) == {}
    assert _result(world.run(config, crm)) == (1, 0, 0)
    assert _kept(crm) == {"a": [("a.pdf", len(PDF))]}


def test_too_many_bytes_for_the_org_is_a_failed_row(tmp_path: Path, crm: Crm) -> None:
    """Where the CRM takes less than we think, the message fails with the CRM's code."""
    crm.begin_anew()
    crm.turn(email_files_bytes=1_000)
    config = _ready(tmp_path / "p", "a")
    report = world.run(config, crm)
    crm.turn(email_files_bytes=10_000_000)
    assert _result(report) == (0, 1, 0)
    (row,) = [one for one in world.tables(config, report, "outcomes") if one["code"]]
    assert (row["code"], row["field"].rpartition(".")[2]) == ("FILE_SIZE_EXCEEDS", "attachments")


def test_a_lost_answer_does_not_double_it(tmp_path: Path, crm: Crm) -> None:
    """The answer to the message is lost: the next load reads it back, and uploads nothing again."""
    crm.begin_anew()
    config = _ready(tmp_path / "p", "a")
    crm.meet({"name": "answer_dropped", "path": ".*/associate_email"})
    assert _result(world.run(config, crm)) == (0, 0, 1)
    crm.no_more_faults()
    last = crm.last_request()
    assert world.counts(world.run(config, crm), "Emails").unchanged == 1
    assert crm.asked("POST", ".*(/files|associate_email)", last) == []
    assert _kept(crm) == {"a": [("a.pdf", len(PDF))]}


def test_a_lost_answer_to_the_upload_is_asked_again(tmp_path: Path, crm: Crm) -> None:
    """An upload changes no record, so it is repeated; the message goes once."""
    crm.begin_anew()
    config = _ready(tmp_path / "p", "a")
    crm.meet({"name": "answer_dropped", "path": ".*/files", "times": 1})
    assert _result(world.run(config, crm)) == (1, 0, 0)
    crm.no_more_faults()
    assert _kept(crm) == {"a": [("a.pdf", len(PDF))]}


@pytest.mark.parametrize(
    ("files", "per_day", "allowed", "days"),
    [
        pytest.param(0, 10, 60_000, "10 days at 10", id="messages a day"),
        pytest.param(100, None, 100, "2 days at 50", id="each file takes a credit of the day too"),
        pytest.param(100, 20, 100, "5 days at 20", id="fewer messages a day than credits allow"),
    ],
)
def test_the_plan_counts_days_with_files(files: int, per_day: int | None, allowed: int, days: str) -> None:
    """The days that e-mails take are those of the narrower limit."""
    (said,) = mail_plan.note(100, files, per_day, allowed)
    assert f"so about {days} a day" in said


def test_at_most_so_many_files() -> None:
    """Of a message with more files than are uploaded the first go, and each of the others is listed."""
    names = [f"{number}.txt" for number in range(12)]
    found = mail_files.of_message([{"name": name, "mime_type": None, "size": 1} for name in names], [b"x"] * 12)
    assert [one["name"] for one in found.chosen] == names[:10]
    assert [change.change.old for change in found.changes] == ["10.txt (1 bytes)", "11.txt (1 bytes)"]
