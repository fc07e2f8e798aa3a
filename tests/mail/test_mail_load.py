"""E-mails on records of a CRM: whose they are, once each, and what happens when an answer is lost."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import load as loading
from pipeline.errors import TargetError
from pipeline.load import rollback
from pipeline.targets import CASES, CONTACTS, LEADS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm
from tests.mail.mails import ids, kept, mail, posts, project

OLIVER, PRIYA = "oliver.grant@birchwood.example", "priya.nair@copperleaf.example"
_PATH = ".*/associate_email"


@pytest.fixture
def crm(running: Crm) -> Crm:
    """Return the sandbox as it was made."""
    running.begin_anew()
    running.no_more_faults()
    return running


def results(report: Any) -> tuple[int, int, int, int, int]:
    """Return created, unchanged, skipped, failed and in doubt of the e-mails."""
    one = world.counts(report, "Emails")
    return one.created, one.unchanged, one.skipped, one.failed, one.in_doubt


def codes(config: Any, report: Any) -> dict[str, str]:
    """Return cluster_key → code of the e-mails that were left out or failed."""
    rows = world.tables(config, report, "outcomes")
    return {one["cluster_key"]: one["code"] for one in rows if one["module"] == "Emails" and one["code"]}


def test_whose_record_it_is(tmp_path: Path, crm: Crm) -> None:
    """A contact before a lead, of the CRM or of this run; nobody known is listed; a chosen record wins."""
    crm.write("POST", "Leads", Last_Name="Grant", First_Name="Oliver", Company="x", Email=OLIVER)
    mails = [
        mail("contact", OLIVER),
        mail("lead", PRIYA),
        mail("new", "new@else.example"),
        mail("new lead", "lead@else.example"),
        mail("nobody", "nobody@else.example"),
        mail("deal", record="Birchwood warehouse signage"),
        mail("name", record="grant  OLIVER"),
        mail("address", record=PRIYA),
        mail("gone", record="Deals:999"),
    ]
    people: dict[str, Any] = {
        "contacts": [ready(CONTACTS, "c", Last_Name="New", Email="new@else.example")],
        "leads": [ready(LEADS, "l", Last_Name="Lee", Company="Lee KK", Email="lead@else.example")],
    }
    config = project(tmp_path / "p", mails, **people)
    report = world.run(config, crm)
    known = ids(crm)
    signage = known["Birchwood warehouse signage"]
    assert set(kept(crm)) == {
        ("Contacts", known[OLIVER], "<contact@x.example>"),
        ("Leads", known[PRIYA], "<lead@x.example>"),
        ("Contacts", known["new@else.example"], "<new@x.example>"),
        ("Leads", known["lead@else.example"], "<new lead@x.example>"),
        ("Deals", signage, "<deal@x.example>"),
        ("Leads", known[PRIYA], "<address@x.example>"),
    }
    # the name is that of a contact and of a lead: nobody guesses
    assert codes(config, report) == {"nobody": "no_contact", "gone": "record_not_found", "name": "record_not_clear"}
    before = crm.last_request()
    again = world.run(config, crm)
    assert (results(again), crm.changes(before)) == ((0, 6, 3, 0, 0), [])
    assert crm.control("GET", "outbox") == []


def test_one_message_of_a_record(tmp_path: Path, crm: Crm) -> None:
    """A message that went to two addresses of one contact is attached to it once, also when it comes later."""
    oliver = ids(crm)[OLIVER]
    crm.write("PUT", "Contacts", id=oliver, Secondary_Email="oliver@home.example")
    same: dict[str, Any] = {"original_message_id": "<same@x.example>"}
    config = project(tmp_path / "p", [mail("a", OLIVER, **same)])
    world.run(config, crm)
    report = world.run(
        project(tmp_path / "p", [mail("a", OLIVER, **same), mail("b", "oliver@home.example", **same)]), crm
    )
    assert results(report) == (0, 2, 0, 0, 0)
    assert kept(crm) == [("Contacts", oliver, "<same@x.example>")]


def test_what_is_sent(tmp_path: Path, crm: Crm) -> None:
    """An e-mail goes with its people, text, date and owner, to its contact and to the one deal that a rule names."""
    known = ids(crm)
    deal, oliver = known["Birchwood warehouse signage"], known[OLIVER]
    crm.write("PUT", "Deals", id=deal, Contact_Name={"id": oliver})
    people = [{"role": role, "name": "N", "email": f"{role}@x.example"} for role in ("to", "cc", "bcc")]
    owner = "hanako.sato@kaede-shoji.example"
    mails = [
        mail("named", PRIYA, deal="birchwood Warehouse  signage") | {"to": people, "owner": owner},
        mail("only", OLIVER),
        mail("none", PRIYA, deal="No such deal"),
        mail("nobody", "nobody@else.example", deal="Birchwood warehouse signage"),
    ]
    config = project(tmp_path / "p", mails, "[mail]\nonly_open_deal = true\n")
    report = world.run(config, crm)
    sent = {one["original_message_id"][1:-11]: one for one in crm.control("GET", "emails")}
    named = sent["named"]
    assert [named[role] for role in ("to", "cc", "bcc")] == [
        [{"user_name": "N", "email": f"{role}@x.example"}] for role in ("to", "cc", "bcc")
    ]
    assert (named["date_time"], named["content"], named["sent"]) == ("2026-05-01T09:00:00+00:00", "<p>named</p>", True)
    users = {one["Owner"]["id"] for one in crm.records("Contacts", "Owner")}
    assert named["owner"]["id"] not in users  # the mailbox's user, who owns nothing yet
    linked = {key: (one["module"], (one.get("linked_record") or {}).get("id")) for key, one in sent.items()}
    assert linked == {
        "named": ("Leads", deal),
        "only": ("Contacts", deal),
        "none": ("Leads", None),
        "nobody": ("Deals", None),
    }
    remarks = [(one["rule"], one["ours"]) for one in world.tables(config, report, "remarks")]
    assert remarks == [("deal_not_found", "No such deal")]


def test_a_closed_deal_or_several_are_none(tmp_path: Path, crm: Crm) -> None:
    """Of a contact's deals only an open one counts, and only where it is the only one."""
    oliver = ids(crm)[OLIVER]
    toml = "[mail]\nonly_open_deal = true\n"
    crm.write("POST", "Deals", Deal_Name="Old", Stage="Closed Won", Contact_Name={"id": oliver})
    world.run(project(tmp_path / "p", [mail("a", OLIVER)], toml), crm)
    for name in ("One", "Two"):
        crm.write("POST", "Deals", Deal_Name=name, Stage="Qualification", Contact_Name={"id": oliver})
    config = project(tmp_path / "p", [mail("a", OLIVER), mail("b", OLIVER)], toml)
    report = world.run(config, crm)
    assert [one.get("linked_record") for one in crm.control("GET", "emails")] == [None, None]
    assert [one["rule"] for one in world.tables(config, report, "remarks")] == ["several_open_deals"]


