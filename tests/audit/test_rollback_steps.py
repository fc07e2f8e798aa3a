"""A load that is killed at any step is rolled back; a rollback that is killed at any step is gone on with.

Both loads and rollbacks are of all modules, of new records and overwritten values. ALL_STEPS=1 (`make undos`) tries
also each end of the rollback of each load that was killed: half an hour.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from pipeline.errors import StageError
from pipeline.load.rollback.tables import Undone
from tests.audit import everything
from tests.audit.everything import Held, Moments
from tests.load import world
from tests.load.test_every_step import Killed, Stepping, Steps, stepping
from tests.load.world import Crm

ALL = bool(os.environ.get("ALL_STEPS"))
_RUN = 2
_STEPS = 80  # of those that leave something new behind
_NOTHING = Undone(run=_RUN, plan="", rows=())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the sandbox lives."""
    return tmp_path_factory.mktemp("crm")


@pytest.fixture(scope="module")
def crm(directory: Path) -> Iterator[Crm]:
    """Run one sandbox for all steps."""
    with world.crm(directory) as running:
        yield running


def undone(moments: Moments) -> Undone:
    """Roll the second load back; nothing is undone of one that was killed before its run began."""
    with suppress(StageError):
        return moments.desk.undo(_RUN)
    return _NOTHING


def check(moments: Moments, before: Held, at: str) -> None:
    """Roll back, and see that all is as before, but what is listed as kept, and that the log is whole."""
    result = undone(moments)
    assert result.is_clean, at
    assert everything.leftovers(moments.crm, before, result) == [], at
    assert everything.is_sound(moments), at


@pytest.fixture
def with_key(tmp_path: Path, crm: Crm, directory: Path) -> Moments:
    """Return a CRM with a key field and a first load in it, before the second."""
    return everything.begun(tmp_path, crm, directory, has_key=True)


@pytest.fixture
def without_key(tmp_path: Path, crm: Crm, directory: Path) -> Moments:
    """Return a CRM without a key field and a first load in it, before the second."""
    return everything.begun(tmp_path, crm, directory, has_key=False)


def kill_loads(moments: Moments, patch: pytest.MonkeyPatch, every: int = 1) -> None:
    """Load once; go back to each moment of that, as if the load had been killed then, and roll back from there."""
    before = everything.state(moments.crm)
    names = moments.every(moments.desk.load, "load", patch)
    after = everything.state(moments.crm)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"Accounts", "Contacts", "Leads", "Tasks", "Events", "Cases", "Emails"}
    assert len(names) > _STEPS
    for name in names[::every]:
        moments.bring_back(name)
        check(moments, before, name)


def test_a_load_killed_at_any_step(with_key: Moments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a load is killed, its rollback leaves the CRM as it was before, but what is listed as kept."""
    kill_loads(with_key, monkeypatch)


def test_a_load_without_a_key_field_killed_at_any_step(without_key: Moments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody knows whether the CRM made a record, that is listed as kept, and all else is as it was before."""
    kill_loads(without_key, monkeypatch, 1 if ALL else 5)


def test_a_rollback_killed_at_any_step(with_key: Moments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a rollback is killed, the next one goes on, and the CRM is as it was before the load."""
    before = everything.state(with_key.crm)
    if ALL:
        loads = with_key.every(with_key.desk.load, "load", monkeypatch)
    else:
        with_key.desk.load()
        with_key.keep("loaded")
        loads = ["loaded"]
    for at in loads:
        with_key.bring_back(at)
        for name in with_key.every(lambda session: undo(with_key, session), f"{at}undo", monkeypatch):
            with_key.bring_back(name)
            check(with_key, before, name)


@pytest.mark.parametrize(("load", "first", "second"), [(150, 40, 20), (170, 30, 10), (200, 60, 20)])
def test_a_load_and_two_rollbacks_killed(
    with_key: Moments, monkeypatch: pytest.MonkeyPatch, load: int, first: int, second: int
) -> None:
    """A load that was killed on its way, whose rollback was killed, whose next rollback was killed too, is undone."""
    before = everything.state(with_key.crm)
    until(with_key.desk.load, load, monkeypatch)
    until(lambda session: undo(with_key, session), first, monkeypatch)
    until(lambda session: undo(with_key, session), second, monkeypatch)
    check(with_key, before, f"{load}, {first}, {second}")


def until(what: Callable[[Stepping], object], at: int, patch: pytest.MonkeyPatch) -> None:
    """Load or roll back until a step."""
    steps = Steps(at)
    with stepping(steps, patch) as session, suppress(Killed):
        what(session)
    assert steps.count == at


def undo(moments: Moments, session: requests.Session) -> None:
    """Roll back over a session."""
    with suppress(StageError):
        moments.desk.undo(_RUN, session)
