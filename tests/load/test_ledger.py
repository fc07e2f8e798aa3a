"""The ledger: states of a batch, memory of keys and records, one writer."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.errors import BusyError, StorageError
from pipeline.load import ledger, ledger_file, lock, settle
from pipeline.load.ledger import Ledger
from pipeline.load.ledger_file import DURABLE, MIGRATIONS
from pipeline.load.ledger_reads import Intent
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.snapshot import Records
from pipeline.load.written import lines

HOLD = """
import sys, pathlib
from pipeline.load import lock
with lock.holding(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def intent(crm_key: str, crm_id: str = "", **written: str) -> Intent:
    """Return one change."""
    return Intent(crm_key=crm_key, crm_id=crm_id, written=written, content_hash="h")


def planned(memory: Ledger, *intents: Intent, action: str = "create", key_field: str = "K") -> int:
    """Write down a batch."""
    run = memory.start_run("ready")
    return memory.plan(
        run,
        module="Contacts",
        action=action,
        transport="records",
        key_field=key_field,
        digest="d",
        lines=lines(intents),
    )


def created(crm_key: str, crm_id: str) -> Outcome:
    """Return the outcome of a creation."""
    return Outcome(crm_key=crm_key, result=Result.CREATED, crm_id=crm_id)


def held(memory: Ledger) -> dict[str, int]:
    """Return how many batches and intents are kept."""
    count = "SELECT (SELECT count(*) FROM batches), (SELECT count(*) FROM intents)"
    return dict(zip(("batches", "intents"), memory.connection.execute(count).fetchone(), strict=True))


def test_a_planned_batch_never_went(tmp_path: Path) -> None:
    """What was only planned when a run died is dropped by the next one."""
    with ledger.opened(tmp_path) as memory:
        planned(memory, intent("a"))
    with ledger.opened(tmp_path) as memory:
        memory.start_run("ready")
        assert memory.open_batches() == []
        assert held(memory) == {"batches": 0, "intents": 0}


def test_a_run_leaves_nothing_that_was_only_planned(tmp_path: Path) -> None:
    """A batch that was made ahead and passed over is not kept, nor what it would have written."""
    with ledger.opened(tmp_path) as memory:
        planned(memory, intent("a", Last_Name="Kita"))
        memory.end_run(1)
        assert held(memory) == {"batches": 0, "intents": 0}


@pytest.mark.parametrize(
    ("job", "known"), [pytest.param("", "", id="intended"), pytest.param("77", "77", id="accepted")]
)
def test_an_open_batch_is_found_again(tmp_path: Path, job: str, known: str) -> None:
    """What was intended or accepted when a run died is open, with its job where one is known."""
    with ledger.opened(tmp_path) as memory:
        batch = planned(memory, intent("a", Last_Name="x"))
        memory.intend(batch)
        if job:
            memory.accept(batch, job)
    with ledger.opened(tmp_path) as memory:
        memory.start_run("ready")
        (found,) = memory.open_batches()
    assert (found.job, found.key_field, found.intents) == (known, "K", (intent("a", Last_Name="x"),))


def test_settled_rows_are_remembered(tmp_path: Path) -> None:
    """Each row is settled by itself: created is known, failed is closed, in doubt stays open."""
    with ledger.opened(tmp_path) as memory:
        batch = planned(memory, intent("a", Title="x"), intent("b"), intent("c"))
        memory.intend(batch)
        failed = Outcome(crm_key="b", result=Result.FAILED, code="INVALID_DATA", field="Email")
        memory.settle(batch, [created("a", "1"), failed, Outcome(crm_key="c", result=Result.IN_DOUBT)])
        known = memory.records("Contacts")
        assert [(key, one.crm_id, one.is_ours, one.written) for key, one in known.items()] == [
            ("a", "1", True, {"Title": "x"})
        ]
        assert [one.crm_key for one in memory.open_batches()[0].intents] == ["c"]
        memory.settle(batch, [created("c", "3")])
        assert memory.open_batches() == []


def test_updates_add_to_what_was_written(tmp_path: Path) -> None:
    """What we last wrote is kept per field; an update of a record that is not ours does not make it ours."""
    with ledger.opened(tmp_path) as memory:
        run = memory.start_run("ready")
        memory.remember(run, "Contacts", [("theirs", "2", "h")])
        memory.settle(planned(memory, intent("a", Title="x", Phone="1")), [created("a", "1")])
        batch = planned(memory, intent("a", "1", Phone="2"), intent("theirs", "2", Phone="3"), action="update")
        memory.settle(
            batch,
            [
                Outcome(crm_key=key, result=Result.UPDATED, crm_id=crm_id)
                for key, crm_id in (("a", "1"), ("theirs", "2"))
            ],
        )
        known = memory.records("Contacts")
    assert (known["a"].written, known["a"].is_ours) == ({"Title": "x", "Phone": "2"}, True)
    assert (known["theirs"].written, known["theirs"].is_ours) == ({"Phone": "3"}, False)


def test_keys_are_by_module(tmp_path: Path) -> None:
    """A source_key has one crm_key in each module; a part that fell off a cluster gets a new one."""
    with ledger.opened(tmp_path) as memory:
        memory.give_keys("Contacts", [("s", "k"), ("t", "k")])
        memory.give_keys("Accounts", [("s", "other")])
        memory.give_keys("Contacts", [("t", "t")])
        assert memory.keys("Contacts") == {"s": "k", "t": "t"}
        assert memory.keys("Accounts") == {"s": "other"}


def test_one_writer(tmp_path: Path) -> None:
    """A second process is told who holds the org; a dead one holds nothing."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(BusyError, match=f"process {other.pid}"), ledger.opened(tmp_path):
            pass
        other.kill()
    with lock.holding(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_waits_for_the_other(tmp_path: Path) -> None:
    """A second process waits for the first, says so once, and goes on when it has ended."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    said: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        threading.Timer(0.5, other.kill).start()
        with lock.holding(tmp_path, lock.Waiting(30, said.append)):
            assert said == [f"  waiting up to 30 s for another load on this org: process {other.pid}"]


def test_damaged_ledger(tmp_path: Path) -> None:
    """A damaged ledger stops the load before anything is sent."""
    (tmp_path / "ledger.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="damaged"), ledger.opened(tmp_path):
        pass


def test_newer_ledger(tmp_path: Path) -> None:
    """A ledger of a newer version is not touched."""
    with ledger.opened(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StorageError, match="newer version"), ledger.opened(tmp_path):
        pass


def test_it_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commit is on the disk before the next request goes (other tests do not wait for it: tests/conftest.py)."""
    monkeypatch.setattr(ledger_file, "DURABLE", DURABLE)
    with ledger.opened(tmp_path) as memory:
        mode = memory._db.execute("PRAGMA journal_mode").fetchone(), memory._db.execute("PRAGMA synchronous").fetchone()
    assert mode == (("wal",), (2,))


@pytest.mark.parametrize(
    ("is_running", "is_unique", "left"),
    [
        pytest.param(False, True, 0, id="not there, and a late twin would be refused"),
        pytest.param(False, False, 1, id="the key field is unique no more"),
        pytest.param(True, True, 1, id="its job still runs"),
    ],
)
def test_what_the_snapshot_settles(tmp_path: Path, *, is_running: bool, is_unique: bool, left: int) -> None:
    """A creation that the CRM does not show may go again only where nothing can make it twice."""
    org: Any = SimpleNamespace(has_key=lambda _module, _name: is_unique)
    with ledger.opened(tmp_path) as memory:
        batch = planned(memory, intent("a"))
        memory.intend(batch)
        running = frozenset({batch} if is_running else ())
        settle.look(memory, {"Contacts": Records("Contacts", {})}, running, org)
        assert len(memory.open_batches()) == left
