"""What the ledger keeps of rollbacks: what is about to be undone, what was, and what it forgets with it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.load.approval import Approved
from pipeline.load.ledger import Ledger
from pipeline.load.rollback.effects import Effect, Key
from pipeline.load.rollback.plan import Step


def start(ledger: Ledger, run: int, plan: str, approved: Approved | None) -> int:
    """Note that a rollback of a run starts, its plan, and who approved it; return its number."""
    by, way = (approved.by, approved.way) if approved else (None, None)
    with ledger.transaction():
        done = ledger.connection.execute(
            "INSERT INTO rollbacks (run, started_at, plan, approved_by, way) VALUES (?, ?, ?, ?, ?)",
            (run, _now(), plan, by, way),
        )
        book = ledger.connection
        book.note("rollback_started", rollback=done.lastrowid, run=run, plan=book.digest([plan]), by=book.digest([by]))
    return int(done.lastrowid or 0)


def end(ledger: Ledger, rollback: int) -> None:
    """Note that a rollback came to its end."""
    with ledger.transaction():
        ledger.connection.execute("UPDATE rollbacks SET ended_at = ? WHERE rollback = ?", (_now(), rollback))
        ledger.connection.note("rollback_ended", rollback=rollback)


def intend(ledger: Ledger, rollback: int, steps: Iterable[Step]) -> None:
    """Write down, before it goes, what a request is about to undo."""
    rows = [(one.effect.module, one.effect.crm_key, one.effect.crm_id, one.action) for one in steps]
    with ledger.transaction():
        book = ledger.connection
        book.executemany(
            "INSERT OR REPLACE INTO undone VALUES (?, ?, ?, ?, ?, 'intended', NULL)",
            ((rollback, *row) for row in rows),
        )
        book.note("undo_intended", rollback=rollback, rows=len(rows), digest=book.digest(rows))


def settle(ledger: Ledger, rollback: int, done: Sequence[Step], failed: Sequence[tuple[Step, str]] = ()) -> None:
    """Write down what became of it, and let the ledger hold what it held before the run; one transaction."""
    settled = [(one, "done", "") for one in done] + [(one, "failed", code) for one, code in failed]
    rows = [
        (one.effect.module, one.effect.crm_key, one.effect.crm_id, one.action, state, code)
        for one, state, code in settled
    ]
    with ledger.transaction():
        book = ledger.connection
        book.executemany(
            "INSERT OR REPLACE INTO undone VALUES (?, ?, ?, ?, ?, ?, ?)", ((rollback, *row) for row in rows)
        )
        book.note("undone", rollback=rollback, rows=len(rows), done=len(done), digest=book.digest(rows))
        for one in done:
            _forget(ledger, one)


def _forget(ledger: Ledger, step: Step) -> None:
    """Let the ledger know of a record what it knew before the run; of a deleted one nothing."""
    effect, db = step.effect, ledger.connection
    place = (effect.module, effect.crm_key)
    row = db.execute("SELECT written FROM records WHERE module = ? AND crm_key = ?", place).fetchone()
    if effect.is_created or row is None:
        db.execute("DELETE FROM records WHERE module = ? AND crm_key = ?", place)
        return
    known, content_hash = effect.known
    written = _before(json.loads(row[0]), json.loads(known or "{}"), effect, {one.field for one in step.kept})
    db.execute(
        "UPDATE records SET written = ?, content_hash = coalesce(?, content_hash) WHERE module = ? AND crm_key = ?",
        (json.dumps(written, ensure_ascii=False, sort_keys=True), content_hash, *place),
    )


def _before(now: Mapping[str, Any], known: Mapping[str, Any], effect: Effect, kept: set[str]) -> dict[str, Any]:
    restored = (effect.before or {}).keys() - kept
    others = {name: value for name, value in now.items() if name not in restored}
    return others | {name: known[name] for name in restored if name in known}


def intended_modules(ledger: Ledger) -> list[str]:
    """Return the modules with requests of rollbacks of which nobody knows what became."""
    query = "SELECT DISTINCT module FROM undone WHERE state = 'intended' ORDER BY module"
    return [module for (module,) in ledger.connection.execute(query)]


def intended(ledger: Ledger) -> dict[int, tuple[int, frozenset[Key]]]:
    """Return, by number, the rollbacks with requests of which nobody knows what became: the run, and the records."""
    found: dict[int, tuple[int, frozenset[Key]]] = {}
    rows = ledger.connection.execute(
        "SELECT u.rollback, r.run, u.module, u.crm_key FROM undone u JOIN rollbacks r USING (rollback)"
        " WHERE u.state = 'intended' ORDER BY u.rollback"
    )
    for rollback, run, module, crm_key in rows:
        _, keys = found.get(rollback, (run, frozenset[Key]()))
        found[rollback] = (run, keys | {(module, crm_key)})
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
