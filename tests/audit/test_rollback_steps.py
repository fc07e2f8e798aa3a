"""A load that ends at any of its steps is rolled back, and a rollback that ends at any of its own is gone on with."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.errors import StageError
from tests.audit import undo
from tests.audit.undo import Desk
from tests.load import world
from tests.load.test_every_step import Killed, Steps, stepping
from tests.load.world import Crm

_ROWS = {name: undo.ROWS[name] for name in ("accounts", "contacts", "events")}
_MANY = 1_000_000


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all steps."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def load_until(desk: Desk, at: int, patch: pytest.MonkeyPatch) -> int:
    """Load until a step; return how many there were."""
    steps = Steps(at)
    with stepping(steps, patch) as session, suppress(Killed):
        desk.load(session)
    return steps.count


def undo_until(desk: Desk, at: int, patch: pytest.MonkeyPatch) -> int:
    """Roll back until a step; return how many there were."""
    steps = Steps(at)
    with stepping(steps, patch) as session, suppress(Killed):
        desk.undo(session=session)
    return steps.count


def test_a_load_that_ended_at_any_step(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a load ended, its rollback leaves the CRM as it was before the load."""
    desk = undo.made(tmp_path, crm, {name: _ROWS[name] for name in ("accounts", "contacts")})
    desk.begin_anew()
    steps = load_until(desk, _MANY, monkeypatch)
    assert steps > 40
    for at in range(1, steps + 1):
        before = desk.begin_anew()
        assert load_until(desk, at, monkeypatch) == at
        with suppress(StageError):  # it ended before its run began
            assert desk.undo().is_clean
        assert undo.state(crm) == before, at


def test_a_rollback_that_ended_at_any_step(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a rollback ended, the next one goes on, and the CRM is as it was before the load."""
    desk = undo.made(tmp_path, crm, _ROWS)
    desk.begin_anew()
    desk.load()
    steps = undo_until(desk, _MANY, monkeypatch)
    assert steps > 20
    for at in range(1, steps + 1):
        before = desk.begin_anew()
        desk.load()
        assert undo_until(desk, at, monkeypatch) == at
        assert desk.undo().is_clean
        assert undo.state(crm) == before, at
