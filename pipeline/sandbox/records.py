"""The records API: get, insert, update, upsert, delete (zoho-api 3.1 to 3.6; addendum 7)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.outbox import note_deletion, note_write
from pipeline.sandbox.paging import count_of_records, page_of_deleted, page_of_records
from pipeline.sandbox.record_writer import RecordWriter
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.stored import delete, fetch
from pipeline.sandbox.switches import Positions, positions

MOST = 100
_RECORDS_A_CREDIT = 10
_HEAVY = 10


def get_many(call: Call) -> Reply:
    """Answer GET /crm/v8/{module}?fields=… (3.6, H)."""
    return page_of_records(call, call.crm.catalog().module(call.path["module"]))


def get_deleted(call: Call) -> Reply:
    """Answer GET /crm/v8/{module}/deleted?type=… (add. 7, H/M)."""
    return page_of_deleted(call, call.crm.catalog().module(call.path["module"]))


def count(call: Call) -> Reply:
    """Answer GET /crm/v8/{module}/actions/count (an operation of Zoho's SDK, M)."""
    return count_of_records(call, call.crm.catalog().module(call.path["module"]))


def get_one(call: Call) -> Reply:
    """Answer GET /crm/v8/{module}/{id}; 204 when there is none (add. 2, H)."""
    catalog = call.crm.catalog()
    module = catalog.module(call.path["module"])
    with call.crm.storage.reading() as db:
        record = fetch(db, module.api_name, _id(call.path["id"]))
        if record is None:
            return Reply(status=204)
        shown = Renderer(db, catalog, module, call.crm.org.zone).record(record)
    return Reply({"data": [shown]})


def insert(call: Call) -> Reply:
    """Answer POST /crm/v8/{module}."""
    return _write(call, 201, lambda writer, raw, index: writer.insert(raw, index))


def update(call: Call) -> Reply:
    """Answer PUT /crm/v8/{module}, an id in each record."""
    return _write(call, 200, lambda writer, raw, index: writer.update(raw, index, raw.get("id")))


def update_one(call: Call) -> Reply:
    """Answer PUT /crm/v8/{module}/{id}; a deleted one is a bare 400 (add. 2, H)."""
    module = call.crm.catalog().module(call.path["module"])
    record_id = call.path["id"]
    with call.crm.storage.reading() as db:
        if fetch(db, module.api_name, _id(record_id)) is None:
            raise _gone()
    return _write(call, 200, lambda writer, raw, index: writer.update(raw, index, record_id))


def upsert(call: Call) -> Reply:
    """Answer POST /crm/v8/{module}/upsert (3.2)."""
    module = call.crm.catalog().module(call.path["module"])
    if not module.is_upsert:
        raise Refusal(
            400, "INVALID_MODULE", "the given module is not supported for this api", {"resource_path_index": 0}
        )
    with call.crm.storage.reading() as db:
        status = int(positions(db).text("upsert_status"))
    wanted = call.json().get("duplicate_check_fields")
    checked = _duplicate_fields(module, wanted)
    return _write(call, status, lambda writer, raw, index: writer.upsert(raw, index, checked))


def delete_many(call: Call) -> Reply:
    """Answer DELETE /crm/v8/{module}?ids=…&wf_trigger=… (add. 7, H)."""
    ids = [part.strip() for part in call.query.get("ids", "").split(",") if part.strip()]
    if not ids:
        details = {"param_name": "ids"}
        raise Refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details)
    if len(ids) > MOST:
        raise Refusal(400, "LIMIT_EXCEEDED", "ids limit exceeded", {"limit": MOST})
    return _delete(call, ids)


def delete_one(call: Call) -> Reply:
    """Answer DELETE /crm/v8/{module}/{id}."""
    return _delete(call, [call.path["id"]])


_Step = Callable[[RecordWriter, Mapping[str, Any], int], dict[str, Any]]


