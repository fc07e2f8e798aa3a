"""E-mails on records: associate_email, and reading them back (zoho-api section 4; addendum 9)."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.files import kept_file
from pipeline.sandbox.storage import next_id
from pipeline.sandbox.stored import fetch
from pipeline.sandbox.switches import Positions, positions

MODULES = frozenset({"Leads", "Contacts", "Deals", "Accounts"})  # of those the sandbox has (4, H)
_MANDATORY = ("from", "to", "subject", "content", "date_time", "sent", "original_message_id")
_LENGTHS = {"content": 32_000, "original_message_id": 255}
_MOST_ADDRESSES = 50
_PAGE = 10
_MANY_DIGITS = 19  # of an id
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
_FORMATS = frozenset({"html", "text"})


def associate(call: Call) -> Reply:
    """Answer POST /crm/v8/{module}/{id}/actions/associate_email: exactly one e-mail (4, H)."""
    module = _module(call)
    mail = _one(call.json())
    with call.crm.storage.writing() as db:
        switches = positions(db)
        record_id = _record(db, module, call.path["id"])
        problem = next(_problems(db, call, mail, switches), None)
        if problem is None and _is_known(db, module, record_id, mail, switches):
            problem = {
                "code": "DUPLICATE_DATA",
                "details": {"api_name": "original_message_id"},
                "message": "duplicate data",
            }
        if problem is not None:
            return Reply({"Emails": [{**problem, "status": "error"}]}, status=400)
        files = [kept_file(db, call, str(one["id"])) for one in mail.get("attachments") or ()]
        if files:
            mail = {**mail, "attachments": files}
        message_id = next_id(db)
        row = (
            message_id,
            module.api_name,
            record_id,
            mail["original_message_id"],
            json.dumps(mail, ensure_ascii=False),
        )
        db.execute("INSERT INTO emails (id, module, record_id, message_id, data) VALUES (?, ?, ?, ?, ?)", row)
    done = {
        "code": "SUCCESS",
        "details": {"message_id": str(message_id)},
        "message": "Your mail has been added successfully",
        "status": "success",
    }
    return Reply({"Emails": [done]}, status=int(switches.text("associate_status")))


def listed(call: Call) -> Reply:
    """Answer GET /crm/v8/{module}/{id}/Emails, ten a page (4, H)."""
    module = _module(call)
    start = call.number("index", 1, 1_000_000) - 1 if "index" in call.query else 0
    with call.crm.storage.reading() as db:
        shows_id = positions(db).is_at("emails_message_id", "shown")
        record_id = _record(db, module, call.path["id"])
        found = list(of_record(db, module.api_name, record_id))
    page = found[start : start + _PAGE]
    if not page:
        return Reply(status=204)
    more = start + _PAGE < len(found)
    info = {
        "per_page": _PAGE,
        "count": len(page),
        "more_records": more,
        "next_index": str(start + _PAGE + 1) if more else None,
    }
    return Reply({"Emails": [_shown(one, shows_id=shows_id) for one in page], "info": info})


def of_record(db: sqlite3.Connection, module: str, record_id: int) -> Iterator[dict[str, Any]]:
    """Yield the e-mails of a record, those of a deal with those that are linked to it; the latest first."""
    rows = db.execute(
        "SELECT id, data FROM emails WHERE (module = ?1 AND record_id = ?2)"
        " OR (?1 = 'Deals' AND json_extract(data, '$.linked_record.id') = CAST(?2 AS TEXT))",
        (module, record_id),
    )
    found = [{"message_id": str(mail_id), **json.loads(data)} for mail_id, data in rows]
    yield from sorted(found, key=lambda mail: (_instant(mail["date_time"]), mail["message_id"]), reverse=True)


def everything(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return all e-mails with their records, for tests."""
    rows = db.execute("SELECT module, record_id, data FROM emails ORDER BY id")
    return [{"module": module, "record": str(record), **json.loads(data)} for module, record, data in rows]


def change(db: sqlite3.Connection, message_id: str, values: Mapping[str, Any] | None) -> int:
    """Change the e-mails of a Message-ID, or delete them where `values` is None; return how many."""
    if values is None:
        return db.execute("DELETE FROM emails WHERE message_id = ?", (message_id,)).rowcount
    patch = json.dumps(values, ensure_ascii=False)
    statement = "UPDATE emails SET data = json_patch(data, ?) WHERE message_id = ?"
    return db.execute(statement, (patch, message_id)).rowcount


def _shown(mail: Mapping[str, Any], *, shows_id: bool) -> dict[str, Any]:
    """Return an e-mail as it is read back; whether with its Message-ID nobody tells (4, L: a switch)."""
    names = ("message_id", "subject", "from", "to", "cc", "sent", "linked_record")
    shown = {name: mail.get(name) for name in names} | {"time": mail["date_time"], "source": "api"}
    return shown | ({"original_message_id": mail["original_message_id"]} if shows_id else {})


def _module(call: Call) -> Module:
    module = call.crm.catalog().find(call.path["module"])
    if module is None or module.api_name not in MODULES:
        message = "the module name given seems to be invalid"
        raise Refusal(404, "INVALID_MODULE", message, {"resource_path_index": 0})
    return module


