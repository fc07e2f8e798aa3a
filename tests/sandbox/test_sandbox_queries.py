"""COQL, search and bulk read (zoho-api 3.6; addendum 3 and 8)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import sandbox
from tests.sandbox.client import Client

PEOPLE = (
    ("k1", "阿部", "abe@kaze.example", "Sales", "1980-01-01", True),
    ("k2", "O'Neil", "oneil@kaze.example", None, "1990-06-15", False),
    ("k3", "Abel_x", None, "Sales", None, False),
    ("k4", "100%", "p@kaze.example", "IT", "2000-12-31", True),
)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run a sandbox whose contacts are, besides the seed's, four with known values."""
    directory = tmp_path_factory.mktemp("sandbox")
    with sandbox.running(directory) as endpoint, Client(endpoint) as client:
        names = ("Outlook_Key", "Last_Name", "Email", "Department", "Date_of_Birth", "Email_Opt_Out")
        client.insert("Contacts", *[dict(zip(names, person, strict=True)) for person in PEOPLE])
        yield client


def _ask(crm: Client, query: str) -> list[dict[str, Any]]:
    answer = crm.post("/crm/v8/coql", {"select_query": query})
    return [] if answer.status_code == 204 else list(answer.json()["data"])


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        pytest.param("Outlook_Key in ('K1', 'k4', 'zz')", ["k1", "k4"], id="in, unique field"),
        pytest.param("Outlook_Key = 'k2'", ["k2"], id="equal, unique field"),
        pytest.param("Last_Name = 'O\\'Neil'", ["k2"], id="escaped quote"),
        pytest.param("Last_Name = 'O''Neil'", ["k2"], id="doubled quote"),
        pytest.param("Department = 'sales' and Email is not null", ["k1"], id="and, is not null"),
        pytest.param("Department = 'IT' or (Department = 'Sales' and Email is null)", ["k3", "k4"], id="or, brackets"),
        pytest.param("Last_Name like 'abel_%'", ["k3"], id="like: _ is no wildcard"),
        pytest.param("Outlook_Key is not null and Department != 'Sales'", ["k4"], id="not equal"),
        pytest.param("Outlook_Key is not null and Email not in ('p@kaze.example')", ["k1", "k2", "k3"], id="not in"),
        pytest.param("Date_of_Birth between '1985-01-01' and '1999-12-31'", ["k2"], id="between"),
        pytest.param("Date_of_Birth >= '1990-06-15'", ["k2", "k4"], id="greater or equal"),
        pytest.param("Email_Opt_Out = true", ["k1", "k4"], id="boolean"),
        pytest.param("Outlook_Key is not null and Created_Time > '2001-01-01T00:00:00+09:00'", ["k1", "k2", "k3", "k4"],
                     id="system time"),
        pytest.param("Created_Time < '2001-01-01T00:00:00+09:00'", [], id="none: 204"),
    ],
)  # fmt: skip
def test_where(people: Client, where: str, keys: list[str]) -> None:
    """Conditions find what they say, text without regard to case."""
    rows = _ask(people, f"select Outlook_Key from Contacts where {where} limit 0, 200")  # noqa: S608 - COQL, not SQL
    assert [row["Outlook_Key"] for row in rows] == keys


def test_order_and_limits(people: Client) -> None:
    """Order, limit and offset go in both spellings, and more_records tells of the rest."""
    query = "SELECT Outlook_Key FROM Contacts WHERE Outlook_Key is not null ORDER BY Outlook_Key DESC"
    assert [row["Outlook_Key"] for row in _ask(people, f"{query} LIMIT 1, 2;")] == ["k3", "k2"]
    answer = people.post("/crm/v8/coql", {"select_query": f"{query} limit 2 offset 1"}).json()
    assert [row["Outlook_Key"] for row in answer["data"]] == ["k3", "k2"]
    assert answer["info"] == {"count": 2, "more_records": True}


