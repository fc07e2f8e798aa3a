"""Bulk read: creating a job, polling it, its result (zoho-api 3.6; addendum 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.sandbox import jobs
from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Catalog, Module
from pipeline.sandbox.clock import shown
from pipeline.sandbox.conditions import of_criteria
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.files import attachment
from pipeline.sandbox.jobs import Job
from pipeline.sandbox.paging import make_token, read_token
from pipeline.sandbox.people import user_of
from pipeline.sandbox.render import columns_of, is_column
from pipeline.sandbox.switches import positions

MOST_FIELDS = 200
KEPT_SECONDS = 24 * 3600
_DOWNLOADS_A_MINUTE = 10
_MOST_PAGES = 1_000_000


def create(call: Call) -> Reply:
    """Answer POST /crm/bulk/v8/read."""
    if "json" not in call.headers.get("content-type", ""):
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "the media type is not supported")
    query = _query(call, call.json())
    with call.crm.storage.writing() as db:
        job = jobs.add(db, "read", query, call.crm.clock.now())
        creator, cost = user_of(db, call.crm.org.admin), positions(db).number("bulk_read_credits")
    call.crm.work_waits.set()
    details = _described(call, job, jobs.ADDED, creator)
    done = {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully.", "details": details}
    return Reply({"data": [done], "info": {}}, status=201, credits=cost)


def poll(call: Call) -> Reply:
    """Answer GET /crm/bulk/v8/read/{job_id}."""
    job = _job(call)
    with call.crm.storage.reading() as db:
        running, creator = positions(db).text("bulk_read_state"), user_of(db, call.crm.org.admin)
    states = {jobs.RUNNING: running, jobs.FAILED: "FAILURE"}
    query = {
        "module": {"api_name": job.request["module"]},
        "fields": job.request["columns"],
        "page": job.request["page"],
    }
    body = {
        **_described(call, job, states.get(job.state, job.state), creator),
        "query": query,
        "file_type": "csv",
    }
    if job.state == jobs.COMPLETED:
        body["result"] = _result(job)
    return Reply({"data": [body]})


def result(call: Call) -> Reply:
    """Answer GET /crm/bulk/v8/read/{job_id}/result: a zip, one day long, ten times a minute (3.6, H)."""
    job = _job(call)
    path = call.crm.results / f"{job.id}.zip"
    now = call.crm.clock.now()
    if job.ended_at is None or now - job.ended_at > KEPT_SECONDS or not path.is_file():
        raise Refusal(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.")
    if call.crm.downloads.count(now) >= _DOWNLOADS_A_MINUTE:
        raise Refusal(429, "TOO_MANY_REQUESTS", "too many downloads in a minute")
    call.crm.downloads.add(now)
    return Reply(file=path, headers=attachment(f"{job.id}.zip"))


def _query(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the job is to read: module, columns, page, criteria. A page token stands alone (add. 3)."""
    query = body.get("query")
    if not isinstance(query, dict):
        raise Refusal(400, "MANDATORY_NOT_FOUND", "required key query is not found", {"api_name": "query"})
    if body.get("file_type", "csv") != "csv":
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "file_type", "supported_values": ["csv"]})
    token = query.get("page_token")
    if token is not None:
        return _continued(call, str(token))
    catalog = call.crm.catalog()
    module = _module(catalog, query.get("module"))
    page = query.get("page", 1)
    if isinstance(page, bool) or not isinstance(page, int) or not 1 <= page <= _MOST_PAGES:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "page", "expected_data_type": "integer"})
    criteria = query.get("criteria")
    of_criteria(module, criteria, call.crm.org.zone)
    columns = _columns(catalog, module, query.get("fields"))
    with call.crm.storage.reading() as db:
        rows = positions(db).number("bulk_read_rows")
    return {"module": module.api_name, "columns": columns, "page": page, "criteria": criteria, "rows": rows}


def _continued(call: Call, token: str) -> dict[str, Any]:
    """Read on where the job that gave the token ended."""
    job_id, _, page_token = token.partition(".")
    with call.crm.storage.reading() as db:
        job = jobs.find(db, "read", job_id)
    if job is None:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "page_token"})
    page = read_token(page_token, job_id, call.crm.clock.now())
    return {**job.request, "page": page}


def _module(catalog: Catalog, given: Any) -> Module:  # noqa: ANN401 - JSON
    name = str(given.get("api_name") if isinstance(given, dict) else given)
    module = catalog.find(name)
    if module is None or not module.is_bulk_read:
        raise Refusal(400, "MODULE_NOT_AVAILABLE", f"Requested module '{name}' is not available.")
    return module


def _columns(catalog: Catalog, module: Module, fields: object) -> Sequence[str]:
    """Return the columns after the id, in the asked order (add. 3, M)."""
    if not fields:
        return list(columns_of(module))
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "fields", "expected_data_type": "jsonarray"})
    if len(fields) > MOST_FIELDS:
        raise Refusal(400, "LIMIT_EXCEEDED", "fields limit exceeded", {"limit": MOST_FIELDS, "api_name": "fields"})
    for name in fields:
        if not is_column(catalog, module, name):
            raise Refusal(400, "INVALID_FIELD_NAME", f"the field {name} is not available", {"api_name": name})
    return [name for name in fields if name.lower() != "id"]


def _described(call: Call, job: Job, state: str, creator: Mapping[str, Any]) -> dict[str, Any]:
    created = shown(job.created_at, call.crm.org.zone)
    return {"id": str(job.id), "operation": "read", "state": state, "created_by": creator, "created_time": created}


def _job(call: Call) -> Job:
    with call.crm.storage.reading() as db:
        job = jobs.find(db, "read", call.path["job"])
    if job is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.")
    return job


def _result(job: Job) -> dict[str, Any]:
    page, has_more = job.request["page"], job.outcome["more_records"]
    described = {
        "page": page,
        "per_page": job.request["rows"],
        "count": job.outcome["count"],
        "download_url": f"/crm/bulk/v8/read/{job.id}/result",
        "more_records": has_more,
    }
    if has_more:
        token = make_token(page + 1, str(job.id), job.ended_at or job.created_at)
        described["next_page_token"] = f"{job.id}.{token}"
    return described


ROUTES = (
    Route("/crm/bulk/v8/read", ("POST",), create),
    Route("/crm/bulk/v8/read/{job}", ("GET",), poll),
    Route("/crm/bulk/v8/read/{job}/result", ("GET",), result),
)
