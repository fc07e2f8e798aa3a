"""What only the org can tell: a canary finds it out in its first rows, it is remembered, and the rest goes by it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline import load
from pipeline.config import Config
from pipeline.errors import SettingsError, StorageError
from pipeline.load import org_facts
from pipeline.load.observe import Sight, together, told
from pipeline.load.org_facts import QUESTIONS, Fact
from pipeline.load.rollback.plan import Form
from pipeline.load.stage import run_over
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS, Kind
from tests.load import world
from tests.load.build import ready
from tests.load.promise import nap
from tests.load.world import Crm, Rows
from tests.mail.mails import kept, mail

NINE = datetime(2026, 5, 20, 0, tzinfo=UTC)
COUNT = 4


def text(number: int) -> str:
    """Return a text of two lines with a character that takes two units of UTF-16."""
    return f"one {number}\ntwo \U0001f600"


def rows() -> Rows:
    """Return four contacts, each with a text of two lines and an event of its own; a whole day and a task besides."""
    numbers = range(COUNT)
    return {
        "accounts": [ready(ACCOUNTS, "a", Account_Name="Kita")],
        "contacts": [
            ready(CONTACTS, f"c{n}", Last_Name=f"P{n}", Email=f"p{n}@else.example", Description=text(n))
            for n in numbers
        ],
        "tasks": [ready(TASKS, "t", Subject="T", What_Id="Kita")],
        "events": [
            *(
                ready(EVENTS, f"e{n}", Event_Title=f"E{n}", Start_DateTime=NINE, End_DateTime=NINE.replace(hour=1),
                      Participants=[{"email": f"{who}@else.example", "role": "required"} for who in (f"p{n}", "any")])
                for n in numbers
            ),
        ],
    }  # fmt: skip


def after_canary(config: Config, crm: Crm, most: int = 2) -> dict[str, str]:
    """Load the first rows and read them back; return what was found."""
    loaded(config, crm, first=most)
    crm.pass_a_minute()
    load.verify(config, crm.connection, observes=True)
    return {name: one.answer for name, one in org_facts.read(directory(config)).items()}


def loaded(config: Config, crm: Crm, first: int | None = None) -> Report:
    """Load, without real waiting."""
    crm.pass_a_minute()
    with requests.Session() as session:
        return run_over(session, config, crm.connection, sleep=nap, first=first)


def directory(config: Config) -> Path:
    """Return where the ledger of the org is."""
    (path,) = (one.parent for one in config.audit.glob("*/ledger.sqlite"))
    return path


def test_all_as_assumed(tmp_path: Path, crm: Crm) -> None:
    """Where the org is as it is assumed to be, that is what the canary finds, and the rest is loaded the same way."""
    config = world.project(tmp_path / "p", rows())
    assert after_canary(config, crm) == {
        "contact_beside_guests": "kept", "bulk_line_ends": "kept", "guest_address": "Email and participant",
        "times": "as sent", "reply_order": "as sent", "task_account": "kept", "rare_characters": "kept",
        "automation": "left alone",
    }  # fmt: skip
    report = loaded(config, crm)
    assert report.is_clean
    assert not any("Of this org" in note for note in report.notes)
    assert all(
        one["Who_Id"] for one in crm.records("Events", "Who_Id,Event_Title") if one["Event_Title"] in {"E2", "E3"}
    )


@pytest.mark.parametrize("position", ["dropped", "refused"])
def test_no_contact_beside_participants(tmp_path: Path, crm: Crm, position: str) -> None:
    """Where the org does not take an event's contact beside its participants, the rest of the events go without it."""
    crm.turn(who_beside_participants=position)
    config = world.project(tmp_path / "p", rows())
    assert after_canary(config, crm)["contact_beside_guests"] == position
    last = crm.last_request()
    report = loaded(config, crm)
    sent = [one["body"] for one in crm.changes(last) if one["path"].endswith("/Events")]
    assert sent
    assert any(f"participants: {position}" in note for note in report.notes)
    assert all("Who_Id" not in body for body in sent)
    assert world.counts(report, "Events").failed == 0
    assert {f"E{n}" for n in range(COUNT)} <= {one["Event_Title"] for one in crm.records("Events", "Event_Title")}


def test_line_ends_that_bulk_write_loses(tmp_path: Path, crm: Crm) -> None:
    """Where a line end ends the row of a bulk write, what was not sent yet goes by the records API, whole."""
    crm.turn(csv_newlines="end the row")
    config = world.project(tmp_path / "p", rows())
    assert after_canary(config, crm)["bulk_line_ends"] == "lost"
    last = crm.last_request()
    loaded(config, crm)
    assert any(one["path"] == "/crm/v8/Contacts" for one in crm.changes(last))
    texts = {one["Last_Name"]: one["Description"] for one in crm.records("Contacts", "Last_Name,Description")}
    assert {name: texts.get(name) for name in ("P2", "P3")} == {"P2": text(2), "P3": text(3)}


