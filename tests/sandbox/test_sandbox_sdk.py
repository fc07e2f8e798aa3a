"""Zoho's official SDK, unmodified, over plain http: the judge of the sandbox."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pipeline import sandbox
from pipeline.load.guard import RULES
from tests.load.world import Crm

Done = Mapping[str, Any]
# Calls of ours that the SDK cannot make, with the module of the SDK that would hold them: it has none.
NOT_IN_SDK = {("GET", "/crm/v8/settings/automation/workflow_rules"): "workflow_rules"}
_GROUP = re.compile(r"\(([^()]*)\)(\??)")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Let the SDK make every call in a process of its own; return what it got."""
    directory = tmp_path_factory.mktemp("sdk")
    program = Path(__file__).with_name("sdk_client.py")
    with sandbox.running(tmp_path_factory.mktemp("crm")) as endpoint:
        command = [sys.executable, str(program), json.dumps(asdict(endpoint)), str(directory)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stderr
        asked = Crm(endpoint).control("GET", "requests")
    return {**json.loads(run.stdout), "zgid": endpoint.zgid, "asked": [(one["method"], one["path"]) for one in asked]}


def test_sdk_metadata(done: Done) -> None:
    """The SDK logs in, knows the org and the user, and reads modules and fields."""
    found = done["metadata"]
    assert found["zgid"] == done["zgid"]
    assert found["me"] == "admin@kaede-shoji.example"
    assert {"Accounts", "Contacts", "Tasks", "Events", "Cases"} < set(found["modules"])
    assert found["key"] == ["text", 64]


def test_sdk_bulk_write(done: Done) -> None:
    """The SDK uploads, creates and polls a job, and downloads its result through the double slash."""
    found = done["bulk_write"]
    assert (found["status"], found["added"], found["skipped"], found["total"]) == ("COMPLETED", 1, 1, 2)
    assert found["file"].endswith(".zip")
    assert found["csv"] == "Contacts-contacts.csv"
    header, added, skipped = found["text"].splitlines()
    assert header == "Outlook_Key,Last_Name,Account_Name,STATUS,RECORD_ID,ERRORS"
    assert added.startswith('k1,"大谷, ""O""",Birchwood Logistics Ltd,added,')
    assert skipped == "k2,,,skipped,,MANDATORY_NOT_FOUND-Last_Name"


def test_sdk_bulk_read(done: Done) -> None:
    """The SDK reads the accounts of the seed in bulk."""
    lines = done["bulk_read"]["text"].splitlines()
    assert done["bulk_read"]["count"] == 2
    assert lines[0] == "Id,Account_Name"
    assert [line.split(",")[1] for line in lines[1:]] == ["株式会社みどり印刷", "Birchwood Logistics Ltd"]


def test_sdk_records(done: Done) -> None:
    """The SDK inserts, updates, upserts, is refused, and reads back what it wrote."""
    found = done["records"]
    assert [item["code"] for item in found["made"] + found["updated"]] == ["SUCCESS", "SUCCESS"]
    assert [item["action"] for item in found["upserted"]] == ["update", "insert"]
    assert found["upserted"][0]["id"] == found["made"][0]["id"]
    assert [(item["code"], item["field"], item["status"]) for item in found["refused"]] == [
        ("MANDATORY_NOT_FOUND", "Last_Name", 400)
    ]
    assert ["山田", "部長"] in found["read"]


def test_sdk_events_and_coql(done: Done) -> None:
    """The SDK inserts a meeting with its contact as a number, and asks by COQL."""
    assert [item["code"] for item in done["events"]] == ["SUCCESS"]
    (row,) = done["coql"]
    assert row["Last_Name"] == '大谷, "O"'
    assert row["Account_Name.Account_Name"] == "Birchwood Logistics Ltd"


def test_sdk_looks_at_the_org(done: Done) -> None:
    """The SDK reads layouts, creates a unique field, asks by id, counts, and lists what is in the recycle bin."""
    found = done["looked_at"]
    assert "Last_Name" in found["required"]
    assert found["created"][0] == "SUCCESS"
    ids = [item["id"] for item in done["records"]["upserted"]]
    assert (found["by_id"], found["gone"], found["fewer"]) == (sorted(ids), [ids[-1]], 1)


def test_sdk_every_module(done: Done) -> None:
    """The SDK inserts, reads, updates and deletes a record of every module that is loaded, and keeps e-mails on it."""
    codes = {code for listed in done["every_module"].values() for code in listed}
    assert codes == {"SUCCESS"}
    assert done["kept_file"] == "SUCCESS"


def ways(pattern: str) -> Iterator[str]:
    """Yield the patterns that one with choices stands for."""
    found = _GROUP.search(pattern)
    if found is None:
        yield pattern
        return
    for choice in [*found.group(1).split("|"), *([""] if found.group(2) else [])]:
        yield from ways(pattern[: found.start()] + choice + pattern[found.end() :])


def test_sdk_makes_every_call_of_ours(done: Done) -> None:
    """Whatever the allow-list of the load lets through, the SDK has asked of the sandbox, choice by choice."""
    wanted = {(rule.method, way) for rule in RULES for way in ways(rule.path.pattern)}
    missed = {
        (method, way)
        for method, way in wanted
        if not any(method == asked and re.fullmatch(way, path) for asked, path in done["asked"])
    }
    assert missed == NOT_IN_SDK.keys()
    api = "zohocrmsdk.src.com.zoho.crm.api"
    assert [find_spec(f"{api}.{name}") for name in NOT_IN_SDK.values()] == [None]
