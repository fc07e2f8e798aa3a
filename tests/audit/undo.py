"""A CRM with records of its own, a load into it, and what is left after the load was rolled back."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests

from pipeline.config import Config
from pipeline.errors import TargetError
from pipeline.load.approval import Approver
from pipeline.load.rollback.stage import run_over as roll_back
from pipeline.load.rollback.tables import Undone
from pipeline.load.stage import run_over as load
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS
from tests.load import world
from tests.load.build import ready
from tests.load.promise import nap
from tests.load.world import Crm

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
MODULES = ("Accounts", "Contacts", "Tasks", "Events", "Leads", "Deals", "Cases", "Notes")
SETTINGS = "[zoho]\ntransport = 'bulk'\nrecord_rows = 2\ntimeout_seconds = 20\npoll_seconds = 20\n"
ROWS: world.Rows = {
    "accounts": [ready(ACCOUNTS, "acc0", Account_Name="Kita"), ready(ACCOUNTS, "acc1", Account_Name="Old")],
    "contacts": [
        ready(CONTACTS, "con0", Last_Name="Ray", First_Name="Bob", Email="bob@example.com", Account_Name="acc0"),
        ready(CONTACTS, "con1", Last_Name="Abe", First_Name="An", Email="an@example.com", Title="Chief",
              Phone="+81 3 0000 0000", Account_Name="acc0"),
    ],
    "tasks": [ready(TASKS, "task0", Subject="Call", Due_Date=date(2026, 5, 20))],
    "events": [
        ready(EVENTS, "meet0", Event_Title="Meet", Start_DateTime=NINE, End_DateTime=NINE.replace(hour=1),
              Participants=[{"email": "bob@example.com", "role": "required"}]),
    ],
}  # fmt: skip
# who changed it last and when; and whether that call was to mail somebody, which Zoho gives back like a field
_OF_A_CALL = frozenset({"Modified_Time", "Modified_By", "$send_notification"})


def furnish(crm: Crm) -> None:
    """Let the CRM have an account and a contact before the load: one of each that the load meets, and another."""
    old = crm.write("POST", "Accounts", Account_Name="Old")
    crm.write("POST", "Contacts", Last_Name="Abe", First_Name="An", Email="an@example.com", Title="Boss")
    crm.write("POST", "Contacts", Last_Name="Zed", Account_Name={"id": old})


def state(crm: Crm) -> dict[str, list[dict[str, Any]]]:
    """Return all that the CRM holds, but who changed it last and when."""
    return {module: [_settled(one) for one in crm.control("GET", f"records/{module}")] for module in MODULES}


def _settled(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _OF_A_CALL}


@dataclass(frozen=True, slots=True)
class Desk:
    """One sandbox and one project: load, roll back, compare."""

    crm: Crm
    config: Config

    def begin_anew(self) -> dict[str, list[dict[str, Any]]]:
        """Forget everything on both sides, and return the state before any load."""
        shutil.rmtree(self.config.audit, ignore_errors=True)
        self.crm.begin_anew()
        furnish(self.crm)
        return state(self.crm)

    def load(self, session: requests.Session | None = None, config: Config | None = None) -> None:
        """Load once, without real waiting."""
        self.crm.pass_a_minute()
        with session or requests.Session() as own:
            try:
                load(own, config or self.config, self.crm.connection, sleep=nap)
            except TargetError:
                return

    def undo(
        self,
        run: int = 1,
        session: requests.Session | None = None,
        *,
        said: list[str] | None = None,
        is_dry: bool = False,
        approver: Approver | None = None,
    ) -> Undone:
        """Roll a run back."""
        self.crm.pass_a_minute()
        say = said.append if said is not None else lambda _line: None
        with session or requests.Session() as own:
            return roll_back(
                own, self.config, self.crm.connection, run, say, sleep=nap, is_dry=is_dry, approver=approver
            )


def made(directory: Path, crm: Crm, rows: world.Rows = ROWS) -> Desk:
    """Return a desk with a project of its own."""
    return Desk(crm, world.project(directory / "p", rows, SETTINGS))


def whys(result: Undone) -> set[tuple[str, str, str]]:
    """Return module, reason and field of what stays."""
    return {(step.effect.module, one.why, one.field) for step, _ in result.rows for one in step.kept}