def test_look_ups(people: Client) -> None:
    """A look-up is its id; a dotted column is a value of what it points to; conditions on it take the id."""
    (row,) = _ask(
        people, "select Account_Name, Account_Name.Account_Name, Owner from Contacts where Last_Name = 'Grant'"
    )
    account = row["Account_Name"]["id"]
    assert row["Account_Name"] == {"id": account}
    assert row["Account_Name.Account_Name"] == "Birchwood Logistics Ltd"
    for name in ("Account_Name", "Account_Name.id"):
        (found,) = _ask(people, f"select id from Contacts where {name} = {account}")  # noqa: S608 - COQL, not SQL
        assert found["id"] == row["id"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("select id from Contacts", "SYNTAX_ERROR", id="no where"),
        pytest.param("update Contacts", "SYNTAX_ERROR", id="no select"),
        pytest.param("select id from Contacts where", "SYNTAX_ERROR", id="no condition"),
        pytest.param("select id from Contacts where id in (1", "SYNTAX_ERROR", id="open list"),
        pytest.param("select id from Contacts where id = 'a", "SYNTAX_ERROR", id="open quote"),
        pytest.param("select id from Contacts where id = 1 limit x", "SYNTAX_ERROR", id="limit"),
        pytest.param("select id from Contacts where id = 1 group by id", "SYNTAX_ERROR", id="what is not there"),
        pytest.param("select id from Contacts where " + "(" * 60 + "id = 1" + ")" * 60, "SYNTAX_ERROR", id="too deep"),
        pytest.param("select Nope from Contacts where id = 1", "INVALID_QUERY", id="column"),
        pytest.param("select id from Contacts where Nope = 1", "INVALID_QUERY", id="column of a condition"),
        pytest.param("select id from Contacts where Created_Time > 'yesterday'", "INVALID_QUERY", id="value"),
        pytest.param("select id from Nope where id = 1", "INVALID_MODULE", id="module"),
        pytest.param("select id from Contacts where id = 1 limit 201", "LIMIT_EXCEEDED", id="limit 201"),
        pytest.param(f"select id from Contacts where id in ({','.join(['1'] * 51)})", "LIMIT_EXCEEDED", id="51 values"),  # noqa: S608 - COQL, not SQL
        pytest.param(None, "MANDATORY_NOT_FOUND", id="no query"),
    ],
)
def test_refused_query(people: Client, query: str | None, code: str) -> None:
    """A query that is none says so."""
    answer = people.post("/crm/v8/coql", {} if query is None else {"select_query": query})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_query_limits_by_switch(people: Client) -> None:
    """The greatest LIMIT and the longest list go by switches."""
    with people.switched(coql_limit=2000, coql_in=100):
        values = ",".join("'k1'" for _ in range(100))
        query = f"select id from Contacts where Outlook_Key in ({values}) limit 2000"  # noqa: S608 - COQL, not SQL
        assert len(_ask(people, query)) == 1


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        pytest.param({"criteria": "(Last_Name:equals:阿部)"}, ["阿部"], id="equals"),
        pytest.param({"criteria": "((Last_Name:starts_with:ab)and(Department:equals:Sales))"}, ["Abel_x"], id="and"),
        pytest.param({"criteria": "(Last_Name:equals:Grant)or(Last_Name:equals:100%)"}, ["100%", "Grant"], id="or"),
        pytest.param({"email": "ABE@kaze.example"}, ["阿部"], id="email"),
        pytest.param({"phone": "03-0000-1201"}, ["高橋"], id="phone"),
        pytest.param({"word": "neil"}, ["O'Neil"], id="word"),
        pytest.param({"criteria": "(Last_Name:equals:Nobody)"}, [], id="none: 204"),
    ],
)
def test_search(people: Client, parameters: Mapping[str, str], names: list[str]) -> None:
    """Search goes by criteria, e-mail, phone or word."""
    answer = people.get("/crm/v8/Contacts/search", params=parameters)
    found = [] if answer.status_code == 204 else answer.json()["data"]
    assert [record["Last_Name"] for record in found] == names


