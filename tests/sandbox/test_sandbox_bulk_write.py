"""Bulk write over HTTP (zoho-api 2): upload, create, states, rows, result; every open question in both positions."""

from pathlib import Path
from typing import Any

import pytest

from pipeline import sandbox
from tests.sandbox.client import Client, mappings, zipped


@pytest.mark.parametrize(
    ("headers", "files", "code"),
    [
        pytest.param({"feature": None}, {}, "MANDATORY_NOT_FOUND", id="no feature"),
        pytest.param({"X-CRM-ORG": None}, {}, "MANDATORY_NOT_FOUND", id="no org"),
        pytest.param({"feature": "other"}, {}, "NOT_SUPPORTED_FEATURE", id="other feature"),
        pytest.param({"X-CRM-ORG": "1"}, {}, "INVALID_DATA", id="other org"),
        pytest.param({}, {"file": ("a.zip", b"text")}, "INVALID_FILE_FORMAT", id="no zip"),
        pytest.param({}, {"other": ("a.zip", b"text")}, "MANDATORY_NOT_FOUND", id="other part"),
        pytest.param({}, {"file": ("a.zip", b"0" * (25 * 1024 * 1024 + 1))}, "INVALID_DATA", id="above 25 MB"),
    ],
)
def test_refused_upload(crm: Client, headers: dict[str, Any], files: dict[str, Any], code: str) -> None:
    """An upload wants both headers, the part `file`, a zip, at most 25 MB."""
    own = {"feature": "bulk-write", "X-CRM-ORG": crm.endpoint.zgid} | headers
    files = files or {"file": ("a.zip", zipped({"a.csv": "id\n"}))}
    answer = crm.call("POST", "/crm/v8/upload", headers=own, files=files)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_upload_errors_by_switch(crm: Client) -> None:
    """Size may be 413, and missing headers may get the gateway's shape."""
    own = {"feature": "bulk-write", "X-CRM-ORG": crm.endpoint.zgid}
    large = {"file": ("a.zip", b"0" * (25 * 1024 * 1024 + 1))}
    with crm.switched(upload_too_large="413", upload_header_error="gateway"):
        assert crm.call("POST", "/crm/v8/upload", headers=own, files=large).json()["code"] == "FILE_TOO_LARGE"
        answer = crm.call("POST", "/crm/v8/upload", files={"file": ("a.zip", b"")})
        assert (answer.status_code, answer.json()["ERROR_CODE"]) == (400, 400)


KEY = {"find_by": "Outlook_Key"}


MAPPED = {"field_mappings": mappings("Last_Name", "Account_Name", Account_Name={"find_by": "Phone"})}
DATED = {"field_mappings": mappings("Last_Name", "Date_of_Birth", Date_of_Birth={"format": "QQQ"})}


