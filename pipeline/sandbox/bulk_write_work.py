"""What a bulk write job does: the rows of its CSV, batch by batch, and the result zip (zoho-api 2.4 to 2.6)."""

import csv
import io
import json
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pipeline.sandbox import bulk_csv, bulk_plan
from pipeline.sandbox.bulk_plan import Plan
from pipeline.sandbox.bulk_rows import RowOutcome, RowWriter
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.jobs import COMPLETED, FAILED, SKIPPED, Job
from pipeline.sandbox.links import Linker
from pipeline.sandbox.outbox import note_bulk
from pipeline.sandbox.stored import Stamp
from pipeline.sandbox.switches import Positions, positions
from pipeline.sandbox.values import Rules

_ROWS_A_BATCH = 500
_COLUMNS_BACK = 3  # 2.5, H
_UNPROCESSED = RowOutcome("unprocessed")  # 2.5, H
_CASES = {"lower": str.lower, "upper": str.upper, "title": str.title}


def do(crm: Crm, job: Job) -> Mapping[str, Any] | None:
    """Do the job, from where it was left; return its outcome, or None when the sandbox stops meanwhile."""
    with crm.storage.reading() as db:
        switches = positions(db)
    try:
        plan = bulk_plan.read(job.request, crm.catalog(), crm.uploads, switches)
        rows = _count(plan, switches)
    except Refusal as refusal:
        return _failed(str(refusal.body["code"]), str(refusal.body["message"]))
    except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile) as error:
        return _failed("INVALID_DATA", f"the file cannot be read ({type(error).__name__})")
    if failure := _failure(job, plan, rows, switches.number("bulk_write_rows")):
        return failure
    if not _write_rows(crm, job, plan, switches, rows):
        return None
    return _DEFECT if job.fault == "job_halved" else _completed(crm, job, plan, switches)


def _failure(job: Job, plan: Plan, rows: int, most: int) -> Mapping[str, Any] | None:
    """Return why a job fails as a whole before it writes anything, if it does."""
    if job.fault == "job_failed":
        return _DEFECT
    if plan.failure:
        return _failed("MANDATORY_FIELDS_NOT_MAPPED", plan.failure)
    if rows > most:
        return _failed("LIMIT_EXCEEDED", f"a file may have at most {most} rows")
    return None


def _count(plan: Plan, switches: Positions) -> int:
    with bulk_csv.opened(plan.file, plan.csv_name, plan.encoding, switches) as sheet:
        return sum(1 for _ in sheet.rows)


def _write_rows(crm: Crm, job: Job, plan: Plan, switches: Positions, count: int) -> bool:
    """Write batch after batch, each with its outcomes in one transaction; return False when stopped before the end."""
    last = count // 2 if job.fault == "job_halved" else None
    writer = RowWriter(plan, Rules(crm.org.zone, switches))
    with crm.storage.reading() as db:
        done = db.execute("SELECT COUNT(*) FROM job_rows WHERE job_id = ?", (job.id,)).fetchone()[0]
    with bulk_csv.opened(plan.file, plan.csv_name, plan.encoding, switches) as sheet:
        rows = islice(sheet.rows, done, last)
        while batch := list(islice(rows, _ROWS_A_BATCH)):
            if crm.is_stopping.is_set():
                return False
            with crm.storage.writing() as db:
                linker = Linker(db, crm.catalog(), switches, Stamp(crm.clock.now(), crm.org.admin))
                outcomes = [
                    _UNPROCESSED if job.fault == "rows_unprocessed" and place % 2 else writer.write(row, linker)
                    for place, row in enumerate(batch, start=done)
                ]
                _keep(db, job, plan, done, zip(batch, outcomes, strict=True))
                if switches.is_at("bulk_workflows", "fired"):
                    note_bulk(db, crm.clock.now(), plan.module, (one.record_id for one in outcomes))
            done += len(batch)
    return True


def _keep(
    db: sqlite3.Connection, job: Job, plan: Plan, done: int, results: Iterator[tuple[list[str], RowOutcome]]
) -> None:
    indexes = _shown_indexes(plan)
    entries = (
        (job.id, done + place, _cells(row, indexes), outcome.status, outcome.record_id, outcome.errors)
        for place, (row, outcome) in enumerate(results)
    )
    db.executemany(
        "INSERT INTO job_rows (job_id, row, cells, status, record_id, errors) VALUES (?, ?, ?, ?, ?, ?)", entries
    )


def _shown_indexes(plan: Plan) -> Sequence[int]:
    """The first three mapped columns come back (2.5, H)."""
    return sorted({column.index for column in plan.columns if column.index >= 0})[:_COLUMNS_BACK]


def _cells(row: Sequence[str], indexes: Sequence[int]) -> str:
    return json.dumps([row[index] if index < len(row) else "" for index in indexes], ensure_ascii=False)


def _completed(crm: Crm, job: Job, plan: Plan, switches: Positions) -> Mapping[str, Any]:
    with crm.storage.reading() as db:
        query = "SELECT status, COUNT(*) FROM job_rows WHERE job_id = ? GROUP BY status"
        counts = Counter(dict(db.execute(query, (job.id,)).fetchall()))
        _write_result(crm, job, plan, switches, db)
    with crm.storage.writing() as db:
        db.execute("DELETE FROM job_rows WHERE job_id = ?", (job.id,))
    file = {
        "name": plan.csv_name,
        "added_count": counts["added"],
        "skipped_count": counts["skipped"],
        "updated_count": counts["updated"],
        "total_count": counts.total(),
    }
    state = COMPLETED if counts.total() else SKIPPED  # a file without rows: L
    return {"state": state, "code": "SUCCESS", "file": file, "has_result": True}


def _write_result(crm: Crm, job: Job, plan: Plan, switches: Positions, db: sqlite3.Connection) -> None:
    """Write `<Module>-<csv name>` into a zip, streaming (2.5, H)."""
    path = crm.results / f"{job.id}.zip"
    cased = _CASES[switches.text("status_case")]
    query = "SELECT cells, status, record_id, errors FROM job_rows WHERE job_id = ? ORDER BY row"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{plan.module.api_name}-{plan.csv_name}", "w") as raw,
        io.TextIOWrapper(raw, "utf-8", newline="") as text,
    ):
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow([*_shown_header(plan, switches), "STATUS", "RECORD_ID", "ERRORS"])
        for cells, status, record_id, errors in db.execute(query, (job.id,)):
            lines.writerow([*json.loads(cells), cased(status), record_id, errors])


def _shown_header(plan: Plan, switches: Positions) -> list[str]:
    indexes = _shown_indexes(plan)
    if switches.is_at("result_header", "csv"):
        return [plan.header[index] for index in indexes]
    by_index = {column.index: column.api_name for column in plan.columns}
    return [by_index[index] for index in indexes]


def _failed(code: str, message: str) -> Mapping[str, Any]:
    return {"state": FAILED, "code": code, "message": message}


_DEFECT = _failed("INTERNAL_ERROR", "Internal Server Error")