@pytest.mark.parametrize("shown", ["shown", "hidden"])
@pytest.mark.parametrize(
    ("fault", "is_carried_out"),
    [
        pytest.param({"name": "answer_dropped"}, True, id="the answer is lost"),
        pytest.param({"name": "answer_status", "status": 500}, True, id="a 500 after the work"),
        pytest.param({"name": "status", "status": 502}, False, id="a 502 before the work"),
    ],
)
def test_a_lost_answer(tmp_path: Path, crm: Crm, fault: dict[str, Any], shown: str, *, is_carried_out: bool) -> None:
    """What is in doubt is looked up on its record by the next load, and sent again only where it is not there."""
    crm.turn(emails_message_id=shown)
    crm.meet({**fault, "path": _PATH})
    config = project(tmp_path / "p", [mail("a", OLIVER), mail("b", PRIYA, day=-1)])
    assert results(world.run(config, crm)) == (1, 0, 0, 0, 1)
    before = crm.last_request()
    again = world.run(config, crm)
    assert len(posts(crm, before)) == (0 if is_carried_out else 1)
    assert again.is_clean
    assert sorted(one[2] for one in kept(crm)) == ["<a@x.example>", "<b@x.example>"]
    assert results(world.run(config, crm)) == (0, 2, 0, 0, 0)


@pytest.mark.parametrize("shown", ["shown", "hidden"])
def test_a_request_that_is_carried_out_late(tmp_path: Path, crm: Crm, shown: str) -> None:
    """A message that arrives after it was looked for and sent again is still attached once."""
    crm.turn(emails_message_id=shown)
    crm.meet({"name": "late", "path": _PATH, "seconds": 90})
    config = project(tmp_path / "p", [mail("a", OLIVER)])
    assert results(world.run(config, crm)) == (0, 0, 0, 0, 1)
    world.run(config, crm)
    crm.pass_time(600)
    report = world.run(config, crm)
    assert (len(kept(crm)), results(report)) == (1, (0, 1, 0, 0, 0))


