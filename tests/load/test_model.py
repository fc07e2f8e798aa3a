"""A load against a small reference model: whatever came before, a clean load leaves what the model says.

The model knows, of each item, what the source says, what a person wrote in the CRM, and what we last wrote. After a
load that met nothing: each item is there once, with the source's value unless a person changed it since.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests.load import promise, world
from tests.load.build import ready
from tests.load.promise import NAMES, NINE, NOTES, World
from tests.load.test_every_step import Killed, Steps, stepping

STEPS = int(os.environ.get("MODEL_STEPS", "5000"))
_A_RUN = 50
FAULTS = ("status", "answer_status", "dropped", "answer_dropped", "throttled", "expired_token", "answer_garbled",
          "rows_missing", "rows_unprocessed", "job_halved", "job_failed")  # fmt: skip
CALLS = ("/crm/bulk/v8/write", "/crm/v8/(Accounts|Contacts|Tasks|Events)", ".*bulk-write.*", r"/crm/bulk/v8/write/\d+")
KINDS = ("Acc", "Con", "Task", "Meet")
MODULES = dict(zip(KINDS, NAMES, strict=True))


@dataclass
class Item:
    """One item as the model knows it. `written`: values that may have been ours, the oldest first."""

    name: str
    note: str = ""
    generation: int = 0
    held: str | None = None
    is_deleted: bool = False
    is_theirs: bool = False

    @property
    def module(self) -> str:
        """The module it is in."""
        return MODULES[self.name.rstrip("0123456789")]

    @property
    def keys(self) -> tuple[str, list[str]]:
        """Its cluster_key and source_keys: another export may add one that sorts before."""
        keys = [self.name, *(f"A{number:03}{self.name}" for number in range(self.generation))]
        return min(keys), keys


class _Sandbox:
    """One sandbox for all runs of the model."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.world = promise.made(self.directory, self._stack.enter_context(world.crm(self.directory / "crm")))

    def close(self) -> None:
        """Stop it."""
        self._stack.close()


_running: list[_Sandbox] = []


