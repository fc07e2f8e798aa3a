"""What the reference is not sure of: a load is right whichever way Zoho turns out to be.

The rows have something that each switch is about: texts of several lines and rare characters, addresses, numbers, pick
lists whose two texts differ, look-ups by bulk write and by the records API, participants of every kind, a case, leads,
e-mails on several records.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline import load as loading
from pipeline.config import Config
from pipeline.errors import SettingsError, TargetError
from pipeline.load import audit
from pipeline.load.approval import Approver
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.sandbox.switches import SWITCHES, Switch, Value
from pipeline.targets import ACCOUNTS, CASES, CONTACTS, EVENTS, LEADS, TASKS
from tests.load import promise, world
from tests.load.build import ready
from tests.load.world import Crm, Rows
from tests.mail.mails import mail

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
# Switches that these rows cannot reach, and where they are tested instead.
_ELSEWHERE: Mapping[str, str] = {
    "credits_a_day": "test_a_day_that_ends",
    "tokens_in_10_minutes": "test_tokens_that_run_out",
    "token_lockout_minutes": "test_tokens_that_run_out",
    "token_throttle_status": "test_tokens_that_run_out",
    "concurrency": "test_few_calls_at_once",
    "job_delay_ms": "test_slow_jobs",
    "closed_module": "test_module_outside_the_edition",
    "bulk_workflows": "test_workflow_rules",
    "activity_labels": "test_doctor.py",
    "workflow_rules": "test_doctor.py",
    "upload_too_large": "test_sandbox_bulk_write.py: our files are far smaller",
}
_LEAST = {"bulk_read_rows": 4}  # fewer would take more downloads than a minute allows
# What a canary finds out of such an org, or the settings say (org_facts.py): the load goes by it.
_SAID: Mapping[tuple[str, Value], str] = {
    ("csv_newlines", "end the row"): 'bulk_line_ends = "lost"',
    ("who_beside_participants", "refused"): 'contact_beside_guests = "refused"',
    ("message_id_twice", "refused"): 'message_on_several = "refused"',
    ("picklist_text", "display"): 'pick_lists = "display"',
    ("reply_order", "reversed"): 'reply_order = "other"',
}
_SETTINGS = '[zoho]\ntransport = "bulk"\nrecord_rows = 2\ntimeout_seconds = 20\npoll_seconds = 20\n'
_NAMES = promise.NAMES | {"Leads": "Last_Name", "Cases": "Subject"}
_OURS = Counter(f"{kind}{n}" for kind, count in (("Acc", 2), ("Con", 3), ("Lead", 1), ("Task", 3), ("Meet", 3),
                                                 ("Case", 2)) for n in range(count))  # fmt: skip
_MAILS = Counter({("Contacts", "<m0@x.example>"): 1, ("Contacts", "<both@x.example>"): 2})
_NOTED = ("Contacts", "Tasks", "Events")


def _guest(address: str) -> dict[str, Any]:
    return {"email": address, "role": "required"}


def rows(note: str = "first") -> Rows:
    """Return ready tables of every module; `note` is part of a field of each contact, task and event."""
    text = f'{note}\nこんにちは, "second" line; 3:4|5 \U00020bb7\U0001f600'
    start = [NINE.replace(minute=number) for number in range(3)]
    return {
        "accounts": [ready(ACCOUNTS, f"acc{n}", Account_Name=f"Acc{n}", Phone="03-0000-0000") for n in range(2)],
        "contacts": [
            ready(
                CONTACTS, f"con{n}", Last_Name=f"Con{n}", First_Name="和", Email=f"con{n}@rows.example",
                Phone="+81 3 0000 0000", Title=note, Description=text, Account_Name=f"acc{n % 2}",
                Date_of_Birth=date(1980, 2, 29),
            )
            for n in range(3)
        ],
        "leads": [ready(LEADS, "lead0", Last_Name="Lead0", Company="Rows KK", Email="lead0@rows.example")],
        "tasks": [
            ready(
                TASKS, f"task{n}", Subject=f"Task{n}", Due_Date=date(2026, 5, 20), Status="Completed",
                Priority="High", Description=text, Who_Id=f"Con{n} 和", What_Id=f"Acc{n % 2}",
            )
            for n in range(3)
        ],
        "events": [
            ready(
                EVENTS, f"meet{n}", Event_Title=f"Meet{n}", Start_DateTime=start[n],
                End_DateTime=start[n].replace(hour=1), All_day=False, Venue=note, Description=text,
                Participants=[
                    _guest(f"con{n}@rows.example"), _guest("lead0@rows.example"), _guest("any@else.example"),
                    _guest("hanako.sato@kaede-shoji.example"),
                ],
            )
            for n in range(3)
        ],
        "cases": [
            ready(
                CASES, f"case{n}", Subject=f"Case{n}", Related_To=f"con{n}@rows.example", Description=text,
                Email=f"con{n}@rows.example", Status="New", Case_Origin="Email",
            )
            for n in range(2)
        ],
        "emails": [
            mail("m0", "con0@rows.example"),
            *(
                mail(f"both{n}", f"con{n}@rows.example", original_message_id="<both@x.example>", subject="s" * 250)
                for n in range(2)
            ),
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Org:
    """A sandbox, and the project that is loaded into it."""

    crm: Crm
    place: Path

    def begin_anew(self, *, has_key: bool, toml: str = _SETTINGS, **switches: Value) -> Config:
        """Return the project, with nothing loaded; pick lists of the org show other texts than they hold."""
        config = world.project(self.place / str(self.crm.last_request()), rows(), toml)
        self.crm.begin_anew()
        self.crm.no_more_faults()
        for name in ("Status", "Priority"):
            self._show_otherwise("Tasks", name)
        if not has_key:
            self.crm.without_key_field()
        self.crm.turn(**switches)
        return config

    def _show_otherwise(self, module: str, name: str) -> None:
        held = {"Status": ["Not Started", "Completed"], "Priority": ["High", "Normal"]}[name]
        self.crm.control("PUT", f"fields/{module}/{name}", {"values": held, "shown": [f"表示 {one}" for one in held]})

    def load(self, config: Config) -> Report | None:
        """Load once without waiting; None where it ended in an error."""
        self.crm.pass_a_minute()
        with requests.Session() as session:
            try:
                return run_over(session, config, self.crm.connection, sleep=promise.nap)
            except TargetError:
                return None

    def held(self) -> Counter[str]:
        """Count our records."""
        found = [one[name] for module, name in _NAMES.items() for one in self.crm.records(module, name)]
        return Counter(name for name in found if name in _OURS)

    def mails(self) -> Counter[tuple[str, str]]:
        """Count the e-mails of each Message-ID."""
        return Counter((one["module"], one["original_message_id"]) for one in self.crm.control("GET", "emails"))

    def check(self, config: Config, report: Report | None, *, mails: Counter[tuple[str, str]] = _MAILS) -> None:
        """Everything is there exactly once, and nobody was mailed."""
        assert report is not None
        assert all(one.is_sound for one in audit.check(config))
        assert (self.held(), self.mails()) == (_OURS, mails)
        assert (report.is_clean, sum(one.in_doubt for one in report.loads)) == (True, 0)
        assert self.crm.control("GET", "outbox") == []


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """Run one sandbox for all switches."""
    directory = tmp_path_factory.mktemp("switches")
    with world.crm(directory / "crm") as running:
        yield Org(running, directory / "p")


def _positions(switch: Switch) -> tuple[Value, ...]:
    least = _LEAST.get(switch.name)
    return tuple(dict.fromkeys((switch.default, *((least,) if least else switch.positions))))


def all_positions() -> list[tuple[str, Value]]:
    """Return every switch that is tested here with each of its positions, but where every other test has it."""
    return [
        (switch.name, position)
        for switch in SWITCHES.values()
        if switch.name not in _ELSEWHERE
        for position in _positions(switch)
        if position != switch.default
    ]


def _toml(switches: Mapping[str, Value]) -> str:
    said = [_SAID[one] for one in switches.items() if one in _SAID]
    most = f"bulk_rows = {switches['bulk_write_rows']}\n" if "bulk_write_rows" in switches else ""
    return _SETTINGS + most + "".join(f"[org]\n{line}\n" if not n else f"{line}\n" for n, line in enumerate(said))


def loaded_twice(org: Org, switches: dict[str, Value], *, has_key: bool) -> Config:
    """Load, load again, and once more with a changed field in each row."""
    is_once = switches.get("message_id_twice") == "refused"
    mails = Counter(dict.fromkeys(_MAILS, 1)) if is_once else _MAILS
    config = org.begin_anew(has_key=has_key, toml=_toml(switches), **switches)
    org.check(config, org.load(config), mails=mails)
    last = org.crm.last_request()
    org.check(config, org.load(config), mails=mails)
    assert org.crm.changes(last) == []
    changed = world.project(config.project, rows("changed"), _toml(switches))
    org.check(config, org.load(changed), mails=mails)
    fields = {"Contacts": "Title", "Tasks": "Description", "Events": "Venue"}
    texts = [str(one[fields[module]]) for module in _NOTED for one in org.crm.records(module, fields[module])]
    assert sum(text.startswith("changed") for text in texts) == 9
    return changed


# What such an org does to values, and make verify says.
_LOST: Mapping[tuple[str, Value], set[str]] = {
    ("bulk_rare_characters", "lost"): {"Description"},
    ("who_beside_participants", "dropped"): {"Who_Id"},
    ("what_id", "dropped"): {"What_Id"},
}


# In such an org nothing goes by bulk write, so that no other switch of it could be seen.
_WITHOUT_BULK = frozenset({("bulk_modules", "refused"), ("csv_newlines", "end the row")})
_TOGETHER = 5


def together() -> list[dict[str, Value]]:
    """Return all positions in a few parts, in none of which a switch stands twice or hides another."""
    parts: list[dict[str, Value]] = [
        {name: position} for name, position in all_positions() if (name, position) in _WITHOUT_BULK
    ]
    open_parts: list[dict[str, Value]] = []
    for name, position in all_positions():
        if (name, position) not in _WITHOUT_BULK:
            part = next((one for one in open_parts if name not in one and len(one) < _TOGETHER), None)
            if part is None:
                open_parts.append(part := {})
            part[name] = position
    return parts + open_parts


@pytest.mark.parametrize("switches", together(), ids=lambda part: f"{next(iter(part))} and {len(part) - 1} more")
def test_each_position(org: Org, switches: dict[str, Value]) -> None:
    """Every switch in each position that is not its default: all is there once, and as it was sent."""
    config = loaded_twice(org, switches, has_key=True)
    org.crm.pass_a_minute()
    found = loading.verify(config, org.crm.connection).differences
    assert {one.field for one in found} == {name for one in switches.items() for name in _LOST.get(one, ())}


@pytest.mark.parametrize("seed", range(12))
def test_many_at_once(org: Org, seed: int) -> None:
    """All switches thrown at random, with and without a key field."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    thrown = {name: chance.choice(_positions(SWITCHES[name])) for name, _ in all_positions()}
    loaded_twice(org, thrown, has_key=bool(seed % 2))


