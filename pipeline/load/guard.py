"""The allow-list: which requests may leave this program at all. Everything else raises before a byte is sent.

Nothing may mail anybody (design.md section 7): records go with `"trigger": []`, events with
`"$send_notification": false`, and no key that reminds or notifies is let through
(reference/zoho-api-addendum.md section 4).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.errors import ContractError

Method = Literal["GET", "POST", "PUT", "DELETE"]
Changes = Literal["", "insert", "update", "bulk", "field", "delete", "email"]
_SENT_MODULES = "Accounts|Contacts|Leads|Tasks|Events|Cases"
_IN_BULK = frozenset({"Accounts", "Contacts", "Leads", "Tasks", "Cases"})  # not events, which can invite
_WITH_EMAILS = "Contacts|Leads|Deals|Accounts"
_OF_FILES = frozenset({"/crm/v8/upload", "/crm/v8/files"})
_MOST_RECORDS = 100
_OF_EMAIL = frozenset(
    {
        *("from", "to", "cc", "bcc", "subject", "content", "mail_format", "date_time", "sent", "original_message_id"),
        *("linked_record", "owner", "attachments"),
    }
)
_OF_PARTICIPANT = frozenset({"type", "participant", "Email"})  # not "invited", which the CRM shows (addendum 4)
_NOTIFYING = frozenset(
    {
        "$send_notification",
        "send_notification",
        "Send_Notification_Email",
        "Remind_At",
        "Reminder",
        "Recurring_Activity",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of request. `is_safe`: may be repeated, as that changes no record; `changes`: how it changes."""

    method: Method
    path: re.Pattern[str]
    is_safe: bool
    changes: Changes = ""


def _rule(method: Method, path: str, *, changes: Changes = "") -> Rule:
    return Rule(method, re.compile(path), not changes, changes)


# Whole paths. Bulk read and the upload are POSTs that change nothing: doubling one costs credits, no record.
RULES = (
    _rule("GET", r"/crm/v8/org"),
    _rule("GET", r"/crm/v8/users"),
    _rule("GET", r"/crm/v8/settings/(modules|fields|layouts)"),
    _rule("GET", r"/crm/v8/settings/automation/workflow_rules"),
    _rule("POST", r"/crm/v8/settings/fields", changes="field"),
    _rule("GET", r"/crm/v8/[A-Z]\w*(/deleted|/actions/count|/\d+)?"),
    _rule("GET", rf"/crm/v8/({_WITH_EMAILS})/\d+/Emails"),
    _rule("POST", rf"/crm/v8/({_WITH_EMAILS})/\d+/actions/associate_email", changes="email"),
    _rule("POST", r"/crm/bulk/v8/read"),
    _rule("GET", r"/crm/bulk/v8/read/\d+(/result)?"),
    _rule("POST", r"/crm/v8/upload"),
    _rule("POST", r"/crm/v8/files"),  # a file that nothing refers to yet
    _rule("GET", r"/crm/bulk/v8/write/\d+"),
    _rule("GET", r"/[\w/.-]*bulk-write/[\w/.-]+\.zip"),
    _rule("POST", r"/crm/bulk/v8/write", changes="bulk"),
    _rule("POST", rf"/crm/v8/({_SENT_MODULES})", changes="insert"),
    _rule("PUT", rf"/crm/v8/({_SENT_MODULES})", changes="update"),
    # deleting again what is gone changes nothing
    Rule("DELETE", re.compile(rf"/crm/v8/({_SENT_MODULES})"), is_safe=True, changes="delete"),
)


def check(method: str, path: str, body: Mapping[str, Any] | None) -> Rule:
    """Return the rule that lets a request through.

    Args:
        method: the HTTP method.
        path: path of the URL, without host and query.
        body: the JSON body, None for none; of a deletion its parameters.

    Raises:
        ContractError: nothing lets it through; it must not be sent.
    """
    rule = next((rule for rule in RULES if rule.method == method and rule.path.fullmatch(path)), None)
    if rule is None or ".." in path:
        raise _refused(f"{method} {path} is not on the list of allowed requests")
    if path in _OF_FILES and body is not None:
        raise _refused(f"{method} {path} with anything but a file")
    if rule.changes in {"insert", "update"}:
        _check_records(path.rpartition("/")[2], rule.changes, body or {})
    elif rule.changes == "field":
        _check_field(body or {})
    elif rule.changes == "email":
        _check_email(body or {})
    elif rule.changes == "bulk":
        _check_bulk(body or {})
    elif rule.changes == "delete":
        _check_deletion(body or {})
    return rule


def _check_records(module: str, changes: str, body: Mapping[str, Any]) -> None:
    if body.get("trigger") != [] or body.keys() - {"data", "trigger", "skip_feature_execution"}:
        raise _refused(f'records of {module} without "trigger": [] or with another switch')
    records = body.get("data")
    if not isinstance(records, list) or not 0 < len(records) <= _MOST_RECORDS:
        raise _refused(f"not 1 to {_MOST_RECORDS} records of {module}")
    for record in records:
        _check_record(module, changes, record)


