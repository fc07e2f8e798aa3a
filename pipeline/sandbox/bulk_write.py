"""Bulk write: creating a job and polling it (zoho-api 2.3, 2.4)."""

from collections.abc import Mapping
from typing import Any

from pipeline.sandbox import bulk_plan, jobs
from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.clock import shown
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.jobs import Job
from pipeline.sandbox.people import user_of
from pipeline.sandbox.switches import Positions, positions

CREDITS = 500  # a job: 2.8, H
_MAPPING = ("index", "format", "find_by", "default_value", "module", "parent_column_index")


def create(call: Call) -> Reply:
    """Answer POST /crm/bulk/v8/write."""
    body = call.json()
    with call.crm.storage.reading() as db:
        switches = positions(db)
    bulk_plan.read(body, call.crm.catalog(), call.crm.uploads, switches)
    with call.crm.storage.writing() as db:
        job = jobs.add(db, "write", body, call.crm.clock.now(), call.fault)
        creator = user_of(db, call.crm.org.admin)
    call.crm.work_waits.set()
    details = {"id": str(job.id), "created_by": creator}
    answer = {"status": "success", "code": "SUCCESS", "message": "success", "details": details}
    return Reply(answer, status=201, credits=CREDITS)


def poll(call: Call) -> Reply:
    """Answer GET /crm/bulk/v8/write/{job_id}: a bare object (2.4, H)."""
    with call.crm.storage.reading() as db:
        job = jobs.find(db, "write", call.path["job"])
        switches, creator = positions(db), user_of(db, call.crm.org.admin)
    if job is None or (job.fault == "job_late" and job.visible_at > call.crm.clock.now()):
        status = int(switches.text("unknown_job"))
        raise Refusal(status, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.")
    is_running = job.state == jobs.RUNNING or (job.fault == "job_slow" and not job.is_done)
    state = switches.text("running_state") if is_running else job.state
    body: dict[str, Any] = {
        "status": state,
        "character_encoding": job.request.get("character_encoding") or "UTF-8",
        "resource": [_resource(call, job, state)],
        "id": str(job.id),
        "created_by": creator,
        "operation": job.request["operation"],
        "created_time": shown(job.created_at, call.crm.org.zone),
    }
    shown_job = body | _callback(job) | _result(call, job, switches)
    return Reply(shown_job, credits=switches.number("bulk_call_credits"))


def _resource(call: Call, job: Job, state: str) -> dict[str, Any]:
    asked = job.request["resource"][0]
    module = call.crm.catalog().find(asked["module"]["api_name"])
    place = list(call.crm.catalog().modules).index(module.api_name) if module else 0
    shown_module = {"api_name": module.api_name, "id": call.crm.org.module_id(place)} if module else asked["module"]
    code = job.outcome.get("code", "SUCCESS") if job.is_done else "ADDED"
    resource = {
        "status": state,
        "type": "data",
        "code": code,
        "module": shown_module,
        "field_mappings": [_mapping(mapping) for mapping in asked.get("field_mappings") or []],
        "ignore_empty": bool(asked.get("ignore_empty", job.request.get("ignore_empty", False))),
        "find_by": asked.get("find_by"),
        "file": {"status": state, **_counts(job)},
    }
    return resource | ({"message": job.outcome["message"]} if "message" in job.outcome else {})


def _mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {"api_name": mapping["api_name"], **{key: mapping.get(key) for key in _MAPPING}}


def _counts(job: Job) -> dict[str, Any]:
    return dict(job.outcome.get("file", {}))


def _callback(job: Job) -> dict[str, Any]:
    callback = job.request.get("callback")
    return {"callback": callback} if callback else {}


def _result(call: Call, job: Job, switches: Positions) -> dict[str, Any]:
    """Name the result zip, once there is one; the url is relative or absolute (2.4, M)."""
    if not job.outcome.get("has_result"):
        return {}
    path = f"/v8/crm/org{call.crm.org.zgid}/bulk-write/{job.id}/{job.id}.zip"
    is_relative = switches.is_at("download_url", "relative")
    return {"result": {"download_url": path if is_relative else call.crm.base_url + path}}


ROUTES = (
    Route("/crm/bulk/v8/write", ("POST",), create),
    Route("/crm/bulk/v8/write/{job}", ("GET",), poll),
)
