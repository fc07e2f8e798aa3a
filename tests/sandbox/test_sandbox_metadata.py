"""Org, users, modules, fields and the shapes of whole-request errors."""

from typing import Any

import pytest

from tests.sandbox.client import Client


def _fields(crm: Client, module: str) -> dict[str, dict[str, Any]]:
    found = crm.get("/crm/v8/settings/fields", params={"module": module}).json()["fields"]
    return {field["api_name"]: field for field in found}


def test_org(crm: Client) -> None:
    """The org is the one of the endpoint, in Asia/Tokyo; zgid and id differ."""
    (org,) = crm.get("/crm/v8/org").json()["org"]
    assert org["zgid"] == crm.endpoint.zgid
    assert org["zgid"].isdigit()
    assert org["id"] != org["zgid"]
    assert (org["company_name"], org["time_zone"]) == ("Kaede Shoji (sandbox)", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        pytest.param("AllUsers", ["admin", "hanako.sato", "dana.whitfield", "ken.mori"], id="all"),
        pytest.param("ActiveUsers", ["admin", "hanako.sato", "dana.whitfield"], id="active"),
        pytest.param("DeactiveUsers", ["ken.mori"], id="inactive"),
        pytest.param("CurrentUser", ["admin"], id="current"),
        pytest.param("AdminUsers", ["admin"], id="administrators"),
    ],
)
def test_users_by_type(crm: Client, kind: str, names: list[str]) -> None:
    """Users are listed by type."""
    users = crm.get("/crm/v8/users", params={"type": kind}).json()["users"]
    assert [user["email"] for user in users] == [f"{name}@kaede-shoji.example" for name in names]


def test_users_page_by_page(crm: Client) -> None:
    """Pages end with more_records false, and an empty one is 204."""
    pages = [crm.get("/crm/v8/users", params={"page": page, "per_page": 3}) for page in (1, 2, 3)]
    assert [page.status_code for page in pages] == [200, 200, 204]
    assert [page.json()["info"]["more_records"] for page in pages[:2]] == [True, False]


def test_users_of_no_type(crm: Client) -> None:
    """No user is deleted: 204; an unknown type is refused."""
    assert crm.get("/crm/v8/users?type=DeletedUsers").status_code == 204
    assert crm.get("/crm/v8/users?type=Nobody").json()["code"] == "INVALID_DATA"


def test_modules_with_bulk_write(crm: Client) -> None:
    """feature_name=bulk_write names the modules that take it: not Events, Calls and Notes."""
    found = crm.get("/crm/v8/settings/modules", params={"feature_name": "bulk_write"}).json()["modules"]
    assert [module["api_name"] for module in found] == ["Leads", "Accounts", "Contacts", "Deals", "Tasks", "Cases"]


@pytest.mark.parametrize("module", ["Accounts", "Contacts", "Tasks", "Events", "Cases"])
def test_key_field(crm: Client, module: str) -> None:
    """Our key is a custom text field of 64 letters, unique without regard to case."""
    key = _fields(crm, module)["Outlook_Key"]
    assert (key["data_type"], key["length"], key["custom_field"]) == ("text", 64, True)
    assert key["unique"] == {"case_sensitive": False}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Contacts.Last_Name", ("text", 80, True)),
        ("Contacts.Phone", ("phone", 50, False)),
        ("Contacts.Asst_Phone", ("phone", 30, False)),
        ("Contacts.Fax", ("text", 30, False)),
        ("Contacts.Account_Name", ("lookup", 120, False)),
        ("Contacts.Mailing_Street", ("text", 250, False)),
        ("Accounts.Account_Name", ("text", 200, True)),
        ("Tasks.Subject", ("text", 255, True)),
        ("Events.Venue", ("text", 255, False)),
        ("Cases.Case_Origin", ("picklist", 120, True)),
        ("Leads.Company", ("text", 200, True)),
    ],
)
def test_fields(crm: Client, name: str, expected: tuple[str, int, bool]) -> None:
    """Types, lengths and mandatory marks are those of section 5."""
    module, _, field = name.partition(".")
    found = _fields(crm, module)[field]
    assert (found["data_type"], found["length"], found["system_mandatory"]) == expected


def test_field_shapes(crm: Client) -> None:
    """Look-ups name their module, pick lists their values, read-only fields that they cannot be written."""
    fields = _fields(crm, "Tasks")
    assert fields["Who_Id"]["lookup"]["module"]["api_name"] == "Contacts"
    assert [value["actual_value"] for value in fields["Status"]["pick_list_values"]] == [
        "Not Started", "Deferred", "In Progress", "Completed", "Waiting for input",
    ]  # fmt: skip
    assert fields["Created_Time"]["operation_type"]["api_create"] is False
    assert fields["Subject"]["unique"] == {}


