"""Drives Zoho's own SDK, unmodified, against a sandbox, and prints what each call brought as one JSON object.

A program of its own: the SDK keeps global state and writes logs, tokens and field files. Arguments: the endpoint as
JSON, and a directory it may fill.
"""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import (
    HeaderMap,
    Initializer,
    ParameterMap,
    SDKConfig,
    associate_email,
    bulk_read,
    bulk_write,
    coql,
    email_related_records,
    fields,
    files,
    layouts,
    modules,
    org,
    record,
    users,
)
from zohocrmsdk.src.com.zoho.crm.api.bulk_write.bulk_write_operations import UploadFileHeader
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.fields.fields_operations import CreateFieldParam, GetFieldsParam
from zohocrmsdk.src.com.zoho.crm.api.layouts.layouts_operations import GetLayoutsParam
from zohocrmsdk.src.com.zoho.crm.api.modules.modules_operations import ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.record import record_operations as operations
from zohocrmsdk.src.com.zoho.crm.api.users.users_operations import GetUsersParam
from zohocrmsdk.src.com.zoho.crm.api.util import Choice, StreamWrapper

CSV = 'Outlook_Key,Last_Name,Account_Name\nk1,"大谷, ""O""",Birchwood Logistics Ltd\nk2,,\n'


def initialize(endpoint: dict[str, str], directory: Path) -> None:
    """Log in, everything the SDK writes below `directory`."""
    url = endpoint["base_url"]
    Initializer.initialize(
        environment=DataCenter.Environment(url, url + "/oauth/v2/token", url),
        token=OAuthToken(
            client_id=endpoint["client_id"],
            client_secret=endpoint["client_secret"],
            refresh_token=endpoint["refresh_token"],
        ),
        store=FileStore(str(directory / "tokens.txt")),
        sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
        resource_path=str(directory),
        logger=Logger.get_instance(Logger.Levels.INFO, str(directory / "sdk.log")),
    )


def metadata() -> dict[str, Any]:
    """Read the org, the current user, the modules and the fields of contacts."""
    only_me, of_contacts = ParameterMap(), ParameterMap()
    only_me.add(GetUsersParam.type, "CurrentUser")
    of_contacts.add(GetFieldsParam.module, "Contacts")
    own = org.OrgOperations().get_organization().get_object().get_org()[0]
    me = users.UsersOperations().get_users(only_me).get_object().get_users()[0]
    known = ModulesOperations().get_modules().get_object().get_modules()
    described = fields.FieldsOperations().get_fields(of_contacts).get_object().get_fields()
    key = next(field for field in described if field.get_api_name() == "Outlook_Key")
    return {
        "zgid": own.get_zgid(),
        "me": me.get_email(),
        "modules": [module.get_api_name() for module in known],
        "key": [key.get_data_type(), key.get_length()],
        "fields": len(described),
    }


