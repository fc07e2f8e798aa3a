"""Credits: the forecast is what the sandbox meters; the dearer way is taken only for a named reason."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.load import credits as prices
from pipeline.load import plan
from pipeline.load.plan import Transport
from pipeline.load.rows import MANAGER
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CASES, CONTACTS, EVENTS, LEADS, TASKS
from tests.load import promise, world
from tests.load.build import ready
from tests.load.world import Crm, Rows
from tests.mail.mails import mail

POLL = r"/crm/bulk/v8/write/\d+"


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all plans."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def some(chance: random.Random, note: str = "") -> Rows:
    """Return ready tables of random size, all modules, managers and e-mails; `note` changes a field of some."""
    title, text = ({"Title": note}, {"Description": note}) if note else ({}, {})
    accounts, contacts, tasks, events, leads = (chance.choice((0, 1, 3, 10, 11)) for _ in range(5))
    cases, mails = chance.choice((0, contacts)), chance.choice((0, 0, min(contacts, 3)))
    starts = [promise.NINE + timedelta(minutes=number) for number in range(events)]
    led = {MANAGER: "c0"} if chance.random() < 0.3 else {}
    return {
        "accounts": [ready(ACCOUNTS, f"a{n}", Account_Name=f"A{n}") for n in range(accounts)],
        "contacts": [
            ready(CONTACTS, f"c{n}", Last_Name=f"C{n}", First_Name="A", Email=f"c{n}@rows.example", **title)
            | (led if n else {})
            for n in range(contacts)
        ],
        "leads": [
            ready(LEADS, f"l{n}", Last_Name=f"L{n}", Company="KK", Email=f"l{n}@rows.example") for n in range(leads)
        ],
        "cases": [
            ready(CASES, f"s{n}", Subject=f"S{n}", Related_To=f"c{n}@rows.example", Status="New", Case_Origin="Email",
                  Email=f"c{n}@rows.example", **text)
            for n in range(cases)
        ],
        "emails": [mail(f"m{n}", f"c{n}@rows.example") for n in range(mails)],
        "tasks": [ready(TASKS, f"t{n}", Subject=f"T{n}", Due_Date=promise.NINE.date(), **text) for n in range(tasks)],
        "events": [
            ready(EVENTS, f"e{n}", Event_Title=f"E{n}", Start_DateTime=at, End_DateTime=at + timedelta(hours=1))
            for n, at in enumerate(starts)
        ],
    }  # fmt: skip


# Why a module may go the dearer way: what the plan says of it.
_WHY_DEARER = (
    r'\[zoho\] transport = "(bulk|records)"', "has no unique field", "bulk write does not take", "not known to take",
)  # fmt: skip


def of_bulk(creates: int, updates: int, size: int) -> int:
    """Return what bulk write costs (2.8): job, upload, one question, result; and a look at what is to be changed."""
    return sum(504 * -(-count // size) for count in (creates, updates)) + _looks(updates, size)


def of_records(creates: int, updates: int, size: int) -> int:
    """Return what the records API costs: 1 per 10 records of a call; and a look at what is to be changed."""
    calls = [min(size, count - start) for count in (creates, updates) for start in range(0, count, size)]
    return sum(-(-count // 10) for count in calls) + _looks(updates, size)


def _looks(updates: int, size: int) -> int:
    return sum(-(-min(size, updates - start) // 100) for start in range(0, updates, size))


def dearer(report: Report, in_bulk: set[str], sizes: tuple[int, int]) -> list[str]:
    """Return the modules that went the dearer way without a named reason."""
    found = []
    for one in (one for one in report.loads if one.module in promise.NAMES and one.sent):
        ways = [of_records(one.created, one.updated, sizes[1]), of_bulk(one.created, one.updated, sizes[0])]
        said = [note for note in report.notes if note.startswith(f"{one.module}: ") and " sent by " in note]
        is_named = any(re.search(why, note) for note in said for why in _WHY_DEARER)
        if ways[one.module in in_bulk] > min(ways) and not is_named:
            found.append(f"{one.module}: {ways} {said}")
    return found


def told_of_credits(report: Report) -> tuple[int, ...] | None:
    """Return what the report says of credits: spent, forecast, and for asking again whether jobs were done."""
    said = r"Credits: ([\d,]+) spent, ([\d,]+) forecast, reading the CRM included(?:, and ([\d,]+) for asking again)?"
    for note in report.notes:
        if found := re.match(said, note):
            return tuple(int((one or "0").replace(",", "")) for one in found.groups())
    return None


def test_forecast_is_the_meter(tmp_path: Path, crm: Crm) -> None:
    """Of 200 random plans each costs what was forecast; only questions for a job's state beyond the first are more.

    Some are for an org that an earlier plan has filled, and change records there.
    """
    chance = random.Random(5)  # noqa: S311 - no secret
    place, updated, ways = tmp_path, 0, Counter[str]()
    for number in range(200):
        if is_fresh := number == 0 or chance.random() < 0.7:
            crm.begin_anew()
            place = tmp_path / str(number)
        bulk_read, sizes = chance.choice((1, 500)), (chance.choice((3, 10, 25_000)), chance.choice((3, 10, 11, 100)))
        crm.turn(bulk_read_credits=bulk_read)
        toml = (
            f'[zoho]\ntransport = "{chance.choice(("auto", "bulk", "records"))}"\nbulk_read_credits = {bulk_read}\n'
            f"bulk_rows = {sizes[0]}\nrecord_rows = {sizes[1]}\n"
        )
        config = world.project(place, some(chance, "" if is_fresh else str(number)), toml)
        if is_fresh and chance.random() < 0.2:
            crm.without_key_field()
        after, before = crm.last_request(), crm.control("GET", "credits")["used"]
        report = world.run(config, crm)
        updated += sum(one.updated for one in report.loads)
        said = told_of_credits(report)
        jobs = [json.loads(one["body"]) for one in crm.asked("POST", "/crm/bulk/v8/write", after)]
        more = len(crm.asked("GET", POLL, after)) - len(jobs)
        used = crm.control("GET", "credits")["used"] - before
        assert said == ((used, used - more, more) if any(one.sent for one in report.loads) else None), (number, toml)
        assert dearer(report, {one["resource"][0]["module"]["api_name"] for one in jobs}, sizes) == []
        ways.update({one.module: one.sent for one in report.loads} | {"in bulk": len(jobs)})
    assert updated > 200
    assert min(ways.values()) > 100


def test_cheaper_way(tmp_path: Path, crm: Crm) -> None:
    """A few rows go by the records API, unless the settings ask for bulk write; the reason names the price."""
    crm.begin_anew()
    rows = {"tasks": [ready(TASKS, f"t{n}", Subject=f"T{n}") for n in range(12)]}
    report = world.run(world.project(tmp_path / "p", rows, ""), crm)
    assert any("by the records API: it costs 2 credits, bulk write would cost 503" in note for note in report.notes)
    crm.begin_anew()
    report = world.run(world.project(tmp_path / "q", rows), crm)
    wanted = 'and [zoho] transport = "bulk", 503 credits instead of 2'
    assert any(wanted in note for note in report.notes)


@pytest.mark.parametrize(
    ("bulk", "records", "preferred", "name", "reason"),
    [
        (503, 502, "auto", "records", "it costs 502 credits, bulk write would cost 503"),
        (503, 503, "auto", "records", "it costs 503 credits, bulk write would cost 503"),
        (503, 504, "auto", "bulk", "safe; it costs 503 credits, the records API would cost 504"),
        (503, 504, "bulk", "bulk", 'safe, and [zoho] transport = "bulk"'),
        (503, 504, "records", "records", '[zoho] transport = "records": 504 credits instead of 503'),
    ],
)
def test_reason(bulk: int, records: int, preferred: plan.Preferred, name: str, reason: str) -> None:
    """The cheaper one is taken, the dearer one only where the settings ask for it, and the reason says so."""
    chosen = plan.cheaper(Transport("bulk", "safe", "Key"), bulk, records, preferred)
    assert (chosen.name, chosen.reason) == (name, reason)


def test_more_than_the_day_allows(tmp_path: Path, crm: Crm) -> None:
    """A plan above the day's allowance is refused before anything is sent."""
    crm.begin_anew()
    last = crm.last_request()
    rows = {"tasks": [ready(TASKS, f"t{n}", Subject=f"T{n}") for n in range(300)]}
    settings = "[zoho]\ncredits_a_day = 40\nbulk_read_credits = 1\n"
    with pytest.raises(SettingsError, match=r"The plan costs 30 credits \(3 calls\), and \d+ are left of the org's 40"):
        world.run(world.project(tmp_path / "p", rows, settings), crm)
    assert crm.changes(last) == []


