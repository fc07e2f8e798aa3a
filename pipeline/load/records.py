"""The records API: at most 100 records a call, answered item by item in the order sent.

Calls and errors: reference/zoho-api.md 3.1 to 3.4.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.load.answers import UNREADABLE, Answer, items, problem
from pipeline.load.client import ZohoClient
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.people import People
from pipeline.load.plan import Batch, body_of

NOT_CLEAR = "answer_not_clear"


def send(client: ZohoClient, batch: Batch, people: People) -> list[Outcome]:
    """Send a batch and return what became of each record.

    Raises:
        UnansweredError: whether it was carried out is not known.
        TargetError: it certainly was not.
    """
    body = body_of(batch, people)
    path = f"/crm/v8/{batch.target.module}"
    answer = client.post(path, body) if batch.action == "create" else client.put(path, body)
    keys = [item.crm_key for item in batch.items]
    ids = [item.crm_id for item in batch.items]
    return outcomes_of(answer, keys, batch.action, batch.transport.key_field, ids)


def outcomes_of(
    answer: Answer, keys: Sequence[str], action: str, key_field: str, ids: Sequence[str] = ()
) -> list[Outcome]:
    """Read an answer item by item, whatever its status; what it does not speak of is in doubt, or refused as a whole.

    Args:
        answer: the reply to an insert or update.
        keys: crm_keys in the order sent.
        action: create or update.
        key_field: the field that holds our key, "" for none.
        ids: of an update, the records in the order sent: an answer that names others says nothing of any (3.1, M).
    """
    listed = items(answer.body)
    if listed is None:
        if answer.is_ok or answer.code == UNREADABLE:
            return [Outcome(crm_key=key, result=Result.IN_DOUBT, code=NOT_CLEAR) for key in keys]
        return [Outcome(crm_key=key, result=Result.FAILED, code=answer.code) for key in keys]
    if len(listed) != len(keys):  # whose item is missing nothing tells: an id must never go to another's row
        return [Outcome(crm_key=key, result=Result.IN_DOUBT, code=NOT_CLEAR) for key in keys]
    found = [_outcome(key, item, action, key_field) for key, item in zip(keys, listed, strict=True)]
    if action == "update" and any(one.crm_id and one.crm_id != sent for one, sent in zip(found, ids, strict=False)):
        return [Outcome(crm_key=key, result=Result.IN_DOUBT, code=NOT_CLEAR) for key in keys]
    return found


def _outcome(key: str, item: Mapping[str, Any], action: str, key_field: str) -> Outcome:
    done = Result.CREATED if action == "create" else Result.UPDATED
    found = problem(item)
    if found.code == "SUCCESS":
        if not found.record_id:
            return Outcome(crm_key=key, result=Result.IN_DOUBT, code=NOT_CLEAR)
        return Outcome(crm_key=key, result=done, crm_id=found.record_id)
    if found.code == "DUPLICATE_DATA" and action == "create" and found.field == key_field and found.record_id:
        # only we write keys: it is our own record, from a request whose answer was lost
        return Outcome(crm_key=key, result=Result.CREATED, crm_id=found.record_id)
    return Outcome(crm_key=key, result=Result.FAILED, code=found.code, field=found.field)
