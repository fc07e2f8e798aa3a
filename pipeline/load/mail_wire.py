"""associate_email on the wire: the body of one e-mail, the CRM's answer, and reading back what a record has.

Calls, limits and answers: reference/zoho-api.md section 4, addendum section 9. DUPLICATE_DATA says that the CRM has the
Message-ID; whether this record has it is read back before it counts as done.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from pipeline.load import values
from pipeline.load.answers import UNREADABLE, Answer, problem
from pipeline.load.client import ZohoClient, failed
from pipeline.load.mail_plan import ELSEWHERE
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.records import NOT_CLEAR
from pipeline.load.values import Value

THERE = "already_there"
NO_FILE = "file_not_taken"
_MIME = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_MOST_PAGES = 100  # ten e-mails each: an e-mail that is not among the first thousand is not looked for further
_SAME_SECONDS = 60.0
_GONE = {"INVALID_DATA", "RECORD_NOT_FOUND"}  # of a record that is not there any more (addendum 2)


def path_of(module: str, record_id: str) -> str:
    """Return where one e-mail is posted."""
    return f"/crm/v8/{module}/{record_id}/actions/associate_email"


def body_of(row: Mapping[str, Any], deal_id: str, owner_id: str, files: Sequence[str] = ()) -> dict[str, Any]:
    """Return the body for one row of EMAILS_READY.

    Args:
        row: the row, with its content.
        deal_id: the deal it belongs to, "" for none.
        owner_id: the user whose e-mail it is, "" for the token's.
        files: ids of what was uploaded for it.
    """
    people = row["to"] or []
    mail: dict[str, Any] = {
        "from": _person(row["from"][0]),
        **{role: found for role in ("to", "cc", "bcc") if (found := _people(people, role))},
        "subject": row["subject"],
        "content": row["content"],
        "mail_format": row["mail_format"],
        "date_time": row["date_time"].astimezone(UTC).isoformat(timespec="seconds"),
        "sent": row["sent"],
        "original_message_id": row["original_message_id"],
    }
    if deal_id:
        mail["linked_record"] = {"id": deal_id, "module": {"api_name": "Deals"}}
    if owner_id:
        mail["owner"] = {"id": owner_id}
    if files:
        mail["attachments"] = [{"id": one} for one in files]
    return {"Emails": [mail]}


def uploaded(client: ZohoClient, files: Iterable[Mapping[str, Any]]) -> tuple[list[str], str]:
    """Upload the files of an e-mail; return their ids, and the CRM's code where it refuses one, "" for none.

    Args:
        client: the CRM.
        files: structs of targets.emails.FILE.

    Raises:
        TargetError: the CRM cannot be used, or does not answer.
    """
    ids: list[str] = []
    for one in files:
        answer = client.upload_file(one["name"], one["content"], _mime_type(one["mime_type"]))
        listed = answer.body.get("data") if isinstance(answer.body, Mapping) else None
        details = listed[0].get("details") if isinstance(listed, list) and len(listed) == 1 else None
        if not answer.is_ok or not isinstance(details, Mapping) or not details.get("id"):
            return [], answer.code or NO_FILE
        ids.append(str(details["id"]))
    return ids, ""


def _mime_type(found: str | None) -> str:
    """Return a type that may stand in a header; what a store says is anybody's text."""
    return found if found and _MIME.fullmatch(found) else "application/octet-stream"


def _people(people: list[Mapping[str, Any]], role: str) -> list[dict[str, str]]:
    return [_person(one) for one in people if one["role"] == role]


def _person(person: Mapping[str, Any]) -> dict[str, str]:
    named = {"user_name": str(person["name"])} if person["name"] else {}
    return {**named, "email": str(person["email"])}


