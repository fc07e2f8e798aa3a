"""What a file is, is found from its first bytes."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import signature
from pipeline.extract.content import UnreadableError


def _zip(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("head", "rule", "words"),
    [
        pytest.param(b"", "empty_file", "0 bytes", id="empty"),
        pytest.param(bytes(5000), "only_nul_bytes", "NUL", id="a copy that broke off"),
        pytest.param(
            b"From - Mon Jan 05 10:00:00 2026\r\nSubject: x\r\n\r\nhi", "mbox", "mbox mail archive", id="mbox"
        ),
        pytest.param(b"Received: from a\r\n\tby b\r\nFrom: x\r\n", "mail_message", "single mail", id="eml"),
        pytest.param(b"BEGIN:VCARD\r\nVERSION:3.0", "vcard", "vCard", id="vCard"),
        pytest.param(b"\xef\xbb\xbfBEGIN:VCALENDAR\r\n", "icalendar", "iCalendar", id="iCalendar with BOM"),
        pytest.param(b"  <!DOCTYPE HTML>", "html", "web page", id="HTML"),
        pytest.param(b'<?xml version="1.0"?>', "xml", "XML", id="XML"),
        pytest.param(b'[{"a": 1}]', "json", "JSON", id="JSON"),
        pytest.param(_zip("xl/workbook.xml"), "excel", "Excel", id="xlsx"),
        pytest.param(_zip("word/document.xml"), "office", "Office", id="docx"),
        pytest.param(_zip("mail.pst"), "archive", "unpack", id="zip"),
        pytest.param(b"\x1f\x8b\x08" + bytes(20), "archive", "unpack", id="gzip"),
        pytest.param(b"%PDF-1.7\n", "pdf", "PDF", id="PDF"),
        pytest.param(b"{\\rtf1 x}", "rtf", "RTF", id="RTF"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "ole", ".msg", id="msg"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99) + "Workbook".encode("utf-16-le"), "excel", ".xls", id="xls"
        ),
        pytest.param(b"SQLite format 3\0" + bytes(99), "sqlite", "SQLite", id="SQLite"),
        pytest.param(bytes(range(256)) * 9, "binary", "binary", id="noise"),
    ],
)
def test_something_else(head: bytes, rule: str, words: str) -> None:
    """The reason says what the file looks like, in a sentence."""
    with pytest.raises(UnreadableError) as raised:
        signature.kind_of(head)
    assert raised.value.rule == rule
    assert words in raised.value.reason
    assert raised.value.reason.endswith(".")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(b"!BDN\0\0", "store", id="a store"),
        pytest.param(b"a,b\r\n1,2\r\n", "text", id="ASCII"),
        pytest.param("姓,名\r\n".encode("cp932"), "text", id="CP932"),
        pytest.param("姓,名\r\n".encode("utf-16"), "text", id="UTF-16"),
        pytest.param("Last Name,First Name\r\n".encode("utf-16-le"), "text", id="UTF-16 without BOM"),
        pytest.param(b"First Name,Notes\r\nAnn,x\0y" + b"z" * 99, "text", id="a NUL in a row"),
        pytest.param(b"First Name,Notes\r\nAnn,x\r\n" + bytes(999), "text", id="NULs behind the text"),
        pytest.param(b"From Name,To Name\r\n", "text", id="a CSV that begins with From"),
    ],
)
def test_an_input(head: bytes, expected: str) -> None:
    """A store is known by its signature; what may be a CSV is text."""
    assert signature.kind_of(head) == expected


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind_or_a_reason(head: bytes) -> None:
    """No bytes make it fail otherwise."""
    with suppress(UnreadableError):
        assert signature.kind_of(head) in {"store", "text"}
