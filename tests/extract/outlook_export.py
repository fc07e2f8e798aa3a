"""Writes CSV as Outlook does, and reads it back, for the tests of extract."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.extract import outlook_csv
from pipeline.extract.content import Content, Reading
from tests.sample import headers

Row = Mapping[str, str]

HEADERS = {
    "contacts": headers.CONTACTS_EN,
    "calendar": headers.CALENDAR_EN,
    "tasks": headers.TASKS_EN,
    "contacts ja": headers.CONTACTS_JA,
    "calendar ja": headers.CALENDAR_JA,
    "tasks ja": headers.TASKS_JA,
}
READING = Reading(file_sha256="0123456789abcdef" * 4, code_page="cp932", date_order="")


def export(kind: str, *rows: Row, delimiter: str = ",") -> str:
    """Return a CSV with all columns of `kind` ("contacts", "contacts ja", …): quoted, CRLF."""
    return written(HEADERS[kind], [[row.get(name, "") for name in HEADERS[kind]] for row in rows], delimiter)


def written(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Return a CSV of any cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def read(content: str | bytes, *, code_page: str = "cp932", date_order: str = "") -> Content:
    """Read the text (as UTF-8) or the bytes of a CSV."""
    data = content.encode() if isinstance(content, str) else content
    reading = Reading(file_sha256=READING.file_sha256, code_page=code_page, date_order=date_order)
    return outlook_csv.content_of(data, reading)


def rows(content: Content) -> list[dict[str, Any]]:
    """Return the rows of the one table of a CSV."""
    (table,) = content.rows.values()
    assert not isinstance(table, Sequence)
    return list(table.to_pylist())


def counts(content: Content) -> dict[str, int]:
    """Return how many rows each rule took; "" are the rows written."""
    return {account["rule"]: account["seen"] for account in content.accounts if account["seen"]}