def _write(call: Call, clean_status: int, step: _Step) -> Reply:
    """Write each record of `data[]` by `step`; the answers keep the order of the input (3.1, M: a switch)."""
    module = call.crm.catalog().module(call.path["module"])
    body = call.json()
    data = _data(body)
    with call.crm.storage.writing() as db:
        switches = positions(db)
        writer = RecordWriter.of(call.crm, db, module, switches)
        items = [step(writer, raw, index) for index, raw in enumerate(data)]
        note_write(db, call.crm.clock.now(), module, body, items)
    if switches.is_at("reply_order", "reversed"):
        items.reverse()
    credit = -(-len(data) // _RECORDS_A_CREDIT)
    return Reply({"data": items}, status=_status(items, clean_status, switches), credits=credit)


def _data(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    data = body.get("data")
    where = {"api_name": "data", "json_path": "$.data"}
    if data is None:
        raise Refusal(400, "MANDATORY_NOT_FOUND", "required field not found", where)
    if not isinstance(data, list) or not data or not all(isinstance(raw, dict) for raw in data):
        raise Refusal(400, "INVALID_DATA", "invalid data", {"expected_data_type": "jsonarray", **where})
    if len(data) > MOST:
        raise Refusal(400, "LIMIT_EXCEEDED", "data limit exceeded", {"limit": MOST, **where})
    return data


def _status(items: Sequence[Mapping[str, Any]], clean: int, switches: Positions) -> int:
    """All went well, some, or none (3.1, M: switches)."""
    failed = sum(item["status"] == "error" for item in items)
    if not failed:
        return clean
    return int(switches.text("failed_status" if failed == len(items) else "partial_status"))


def _duplicate_fields(module: Module, wanted: object) -> tuple[str, ...]:
    """Order the fields of the duplicate check: without a list the system's first, then the unique ones (3.2, H)."""
    unique = [field.api_name for field in module.unique]
    if wanted is None:
        return (module.duplicate_field, *(name for name in unique if name != module.duplicate_field))
    if not isinstance(wanted, list) or not all(isinstance(name, str) and name in module.fields for name in wanted):
        details = {"api_name": "duplicate_check_fields", "json_path": "$.duplicate_check_fields"}
        raise Refusal(400, "INVALID_DATA", "invalid data", details)
    return (*wanted, *(name for name in unique if name not in wanted))


def _delete(call: Call, ids: Sequence[str]) -> Reply:
    module = call.crm.catalog().module(call.path["module"])
    now = call.crm.clock.now()
    items = []
    with call.crm.storage.writing() as db:
        for text in ids:
            record_id = _id(text)
            if fetch(db, module.api_name, record_id) is None:
                items.append(
                    {
                        "code": "INVALID_DATA",
                        "details": {"id": text},
                        "message": "record not deleted",
                        "status": "error",
                    }
                )
                continue
            delete(db, record_id, now)
            items.append({"code": "SUCCESS", "details": {"id": text}, "message": "record deleted", "status": "success"})
        note_deletion(db, now, module, call.query.get("wf_trigger", "true"), items)
        status = _status(items, 200, positions(db))
    return Reply({"data": items}, status=status)


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 + 1 and int(text) < 2**63 else -1


def _gone() -> Refusal:
    return Refusal(400, "INVALID_DATA", "the id given seems to be invalid", {"resource_path_index": 1})


ROUTES = (
    Route("/crm/v8/{module}", ("GET",), get_many),
    Route("/crm/v8/{module}", ("POST",), insert),
    Route("/crm/v8/{module}", ("PUT",), update),
    Route("/crm/v8/{module}", ("DELETE",), delete_many),
    Route("/crm/v8/{module}/upsert", ("POST",), upsert),
    Route("/crm/v8/{module}/deleted", ("GET",), get_deleted),
    Route("/crm/v8/{module}/actions/count", ("GET",), count),
    Route("/crm/v8/{module}/{id}", ("GET",), get_one),
    Route("/crm/v8/{module}/{id}", ("PUT",), update_one),
    Route("/crm/v8/{module}/{id}", ("DELETE",), delete_one),
)
