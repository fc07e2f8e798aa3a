"""The plain way from an extracted column to a Zoho field: by the field's kind, with no rule of its own."""

from collections.abc import Iterable
from datetime import date

from pipeline.clean import email, phone, picklist, text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.targets import MANAGER, Field, Kind, Target
from pipeline.transform.draft import Row
from pipeline.transform.filling import Filling

DESCRIPTION = "Description"
IN_DESCRIPTION = "manager_in_description"
NO_FIELD = "no_field_of_its_own"
LEFT_OVER = "kept_under_its_header"
_CLEANERS = {Kind.EMAIL: email.clean, Kind.PHONE: phone.clean}


def put(fields: Iterable[Field], row: Row, filling: Filling) -> None:
    """Fill fields from their columns; what an e-mail or phone field cannot take goes into Description."""
    for field in fields:
        raw = row[field.source]
        if clean := _CLEANERS.get(field.kind):
            filling.put_or_move(field, raw, clean(raw, field.length))
        elif field.kind is Kind.PICKLIST:
            filling.put(field.api_name, picklist.choose(raw, field.values))
        elif field.kind is Kind.TEXT:
            filling.put(field.api_name, plain(field, as_text(raw)))
        elif raw is not None:
            filling.take(field.api_name, raw)


def plain(field: Field, raw: str | None) -> Cleaned:
    """Return a text as its field takes it: with its lines, or as one line."""
    return text.lines(raw) if field.has_lines else text.line(raw)


def put_constants(target: Target, filling: Filling) -> None:
    """Fill the fields that have the same value in every record."""
    for field in target.fields:
        if field.constant:
            filling.take(field.api_name, field.constant)


def put_asides(target: Target, row: Row, filling: Filling) -> None:
    """Take what has no field of its own into Description, unless a field of the project takes it."""
    mapped = {field.source for field in target.fields}
    for aside in target.asides:
        if aside.source not in mapped:
            rule = IN_DESCRIPTION if aside.source == MANAGER else NO_FIELD
            filling.aside(aside.label_en, aside.label_ja, as_text(row[aside.source]), rule)


def note_leftovers(target: Target, row: Row, filling: Filling) -> None:
    """List the cells of a CSV that stand below the text of Description, as their column could not take them."""
    for left in row["leftovers"] or ():
        filling.note(taker(target, left["column"]), Change(LEFT_OVER, left["cell"], None))


def taker(target: Target, column: str) -> str:
    """Return the field that a column of the extracted table goes into; one without a field goes to Description."""
    return next((field.api_name for field in target.fields if field.source == column), DESCRIPTION)


def as_text(raw: object) -> str | None:
    """Return a column's value as text, the items of a list parted by "; ", a date as in ISO 8601."""
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, list):
        return "; ".join(str(item) for item in raw) or None
    return raw if isinstance(raw, str) else None
