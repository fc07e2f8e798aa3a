"""The records API (zoho-api 3.1 to 3.6; addendum 2, 4 and 7)."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.client import Client

Raw = Mapping[str, Any]
START = {"Start_DateTime": "2026-05-20T09:00:00+09:00", "End_DateTime": "2026-05-20T10:00:00+09:00"}
MEETING = {"Event_Title": "打合せ", **START}


@pytest.mark.parametrize(
    ("record", "code", "details"),
    [
        pytest.param({"First_Name": "A"}, "MANDATORY_NOT_FOUND", {"api_name": "Last_Name"}, id="mandatory"),
        pytest.param({"Last_Name": 5}, "INVALID_DATA", {"expected_data_type": "string"}, id="type"),
        pytest.param({"Last_Name": "x" * 81}, "INVALID_DATA", {"maximum_length": 80}, id="length"),
        pytest.param({"Last_Name": "A", "Email": "x"}, "INVALID_DATA", {"expected_data_type": "email"}, id="e-mail"),
        pytest.param(
            {"Last_Name": "A", "Account_Name": "12"}, "INVALID_DATA", {"api_name": "Account_Name"}, id="look-up"
        ),
        pytest.param(
            {"Last_Name": "A", "Account_Name": {"name": "Birchwood Logistics Ltd"}}, "MANDATORY_NOT_FOUND",
            {"api_name": "id", "json_path": "$.data[0].Account_Name.id"}, id="look-up by name",
        ),
        pytest.param({"Last_Name": "A", "Owner": {"id": "12"}}, "INVALID_DATA", {"api_name": "Owner"}, id="owner"),
        pytest.param(
            {"Last_Name": "A", "Date_of_Birth": "1984/02/29"}, "INVALID_DATA",
            {"expected_data_type": "date", "json_path": "$.data[0].Date_of_Birth"}, id="date",
        ),
    ],
)  # fmt: skip
def test_refused_record(crm: Client, record: Raw, code: str, details: Raw) -> None:
    """What is wrong with a record stands in its item, with the path."""
    answer = crm.post("/crm/v8/Contacts", {"data": [record]})
    (item,) = answer.json()["data"]
    assert (answer.status_code, item["status"], item["code"]) == (400, "error", code)
    assert details.items() <= item["details"].items()


def test_layouts(own_crm: Client) -> None:
    """A new record has the layout that it names, else the standard one; one that is not there or inactive: refused."""
    own = own_crm.control("POST", "layouts/Contacts", {"name": "顧客", "required": ["Twitter"]})["id"]
    old = own_crm.control("POST", "layouts/Contacts", {"name": "旧", "is_active": False})["id"]
    listed = own_crm.get("/crm/v8/settings/layouts?module=Contacts").json()["layouts"]
    assert [(one["name"], one["status"]) for one in listed] == [
        ("Standard", "active"), ("顧客", "active"), ("旧", "inactive"),
    ]  # fmt: skip
    assert len({one["id"] for one in listed} & {own, old}) == 2
    usual, named = (
        own_crm.add("Contacts", Last_Name="A"),
        own_crm.add("Contacts", Last_Name="B", Twitter="b", Layout={"id": own}),
    )
    shown = [own_crm.record("Contacts", one)["Layout"] for one in (usual, named)]
    assert shown == [{"id": listed[0]["id"], "name": "Standard"}, {"id": own, "name": "顧客"}]
    (lacking,) = own_crm.insert("Contacts", {"Last_Name": "C", "Layout": {"id": own}})
    assert (lacking["code"], lacking["details"]["api_name"]) == ("MANDATORY_NOT_FOUND", "Twitter")
    for wrong in ({"id": old}, {"id": "12"}, own, {"name": "顧客"}):
        (item,) = own_crm.insert("Contacts", {"Last_Name": "D", "Twitter": "d", "Layout": wrong})
        assert (item["code"], item["details"]["json_path"]) == ("INVALID_DATA", "$.data[0].Layout.id")


def test_duplicate_data(crm: Client) -> None:
    """A value of a unique field that another record has is DUPLICATE_DATA with that record's id."""
    taken = crm.add("Accounts", Account_Name="重複一号", Outlook_Key="dup-1")
    (item,) = crm.insert("Accounts", {"Account_Name": "重複二号", "Outlook_Key": "DUP-1"})
    assert item["code"] == "DUPLICATE_DATA"
    assert (item["details"]["id"], item["details"]["api_name"]) == (taken, "Outlook_Key")
    assert item["details"]["duplicate_record"] == {"id": taken, "module": {"api_name": "Accounts"}}