@pytest.mark.parametrize("shown", ["shown", "hidden"])
def test_a_duplicate_is_read_back(tmp_path: Path, crm: Crm, shown: str) -> None:
    """DUPLICATE_DATA counts as done only where the record has the message; then nobody asks again."""
    crm.turn(emails_message_id=shown)
    later = [mail(f"x{day}", OLIVER, day=day) for day in range(1, 12)]  # so that it is on the second page
    world.run(project(tmp_path / "other", [mail("a", OLIVER), *later]), crm)  # somebody else attached it
    config = project(tmp_path / "p", [mail("a", OLIVER)])
    assert results(world.run(config, crm)) == (0, 1, 0, 0, 0)
    before = crm.last_request()
    assert (results(world.run(config, crm)), posts(crm, before)) == ((0, 1, 0, 0, 0), [])


def test_a_message_that_another_record_has(tmp_path: Path, crm: Crm) -> None:
    """Where the CRM takes a Message-ID once in all, the second record is listed, and not asked for again."""
    crm.turn(message_id_twice="refused")
    same: dict[str, Any] = {"original_message_id": "<same@x.example>"}
    config = project(tmp_path / "p", [mail("a", OLIVER, **same), mail("b", PRIYA, **same)])
    report = world.run(config, crm)
    assert (results(report), codes(config, report)) == ((1, 0, 1, 0, 0), {"b": "on_another_record"})
    before = crm.last_request()
    assert (results(world.run(config, crm)), posts(crm, before)) == ((0, 1, 1, 0, 0), [])


def test_the_latest_first(tmp_path: Path, crm: Crm) -> None:
    """Of more messages than may go in a day the latest go first, and the next day the others."""
    mails = [mail(f"m{day}", OLIVER, day=day) for day in (3, 1, 4, 0, 2)]
    config = project(tmp_path / "p", mails, "[mail]\nmost_a_day = 2\n")
    report = world.run(config, crm)
    assert [one[2] for one in kept(crm)] == ["<m4@x.example>", "<m3@x.example>"]
    assert set(codes(config, report).values()) == {"left_for_another_day"}
    assert any("Emails: 3 rows skipped" in note and "left_for_another_day" in note for note in report.notes)
    assert results(world.run(config, crm)) == (0, 2, 3, 0, 0)


def test_credits_that_do_not_last(tmp_path: Path, crm: Crm) -> None:
    """E-mails never stop a plan: they take what is left of the day's credits, and the plan says what they cost."""
    mails = [mail(f"m{day}", OLIVER, day=day) for day in range(60)]
    config = project(tmp_path / "p", mails, "[zoho]\ncredits_a_day = 70\n")
    report = world.run(config, crm)
    created, _, left, *_ = results(report)
    assert created + left == 60
    assert 0 < created < 60
    assert kept(crm)[0][2] == "<m59@x.example>"


def test_the_plan_says_calls_credits_and_days(tmp_path: Path, crm: Crm) -> None:
    """A plan counts e-mails among its rows, and says how many calls, credits and days they take."""
    mails = [mail(f"m{day}", OLIVER, day=day) for day in range(5)]
    config = project(tmp_path / "p", mails, "[mail]\nmost_a_day = 2\n")
    crm.pass_a_minute()
    report = loading.run(config, crm.connection, plans_only=True)
    assert [(one.module, one.create) for one in report.plans if one.module == "Emails"] == [("Emails", 5)]
    assert (
        "Emails: 5 to attach, in 5 calls for 5 credits, so about 3 days at 2 a day; the most recent first."
        in report.notes
    )
    assert kept(crm) == []


