"""What would have mailed somebody or fired a workflow: noted, so that a test can show there was none.

`notification`: a meeting with participants written without `$send_notification: false`, or a task with its twins
(addendum 4, M). `workflow`: a write whose `trigger` is absent or names workflow, a delete without wf_trigger=false
(zoho-api 3.1 and addendum 1b, 7, H); a bulk write into a module with an active rule (2.3, L: a switch).
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.sandbox.catalog import Module
from pipeline.sandbox.switches import positions

_TASK_KEYS = ("send_notification", "Send_Notification_Email")


def note_write(
    db: sqlite3.Connection, at: int, module: Module, body: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> None:
    """Note what the written records of a request would have set off; `items` are the answers, in the same order."""
    default = positions(db).is_at("notification_default", "sent")
    trigger = body.get("trigger")
    fires = trigger is None or "workflow" in trigger
    for raw, item in zip(body["data"], items, strict=True):
        if item["status"] == "error":
            continue
        if fires:
            note(db, at, "workflow", module.api_name, item["details"]["id"])
        if _notifies(module, raw, is_sent_by_default=default):
            note(db, at, "notification", module.api_name, item["details"]["id"])


def note_bulk(db: sqlite3.Connection, at: int, module: Module, records: Iterable[int | None]) -> None:
    """Note the active workflow rules that the written records of a bulk write set off: it cannot suppress them."""
    if any(rule["module"] == module.api_name and rule["active"] for rule in workflow_rules(db)):
        for record_id in records:
            if record_id is not None:
                note(db, at, "workflow", module.api_name, str(record_id))


def workflow_rules(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the rules that tests have put there: module, name, whether active."""
    row = db.execute("SELECT value FROM meta WHERE key = 'workflow_rules'").fetchone()
    return list(json.loads(row[0])) if row else []


def note_deletion(
    db: sqlite3.Connection, at: int, module: Module, wf_trigger: str, items: Sequence[Mapping[str, Any]]
) -> None:
    """Note the workflows that deleting these records would have set off."""
    for item in items:
        if item["status"] == "success" and wf_trigger.lower() != "false":
            note(db, at, "workflow", module.api_name, item["details"]["id"])


def note(db: sqlite3.Connection, at: int, kind: str, module: str, record_id: str) -> None:
    """Note one."""
    row = (at, kind, module, int(record_id))
    db.execute("INSERT INTO outbox (sent_at, kind, module, record_id) VALUES (?, ?, ?, ?)", row)


def _notifies(module: Module, raw: Mapping[str, Any], *, is_sent_by_default: bool) -> bool:
    if module.api_name == "Tasks":
        return any(raw.get(key) is True for key in _TASK_KEYS)
    has_guests = module.api_name == "Events" and bool(raw.get("Participants"))
    return has_guests and raw.get("$send_notification", is_sent_by_default) is True
