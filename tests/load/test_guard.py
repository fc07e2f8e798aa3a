"""What may leave this program at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ContractError
from pipeline.load import guard

EVENT = {"Event_Title": "x", "$send_notification": False}
JOB: dict[str, Any] = {
    "operation": "upsert",
    "character_encoding": "UTF-8",
    "resource": [
        {
            "module": {"api_name": "Contacts"},
            "find_by": "Outlook_Key",
            "field_mappings": [{"api_name": "Last_Name", "index": 0}],
        }
    ],
}


LAYOUT: dict[str, Any] = {"api_name": "Layout", "default_value": {"value": "7"}}


def mapped(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return a bulk job with one mapping more."""
    (resource,) = JOB["resource"]
    return JOB | {"resource": [resource | {"field_mappings": [*resource["field_mappings"], mapping]}]}


def records(*data: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a body of the records API."""
    return {"data": list(data), "trigger": [], **more}


@pytest.mark.parametrize(
    ("method", "path", "body", "is_safe"),
    [
        pytest.param("GET", "/crm/v8/org", None, True, id="org"),
        pytest.param("POST", "/crm/bulk/v8/read", {"query": {}}, True, id="bulk read"),
        pytest.param("POST", "/crm/v8/upload", None, True, id="upload"),
        pytest.param("GET", "/v8/crm/org12/bulk-write/34/34.zip", None, True, id="download of a result"),
        pytest.param("POST", "/crm/bulk/v8/write", JOB, False, id="bulk job"),
        pytest.param("POST", "/crm/v8/Contacts", records({"Last_Name": "x"}), False, id="insert"),
        pytest.param("PUT", "/crm/v8/Tasks", records({"id": "1"}), False, id="update"),
        pytest.param("POST", "/crm/v8/Events", records(EVENT), False, id="an event that tells nobody"),
        pytest.param("POST", "/crm/v8/Contacts", records({"Layout": {"id": "7"}}), False, id="a layout of new ones"),
        pytest.param("POST", "/crm/bulk/v8/write", mapped(LAYOUT), False, id="a layout of new ones by bulk"),
    ],
)
def test_allowed(method: str, path: str, body: dict[str, Any] | None, *, is_safe: bool) -> None:
    """What the load needs is let through, and only what changes no record counts as safe to repeat."""
    assert guard.check(method, path, body).is_safe is is_safe


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("DELETE", "/crm/v8/Contacts", None, id="deleting"),
        pytest.param("POST", "/crm/v8/Contacts/1/actions/send_mail", records({}), id="sending mail"),
        pytest.param("POST", "/crm/v8/Deals", records({"Deal_Name": "x"}), id="a module that is not sent"),
        pytest.param("POST", "/crm/v8/Contacts/upsert", records({}), id="upsert of the records API"),
        pytest.param("GET", "/crm/v8/../v2/bulk-write/x.zip", None, id="a path that climbs"),
        pytest.param("GET", "/crm/v8/org?x=1", None, id="a path that is none"),
        pytest.param("POST", "/crm/v8/Contacts", None, id="records without a body"),
        pytest.param("POST", "/crm/v8/Contacts", {"data": [{}]}, id="records without trigger"),
        pytest.param("POST", "/crm/v8/Contacts", records({}) | {"trigger": ["workflow"]}, id="a trigger"),
        pytest.param("POST", "/crm/v8/Contacts", records({}, apply_feature_execution=[]), id="another switch"),
        pytest.param("POST", "/crm/v8/Contacts", records(), id="no record"),
        pytest.param("POST", "/crm/v8/Contacts", records(*[{}] * 101), id="101 records"),
        pytest.param("POST", "/crm/v8/Contacts", records({"id": "1"}), id="an insert with an id"),
        pytest.param("PUT", "/crm/v8/Contacts", records({}), id="an update without id"),
        pytest.param("POST", "/crm/v8/Events", records({"Event_Title": "x"}), id="an event that may mail"),
        pytest.param("POST", "/crm/v8/Events", records(EVENT, {"$send_notification": True}), id="one that will"),
        pytest.param("POST", "/crm/v8/Events", records(EVENT | {"$send_notification": 0}), id="0 is not false"),
        pytest.param("POST", "/crm/v8/Tasks", records({"send_notification": True}), id="a task that mails"),
        pytest.param("POST", "/crm/v8/Tasks", records({"Remind_At": {}}), id="a reminder"),
        pytest.param("POST", "/crm/bulk/v8/write", JOB | {"callback": {}}, id="a callback"),
        pytest.param("POST", "/crm/bulk/v8/write", JOB | {"operation": "insert"}, id="an insert by bulk"),
        pytest.param("PUT", "/crm/v8/Contacts", records({"id": "1", "Layout": {"id": "7"}}), id="another layout"),
        pytest.param("POST", "/crm/v8/Contacts", records({"Layout": "7"}), id="a layout that is text"),
        pytest.param("POST", "/crm/v8/Contacts", records({"Layout": {"id": "x"}}), id="a layout that is no id"),
        pytest.param("POST", "/crm/v8/Contacts", records({"Layout": {"id": "7", "name": "x"}}), id="a layout and more"),
        pytest.param(
            "POST", "/crm/bulk/v8/write", mapped(LAYOUT) | {"operation": "update"}, id="another layout by bulk"
        ),
        *(
            pytest.param("POST", "/crm/bulk/v8/write", mapped(one), id=f"a bulk mapping: {one}")
            for one in (
                {"api_name": "Layout", "index": 1},
                {"api_name": "Layout", "default_value": {"value": "x"}},
                {"api_name": "Layout", "default_value": {"value": "7", "name": "x"}},
                {"api_name": "Layout", "default_value": {"value": "7"}, "index": 0},
                {"api_name": "Lead_Source", "default_value": {"value": "7"}},
                {"api_name": "Lead_Source", "index": 1, "default_value": {"value": "7"}},
            )
        ),
    ],
)
def test_refused(method: str, path: str, body: dict[str, Any] | None) -> None:
    """Everything else raises: it is a defect of ours that must not reach anybody."""
    with pytest.raises(ContractError):
        guard.check(method, path, body)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]), path=st.from_regex(r"/crm/v8/[A-Za-z_/]{0,40}")
)
def test_nothing_changes_the_crm_without_a_body(method: str, path: str) -> None:
    """No method and path alone is enough to change a record."""
    try:
        rule = guard.check(method, path, None)
    except ContractError:
        return
    assert rule.is_safe
