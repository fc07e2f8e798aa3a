"""Extracted tasks → drafts of Tasks."""

from pipeline.clean import text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.targets import TASKS, Target
from pipeline.transform import exclude, fields
from pipeline.transform.draft import Draft, Origin, Row
from pipeline.transform.filling import Filling

# Names, by which load finds the record that a look-up points to.
_NAMED = {"Who_Id": "contact_names", "What_Id": "companies"}
_OF_RULES = frozenset({"Subject", "Description"})


def draft(row: Row, origin: Origin, target: Target = TASKS) -> Draft:
    """Map one row of schemas.TASKS (its columns that columns.used names)."""
    filling = Filling(target, is_japanese=text.is_japanese(row["subject"]))
    body = text.lines(row["body"])
    filling.put("Subject", title(text.line(row["subject"]), body.value))
    filling.put("Description", body)
    status = "completed" if row["status"] is None and row["is_complete"] else row["status"]
    plain = [field for field in target.fields if field.source and (field.is_custom or field.api_name not in _OF_RULES)]
    fields.put(plain, {**row, "status": status}, filling)
    fields.put_asides(target, row, filling)
    fields.note_leftovers(target, row, filling)
    for api_name, column in _NAMED.items():
        filling.put(api_name, text.line(fields.as_text(row[column])))
    is_empty = filling.values.keys().isdisjoint({"Subject", "Description"})
    fields.put_constants(target, filling)
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclude.task(row, origin.home, is_empty=is_empty),
        asides=tuple(filling.asides),
    )


def title(subject: Cleaned, *stand_ins: str | None) -> Cleaned:
    """Return the subject; where there is none, the first line of the first stand-in that has text."""
    found = next((value for value in stand_ins if value), None)
    if subject.value is not None or found is None:
        return subject
    first = found.split("\n", 1)[0].strip()
    return subject.then(Cleaned(first, (Change("first_line_as_subject", None, first),)))
