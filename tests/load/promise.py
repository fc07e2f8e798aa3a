"""The promise, as a test can check it: after whatever happened, each item is in the CRM exactly once.

With a key field: nothing is lost and nothing is there twice. Without: nothing is there twice, and what is missing is
listed as in doubt.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests

from pipeline.config import Config
from pipeline.errors import TargetError
from pipeline.load import audit
from pipeline.load.rows import MANAGER
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm, Rows

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
NAMES = {"Accounts": "Account_Name", "Contacts": "Last_Name", "Tasks": "Subject", "Events": "Event_Title"}
NOTES = {"Accounts": "Account_Name", "Contacts": "Title", "Tasks": "Description", "Events": "Venue"}
# One record a call and two a job, so that there are first, middle and last ones.
SETTINGS = "[zoho]\ntransport = 'bulk'\nrecord_rows = 1\nbulk_rows = 2\ntimeout_seconds = 20\npoll_seconds = 20\n"
A_DAY = 86_400


def rows(count: int = 3, note: str = "", *, is_led: bool = False) -> Rows:
    """Return ready tables with `count` items of each kind; `note` changes a field of each, the first contact leads."""
    numbers = range(count)
    start = [NINE.replace(minute=number) for number in numbers]
    extra: dict[str, dict[str, Any]] = {
        name: {NOTES[name]: note} if note else {} for name in ("Contacts", "Tasks", "Events")
    }
    return {
        "accounts": [ready(ACCOUNTS, f"acc{n}", Account_Name=f"Acc{n}") for n in numbers],
        "contacts": [
            ready(CONTACTS, f"con{n}", Last_Name=f"Con{n}", First_Name="A", Account_Name=f"acc{n}", **extra["Contacts"])
            | ({MANAGER: "con0"} if is_led and n else {})
            for n in numbers
        ],
        "tasks": [
            ready(TASKS, f"task{n}", Subject=f"Task{n}", Due_Date=date(2026, 5, 20), **extra["Tasks"]) for n in numbers
        ],
        "events": [
            ready(
                EVENTS,
                f"meet{n}",
                Event_Title=f"Meet{n}",
                Start_DateTime=start[n],
                End_DateTime=start[n].replace(hour=1),
                **extra["Events"],
            )
            for n in numbers
        ],
    }


def expected(count: int = 3) -> Counter[str]:
    """Return what is to be there, once each."""
    return Counter(f"{kind}{number}" for kind in ("Acc", "Con", "Task", "Meet") for number in range(count))


def held(crm: Crm, count: int = 3) -> Counter[str]:
    """Count our records in the CRM."""
    ours = expected(count)
    found = [record[name] for module, name in NAMES.items() for record in crm.records(module, name)]
    return Counter(name for name in found if name in ours)


def noted(crm: Crm, note: str | None, count: int = 3) -> Counter[str]:
    """Count our records that have the note (None: none)."""
    ours = expected(count)
    found = [
        record[name]
        for module, name in NAMES.items()
        if module != "Accounts"
        for record in crm.records(module, f"{name},{NOTES[module]}")
        if record[NOTES[module]] == note
    ]
    return Counter(name for name in found if name in ours)


def hurried(config: Config) -> Config:
    """Return settings that wait for nothing long: for what never answers, or a job that never ends."""
    zoho = config.zoho.model_copy(update={"timeout_seconds": 0.25, "poll_seconds": 0.05})
    return config.model_copy(update={"zoho": zoho})


def nap(_seconds: float) -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """One sandbox, and one project whose audit directory begins anew with each case."""

    crm: Crm
    config: Config
    is_led: bool = False

    def begin_anew(self, *, has_key: bool) -> None:
        """Forget everything, on both sides."""
        shutil.rmtree(self.config.audit, ignore_errors=True)
        self.crm.begin_anew()
        if not has_key:
            self.crm.without_key_field()

    def load(self, config: Config | None = None, session: requests.Session | None = None) -> Report | None:
        """Load once, without real waiting; None when it ended in an error that a person would read."""
        self.crm.pass_a_minute()
        with session or requests.Session() as own:
            try:
                return run_over(own, config or self.config, self.crm.connection, sleep=nap)
            except TargetError:
                return None

    def check(self, report: Report | None, *, has_key: bool, count: int = 3) -> None:
        """Check the promise after a load that met no fault."""
        assert report is not None
        assert all(one.is_sound for one in audit.check(self.config))  # wherever it ended, nothing is lost of the log
        there, wanted = held(self.crm, count), expected(count)
        assert {name: number for name, number in there.items() if number > 1} == {}
        missing = sum((wanted - there).values())
        in_doubt = sum(one.in_doubt for one in report.loads)
        if self.is_led and not in_doubt:
            assert led_by(self.crm) == {f"Con{number}": "con0" if number else "" for number in range(count)}
        if has_key:
            assert (missing, in_doubt, report.is_clean) == (0, 0, True)
        else:
            assert missing == in_doubt == doubtful_rows(self.config, report)


def doubtful_rows(config: Config, report: Report) -> int:
    """Count the rows that the table of outcomes lists as in doubt."""
    return sum(one["result"] == "in doubt" for one in world.tables(config, report, "outcomes"))


def led_by(crm: Crm) -> dict[str, str]:
    """Return the key of whom each contact of ours reports to, "" for nobody."""
    people = crm.records("Contacts", "Last_Name,Reporting_To")
    names = {one["id"]: one["Last_Name"].lower() for one in people}
    ours = [one for one in people if one["Last_Name"].startswith("Con")]
    return {one["Last_Name"]: names.get((one["Reporting_To"] or {}).get("id"), "") for one in ours}


def made(directory: Path, crm: Crm, count: int = 3, settings: str = SETTINGS, *, is_led: bool = False) -> World:
    """Return a world with `count` items of each kind; if wanted, the first contact is the manager of the others."""
    return World(crm, world.project(directory / "p", rows(count, is_led=is_led), settings), is_led)