def test_changed_and_unused_fields(own_crm: Client) -> None:
    """A field can be changed for a test; an unused one is listed with type=all only and swallows what is sent."""
    own_crm.control("PUT", "fields/Contacts/Title", {"length": 5})
    own_crm.control("PUT", "fields/Contacts/Fax", {"is_unused": True})
    own_crm.control("DELETE", "fields/Contacts/Outlook_Key")
    fields = _fields(own_crm, "Contacts")
    assert fields["Title"]["length"] == 5
    assert {"Fax", "Outlook_Key"}.isdisjoint(fields)
    everything = own_crm.get("/crm/v8/settings/fields?module=Contacts&type=all").json()["fields"]
    assert [field["type"] for field in everything if field["api_name"] == "Fax"] == ["unused"]
    record_id = own_crm.add("Contacts", Last_Name="A", Fax="03-0000-0000", Title="12345")
    assert own_crm.record("Contacts", record_id)["Fax"] is None
    (refused,) = own_crm.insert("Contacts", {"Last_Name": "A", "Title": "123456"})
    assert refused["details"]["maximum_length"] == 5


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/crm/v8/Nothing?fields=id", 400, "INVALID_MODULE", id="no module"),
        pytest.param("GET", "/crm/v8/settings/fields?module=Nothing", 400, "INVALID_MODULE", id="fields of no module"),
        pytest.param("GET", "/crm/v8/settings/fields", 400, "REQUIRED_PARAM_MISSING", id="fields of what"),
        pytest.param("GET", "/crm/v8/Contacts", 400, "REQUIRED_PARAM_MISSING", id="no fields"),
        pytest.param("GET", "/crm/v1/a/b/c/d", 404, "INVALID_URL_PATTERN", id="no such path"),
        pytest.param("PATCH", "/crm/v8/org", 400, "INVALID_REQUEST_METHOD", id="wrong method"),
        pytest.param("GET", "/crm/bulk/v8/read/12", 404, "RESOURCE_NOT_FOUND", id="no bulk read job"),
        pytest.param("GET", "/crm/bulk/v8/write/12", 404, "RESOURCE_NOT_FOUND", id="no bulk write job"),
    ],
)
def test_whole_request_errors(crm: Client, method: str, path: str, status: int, code: str) -> None:
    """An error of the whole request is one object with code, details, message and status."""
    answer = crm.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "details", "message", "status"}


def test_double_slash(crm: Client) -> None:
    """A path with // is the same path: the SDK's downloads have one."""
    assert crm.get("//crm//v8/org").status_code == 200


def test_control_wants_the_secret(crm: Client) -> None:
    """Nobody turns switches or the clock without the client secret."""
    assert crm.get("/__sandbox__/switches").json()["code"] == "NO_PERMISSION"
    assert crm.call("POST", "/__sandbox__/clock", json={"advance_seconds": 1}).status_code == 403


def test_unknown_switch(crm: Client) -> None:
    """An unknown switch or position is refused, and nothing is turned."""
    headers = {"X-Sandbox-Secret": crm.endpoint.client_secret}
    for wanted in (
        {"bearer": "refused", "nothing": 1},
        {"bearer": "perhaps"},
        {"concurrency": 0},
        {"concurrency": True},
    ):
        answer = crm.call("PUT", "/__sandbox__/switches", json=wanted, headers=headers)
        assert answer.json()["code"] == "INVALID_DATA"
    assert crm.control("GET", "switches")["bearer"]["value"] == "accepted"


def test_metadata_by_switch(own_crm: Client) -> None:
    """How unique fields, unused ones and modules with a feature are told goes by switches."""

    def fields() -> dict[str, Any]:
        listed = own_crm.get("/crm/v8/settings/fields?module=Contacts&type=all").json()["fields"]
        return {one["api_name"]: one for one in listed}

    own_crm.control("PUT", "fields/Contacts/Twitter", {"is_unused": True})
    assert fields()["Twitter"]["type"] == "unused"
    assert fields()["Outlook_Key"]["unique"] == {"case_sensitive": False}
    with own_crm.switched(unused_fields="hidden", unique_word="casesensitive", bulk_modules="all"):
        assert "Twitter" not in fields()
        assert fields()["Outlook_Key"]["unique"] == {"casesensitive": False}
        listed = own_crm.get("/crm/v8/settings/modules?feature_name=bulk_write").json()["modules"]
        assert "Events" in {one["api_name"] for one in listed}
    with own_crm.switched(bulk_modules="refused"):
        assert own_crm.get("/crm/v8/settings/modules?feature_name=bulk_write").status_code == 400


def test_module_outside_the_edition(own_crm: Client) -> None:
    """A module that was taken out of the edition answers as its switch says, and nothing points to it any more."""
    with own_crm.switched(closed_module="403 NO_PERMISSION"):
        own_crm.control("DELETE", "modules/Accounts")
        answer = own_crm.get("/crm/v8/settings/fields?module=Accounts")
    assert (answer.status_code, answer.json()["code"]) == (403, "NO_PERMISSION")
    listed = own_crm.get("/crm/v8/settings/fields?module=Contacts").json()["fields"]
    assert "Account_Name" not in {one["api_name"] for one in listed}


def test_scope_that_is_lacking(own_crm: Client) -> None:
    """A call outside the scopes of the token is 401 OAUTH_SCOPE_MISMATCH, others go on."""
    own_crm.control("PUT", "scope", {"scope": "ZohoCRM.org.READ ZohoCRM.settings.fields.READ"})
    codes = [own_crm.get(path).status_code for path in (
        "/crm/v8/org", "/crm/v8/settings/fields?module=Contacts", "/crm/v8/settings/layouts?module=Contacts",
        "/crm/v8/users", "/crm/v8/Contacts?fields=id",
    )]  # fmt: skip
    assert codes == [200, 200, 401, 401, 401]


def test_labels_that_activities_share(own_crm: Client) -> None:
    """A label that Tasks have cannot be made in Events, unless the switch gives each its own names."""

    def made(module: str) -> str:
        field = {"field_label": "Mark", "data_type": "text", "length": 20}
        answer = own_crm.call("POST", f"/crm/v8/settings/fields?module={module}", json={"fields": [field]})
        return str(answer.json()["fields"][0]["code"])

    assert [made("Tasks"), made("Events"), made("Contacts")] == ["SUCCESS", "DUPLICATE_DATA", "SUCCESS"]
    with own_crm.switched(activity_labels="own"):
        assert made("Events") == "SUCCESS"
