"""Reads Outlook's CSV exports of contacts, calendar and tasks, in every language of csv_headers/."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline import schemas, store
from pipeline.extract import csv_blocks, csv_bulk, csv_dates
from pipeline.extract.content import Content, Reading, Row, UnreadableError, item_id
from pipeline.extract.csv_choice import wanted_rows
from pipeline.extract.csv_dates import Calendar
from pipeline.extract.csv_language import PARTS, TABLES, Header, words
from pipeline.extract.csv_records import Damage, Records, split
from pipeline.extract.csv_sheet import Sheet, written
from pipeline.extract.csv_tables import BUILDERS, CLASSES, DATES, EMAILS, BadRow
from pipeline.extract.csv_text import Text, decoded, is_damaged, printable, recognised_in

_MOST_WHOLE = 1 << 29  # bytes of a file that is read whole, which takes about ten times that
_LONGEST_VALUE = 32_000  # characters of a rejected row that are shown
BLANK = "blank_row"


def read(path: Path, reading: Reading) -> Content:
    """Read one CSV file whole.

    Raises:
        UnreadableError: it is no CSV of Outlook's, or its dates cannot be understood without a setting.
        OSError: the file cannot be read.
    """
    return content_of(csv_blocks.contents(path), reading)


def content_of(data: bytes | memoryview, reading: Reading) -> Content:
    """Read the bytes of a CSV.

    Raises:
        UnreadableError: as `read`.
    """
    try:
        return _in_bulk(data, reading)
    except csv_blocks.NotInBulkError:
        if len(data) > _MOST_WHOLE:
            raise UnreadableError("too_large", _too_large(len(data))) from None
        return _the_long_way(bytes(data), reading)


def _too_large(size: int) -> str:
    return (
        f"This CSV of {size >> 20:,} MB cannot be read in blocks, as it holds no contacts, or a row of it is not CSV "
        "to the letter (a stray quotation mark, a row that is too short, bytes that are no text), and it is too large "
        f"to be read whole: at most {_MOST_WHOLE >> 20:,} MB. Export it again, in parts."
    )


def _in_bulk(data: bytes | memoryview, reading: Reading) -> Content:
    """Read contacts whole columns at a time; a large file goes to disk part by part.

    Raises:
        NotInBulkError: the file is one for the long way.
        UnreadableError: as `read`.
    """
    encoding, header = recognised_in(data, reading.code_page)
    if header.kind != "contacts":
        raise csv_blocks.NotInBulkError
    whole = csv_blocks.in_utf8(data, encoding, reading.scratch)
    file = csv_blocks.opened(whole, "utf-8", header, reading.threads)
    cells, filled = file.cells(DATES[header.kind], EMAILS)
    calendar = _calendar(header, reading, cells)
    reading = reading if len(file.spans) > 1 else replace(reading, scratch=None)
    kept = list(file.each(partial(_part, file, calendar, reading, filled)))
    rows, values, excluded = sum(one.rows for one in kept), Counter[int](), Counter[str]()
    for one in kept:
        values.update(one.values)
        excluded.update(one.excluded)
    tables = [schemas.CONTACTS.empty_table(), *(one.table for one in kept if isinstance(one.table, pa.Table))]
    paths = [one.table for one in kept if isinstance(one.table, Path)]
    name = TABLES[header.kind]
    return Content(
        kind=f"csv-{header.kind}",
        language=header.language.code,
        encoding=encoding,
        rows={name: pa.concat_tables(tables)} if reading.scratch is None else {},
        files={name: (paths, rows)} if paths else {},
        accounts=_accounts(reading, header, rows, excluded, []),
        columns=_columns(reading, header, [values[place] for place in range(len(header.columns))]),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What is kept of a span: its table, or the file with it; how many rows that has; values per column of the CSV."""

    table: pa.Table | Path
    rows: int
    excluded: Counter[str]
    values: Counter[int]


def _part(
    file: csv_blocks.File, calendar: Calendar, reading: Reading, filled: set[str], span: csv_blocks.Span
) -> _Part:
    found = csv_bulk.read(file, calendar, reading.file_sha256, filled, span)
    table, excluded = _chosen(found.table, reading, found.blank)
    if reading.scratch is None:
        return _Part(table, table.num_rows, excluded, found.counts)
    path = reading.scratch / f"contacts-{span.first:012d}.parquet"
    store.write(table, path, schemas.CONTACTS)
    return _Part(path, table.num_rows, excluded, found.counts)