@pytest.mark.parametrize(
    ("job", "csv_text", "resource", "code"),
    [
        pytest.param("replace Contacts", "Last_Name\na\n", {}, "INVALID_DATA", id="operation"),
        pytest.param("insert Nothing", "Last_Name\na\n", {}, "MODULE_NOT_AVAILABLE", id="no module"),
        pytest.param("insert Events", "Event_Title\na\n", {}, "MODULE_NOT_AVAILABLE", id="events"),
        pytest.param("insert Contacts", "Last_Name\na\n", {"file_id": "1"}, "INVALID_FILE_ID", id="file id"),
        pytest.param("insert Contacts", "Last_Name\na\n", {"file_id": None}, "MISSING_REQUIRED_KEY", id="no file id"),
        pytest.param("insert Contacts", "Last_Name\na\n", {"file_names": ["x.csv"]}, "FILE_NOT_FOUND", id="file name"),
        pytest.param("upsert Contacts", "Last_Name\na\n", {}, "MANDATORY_NOT_FOUND", id="no find_by"),
        pytest.param("update Contacts", "Last_Name\na\n", {}, "MANDATORY_NOT_FOUND", id="update without find_by"),
        pytest.param("upsert Contacts", "Last_Name\na\n", {"find_by": "Nope"}, "INVALID_FIELD", id="find_by"),
        pytest.param("upsert Contacts", "Last_Name\na\n", KEY, "INVALID_FIELD", id="find_by not mapped"),
        pytest.param("upsert Contacts", "Email\na\n", {"find_by": "Email"}, "INVALID_FIELD", id="find_by not unique"),
        pytest.param("insert Contacts", "Email\na\n", {}, "MANDATORY_FIELDS_NOT_MAPPED", id="mandatory not mapped"),
        pytest.param(
            "insert Contacts", "a,b\n", {"field_mappings": mappings("Last_Name", "Nope")}, "INVALID_FIELD", id="field"
        ),
        pytest.param(
            "insert Contacts", "a\n", {"field_mappings": mappings("Last_Name", "Email")}, "COLUMN_INDEX_NOT_FOUND",
            id="index",
        ),
        pytest.param(
            "insert Contacts", "a,b\n", {"field_mappings": mappings("Last_Name", "Account_Name")},
            "MANDATORY_NOT_FOUND", id="look-up without find_by",
        ),
        pytest.param("insert Contacts", "a,b\n", MAPPED, "INVALID_FIELD", id="look-up by no key"),
        pytest.param("insert Contacts", "a,b\n", DATED, "INVALID_FORMAT", id="date format"),
        pytest.param("insert Contacts", ",".join(["x"] * 201), {}, "HEADER_LIMIT_EXCEEDED", id="201 columns"),
        pytest.param("insert Contacts", "", {}, "INVALID_DATA", id="empty file"),
        pytest.param("insert Tasks", "Subject,What_Id.id\n", {}, "INVALID_FIELD", id="What_Id of tasks"),
    ],
)  # fmt: skip
def test_refused_job(crm: Client, job: str, csv_text: str, resource: dict[str, Any], code: str) -> None:
    """A job that cannot be understood is refused at once."""
    operation, module = job.split()
    answer = crm.create_job(module, operation, csv_text, **resource)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"resource": []}, "MISSING_REQUIRED_KEY", id="no operation"),
        pytest.param({"operation": "insert"}, "MISSING_REQUIRED_KEY", id="no resource"),
        pytest.param({"operation": "insert", "resource": []}, "INVALID_DATA", id="empty resource"),
        pytest.param([], "INVALID_DATA", id="no object"),
    ],
)
def test_refused_job_body(crm: Client, body: object, code: str) -> None:
    """A body without its keys names them."""
    answer = crm.post("/crm/bulk/v8/write", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_layout_of_a_job(own_crm: Client) -> None:
    """A default value gives every new record the layout, beside the columns; one that is not there refuses the job."""
    own = own_crm.control("POST", "layouts/Contacts", {"name": "顧客"})["id"]

    def mapped(layout: str) -> dict[str, Any]:
        return {"field_mappings": [*mappings("Last_Name"), {"api_name": "Layout", "default_value": {"value": layout}}]}

    job = own_crm.write("Contacts", "insert", "Last_Name\n林\n", **mapped(own))
    assert list(job.header) == ["Last_Name", "STATUS", "RECORD_ID", "ERRORS"]
    assert own_crm.record("Contacts", job.rows[0]["RECORD_ID"])["Layout"] == {"id": own, "name": "顧客"}
    answer = own_crm.create_job("Contacts", "insert", "Last_Name\n林\n", **mapped("12"))
    assert (answer.status_code, answer.json()["code"], answer.json()["details"]["api_name"]) == (
        400, "INVALID_DATA", "Layout",
    )  # fmt: skip


def test_csv_that_is_none(crm: Client) -> None:
    """A file in the zip that is no CSV is refused."""
    headers = {"feature": "bulk-write", "X-CRM-ORG": crm.endpoint.zgid}
    files = {"file": ("a.zip", zipped({"a.txt": "Last_Name\n"}))}
    file_id = crm.call("POST", "/crm/v8/upload", headers=headers, files=files).json()["details"]["file_id"]
    answer = crm.create_job("Contacts", "insert", "", file_id=file_id, file_names=["a.txt"])
    assert answer.json()["code"] == "FILE_NOT_SUPPORTED"


def test_insert_by_mapping(crm: Client) -> None:
    """Mapped columns are taken by index alone; three come back; look-ups go by name, e-mail and id; defaults fill."""
    account_id = crm.add("Accounts", Account_Name="青空商会")
    columns = ("Outlook_Key", "Last_Name", "Account_Name", "Owner", "Date_of_Birth", "Lead_Source", "Reporting_To")
    boss = crm.add("Contacts", Last_Name="Boss")
    more: dict[str, dict[str, Any]] = {
        "Account_Name": {"find_by": "Account_Name"},
        "Owner": {"find_by": "email"},
        "Date_of_Birth": {"format": "yyyy-MM-dd"},
        "Lead_Source": {"default_value": {"value": "Partner"}},
        "Reporting_To": {"find_by": "id"},
    }
    text = f'h0;h1;h2;h3;h4;h5;h6\nm1;"宮;崎\n""x""";青空商会;hanako.sato@kaede-shoji.example;1984-02-29;;{boss}\n'
    job = crm.write("Contacts", "insert", text, field_mappings=mappings(*columns, **more))
    assert job.name == "Contacts-rows.csv"
    assert list(job.header) == ["h0", "h1", "h2", "STATUS", "RECORD_ID", "ERRORS"]
    assert job.rows[0]["h1"] == '宮;崎\n"x"'
    record = crm.record("Contacts", job.rows[0]["RECORD_ID"])
    assert record["Last_Name"] == '宮;崎\n"x"'
    assert record["Account_Name"] == {"name": "青空商会", "id": account_id}
    assert record["Owner"]["email"] == "hanako.sato@kaede-shoji.example"
    assert record["Reporting_To"]["id"] == boss
    assert (record["Date_of_Birth"], record["Lead_Source"]) == ("1984-02-29", "Partner")


def test_counts_and_codes_of_a_finished_job(crm: Client) -> None:
    """The poll is a bare object with counts per file; system times sent along are ignored."""
    job = crm.write("Contacts", "insert", "Last_Name,Created_Time\nA,2001-01-01 00:00:00\n,\n")
    (resource,) = job.poll["resource"]
    assert (job.poll["status"], resource["status"], resource["code"]) == ("COMPLETED", "COMPLETED", "SUCCESS")
    counts = {"added_count": 1, "skipped_count": 1, "updated_count": 0, "total_count": 2}
    assert counts.items() <= resource["file"].items()
    assert not crm.record("Contacts", job.rows[0]["RECORD_ID"])["Created_Time"].startswith("2001")


def test_row_errors(crm: Client) -> None:
    """Each row that is not right is skipped with CODE-Column, several codes joined by a colon."""
    crm.add("Contacts", Last_Name="Taken", Outlook_Key="Row-Taken")
    rows = [
        ("r1,,ok@kaze.example,,,,", "MANDATORY_NOT_FOUND-Last_Name"),
        ("r2,A,bad mail,(03)1,,,", "INVALID_DATA-Email,Phone"),
        (f"r3,{'x' * 81},,,,,", "INVALID_DATA-Last_Name"),
        ("row-TAKEN,A,,,,,", "DUPLICATE_DATA-Outlook_Key"),
        ("r5,A,,,Nobody Inc,,", "RESOURCE_NOT_FOUND-Account_Name"),
        ("r6,A,bad,,Nobody Inc,,", "INVALID_DATA-Email:RESOURCE_NOT_FOUND-Account_Name"),
        ("r7,A,,,,ken.mori@kaede-shoji.example,", "INVALID_DATA-Owner"),
        ("r8,A,,,,,2026-02-30", "INVALID_DATA-Date_of_Birth"),
    ]
    header = "Outlook_Key,Last_Name,Email,Phone,Account_Name.Account_Name,Owner.email,Date_of_Birth\n"
    job = crm.write("Contacts", "insert", header + "\n".join(row for row, _ in rows))
    assert job.outcomes() == [("skipped", error) for _, error in rows]
    assert job.poll["status"] == "COMPLETED"
    assert [row["RECORD_ID"] for row in job.rows] == [""] * len(rows)


def test_upsert_update_and_insert_by_key(crm: Client) -> None:
    """Upsert makes or changes, update never makes, insert with find_by skips what is there; the key has no case."""
    header = "Outlook_Key,Last_Name,Title\n"
    first = crm.write("Contacts", "upsert", header + "uk1,A,Boss\nuk2,B,\n", **KEY)
    assert first.outcomes() == [("added", ""), ("added", "")]
    second = crm.write("Contacts", "upsert", header + "UK1,A2,\nuk3,C,\n", **KEY)
    assert [status for status, _ in second.outcomes()] == ["updated", "added"]
    assert second.rows[0]["RECORD_ID"] == first.rows[0]["RECORD_ID"]
    record = crm.record("Contacts", first.rows[0]["RECORD_ID"])
    assert (record["Last_Name"], record["Title"]) == ("A2", None)
    third = crm.write("Contacts", "update", header + "uk2,B2,x\nuk9,Z,\n,Z,\n", **KEY)
    assert third.outcomes() == [
        ("updated", ""),
        ("skipped", "RESOURCE_NOT_FOUND-Outlook_Key"),
        ("skipped", "MANDATORY_NOT_FOUND-Outlook_Key"),
    ]
    fourth = crm.write("Contacts", "insert", header + "uk2,B3,\n", **KEY)
    assert fourth.outcomes() == [("skipped", "DUPLICATE_DATA-Outlook_Key")]


def test_update_by_id(crm: Client) -> None:
    """find_by id changes the record of that id."""
    record_id = crm.add("Contacts", Last_Name="Old")
    rows = f"id,Last_Name\n{record_id},New\n12,Nobody\n"
    job = crm.write("Contacts", "update", rows, find_by="id", field_mappings=mappings("id", "Last_Name"))
    assert job.outcomes() == [("updated", ""), ("skipped", "RESOURCE_NOT_FOUND-id")]
    assert crm.record("Contacts", record_id)["Last_Name"] == "New"


@pytest.mark.parametrize(("ignores", "title"), [(True, "Boss"), (False, None)])
def test_ignore_empty(crm: Client, ignores: bool, title: str | None) -> None:  # noqa: FBT001 - a table
    """An empty cell empties the field unless ignore_empty is set, in the resource or at the top."""
    key = f"ie-{ignores}"
    record_id = crm.add("Contacts", Last_Name="A", Title="Boss", Outlook_Key=key)
    text = f"Outlook_Key,Last_Name,Title\n{key},A,\n"
    crm.write("Contacts", "upsert", text, ignore_empty=ignores, **KEY)
    assert crm.record("Contacts", record_id)["Title"] == title


def test_tasks_take_their_contact(crm: Client) -> None:
    """Tasks are written in bulk, their contact by id; status and priority have defaults."""
    contact = crm.add("Contacts", Last_Name="Task Owner")
    job = crm.write("Tasks", "insert", f"Outlook_Key,Subject,Due_Date,Who_Id.id\nt1,Call,2026-05-20,{contact}\n")
    record = crm.record("Tasks", job.rows[0]["RECORD_ID"])
    assert record["Who_Id"]["id"] == contact
    assert (record["Due_Date"], record["Status"]) == ("2026-05-20", "Not Started")


@pytest.mark.parametrize(
    ("switches", "csv_text", "resource", "outcome"),
    [
        ({"status_case": "upper"}, "Outlook_Key,Last_Name\nsw1,A\n", {}, ("ADDED", "")),
        ({"status_case": "title"}, "Outlook_Key,Last_Name\nsw2,A\n", {}, ("Added", "")),
        ({"same_key_twice": "last wins"}, "Outlook_Key,Last_Name\nsw3,A\nsw3,B\n", KEY, ("updated", "")),
        (
            {"same_key_twice": "duplicate"}, "Outlook_Key,Last_Name\nsw4,A\nsw4,B\n", KEY,
            ("skipped", "DUPLICATE_DATA-Outlook_Key"),
        ),
        (
            {"lookup_missing": "invalid"}, "Last_Name,Account_Name.Account_Name\nA,Nobody 1\n", {},
            ("skipped", "INVALID_DATA-Account_Name"),
        ),
        ({"lookup_missing": "created"}, "Last_Name,Account_Name.Account_Name\nA,Nobody 2\n", {}, ("added", "")),
        ({"bulk_email_pattern": "applied"}, "Last_Name,Email\nA,.a@x\n", {}, ("skipped", "INVALID_DATA-Email")),
        ({"bulk_email_pattern": "ignored"}, "Last_Name,Email\nA,.a@x\n", {}, ("added", "")),
        ({"bulk_too_long": "refused"}, f"Last_Name\n{'A' * 81}\n", {}, ("skipped", "INVALID_DATA-Last_Name")),
        ({"bulk_too_long": "cut"}, f"Last_Name\n{'A' * 81}\n", {}, ("added", "")),
        ({"bulk_phone_pattern": "ignored"}, "Last_Name,Phone\nA,(03)1\n", {}, ("added", "")),
        (
            {"picklist_unknown": "refused"}, "Last_Name,Lead_Source\nA,Dream\n", {},
            ("skipped", "INVALID_DATA-Lead_Source"),
        ),
        ({"picklist_unknown": "accepted"}, "Last_Name,Lead_Source\nA,Dream\n", {}, ("added", "")),
        (
            {"bulk_date_format": "yyyy-MM-dd"}, "x,y\nA,2026-05-20\n",
            {"field_mappings": mappings("Last_Name", "Date_of_Birth")}, ("added", ""),
        ),
        (
            {"bulk_date_format": "MM/dd/yyyy"}, "x,y\nA,2026-05-20\n",
            {"field_mappings": mappings("Last_Name", "Date_of_Birth")}, ("skipped", "INVALID_DATA-Date_of_Birth"),
        ),
        ({"csv_bom": "dropped"}, "\ufeffLast_Name,Email\nA,\n", {}, ("added", "")),
        ({"find_by_not_unique": "inserts"}, "Last_Name,Email\nA,oliver.grant@birchwood.example\n", {"find_by": "Email"},
         ("added", "")),
        ({"csv_newlines": "end the row"}, 'Last_Name,Title\nA,"x\ny"\n', {}, ("added", "")),
    ],
    ids=lambda value: " ".join(f"{name} {position}" for name, position in value.items())
    if isinstance(value, dict) and not ({"find_by", "field_mappings"} & set(value)) and value else None,
)  # fmt: skip
def test_row_switches(
    crm: Client, switches: dict[str, str], csv_text: str, resource: dict[str, Any], outcome: tuple[str, str]
) -> None:
    """What Zoho's pages leave open about rows goes by its switch."""
    with crm.switched(**switches):
        job = crm.write("Contacts", "upsert" if resource.get("find_by") else "insert", csv_text, **resource)
    assert job.outcomes()[-1] == outcome


def test_what_bulk_write_does_to_texts_by_switch(crm: Client) -> None:
    """A text that is too long may be cut, and a rare character lost, without a word."""
    with crm.switched(bulk_too_long="cut", bulk_rare_characters="lost"):
        job = crm.write("Contacts", "insert", f"Last_Name\n\U00020bb7{'A' * 80}\n")
    assert crm.record("Contacts", job.rows[0]["RECORD_ID"])["Last_Name"] == "?" + "A" * 79


def test_rows_of_a_job_by_switch(crm: Client) -> None:
    """A job of more rows than it may have fails as a whole."""
    with crm.switched(bulk_write_rows=1):
        job = crm.write("Contacts", "insert", "Last_Name\nA\nB\n")
    assert (job.poll["status"], job.poll["resource"][0]["code"]) == ("FAILED", "LIMIT_EXCEEDED")


def test_byte_order_mark_kept(crm: Client) -> None:
    """With the mark kept, the first header is not what it seems."""
    with crm.switched(csv_bom="kept"):
        answer = crm.create_job("Contacts", "insert", "\ufeffLast_Name,Email\nA,\n")
    assert answer.json()["code"] == "MANDATORY_FIELDS_NOT_MAPPED"


def test_look_ups_of_tasks_by_switch(crm: Client) -> None:
    """Who_Id and What_Id of tasks in bulk go by their switches."""
    deal = crm.get("/crm/v8/Deals?fields=Deal_Name").json()["data"][0]["id"]
    with crm.switched(bulk_what_id="accepted", bulk_who_id="refused"):
        job = crm.write("Tasks", "insert", f"Subject,What_Id.id\nCall,{deal}\n")
        assert crm.record("Tasks", job.rows[0]["RECORD_ID"])["What_Id"]["id"] == deal
        assert crm.create_job("Tasks", "insert", "Subject,Who_Id.id\n").json()["code"] == "INVALID_FIELD"


def test_result_switches(crm: Client) -> None:
    """The header of the result, the id of a skipped duplicate and the download address go by switches."""
    taken = crm.add("Contacts", Last_Name="T", Outlook_Key="rs1")
    text = "a,b\nrs1,A\n"
    with crm.switched(result_header="api", skipped_record_id="existing", download_url="absolute"):
        job = crm.write("Contacts", "insert", text, field_mappings=mappings("Outlook_Key", "Last_Name"))
        assert job.poll["result"]["download_url"].startswith(crm.endpoint.base_url)
    assert list(job.header) == ["Outlook_Key", "Last_Name", "STATUS", "RECORD_ID", "ERRORS"]
    assert job.rows[0]["RECORD_ID"] == taken


@pytest.mark.parametrize("spelling", ["INPROGRESS", "IN PROGRESS"])
def test_states(own_crm: Client, spelling: str) -> None:
    """A job is ADDED, then running under either spelling, then COMPLETED; until then it has no result and no counts."""
    with own_crm.switched(running_state=spelling, job_delay_ms=150):
        job_id = own_crm.create_job("Contacts", "insert", "Last_Name\nA\n").json()["details"]["id"]
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["status"] != "COMPLETED":
            seen.append(own_crm.get(f"/crm/bulk/v8/write/{job_id}").json())
    assert list(dict.fromkeys(poll["status"] for poll in seen)) == ["ADDED", spelling, "COMPLETED"]
    assert "result" not in seen[0]
    assert seen[0]["resource"][0]["file"] == {"status": "ADDED"}


def test_failed_jobs(crm: Client) -> None:
    """A job can fail as a whole after it was accepted: no result, nothing written."""
    with crm.switched(mandatory_not_mapped="job fails"):
        job = crm.write("Leads", "insert", "Last_Name\nFailed\n")
    assert (job.poll["status"], job.poll["resource"][0]["code"]) == ("FAILED", "MANDATORY_FIELDS_NOT_MAPPED")
    assert crm.get("/crm/v8/Leads/search?criteria=(Last_Name:equals:Failed)").status_code == 204
    broken = crm.write("Contacts", "insert", b"Last_Name\n" + b"A\n" * 20_000 + b"\xff\xfe\n")
    assert (broken.poll["status"], broken.poll["resource"][0]["code"]) == ("FAILED", "INVALID_DATA")
    empty = crm.write("Contacts", "insert", "Last_Name\n")
    assert empty.poll["status"] == "SKIPPED"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param("x" * 140_000, "INVALID_DATA", id="a cell no reader takes"),
        pytest.param(f"{'x' * 100}", "SUCCESS", id="a long name is a row error"),
    ],
)
def test_cell_beyond_measure(crm: Client, row: str, code: str) -> None:
    """A cell of 140,000 letters fails the job, not the sandbox."""
    job = crm.write("Contacts", "insert", f"Last_Name\n{row}\n")
    assert job.poll["resource"][0]["code"] == code


