"""From a sheet to the extracted tables contacts, events and tasks (schemas.py), whole columns at a time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline import schemas
from pipeline.extract import csv_values
from pipeline.extract.csv_dates import LAST_BIRTH_YEAR, LAST_YEAR, Calendar
from pipeline.extract.csv_language import Kind, words
from pipeline.extract.csv_sheet import Cells, Draft, Sheet, identity

CLASSES: Mapping[Kind, str] = {"contacts": "IPM.Contact", "calendar": "IPM.Appointment", "tasks": "IPM.Task"}
DATES: Mapping[Kind, tuple[str, ...]] = {
    "contacts": ("birthday_date", "anniversary_date"),
    "calendar": ("start_date", "end_date", "reminder_date"),
    "tasks": ("start_date", "due_date", "completed_date", "reminder_date"),
}
_STREETS = ("business", "home", "other")
EMAILS = ("email1", "email2", "email3")
_ROLES = {"required_attendees": "required", "optional_attendees": "optional", "meeting_resources": "resource"}
_NOT_OF_A_CSV = {"item_id", "raw_key", "file_sha256", "folder", "position", "message_class"}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that has no place in its table; `value`: as it stands in the file."""

    position: int
    rule: str
    field: str
    reason: str
    value: str | None


def contacts(sheet: Sheet, calendar: Calendar, file_sha256: str) -> tuple[pa.Table, list[BadRow]]:
    """Return CONTACTS."""
    draft = Draft(sheet)
    identity(draft, file_sha256, CLASSES["contacts"])
    draft.values["raw_key"] = _keys(sheet, "csv-contact", "email1 surname given_name company display_name")
    for place in _STREETS:
        _put_street(draft, place)
    _put_date(draft, "birthday_date", calendar, LAST_BIRTH_YEAR)
    _put_date(draft, "anniversary_date", calendar)
    _put_common(draft)
    draft.put("gender", _word(sheet, "gender"), is_blank=lambda _: True)
    _put_texts(draft, schemas.CONTACTS)
    for email in EMAILS:
        _put_address_type(draft, email)
    return draft.table(schemas.CONTACTS, "notes"), []


def events(sheet: Sheet, calendar: Calendar, file_sha256: str) -> tuple[pa.Table, list[BadRow]]:
    """Return EVENTS, and the rows without a start or an end."""
    times = {end: _instants(sheet, calendar, end) for end in ("start", "end")}
    times["end"] = _ends(sheet, calendar, times["start"], times["end"])
    bad = _without_time(sheet, times)
    keep = [start is not None and end is not None for start, end in zip(times["start"], times["end"], strict=True)]
    draft = Draft(sheet.where(keep))
    for end, found in times.items():
        draft.values[f"{end}_local"] = [at for at, wanted in zip(found, keep, strict=True) if wanted]
    _fill_event(draft, calendar, file_sha256)
    return draft.table(schemas.EVENTS, "body"), bad


def tasks(sheet: Sheet, calendar: Calendar, file_sha256: str) -> tuple[pa.Table, list[BadRow]]:
    """Return TASKS."""
    draft = Draft(sheet)
    identity(draft, file_sha256, CLASSES["tasks"])
    draft.values["raw_key"] = _keys(sheet, "csv-task", "subject due_date")
    for day in ("start_date", "due_date", "completed_date"):
        _put_date(draft, day, calendar)
    _put_common(draft)
    draft.put("status", _word(sheet, "status"))
    _put_progress(draft)
    for work in ("total_work_minutes", "actual_work_minutes"):
        draft.put(work, partial(csv_values.minutes, units=words(sheet.header.language, "work_unit")))
    draft.put("contact_names", csv_values.items)
    draft.put("companies", csv_values.items)
    _put_reminder(draft, calendar)
    _put_texts(draft, schemas.TASKS)
    return draft.table(schemas.TASKS, "body"), []


BUILDERS: Mapping[Kind, Callable[[Sheet, Calendar, str], tuple[pa.Table, list[BadRow]]]] = {
    "contacts": contacts,
    "calendar": events,
    "tasks": tasks,
}


def _keys(sheet: Sheet, source: str, targets: str) -> list[str]:
    """Return raw_key of every row: raw cells with boundaries; of a row without any of them, all its cells."""
    identifying = [sheet.raw(target) for target in targets.split()]
    keys = []
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for row, parts in enumerate(zip(*identifying, strict=True)):
        values = parts if any(part.strip() for part in parts) else [cells[row] for cells in sheet.cells]
        keys.append(encode([source, *values]))
    return keys


def contact_key(parts: Sequence[str], cells: Sequence[str]) -> str:
    """Return raw_key of one contact: of its e-mail address, names and company, or of all its cells."""
    values = parts if any(part.strip() for part in parts) else cells
    return json.dumps(["csv-contact", *values], ensure_ascii=False)


def _word(sheet: Sheet, name: str) -> Callable[[str], str | None]:
    return partial(csv_values.word, words=words(sheet.header.language, name))


def _boolean(sheet: Sheet) -> Callable[[str], bool | None]:
    return partial(csv_values.boolean, words=words(sheet.header.language, "boolean"))


def _put_common(draft: Draft) -> None:
    draft.put("categories", partial(csv_values.items, separators=";,"))
    draft.put("sensitivity", _word(draft.sheet, "sensitivity"))
    draft.put("importance", _word(draft.sheet, "importance"))
    draft.put("is_private", _boolean(draft.sheet))


def _put_texts(draft: Draft, schema: pa.Schema) -> None:
    """Fill every text column that nothing else filled."""
    for column in schema:
        if column.type == schemas.TEXT and column.name not in draft.values and column.name not in _NOT_OF_A_CSV:
            draft.put(column.name, csv_values.text)


