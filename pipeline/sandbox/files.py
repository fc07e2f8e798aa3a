"""Upload of zips for bulk write (zoho-api 2.1) and download of result zips (2.4); files for e-mails (4)."""

import hashlib
import io
import sqlite3
import zipfile
from collections.abc import Mapping
from typing import Any

from pipeline.sandbox.call import Call, Reply, Route, Upload
from pipeline.sandbox.clock import shown
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.storage import next_id
from pipeline.sandbox.switches import Positions, positions

MOST_BYTES = 25 * 1024 * 1024
MOST_OF_FILE = 20 * 1024 * 1024
KEPT_SECONDS = 7 * 24 * 3600
_GATEWAY = {
    "ERROR_CODE": 400,
    "ERROR_MESSAGE": "Bad Request",
    "x-error": "check if headers [feature, X-CRM-ORG] are present and valid",
}


def upload(call: Call) -> Reply:
    """Answer POST /crm/v8/upload: headers feature and X-CRM-ORG, a zip in the part `file` (2.1, H)."""
    with call.crm.storage.reading() as db:
        switches = positions(db)
    problem = _header_problem(call)
    if problem and switches.is_at("upload_header_error", "gateway"):
        return Reply(_GATEWAY, status=400)
    if problem:
        raise problem
    file = call.form.get("file")
    if not isinstance(file, Upload):
        raise Refusal(400, "MANDATORY_NOT_FOUND", "Required key file is not available")
    _check_size(len(file.content), switches)
    if not _is_zip(file.content):  # by content: the SDK names a stream "file"
        raise Refusal(400, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported")
    return _kept(call, file, switches.number("bulk_call_credits"))


def download(call: Call) -> Reply:
    """Answer GET /v8/crm/org…/bulk-write/{job}/{job}.zip; kept seven days (2.4, H)."""
    job, name = call.path["job"], call.path["name"]
    path = call.crm.results / f"{job}.zip"
    with call.crm.storage.reading() as db:
        query = "SELECT ended_at FROM jobs WHERE CAST(id AS TEXT) = ? AND kind = 'write'"
        row = db.execute(query, (job,)).fetchone()
        credits_ = positions(db).number("bulk_call_credits")
    is_kept = row is not None and row[0] is not None and call.crm.clock.now() - row[0] <= KEPT_SECONDS
    if call.path["zgid"] != call.crm.org.zgid or name != f"{job}.zip" or not is_kept or not path.is_file():
        raise Refusal(404, "RESOURCE_NOT_FOUND", "The requested resource does not exist.")
    return Reply(file=path, headers=attachment(name), credits=credits_)


def keep_file(call: Call) -> Reply:
    """Answer POST /crm/v8/files: a file in the part `file`, at most 20 MB; its id is of no other kind (4, M)."""
    file = call.form.get("file")
    if not isinstance(file, Upload):
        raise Refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {"param_name": "file"})
    if len(file.content) > MOST_OF_FILE:
        raise Refusal(400, "FILE_SIZE_EXCEEDS", "the file is too large", {"maximum_length": MOST_OF_FILE})
    with call.crm.storage.writing() as db:
        number = next_id(db)
        values = (number, file.name, call.crm.clock.now())
        db.execute("INSERT INTO files (id, name, uploaded_at) VALUES (?, ?, ?)", values)
        (call.crm.uploads / f"{number}.file").write_bytes(file.content)
    details = {"name": file.name, "id": _mark(call.crm.org.zgid, number)}
    done = {"code": "SUCCESS", "details": details, "message": "file uploaded successfully", "status": "success"}
    return Reply({"data": [done]})


def kept_file(db: sqlite3.Connection, call: Call, mark: str) -> Mapping[str, Any] | None:
    """Return name and size of a file that was uploaded, by its id; None where there is none."""
    for number, name in db.execute("SELECT id, name FROM files ORDER BY id DESC"):
        path = call.crm.uploads / f"{number}.file"
        if mark == _mark(call.crm.org.zgid, number) and path.is_file():
            return {"id": mark, "name": name, "size": path.stat().st_size}
    return None


def _mark(zgid: str, number: int) -> str:
    return hashlib.sha256(f"{zgid} {number}".encode()).hexdigest()


def attachment(name: str) -> Mapping[str, str]:
    """Return the headers without which the SDK cannot download (7, H)."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}


def _header_problem(call: Call) -> Refusal | None:
    for name in ("feature", "x-crm-org"):
        if not call.headers.get(name):
            return Refusal(400, "MANDATORY_NOT_FOUND", f"Required key {name} is not available")
    if call.headers["feature"] != "bulk-write":
        return Refusal(400, "NOT_SUPPORTED_FEATURE", "Feature is not supported")
    if call.headers["x-crm-org"] != call.crm.org.zgid:
        return Refusal(400, "INVALID_DATA", "Invalid data - x-crm-org")
    return None


def _check_size(size: int, switches: Positions) -> None:
    if size <= MOST_BYTES:
        return
    if switches.is_at("upload_too_large", "413"):
        raise Refusal(413, "FILE_TOO_LARGE", "file size is too large to process")
    raise Refusal(400, "INVALID_DATA", "Import file size should be less than 25 mb.")


def _is_zip(content: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content))


def _kept(call: Call, file: Upload, credits_: int) -> Reply:
    now = call.crm.clock.now()
    with call.crm.storage.writing() as db:
        file_id = next_id(db)
        db.execute("INSERT INTO files (id, name, uploaded_at) VALUES (?, ?, ?)", (file_id, file.name, now))
        (call.crm.uploads / f"{file_id}.zip").write_bytes(file.content)
    details: dict[str, Any] = {"file_id": str(file_id), "created_time": shown(now, call.crm.org.zone)}
    body = {"status": "success", "code": "FILE_UPLOAD_SUCCESS", "message": "file uploaded.", "details": details}
    return Reply(body, credits=credits_)


ROUTES = (
    Route("/crm/v8/upload", ("POST",), upload),
    Route("/crm/v8/files", ("POST",), keep_file),
    Route("/v8/crm/org{zgid}/bulk-write/{job}/{name}", ("GET",), download),
)
