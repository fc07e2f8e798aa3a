"""Zoho's own SDK sends the same rows: a program of its own, for bench.py.

It prints one measurement as JSON for the bulk writes, one for the upserts.
"""

import csv
import io
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, bulk_write, modules, org, record
from zohocrmsdk.src.com.zoho.crm.api.bulk_write.bulk_write_operations import UploadFileHeader
from zohocrmsdk.src.com.zoho.crm.api.util import Choice, StreamWrapper

from tests.load.bench import megabytes
from tests.sandbox.sdk_client import body_of, initialize, unpacked

_ROWS_A_JOB, _ROWS_A_CALL = 25_000, 100
Rows = list[list[str]]


def parts(path: Path, size: int) -> Iterator[tuple[list[str], Rows]]:
    """Yield the header and so many rows at a time."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        while rows := list(islice(reader, size)):
            yield header, rows


def uploaded(header: list[str], rows: Rows, zgid: str) -> str:
    """Upload rows; return the file id."""
    text, packed = io.StringIO(newline=""), io.BytesIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", text.getvalue())
    packed.seek(0)
    body, headers = bulk_write.FileBodyWrapper(), HeaderMap()
    body.set_file(StreamWrapper(name="rows.zip", stream=packed))
    headers.add(UploadFileHeader.feature, "bulk-write")
    headers.add(UploadFileHeader.x_crm_org, zgid)
    return str(bulk_write.BulkWriteOperations().upload_file(body, headers).get_object().get_details()["file_id"])


def written(module_name: str, header: list[str], file_id: str) -> int:
    """Write an uploaded file in bulk; return how many rows were added."""
    module, resource_, wrapper = modules.MinifiedModule(), bulk_write.Resource(), bulk_write.RequestWrapper()
    module.set_api_name(module_name)
    mappings = []
    for index, name in enumerate(header):
        mapping = bulk_write.FieldMapping()
        mapping.set_api_name(name)
        mapping.set_index(index)
        if name == "Due_Date":
            mapping.set_format("yyyy-MM-dd")
        mappings.append(mapping)
    resource_.set_type(Choice("data"))
    resource_.set_module(module)
    resource_.set_file_id(file_id)
    resource_.set_file_names(["rows.csv"])
    resource_.set_find_by("Outlook_Key")
    resource_.set_field_mappings(mappings)
    wrapper.set_character_encoding("UTF-8")
    wrapper.set_operation(Choice("upsert"))
    wrapper.set_ignore_empty(True)
    wrapper.set_resource([resource_])
    api = bulk_write.BulkWriteOperations()
    job_id = api.create_bulk_write_job(wrapper).get_object().get_details()["id"]
    while (job := api.get_bulk_write_job_details(str(job_id)).get_object()).get_status() != "COMPLETED":
        time.sleep(0.1)
    file = api.download_bulk_write_result(job.get_result().get_download_url()).get_object().get_file()
    rows = csv.DictReader(io.StringIO(unpacked(file.get_stream())["text"], newline=""))
    return sum(row["STATUS"] == "added" for row in rows)


def in_bulk(directory: Path) -> int:
    """Write both files in bulk."""
    zgid = str(org.OrgOperations().get_organization().get_object().get_org()[0].get_zgid())
    return sum(
        written(module, header, uploaded(header, rows, zgid))
        for module in ("Contacts", "Tasks")
        for header, rows in parts(directory / f"{module}.csv", _ROWS_A_JOB)
    )


def upserted(directory: Path, count: int) -> int:
    """Upsert the first contacts, a hundred a call."""
    done = 0
    for header, rows in islice(parts(directory / "Contacts.csv", _ROWS_A_CALL), count // _ROWS_A_CALL):
        described = []
        for row in rows:
            one = record.Record()
            for name, value in zip(header, row, strict=True):
                one.add_key_value(name, value)
            described.append(one)
        wrapper = body_of(*described)
        wrapper.set_duplicate_check_fields(["Outlook_Key"])
        answer = record.RecordOperations("Contacts").upsert_records(wrapper)
        done += sum(item.get_code().get_value() == "SUCCESS" for item in answer.get_object().get_data())
    return done


def measured(way: str, work: Callable[[], int]) -> None:
    """Do the work, and print what it took."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    rows = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    shown = {"way": way, "rows": rows, "wall": time.monotonic() - started, "cpu": cpu}
    sys.stdout.write(json.dumps({**shown, "megabytes": megabytes()}) + "\n")


def main() -> None:
    """Send everything, twice."""
    endpoint, directory, count = json.loads(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    with tempfile.TemporaryDirectory() as own:
        initialize(endpoint, Path(own))
        measured("sdk bulk write", lambda: in_bulk(directory))
        measured("sdk upserts", lambda: upserted(directory, count))


if __name__ == "__main__":
    main()
