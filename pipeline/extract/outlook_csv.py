"""Reads Outlook's CSV exports of contacts, calendar and tasks, in every language of csv_headers/."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.extract import csv_dates
from pipeline.extract.content import Content, Reading, Row, item_id
from pipeline.extract.csv_choice import wanted_rows
from pipeline.extract.csv_dates import Calendar
from pipeline.extract.csv_language import PARTS, TABLES, Header, words
from pipeline.extract.csv_records import Damage, Records, split
from pipeline.extract.csv_sheet import Sheet
from pipeline.extract.csv_tables import BUILDERS, CLASSES, DATES, BadRow
from pipeline.extract.csv_text import Text, decoded, is_damaged, printable

_LONGEST_VALUE = 32_000  # characters of a rejected row that are shown
BLANK = "blank_row"


def read(path: Path, reading: Reading) -> Content:
    """Read one CSV file whole.

    Raises:
        UnreadableError: it is no CSV of Outlook's, or its dates cannot be understood without a setting.
        OSError: the file cannot be read.
    """
    return content_of(path.read_bytes(), reading)


def content_of(data: bytes, reading: Reading) -> Content:
    """Read the bytes of a CSV.

    Raises:
        UnreadableError: as `read`.
    """
    text = decoded(data, reading.code_page)
    header = text.header
    _, records = split(text.text, header.delimiter)
    damaged = _damaged(records, text)
    blank = {at for at, cells in enumerate(records.cells) if at not in damaged and not any(map(str.strip, cells))}
    sheet = _sheet(header, records, damaged.keys() | blank)
    table, bad = BUILDERS[header.kind](sheet, _calendar(sheet, reading), reading.file_sha256)
    table, excluded = wanted_rows(table, reading.selection)
    if blank:
        excluded[BLANK] += len(blank)
    return Content(
        kind=f"csv-{header.kind}",
        language=header.language.code,
        encoding=text.encoding,
        rows={TABLES[header.kind]: table},
        accounts=_accounts(reading, header, table.num_rows, excluded, [*damaged.values(), *bad]),
        columns=_columns(reading, sheet),
        rejects=_rejects(reading, header, damaged, bad),
    )


def _damaged(records: Records, text: Text) -> dict[int, Damage]:
    """Return every record that is no row: not closed, too long, or with bytes that are no text."""
    found = dict(records.damaged)
    width = len(text.header.columns)
    for at, cells in enumerate(records.cells):
        if len(cells) > width and any(map(str.strip, cells[width:])):
            reason = f"this row has {len(cells)} cells, the header {width}: a quotation mark or a delimiter is wrong"
            found[at] = Damage("too_many_fields", reason, _written(cells, text.header))
        elif text.has_damage and any("\0" in cell for cell in cells):
            raw = _written(cells, text.header).replace("\0", "\\x00")
            found[at] = Damage("nul_bytes", "this row holds NUL bytes: the file was damaged on its way", raw)
        elif text.has_damage and any(map(is_damaged, cells)):
            reason = f"this row holds bytes that are no text in the encoding of the file, {text.encoding}"
            found[at] = Damage("undecodable", reason, _written(cells, text.header))
    return dict(sorted(found.items()))


def _written(cells: Sequence[str], header: Header) -> str:
    """Return the cells of one row as the CSV they came from."""
    line = io.StringIO()
    csv.writer(line, delimiter=header.delimiter).writerow(cells)
    return line.getvalue()


def _sheet(header: Header, records: Records, left_out: Iterable[int]) -> Sheet:
    """Return the rows as columns, padded or shortened to the header."""
    width = len(header.columns)
    skipped = set(left_out)
    kept = [(at + 1, cells) for at, cells in enumerate(records.cells) if at not in skipped]
    rows = [cells if len(cells) == width else [*cells, *[""] * (width - len(cells))][:width] for _, cells in kept]
    return Sheet(header, tuple(position for position, _ in kept), tuple(zip(*rows, strict=True)) or ((),) * width)


def _calendar(sheet: Sheet, reading: Reading) -> Calendar:
    language = sheet.header.language
    known = csv_dates.Words(words(language, "no_date"), words(language, "half_day"), words(language, "months"))
    cells = {cell for target in DATES[sheet.header.kind] for _, found in sheet.of(target) for cell in set(found)}
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


def _columns(reading: Reading, sheet: Sheet) -> list[Row]:
    """Return what became of every column, with how many rows have a value in it."""
    parts = PARTS[sheet.header.kind]
    return [
        {
            "file_sha256": reading.file_sha256,
            "source": column.source,
            "verdict": column.verdict,
            "target": parts.get(column.target, column.target) or None,
            "values": sum(map(bool, map(str.strip, cells))),
        }
        for column, cells in zip(sheet.header.columns, sheet.cells, strict=True)
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
