"""Loads of every kind of thing, made and overwritten, and each moment at which a load or rollback may end."""

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.load import audit
from pipeline.load.rollback.tables import Undone
from pipeline.targets import ACCOUNTS, CASES, CONTACTS, EVENTS, LEADS, TASKS
from tests.audit import undo
from tests.audit.undo import NINE, Desk
from tests.load import world
from tests.load.build import ready
from tests.load.test_every_step import Steps, stepping
from tests.load.world import Crm, Rows
from tests.mail.mails import kept, mail

_DUE = NINE.date()
_THERE: dict[str, dict[str, Any]] = {
    "Accounts": {"Account_Name": "Old"},
    "Contacts": {"Last_Name": "Abe", "First_Name": "An", "Email": "an@example.com", "Title": "Boss"},
    "Leads": {"Last_Name": "Ito", "First_Name": "Jun", "Company": "Ito KK", "Email": "jun@example.com", "City": "Ube"},
    "Tasks": {"Subject": "Pay", "Due_Date": _DUE.isoformat(), "Description": "by hand", "Priority": "Low"},
    "Events": {
        "Event_Title": "Talk", "Venue": "Room 1", "Description": "by hand",
        "Start_DateTime": NINE.isoformat(), "End_DateTime": NINE.replace(hour=1).isoformat(),
    },
}  # fmt: skip
_OVERWRITTEN = ("Contacts.Title", "Leads.City", "Tasks.Description", "Tasks.Priority", "Events.Venue",
                "Events.Description")  # fmt: skip
SETTINGS = undo.SETTINGS + "[policy]\n" + "".join(f'"{name}" = "always"\n' for name in _OVERWRITTEN)
_NAMES = {"Accounts": "Account_Name", "Contacts": "Last_Name", "Leads": "Last_Name", "Tasks": "Subject",
          "Events": "Event_Title", "Cases": "Subject"}  # fmt: skip


def _contact(key: str, name: str, **more: Any) -> dict[str, Any]:
    manager = more.pop("manager", "")
    made = ready(CONTACTS, key, Last_Name=name, Email=f"{name.casefold()}@example.com", **more)
    return made | ({"manager_crm_key": manager} if manager else {})


def _event(key: str, title: str, *guests: str, **more: Any) -> dict[str, Any]:
    people = [{"email": address, "role": "required"} for address in guests]
    end = NINE.replace(hour=1)
    return ready(EVENTS, key, Event_Title=title, Start_DateTime=NINE, End_DateTime=end, Participants=people, **more)


def _case(key: str, subject: str, of: str, **more: Any) -> dict[str, Any]:
    fixed = {"Status": "New", "Case_Origin": "Email"}
    return ready(CASES, key, Subject=subject, Related_To=of, Email=of, **fixed, **more)


def first_rows() -> Rows:
    """Return one item of each kind, all of them new to the CRM."""
    return {
        "accounts": [ready(ACCOUNTS, "a1", Account_Name="Kita")],
        "contacts": [_contact("c1", "Ray", Title="Clerk", Account_Name="a1")],
        "leads": [ready(LEADS, "l1", Last_Name="Lee", Company="Lee KK", Email="lee@example.com")],
        "tasks": [ready(TASKS, "t1", Subject="Call", Due_Date=_DUE, Description="once")],
        "events": [_event("e1", "Meet", "ray@example.com", Venue="Hall")],
        "cases": [_case("k1", "Broken", "ray@example.com", Description="once")],
        "emails": [mail("m1", "ray@example.com")],
    }


def second_rows() -> Rows:
    """Return what those became; of each kind one more that is new, and one that a person had written before."""
    return {
        "accounts": [
            ready(ACCOUNTS, "a1", Account_Name="Kita KK"),
            ready(ACCOUNTS, "a2", Account_Name="New"),
            ready(ACCOUNTS, "a3", Account_Name="Old"),
        ],
        "contacts": [
            _contact("c1", "Ray", Title="Head", Account_Name="a2", manager="c2"),
            _contact("c2", "Kim", Account_Name="a2"),
            ready(CONTACTS, "c3", Last_Name="Abe", First_Name="An", Email="an@example.com", Title="Chief", Phone="03-1",
                  Account_Name="a2"),
        ],
        "leads": [
            ready(LEADS, "l1", Last_Name="Lee", Company="Lee GK", Email="lee@example.com", Phone="03-2"),
            ready(LEADS, "l2", Last_Name="Oda", Company="Oda KK"),
            ready(LEADS, "l3", Last_Name="Ito", First_Name="Jun", Company="Ito KK", Email="jun@example.com",
                  City="Hagi"),
        ],
        "tasks": [
            ready(TASKS, "t1", Subject="Call", Due_Date=_DUE, Description="twice"),
            ready(TASKS, "t2", Subject="Write", Due_Date=_DUE),
            ready(TASKS, "t3", Subject="Pay", Due_Date=_DUE, Description="ours", Priority="High"),
        ],
        "events": [
            _event("e1", "Meet", "ray@example.com", "kim@example.com", Venue="Garden"),
            _event("e2", "Lunch", "kim@example.com", "abe@example.com"),
            _event("e3", "Talk", Venue="Room 2", Description="ours"),
        ],
        "cases": [
            _case("k1", "Broken", "ray@example.com", Description="twice"),
            _case("k2", "Lost", "kim@example.com"),
        ],
        "emails": [mail("m1", "ray@example.com"), mail("m2", "kim@example.com"), mail("m3", "an@example.com")],
    }  # fmt: skip


