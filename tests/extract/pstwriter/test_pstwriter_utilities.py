"""What the writer writes, the programs of pst-utils read: lspst lists every item, readpst exports values and files."""

import base64
import email
import email.policy
import shutil
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.pstwriter import example
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mixes import write_mixed
from tests.pstwriter.store import Store, StoreSettings

pytestmark = pytest.mark.skipif(
    shutil.which("readpst") is None or shutil.which("lspst") is None,
    reason="pst-utils (readpst, lspst) is not installed",
)

VARIANTS = [
    pytest.param(form, encryption, id=f"{form} {encryption.name.lower()}") for form in Form for encryption in Encryption
]


def run(*command: str | Path) -> bytes:
    """Run a program and return what it prints.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=60).stdout


def write(path: Path, form: Form, encryption: Encryption | None, *items: Item) -> Path:
    """Write items into a store's inbox."""
    settings = StoreSettings(form=form, encryption=encryption, code_page="cp932", trim=True)
    with path.open("wb") as out, Store(out, settings) as store:
        folder = store.add_folder("Inbox", role=Role.INBOX)
        for item in items:
            store.add(folder, item)
    return path


def exported(path: Path, target: Path) -> list[Path]:
    """Export a store with readpst, one file per item, and return the files."""
    target.mkdir()
    run("readpst", "-e", "-j", "0", "-q", "-o", target, path)
    return sorted(file for file in target.rglob("*") if file.is_file())


def mail(path: Path) -> EmailMessage:
    """Return an exported mail."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(("form", "encryption"), VARIANTS)
def test_lspst_lists_items(tmp_path: Path, form: Form, encryption: Encryption) -> None:
    """Each item that lspst knows (all but tasks, lists and notes) is listed under its kind with what tells it."""
    lines = run("lspst", write(tmp_path / "all.pst", form, encryption, *example.ALL)).splitlines()
    codec = "cp932" if form is Form.ANSI else "utf-8"
    assert [line.decode(codec).split("\t")[0] for line in lines] == [
        'Folder "Inbox"',
        "Contact",
        "Appointment",
        "Email",
        "Email",
        "Email",
    ]
    assert "見本 花子 (楓商事)" in lines[1].decode(codec)
    assert "SUMMARY: 週次会議" in lines[2].decode(codec)
    assert "Subject: RE: 見積書の件" in lines[3].decode(codec)


@pytest.mark.parametrize("form", list(Form))
def test_lspst_counts_the_mix(tmp_path: Path, form: Form) -> None:
    """Of 300 mixed items lspst lists the 90 contacts, 50 appointments and 100 mails."""
    path = tmp_path / "mix.pst"
    with path.open("wb") as out, Store(out, StoreSettings(form=form, code_page="cp932", is_lossy=True)) as store:
        write_mixed(store, 300, 5)
    kinds = [line.split(b"\t")[0] for line in run("lspst", path).splitlines()]
    assert [kinds.count(kind) for kind in (b"Contact", b"Appointment", b"Email")] == [90, 50, 100]


@pytest.mark.parametrize("form", [Form.UNICODE, Form.OST4K])
def test_readpst_exports_a_contact(tmp_path: Path, form: Form) -> None:
    """The vCard has the contact's names, addresses, phones and birthday (the instant in UTC: its known way)."""
    (file,) = exported(write(tmp_path / "contact.pst", form, None, example.CONTACT), tmp_path / "out")
    lines = file.read_text("utf-8").replace("\\,", ",").splitlines()
    for line in (
        "FN:見本 花子 (楓商事)",
        "N:見本;花子;Q.;様;II",
        "NICKNAME:はなちゃん",
        "EMAIL:hanako@mihon-works.example",
        "TEL;TYPE=cell,voice:+81 90-0000-0006",
        "TEL;TYPE=work,voice:+81 3-0000-0001",
        "ORG:楓商事株式会社",
        "TITLE:課長",
        "BDAY:1985-04-02T15:00:00Z",
    ):
        assert line in lines


@pytest.mark.parametrize(("form", "encryption"), VARIANTS)
def test_readpst_exports_a_mail(tmp_path: Path, form: Form, encryption: Encryption) -> None:
    """The mail has its subject, its addresses, its files byte for byte, and the mail inside it."""
    files = exported(write(tmp_path / "mail.pst", form, encryption, example.MESSAGE), tmp_path / "out")
    message = mail(next(file for file in files if file.suffix == ".eml"))
    assert message["Message-ID"] == "<20240507.1@placeholder.example>"
    parts = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    assert parts["logo.png"].get_content() == b"\x89PNG"
    (pdf,) = [part for name, part in parts.items() if name and name.endswith(".pdf")]
    assert pdf.get_content() == example.MESSAGE.attachments[0].data
    inner = [part for part in message.walk() if part.get_content_type() == "message/rfc822"]
    assert len(inner) == 1
    assert base64.b64encode(b"innermost").decode() in str(inner[0])


@pytest.mark.parametrize("form", list(Form))
def test_readpst_exports_large_files(tmp_path: Path, form: Form) -> None:
    """Files of more than one block, and of more than one list of blocks, come back byte for byte."""
    sizes = (8176, 100_000, 9_000_000)
    data = [bytes(number * 31 % 251 for number in range(1000)) * (size // 1000 + 1) for size in sizes]
    files = [Attachment(name=f"{size}.bin", data=one[:size]) for size, one in zip(sizes, data, strict=True)]
    found = exported(write(tmp_path / "big.pst", form, None, Message(subject="a", attachments=files)), tmp_path / "out")
    parts = {part.get_filename(): part.get_content() for part in mail(found[0]).walk() if part.get_filename()}
    assert parts == {file.name: file.data for file in files}


def test_readpst_reads_what_pypff_misreads(tmp_path: Path) -> None:
    """A file that is both permuted and compressed, and larger than a block, comes back byte for byte."""
    data = bytes(range(256)) * 400
    item = Message(subject="a", attachments=[Attachment(name="a.bin", data=data)])
    path = write(tmp_path / "both.ost", Form.OST4K, Encryption.PERMUTE, item)
    (file,) = exported(path, tmp_path / "out")
    assert [part.get_content() for part in mail(file).walk() if part.get_filename()] == [data]


@pytest.mark.parametrize("form", [Form.UNICODE, Form.OST4K])
def test_readpst_exports_an_appointment(tmp_path: Path, form: Form) -> None:
    """The event has its times, place and weekly rule."""
    (file,) = exported(write(tmp_path / "event.pst", form, None, example.APPOINTMENT), tmp_path / "out")
    lines = file.read_text("utf-8").splitlines()
    for line in ("SUMMARY:週次会議", "LOCATION:会議室A", "DTSTART;VALUE=DATE-TIME:20240305T160000Z"):
        assert line in lines
    assert any(line.startswith("RRULE:FREQ=WEEKLY;COUNT=10") and line.endswith("BYDAY=TU") for line in lines)
