"""A bare HTTP client of a sandbox: no retries, no opinions, so that tests see what is on the wire."""

import csv
import io
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import requests

from pipeline.sandbox import Endpoint

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Job:
    """A finished bulk write: the last poll, the name of the result CSV, its header and its rows by column."""

    poll: Mapping[str, Any]
    name: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Mapping[str, str]] = ()

    def outcomes(self) -> list[tuple[str, str]]:
        """Return STATUS and ERRORS of each row."""
        return [(row["STATUS"], row["ERRORS"]) for row in self.rows]


class Client:
    """One logged-in session."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.session = requests.Session()
        self.login()

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close its connections."""
        self.session.close()

    def login(self) -> None:
        """Take a new token."""
        token = self.token().json()["access_token"]
        self.session.headers["Authorization"] = f"Zoho-oauthtoken {token}"

    def token(self, **changes: str) -> requests.Response:
        """Ask for a token, with some parameters changed."""
        parameters = {
            "refresh_token": self.endpoint.refresh_token,
            "client_id": self.endpoint.client_id,
            "client_secret": self.endpoint.client_secret,
            "grant_type": "refresh_token",
        }
        url = self.endpoint.base_url + "/oauth/v2/token"
        return requests.post(url, data=parameters | changes, timeout=_PATIENCE_SECONDS)

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Send one request."""
        return self.session.request(method, self.endpoint.base_url + path, timeout=_PATIENCE_SECONDS, **arguments)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        """Send a GET."""
        return self.call("GET", path, **arguments)

    def post(self, path: str, body: object) -> requests.Response:
        """Send a POST with a JSON body."""
        return self.call("POST", path, json=body)

    def put(self, path: str, body: object) -> requests.Response:
        """Send a PUT with a JSON body."""
        return self.call("PUT", path, json=body)

    def insert(self, module: str, *records: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Insert records, firing nothing, and return the items of the answer."""
        answer = self.post(f"/crm/v8/{module}", {"data": list(records), "trigger": []})
        return list(answer.json()["data"])

    def add(self, module: str, **record: object) -> str:
        """Insert one record that is right and return its id."""
        (item,) = self.insert(module, record)
        assert item["code"] == "SUCCESS", item
        return str(item["details"]["id"])

    def record(self, module: str, record_id: str) -> dict[str, Any]:
        """Get one record."""
        (record,) = self.get(f"/crm/v8/{module}/{record_id}").json()["data"]
        return dict(record)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Use the control end point of tests."""
        headers = {"X-Sandbox-Secret": self.endpoint.client_secret}
        answer = self.call(method, f"/__sandbox__/{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextmanager
    def switched(self, **switches: str | int) -> Iterator[None]:
        """Turn switches for a block."""
        before = self.control("GET", "switches")
        self.control("PUT", "switches", switches)
        try:
            yield
        finally:
            self.control("PUT", "switches", {name: before[name]["value"] for name in switches})

    def upload(self, csv_text: str | bytes, name: str = "rows.csv") -> str:
        """Upload a zip with one CSV and return its file id."""
        packed = zipped({name: csv_text})
        headers = {"feature": "bulk-write", "X-CRM-ORG": self.endpoint.zgid}
        answer = self.call("POST", "/crm/v8/upload", headers=headers, files={"file": ("rows.zip", packed)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["details"]["file_id"])

    def create_job(self, module: str, operation: str, csv_text: str | bytes, **resource: Any) -> requests.Response:
        """Upload a CSV and ask for a job that writes it."""
        own = {
            "type": "data",
            "module": {"api_name": module},
            "file_id": self.upload(csv_text),
            "file_names": ["rows.csv"],
        }
        body = {"operation": operation, "character_encoding": "UTF-8", "resource": [{**own, **resource}]}
        return self.post("/crm/bulk/v8/write", body)

    def write(self, module: str, operation: str, csv_text: str | bytes, **resource: Any) -> Job:
        """Write a CSV in bulk, mapped by its header, and wait for the result."""
        answer = self.create_job(module, operation, csv_text, **resource)
        assert answer.status_code == 201, answer.text
        return self.finished(answer.json()["details"]["id"])

    def finished(self, job_id: str) -> Job:
        """Wait for a bulk write job and fetch its result."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (poll := self.get(f"/crm/bulk/v8/write/{job_id}").json())["status"].upper() in {
            "ADDED", "INPROGRESS", "IN PROGRESS",
        }:  # fmt: skip
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if "result" not in poll:
            return Job(poll)
        url = poll["result"]["download_url"].removeprefix(self.endpoint.base_url)
        ((name, text),) = unzipped(self.get(url).content).items()
        reader = csv.DictReader(io.StringIO(text, newline=""))
        return Job(poll, name, list(reader.fieldnames or ()), list(reader))

    def read(self, query: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """Read in bulk; return the last poll and the rows."""
        answer = self.post("/crm/bulk/v8/read", {"query": query})
        assert answer.status_code == 201, answer.text
        job_id = answer.json()["data"][0]["details"]["id"]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (poll := self.get(f"/crm/bulk/v8/read/{job_id}").json()["data"][0])["state"] != "COMPLETED":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ((_, text),) = unzipped(self.get(poll["result"]["download_url"]).content).items()
        return poll, list(csv.DictReader(io.StringIO(text, newline="")))


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def unzipped(content: bytes) -> dict[str, str]:
    """Return the files of a zip as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def mappings(*columns: str, **more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Map columns by their place; `more` adds keys to the mapping of a column."""
    return [{"api_name": name, "index": index, **more.get(name, {})} for index, name in enumerate(columns)]
