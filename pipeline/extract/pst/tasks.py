"""IPM.Task items as columns of `tasks` ([MS-OXOTASK], reference/mapi-properties.md)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pipeline.extract.pst import series, words
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns

_STATUS = ("not_started", "in_progress", "completed", "waiting", "deferred")


def columns(items: Columns, bodies: Sequence[Body]) -> dict[str, Sequence[Any]]:
    """Return the columns of tasks that are composed.

    Start and due are dates without a zone, stored as midnight in UTC; their date part is the date.
    """
    return {
        **_series(items),
        "subject": words.subjects(items),
        "body": [body.text for body in bodies],
        "start_date": words.floating_dates(items, "PidLidTaskStartDate"),
        "due_date": words.floating_dates(items, "PidLidTaskDueDate"),
        "completed_date": _completed_dates(items),
        "status": words.words(items.values("PidLidTaskStatus"), _STATUS),
        "reminder_at": words.first_of(items, "PidLidReminderTime", "PidLidReminderSignalTime"),
    }


def _series(items: Columns) -> dict[str, Sequence[Any]]:
    if items.is_absent("PidLidTaskRecurrence"):
        return {}
    return words.turned([series.task_columns(items.bag(row)) for row in range(len(items))])


def _completed_dates(items: Columns) -> Sequence[date | None]:
    """Return the days of PidLidTaskDateCompleted, which is the instant of a local midnight.

    The zone shows in another date of the item that is stored both ways: as a local date and as its instant.
    """
    if items.is_absent("PidLidTaskDateCompleted"):
        return [None] * len(items)
    names = ("PidLidTaskDueDate", "PidLidCommonEnd", "PidLidTaskStartDate", "PidLidCommonStart")
    completed = items.values("PidLidTaskDateCompleted")
    return [_completed_date(*found) for found in zip(completed, *map(items.values, names), strict=True)]


def _completed_date(completed: datetime | None, *both: datetime | None) -> date | None:
    for local, utc in zip(both[::2], both[1::2], strict=True):
        if completed and local and utc:
            return words.nearest_date(completed + (local - utc))
    return None
