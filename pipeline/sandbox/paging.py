"""Pages of records: fields, order, page and page_token (zoho-api 3.6, H)."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.sandbox.call import Call, Reply
from pipeline.sandbox.catalog import Module
from pipeline.sandbox.clock import shown
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.people import definitions
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.stored import Record, select
from pipeline.sandbox.switches import positions

MOST_FIELDS = 50
MOST_IDS = 100
MOST_A_PAGE = 200
MOST_BY_PAGE = 2_000
MOST_BY_TOKEN = 100_000
TOKEN_SECONDS = 24 * 3600
_ORDERS = {"id": "id", "Created_Time": "created_at", "Modified_Time": "modified_at"}


@dataclass(frozen=True, slots=True)
class _Page:
    """Which records are asked for."""

    fields: Sequence[str]
    per_page: int
    number: int
    sort_by: str
    is_descending: bool
    since: int
    ids: Sequence[str] = ()


def page_of_records(call: Call, module: Module) -> Reply:
    """Answer GET /crm/v8/{module}; `ids` asks for at most 100 by name (a parameter of Zoho's SDK, M: a switch)."""
    page = _asked(call, module)
    with call.crm.storage.reading() as db:
        if positions(db).is_at("records_by_ids", "ignored"):
            page = replace(page, ids=())
        records = _select(db, module, page)
        if not records:
            return Reply(status=304 if page.since else 204)
        renderer = Renderer(db, call.crm.catalog(), module, call.crm.org.zone)
        shown_records = [renderer.record(record, page.fields) for record in records[: page.per_page]]
    return Reply({"data": shown_records, "info": _info(call, module, page, len(records))})


def _asked(call: Call, module: Module) -> _Page:
    fields = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    if not fields:
        raise Refusal(
            400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {"param_name": "fields"}
        )
    if len(fields) > MOST_FIELDS:
        raise Refusal(400, "LIMIT_EXCEEDED", "fields limit exceeded", {"limit": MOST_FIELDS, "param_name": "fields"})
    sort_by = call.query.get("sort_by", "id")
    if sort_by not in _ORDERS:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"param_name": "sort_by", "supported_values": list(_ORDERS)})
    per_page = call.number("per_page", MOST_A_PAGE, MOST_A_PAGE)
    return _Page(
        fields=fields,
        per_page=per_page,
        number=_number(call, module, per_page),
        sort_by=sort_by,
        is_descending=call.query.get("sort_order", "desc") != "asc",
        since=_since(call.headers),
        ids=_ids(call),
    )


def _ids(call: Call) -> list[str]:
    ids = [text.strip() for text in call.query.get("ids", "").split(",") if text.strip()]
    if len(ids) > MOST_IDS:
        raise Refusal(400, "LIMIT_EXCEEDED", "ids limit exceeded", {"limit": MOST_IDS, "param_name": "ids"})
    if not all(text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63 for text in ids):  # noqa: PLR2004 - of 64 bits
        raise Refusal(400, "INVALID_DATA", "the id given seems to be invalid", {"param_name": "ids"})
    return ids


def page_of_deleted(call: Call, module: Module) -> Reply:
    """Answer GET /crm/v8/{module}/deleted: what is in the recycle bin, the newest first (add. 7, H/M)."""
    per_page, number = call.number("per_page", MOST_A_PAGE, MOST_A_PAGE), call.number("page", 1, 10_000)
    since = _since(call.headers)
    with call.crm.storage.reading() as db:
        found = db.execute(
            "SELECT id, deleted_at, modified_by FROM records WHERE module = ? AND deleted_at > ?"
            " ORDER BY deleted_at DESC, id LIMIT ? OFFSET ?",
            (module.api_name, since or -1, per_page + 1, (number - 1) * per_page),
        ).fetchall()
        users = definitions(db)
    if not found:
        return Reply(status=304 if since else 204)
    data = [
        {
            "id": str(record_id),
            "deleted_time": shown(at, call.crm.org.zone),
            "type": "recycle",
            "deleted_by": {"name": users[by]["full_name"], "id": users[by]["id"]},
        }
        for record_id, at, by in found[:per_page]
    ]
    info = {"per_page": per_page, "count": len(data), "page": number, "more_records": len(found) > per_page}
    return Reply({"data": data, "info": info})