def _put_date(draft: Draft, target: str, calendar: Calendar, last_year: int = LAST_YEAR) -> None:
    draft.put(target, partial(calendar.date, last_year=last_year), is_blank=calendar.is_blank)


def _put_street(draft: Draft, place: str) -> None:
    """Join the lines of a street; where there are none, the whole address in one cell, of older exports."""
    lines = [cells for _, cells in draft.sheet.of(f"{place}_street")]
    whole = draft.sheet.of(f"{place}_address")
    if not lines and not whole:
        return
    count = len(draft.sheet.positions)
    streets: list[str | None] = [None] * count
    if lines:
        streets = [_joined(cells) for cells in zip(*lines, strict=True)]
    for source, cells in whole:
        for row, cell in enumerate(cells):
            if streets[row] is None:
                streets[row] = csv_values.text(cell)
            elif cell.strip():
                draft.leave(row, f"{place}_address", source, cell)
    draft.values[f"{place}_street"] = streets


def _joined(cells: Sequence[str]) -> str | None:
    return "\n".join(line for cell in cells if (line := cell.strip())) or None


def _put_address_type(draft: Draft, email: str) -> None:
    addresses = draft.values.get(email)
    if addresses is not None:
        stated = draft.values.get(f"{email}_type") or [None] * len(addresses)
        pairs = zip(addresses, stated, strict=True)
        draft.values[f"{email}_type"] = [csv_values.address_type(address, kind) for address, kind in pairs]


def _put_progress(draft: Draft) -> None:
    """Fill percent_complete, where a bare "1" depends on the status, and is_complete."""
    count = len(draft.sheet.positions)
    statuses = draft.values.get("status") or [None] * count
    source, cells = draft.chosen("percent_complete") or ("", [""] * count)
    shares = [
        csv_values.share(cell, is_complete=status == "completed") for cell, status in zip(cells, statuses, strict=True)
    ]
    for row, share in enumerate(shares):
        if share is None and cells[row].strip():
            draft.leave(row, "percent_complete", source, cells[row])
    draft.values["percent_complete"] = shares
    draft.values["is_complete"] = [
        status == "completed" if status else None if share is None else share == 1
        for status, share in zip(statuses, shares, strict=True)
    ]


def _put_reminder(draft: Draft, calendar: Calendar) -> None:
    draft.put("has_reminder", _boolean(draft.sheet))
    days, clocks = draft.sheet.raw("reminder_date"), draft.sheet.raw("reminder_time")
    found = [
        None if calendar.is_blank(day) else calendar.instant(day, clock)
        for day, clock in zip(days, clocks, strict=True)
    ]
    if draft.sheet.of("reminder_date"):
        draft.values["reminder_local"] = found
        for row, at in enumerate(found):
            if at is None and not calendar.is_blank(days[row]):
                source = draft.sheet.of("reminder_date")[0][0]
                draft.leave(row, "reminder_date", source, f"{days[row]} {clocks[row]}")


def _instants(sheet: Sheet, calendar: Calendar, end: str) -> list[datetime | None]:
    cells = zip(sheet.raw(f"{end}_date"), sheet.raw(f"{end}_time"), strict=True)
    return [calendar.instant(day, clock) for day, clock in cells]


def _ends(
    sheet: Sheet, calendar: Calendar, starts: Sequence[datetime | None], ends: Sequence[datetime | None]
) -> list[datetime | None]:
    """Return the ends; one that states only a time is on the day of the start."""
    days, clocks = sheet.raw("end_date"), sheet.raw("end_time")
    found = list(ends)
    for row, start in enumerate(starts):
        if found[row] is None and start and calendar.is_blank(days[row]) and (at := calendar.clock(clocks[row])):
            found[row] = datetime.combine(start.date(), at)
    return found


def _without_time(sheet: Sheet, times: Mapping[str, Sequence[datetime | None]]) -> list[BadRow]:
    bad = []
    for row, position in enumerate(sheet.positions):
        end = next((end for end in ("start", "end") if times[end][row] is None), None)
        if end:
            bad.append(_bad_time(sheet, row, position, end))
    return bad


def _bad_time(sheet: Sheet, row: int, position: int, end: str) -> BadRow:
    cells = f"{sheet.raw(f'{end}_date')[row]} {sheet.raw(f'{end}_time')[row]}".strip()
    whole = sheet.written(row)
    columns = sheet.of(f"{end}_date")
    reason = f"the {end} of this event {'is missing' if not cells else 'is no date and time'}"
    return BadRow(position, f"bad_{end}", columns[0][0] if columns else f"{end}_date", reason, whole)


def _fill_event(draft: Draft, calendar: Calendar, file_sha256: str) -> None:
    sheet = draft.sheet
    identity(draft, file_sha256, CLASSES["calendar"])
    draft.values["raw_key"] = _keys(sheet, "csv-event", "subject start_date start_time end_date end_time")
    _put_common(draft)
    draft.put("is_all_day", _boolean(sheet))
    draft.put("busy_status", _word(sheet, "busy_status"))
    draft.put("organizer", _organizer)
    attendees = [_attendees(cells) for cells in zip(*(sheet.raw(target) for target in _ROLES), strict=True)]
    draft.values["attendees"] = attendees
    draft.values["is_meeting"] = [people is not None for people in attendees]
    _put_reminder(draft, calendar)
    _put_texts(draft, schemas.EVENTS)


def _organizer(cell: str) -> dict[str, Any] | None:
    found = csv_values.text(cell)
    return csv_values.person(found, "organizer") if found else None


def _attendees(cells: Cells) -> list[dict[str, Any]] | None:
    people = [
        csv_values.person(entry, role)
        for cell, role in zip(cells, _ROLES.values(), strict=True)
        for entry in csv_values.items(cell) or ()
    ]
    return people or None
