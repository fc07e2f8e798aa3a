"""Tasks.

Source: [MS-OXOTASK] 2.2.2. Start and due are days: floating dates, with the instants of their midnights beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from tests.pstwriter import keys
from tests.pstwriter.contacts import midnight
from tests.pstwriter.items import Item
from tests.pstwriter.mapi import NO_DATE, Pair
from tests.pstwriter.recurrence import Recurrence

NOT_STARTED, IN_PROGRESS, COMPLETE, WAITING, DEFERRED = range(5)
OWN_TASK, ASSIGNED_TASK = 0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Item):
    """A task.

    Attributes:
        start: Day on which it begins.
        due: Day on which it is due.
        status: `NOT_STARTED`, `IN_PROGRESS`, `COMPLETE`, `WAITING` or `DEFERRED`.
        percent: Part that is done, from 0 to 1.
        completed: Day on which it was completed.
        owner: Whose task it is.
        assigner: Who gave it.
        last_delegate: Who touched it last on behalf of another.
        state: PidLidTaskState.
        ownership: `OWN_TASK` or `ASSIGNED_TASK`.
        acceptance: PidLidTaskAcceptanceState.
        actual_minutes: Work done.
        estimated_minutes: Work planned.
        recurrence: The series that it belongs to.
        remind_at: When to remind.
        utc_offset: How far the owner's clock is ahead of UTC.
    """

    kind: ClassVar[str] = "IPM.Task"
    start: date | None = None
    due: date | None = None
    status: int = NOT_STARTED
    percent: float = 0.0
    completed: date | None = None
    owner: str | None = None
    assigner: str | None = None
    last_delegate: str | None = None
    state: int = 1
    ownership: int = OWN_TASK
    acceptance: int = 0
    actual_minutes: int = 0
    estimated_minutes: int = 0
    recurrence: Recurrence | None = None
    remind_at: datetime | int | None = None
    utc_offset: timedelta = timedelta()

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield what only tasks have."""
        del code_page
        yield keys.TASK_STATUS, self.status
        yield keys.PERCENT_COMPLETE, self.percent
        yield keys.TASK_START, self.start
        yield keys.TASK_DUE, self.due
        yield keys.COMMON_START, midnight(self.start, self.utc_offset)
        yield keys.COMMON_END, midnight(self.due, self.utc_offset)
        yield keys.TASK_COMPLETE, self.status == COMPLETE
        yield keys.TASK_COMPLETED, midnight(self.completed, self.utc_offset)
        yield keys.TASK_OWNER, self.owner
        yield keys.TASK_ASSIGNER, self.assigner
        yield keys.TASK_LAST_DELEGATE, self.last_delegate
        yield keys.TASK_STATE, self.state
        yield keys.TASK_OWNERSHIP, self.ownership
        yield keys.TASK_ACCEPTANCE, self.acceptance
        yield keys.TASK_ACTUAL_EFFORT, self.actual_minutes
        yield keys.TASK_ESTIMATED_EFFORT, self.estimated_minutes
        yield keys.TASK_RECURRING, self.recurrence is not None
        yield keys.TASK_RECURRENCE, self.recurrence.pattern() if self.recurrence else None
        yield keys.REMINDER_SET, self.remind_at is not None
        yield keys.REMINDER_TIME, self.remind_at
        yield keys.REMINDER_SIGNAL_TIME, NO_DATE if self.remind_at is None else self.remind_at
