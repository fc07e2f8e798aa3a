"""Splits the text of a CSV into records, exactly as RFC 4180 where it is that, and without losing rows where it is not.

A quote that is never closed, or closed much too late, would swallow the rows behind it. Where the strict reader
refuses a record, the quotes of that record are read tolerantly; if a line inside it starts a record as wide as the
header, the lines before that one are given up as damaged and the reading goes on there.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

_LOOK_AHEAD = 1000  # lines inside a damaged record that are tried as the start of the next one
_LEAST_WIDTH = 3  # a narrower record is no evidence


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a record cannot be read; `raw` is its text."""

    rule: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Records:
    """All records behind the header; `damaged` by index, with an empty record in its place."""

    cells: list[list[str]] = field(default_factory=list)
    damaged: dict[int, Damage] = field(default_factory=dict)


def lines_of(text: str) -> list[str]:
    r"""Split at \n, \r\n and \r only, keeping them."""
    return list(io.StringIO(text, newline=""))


def first_record(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first line, [] for no text or one that is not CSV."""
    try:
        return next(csv.reader(lines_of(text)[:1], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def split(text: str, delimiter: str) -> tuple[list[str], Records]:
    """Return the header and the records of a CSV text."""
    csv.field_size_limit(sys.maxsize)  # notes may be longer than the module's 128 KiB; the file is in memory already
    lines = lines_of(text)
    header = next(csv.reader(lines[:1], delimiter=delimiter), [])
    records = Records()
    at = 1
    while at < len(lines):
        at = _read_strictly(lines, at, delimiter, records.cells)
        if at < len(lines):
            at = _read_damaged(lines, at, delimiter, len(header), records)
    _check_end(lines, len(header), delimiter, records)
    return header, records


def _check_end(lines: Sequence[str], width: int, delimiter: str, records: Records) -> None:
    """Give up a last record that is short and has no line end: Outlook ends every line, so it was cut off."""
    last = len(records.cells) - 1
    if last < 0 or last in records.damaged or lines[-1].endswith(("\n", "\r")):
        return
    is_decoded = not any("\ud800" <= letter <= "\udfff" for cell in records.cells[last] for letter in cell)
    if is_decoded and 0 < len(records.cells[last]) < width:  # bytes without a meaning have a rule of their own
        raw = delimiter.join(records.cells.pop())
        _give_up(records, Damage("truncated", "the file ends in the middle of this row: it was cut off", raw))


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (lines[at] for at in range(start, len(lines)))


def _read_strictly(lines: Sequence[str], start: int, delimiter: str, cells: list[list[str]]) -> int:
    """Append records up to one that is not RFC 4180; return the line where that one starts."""
    reader = csv.reader(_from(lines, start), delimiter=delimiter, strict=True)
    done = 0
    try:
        for record in reader:
            cells.append(record)
            done = reader.line_num
    except csv.Error:
        return start + done
    return len(lines)


def _read_damaged(lines: Sequence[str], start: int, delimiter: str, width: int, records: Records) -> int:
    """Read or give up the record at `start`; return the line behind it."""
    cells, end = _tolerant(lines, start, delimiter)
    if cells is None and (alone := _closed_within(lines[start], delimiter)) and len(alone) == width:
        cells, end = alone, start + 1
    fresh = _next_start(lines, start, end, delimiter, width)
    if fresh is not None:
        raw = "".join(lines[start:fresh])
        _give_up(records, Damage("stray_quote", "a quotation mark in this row is never closed", raw))
        return fresh
    if cells is None:
        raw = "".join(lines[start:])
        _give_up(records, Damage("truncated", "the file ends inside a quoted cell of this row: it was cut off", raw))
        return len(lines)
    records.cells.append(cells)
    return end


def _give_up(records: Records, damage: Damage) -> None:
    records.damaged[len(records.cells)] = damage
    records.cells.append([])


def _tolerant(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Read one record in which quotes that do not end a cell are literal; None for cells if one is never closed.

    Returns:
        The cells, and the index of the line behind the record.
    """
    cells, used = _tolerant_record("".join(lines[start : start + _LOOK_AHEAD]), delimiter)
    if cells is None and start + _LOOK_AHEAD < len(lines):
        cells, used = _tolerant_record("".join(lines[start:]), delimiter)
    return cells, start + used if cells is not None else len(lines)


def _closed_within(line: str, delimiter: str) -> list[str] | None:
    """Read a line by itself, text behind a closed quote being part of its cell; None if a quote stays open."""
    end = "\x1e"
    records = list(csv.reader([line, end], delimiter=delimiter))
    return records[0] if records[-1] == [end] else None


def _tolerant_record(text: str, delimiter: str) -> tuple[list[str] | None, int]:
    """Read the first record of `text`; return its cells (None: a quote is never closed) and how many lines it has."""
    cell = _cell_pattern(delimiter)
    cells: list[str] = []
    at = 0
    while True:
        match = cell.match(text, at)
        if match is None:
            return None, 0
        quoted, plain = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = match.end() + 1
        if text[match.end() : at] != delimiter:
            return cells, len(lines_of(text[: match.end()]))


def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    end = rf"(?=[{delimiter}\r\n]|\Z)"
    inside = rf'(?:[^"]|""|"(?![{delimiter}"\r\n]|\Z))*+'
    return re.compile(rf'"({inside})"{end}|(?!")([^{delimiter}\r\n]*)')


def _next_start(lines: Sequence[str], start: int, end: int, delimiter: str, width: int) -> int | None:
    """Return the first line inside the record that starts a record exactly as wide as the header."""
    if width < _LEAST_WIDTH:
        return None
    for at in range(start + 1, min(end, start + _LOOK_AHEAD)):
        ahead = islice(_from(lines, at), _LOOK_AHEAD)
        try:
            record = next(csv.reader(ahead, delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        if len(record) == width:
            return at
    return None
