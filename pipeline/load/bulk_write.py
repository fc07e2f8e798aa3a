"""Bulk Write: upload, job, poll, result; the result is joined by key, never by order, and COMPLETED proves nothing.

Calls and results: reference/zoho-api.md 2.1 to 2.6, addendum section 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import repeat
from typing import Any, Protocol

import pyarrow as pa

from pipeline.errors import RetryableError, TargetError
from pipeline.load import archive
from pipeline.load.answers import UNREADABLE, problem
from pipeline.load.bulk_read import Patience
from pipeline.load.client import UnansweredError, ZohoClient, failed
from pipeline.load.columns import listed
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.plan import Batch, mappings_of

MISSING = "not_in_result"
STILL_RUNNING = "job_still_running"
JOB_UNKNOWN = "job_unknown"
RESULT_UNREADABLE = "result_unreadable"
TOO_MANY_ROWS = "too_many_rows_for_a_job"
_DONE = {"added": Result.CREATED, "updated": Result.UPDATED}


class Looked(Protocol):
    """A record whose result is looked for; see `Sought`."""

    @property
    def crm_key(self) -> str:
        """Its crm_key."""

    @property
    def crm_id(self) -> str:
        """Its id, "" for one that was to be created."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A record whose result is looked for; `crm_id` "" for one that was to be created."""

    crm_key: str
    crm_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The CRM refused to make a job of a batch."""

    code: str
    field: str


def upload(client: ZohoClient, batch: Batch, zgid: str) -> str:
    """Upload the zip of a batch and return its file_id; this changes no record.

    Raises:
        TargetError: the CRM did not take it.
    """
    answer = client.upload(f"{batch.target.table}.zip", batch.zipped, zgid)
    details = answer.body.get("details") if isinstance(answer.body, Mapping) else None
    if not answer.is_ok or not isinstance(details, Mapping) or not details.get("file_id"):
        failed(answer, f"the upload of a bulk file for {batch.target.module}")
    return str(details["file_id"])


def start(client: ZohoClient, batch: Batch, file_id: str) -> str | Refused:
    """Ask for the job of an uploaded file; return its id.

    Raises:
        UnansweredError: whether there is a job now is not known.
        TargetError: there certainly is none.
    """
    answer = client.post("/crm/bulk/v8/write", job_of(batch, file_id))
    details = answer.body.get("details") if isinstance(answer.body, Mapping) else None
    if answer.is_ok and isinstance(details, Mapping) and details.get("id"):
        return str(details["id"])
    found = problem(answer.body)
    if answer.is_ok or found.code == UNREADABLE:
        raise UnansweredError("The CRM's answer to a bulk job cannot be read.", "Run the same command again.")
    return Refused(found.code, found.field)


def job_of(batch: Batch, file_id: str) -> dict[str, Any]:
    """Return the body that asks for a job. Upsert by our key: sent again, it makes no double."""
    is_create = batch.action == "create"
    return {
        "operation": "upsert" if is_create else "update",
        "character_encoding": "UTF-8",
        "resource": [
            {
                "type": "data",
                "module": {"api_name": batch.target.module},
                "file_id": file_id,
                "file_names": [f"{batch.target.table}.csv"],
                "find_by": batch.transport.key_field if is_create else "id",
                "ignore_empty": True,
                "field_mappings": mappings_of(batch),
            }
        ],
    }


def wait(client: ZohoClient, job: str, sought: Sequence[Looked], key_field: str, patience: Patience) -> list[Outcome]:
    """Wait for a job and return what became of each record.

    Raises:
        RetryableError: the CRM cannot be reached; the job goes on without us.
    """
    for _ in patience.waits():
        answer = client.get(f"/crm/bulk/v8/write/{job}")
        if answer.status == HTTPStatus.NOT_FOUND or answer.code == "RESOURCE_NOT_FOUND":
            return _all(sought, Result.IN_DOUBT, JOB_UNKNOWN)
        if not answer.is_ok or not isinstance(answer.body, Mapping):
            failed(answer, "asking for the state of a bulk job")
        status = _plain(answer.body.get("status"))
        if status == "COMPLETED":
            return _reconciled(client, answer.body, sought, key_field)
        if status in {"FAILED", "SKIPPED"}:
            return _all(sought, Result.FAILED, _reason(answer.body) or status)
        client.meter.asked_again += 1
    return _all(sought, Result.IN_DOUBT, STILL_RUNNING)


def _plain(status: object) -> str:
    return str(status or "").replace(" ", "").replace("_", "").upper()


def _reason(job: Mapping[str, Any]) -> str:
    resources = job.get("resource")
    codes = [str(one.get("code", "")) for one in resources if isinstance(one, Mapping)] if resources else []
    found = next((code for code in codes if code not in {"", "ADDED", "SUCCESS"}), "")
    return TOO_MANY_ROWS if found == "LIMIT_EXCEEDED" else found  # of a whole job; how many it takes is not sure (2.2)


def _reconciled(client: ZohoClient, job: Mapping[str, Any], sought: Sequence[Looked], key_field: str) -> list[Outcome]:
    result = job.get("result")
    url = result.get("download_url") if isinstance(result, Mapping) else None
    if not url:
        return _all(sought, Result.IN_DOUBT, MISSING)
    try:
        rows = archive.fetched(client.download, str(url))
    except RetryableError:
        raise
    except TargetError:
        return _all(sought, Result.IN_DOUBT, RESULT_UNREADABLE)
    return reconcile(rows, sought, key_field)


def reconcile(found: pa.Table, sought: Sequence[Looked], key_field: str) -> list[Outcome]:
    """Join the rows of a result with what was sent: by our key for creates, by id for updates.

    Args:
        found: the result file, columns of text by lower-cased header.
        sought: what was sent.
        key_field: the field that holds our key.
    """
    columns = {name: listed(found.column(name)) for name in found.column_names}
    nothing = [""] * found.num_rows
    ids = columns.get("record_id", nothing)
    if made := _all_made(columns.get("status", nothing), columns.get(key_field.casefold(), nothing), ids, sought):
        return made
    rows = list(zip(columns.get("status", nothing), ids, columns.get("errors", nothing), strict=True))
    by_key = {key: row for key, row in zip(columns.get(key_field.casefold(), nothing), rows, strict=True) if key}
    if not any(one.crm_id for one in sought):
        return [_outcome(one, by_key.get(one.crm_key)) for one in sought]
    named = columns.get("id", nothing)
    by_id = {one or other: row for one, other, row in zip(named, ids, rows, strict=True)}
    return [_outcome(one, by_id.get(one.crm_id) if one.crm_id else by_key.get(one.crm_key)) for one in sought]


def _all_made(
    statuses: Sequence[str], keys: Sequence[str], ids: Sequence[str], sought: Sequence[Looked]
) -> list[Outcome]:
    """Return the outcomes where nothing but new records came of what was sent, as usual; else nothing."""
    if {_folded(one) for one in set(statuses)} != {"added"} or "" in keys or any(one.crm_id for one in sought):
        return []
    by_key = dict(zip(keys, map(str.strip, ids), strict=True))
    wanted = [one.crm_key for one in sought]
    made = [by_key.get(key, "") for key in wanted]
    return list(map(Outcome, wanted, repeat(Result.CREATED), made)) if all(made) else []


def _outcome(one: Looked, row: tuple[str, str, str] | None) -> Outcome:
    """Return what status, id and errors of a row mean; None: the result does not speak of it."""
    if row is None:
        return Outcome(crm_key=one.crm_key, crm_id=one.crm_id, result=Result.IN_DOUBT, code=MISSING)
    status, crm_id = _folded(row[0]), row[1].strip() or one.crm_id
    if status in _DONE:
        if crm_id:
            return Outcome(one.crm_key, _DONE[status], crm_id)
        return Outcome(crm_key=one.crm_key, crm_id="", result=Result.IN_DOUBT, code=MISSING)
    code, field = error_of(row[2])
    return Outcome(
        crm_key=one.crm_key, crm_id=one.crm_id, result=Result.FAILED, code=code or status.upper(), field=field
    )


@lru_cache(maxsize=64)
def _folded(status: str) -> str:
    return status.strip().casefold()


def error_of(cell: str) -> tuple[str, str]:
    """Read the first error of an ERRORS cell, `CODE-ColA,ColB:CODE2-ColC`: its code and its columns."""
    code, _, columns = cell.strip().partition(":")[0].partition("-")
    return code.strip(), columns.strip()


def _all(sought: Iterable[Looked], result: Result, code: str) -> list[Outcome]:
    return [Outcome(crm_key=one.crm_key, crm_id=one.crm_id, result=result, code=code) for one in sought]