def _record(db: sqlite3.Connection, module: Module, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MANY_DIGITS else -1
    if fetch(db, module.api_name, number) is None:
        raise Refusal(400, "INVALID_DATA", "the related id given seems to be invalid", {"resource_path_index": 1})
    return number


def _one(body: Mapping[str, Any]) -> Mapping[str, Any]:
    mails = body.get("Emails")
    where = {"api_name": "Emails", "json_path": "$.Emails"}
    if not isinstance(mails, list) or not mails or not all(isinstance(one, dict) for one in mails):
        raise Refusal(400, "MANDATORY_NOT_FOUND", "required field not found", where)
    if len(mails) > 1:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"maximum_length": 1, **where})
    return mails[0]  # type: ignore[no-any-return]  # a JSON object


def _problems(
    db: sqlite3.Connection, call: Call, mail: Mapping[str, Any], switches: Positions
) -> Iterator[dict[str, Any]]:
    """Yield what forbids to take an e-mail, in the order of its fields (4, H; lengths M)."""
    for name in _MANDATORY:
        if mail.get(name) is None or mail[name] in ("", []):
            yield _problem("MANDATORY_NOT_FOUND", "required field not found", name)
    yield from _bad_values(mail, switches)
    linked = mail.get("linked_record")
    if linked is not None and not _is_record(db, call, linked):
        yield _problem("INVALID_DATA", "the related id given seems to be invalid", "linked_record")
    yield from _bad_files(db, call, mail.get("attachments") or (), switches)
    owner = mail.get("owner")
    if owner is not None and not _is_user(db, owner):
        yield _problem("INVALID_DATA", "invalid data", "owner")


def _bad_files(
    db: sqlite3.Connection, call: Call, attached: Sequence[Any], switches: Positions
) -> Iterator[dict[str, Any]]:
    """Yield what forbids the files: one that was not uploaded, or more than Zoho takes with an e-mail (4, M)."""
    files = [kept_file(db, call, str(one.get("id", ""))) if isinstance(one, dict) else None for one in attached]
    if None in files:
        yield _problem("INVALID_DATA", "invalid data", "attachments")
    if sum(one["size"] for one in files if one) > switches.number("email_files_bytes"):
        yield _problem("FILE_SIZE_EXCEEDS", "the size of the files exceeds the limit", "attachments")


def _bad_values(mail: Mapping[str, Any], switches: Positions) -> Iterator[dict[str, Any]]:
    lengths = {"subject": switches.number("email_subject_length"), **_LENGTHS}
    for name, most in lengths.items():
        if len(str(mail[name]).encode("utf-16-le", "surrogatepass")) // 2 > most:
            yield _problem("INVALID_DATA", "invalid data", name, maximum_length=most)
    if not isinstance(mail["sent"], bool):
        yield _problem("INVALID_DATA", "invalid data", "sent", expected_data_type="boolean")
    if mail.get("mail_format", "html") not in _FORMATS:
        yield _problem("INVALID_DATA", "invalid data", "mail_format", supported_values=sorted(_FORMATS))
    if not _is_person(mail["from"]):
        yield _problem("INVALID_DATA", "invalid data", "from")
    for name in ("to", "cc", "bcc"):
        people = mail.get(name) or []
        if not isinstance(people, list) or not all(map(_is_person, people)):
            yield _problem("INVALID_DATA", "invalid data", name)
        elif len(people) > _MOST_ADDRESSES:
            yield _problem("INVALID_DATA", "invalid data", name, maximum_length=_MOST_ADDRESSES)
    if not _is_instant(mail["date_time"]):
        yield _problem("INVALID_DATA", "invalid data", "date_time", expected_data_type="datetime")


def _problem(code: str, message: str, name: str, **details: object) -> dict[str, Any]:
    where = {"api_name": name, "json_path": f"$.Emails[0].{name}"}
    return {"code": code, "message": message, "details": {**details, **where}}


def _is_person(person: object) -> bool:
    return isinstance(person, dict) and _ADDRESS.fullmatch(str(person.get("email", ""))) is not None


def _is_instant(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None and "." not in str(text)
    except ValueError:
        return False


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _is_record(db: sqlite3.Connection, call: Call, linked: Any) -> bool:  # noqa: ANN401 - any JSON value
    module = linked.get("module") if isinstance(linked, dict) else None
    known = call.crm.catalog().find(str(module.get("api_name"))) if isinstance(module, dict) else None
    text = str(linked.get("id", "")) if isinstance(linked, dict) else ""
    return known is not None and text.isdigit() and fetch(db, known.api_name, int(text)) is not None


def _is_user(db: sqlite3.Connection, owner: Any) -> bool:  # noqa: ANN401 - any JSON value
    text = str(owner.get("id", "")) if isinstance(owner, dict) else ""
    row = db.execute("SELECT 1 FROM users WHERE CAST(id AS TEXT) = ?", (text,)).fetchone()
    return row is not None


def _is_known(
    db: sqlite3.Connection, module: Module, record_id: int, mail: Mapping[str, Any], switches: Positions
) -> bool:
    """Tell whether the record, or by a switch any record, has the Message-ID already (4, L)."""
    rows = db.execute("SELECT module, record_id FROM emails WHERE message_id = ?", (str(mail["original_message_id"]),))
    found: Sequence[tuple[str, int]] = rows.fetchall()
    if switches.is_at("message_id_twice", "refused"):
        return bool(found)
    return (module.api_name, record_id) in found


ROUTES = (
    Route("/crm/v8/{module}/{id}/actions/associate_email", ("POST",), associate),
    Route("/crm/v8/{module}/{id}/Emails", ("GET",), listed),
)