def test_damaged_zip(crm: Client) -> None:
    """A zip whose content is damaged is refused when the job is created."""
    packed = bytearray(zipped({"rows.csv": "Last_Name\n" + "A\n" * 1_000}))
    packed[45:55] = b"\xff" * 10
    headers = {"feature": "bulk-write", "X-CRM-ORG": crm.endpoint.zgid}
    uploaded = crm.call("POST", "/crm/v8/upload", headers=headers, files={"file": ("a.zip", bytes(packed))})
    answer = crm.create_job("Contacts", "insert", "", file_id=uploaded.json()["details"]["file_id"])
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_FILE_FORMAT")


def test_25001_rows(crm: Client) -> None:
    """A file above 25,000 rows fails as a whole."""
    job = crm.write("Contacts", "insert", "Last_Name\n" + "A\n" * 25_001)
    assert (job.poll["status"], job.poll["resource"][0]["code"]) == ("FAILED", "LIMIT_EXCEEDED")


def test_unknown_job_by_switch(crm: Client) -> None:
    """A job nobody knows may be a 400."""
    with crm.switched(unknown_job="400"):
        answer = crm.get("/crm/bulk/v8/write/1")
    assert (answer.status_code, answer.json()["code"]) == (400, "RESOURCE_NOT_FOUND")