_SURELY_ENDS = 0.9  # of what a first load took, which may have asked for the state of its jobs more often


@pytest.mark.parametrize("share", [0.15, 0.45, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
def test_a_day_that_ends(org: Org, share: float) -> None:
    """However little is left of the org's day, what was sent is there once, and the next day makes up for the rest."""
    config = org.begin_anew(has_key=share != 0.6)
    before = org.crm.control("GET", "credits")["used"]
    org.load(config)
    needed = org.crm.control("GET", "credits")["used"] - before
    config = org.begin_anew(has_key=share != 0.6, credits_a_day=int(needed * share))
    with suppress(SettingsError):  # what is left is said, and is too little: nothing is sent
        assert org.load(config) is None or share > _SURELY_ENDS
    assert max(org.held().values(), default=0) <= 1
    org.crm.pass_time(promise.A_DAY + 60)
    org.crm.turn(credits_a_day=60_000)
    org.check(config, org.load(config))


@pytest.mark.parametrize(("lockout", "status"), [(0, "400"), (0, "200"), (30, "400")])
def test_tokens_that_run_out(org: Org, lockout: int, status: str) -> None:
    """Where no new token is given in the midst of a load, it ends; later the next one makes up for it, once each."""
    config = org.begin_anew(has_key=True)
    org.crm.turn(tokens_in_10_minutes=1, token_lockout_minutes=lockout, token_throttle_status=status)
    org.crm.meet({"name": "expired_token", "method": "POST", "path": "/crm/v8/Events", "skip": 1})
    assert org.load(config) is None
    assert org.load(config) is None  # and to ask again too soon does no harm but to wait longer
    assert 0 < org.held().total() < _OURS.total()
    org.crm.pass_time(60 * (11 + lockout))
    org.check(config, org.load(config))


def test_fewer_rows_in_a_job(org: Org) -> None:
    """Where a bulk job takes fewer rows than the settings say, nothing of it is written, and what to set is said."""
    config = org.begin_anew(has_key=True, bulk_write_rows=2)
    report = org.load(config)
    assert report is not None
    assert world.counts(report, "Contacts").failed == 3
    assert any("set [zoho] bulk_rows lower" in note for note in report.notes)
    fewer = config.zoho.model_copy(update={"bulk_rows": 2})
    org.check(config, org.load(config.model_copy(update={"zoho": fewer})))


def test_few_calls_at_once(org: Org) -> None:
    """An org that takes one call at a time gets everything; what it refuses meanwhile is asked again."""
    config = org.begin_anew(has_key=True, concurrency=1)
    org.check(config, org.load(config))


def test_slow_jobs(org: Org) -> None:
    """Jobs that outlast our patience are in doubt, and settled by the next load; those that do not are waited for."""
    config = org.begin_anew(has_key=True, job_delay_ms=30)
    org.check(config, org.load(config))
    org.crm.turn(job_delay_ms=1000)
    changed = world.project(config.project, rows("changed"), _SETTINGS)
    impatient = changed.zoho.model_copy(update={"poll_seconds": 0.05})
    report = org.load(changed.model_copy(update={"zoho": impatient}))
    assert report is not None
    assert sum(one.in_doubt for one in report.loads) == 3
    org.crm.turn(job_delay_ms=0)
    org.check(changed, org.load(changed))
    assert {one["Title"] for one in org.crm.records("Contacts", "Title,Outlook_Key") if one["Outlook_Key"]} == {
        "changed"
    }


@pytest.mark.parametrize("answer", SWITCHES["closed_module"].positions)
def test_module_outside_the_edition(org: Org, answer: str) -> None:
    """Rows of a module that the edition lacks are skipped and listed, however it says so; all others are there once."""
    config = org.begin_anew(has_key=True, closed_module=answer)
    org.crm.control("DELETE", "modules/Events")
    for _ in range(2):
        last = org.crm.last_request()
        report = org.load(config)
        assert report is not None
        assert (world.counts(report, "Events").skipped, sum(one.failed for one in report.loads)) == (3, 0)
    assert org.crm.changes(last) == []
    ours = Counter({name: count for name, count in _OURS.items() if not name.startswith("Meet")})
    held = [one[name] for module, name in _NAMES.items() if module != "Events" for one in org.crm.records(module, name)]
    assert (Counter(name for name in held if name in ours), org.mails()) == (ours, _MAILS)


@pytest.mark.parametrize("position", ["fired", "silent"])
def test_workflow_rules(org: Org, position: str) -> None:
    """Into a real CRM nothing goes by bulk write, which could set off a workflow rule, unless a person has checked."""
    config = org.begin_anew(has_key=True, bulk_workflows=position)
    org.crm.control("PUT", "workflow_rules", {"rules": [{"module": "Contacts", "name": "Greet", "active": True}]})
    org.crm.pass_a_minute()
    last = org.crm.last_request()
    real = replace(org.crm.connection, target="crm")
    approved = Approver(given=str(loading.run(config, real, plans_only=True).facts["plan"]))
    org.crm.pass_a_minute()
    org.check(config, loading.run(config, real, approver=approved))
    assert org.crm.asked("POST", "/crm/bulk/v8/write", last) == []


def test_every_switch_has_its_test() -> None:
    """No switch is left out: what is not turned here is named with where it is."""
    assert SWITCHES.keys() == {name for name, _ in all_positions()} | _ELSEWHERE.keys()
    assert all(name in globals() for name in _ELSEWHERE.values() if name.startswith("test_") and "." not in name)
