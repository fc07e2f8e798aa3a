"""An IPM.Task as a row of `tasks` ([MS-OXOTASK], reference/mapi-properties.md)."""

from datetime import date
from typing import Any

from pipeline.extract.pst import bodies, series, words
from pipeline.extract.pst.bag import Bag, Item

_STATUS = ("not_started", "in_progress", "completed", "waiting", "deferred")


def row(item: Item, body: bodies.Body) -> dict[str, Any]:
    """Return the columns of a task that its properties give.

    Start and due are dates without a zone, stored as midnight in UTC; their date part is the date.
    """
    bag = item.bag
    return {
        **words.copied_columns(bag, "tasks"),
        **words.common_columns(bag),
        **series.task_columns(bag),
        "subject": words.subject(bag),
        "body": body.text,
        "start_date": words.floating_date(bag.instant("PidLidTaskStartDate")),
        "due_date": words.floating_date(bag.instant("PidLidTaskDueDate")),
        "completed_date": _completed_date(bag),
        "status": words.word(bag.integer("PidLidTaskStatus"), _STATUS),
        "reminder_at": bag.instant("PidLidReminderTime") or bag.instant("PidLidReminderSignalTime"),
    }


def _completed_date(bag: Bag) -> date | None:
    """Return the day of PidLidTaskDateCompleted, which is the instant of a local midnight.

    The zone shows in another date of the item that is stored both ways: as a local date and as its instant.
    """
    completed = bag.instant("PidLidTaskDateCompleted")
    for floating, instant in (
        ("PidLidTaskDueDate", "PidLidCommonEnd"),
        ("PidLidTaskStartDate", "PidLidCommonStart"),
    ):
        local, utc = bag.instant(floating), bag.instant(instant)
        if completed and local and utc:
            return words.nearest_date(completed + (local - utc))
    return None