def outcome_of(answer: Answer, crm_key: str, record_id: str) -> Outcome | None:
    """Read the answer to one e-mail; None for DUPLICATE_DATA, of which nothing is known before it is read back."""
    listed = answer.body.get("Emails") if isinstance(answer.body, Mapping) else None
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], Mapping):
        found = problem(listed[0])
        if found.code == "SUCCESS":
            return Outcome(crm_key=crm_key, crm_id=record_id, result=Result.CREATED)
        if found.code == "DUPLICATE_DATA":
            return None
        return Outcome(crm_key=crm_key, result=Result.FAILED, code=found.code, field=found.field)
    if answer.is_ok or answer.code == UNREADABLE:
        return Outcome(crm_key=crm_key, result=Result.IN_DOUBT, code=NOT_CLEAR)
    return Outcome(crm_key=crm_key, result=Result.FAILED, code=answer.code)


def of_duplicate(client: ZohoClient, crm_key: str, written: Mapping[str, Value]) -> Outcome:
    """Return what became of an e-mail that the CRM says it has: on this record, or on another one.

    Args:
        client: the CRM.
        crm_key: of the e-mail.
        written: what the ledger keeps of it, with module, record, Message-ID, subject and time.

    Raises:
        TargetError: the record's e-mails cannot be read.
    """
    record_id = str(written["record"])
    if is_attached(client, written):
        return Outcome(crm_key=crm_key, crm_id=record_id, result=Result.UNCHANGED, code=THERE)
    return Outcome(crm_key=crm_key, result=Result.SKIPPED, code=ELSEWHERE)


def is_attached(client: ZohoClient, written: Mapping[str, Value]) -> bool:
    """Tell whether a record has an e-mail: by Message-ID, else by subject, time and direction.

    Raises:
        TargetError: the record's e-mails cannot be read.
    """
    pages = _pages(client, str(written["module"]), str(written["record"]))
    return any(is_same(one, written) for page in pages for one in page)


@dataclass(frozen=True, slots=True)
class Listed:
    """The e-mails of a record as the CRM shows them, the latest first; `is_whole` is false where there are too many."""

    mails: tuple[Mapping[str, Any], ...]
    is_whole: bool


def emails(client: ZohoClient, module: str, record_id: str) -> Listed:
    """Return all e-mails of a record; none of one that is gone.

    Raises:
        TargetError: they cannot be read.
    """
    pages = list(_pages(client, module, record_id, may_be_gone=True))
    return Listed(tuple(one for page in pages for one in page), is_whole=len(pages) < _MOST_PAGES)


def _pages(
    client: ZohoClient, module: str, record_id: str, *, may_be_gone: bool = False
) -> Iterator[Sequence[Mapping[str, Any]]]:
    params: dict[str, str | int] = {}
    for _ in range(_MOST_PAGES):
        answer = client.get(f"/crm/v8/{module}/{record_id}/Emails", params)
        if answer.status == HTTPStatus.NO_CONTENT or (may_be_gone and answer.code in _GONE):
            return
        if not answer.is_ok or not isinstance(answer.body, Mapping):
            failed(answer, f"reading the e-mails of a record of {module}")
        yield answer.body.get("Emails") or ()
        info = answer.body.get("info") or {}
        if not info.get("more_records") or not info.get("next_index"):
            return
        params = {"index": str(info["next_index"])}


def is_same(found: Mapping[str, Any], written: Mapping[str, Value]) -> bool:
    """Tell whether an e-mail that the CRM shows is the one that was sent: by Message-ID, else by what else is shown."""
    if found.get("original_message_id"):
        return bool(found["original_message_id"] == written["original_message_id"])
    subject = values.normal_text(str(found.get("subject") or ""))
    if subject != values.normal_text(str(written["subject"])) or bool(found.get("sent")) is not written["sent"]:
        return False
    return is_same_time(found.get("time"), written["date_time"])


def is_same_time(theirs: object, ours: Value) -> bool:
    """Tell whether a time that the CRM shows is the one that was sent, to the minute."""
    try:
        at = datetime.fromisoformat(str(theirs)).timestamp()
    except ValueError:
        return False
    return abs(at - values.seconds_of(ours)) < _SAME_SECONDS
