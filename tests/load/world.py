"""A sandbox and a project for whole loads: ready tables in, what the CRM holds out."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import requests
from pydantic import SecretStr

from pipeline import config as settings
from pipeline import load, sandbox, store
from pipeline.config import Config
from pipeline.load.connection import Connection
from pipeline.outcome import LoadAccount, Report
from pipeline.targets import EMAILS, EMAILS_READY, TARGETS

CHANGING = ("POST /crm/v8/Accounts", "POST /crm/v8/Contacts", "POST /crm/v8/Tasks", "POST /crm/v8/Events", "PUT ")
Rows = Mapping[str, list[dict[str, Any]]]


@cache
def _talk(_base_url: str) -> requests.Session:
    """Return one session for the controls of a sandbox."""
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass(frozen=True, slots=True)
class Crm:
    """A running sandbox, and its controls."""

    endpoint: sandbox.Endpoint

    @property
    def connection(self) -> Connection:
        """How load reaches it."""
        url = self.endpoint.base_url
        return Connection(
            target="sandbox",
            accounts_url=url,
            api_url=url,
            upload_url=url,
            client_id=self.endpoint.client_id,
            client_secret=SecretStr(self.endpoint.client_secret),
            refresh_token=SecretStr(self.endpoint.refresh_token),
        )

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Use a control of the sandbox."""
        headers = {"X-Sandbox-Secret": self.endpoint.client_secret}
        url = f"{self.endpoint.base_url}/__sandbox__/{path}"
        answer = _talk(self.endpoint.base_url).request(method, url, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def turn(self, **switches: str | int) -> None:
        """Turn switches."""
        self.control("PUT", "switches", switches)

    def without_key_field(self) -> None:
        """Make it an org whose modules have no field for our key."""
        for target in TARGETS:
            self.control("DELETE", f"fields/{target.module}/Outlook_Key")

    def records(self, module: str, fields: str) -> list[dict[str, Any]]:
        """Return what the CRM holds of a module."""
        wanted = ("id", *fields.split(","))
        return [{name: one.get(name) for name in wanted} for one in self.control("GET", f"records/{module}")]

    def write(self, method: str, module: str, **values: object) -> str:
        """Write a record as a person would, who tells nobody; return its id."""
        quiet = {"$send_notification": False} if module == "Events" else {}
        body = {"data": [{**values, **quiet}], "trigger": []}
        answer = self._call(method, module, body)
        answer.raise_for_status()
        return str(answer.json()["data"][0]["details"]["id"])

    def users(self) -> list[dict[str, Any]]:
        """Return the users of the org."""
        answer = self._call("GET", "users?type=AllUsers")
        answer.raise_for_status()
        return list(answer.json()["users"])

    def delete(self, module: str, record_id: str) -> None:
        """Delete a record as a person would."""
        self._call("DELETE", f"{module}?ids={record_id}&wf_trigger=false").raise_for_status()

    def changes(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the requests that change records, since request number `after`."""
        asked = self.control("GET", f"requests?after={after}")
        return [one for one in asked if _is_change(one)]

    def asked(self, method: str, path: str, after: int = 0) -> list[dict[str, Any]]:
        """Return the requests of one kind (patterns), since request number `after`."""
        asked = self.control("GET", f"requests?after={after}")
        return [one for one in asked if re.fullmatch(method, one["method"]) and re.fullmatch(path, one["path"])]

    def last_request(self) -> int:
        """Return the number of the last request."""
        asked = self.control("GET", "requests")
        return int(asked[-1]["number"]) if asked else 0

    def begin_anew(self) -> None:
        """Make it the org that it was at first, under the same id."""
        self.control("POST", "reset", {})
        self.turn(tokens_in_10_minutes=1000)

    def keep(self, name: str) -> None:
        """Keep all that it holds now."""
        self.control("POST", f"states/{name}")

    def bring_back(self, name: str) -> None:
        """Make it hold what it held when it was kept."""
        self.control("PUT", f"states/{name}")

    def meet(self, *faults: Mapping[str, object]) -> None:
        """Switch faults on."""
        self.control("POST", "faults", {"faults": list(faults)})

    def faults_met(self) -> int:
        """Return how many calls met a fault."""
        return int(self.control("GET", "faults")["met"])

    def no_more_faults(self) -> None:
        """Switch all faults off, and forget what they have put off."""
        self.control("DELETE", "faults")

    def pass_time(self, seconds: int) -> None:
        """Turn the clock."""
        self.control("POST", "clock", {"advance_seconds": seconds})

    def pass_a_minute(self) -> None:
        """Let the limits by the minute run out."""
        self.pass_time(61)

    def _call(self, method: str, path: str, body: object = None) -> requests.Response:
        url = self.endpoint.base_url
        form = {
            "refresh_token": self.endpoint.refresh_token,
            "client_id": self.endpoint.client_id,
            "client_secret": self.endpoint.client_secret,
            "grant_type": "refresh_token",
        }
        token = requests.post(f"{url}/oauth/v2/token", data=form, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        return requests.request(method, f"{url}/crm/v8/{path}", json=body, headers=headers, timeout=10)


def _is_change(one: Mapping[str, Any]) -> bool:
    if one["path"].startswith("/crm/bulk/"):
        return bool(one["method"] == "POST" and one["path"].endswith("/write"))
    return (
        one["method"] in {"POST", "PUT", "DELETE"}
        and one["path"].startswith("/crm/v8/")
        and "upload" not in one["path"]
    )


@contextmanager
def crm(directory: Path, *, may_notify: bool = False) -> Iterator[Crm]:
    """Run a sandbox, to which no request may go that would mail anybody or fire a workflow: `may_notify`, of others."""
    with sandbox.running(directory) as endpoint:
        running = Crm(endpoint)
        running.turn(tokens_in_10_minutes=1000)
        yield running
        assert may_notify or running.control("GET", "outbox") == [], "a request of this test would have mailed somebody"


BULK = '[zoho]\ntransport = "bulk"\n'  # or a few rows would go by the records API, which is cheaper for them


def project(directory: Path, rows: Rows, toml: str = BULK) -> Config:
    """Return a project whose ready tables hold `rows`, by table."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pipeline.toml").write_text(toml, encoding="utf-8")
    config = settings.load(directory, directory)
    with store.building(config.transformed) as stage:
        for target in TARGETS:
            table = store.table_of(rows.get(target.table, []), target.schema())
            store.write(table, stage.path(f"ready/{target.table}"), target.schema())
        if EMAILS.table in rows:
            mails = store.table_of(rows[EMAILS.table], EMAILS_READY)
            store.write(mails, stage.path(f"ready/{EMAILS.table}"), EMAILS_READY)
        stage.finish("transform", inputs={})
    return config


def run(config: Config, target: Crm) -> Report:
    """Load once."""
    target.pass_a_minute()
    return load.run(config, target.connection)


def counts(report: Report, module: str) -> LoadAccount:
    """Return the account of a module."""
    return next(one for one in report.loads if one.module == module)


def tables(config: Config, report: Report, name: str) -> list[dict[str, Any]]:
    """Return a table of the last run."""
    org = report.target.rpartition(" ")[2]
    runs = config.audit / f"sandbox-{org}" / "runs"
    last = max(runs.iterdir(), key=lambda path: int(path.name))
    rows = pq.read_table(last / f"{name}.parquet").to_pylist()
    return json.loads(json.dumps(rows))  # type: ignore[no-any-return]  # rows of text