def count_of_records(call: Call, module: Module) -> Reply:
    """Answer GET /crm/v8/{module}/actions/count (an operation of Zoho's SDK, M)."""
    with call.crm.storage.reading() as db:
        if positions(db).is_at("record_count", "refused"):
            raise Refusal(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")
        query = "SELECT count(*) FROM records WHERE module = ? AND deleted_at IS NULL"
        (found,) = db.execute(query, (module.api_name,)).fetchone()
    return Reply({"count": found})


def _number(call: Call, module: Module, per_page: int) -> int:
    token = call.query.get("page_token")
    if token is None:
        number = call.number("page", 1, 1_000_000)
        if number * per_page > MOST_BY_PAGE:
            message = "page numbers reach 2000 records; use page_token"
            raise Refusal(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, {"limit": MOST_BY_PAGE})
        return number
    number = read_token(token, _bound(call, module), call.crm.clock.now())
    if number * per_page > MOST_BY_TOKEN:
        raise Refusal(400, "PAGINATION_LIMIT_EXCEEDED", "pagination limit exceeded", {"limit": MOST_BY_TOKEN})
    return number


def _since(headers: Mapping[str, str]) -> int:
    raw = headers.get("if-modified-since")
    if raw is None:
        return 0
    try:
        return int(datetime.fromisoformat(raw).timestamp())
    except ValueError:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"header": "If-Modified-Since"}) from None


def _select(db: sqlite3.Connection, module: Module, page: _Page) -> list[Record]:
    """Return the records of the page and one more, if there is one."""
    direction = "DESC" if page.is_descending else "ASC"
    named = f" AND id IN ({','.join(map(str, page.ids))})" if page.ids else ""
    condition = f"modified_at > ?{named} ORDER BY {_ORDERS[page.sort_by]} {direction}, id {direction} LIMIT ? OFFSET ?"
    since = page.since or -1
    return list(select(db, module.api_name, condition, (since, page.per_page + 1, (page.number - 1) * page.per_page)))


def _info(call: Call, module: Module, page: _Page, found: int) -> dict[str, Any]:
    now, has_more = call.crm.clock.now(), found > page.per_page
    bound = _bound(call, module)
    return {
        "per_page": page.per_page,
        "count": min(found, page.per_page),
        "page": page.number,
        "sort_by": page.sort_by,
        "sort_order": "desc" if page.is_descending else "asc",
        "more_records": has_more,
        "next_page_token": make_token(page.number + 1, bound, now) if has_more else None,
        "previous_page_token": make_token(page.number - 1, bound, now) if page.number > 1 else None,
        "page_token_expiry": shown(now + TOKEN_SECONDS, call.crm.org.zone) if has_more else None,
    }


def _bound(call: Call, module: Module) -> str:
    """Return what a token is bound to: the module and all parameters but the page."""
    kept = sorted((name, value) for name, value in call.query.items() if name not in {"page", "page_token"})
    return json.dumps([module.api_name, kept])


def make_token(number: int, bound: str, now: int) -> str:
    """Return a page token."""
    digest = hashlib.sha256(bound.encode()).hexdigest()[:16]
    return base64.urlsafe_b64encode(json.dumps([number, digest, now + TOKEN_SECONDS]).encode()).decode()


def read_token(token: str, bound: str, now: int) -> int:
    """Return the page of a token.

    Raises:
        Refusal: it is none, of other parameters, or too old.
    """
    try:
        number, digest, expires_at = json.loads(base64.urlsafe_b64decode(token.encode()))
        is_valid = isinstance(number, int) and isinstance(expires_at, int) and number > 0
    except (ValueError, TypeError):
        is_valid = False
    if not is_valid:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"param_name": "page_token"})
    if digest != hashlib.sha256(bound.encode()).hexdigest()[:16]:
        raise Refusal(400, "TOKEN_BOUND_DATA_MISMATCH", "the parameters differ from those of the page token")
    if now >= expires_at:
        raise Refusal(400, "EXPIRED_VALUE", "the page token has expired", {"param_name": "page_token"})
    return int(number)
