"""A load that ends in the midst: the next one looks first, and each record is there exactly once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.config import Config
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
TABLES = {
    "accounts": [ready(ACCOUNTS, "acc", Account_Name="Kita")],
    "contacts": [ready(CONTACTS, "bob", Last_Name="Ray", First_Name="Bob", Account_Name="acc")],
    "tasks": [ready(TASKS, "call", Subject="Call", Due_Date=date(2026, 5, 20))],
    "events": [ready(EVENTS, "meet", Event_Title="Meet", Start_DateTime=NINE, End_DateTime=NINE.replace(hour=1))],
}
NAMES = {"Accounts": "Account_Name", "Contacts": "Last_Name", "Tasks": "Subject", "Events": "Event_Title"}
OURS = {"Kita", "Ray", "Call", "Meet"}


class Killed(BaseException):
    """Stands for the end of the process."""


class Failing(requests.Session):
    """Does something instead of, or after, the first request that `is_meant`."""

    def __init__(self, is_meant: Callable[[str, str], bool], *, sends: bool, error: BaseException) -> None:
        super().__init__()
        self._is_meant = is_meant
        self._sends = sends
        self._error = error
        self.met = 0

    def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]  # passes all on
        """Send a request, or not."""
        if self.met or not self._is_meant(str(method), str(url)):
            return super().request(method, url, **more)
        self.met += 1
        if self._sends:
            super().request(method, url, **more).close()
        raise self._error


def bulk_job(method: str, url: str) -> bool:
    """Tell whether a request asks for a bulk write."""
    return method == "POST" and url.endswith("/crm/bulk/v8/write")


def bulk_poll(method: str, url: str) -> bool:
    """Tell whether a request asks for the state of a bulk write."""
    return method == "GET" and "/crm/bulk/v8/write/" in url


def bulk_result(method: str, url: str) -> bool:
    """Tell whether a request fetches the result of a bulk write."""
    return method == "GET" and "bulk-write" in url


def upload(method: str, url: str) -> bool:
    """Tell whether a request uploads."""
    return method == "POST" and url.endswith("/upload")


def insert(method: str, url: str) -> bool:
    """Tell whether a request inserts events."""
    return method == "POST" and url.endswith("/crm/v8/Events")


def held(crm: Crm) -> Counter[str]:
    """Count our records in the CRM."""
    found = [record[name] for module, name in NAMES.items() for record in crm.records(module, name)]
    return Counter(name for name in found if name in OURS)


def broken(crm: Crm, config: Config, session: requests.Session) -> Report:
    """Load over a session that fails."""
    crm.pass_a_minute()
    return run_over(session, config, crm.connection)


def pending(report: Report) -> int:
    """Return how many rows are in doubt."""
    return sum(one.in_doubt for one in report.loads)


@pytest.mark.parametrize(
    ("is_meant", "sends"),
    [
        pytest.param(upload, True, id="uploaded"),
        pytest.param(bulk_job, False, id="before the job"),
        pytest.param(bulk_job, True, id="the job is made, its id is lost"),
        pytest.param(bulk_poll, False, id="before the first poll"),
        pytest.param(bulk_result, False, id="before the result"),
        pytest.param(insert, False, id="before the insert"),
        pytest.param(insert, True, id="inserted, the ids are lost"),
    ],
)
def test_killed(tmp_path: Path, crm: Crm, is_meant: Callable[[str, str], bool], *, sends: bool) -> None:
    """Killed before or after any request: the next load makes up for it, and a third has nothing to do."""
    config = world.project(tmp_path / "p", TABLES)
    with Failing(is_meant, sends=sends, error=Killed()) as session, pytest.raises(Killed):
        broken(crm, config, session)
    report = world.run(config, crm)
    assert (report.is_clean, held(crm)) == (True, Counter(OURS))
    before = crm.last_request()
    assert (sum(one.unchanged for one in world.run(config, crm).loads), crm.changes(before)) == (4, [])


@pytest.mark.parametrize(
    "sends", [pytest.param(False, id="lost on the way there"), pytest.param(True, id="on the way back")]
)
@pytest.mark.parametrize("is_meant", [bulk_job, insert])
def test_no_answer(tmp_path: Path, crm: Crm, is_meant: Callable[[str, str], bool], *, sends: bool) -> None:
    """A change without an answer is in doubt, not sent again in the same run, and settled by the next one."""
    config = world.project(tmp_path / "p", TABLES)
    with Failing(is_meant, sends=sends, error=requests.ReadTimeout()) as session:
        report = broken(crm, config, session)
    assert (pending(report), session.met) == (1, 1)
    assert world.run(config, crm).is_clean
    assert held(crm) == Counter(OURS)


@pytest.mark.parametrize(
    ("sends", "doubts"), [pytest.param(False, 1, id="it never arrived"), pytest.param(True, 0, id="it did")]
)
def test_no_answer_without_key_field(tmp_path: Path, crm: Crm, *, sends: bool, doubts: int) -> None:
    """Without a key field it is never sent again: found by its natural key, or in doubt from run to run."""
    crm.without_key_field()
    config = world.project(tmp_path / "p", TABLES)
    with Failing(insert, sends=sends, error=requests.ReadTimeout()) as session:
        assert pending(broken(crm, config, session)) == 1
    for _ in range(2):
        before = crm.last_request()
        assert pending(world.run(config, crm)) == doubts
        assert crm.changes(before) == []
    assert held(crm) == Counter(OURS - (set() if sends else {"Meet"}))


@pytest.mark.parametrize("sends", [pytest.param(False, id="it never arrived"), pytest.param(True, id="it did")])
def test_a_persons_word(tmp_path: Path, crm: Crm, *, sends: bool) -> None:
    """On a person's word what is in doubt is sent again; what a natural key finds is not made twice even then."""
    crm.without_key_field()
    config = world.project(tmp_path / "p", TABLES)
    with Failing(insert, sends=sends, error=requests.ReadTimeout()) as session:
        assert pending(broken(crm, config, session)) == 1
    crm.pass_a_minute()
    with requests.Session() as session:
        report = run_over(session, config, crm.connection, resends_doubts=True)
    assert (report.is_clean, held(crm)) == (True, Counter(OURS))


def test_update_without_answer(tmp_path: Path, crm: Crm) -> None:
    """An update that arrived though its answer was lost counts as ours: a later change overwrites it."""
    config = world.project(tmp_path / "p", TABLES)
    world.run(config, crm)
    event = dict(TABLES["events"][0])
    first = world.project(tmp_path / "p", TABLES | {"events": [event | {"Venue": "Room 1"}]})
    puts = Failing(lambda method, _url: method == "PUT", sends=True, error=requests.ReadTimeout())
    with puts as session:
        assert pending(broken(crm, first, session)) == 1
    second = world.run(world.project(tmp_path / "p", TABLES | {"events": [event | {"Venue": "Room 2"}]}), crm)
    assert (world.counts(second, "Events").updated, [one["Venue"] for one in crm.records("Events", "Venue")]) == (
        1,
        ["Room 2"],
    )


def test_lost_ledger(tmp_path: Path, crm: Crm) -> None:
    """Without its ledger a load finds its records by their key: nothing is made twice."""
    config = world.project(tmp_path / "p", TABLES)
    world.run(config, crm)
    for path in config.audit.rglob("ledger.sqlite*"):
        path.unlink()
    report = world.run(config, crm)
    assert (sum(one.unchanged for one in report.loads), held(crm)) == (4, Counter(OURS))
