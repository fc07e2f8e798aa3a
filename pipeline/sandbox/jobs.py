"""Jobs: accepted by a request, done later by one thread, gone on with after a restart (zoho-api 2.4, 3.6)."""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sandbox.crm import Crm
from pipeline.sandbox.faults import Fault
from pipeline.sandbox.storage import next_id
from pipeline.sandbox.switches import positions

_CLOCK_SECONDS = 1.0
ADDED, RUNNING, COMPLETED, FAILED, SKIPPED = "ADDED", "INPROGRESS", "COMPLETED", "FAILED", "SKIPPED"


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is kept.

    `request`: what was asked; `outcome`: what came of it, empty until it has ended; `visible_at`: when it may be known
    and done, `fault`: what it is to meet (see faults.py).
    """

    id: int
    kind: str
    state: str
    created_at: int
    ended_at: int | None
    request: Mapping[str, Any]
    outcome: Mapping[str, Any]
    visible_at: int = 0
    fault: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing will change any more."""
        return self.ended_at is not None


Work = Callable[[Crm, Job], Mapping[str, Any] | None]


def add(db: sqlite3.Connection, kind: str, request: Mapping[str, Any], at: int, fault: Fault | None = None) -> Job:
    """Accept a job; `fault` is what it is to meet."""
    visible_at = at + fault.seconds if fault and fault.name in {"job_late", "job_slow"} else 0
    name = fault.name if fault else ""
    job = Job(next_id(db), kind, ADDED, at, None, request, {}, visible_at, name)
    db.execute(
        "INSERT INTO jobs (id, kind, state, created_at, ended_at, request, outcome, visible_at, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (job.id, kind, ADDED, at, None, json.dumps(request, ensure_ascii=False), "{}", visible_at, name),
    )
    return job


def find(db: sqlite3.Connection, kind: str, job_id: str) -> Job | None:
    """Return the job of that id."""
    row = db.execute(f"{_SELECT} WHERE CAST(id AS TEXT) = ? AND kind = ?", (job_id, kind)).fetchone()
    return _job(row) if row else None


class Worker:
    """The thread that does the jobs, one after the other in the order they came."""

    def __init__(self, crm: Crm, work: Mapping[str, Work]) -> None:
        self._crm = crm
        self._work = work
        self._thread = threading.Thread(target=self._run, name="jobs")

    def start(self) -> None:
        """Begin, with what an earlier process left open."""
        self._thread.start()

    def stop(self) -> None:
        """Stop between two batches of rows; what is open is gone on with at the next start."""
        self._crm.is_stopping.set()
        self._crm.work_waits.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._crm.is_stopping.is_set():
            self._crm.work_waits.clear()
            job = self._next()
            if job is None:
                self._crm.work_waits.wait(_CLOCK_SECONDS)  # a late job comes up by the clock
            else:
                self._do(job)

    def _next(self) -> Job | None:
        with self._crm.storage.reading() as db:
            query = f"{_SELECT} WHERE ended_at IS NULL AND visible_at <= ? ORDER BY id LIMIT 1"
            row = db.execute(query, (self._crm.clock.now(),)).fetchone()
        return _job(row) if row else None

    def _do(self, job: Job) -> None:
        """Take a job through its states; what goes wrong in it is its failure, not the sandbox's."""
        self._pause()
        self._set(job, RUNNING, None)
        try:
            outcome = self._work[job.kind](self._crm, job)
        except Exception as error:  # noqa: BLE001 - a defect must end the job, not the thread that does all others
            outcome = {"state": FAILED, "code": "INTERNAL_ERROR", "message": f"Internal Server Error ({error!r})"}
        if outcome is not None:
            self._pause()
            self._set(job, str(outcome["state"]), outcome)

    def _pause(self) -> None:
        with self._crm.storage.reading() as db:
            delay = positions(db).number("job_delay_ms")
        if delay:
            self._crm.is_stopping.wait(delay / 1000)

    def _set(self, job: Job, state: str, outcome: Mapping[str, Any] | None) -> None:
        ended_at = None if outcome is None else self._crm.clock.now()
        with self._crm.storage.writing() as db:
            db.execute(
                "UPDATE jobs SET state = ?, ended_at = ?, outcome = ? WHERE id = ?",
                (state, ended_at, json.dumps(outcome or {}, ensure_ascii=False), job.id),
            )


_SELECT = "SELECT id, kind, state, created_at, ended_at, request, outcome, visible_at, fault FROM jobs"


def _job(row: tuple[Any, ...]) -> Job:
    return Job(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), json.loads(row[6]), row[7], row[8])