class Loading(RuleBasedStateMachine):
    """What may happen to a migration, in any order."""

    the_world: World
    has_key: bool
    items: Mapping[str, Item]
    is_settled: bool
    edits: int
    rest: int  # steps until a load may come again: a history of loads alone would find little

    @initialize(has_key=st.booleans())
    def begin(self, *, has_key: bool) -> None:
        """Begin with an empty ledger and the org as it was made."""
        self.the_world, self.has_key = _running[0].world, has_key
        self.the_world.begin_anew(has_key=has_key)
        self.items = {name: Item(name) for name in ("Acc0", "Con0", "Con1", "Task0", "Meet0")}
        self.is_settled, self.edits, self.rest = False, 0, 0

    def _fresh(self) -> str:
        self.edits += 1
        return f"n{self.edits}"

    @rule(name=st.sampled_from(["Con0", "Con1", "Task0", "Meet0"]))
    def source_changes(self, name: str) -> None:
        """The next export has another value."""
        self.rest -= 1
        self.items[name].note = self._fresh()

    @rule(name=st.sampled_from(["Acc0", "Con0", "Con1", "Task0", "Meet0"]))
    def exported_again(self, name: str) -> None:
        """The next export adds an item to the cluster, which may change its cluster_key but never its crm_key."""
        self.rest -= 1
        self.items[name].generation += 1

    @precondition(lambda self: self.is_settled)
    @rule(name=st.sampled_from(["Con0", "Con1", "Task0", "Meet0"]))
    def person_edits(self, name: str) -> None:
        """A person writes a value into the CRM."""
        self.rest -= 1
        item = self.items[name]
        if (record := self._record(item)) is not None:
            item.held, item.is_theirs = self._fresh(), True
            self.the_world.crm.write("PUT", item.module, id=record["id"], **{NOTES[item.module]: item.held})

    @precondition(lambda self: self.is_settled and not self.has_deleted())
    @rule(name=st.sampled_from(["Con1", "Task0", "Meet0"]))
    def person_deletes(self, name: str) -> None:
        """A person deletes a record; it is not made again."""
        self.rest -= 1
        item = self.items[name]
        if (record := self._record(item)) is not None:
            self.the_world.crm.delete(item.module, record["id"])
            item.is_deleted = True

    def has_deleted(self) -> bool:
        """Tell whether a record was deleted."""
        return any(item.is_deleted for item in self.items.values())

    @precondition(lambda self: self.rest <= 0)
    @rule(at=st.integers(1, 60))
    def load_ends_in_the_midst(self, at: int) -> None:
        """The process ends at some step."""
        self._write()
        with pytest.MonkeyPatch.context() as patch, stepping(Steps(at), patch) as session, suppress(Killed):
            self.the_world.load(session=session)
        self.is_settled = False

    @precondition(lambda self: self.rest <= 0)
    @rule(fault=st.sampled_from(FAULTS), path=st.sampled_from(CALLS), skip=st.integers(0, 2))
    def load_meets_a_fault(self, fault: str, path: str, skip: int) -> None:
        """One call is answered badly."""
        self._write()
        self.the_world.crm.meet({"name": fault, "path": path, "skip": skip, "method": "POST|PUT|GET"})
        self.the_world.load()
        self.the_world.crm.no_more_faults()
        self.is_settled = False

    @precondition(lambda self: self.rest <= 0)
    @rule()
    def load(self) -> None:
        """A load that meets nothing: the promise, and the model's values."""
        self._write()
        report = self.the_world.load()
        assert report is not None
        self._compare(report)
        self.is_settled = True

    def _compare(self, report: Report) -> None:
        in_doubt = {one.module: one.in_doubt for one in report.loads}
        for module in NAMES:
            missing = 0
            records = self.the_world.crm.records(module, f"{NAMES[module]},{NOTES[module]}")
            for item in (one for one in self.items.values() if one.module == module):
                found = [record for record in records if record[NAMES[module]] == item.name]
                assert len(found) <= 1, item
                missing += not found and not item.is_deleted
                if item.is_deleted:
                    assert not found, item
                elif found and self.has_key:
                    self._compare_value(item, found[0])
            assert missing == in_doubt[module]
            assert not (missing and self.has_key)

    def _compare_value(self, item: Item, record: Mapping[str, Any]) -> None:
        """A person's value stays; where none was written, the source's stands, and an empty one wipes nothing."""
        value = record[NOTES[item.module]]
        if item.module == "Accounts":
            return
        if item.is_theirs and item.held != item.note:
            assert value == item.held, item
        elif item.note:
            assert value == item.note, item

    def _records(self, item: Item) -> list[dict[str, Any]]:
        name = NAMES[item.module]
        found = self.the_world.crm.records(item.module, f"{name},{NOTES[item.module]}")
        return [record for record in found if record[name] == item.name]

    def _record(self, item: Item) -> dict[str, Any] | None:
        return next(iter(self._records(item)), None)

    def _write(self) -> None:
        self.rest = 2
        world.project(self.the_world.config.project, self._rows(), promise.SETTINGS)

    def _rows(self) -> world.Rows:
        account = self.items["Acc0"].keys[0]
        noted = {
            name: {NOTES[item.module]: item.note} if item.note and item.module != "Accounts" else {}
            for name, item in self.items.items()
        }
        keys = {name: item.keys for name, item in self.items.items()}
        return {
            "accounts": [ready(ACCOUNTS, *keys["Acc0"], Account_Name="Acc0")],
            "contacts": [
                ready(CONTACTS, *keys[name], Last_Name=name, First_Name="A", Account_Name=account, **noted[name])
                for name in ("Con0", "Con1")
            ],
            "tasks": [ready(TASKS, *keys["Task0"], Subject="Task0", Due_Date=date(2026, 5, 20), **noted["Task0"])],
            "events": [
                ready(
                    EVENTS,
                    *keys["Meet0"],
                    Event_Title="Meet0",
                    Start_DateTime=NINE,
                    End_DateTime=NINE.replace(hour=1),
                    **noted["Meet0"],
                )
            ],
        }


@pytest.mark.timeout(60 + STEPS)
def test_model() -> None:
    """Five thousand steps: loads, ends, faults, edits on both sides, deletions, exports again."""
    _running.append(_Sandbox())
    try:
        run_state_machine_as_test(
            Loading,
            settings=settings(
                max_examples=STEPS // _A_RUN,
                stateful_step_count=_A_RUN,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        _running.pop().close()