def test_equals_of_search_may_contain(people: Client) -> None:
    """Equals may behave as contains."""
    with people.switched(search_equals="contains"):
        found = people.get("/crm/v8/Contacts/search?criteria=(Last_Name:equals:neil)&fields=Last_Name").json()["data"]
    assert [set(record) for record in found] == [{"id", "Last_Name"}]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "REQUIRED_PARAM_MISSING"),
        ("?criteria=nonsense", "INVALID_QUERY"),
        ("?criteria=(Last_Name:resembles:x)", "INVALID_QUERY"),
        ("?criteria=" + "or".join(["(Last_Name:equals:x)"] * 11), "LIMIT_EXCEEDED"),
        ("?email=x&page=11", "LIMIT_REACHED"),
    ],
)
def test_refused_search(people: Client, path: str, code: str) -> None:
    """A search that cannot be is refused."""
    assert people.get(f"/crm/v8/Contacts/search{path}").json()["code"] == code


def test_bulk_read(people: Client) -> None:
    """Bulk read gives the id first, then the asked columns; look-ups as ids or dotted; the url is relative."""
    fields = ["Last_Name", "id", "Account_Name", "Account_Name.Account_Name", "Owner.email", "Email_Opt_Out"]
    poll, rows = people.read({"module": {"api_name": "Contacts"}, "fields": fields})
    assert poll["result"]["download_url"] == f"/crm/bulk/v8/read/{poll['id']}/result"
    assert (poll["result"]["count"], poll["result"]["more_records"]) == (7, False)
    assert list(rows[0]) == ["Id", *(name for name in fields if name != "id")]
    grant = next(row for row in rows if row["Last_Name"] == "Grant")
    assert grant["Account_Name"].isdigit()
    assert grant["Account_Name.Account_Name"] == "Birchwood Logistics Ltd"
    assert (grant["Owner.email"], grant["Email_Opt_Out"]) == ("admin@kaede-shoji.example", "false")


def test_bulk_read_of_everything_and_nothing(people: Client) -> None:
    """Without fields all come; no records are a header alone; criteria choose."""
    _, rows = people.read({"module": {"api_name": "Leads"}})
    assert {"Id", "Company", "Created_Time", "Owner"} <= set(rows[0])
    poll, none = people.read({"module": {"api_name": "Cases"}})
    assert (poll["result"]["count"], none) == (0, [])
    one = {"field": {"api_name": "Department"}, "comparator": "equal", "value": "Sales"}
    other = {"field": {"api_name": "Outlook_Key"}, "comparator": "in", "value": ["k1", "k2"]}
    criteria = {"group_operator": "and", "group": [one, other]}
    _, chosen = people.read({"module": {"api_name": "Contacts"}, "fields": ["Last_Name"], "criteria": criteria})
    assert [row["Last_Name"] for row in chosen] == ["阿部"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param({"module": {"api_name": "Notes"}}, "MODULE_NOT_AVAILABLE", id="notes"),
        pytest.param({"module": {"api_name": "Contacts"}, "fields": ["Nope"]}, "INVALID_FIELD_NAME", id="field"),
        pytest.param({"module": {"api_name": "Events"}, "fields": ["Participants"]}, "INVALID_FIELD_NAME", id="guests"),
        pytest.param({"module": {"api_name": "Contacts"}, "page": 0}, "INVALID_DATA", id="page"),
        pytest.param({"module": {"api_name": "Contacts"}, "criteria": {"x": 1}}, "INVALID_DATA", id="criteria"),
        pytest.param({"page_token": "x"}, "INVALID_DATA", id="token"),
        pytest.param({"module": {"api_name": "Contacts"}, "fields": ["id"] * 201}, "LIMIT_EXCEEDED", id="201 fields"),
    ],
)
def test_refused_bulk_read(people: Client, query: Mapping[str, Any], code: str) -> None:
    """A bulk read that cannot be is refused at once."""
    answer = people.post("/crm/bulk/v8/read", {"query": query})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_bulk_read_wants_json(people: Client) -> None:
    """Without a JSON Content-Type bulk read is 415."""
    assert people.call("POST", "/crm/bulk/v8/read", data=b"{}").status_code == 415