def upload(zgid: str) -> str:
    """Upload a zip and return its file id."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("contacts.csv", CSV)
    packed.seek(0)
    body, headers = bulk_write.FileBodyWrapper(), HeaderMap()
    body.set_file(StreamWrapper(name="contacts.zip", stream=packed))
    headers.add(UploadFileHeader.feature, "bulk-write")
    headers.add(UploadFileHeader.x_crm_org, zgid)
    answer = bulk_write.BulkWriteOperations().upload_file(body, headers).get_object()
    return str(answer.get_details()["file_id"])


def write_job(file_id: str) -> bulk_write.RequestWrapper:
    """Describe an upsert of contacts with mappings by index."""
    module, resource, wrapper = modules.MinifiedModule(), bulk_write.Resource(), bulk_write.RequestWrapper()
    module.set_api_name("Contacts")
    mappings = []
    for index, name in enumerate(("Outlook_Key", "Last_Name", "Account_Name")):
        mapping = bulk_write.FieldMapping()
        mapping.set_api_name(name)
        mapping.set_index(index)
        if name == "Account_Name":
            mapping.set_find_by("Account_Name")
        mappings.append(mapping)
    resource.set_type(Choice("data"))
    resource.set_module(module)
    resource.set_file_id(file_id)
    resource.set_file_names(["contacts.csv"])
    resource.set_find_by("Outlook_Key")
    resource.set_field_mappings(mappings)
    wrapper.set_character_encoding("UTF-8")
    wrapper.set_operation(Choice("upsert"))
    wrapper.set_ignore_empty(True)
    wrapper.set_resource([resource])
    return wrapper


def bulk_writing(zgid: str) -> dict[str, Any]:
    """Upload, create, poll until done, download."""
    api = bulk_write.BulkWriteOperations()
    job_id = api.create_bulk_write_job(write_job(upload(zgid))).get_object().get_details()["id"]
    while True:
        job = api.get_bulk_write_job_details(str(job_id)).get_object()
        if job.get_status() in {"COMPLETED", "FAILED"}:
            break
        time.sleep(0.02)
    counts = job.get_resource()[0].get_file()
    file = api.download_bulk_write_result(job.get_result().get_download_url()).get_object().get_file()
    return {
        "status": job.get_status(),
        "added": counts.get_added_count(),
        "skipped": counts.get_skipped_count(),
        "total": counts.get_total_count(),
        "file": file.get_name(),
        **unpacked(file.get_stream()),
    }


def bulk_reading() -> dict[str, Any]:
    """Create a bulk read of accounts, poll until done, download."""
    api, query, body, module = (
        bulk_read.BulkReadOperations(), bulk_read.Query(), bulk_read.BodyWrapper(), modules.MinifiedModule(),
    )  # fmt: skip
    module.set_api_name("Accounts")
    query.set_module(module)
    query.set_fields(["id", "Account_Name"])
    query.set_page(1)
    body.set_query(query)
    job_id = int(api.create_bulk_read_job(body).get_object().get_data()[0].get_details()["id"])
    while True:
        job = api.get_bulk_read_job_details(job_id).get_object().get_data()[0]
        if job.get_state().get_value() == "COMPLETED":
            break
        time.sleep(0.02)
    file = api.download_result(job_id).get_object().get_file()
    return {"count": job.get_result().get_count(), **unpacked(file.get_stream())}


def unpacked(stream: Any) -> dict[str, str]:
    """Return the only file of a streamed zip, name and text."""
    content = b"".join(stream) if not isinstance(stream, bytes) else stream
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        return {"csv": name, "text": archive.read(name).decode()}


def records() -> dict[str, Any]:
    """Insert, update and upsert contacts, read them back."""
    api = record.RecordOperations("Contacts")
    made = written(api.create_records(body_of(contact("山田", "yamada@kaze.example"))))
    changed = contact("山田", "yamada@kaze.example")
    changed.set_id(int(made[0]["id"]))
    changed.add_key_value("Title", "部長")
    updated = written(api.update_records(body_of(changed)))
    wrapper = body_of(contact("山田", "YAMADA@kaze.example"), contact("新田", "nitta@kaze.example"))
    wrapper.set_duplicate_check_fields(["Email"])
    upserted = written(api.upsert_records(wrapper))
    refused = written(api.create_records(body_of(contact("", "x@kaze.example"))))
    return {"made": made, "updated": updated, "upserted": upserted, "refused": refused, "read": read(api)}


def read(api: Any) -> list[list[Any]]:
    """Get the contacts changed since yesterday."""
    parameters, headers = ParameterMap(), HeaderMap()
    parameters.add(operations.GetRecordsParam.fields, "Last_Name,Title,Account_Name,Created_Time")
    parameters.add(operations.GetRecordsParam.per_page, 200)
    parameters.add(operations.GetRecordsParam.sort_order, "asc")
    yesterday = datetime.now(timezone(timedelta(hours=9))) - timedelta(days=1)
    headers.add(operations.GetRecordsHeader.if_modified_since, yesterday.replace(microsecond=0))
    found = api.get_records(parameters, headers).get_object().get_data()
    return [[item.get_key_value("Last_Name"), item.get_key_value("Title")] for item in found]


def events(contact_id: int) -> list[dict[str, Any]]:
    """Insert a meeting with a contact, a participant and no notification."""
    guest, who, meeting = record.Participants(), record.Record(), record.Record()
    guest.add_key_value("participant", "guest@kaze.example")
    guest.add_key_value("type", "email")
    who.set_id(contact_id)
    start = datetime(2026, 5, 20, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    for name, value in {
        "Event_Title": "打合せ",
        "Start_DateTime": start,
        "End_DateTime": start + timedelta(hours=1),
        "Who_Id": who,
        "Participants": [guest],
        "$send_notification": False,
    }.items():
        meeting.add_key_value(name, value)
    wrapper = body_of(meeting)
    wrapper.set_trigger([])
    return written(record.RecordOperations("Events").create_records(wrapper))


def looked_at(ids: list[str]) -> dict[str, Any]:
    """Read layouts, create the key field of leads, ask for records by id, count them, and list what was deleted."""
    of_leads, api = ParameterMap(), record.RecordOperations("Contacts")
    of_leads.add(GetLayoutsParam.module, "Leads")
    (layout,) = layouts.LayoutsOperations().get_layouts(of_leads).get_object().get_layouts()
    listed = [one for section in layout.get_sections() for one in section.get_fields()]
    by_id, deleted = ParameterMap(), ParameterMap()
    by_id.add(operations.GetRecordsParam.ids, ",".join(ids))
    by_id.add(operations.GetRecordsParam.fields, "Last_Name,Modified_Time")
    found = api.get_records(by_id, HeaderMap()).get_object().get_data()
    before = api.record_count(ParameterMap()).get_object().get_count()
    api.delete_record(int(ids[-1]), ParameterMap(), HeaderMap())
    deleted.add(operations.GetDeletedRecordsParam.type, "all")
    gone = api.get_deleted_records(deleted, HeaderMap()).get_object().get_data()
    after = api.record_count(ParameterMap()).get_object().get_count()
    return {
        "required": [one.get_api_name() for one in listed if one.get_required()],
        "created": created_field(),
        "by_id": sorted(str(one.get_id()) for one in found),
        "gone": [str(one.get_id()) for one in gone],
        "fewer": before - after,
    }


def created_field() -> list[str]:
    """Create a unique text field of leads; return the code, and the API name that it got."""
    field, unique, body, of_leads = fields.Fields(), fields.Unique(), fields.BodyWrapper(), ParameterMap()
    unique.set_casesensitive("false")
    field.set_field_label("Another Key")
    field.set_data_type("text")
    field.set_length(64)
    field.set_unique(unique)
    body.set_fields([field])
    of_leads.add(CreateFieldParam.module, "Leads")
    (done,) = fields.FieldsOperations().create_field(body, of_leads).get_object().get_fields()
    return [done.get_code().get_value(), str(done.get_details().get("api_name") or done.get_details().get("id"))]


RECORDS: dict[str, dict[str, Any]] = {  # one of each module that we write into
    "Accounts": {"Account_Name": "風商事"},
    "Contacts": {"Last_Name": "森"},
    "Leads": {"Last_Name": "林", "Company": "木村"},
    "Tasks": {"Subject": "電話", "Status": Choice("Not Started"), "Priority": Choice("High")},
    "Events": {
        "Event_Title": "会議",
        "Start_DateTime": datetime(2026, 5, 20, 9, 0, tzinfo=timezone(timedelta(hours=9))),
        "End_DateTime": datetime(2026, 5, 20, 10, 0, tzinfo=timezone(timedelta(hours=9))),
        "$send_notification": False,
    },
    "Cases": {"Subject": "問合せ", "Status": Choice("New"), "Case_Origin": Choice("Phone")},
    "Deals": {"Deal_Name": "商談", "Stage": Choice("Qualification")},
}
WITH_EMAILS = ("Contacts", "Leads", "Deals", "Accounts")


def every_module() -> dict[str, list[str]]:
    """Insert a record into each module, keep an e-mail on it, read both, update it, and delete it."""
    return {module: list(one_of(module, values)) for module, values in RECORDS.items()}


def one_of(module: str, values: dict[str, Any]) -> Iterator[str]:
    """Yield the code of each call about one record."""
    api = record.RecordOperations(module)
    (made,) = written(api.create_records(body_of(described(values))))
    yield made["code"]
    yield "SUCCESS" if api.get_record(int(made["id"]), ParameterMap(), HeaderMap()).get_status_code() == 200 else ""
    if module in WITH_EMAILS:
        yield from emails_of(module, int(made["id"]))
    changed = described(values)
    changed.set_id(int(made["id"]))
    (updated,) = written(api.update_records(body_of(changed)))
    yield updated["code"]
    ids = ParameterMap()
    ids.add(operations.DeleteRecordsParam.ids, made["id"])
    yield api.delete_records(ids, HeaderMap()).get_object().get_data()[0].get_code().get_value()


def emails_of(module: str, record_id: int) -> Iterator[str]:
    """Keep an e-mail on a record, and read it back."""
    sender, receiver, mail, body = (
        associate_email.From(), associate_email.To(), associate_email.AssociateEmail(), associate_email.BodyWrapper(),
    )  # fmt: skip
    sender.set_user_name("森")
    sender.set_email("mori@kaze.example")
    receiver.set_user_name("林")
    receiver.set_email("hayashi@kaze.example")
    mail.set_from(sender)
    mail.set_to([receiver])
    mail.set_subject("見積")
    mail.set_content("本文")
    mail.set_mail_format(Choice("text"))
    mail.set_date_time(datetime(2026, 5, 20, 9, 0, tzinfo=timezone(timedelta(hours=9))))
    mail.set_sent(True)
    mail.set_original_message_id(f"<{record_id}@kaze.example>")
    body.set_emails([mail])
    answer = associate_email.AssociateEmailOperations().associate(record_id, module, body)
    yield answer.get_object().get_emails()[0].get_code().get_value()
    read_back = email_related_records.EmailRelatedRecordsOperations(record_id, module)
    listed = read_back.get_emails_related_records(ParameterMap()).get_object().get_emails()
    yield "SUCCESS" if [one.get_subject() for one in listed] == ["見積"] else ""


def kept_file() -> str:
    """Upload a file that nothing refers to yet."""
    body = files.BodyWrapper()
    body.set_file([StreamWrapper(name="a.txt", stream=io.BytesIO(b"x"))])
    answer = files.FilesOperations().upload_files(body, ParameterMap())
    return str(answer.get_object().get_data()[0].get_code().get_value())


def described(values: dict[str, Any]) -> Any:
    """Describe a record."""
    found = record.Record()
    for name, value in values.items():
        found.add_key_value(name, value)
    return found


def query() -> list[dict[str, Any]]:
    """Ask by COQL."""
    body = coql.BodyWrapper()
    body.set_select_query(
        "select Last_Name, Account_Name.Account_Name from Contacts where Outlook_Key in ('k1') limit 0, 200"
    )
    found = coql.CoqlOperations().get_records(body).get_object().get_data()
    return [{"id": str(item.get_id()), **item.get_key_values()} for item in found]


def contact(last_name: str, email: str) -> Any:
    """Describe a contact."""
    described = record.Record()
    described.add_key_value("Last_Name", last_name)
    described.add_key_value("Email", email)
    return described


def body_of(*described: Any) -> Any:
    """Wrap records for a request."""
    wrapper = record.BodyWrapper()
    wrapper.set_data(list(described))
    return wrapper


def written(answer: Any) -> list[dict[str, Any]]:
    """Return code, action and id or field of each item of an answer, and its status."""
    items = []
    for item in answer.get_object().get_data():
        details = item.get_details()
        action = item.get_action().get_value() if hasattr(item, "get_action") and item.get_action() else None
        shown = {"code": item.get_code().get_value(), "action": action, "status": answer.get_status_code()}
        items.append({**shown, "id": str(details.get("id", "")), "field": details.get("api_name")})
    return items


def main() -> None:
    """Make every call and print what came of it."""
    endpoint, directory = json.loads(sys.argv[1]), Path(sys.argv[2])
    initialize(endpoint, directory)
    done: dict[str, Any] = {"metadata": metadata()}
    done["bulk_write"] = bulk_writing(done["metadata"]["zgid"])
    done["bulk_read"] = bulk_reading()
    done["records"] = records()
    done["events"] = events(int(done["records"]["made"][0]["id"]))
    done["coql"] = query()
    done["looked_at"] = looked_at([item["id"] for item in done["records"]["upserted"]])
    done["every_module"] = every_module()
    done["kept_file"] = kept_file()
    sys.stdout.write(json.dumps(done, default=str))


if __name__ == "__main__":
    main()