def test_status_and_origin_are_the_orgs(tmp_path: Path, crm: Crm) -> None:
    """Where the org's lists lack New and Email, a case gets the list's default, else its first value; it is listed."""
    crm.control("PUT", "fields/Cases/Status", {"values": ["-None-", "受付", "完了"]})
    crm.control("PUT", "fields/Cases/Case_Origin", {"values": ["電話", "メール"], "default": "メール"})
    row = ready(CASES, "k", Subject="Broken", Related_To=OLIVER, Email=OLIVER, Status="New", Case_Origin="Email")
    config = project(tmp_path / "p", [], cases=[row])
    report = world.run(config, crm)
    assert [(one["Status"], one["Case_Origin"]) for one in crm.records("Cases", "Status,Case_Origin")] == [
        ("受付", "メール")
    ]
    remarks = [(one["rule"], one["field"]) for one in world.tables(config, report, "remarks")]
    assert remarks == [("value_of_org", "Status"), ("value_of_org", "Case_Origin")]
    assert world.counts(world.run(config, crm), "Cases").unchanged == 1


def test_a_refusal_for_all_stops(tmp_path: Path, crm: Crm) -> None:
    """What the CRM refuses for a reason that holds for every message is asked once; the rest waits."""
    crm.meet({"name": "status", "status": 403, "path": _PATH, "times": 9})
    config = project(tmp_path / "p", [mail("a", OLIVER), mail("b", PRIYA)])
    report = world.run(config, crm)
    assert results(report)[0] == 0
    assert not report.is_clean


def test_the_record_does_not_come_to_be(tmp_path: Path, crm: Crm) -> None:
    """A message to a contact whom the CRM refused is left out with it, and goes when the contact does."""
    bad = [ready(CONTACTS, "c", Last_Name="New", Email="new@else.example", Mobile="(03)1234")]
    config = project(tmp_path / "p", [mail("a", "new@else.example")], contacts=bad)
    assert codes(config, world.run(config, crm)) == {"a": "parent_missing"}
    good = [ready(CONTACTS, "c", Last_Name="New", Email="new@else.example")]
    assert results(world.run(project(tmp_path / "p", [mail("a", "new@else.example")], contacts=good), crm))[0] == 1


def test_a_record_that_was_made_again(tmp_path: Path, crm: Crm) -> None:
    """A message whose contact was deleted and came back as another record is attached to that one."""
    first = crm.write("POST", "Contacts", Last_Name="Zed", Email="zed@else.example")
    config = project(tmp_path / "p", [mail("a", "zed@else.example")])
    world.run(config, crm)
    crm.delete("Contacts", first)
    assert results(world.run(config, crm)) == (0, 0, 1, 0, 0)
    second = crm.write("POST", "Contacts", Last_Name="Zed", Email="zed@else.example")
    assert results(world.run(config, crm))[0] == 1
    assert kept(crm)[-1] == ("Contacts", second, "<a@x.example>")


def test_what_is_attached_stays(tmp_path: Path, crm: Crm) -> None:
    """A rollback lists e-mails as what Zoho cannot undo; the ledger knows them as associated."""
    config = project(tmp_path / "p", [mail("a", OLIVER)])
    world.run(config, crm)
    undone = rollback.run(config, crm.connection, 1)
    assert [(step.effect.module, step.action, step.kept[0].why) for step, _ in undone.rows] == [
        ("Emails", "keep", "irreversible")
    ]
    assert kept(crm)


def test_an_unreadable_record_stops_nothing_unsaid(tmp_path: Path, crm: Crm) -> None:
    """Where the e-mails of a record cannot be read back, the load says so, and what was sent stays in doubt."""
    crm.meet({"name": "answer_dropped", "path": _PATH})
    config = project(tmp_path / "p", [mail("a", OLIVER)])
    world.run(config, crm)
    crm.meet({"name": "status", "status": 403, "method": "GET", "path": ".*/Emails", "times": 9})
    with pytest.raises(TargetError, match="reading the e-mails"):
        world.run(config, crm)
    crm.no_more_faults()
    assert results(world.run(config, crm)) == (0, 1, 0, 0, 0)


def test_the_day_is_the_last_24_hours(tmp_path: Path, crm: Crm) -> None:
    """What went more than a day ago does not count against most_a_day."""
    config = project(tmp_path / "p", [mail("a", OLIVER, day=1), mail("b", OLIVER)], "[mail]\nmost_a_day = 1\n")
    world.run(config, crm)
    ledger = next(config.audit.glob("*/ledger.sqlite"))
    earlier = (datetime.now(UTC) - timedelta(hours=25)).isoformat(timespec="seconds")
    with sqlite3.connect(ledger) as db:
        db.execute("UPDATE runs SET started_at = ?", (earlier,))
    assert results(world.run(config, crm)) == (1, 1, 0, 0, 0)
