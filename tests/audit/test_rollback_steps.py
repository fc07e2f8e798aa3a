"""A load that ends at any of its steps is rolled back, and a rollback that ends at any of its own is gone on with."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.errors import StageError
from tests.audit import undo
from tests.load import world
from tests.load.test_every_step import Killed, Stepping, Steps, stepping
from tests.load.world import Crm

_ROWS = {"accounts": undo.ROWS["accounts"][:1], "contacts": undo.ROWS["contacts"]}
_MANY = 1_000_000


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all steps."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def until(what: Callable[[Stepping], object], at: int, patch: pytest.MonkeyPatch) -> tuple[int, list[int]]:
    """Load or roll back until a step; return how many there were, and at which something was sent."""
    steps = Steps(at)
    with stepping(steps, patch) as session, suppress(Killed):
        what(session)
    return steps.count, session.sent


def ends(what: Callable[[Stepping], object], patch: pytest.MonkeyPatch) -> list[int]:
    """Return the steps to end at: each while something is sent and settled, and every fifth before and after that."""
    steps, sent = until(what, _MANY, patch)
    assert len(sent) > 2
    busy = range(sent[0] - 2, sent[-1] + 10)
    return [at for at in range(1, steps + 1) if at in busy or at % 5 == 0]


def test_a_load_that_ended_at_any_step(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a load ended, its rollback leaves the CRM as it was before the load."""
    desk = undo.made(tmp_path, crm, _ROWS)
    desk.begin_anew()
    for at in ends(desk.load, monkeypatch):
        before = desk.begin_anew()
        assert until(desk.load, at, monkeypatch)[0] == at
        with suppress(StageError):  # it ended before its run began
            assert desk.undo().is_clean
        assert undo.state(crm) == before, at


def test_a_rollback_that_ended_at_any_step(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a rollback ended, the next one goes on, and the CRM is as it was before the load."""
    desk = undo.made(tmp_path, crm, _ROWS)
    desk.begin_anew()
    desk.load()
    for at in ends(lambda session: desk.undo(session=session), monkeypatch):
        before = desk.begin_anew()
        desk.load()
        assert until(lambda session: desk.undo(session=session), at, monkeypatch)[0] == at
        assert desk.undo().is_clean
        assert undo.state(crm) == before, at