def test_spread_over_days(tmp_path: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spread over days, a run sends what the day allows, lists the rest, and the next day goes on with it."""
    crm.begin_anew()
    rows = {"tasks": [ready(TASKS, f"t{n}", Subject=f"T{n}") for n in range(300)]}
    settings = '[zoho]\ncredits_a_day = 55\nbulk_read_credits = 1\nover_allowance = "spread"\n'
    config = world.project(tmp_path / "p", rows, settings)
    first = world.counts(world.run(config, crm), "Tasks")
    assert 0 < first.created < 300
    assert first.created + first.skipped == 300
    assert world.counts(world.run(config, crm), "Tasks").created == 0
    tomorrow = prices.this_minute() + prices.DAY_MINUTES
    monkeypatch.setattr(prices, "this_minute", lambda: tomorrow)
    assert world.counts(world.run(config, crm), "Tasks").created > 0


@pytest.mark.parametrize(
    ("details", "allowed"),
    [
        ({"paid_type": "free"}, 5_000),
        ({"paid_type": "standard", "users_license_purchased": 10}, 52_500),
        ({"paid_type": "standard", "users_license_purchased": 1_000}, 100_000),
        ({"paid_type": "enterprise", "users_license_purchased": 10}, 60_000),
        ({"paid_type": "ultimate", "users_license_purchased": 3}, 56_000),
        ({"paid_type": "free", "trial_type": "zohooneenterprise"}, None),
        ({}, None),
    ],
)
def test_allowance(details: dict[str, object], allowed: int | None) -> None:
    """The credits of a day by edition and users; a trial says nothing of it."""
    assert prices.allowance(details) == allowed


def test_calls_that_cost_nothing(tmp_path: Path, crm: Crm) -> None:
    """Where upload, question and result of a bulk job are free, a forecast is above the meter, by just those calls."""
    crm.begin_anew()
    crm.turn(bulk_call_credits=0)
    rows = {"contacts": [ready(CONTACTS, f"c{n}", Last_Name=f"C{n}", First_Name="A") for n in range(3)]}
    before = crm.control("GET", "credits")["used"]
    said = told_of_credits(world.run(world.project(tmp_path / "p", rows), crm))
    used = crm.control("GET", "credits")["used"] - before
    assert said is not None
    assert said[1] - used == 3  # one job's
