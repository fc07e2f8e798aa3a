"""What the ledger knows of one record: every request that was about it. Read only."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request, as far as it was about one record.

    `result` "" while nobody knows; `approved`: by whom, when and how, "" for a sandbox; `before`: what the CRM held in
    the fields of an update; `undone`: when a rollback took it back, "" for never.
    """

    run: int
    started_at: str
    ready: str
    plan: str
    batch: int
    action: str
    transport: str
    job: str
    digest: str
    result: str
    code: str
    field: str
    written: Mapping[str, Any]
    before: Mapping[str, Any]
    approved: str
    undone: str


_SENT = """
    SELECT b.run, r.started_at, r.ready, coalesce(r.plan, ''), b.batch, b.action, b.transport, coalesce(b.job, ''),
           b.digest, coalesce(i.result, ''), coalesce(i.code, ''), coalesce(i.field, ''), i.written,
           coalesce(f.crm, '{}'), coalesce(a.approved_by || ', ' || a.approved_at || ', ' || a.way, '')
    FROM intents i JOIN batches b USING (batch) JOIN runs r USING (run)
    LEFT JOIN before f USING (batch, crm_key) LEFT JOIN approvals a ON a.run = b.run
    WHERE i.crm_key = ? AND b.module = ? AND b.state != 'planned' ORDER BY b.batch
"""
_UNDONE = """
    SELECT r.run, coalesce(r.ended_at, r.started_at) FROM undone u JOIN rollbacks r USING (rollback)
    WHERE u.module = ? AND u.crm_key = ? AND u.state = 'done'
"""


def about(db: sqlite3.Connection, module: str, crm_key: str) -> list[Sent]:
    """Return the requests about one record, in their order."""
    undone: dict[int, str] = dict(db.execute(_UNDONE, (module, crm_key)))
    return [
        Sent(
            run=row[0], started_at=row[1], ready=row[2], plan=row[3], batch=row[4], action=row[5], transport=row[6],
            job=row[7], digest=row[8], result=row[9], code=row[10], field=row[11], written=json.loads(row[12]),
            before=json.loads(row[13]), approved=row[14], undone=undone.get(row[0], ""),
        )
        for row in db.execute(_SENT, (crm_key, module))
    ]  # fmt: skip


def of_id(db: sqlite3.Connection, crm_id: str) -> Iterator[tuple[str, str]]:
    """Yield module and crm_key of the record with that id, also of one that the ledger has forgotten since."""
    found = db.execute("SELECT module, crm_key FROM records WHERE crm_id = ?", (crm_id,)).fetchall()
    if not found:
        query = "SELECT DISTINCT b.module, i.crm_key FROM intents i JOIN batches b USING (batch) WHERE i.crm_id = ?"
        found = db.execute(query, (crm_id,)).fetchall()
    yield from found


def of_key(db: sqlite3.Connection, crm_key: str) -> Iterator[tuple[str, str]]:
    """Yield module and crm_key of the records with that key."""
    modules = {module for (module,) in db.execute("SELECT DISTINCT module FROM batches")}
    known = db.execute(
        "SELECT DISTINCT b.module FROM intents i JOIN batches b USING (batch) WHERE crm_key = ?", (crm_key,)
    )
    found = {module for (module,) in known}
    for module in sorted(modules - found):
        query = "SELECT 1 FROM records WHERE module = ? AND crm_key = ?"
        if db.execute(query, (module, crm_key)).fetchone():
            found.add(module)
    yield from ((module, crm_key) for module in sorted(found))


def key_of(db: sqlite3.Connection, module: str, source_key: str) -> str:
    """Return the crm_key of an item, "" for none."""
    query = "SELECT crm_key FROM keys WHERE module = ? AND source_key = ?"
    row = db.execute(query, (module, source_key)).fetchone()
    return str(row[0]) if row else ""


def sources_of(db: sqlite3.Connection, module: str, crm_key: str) -> set[str]:
    """Return the source_keys of the items that are one record."""
    query = "SELECT source_key FROM keys WHERE module = ? AND crm_key = ?"
    return {source_key for (source_key,) in db.execute(query, (module, crm_key))}


def known(db: sqlite3.Connection, module: str, crm_key: str) -> tuple[str, bool]:
    """Return the id of a record, and whether we made it; "" where the ledger knows none."""
    query = "SELECT crm_id, is_ours FROM records WHERE module = ? AND crm_key = ?"
    row = db.execute(query, (module, crm_key)).fetchone()
    return (str(row[0]), bool(row[1])) if row else ("", False)
