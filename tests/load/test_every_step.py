"""A load that ends at any of its durable steps: before and after each request, commit, and file put in place."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.load import ledger_file
from tests.load import promise, world
from tests.load.promise import World
from tests.load.world import Crm

PARTS = 4  # of the steps, for as many tests that can run side by side


class Killed(BaseException):
    """Stands for the end of the process."""


class Steps:
    """Counts durable steps, and ends the process at one of them."""

    def __init__(self, last: int = 1_000_000) -> None:
        self.count = 0
        self._last = last

    def take(self) -> None:
        """Take one step."""
        self.count += 1
        if self.count >= self._last:
            raise Killed


class Stepping(requests.Session):
    """A session whose requests that leave something behind are two steps each: before it goes, and when it is done."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps
        self.sent: list[int] = []  # the steps at which something was sent

    def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]  # passes all on
        """Send a request between two steps."""
        if method not in {"POST", "PUT", "DELETE"} or str(url).endswith(("/read", "/token")):
            return super().request(method, url, **more)
        self.sent.append(self._steps.count)
        self._steps.take()
        response = super().request(method, url, **more)
        try:
            self._steps.take()
        except Killed:
            response.close()
            raise
        return response


@contextmanager
def stepping(steps: Steps, patch: pytest.MonkeyPatch) -> Iterator[Stepping]:
    """Make each commit of the ledger and each file put in place two steps, too."""
    transaction, replace = ledger_file.transaction, Path.replace

    @contextmanager
    def committed(connection: Any) -> Iterator[None]:
        with transaction(connection):
            yield
            steps.take()
        steps.take()

    def replaced(self: Path, target: Path) -> Path:
        steps.take()
        done = replace(self, target)
        steps.take()
        return done

    with patch.context() as patched, Stepping(steps) as session:
        patched.setattr(ledger_file, "transaction", committed)
        patched.setattr(Path, "replace", replaced)
        yield session


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all steps."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def ended(the_world: World, at: int, patch: pytest.MonkeyPatch) -> int:
    """Load until a step; return how many steps there were."""
    steps = Steps(at)
    with stepping(steps, patch) as session, suppress(Killed):
        the_world.load(session=session)
    return steps.count


@pytest.mark.parametrize("has_key", [pytest.param(True, id="key field"), pytest.param(False, id="no key field")])
@pytest.mark.parametrize("first", range(1, PARTS + 1))
def test_ended_at_every_step(
    tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch, first: int, *, has_key: bool
) -> None:
    """Wherever a load of all modules and of managers ends, the next one makes up for it; one more has nothing to do."""
    small = promise.SETTINGS.replace("record_rows = 1", "record_rows = 2").replace("bulk_rows = 2", "bulk_rows = 1")
    the_world = promise.made(tmp_path, crm, 2, small, is_led=True)
    the_world.begin_anew(has_key=has_key)
    steps = ended(the_world, 1_000_000, monkeypatch)
    assert steps > 50
    for at in range(first, steps + 1, PARTS):
        the_world.begin_anew(has_key=has_key)
        assert ended(the_world, at, monkeypatch) == at
        the_world.check(the_world.load(), has_key=has_key, count=2)
        if at % 11 == 0:
            last = crm.last_request()
            the_world.check(the_world.load(), has_key=has_key, count=2)
            assert crm.changes(last) == []
