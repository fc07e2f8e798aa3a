"""Failed rows: what a person does about each, and a retry that sends only what is worth it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipeline.config import Config
from pipeline.load.failures import Remedy, remedy_of
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.targets import CONTACTS, TASKS
from tests.load import promise, world
from tests.load.build import ready
from tests.load.world import Crm

BAD = ready(CONTACTS, "bad", Last_Name="Bad", Mobile="(03)1234")
TABLES = {"contacts": [ready(CONTACTS, f"c{n}", Last_Name=f"C{n}") for n in range(3)] + [BAD]}


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    """Run a fresh sandbox."""
    with world.crm(tmp_path / "crm") as running:
        yield running


def retried(config: Config, crm: Crm) -> Report:
    """Retry once."""
    crm.pass_a_minute()
    with requests.Session() as session:
        return run_over(session, config, crm.connection, sleep=promise.nap, is_retry=True)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("INVALID_DATA", Remedy.FIX),
        ("MANDATORY_NOT_FOUND", Remedy.FIX),
        ("DUPLICATE_DATA", Remedy.FIX),
        ("SOMETHING_NEW", Remedy.FIX),
        ("UNPROCESSED", Remedy.LATER),
        ("RECORD_LOCKED", Remedy.LATER),
        ("not_carried_out", Remedy.LATER),
        ("NO_PERMISSION", Remedy.STOP),
        ("MODULE_NOT_AVAILABLE", Remedy.STOP),
    ],
)
def test_remedies(code: str, remedy: Remedy) -> None:
    """Data are mended, what was busy is tried again, what is not allowed stops."""
    assert remedy_of(code) is remedy


def test_retry(tmp_path: Path, crm: Crm) -> None:
    """A retry sends the unprocessed row, not the one with bad data, nor one that was never sent; mended data go."""
    config = world.project(tmp_path / "p", TABLES)
    crm.meet({"name": "rows_unprocessed", "path": "/crm/bulk/v8/write"})
    first = world.counts(world.run(config, crm), "Contacts")
    assert (first.created, first.failed) == (2, 2)
    config = world.project(tmp_path / "p", TABLES | {"tasks": [ready(TASKS, "t", Subject="New")]})
    again = retried(config, crm)
    contacts, tasks = world.counts(again, "Contacts"), world.counts(again, "Tasks")
    assert (contacts.created, contacts.failed, contacts.unchanged, tasks.skipped) == (1, 1, 2, 1)
    last = crm.last_request()
    assert world.counts(retried(config, crm), "Contacts").skipped == 1
    assert crm.changes(last) == []
    mended = [*TABLES["contacts"][:3], ready(CONTACTS, "bad", Last_Name="Bad", Mobile="03-1234")]
    assert world.counts(retried(world.project(tmp_path / "p", {"contacts": mended}), crm), "Contacts").created == 1