def _the_long_way(data: bytes, reading: Reading) -> Content:
    text = decoded(data, reading.code_page)
    header = text.header
    _, records = split(text.text, header.delimiter)
    damaged = _damaged(records, text)
    blank = {at for at, cells in enumerate(records.cells) if at not in damaged and not any(map(str.strip, cells))}
    sheet = _sheet(header, records, damaged.keys() | blank)
    cells = {cell for target in DATES[header.kind] for _, found in sheet.of(target) for cell in set(found)}
    table, bad = BUILDERS[header.kind](sheet, _calendar(header, reading, cells), reading.file_sha256)
    table, excluded = _chosen(table, reading, len(blank))
    return Content(
        kind=f"csv-{header.kind}",
        language=header.language.code,
        encoding=text.encoding,
        rows={TABLES[header.kind]: table},
        accounts=_accounts(reading, header, table.num_rows, excluded, [*damaged.values(), *bad]),
        columns=_columns(reading, header, [sum(map(bool, map(str.strip, cells))) for cells in sheet.cells]),
        rejects=_rejects(reading, header, damaged, bad),
    )


def _chosen(table: pa.Table, reading: Reading, blank: int) -> tuple[pa.Table, Counter[str]]:
    """Return the rows that are asked for, and how many of the others, and of blank ones, each rule leaves out."""
    table, excluded = wanted_rows(table, reading.selection)
    if blank:
        excluded[BLANK] += blank
    return table, excluded


def _damaged(records: Records, text: Text) -> dict[int, Damage]:
    """Return every record that is no row: not closed, too long, or with bytes that are no text."""
    found = dict(records.damaged)
    width = len(text.header.columns)
    for at, cells in enumerate(records.cells):
        if len(cells) > width and any(map(str.strip, cells[width:])):
            reason = f"this row has {len(cells)} cells, the header {width}: a quotation mark or a delimiter is wrong"
            found[at] = Damage("too_many_fields", reason, written(cells, text.header))
        elif text.has_damage and any("\0" in cell for cell in cells):
            raw = written(cells, text.header).replace("\0", "\\x00")
            found[at] = Damage("nul_bytes", "this row holds NUL bytes: the file was damaged on its way", raw)
        elif text.has_damage and any(map(is_damaged, cells)):
            reason = f"this row holds bytes that are no text in the encoding of the file, {text.encoding}"
            found[at] = Damage("undecodable", reason, written(cells, text.header))
    return dict(sorted(found.items()))


def _sheet(header: Header, records: Records, left_out: Iterable[int]) -> Sheet:
    """Return the rows as columns, padded or shortened to the header."""
    width = len(header.columns)
    skipped = set(left_out)
    kept = [(at + 1, cells) for at, cells in enumerate(records.cells) if at not in skipped]
    rows = [cells if len(cells) == width else [*cells, *[""] * (width - len(cells))][:width] for _, cells in kept]
    return Sheet(header, tuple(position for position, _ in kept), tuple(zip(*rows, strict=True)) or ((),) * width)


def _calendar(header: Header, reading: Reading, cells: Iterable[str]) -> Calendar:
    language = header.language
    known = csv_dates.Words(words(language, "no_date"), words(language, "half_day"), words(language, "months"))
    order = csv_dates.order_of(cells, known, usual=language.date_order, setting=reading.date_order)
    return Calendar(order, known)


def _accounts(
    reading: Reading, header: Header, written: int, excluded: Mapping[str, int], failed: Sequence[Damage | BadRow]
) -> list[Row]:
    common = {
        "file_sha256": reading.file_sha256,
        "folder": "",
        "message_class": CLASSES[header.kind],
        "table": TABLES[header.kind],
        "reader": "csv",
    }
    none = {"written": 0, "excluded": 0, "rejected": 0}
    rows: list[Row] = [{**common, **none, "rule": "", "seen": written, "written": written}]
    rows += [{**common, **none, "rule": rule, "seen": n, "excluded": n} for rule, n in sorted(excluded.items())]
    for rule in sorted({entry.rule for entry in failed}):
        count = sum(entry.rule == rule for entry in failed)
        rows.append({**common, **none, "rule": rule, "seen": count, "rejected": count})
    return rows


def _columns(reading: Reading, header: Header, counts: Sequence[int]) -> list[Row]:
    """Return what became of every column, with how many rows have a value in it."""
    parts = PARTS[header.kind]
    return [
        {
            "file_sha256": reading.file_sha256,
            "source": column.source,
            "verdict": column.verdict,
            "target": parts.get(column.target, column.target) or None,
            "values": count,
        }
        for column, count in zip(header.columns, counts, strict=True)
    ]


def _rejects(reading: Reading, header: Header, damaged: dict[int, Damage], bad: Sequence[BadRow]) -> list[Row]:
    found = [BadRow(at + 1, entry.rule, "", entry.reason, entry.raw) for at, entry in damaged.items()]
    return [
        {
            "stage": "extract",
            "table": TABLES[header.kind],
            "item_id": item_id(reading.file_sha256, "r", entry.position),
            "file_sha256": reading.file_sha256,
            "folder": "",
            "position": entry.position,
            "message_class": CLASSES[header.kind],
            "rule": entry.rule,
            "field": entry.field,
            "reason": entry.reason,
            "value": _shown(entry.value),
        }
        for entry in sorted([*found, *bad], key=lambda entry: entry.position)
    ]


def _shown(value: str | None) -> str | None:
    if value is None:
        return None
    text = printable(value).rstrip("\r\n")
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