Rows_ = list[dict[str, Any]]
Held = dict[str, Rows_]


@dataclass(frozen=True, slots=True)
class Moments:
    """A sandbox, which lives in `crm_directory`, and a project; both can be brought back to any moment kept."""

    desk: Desk
    crm_directory: Path
    kept: Path

    @property
    def crm(self) -> Crm:
        """The sandbox."""
        return self.desk.crm

    def keep(self, name: str) -> str:
        """Keep what would be there if the process were killed now, and return its digest."""
        self.crm.keep(name)
        audit_log = self.desk.config.audit
        if audit_log.is_dir():
            shutil.copytree(audit_log, self.kept / name)
        return self._digest(name)

    def bring_back(self, name: str) -> None:
        """Go back to a moment."""
        shutil.rmtree(self.desk.config.audit, ignore_errors=True)
        if (self.kept / name).is_dir():
            shutil.copytree(self.kept / name, self.desk.config.audit)
        self.crm.bring_back(name)

    def every(self, what: Callable[[requests.Session], object], name: str, patch: pytest.MonkeyPatch) -> list[str]:
        """Do something once, and keep each of its durable steps that left something new behind; return their names."""
        names: dict[str, str] = {}

        class Keeping(Steps):
            def take(keeping) -> None:  # noqa: N805 - `self` is the moments
                keeping.count += 1
                number = f"{name}{keeping.count}"
                names.setdefault(self.keep(number), number)

        with stepping(Keeping(), patch) as session:
            what(session)
        return list(names.values())

    def _digest(self, name: str) -> str:
        """Return a digest of all but tokens, credits and other things that pass."""
        found = hashlib.sha256()
        with closing(sqlite3.connect(self.crm_directory / f"state-{name}.sqlite")) as db:
            for table in ("records", "emails", "jobs", "outbox"):
                found.update(repr(db.execute(f"SELECT * FROM {table}").fetchall()).encode())  # noqa: S608 - ours
        for path in sorted((self.kept / name).rglob("*")):
            if path.is_file() and not path.name.endswith("-shm"):
                found.update(path.name.encode() + path.read_bytes())
        return found.hexdigest()


def begun(directory: Path, crm: Crm, crm_directory: Path, *, has_key: bool) -> Moments:
    """Return a CRM with records of its own and one load in it, and the settings of the second load."""
    crm.begin_anew()
    if not has_key:
        crm.without_key_field()
    for module, values in _THERE.items():
        crm.write("POST", module, **values)
    Desk(crm, world.project(directory / "p", first_rows(), SETTINGS)).load()
    desk = Desk(crm, world.project(directory / "p", second_rows(), SETTINGS))
    return Moments(desk, crm_directory, directory / "kept")


def state(crm: Crm) -> Held:
    """Return all that the CRM holds, e-mails too, but who changed it last and when."""
    found = undo.state(crm)
    there = {one["id"] for rows in found.values() for one in rows}  # what hangs on a record is deleted with it
    return found | {
        "Emails": [{"id": message, "record": record} for _, record, message in kept(crm) if record in there]
    }


def leftovers(crm: Crm, before: Held, undone: Undone) -> list[str]:
    """Return what is not as it was before, and not listed as kept: none where the promise holds.

    Listed may be: an e-mail on a record that was there before; and, without a key field, a record of which nobody knows
    whether the CRM made it, with what it belongs to.
    """
    now = state(crm)
    listed = Counter(step.effect.module for step, _ in undone.rows if step.action == "keep")
    return [line for module, rows in before.items() for line in _told(module, rows, now[module], listed[module])]


def _told(module: str, before: Rows_, now: Rows_, allowed: int) -> Iterator[str]:
    old, new = ({(one["id"], one.get("record")): one for one in rows} for rows in (before, now))
    yield from (f"{module} {key} is gone" for key in old.keys() - new.keys())
    if len(more := new.keys() - old.keys()) > allowed:
        yield f"{module}: {more} are new, {allowed} listed"
    for key in old.keys() & new.keys():
        yield from (
            f"{module} {key} {name}: {old[key].get(name)!r} became {new[key].get(name)!r}"
            for name in {**old[key], **new[key]}
            if old[key].get(name) != new[key].get(name)
        )


def is_sound(moments: Moments) -> bool:
    """Tell whether no entry of the audit log is lost or changed."""
    return all(one.is_sound for one in audit.check(moments.desk.config))