def test_answers_in_another_order(tmp_path: Path, crm: Crm) -> None:
    """Where several records are not answered in the order sent, every later call of the records API has one."""
    crm.turn(reply_order="reversed")
    config = world.project(tmp_path / "p", rows())
    assert after_canary(config, crm)["reply_order"] == "other"
    last = crm.last_request()
    report = loaded(config, crm)
    sent = [len(json.loads(one["body"])["data"]) for one in crm.changes(last) if one["path"].endswith("/Events")]
    assert (len(sent) > 1, set(sent)) == (True, {1})
    assert any("are answered: other" in note for note in report.notes)
    assert {f"E{n}" for n in range(COUNT)} == {one["Event_Title"] for one in crm.records("Events", "Event_Title")}


def test_pick_lists_that_take_what_they_show(tmp_path: Path, crm: Crm) -> None:
    """Where a pick list takes what it shows and not its value, the canary's task fails, and later loads send that."""
    shown = {"values": ["Completed", "Deferred"], "shown": ["完了", "延期"]}
    crm.control("PUT", "fields/Tasks/Status", shown)
    crm.turn(picklist_text="display")
    config = world.project(tmp_path / "p", {"tasks": [ready(TASKS, "t", Subject="T", Status="Completed")]})
    assert after_canary(config, crm)["pick_lists"] == "display"
    report = loaded(config, crm)
    assert any("values of pick lists that show another text: display" in note for note in report.notes)
    assert [one["Status"] for one in crm.records("Tasks", "Status")] == ["完了"]
    last = crm.last_request()
    assert loaded(config, crm).is_clean
    assert crm.changes(last) == []


def mails() -> list[dict[str, Any]]:
    """Return two messages, each to two people, the second of the same message right behind the first."""
    people = [(0, "p0"), (0, "p1"), (1, "p2"), (1, "p3")]
    return [
        mail(f"m{n}{who}", f"{who}@else.example", original_message_id=f"<m{n}@x.example>", day=-n) for n, who in people
    ]


@pytest.mark.parametrize(("position", "attached"), [("accepted", 4), ("refused", 2)])
def test_one_message_on_several_records(tmp_path: Path, crm: Crm, position: str, attached: int) -> None:
    """Where the org takes a message once only, the rest is planned so, and no call is spent on what it refuses."""
    crm.turn(message_id_twice=position, emails_message_id="hidden")
    config = world.project(tmp_path / "p", {**rows(), "emails": mails()})
    found = after_canary(config, crm, most=2)
    assert (found["message_on_several"], found["message_id"]) == (position, "hidden")
    last = crm.last_request()
    report = loaded(config, crm)
    assert len(crm.asked("POST", ".*/associate_email", last)) == (2 if position == "accepted" else 1)
    assert report.is_clean
    assert len(kept(crm)) == attached


def test_what_a_bulk_read_costs(tmp_path: Path, crm: Crm) -> None:
    """Where the org says what is left, the canary sees what a bulk read costs, and the next forecast is exact."""
    crm.turn(bulk_read_credits=7)
    config = world.project(tmp_path / "p", rows(), '[zoho]\ntransport = "records"\nsnapshot_hours = 0\n')
    loaded(config, crm, first=2)
    crm.turn(credits_a_day=2 * crm.control("GET", "credits")["used"])  # half is used: now each answer says what is left
    load.verify(config, crm.connection, observes=True)
    assert org_facts.known(config, directory(config)).bulk_read_credits == 7
    crm.turn(credits_a_day=60_000)
    before = crm.control("GET", "credits")["used"]
    report = loaded(config, crm)
    spent = crm.control("GET", "credits")["used"] - before
    assert report.facts["credits"] == report.facts["credits_forecast"] == spent


def test_a_setting_wins(tmp_path: Path, crm: Crm) -> None:
    """What the settings say is what a load goes by, whatever a canary found; both are shown."""
    config = world.project(tmp_path / "p", rows(), '[org]\ncontact_beside_guests = "dropped"\n')
    loaded(config, crm, first=2)
    assert not any(one["Who_Id"] for one in crm.records("Events", "Who_Id"))
    known = org_facts.known(config, directory(config))
    (line,) = org_facts.lines(known)
    assert line.startswith("an event's contact beside its participants: dropped (set in [org] contact_beside_guests)")


def test_events_that_would_come_at_another_time_are_not_loaded(tmp_path: Path, crm: Crm) -> None:
    """An org that was seen to move instants gets no event, until a person says otherwise."""
    config = world.project(tmp_path / "p", rows())
    after_canary(config, crm)
    moved = Fact(name="times", answer="moved", run=1, observed_at="2026-05-20T00:00:00+00:00", records=1)
    org_facts.keep(directory(config), [moved])
    with pytest.raises(SettingsError, match="instants of events"):
        loaded(config, crm)
    allowed = world.project(tmp_path / "p", rows(), '[org]\ntimes = "as sent"\n')
    assert loaded(allowed, crm).is_clean


