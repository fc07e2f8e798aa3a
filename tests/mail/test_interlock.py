"""The interlock: no request can notify anybody, on any transport; one that could does not leave."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pipeline.errors import ContractError
from pipeline.load import guard
from pipeline.load.client import ZohoClient
from tests.load import world
from tests.load.world import Crm

Body = dict[str, Any]
CONTACT: Body = {"data": [{"Last_Name": "x"}], "trigger": []}
GUESTS = [
    {"type": "contact", "participant": "1"},
    {"type": "email", "participant": "a@x.example", "Email": "a@x.example"},
]
EVENT: Body = {"data": [{"Event_Title": "x", "Participants": GUESTS, "$send_notification": False}], "trigger": []}
UPDATED: Body = {"data": [{"id": "1", "$send_notification": False}], "trigger": []}
TASK: Body = {"data": [{"Subject": "x"}], "trigger": []}
BULK: Body = {
    "operation": "upsert",
    "character_encoding": "UTF-8",
    "resource": [
        {"module": {"api_name": "Tasks"}, "find_by": "K", "field_mappings": [{"api_name": "Subject", "index": 0}]}
    ],
}
MAIL: Body = {
    "Emails": [
        {
            "from": {"email": "a@x.example"},
            "to": [{"user_name": "b", "email": "b@x.example"}],
            "subject": "s",
            "content": "c",
            "date_time": "2026-05-01T09:00:00+00:00",
            "sent": True,
            "original_message_id": "<1@x.example>",
            "linked_record": {"id": "2", "module": {"api_name": "Deals"}},
            "owner": {"id": "3"},
            "attachments": [{"id": "f"}],
        }
    ]
}
DELETE: Body = {"ids": "1,2", "wf_trigger": "false"}
ATTACH = "/crm/v8/Contacts/1/actions/associate_email"
# transport: method, path, a body that is let through
TRANSPORTS: dict[str, tuple[str, str, Body]] = {
    "records: contacts": ("POST", "/crm/v8/Contacts", CONTACT),
    "records: leads": ("POST", "/crm/v8/Leads", CONTACT),
    "records: cases": ("POST", "/crm/v8/Cases", {"data": [{"Subject": "x"}], "trigger": []}),
    "records: events": ("POST", "/crm/v8/Events", EVENT),
    "records: updated events": ("PUT", "/crm/v8/Events", UPDATED),
    "records: tasks": ("POST", "/crm/v8/Tasks", TASK),
    "bulk write": ("POST", "/crm/bulk/v8/write", BULK),
    "e-mails": ("POST", ATTACH, MAIL),
    "delete": ("DELETE", "/crm/v8/Events", DELETE),
}  # fmt: skip
# what would tell somebody, or set something off: transport, path into the body, value
TELLING: list[tuple[str, list[Any], Any]] = [
    *(
        (name, ["trigger"], value)
        for name in TRANSPORTS
        if name.startswith("records")
        for value in (["workflow"], None)
    ),
    *(
        (name, ["data", 0, key], True)
        for name in TRANSPORTS
        if name.startswith("records")
        for key in ("send_notification", "Send_Notification_Email", "Remind_At", "Reminder", "Recurring_Activity")
    ),
    *(("records: events", ["data", 0, "$send_notification"], value) for value in (True, None, "false", 0)),
    *(("records: events", ["data", 0, "Participants", 1, key], True) for key in ("invited", "$send_notification")),
    ("records: events", ["data", 0, "Participants"], ["a@x.example"]),
    ("records: updated events", ["data", 0, "Participants"], [{"type": "user", "participant": "1", "invited": True}]),
    ("records: updated events", ["data", 0, "$send_notification"], True),
    ("records: contacts", ["data", 0, "$send_notification"], True),
    ("records: contacts", ["apply_feature_execution"], [{"name": "layout_rules"}]),
    ("bulk write", ["callback"], {"url": "https://x.example", "method": "post"}),
    ("bulk write", ["trigger"], ["workflow"]),
    ("bulk write", ["resource", 0, "field_mappings", 0, "api_name"], "Remind_At"),
    ("bulk write", ["resource", 0, "module", "api_name"], "Events"),
    ("e-mails", ["Emails", 0, "send_mail"], True),
    ("e-mails", ["Emails", 0, "schedule"], "2026-05-01T09:00:00+00:00"),
    ("e-mails", ["Emails", 0, "owner", "notify"], True),
    ("e-mails", ["Emails", 0, "linked_record", "trigger"], ["workflow"]),
    ("e-mails", ["Emails", 0, "to", 0, "notify"], True),
    ("e-mails", ["Emails", 0, "attachments", 0, "send"], True),
    ("e-mails", ["trigger"], ["workflow"]),
    ("delete", ["wf_trigger"], "true"),
    ("delete", ["send_cancelling_mail"], "true"),
]


def changed(body: Body, path: list[Any], value: object) -> Body:
    """Return the body with one value set, or taken away for None."""
    found = copy.deepcopy(body)
    place: Any = found
    for step in path[:-1]:
        place = place[step]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return found


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run a sandbox that would hear of every request."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


@pytest.mark.parametrize("name", TRANSPORTS)
def test_each_transport_is_let_through_as_it_is_used(name: str) -> None:
    """The bodies below are the ones that are sent: without a change they may go."""
    assert guard.check(*TRANSPORTS[name]).changes


@pytest.mark.parametrize(("name", "path", "value"), TELLING, ids=lambda one: str(one)[:40])
def test_what_would_tell_somebody_does_not_leave(crm: Crm, name: str, path: list[Any], value: object) -> None:
    """The client refuses before a byte is sent: the sandbox hears of no such request."""
    method, place, body = TRANSPORTS[name]
    telling = changed(body, path, value)
    before = crm.last_request()
    with pytest.raises(ContractError, match="Refused to send"):
        guard.check(method, place, telling)
    if method != "DELETE":  # of which the client itself makes the parameters
        with requests.Session() as session:
            client = ZohoClient(session, crm.connection, 5, pause=lambda _seconds: None)
            with pytest.raises(ContractError, match="Refused to send"):
                (client.post if method == "POST" else client.put)(place, telling)
    assert crm.asked(method, re.escape(place), before) == []


@pytest.mark.parametrize("path", ["/crm/v8/files", "/crm/v8/upload"])
def test_an_upload_is_a_file_and_nothing_else(path: str) -> None:
    """A file may be uploaded, which tells nobody; a body that says more may not go there."""
    assert not guard.check("POST", path, None).changes
    for body in (CONTACT, MAIL, {}):
        with pytest.raises(ContractError, match="Refused to send"):
            guard.check("POST", path, body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/crm/v8/Contacts/1/actions/send_mail", id="sending a mail"),
        pytest.param("POST", "/crm/v8/Events/1/actions/cancel", id="cancelling a meeting"),
        pytest.param("POST", "/crm/v8/Cases/1/actions/associate_email", id="a module that takes no e-mails"),
        pytest.param("POST", "/crm/v8/settings/automation/workflow_rules", id="a workflow rule"),
        pytest.param("POST", "/crm/v8/Tasks/upsert", id="upsert"),
        pytest.param("POST", "/crm/v8/Contacts/actions/mass_delete", id="mass delete"),
        pytest.param("PATCH", "/crm/v8/Contacts", id="another method"),
    ],
)
def test_other_ways_are_closed(method: str, path: str) -> None:
    """What could mail somebody by itself is on no list, whatever its body."""
    for body in (None, CONTACT, MAIL, DELETE):
        with pytest.raises(ContractError):
            guard.check(method, path, body)