def _check_record(module: str, changes: str, record: Mapping[str, Any]) -> None:
    notifying = record.keys() & _NOTIFYING
    if module == "Events":
        if record.get("$send_notification") is not False:
            raise _refused('an event without "$send_notification": false')
        notifying -= {"$send_notification"}
        _check_participants(record.get("Participants") or [])
    if notifying:
        raise _refused(f"a record of {module} with {sorted(notifying)}")
    if ("id" in record) != (changes == "update"):
        raise _refused(f"an {changes} of {module} with or without id")
    if "Layout" in record and (changes == "update" or not _is_only(record["Layout"], "id")):
        raise _refused(f"an {changes} of {module} with a layout that is not new or no id")


def _check_participants(participants: Any) -> None:  # noqa: ANN401 - any JSON
    """Let participants say who they are, and nothing that may invite them."""
    listed = participants if isinstance(participants, list) else [participants]
    if not all(isinstance(one, Mapping) and not one.keys() - _OF_PARTICIPANT for one in listed):
        raise _refused("an event with participants of whom more is said than who they are")


def _check_field(body: Mapping[str, Any]) -> None:
    """Let only the key field be created: one text field that is unique."""
    fields = body.get("fields")
    if body.keys() != {"fields"} or not isinstance(fields, list) or len(fields) != 1:
        raise _refused("anything but one field to be created")
    if fields[0].get("data_type") != "text" or not fields[0].get("unique"):
        raise _refused("a field to be created that is no unique text")


def _check_email(body: Mapping[str, Any]) -> None:
    """Let one e-mail be kept on a record: associating sends nothing, and no key may ask for more than that."""
    mails = body.get("Emails")
    if body.keys() != {"Emails"} or not isinstance(mails, list) or len(mails) != 1:
        raise _refused("anything but one e-mail to be kept")
    mail = mails[0]
    people = [mail.get("from"), *(mail.get("to") or ()), *(mail.get("cc") or ()), *(mail.get("bcc") or ())]
    parts = [(mail, _OF_EMAIL), (mail.get("linked_record"), {"id", "module"}), (mail.get("owner"), {"id"})]
    parts += [(one, {"id"}) for one in mail.get("attachments") or ()]
    for part, known in (*parts, *((person, {"user_name", "email"}) for person in people)):
        if part is not None and (unknown := part.keys() - known):
            raise _refused(f"an e-mail with {sorted(unknown)}")


def _check_bulk(body: Mapping[str, Any]) -> None:
    if body.keys() - {"operation", "character_encoding", "resource"}:
        raise _refused("a bulk job with a callback or another switch")
    if body.get("operation") not in {"upsert", "update"}:
        raise _refused("a bulk job that neither upserts nor updates: sent again, it would make doubles")
    for resource in body["resource"]:
        module = resource["module"]["api_name"]
        if module not in _IN_BULK or not resource.get("find_by"):
            raise _refused(f"a bulk job for {module}, or without the field that finds records")
        if notifying := {mapping["api_name"] for mapping in resource["field_mappings"]} & _NOTIFYING:
            raise _refused(f"a bulk job of {module} with {sorted(notifying)}")
        if not all(_is_column(one) or _is_layout(one, body["operation"]) for one in resource["field_mappings"]):
            raise _refused(f"a bulk job of {module} with a value for all rows that is not the layout of new ones")


def _is_column(mapping: Mapping[str, Any]) -> bool:
    return "index" in mapping and "default_value" not in mapping and mapping["api_name"] != "Layout"


def _is_layout(mapping: Mapping[str, Any], operation: str) -> bool:
    """Tell whether a mapping gives new records a layout; an update has none, as existing records keep theirs."""
    is_one = mapping.keys() == {"api_name", "default_value"} and mapping["api_name"] == "Layout"
    return operation == "upsert" and is_one and _is_only(mapping["default_value"], "value")


def _is_only(held: Any, name: str) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether that is an object with an id under that name, and nothing else."""
    if not isinstance(held, Mapping) or held.keys() != {name}:
        return False
    return isinstance(held[name], str) and held[name].isascii() and held[name].isdigit()


def _check_deletion(parameters: Mapping[str, Any]) -> None:
    if parameters.keys() != {"ids", "wf_trigger"} or parameters["wf_trigger"] != "false":
        raise _refused("a deletion without wf_trigger=false or with another switch")
    ids = str(parameters["ids"]).split(",")
    if len(ids) > _MOST_RECORDS or not all(one.isascii() and one.isdigit() for one in ids):
        raise _refused(f"a deletion of other than 1 to {_MOST_RECORDS} ids")


def _refused(what: str) -> ContractError:
    return ContractError(
        f"Refused to send {what}.", "Nothing of it was sent. This is a defect of outlook2zoho; please report it."
    )