def test_the_doctor_says_what_is_known_and_what_is_not(tmp_path: Path, crm: Crm) -> None:
    """Before a canary everything is assumed; after it each fact is told with its run."""
    config = world.project(tmp_path / "p", rows())
    assert any("assumed: an event's contact beside" in one.what for one in load.examine(config, crm.connection))
    after_canary(config, crm)
    told_ = [one.what for one in load.examine(config, crm.connection)]
    assert any(one.startswith("An event's contact beside its participants: kept (seen in 2 by run 1,") for one in told_)


def test_a_damaged_memory_is_told(tmp_path: Path) -> None:
    """What cannot be read is not taken for nothing."""
    (tmp_path / org_facts.FILE).write_text("[{}]")
    with pytest.raises(StorageError, match="damaged"):
        org_facts.read(tmp_path)


_EVENT = {"Start_DateTime": "2026-05-20T00:00:00+00:00", "End_DateTime": "2026-05-20T01:00:00+00:00"}
_HELD = {"Start_DateTime": "2026-05-20T09:00:00+09:00", "End_DateTime": "2026-05-20T10:00:00+09:00"}
_MADE = {"Created_Time": "2026-05-20T09:00:00+09:00", "Created_By": {"id": "1"}, "Modified_By": {"id": "1"}}


@pytest.mark.parametrize(
    ("sight", "expected"),
    [
        pytest.param({"written": _EVENT, "record": _HELD}, ("times", "as sent"), id="another zone, the same instant"),
        pytest.param({"written": _EVENT, "record": _HELD | {"End_DateTime": "2026-05-20T10:00:00Z"}},
                     ("times", "moved"), id="another instant"),
        pytest.param({"written": _EVENT | {"All_day": True}, "record": _HELD | {"All_day": True}},
                     ("all_day", "as sent"), id="a whole day"),
        pytest.param({"written": _EVENT | {"All_day": True}, "record": _HELD | {"All_day": False}},
                     ("all_day", "changed"), id="no whole day any more"),
        pytest.param({"written": {"Participants": ("a@b.example",)},
                      "record": {"Participants": [{"type": "email", "participant": "a@b.example"}]}},
                     ("guest_address", "participant"), id="an address in one key"),
        pytest.param({"written": {}, "record": {"Participants": [{"type": "email", "name": "a"}]}},
                     ("guest_address", "nowhere"), id="an address that is gone"),
        pytest.param({"written": {"Venue": "\u6771" * 4}, "record": {"Venue": "\u6771" * 4}},
                     ("length_unit", "characters"), id="more bytes than the length, whole"),
        pytest.param({"written": {"Venue": "\u6771" * 4}, "record": {"Venue": "\u6771" * 2}},
                     ("length_unit", "something shorter"), id="cut by bytes"),
        pytest.param({"written": {"Venue": "\U0001f600"}, "record": {"Venue": ""}},
                     ("rare_characters", "lost"), id="emoji gone"),
        pytest.param({"written": {}, "record": _MADE | {"Modified_Time": "2026-05-20T09:01:00+09:00"},
                      "is_only_made": True}, ("automation", "changed by others"), id="changed a minute later"),
        pytest.param({"written": {}, "record": _MADE | {"Modified_Time": "2026-05-20T09:00:00+09:00",
                                                         "Modified_By": {"id": "2"}}, "is_only_made": True},
                     ("automation", "changed by others"), id="changed by somebody else"),
    ],
)  # fmt: skip
def test_what_a_record_tells(sight: dict[str, Any], expected: tuple[str, str]) -> None:
    """Each question is answered by what was sent and what came back."""
    form = Form(kinds={"Venue": Kind.TEXT, "Participants": Kind.PARTICIPANTS}, defaults={}, names=())
    one = Sight(module="Events", transport="records", **sight)
    assert expected in [(name, answer) for name, answer, _ in told(one, {"Venue": 4}, {"Events": form})]


def test_the_worst_sight_counts() -> None:
    """One event without its contact outweighs many with it, and only those that show it are counted."""
    seen = [("contact_beside_guests", "kept", "Events")] * 5 + [("contact_beside_guests", "dropped", "Events")]
    (fact,) = together(seen, 3, "2026-05-20T00:00:00+00:00")
    assert (fact.answer, fact.records, fact.run, fact.is_as_assumed) == ("dropped", 1, 3, False)


def test_every_question_says_where_it_is_open() -> None:
    """Each question names its place in the reference and its mark, and what is done with each answer."""
    assert all(one.source.endswith((", L", ", M")) and all(one.answers.values()) for one in QUESTIONS.values())
