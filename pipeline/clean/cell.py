"""Cells for spreadsheets: what one would take for a formula, number, date or truth value begins with an apostrophe.

So it is shown and kept as it is, leading zeros too, and is harmless; `plain` takes the apostrophe away again.
"""

import csv
import io
from collections.abc import Iterator, Mapping

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_LONGEST_DATE = 24  # characters: 令和8年11月26日 12時34分56秒 is one to a spreadsheet


def guarded(text: str | None) -> str:
    """Return a text as a cell that no spreadsheet changes or runs, "" for None."""
    if not text:
        return ""
    is_odd = text.startswith(_RISKY) or text[0].isdigit() or text.strip().upper() in {"TRUE", "FALSE"}
    return f"'{text}" if is_odd or (len(text) <= _LONGEST_DATE and any(map(str.isdigit, text))) else text


def plain(cell: str) -> str:
    """Return what a cell says, whether it was guarded or typed by a person."""
    return cell.removeprefix("'")


def decoded(raw: bytes) -> str:
    """Return the text of a CSV that a person or a spreadsheet saved: UTF-8, UTF-16, else Japanese Windows text.

    Raises:
        UnicodeDecodeError: it is none of them.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp932")


def header(text: str) -> list[str]:
    """Return the columns of a CSV, parted by comma, semicolon or tab."""
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), [])


def rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield line number and cells by column of each row of a CSV that is not empty; short rows end in ""."""
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), restval="")
    for row in reader:
        cells = {name: plain((row[name] or "").strip()) for name in reader.fieldnames or ()}
        if any(cells.values()):
            yield reader.line_num, cells


def _delimiter(text: str) -> str:
    """Return what parts the columns of the first line: a spreadsheet takes what its country does."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
