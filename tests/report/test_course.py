"""How far a load is, and Ctrl-C: what is on its way comes to its end, the rest waits for the next load."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import load
from pipeline.load import Course
from pipeline.targets import CONTACTS
from tests import line
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

RECORDS = '[zoho]\ntransport = "records"\nrecord_rows = 10\n'


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    """Run a fresh sandbox."""
    with world.crm(tmp_path / "crm") as running:
        yield running


def contacts(count: int) -> world.Rows:
    """Return so many contacts."""
    return {"contacts": [ready(CONTACTS, f"k{n:04}", Last_Name=f"Person{n}") for n in range(count)]}


def test_progress_goes_from_none_to_all(tmp_path: Path, crm: Crm) -> None:
    """It is told of every batch, and ends at the number of rows to send."""
    news: list[tuple[int, int]] = []
    course = Course(lambda done, total: news.append((done, total)))
    load.run(world.project(tmp_path / "p", contacts(25), RECORDS), crm.connection, course=course)
    assert news == [(0, 25), (10, 25), (20, 25), (25, 25)]


def test_a_load_that_is_stopped_settles_what_it_sent_and_the_next_one_goes_on(tmp_path: Path, crm: Crm) -> None:
    """Asked to stop, it makes no further request; every row is accounted for; nothing is doubled or lost."""
    config = world.project(tmp_path / "p", contacts(25), RECORDS)
    course = Course()

    def told(done: int, _total: int) -> None:
        if done >= 10:
            course.stop()

    course.told = told
    first = world.counts(load.run(config, crm.connection, course=course), "Contacts")
    assert (first.created, first.skipped, first.in_doubt) == (10, 15, 0)
    assert world.counts(world.run(config, crm), "Contacts").created == 15
    held = [one["Last_Name"] for one in crm.records("Contacts", "Last_Name")]
    assert sorted(name for name in held if name.startswith("Person")) == sorted(f"Person{n}" for n in range(25))


def test_before_anything_is_sent_there_is_nothing_to_drain() -> None:
    """Only while rows are sent does a first Ctrl-C wait; a second one never does."""
    course = Course()
    assert not course.stop()
    course = Course()
    course.begin(3)
    assert [course.stop(), course.stop()] == [True, False]


def test_ctrl_c_drains_and_says_how_to_go_on(tmp_path: Path) -> None:
    """The command ends with 130 after the request on its way, reports every row, and the same command goes on."""
    project = tmp_path / "p"
    toml = RECORDS.replace("record_rows = 10", "record_rows = 1")
    world.project(project, contacts(600), toml)
    environment = line.clean_environment() | {"COLUMNS": "200"}
    process = subprocess.Popen(
        line.command(project, "load"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while time.monotonic() < end and not _sent(next(project.glob("data/audit/*/ledger.sqlite"), None)):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Stopping after what is on its way" in err
    assert "the same command goes on" in err
    found = line.Ended(130, out, err).rows("Contacts")
    assert found[0] == 600 == sum(found[1:])
    assert found[4] > 0  # skipped
    assert found[6] == 0  # in doubt


def _sent(ledger: Path | None) -> bool:
    """Tell whether a first batch is settled."""
    if ledger is None:
        return False
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
            return bool(db.execute("SELECT 1 FROM batches WHERE state = 'settled'").fetchone())
    except sqlite3.Error:
        return False
