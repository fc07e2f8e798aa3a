"""Whole loads in bulk, of which the other core does a part: what it cannot do ends the load, and the next makes up."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.errors import StorageError
from pipeline.load.course import LEFT_BY_PERSON, Course
from pipeline.load.ledger import Ledger
from pipeline.load.stage import run_over
from tests.load import promise, world
from tests.load.promise import World
from tests.load.world import Crm

COUNT = 6  # of each module, in jobs of two


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


@pytest.fixture
def the_world(tmp_path: Path, crm: Crm) -> World:
    """Return a project that was never loaded, and a CRM that holds nothing of it."""
    settings = promise.SETTINGS.replace("record_rows = 1", "record_rows = 100")
    made = promise.made(tmp_path, crm, COUNT, settings)
    made.begin_anew(has_key=True)
    return made


class Looking(requests.Session):
    """A session that calls `look` before and after each request for a bulk job, and `ask` before one for its state."""

    def __init__(self, look: Callable[[], None], ask: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._look, self._ask = look, ask or nothing

    def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]  # passes all on
        """Send a request."""
        is_job = method == "POST" and str(url).endswith("/bulk/v8/write")
        if is_job:
            self._look()
        elif method == "GET" and "/bulk/v8/write/" in str(url):
            self._ask()
        response = super().request(method, url, **more)
        if is_job:
            self._look()
        return response


def nothing() -> None:
    """Do nothing."""


def of_file(the_world: World, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger as it is on the disk."""
    (path,) = the_world.config.audit.glob("*/ledger.sqlite")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def test_every_job_is_on_the_disk_before_it_is_asked_for(the_world: World) -> None:
    """Before a job is asked for, its rows are in the ledger's file, intended; of the others none is."""
    seen: list[int] = []

    def look() -> None:
        intended = of_file(the_world, "SELECT b.batch, count(*) FROM batches b JOIN intents i USING (batch)"
                           " WHERE b.state = 'intended' AND i.result IS NULL GROUP BY b.batch")  # fmt: skip
        assert [rows for _, rows in intended] == [2]
        seen.append(2)

    the_world.check(the_world.load(session=Looking(look)), has_key=True, count=COUNT)
    assert len(seen) == 2 * 3 * COUNT // 2  # accounts, contacts, and tasks that point to nobody
    assert set(of_file(the_world, "SELECT state FROM batches")) == {("settled",)}


def test_the_other_core_begins_when_the_job_is_on_the_disk(the_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the other core uses the ledger, the job that goes on meanwhile is written down with its id."""
    plan, accept, aside = Ledger.plan, Ledger.accept, []

    def planned(self: Ledger, *facts: Any, **more: Any) -> int:
        if threading.current_thread() is not threading.main_thread():
            aside.append(self.connection.execute("SELECT count(*) FROM batches WHERE state = 'intended'").fetchone())
        return plan(self, *facts, **more)

    def accepted(self: Ledger, batch: int, job: str) -> None:
        time.sleep(0.05)
        accept(self, batch, job)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "plan", planned)
        patched.setattr(Ledger, "accept", accepted)
        the_world.check(the_world.load(), has_key=True, count=COUNT)
    assert aside == [(0,)] * 3 * (COUNT // 2 - 1)


@pytest.mark.parametrize("what", ["plan", "settle"])
def test_a_disk_that_is_full_on_the_other_core(the_world: World, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """What the other core cannot write down is told as anything else; the next load settles it and sends the rest."""
    whole, met = getattr(Ledger, what), []

    def full(self: Ledger, *facts: Any, **more: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            met.append(what)
            raise sqlite3.OperationalError("database or disk is full")
        return whole(self, *facts, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, what, full)
        with pytest.raises(StorageError, match="The disk is full"):
            the_world.load()
    assert met == [what]
    the_world.check(the_world.load(), has_key=True, count=COUNT)
    last = the_world.crm.last_request()
    the_world.check(the_world.load(), has_key=True, count=COUNT)
    assert the_world.crm.changes(last) == []


def test_stopped_while_the_other_core_is_at_work(the_world: World) -> None:
    """Ctrl-C lets the job on its way come to its end and sends no other; twice ends at once. The next goes on."""
    course = Course()

    def stopped() -> None:
        course.stop()

    with Looking(nothing, stopped) as session:
        report = run_over(session, the_world.config, the_world.crm.connection, course=course)
    accounts = next(one for one in report.loads if one.module == "Accounts")
    assert (accounts.created, accounts.skipped) == (2, COUNT - 2)
    assert {one["code"] for one in world.tables(the_world.config, report, "outcomes")} == {None, LEFT_BY_PERSON}
    assert of_file(the_world, "SELECT state, count(*) FROM batches GROUP BY 1") == [("settled", 1)]

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        the_world.load(session=Looking(nothing, interrupted))
    assert of_file(the_world, "SELECT count(*) FROM batches WHERE state = 'accepted'") == [(1,)]
    the_world.check(the_world.load(), has_key=True, count=COUNT)