@pytest.mark.parametrize(("position", "code"), [("first", "INVALID_DATA"), ("all", "MULTIPLE_OR_MULTI_ERRORS")])
def test_several_errors(crm: Client, position: str, code: str) -> None:
    """A record with several errors shows the first, or all."""
    with crm.switched(several_errors=position):
        (item,) = crm.insert("Contacts", {"Email": "bad", "Phone": "(03)1"})
    assert item["code"] == code
    if code == "MULTIPLE_OR_MULTI_ERRORS":
        errors = {(error["code"], error["details"]["api_name"]) for error in item["details"]["errors"]}
        assert errors == {("INVALID_DATA", "Email"), ("INVALID_DATA", "Phone"), ("MANDATORY_NOT_FOUND", "Last_Name")}


@pytest.mark.parametrize(
    ("records", "switches", "status"),
    [
        pytest.param([{"Last_Name": "A"}], {}, 201, id="all good"),
        pytest.param([{"Last_Name": "A"}, {}], {}, 207, id="mixed"),
        pytest.param([{"Last_Name": "A"}, {}], {"partial_status": "200"}, 200, id="mixed, switched"),
        pytest.param([{}], {}, 400, id="all failed"),
        pytest.param([{}], {"failed_status": "200"}, 200, id="all failed, switched"),
    ],
)
def test_status_of_an_insert(crm: Client, records: list[Raw], switches: dict[str, str], status: int) -> None:
    """The status tells whether all, some or none went in; the items keep the order."""
    with crm.switched(**switches):
        answer = crm.post("/crm/v8/Contacts", {"data": records})
    assert answer.status_code == status
    assert [item["status"] == "success" for item in answer.json()["data"]] == [bool(record) for record in records]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param([], "INVALID_DATA", id="no object"),
        pytest.param({}, "MANDATORY_NOT_FOUND", id="no data"),
        pytest.param({"data": {}}, "INVALID_DATA", id="no array"),
        pytest.param({"data": []}, "INVALID_DATA", id="empty"),
        pytest.param({"data": [1]}, "INVALID_DATA", id="no records"),
        pytest.param({"data": [{"Last_Name": "A"}] * 101}, "LIMIT_EXCEEDED", id="101 records"),
    ],
)
def test_refused_body(crm: Client, body: object, code: str) -> None:
    """A body that is none of records is refused as a whole."""
    answer = crm.post("/crm/v8/Contacts", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_body_is_json_whatever_it_is_called(crm: Client) -> None:
    """JSON is read without a Content-Type and with a wrong one, as the SDK sends it."""
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = crm.call("POST", "/crm/v8/Contacts", data=b'{"data":[{"Last_Name":"\xe5\x8c\x97"}]}', headers=headers)
        assert answer.status_code == 201


def test_update(crm: Client) -> None:
    """PUT changes what is sent and nothing else; ids are numbers or texts; null empties."""
    record_id = crm.add("Contacts", Last_Name="Old", Title="Boss", Department="Sales")
    answer = crm.put("/crm/v8/Contacts", {"data": [{"id": int(record_id), "Title": None}, {"id": "1"}, {"Title": "x"}]})
    assert [item["code"] for item in answer.json()["data"]] == ["SUCCESS", "INVALID_DATA", "MANDATORY_NOT_FOUND"]
    one = crm.put(f"/crm/v8/Contacts/{record_id}", {"data": [{"Last_Name": "New"}]})
    assert (one.status_code, one.json()["data"][0]["message"]) == (200, "record updated")
    record = crm.record("Contacts", record_id)
    assert (record["Last_Name"], record["Full_Name"], record["Title"], record["Department"]) == (
        "New",
        "New",
        None,
        "Sales",
    )
    (emptied,) = crm.put(f"/crm/v8/Contacts/{record_id}", {"data": [{"Last_Name": ""}]}).json()["data"]
    assert emptied["code"] == "MANDATORY_NOT_FOUND"


def test_put_of_a_deleted_record(crm: Client) -> None:
    """PUT to an id that is gone is a bare 400 with resource_path_index; GET of it is 204."""
    record_id = crm.add("Contacts", Last_Name="Gone")
    assert crm.call("DELETE", f"/crm/v8/Contacts/{record_id}").status_code == 200
    answer = crm.put(f"/crm/v8/Contacts/{record_id}", {"data": [{"Title": "x"}]})
    assert (answer.status_code, answer.json()["details"]) == (400, {"resource_path_index": 1})
    assert crm.get(f"/crm/v8/Contacts/{record_id}").status_code == 204


def test_upsert(crm: Client) -> None:
    """Upsert finds by the given fields, then by unique ones; without a list by the system's field."""
    key = crm.add("Cases", Subject="S", Status="New", Case_Origin="Email", Outlook_Key="case-1")
    case = {"Subject": "S", "Status": "New", "Case_Origin": "Phone"}
    by_subject = crm.post("/crm/v8/Cases/upsert", {"data": [case]}).json()["data"][0]
    assert (by_subject["action"], by_subject["details"]["id"], by_subject["duplicate_field"]) == (
        "update",
        key,
        "Subject",
    )
    body = {"data": [{**case, "Outlook_Key": "case-2"}], "duplicate_check_fields": ["Outlook_Key"]}
    by_key = crm.post("/crm/v8/Cases/upsert", body).json()["data"][0]
    assert (by_key["action"], by_key["duplicate_field"]) == ("insert", None)
    with crm.switched(upsert_status="201"):
        assert crm.post("/crm/v8/Cases/upsert", body).status_code == 201


@pytest.mark.parametrize("module", ["Tasks", "Events", "Calls"])
def test_no_upsert_of_activities(crm: Client, module: str) -> None:
    """Activities have no upsert."""
    answer = crm.post(f"/crm/v8/{module}/upsert", {"data": [{}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_MODULE")


def test_upsert_by_an_unknown_field(crm: Client) -> None:
    """duplicate_check_fields must be fields."""
    body = {"data": [{"Last_Name": "A"}], "duplicate_check_fields": ["Nope"]}
    assert crm.post("/crm/v8/Contacts/upsert", body).json()["code"] == "INVALID_DATA"


def test_delete(crm: Client) -> None:
    """Deleting answers per id; what is gone cannot be deleted again, and its key is free."""
    record_id = crm.add("Contacts", Last_Name="A", Outlook_Key="del-1")
    answer = crm.call("DELETE", f"/crm/v8/Contacts?ids={record_id},12&wf_trigger=false")
    assert answer.status_code == 207
    assert [item["message"] for item in answer.json()["data"]] == ["record deleted", "record not deleted"]
    again = crm.call("DELETE", f"/crm/v8/Contacts?ids={record_id}")
    assert (again.status_code, again.json()["data"][0]["code"]) == (400, "INVALID_DATA")
    crm.add("Contacts", Last_Name="B", Outlook_Key="del-1")
    assert crm.call("DELETE", "/crm/v8/Contacts").json()["code"] == "REQUIRED_PARAM_MISSING"
    assert crm.call("DELETE", f"/crm/v8/Contacts?ids={','.join(['1'] * 101)}").json()["code"] == "LIMIT_EXCEEDED"


def test_pages(own_crm: Client) -> None:
    """Pages go by number to 2,000 records and by token beyond, newest id first; a token is bound to its parameters."""
    ids = [
        item["details"]["id"] for item in own_crm.insert("Tasks", *[{"Subject": f"T{place}"} for place in range(25)])
    ]
    path = "/crm/v8/Tasks?fields=Subject&per_page=10"
    seen, page = [], own_crm.get(path).json()
    while True:
        seen += [record["id"] for record in page["data"]]
        if not page["info"]["more_records"]:
            break
        page = own_crm.get(f"{path}&page_token={page['info']['next_page_token']}").json()
    assert seen == ids[::-1]
    token = own_crm.get(path).json()["info"]["next_page_token"]
    for wrong, code in (
        (f"/crm/v8/Tasks?fields=Status&per_page=10&page_token={token}", "TOKEN_BOUND_DATA_MISMATCH"),
        (f"{path}&page_token=abc", "INVALID_DATA"),
        ("/crm/v8/Tasks?fields=Subject&page=11", "DISCRETE_PAGINATION_LIMIT_EXCEEDED"),
        (f"/crm/v8/Tasks?fields={','.join(['Subject'] * 51)}", "LIMIT_EXCEEDED"),
        ("/crm/v8/Tasks?fields=Subject&per_page=201", "INVALID_DATA"),
    ):
        assert own_crm.get(wrong).json()["code"] == code
    own_crm.control("POST", "clock", {"advance_seconds": 24 * 3600 + 1})
    own_crm.login()
    assert own_crm.get(f"{path}&page_token={token}").json()["code"] == "EXPIRED_VALUE"


def test_nothing_there_and_nothing_changed(own_crm: Client) -> None:
    """No records are 204 without a body; none changed since are 304."""
    empty = own_crm.get("/crm/v8/Cases?fields=Subject")
    assert (empty.status_code, empty.content) == (204, b"")
    headers = {"If-Modified-Since": "2999-01-01T00:00:00+09:00"}
    assert own_crm.get("/crm/v8/Contacts?fields=Email", headers=headers).status_code == 304
    headers = {"If-Modified-Since": "2001-01-01T00:00:00+09:00"}
    assert own_crm.get("/crm/v8/Contacts?fields=Email", headers=headers).status_code == 200
    assert own_crm.get("/crm/v8/Contacts?fields=Email", headers={"If-Modified-Since": "x"}).status_code == 400


def test_times_follow_the_clock(own_crm: Client) -> None:
    """Created_Time stays, Modified_Time moves with a change, both in the org's zone."""
    record_id = own_crm.add("Contacts", Last_Name="A")
    own_crm.control("POST", "clock", {"advance_seconds": 100})
    own_crm.put("/crm/v8/Contacts", {"data": [{"id": record_id, "Title": "x"}]})
    record = own_crm.record("Contacts", record_id)
    assert record["Created_Time"] < record["Modified_Time"]
    assert record["Modified_Time"].endswith("+09:00")


@pytest.mark.parametrize(
    ("record", "code", "api_name"),
    [
        pytest.param({"Event_Title": "x"}, "MANDATORY_NOT_FOUND", "Start_DateTime", id="no start"),
        pytest.param({**MEETING, "Start_DateTime": "2026-05-20"}, "INVALID_DATA", "Start_DateTime", id="no time"),
        pytest.param({**MEETING, "What_Id": "12"}, "DEPENDENT_FIELD_MISSING", "$se_module", id="no $se_module"),
        pytest.param(
            {**MEETING, "What_Id": "12", "$se_module": "Contacts"}, "INVALID_DATA", "$se_module", id="of a contact"
        ),
        pytest.param({**MEETING, "What_Id": "12", "$se_module": "Deals"}, "INVALID_DATA", "What_Id", id="no such deal"),
        pytest.param({**MEETING, "Who_Id": {"id": 12}}, "INVALID_DATA", "Who_Id", id="no such contact"),
        pytest.param({**MEETING, "Participants": "x"}, "INVALID_DATA", "Participants", id="participants no list"),
        pytest.param({**MEETING, "Participants": [{"type": "x"}]}, "INVALID_DATA", "Participants", id="their type"),
        pytest.param(
            {**MEETING, "Participants": [{"type": "contact", "participant": "12"}]}, "INVALID_DATA", "Participants",
            id="no such participant",
        ),
        pytest.param(
            {**MEETING, "Participants": [{"type": "email", "participant": "x"}]}, "INVALID_DATA", "Participants",
            id="no address",
        ),
        pytest.param(
            {**MEETING, "Participants": [{"type": "email", "Email": "a@kaze.example"}] * 51}, "LIMIT_EXCEEDED",
            "Participants", id="51 participants",
        ),
    ],
)  # fmt: skip
def test_refused_meeting(crm: Client, record: Raw, code: str, api_name: str) -> None:
    """Meetings want their times, look-ups that are there, and participants that can be."""
    (item,) = crm.insert("Events", record)
    assert (item["code"], item["details"]["api_name"]) == (code, api_name)


def test_meeting(crm: Client) -> None:
    """A meeting keeps its participants, its contact and its deal; bare ids and objects are the same."""
    contact = crm.add("Contacts", Last_Name="Guest", Email="guest@kaze.example")
    deal = crm.get("/crm/v8/Deals?fields=Deal_Name").json()["data"][0]["id"]
    user = crm.get("/crm/v8/users?type=CurrentUser").json()["users"][0]["id"]
    guests = [
        {"type": "contact", "participant": contact},
        {"type": "user", "participant": user},
        {"type": "email", "participant": "a@kaze.example", "Email": "a@kaze.example"},
    ]
    more = {"Participants": guests, "Who_Id": {"id": int(contact)}, "What_Id": deal, "$se_module": "Deals"}
    record_id = crm.add("Events", **MEETING, **more, **{"$send_notification": False})
    record = crm.record("Events", record_id)
    assert [(guest["type"], guest["Email"], guest["invited"]) for guest in record["Participants"]] == [
        ("contact", "guest@kaze.example", False),
        ("user", "admin@kaede-shoji.example", False),
        ("email", "a@kaze.example", False),
    ]
    assert (record["Who_Id"]["id"], record["What_Id"]["id"], record["$se_module"]) == (contact, deal, "Deals")
    assert (record["Start_DateTime"], record["Meeting_Venue__s"]) == (START["Start_DateTime"], "Client location")


@pytest.mark.parametrize(("position", "keys"), [("participant", "participant"), ("Email", "Email")])
def test_key_of_a_bare_address(crm: Client, position: str, keys: str) -> None:
    """Only the key of the switch holds the address; sending both is right in every position."""
    with crm.switched(participant_key=position):
        for other in ({"participant", "Email"} - {keys}, {keys}, {"participant", "Email"}):
            guest = {"type": "email", **dict.fromkeys(other, "a@kaze.example")}
            (item,) = crm.insert("Events", {**MEETING, "Participants": [guest]})
            assert (item["status"] == "success") is (keys in other)


def test_mandatory_by_switch(crm: Client) -> None:
    """The venue of meetings and the address of a case by e-mail may be mandatory."""
    with crm.switched(meeting_venue="mandatory", case_origin_email="mandatory"):
        (venue,) = crm.insert("Events", MEETING)
        (case,) = crm.insert("Cases", {"Subject": "S", "Status": "New", "Case_Origin": "Email"})
    assert (venue["code"], venue["details"]["api_name"]) == ("MANDATORY_NOT_FOUND", "Meeting_Venue__s")
    assert (case["code"], case["details"]["api_name"]) == ("MANDATORY_NOT_FOUND", "Email")


@pytest.mark.parametrize(
    ("default", "notification", "kinds"),
    [
        pytest.param("sent", None, ["notification"], id="absent, default sent"),
        pytest.param("not sent", None, [], id="absent, default not sent"),
        pytest.param("sent", False, [], id="false"),
        pytest.param("not sent", True, ["notification"], id="true"),
    ],
)
def test_outbox_of_meetings(own_crm: Client, default: str, notification: bool | None, kinds: list[str]) -> None:  # noqa: FBT001 - a table
    """A meeting whose guests would have got mail is noted."""
    guests = {"Participants": [{"type": "email", "participant": "a@kaze.example"}]}
    mark = {} if notification is None else {"$send_notification": notification}
    with own_crm.switched(notification_default=default):
        own_crm.add("Events", **MEETING, **guests, **mark)
    assert [entry["kind"] for entry in own_crm.control("GET", "outbox")] == kinds


def test_outbox_of_workflows(own_crm: Client) -> None:
    """A write without trigger, and a delete without wf_trigger=false, would have fired workflows."""
    quiet = own_crm.add("Contacts", Last_Name="Quiet")
    own_crm.call("DELETE", f"/crm/v8/Contacts?ids={quiet}&wf_trigger=false")
    assert own_crm.control("GET", "outbox") == []
    loud = own_crm.post("/crm/v8/Tasks", {"data": [{"Subject": "T", "Send_Notification_Email": True}]}).json()["data"][
        0
    ]
    own_crm.call("DELETE", f"/crm/v8/Tasks?ids={loud['details']['id']}")
    assert [entry["kind"] for entry in own_crm.control("GET", "outbox")] == ["workflow", "notification", "workflow"]


def test_request_log(own_crm: Client) -> None:
    """Tests see what was sent, in order, without tokens."""
    own_crm.add("Contacts", Last_Name="Logged")
    entry = own_crm.control("GET", "requests")[-1]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/crm/v8/Contacts", 201)
    assert "Logged" in entry["body"]
    assert "authorization" not in entry["headers"]
    assert own_crm.control("GET", f"requests?after={entry['number']}") == []