def test_bulk_read_by_switch(people: Client) -> None:
    """The header of the id and the cost of a job go by switches."""
    before = people.control("GET", "credits")["used"]
    with people.switched(bulk_read_id="id", bulk_read_credits=500):
        _, rows = people.read({"module": {"api_name": "Accounts"}, "fields": ["Account_Name"]})
    assert list(rows[0]) == ["id", "Account_Name"]
    assert people.control("GET", "credits")["used"] >= before + 500


def test_bulk_read_page_by_page(people: Client) -> None:
    """A next_page_token alone leads to the next page, until there is none; a page may also be named."""
    query: dict[str, Any] = {"module": {"api_name": "Contacts"}, "fields": ["Last_Name"]}
    _, everything = people.read(query)
    with people.switched(bulk_read_rows=3):
        asked, seen = query, []
        while True:
            poll, rows = people.read(asked)
            seen += rows
            if not poll["result"]["more_records"]:
                break
            asked = {"page_token": poll["result"]["next_page_token"]}
        _, second = people.read({**query, "page": 2})
    assert (seen, second) == (everything, everything[3:6])
    assert "next_page_token" not in poll["result"]


def test_ten_downloads_a_minute(own_crm: Client) -> None:
    """The eleventh download of a minute is refused; after a day the file is gone."""
    poll, _ = own_crm.read({"module": {"api_name": "Accounts"}})
    url = poll["result"]["download_url"]
    statuses = [own_crm.get(url).status_code for _ in range(10)]
    assert statuses == [200] * 9 + [429]
    own_crm.control("POST", "clock", {"advance_seconds": 24 * 3600 + 1})
    own_crm.login()
    assert own_crm.get(url).json()["code"] == "RESOURCE_NOT_FOUND"


def test_records_by_id(people: Client) -> None:
    """Records may be asked for by their ids, at most 100; what is not there is left out."""
    (row,) = _ask(people, "select Outlook_Key from Contacts where Outlook_Key = 'k2'")
    found = people.get(f"/crm/v8/Contacts?fields=Outlook_Key&ids={row['id']},1").json()["data"]
    assert found == [{"id": row["id"], "Outlook_Key": "k2"}]
    many = people.get(f"/crm/v8/Contacts?fields=Outlook_Key&ids={','.join(['1'] * 101)}")
    assert (many.status_code, many.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert people.get("/crm/v8/Contacts?fields=Outlook_Key&ids=x").json()["code"] == "INVALID_DATA"


def test_count_and_deleted(tmp_path: Path) -> None:
    """The count of a module's records, and what is in its recycle bin: since a time, or nothing."""
    with sandbox.running(tmp_path) as endpoint, Client(endpoint) as client:
        before = client.get("/crm/v8/Contacts/actions/count").json()["count"]
        assert client.get("/crm/v8/Contacts/deleted?type=all").status_code == 204
        one, two = client.add("Contacts", Last_Name="A"), client.add("Contacts", Last_Name="B")
        client.call("DELETE", f"/crm/v8/Contacts?ids={one}&wf_trigger=false")
        assert client.get("/crm/v8/Contacts/actions/count").json() == {"count": before + 1}
        assert [gone["id"] for gone in client.get("/crm/v8/Contacts/deleted?type=all").json()["data"]] == [one]
        later = {"If-Modified-Since": "2099-01-01T00:00:00+00:00"}
        assert client.get("/crm/v8/Contacts/deleted?type=all", headers=later).status_code == 304
        assert two != one
