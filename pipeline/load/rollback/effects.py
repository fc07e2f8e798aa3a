"""What one run did to each record, from the ledger alone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.load.ledger import Ledger
from pipeline.load.values import Value
from pipeline.load.written import restored

Key = tuple[str, str]  # module and crm_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a run did, or may have done, to one record.

    `crm_id` "" where nobody knows it; `is_open`: nobody knows if the record was made; `is_proven`: False where only
    its natural key says that it is ours. `written`: the values that the run wrote last; `before`: what the CRM held
    before, by field, None for a run of a version that did not keep it; `known`: what the ledger held then;
    `later_run`: a run after this one that changed the record too, 0 for none; `others`: what nobody can undo, such as
    an e-mail that was attached to the record `crm_id`.
    """

    module: str
    crm_key: str
    crm_id: str = ""
    is_created: bool = False
    is_open: bool = False
    is_proven: bool = True
    key_field: str = ""
    written: Mapping[str, Value] = field(default_factory=dict)
    before: Mapping[str, Any] | None = field(default_factory=dict)
    known: tuple[str | None, str | None] = (None, None)
    later_run: int = 0
    others: tuple[str, ...] = ()


_EFFECTS = """
    SELECT b.module, b.action, b.key_field, i.crm_key, i.crm_id, i.written, i.result,
           f.crm, f.written, f.content_hash
    FROM batches b JOIN intents i USING (batch) LEFT JOIN before f USING (batch, crm_key)
    WHERE b.run = ? AND b.state != 'planned' ORDER BY b.batch, i.crm_key
"""
_UNDONE = """
    SELECT u.module, u.crm_key FROM undone u JOIN rollbacks r USING (rollback)
    WHERE r.run = ? AND u.state = 'done'
"""
_LATER = """
    SELECT b.module, i.crm_key, max(b.run) FROM batches b JOIN intents i USING (batch)
    WHERE b.run > ? AND i.result IN ('created', 'updated') AND NOT EXISTS (
        SELECT 1 FROM undone u JOIN rollbacks r USING (rollback)
        WHERE r.run = b.run AND u.module = b.module AND u.crm_key = i.crm_key AND u.state = 'done')
    GROUP BY b.module, i.crm_key
"""


def of_run(ledger: Ledger, run: int, by_key: Mapping[str, Mapping[str, str]]) -> list[Effect]:
    """Return what is left to undo of a run, record by record.

    Args:
        ledger: the ledger.
        run: the number of the run.
        by_key: module → our key in the CRM → id: what was made though its answer said otherwise.
    """
    db = ledger.connection
    done = set(db.execute(_UNDONE, (run,)))
    later = {(module, key): number for module, key, number in db.execute(_LATER, (run,))}
    found: dict[Key, Effect] = {}
    for module, action, key_field, crm_key, *rest in db.execute(_EFFECTS, (run,)):
        key = (module, crm_key)
        if key not in done:
            before = found.get(key, Effect(module=module, crm_key=crm_key, later_run=later.get(key, 0)))
            found[key] = _joined(before, action, key_field, rest, by_key.get(module, {}))
    return [one for one in found.values() if one.is_created or one.is_open or one.crm_id or one.others]


def _joined(effect: Effect, action: str, key_field: str, intent: Iterable[Any], by_key: Mapping[str, str]) -> Effect:
    """Add one intent of the run to what is known of its record."""
    crm_id, written, result, crm, known, content_hash = intent
    if action == "create":
        return _created(effect, key_field, (crm_id, written, result), by_key)
    if action != "update":
        is_done = result in {None, "created"}  # a message that was there, or went elsewhere, is none of the run's
        return replace(effect, crm_id=crm_id, others=(*effect.others, action)) if is_done else effect
    values_now = {**effect.written, **restored(written)}
    is_first = not (effect.is_created or effect.crm_id)
    if crm is None:
        before, base = None, effect.known
    else:
        before = {**json.loads(crm), **(effect.before or {})}
        base = (known, content_hash) if is_first else effect.known
        values_now |= {name: effect.crm_key for name in json.loads(crm) if name == key_field}
    return replace(
        effect,
        crm_id=crm_id,
        key_field=key_field,
        written=values_now,
        before=before if not effect.is_created else {},
        known=base,
    )


def _created(effect: Effect, key_field: str, intent: tuple[str, str, Any], by_key: Mapping[str, str]) -> Effect:
    crm_id, written, result = intent
    crm_id = (crm_id if result in {"created", "unchanged"} else "") or by_key.get(effect.crm_key, "")
    if not crm_id:
        return replace(effect, is_open=result is None or effect.is_open)
    return replace(
        effect,
        crm_id=crm_id,
        is_created=True,
        is_open=False,
        is_proven=result != "unchanged" or effect.crm_key in by_key,
        key_field=key_field,
        written={**effect.written, **restored(written)},
    )