def test_result_is_kept_seven_days(own_crm: Client) -> None:
    """The result zip can be fetched for seven days, and needs a token."""
    job = own_crm.write("Contacts", "insert", "Last_Name\nA\n")
    url = job.poll["result"]["download_url"]
    answer = own_crm.get(url)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert own_crm.get(url, headers={"Authorization": ""}).status_code == 401
    own_crm.control("POST", "clock", {"advance_seconds": 7 * 24 * 3600 + 1})
    own_crm.login()
    assert own_crm.get(url).json()["code"] == "RESOURCE_NOT_FOUND"


def test_job_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A job that was accepted is done by the next process, each row once."""
    rows = "".join(f"r{number},A\n" for number in range(3_000))
    with sandbox.running(tmp_path) as endpoint, Client(endpoint) as client:
        job_id = client.create_job("Contacts", "insert", "Outlook_Key,Last_Name\n" + rows).json()["details"]["id"]
    with sandbox.running(tmp_path) as endpoint, Client(endpoint) as client:
        job = client.finished(job_id)
        assert job.outcomes() == [("added", "")] * 3_000
        _, found = client.read({"module": {"api_name": "Contacts"}, "fields": ["Outlook_Key"]})
    assert len([row for row in found if row["Outlook_Key"]]) == 3_000


def test_csv_above_25_mb(crm: Client) -> None:
    """A CSV above 25 MB is refused though its zip is small, unless the switch says that only the zip counts."""
    text = "Last_Name,Description\n" + f",{'x' * 30_000}\n" * 900
    assert crm.create_job("Contacts", "insert", text).json()["code"] == "INVALID_DATA"
    with crm.switched(csv_size="free"):
        job = crm.write("Contacts", "insert", text)
    assert job.poll["resource"][0]["file"]["skipped_count"] == 900
