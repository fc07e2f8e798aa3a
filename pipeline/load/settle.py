"""What an earlier run sent without learning the result is settled before anything is sent.

A known job is asked first. What is left is looked for in the snapshot: with a unique key field, a record that is not
there may be created again (a late twin is refused or merged by the CRM); without one it stays in doubt and is never
sent again by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pipeline.load import bulk_write, values
from pipeline.load.bulk_read import Patience
from pipeline.load.bulk_write import STILL_RUNNING, Sought
from pipeline.load.client import ZohoClient
from pipeline.load.ledger import Ledger
from pipeline.load.ledger_reads import Intent, OpenBatch
from pipeline.load.match import Found
from pipeline.load.org import Org
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.snapshot import Records
from pipeline.targets import TARGETS, Kind

NOT_CARRIED_OUT = "not_carried_out"
FOUND = "found_in_crm"
_KINDS = {target.module: {field.api_name: field.kind for field in target.fields} for target in TARGETS}


def ask_jobs(client: ZohoClient, ledger: Ledger, patience: Patience) -> frozenset[int]:
    """Ask the jobs of earlier runs; return the batches whose jobs are still running."""
    running = set()
    for batch in ledger.open_batches():
        if not batch.job:
            continue
        sought = [Sought(intent.crm_key, intent.crm_id) for intent in batch.intents]
        outcomes = bulk_write.wait(client, batch.job, sought, batch.key_field, patience)
        ledger.settle(batch.batch, outcomes)
        if any(outcome.code == STILL_RUNNING for outcome in outcomes):
            running.add(batch.batch)
    return frozenset(running)


def look(ledger: Ledger, snapshot: Mapping[str, Records], running: frozenset[int], org: Org) -> int:
    """Settle from the snapshot what no job could; return how many rows were settled.

    Args:
        ledger: its open batches.
        snapshot: what the CRM holds.
        running: batches whose jobs still run.
        org: whether our key field is still there and unique: without it a late creation would no more be refused.
    """
    settled = 0
    for batch in ledger.open_batches():
        if batch.batch in running or batch.module not in snapshot:  # e-mails are looked up on their records
            continue
        is_keyed = bool(batch.key_field) and org.has_key(batch.module, batch.key_field)
        outcomes = list(_seen(batch, snapshot[batch.module], is_keyed=is_keyed))
        ledger.settle(batch.batch, outcomes)
        settled += len(outcomes)
    return settled


def give_up(ledger: Ledger, running: frozenset[int]) -> int:
    """Take a person's word that what is in doubt was not carried out; return how many rows that are.

    They are planned anew, and whatever a natural key finds is not made again. Jobs that still run are left alone.
    """
    given_up = 0
    for batch in ledger.open_batches():
        if batch.batch not in running:
            outcomes = [_outcome(intent, "", Result.FAILED) for intent in batch.intents]
            ledger.settle(batch.batch, outcomes)
            given_up += len(outcomes)
    return given_up


def _seen(batch: OpenBatch, records: Records, *, is_keyed: bool) -> Iterable[Outcome]:
    if batch.action == "update":
        yield from (_updated(batch.module, intent, records) for intent in batch.intents)
    elif is_keyed:
        by_key = {record.get(batch.key_field, ""): record_id for record_id, record in records.by_id.items()}
        for intent in batch.intents:
            yield _outcome(intent, by_key.get(intent.crm_key, ""), Result.CREATED)


def _updated(module: str, intent: Intent, records: Records) -> Outcome:
    """Look whether the record holds what was to be written; if not, the update is planned anew: twice does no harm."""
    record = records.by_id.get(intent.crm_id)
    kinds = {name: _KINDS[module].get(name, Kind.TEXT) for name in intent.written}
    kinds = {name: kind for name, kind in kinds.items() if kind is not Kind.PARTICIPANTS}
    holds = record is not None and all(
        values.normal(kind, values.of_crm(kind, record.get(name))) == values.normal(kind, intent.written[name])
        for name, kind in kinds.items()
    )
    return _outcome(intent, intent.crm_id if kinds and holds else "", Result.UPDATED)


def _outcome(intent: Intent, crm_id: str, result: Result) -> Outcome:
    if crm_id:
        return Outcome(crm_key=intent.crm_key, crm_id=crm_id, result=result)
    return Outcome(crm_key=intent.crm_key, crm_id=intent.crm_id, result=Result.FAILED, code=NOT_CARRIED_OUT)


def doubts(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Return, by module, the crm_keys whose creation is still open."""
    found: dict[str, set[str]] = defaultdict(set)
    for batch in ledger.open_batches():
        if batch.action == "create":
            found[batch.module] |= {intent.crm_key for intent in batch.intents}
    return {module: frozenset(keys) for module, keys in found.items()}


def close_found(ledger: Ledger, module: str, found: Iterable[Found]) -> None:
    """Close the open creations whose record a natural key has found: it is there, so it is not sent again."""
    there = {one.crm_key: one.crm_id for one in found if one.crm_id}
    for batch in ledger.open_batches():
        if batch.module == module and batch.action == "create":
            closed = [
                Outcome(crm_key=intent.crm_key, crm_id=there[intent.crm_key], result=Result.UNCHANGED, code=FOUND)
                for intent in batch.intents
                if intent.crm_key in there
            ]
            ledger.settle(batch.batch, closed)
