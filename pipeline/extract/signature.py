"""What a file is, from its first bytes: an Outlook store, text that may be a CSV, or something else with a name for it.

Magic numbers: [MS-PST] 2.2.2.6 (`!BDN`), [MS-CFB] 2.2, RFC 4155 (mbox), RFC 6350 (vCard), RFC 5545 (iCalendar).
"""

import re
from typing import Literal

from pipeline.extract.content import UnreadableError

HEAD = 65_536  # bytes that `kind_of` wants to see
STORE = b"!BDN"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_MOSTLY = 0.4  # share of NULs in every second byte that only UTF-16 has
_FEW = 0.02  # share of control bytes that a text may have

_MAIL_HEADERS = "return-path|received|delivered-to|message-id|mime-version|x-[a-z-]+|from|date"

_AS_CSV = "export contacts, calendar or tasks from Outlook as CSV (comma separated values)"
_PST = "give the .pst or .ost file, or " + _AS_CSV
# first bytes → rule, what it is and what to do
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "pdf", f"a PDF document; {_AS_CSV}"),
    (b"{\\rtf", "rtf", f"an RTF document; {_AS_CSV}"),
    (b"\x1f\x8b", "archive", "a compressed file (gzip); unpack it and put what was in it into the inbox"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "an archive (7z); unpack it and put what was in it into the inbox"),
    (b"Rar!", "archive", "an archive (RAR); unpack it and put what was in it into the inbox"),
    (b"SQLite format 3\0", "sqlite", f"an SQLite database; {_PST}"),
    (b"\x89PNG", "image", f"a picture; {_PST}"),
    (b"\xff\xd8\xff", "image", f"a picture; {_PST}"),
    (b"GIF8", "image", f"a picture; {_PST}"),
    (
        b"\xcf\xad\x12\xfe",
        "outlook_express",
        f"a folder of Outlook Express (.dbx); import it into Outlook, then {_PST}",
    ),
    (b"MZ", "program", f"a program; {_PST}"),
)
_TEXTS: tuple[tuple[str, str, str], ...] = (
    (
        r"From \S.*\r?\n(?:[!-9;-~]+:|>?From )",
        "mbox",
        f"an mbox mail archive (text), not an Outlook store; import it into Outlook, then {_PST}",
    ),
    (r"BEGIN:VCARD", "vcard", f"a vCard file; import it into Outlook, then {_AS_CSV}"),
    (r"BEGIN:VCALENDAR", "icalendar", f"an iCalendar file; import it into Outlook, then {_AS_CSV}"),
    (r"(?i)<!doctype html|<html", "html", f"a web page; {_AS_CSV}"),
    (r"<\?xml", "xml", f"an XML file; {_AS_CSV}"),
    (r"[\[{]\s*[\"{\[]", "json", f"a JSON file; {_AS_CSV}"),
    (
        rf"(?i)(?:(?:{_MAIL_HEADERS}):[^\n]*\n(?:[ \t]+[^\n]*\n)*){{2}}",
        "mail_message",
        f"a single mail message (text), not an Outlook store; {_PST}",
    ),
)


def kind_of(head: bytes) -> Literal["store", "text"]:
    """Tell a store from text by the first `HEAD` bytes of a file.

    Raises:
        UnreadableError: it is neither, or a text that is surely no CSV; says what it looks like and what to do.
    """
    if head.startswith(STORE):
        return "store"
    if not head.strip(b"\0"):
        rule = "only_nul_bytes" if head else "empty_file"
        what = "begins with NUL bytes only" if head else "is empty (0 bytes)"
        raise UnreadableError(rule, f"The file {what}: it was not copied or exported to its end. Do that again.")
    for disguise in (_container(head), _by_magic(head), _by_text(head)):
        if disguise:
            raise UnreadableError(disguise[0], f"This is {disguise[1]}.")
    if not _is_utf16(head) and _is_binary(head):
        raise UnreadableError(
            "binary", f"This is binary data of no known kind, neither an Outlook store nor a CSV; {_PST}."
        )
    return "text"


def _container(head: bytes) -> tuple[str, str] | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if b"xl/" in head:
            return "excel", "an Excel workbook; save it as CSV UTF-8 with Outlook's column names, or better " + _AS_CSV
        if b"word/" in head or b"ppt/" in head:
            return "office", f"an Office document; {_AS_CSV}"
        return "archive", "an archive (zip); unpack it and put what was in it into the inbox"
    if head.startswith(_OLE):
        if "Workbook".encode("utf-16-le") in head or b"\x09\x08\x10\x00" in head:
            return "excel", "an Excel workbook (.xls); save it as CSV with Outlook's column names, or better " + _AS_CSV
        return "ole", f"a single message or document (.msg, .doc), not an Outlook store; {_PST}"
    return None


def _by_magic(head: bytes) -> tuple[str, str] | None:
    return next(((rule, what) for magic, rule, what in _MAGIC if head.startswith(magic)), None)


def _by_text(head: bytes) -> tuple[str, str] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip()
    return next(((rule, what) for pattern, rule, what in _TEXTS if re.match(pattern, text)), None)


def _is_utf16(head: bytes) -> bool:
    half = len(head) // 2
    return head.startswith(_UTF16_BOMS) or any(head[start::2].count(0) > _MOSTLY * half for start in (0, 1) if half)


def _is_binary(head: bytes) -> bool:
    body = head.rstrip(b"\0")
    return len(re.findall(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]", body)) > _FEW * len(body)
