"""Extracted tasks → drafts of Tasks."""

from pipeline.clean import picklist, text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.targets import TASKS
from pipeline.transform import exclude
from pipeline.transform.draft import Draft, Origin, Row
from pipeline.transform.filling import Filling


def draft(row: Row, origin: Origin) -> Draft:
    """Map one row of schemas.TASKS (its columns of columns.TASK)."""
    filling = Filling(is_japanese=text.is_japanese(row["subject"]))
    body = text.lines(row["body"])
    filling.put("Subject", title(text.line(row["subject"]), body.value))
    filling.put("Description", body)
    status = "completed" if row["status"] is None and row["is_complete"] else row["status"]
    filling.put("Status", picklist.choose(status, TASKS.field("Status").values))
    filling.put("Priority", picklist.choose(row["importance"], TASKS.field("Priority").values))
    if row["due_date"] is not None:
        filling.values["Due_Date"] = row["due_date"]
    is_empty = filling.values.keys().isdisjoint({"Subject", "Description"})
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclude.task(row, is_empty=is_empty),
    )


def title(subject: Cleaned, *stand_ins: str | None) -> Cleaned:
    """Return the subject; where there is none, the first line of the first stand-in that has text."""
    found = next((value for value in stand_ins if value), None)
    if subject.value is not None or found is None:
        return subject
    first = found.split("\n", 1)[0].strip()
    return subject.then(Cleaned(first, (Change("first_line_as_subject", None, first),)))
