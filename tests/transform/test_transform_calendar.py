"""Extracted tasks and calendar items become drafts of Tasks and Events."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.transform import events, tasks
from pipeline.transform.draft import Draft, Home
from tests import builders
from tests.builders import person

TOKYO, LONDON = builders.home("sato", "Asia/Tokyo"), builders.home("dana", "Europe/London")
ALIASES = {"d.whitfield@kaede.example": "dana@kaede.example"}


def event(at: Home = TOKYO, **values: object) -> Draft:
    """Map one calendar item."""
    (row,) = builders.rows("events", {"subject": "打合せ", **values})
    return events.draft(row, builders.origin(at=at), ALIASES)


def task(**values: object) -> Draft:
    """Map one task."""
    (row,) = builders.rows("tasks", values)
    return tasks.draft(row, builders.origin())


def wall(text: str) -> datetime:
    """Return a wall clock time."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("at", "start", "end", "expected", "rules"),
    [
        pytest.param(
            TOKYO, "2026-05-20T10:00", "2026-05-20T11:00", ("2026-05-20T01:00", "2026-05-20T02:00"), set(), id="Tokyo"
        ),
        pytest.param(
            LONDON, "2026-07-08T09:00", "2026-07-08T10:00", ("2026-07-08T08:00", "2026-07-08T09:00"), set(), id="summer"
        ),
        pytest.param(
            LONDON,
            "2026-03-29T01:30",
            "2026-03-29T03:00",
            ("2026-03-29T01:30", "2026-03-29T02:00"),
            {"time_in_clock_gap"},
            id="starts in the gap",
        ),
        pytest.param(
            LONDON,
            "2026-10-25T01:30",
            "2026-10-25T04:00",
            ("2026-10-25T00:30", "2026-10-25T04:00"),
            {"time_occurs_twice"},
            id="starts in the hour that comes twice",
        ),
        pytest.param(
            LONDON,
            "2026-10-25T01:45",
            "2026-10-25T01:15",
            ("2026-10-25T00:45", "2026-10-25T01:15"),
            {"time_occurs_twice"},
            id="ends in the second one",
        ),
    ],
)
def test_wall_clock_times(at: Home, start: str, end: str, expected: tuple[str, str], rules: set[str]) -> None:
    """A CSV's wall clock is read in the zone of the mailbox, and what had to be decided is listed."""
    found = event(at, start_local=wall(start), end_local=wall(end))
    assert (found.values["Start_DateTime"], found.values["End_DateTime"]) == tuple(map(builders.instant, expected))
    assert {made.change.rule for made in found.changes} == rules


@pytest.mark.parametrize(
    ("at", "values", "expected"),
    [
        pytest.param(
            TOKYO,
            {"start_local": wall("2026-06-01T00:00"), "end_local": wall("2026-06-02T00:00")},
            ("2026-05-31T15:00", "2026-06-01T15:00"),
            id="CSV",
        ),
        pytest.param(
            LONDON,
            {"start_local": wall("2026-05-25T00:00"), "end_local": wall("2026-05-26T00:00")},
            ("2026-05-24T23:00", "2026-05-25T23:00"),
            id="CSV in summer",
        ),
        pytest.param(
            TOKYO,
            {"start_at": builders.instant("2026-05-31T15:00"), "end_at": builders.instant("2026-06-01T15:00")},
            ("2026-05-31T15:00", "2026-06-01T15:00"),
            id="store, zone of the mailbox",
        ),
        pytest.param(
            LONDON,
            {
                "start_at": builders.instant("2026-05-31T15:00"),
                "end_at": builders.instant("2026-06-01T15:00"),
                "time_zone": "Asia/Tokyo",
            },
            ("2026-05-31T23:00", "2026-06-01T23:00"),
            id="store, made in Tokyo: the date stays the first of June",
        ),
        pytest.param(
            TOKYO,
            {
                "start_at": builders.instant("2021-04-27T03:00"),
                "end_at": builders.instant("2021-04-28T03:00"),
                "time_zone": "America/Sao_Paulo",
            },
            ("2021-04-26T15:00", "2021-04-27T15:00"),
            id="store, made in São Paulo",
        ),
        pytest.param(
            TOKYO,
            {"start_local": wall("2026-06-01T00:00"), "end_local": wall("2026-06-01T00:00")},
            ("2026-05-31T15:00", "2026-06-01T15:00"),
            id="ends on the day it starts",
        ),
        pytest.param(
            TOKYO, {"start_local": wall("2026-06-01T00:00")}, ("2026-05-31T15:00", "2026-06-01T15:00"), id="without end"
        ),
    ],
)
def test_all_day_events_keep_their_date(at: Home, values: dict[str, object], expected: tuple[str, str]) -> None:
    """An all-day event goes from midnight to midnight of the mailbox's zone, on the dates of the item's own."""
    found = event(at, is_all_day=True, **values)
    assert (found.values["Start_DateTime"], found.values["End_DateTime"]) == tuple(map(builders.instant, expected))
    assert found.values["All_day"] is True


def test_participants() -> None:
    """Everybody with an address takes part once; rooms do not; who has no address is named in Description."""
    found = event(
        organizer=person("boss@midori.example", "organizer"),
        attendees=[
            person("misaki@midori.example"),
            person("MISAKI@midori.example", "optional"),
            person(None, name="Hannah Okafor"),
            person("/o=Corp/cn=aoki", name="青木 玲子"),
            person("room2@midori.example", "resource", "第2会議室"),
        ],
    )
    people = found.values["Participants"]
    assert isinstance(people, tuple)
    assert [one.email for one in people] == ["boss@midori.example", "misaki@midori.example"]
    assert found.asides == ("参加者: Hannah Okafor", "参加者: 青木 玲子")
    assert ("Participants", "第2会議室", "resource_is_no_participant") in {
        (made.field, made.change.old, made.change.rule) for made in found.changes
    }


def test_who_exchange_alone_knows_is_listed() -> None:
    """Who has an Exchange address and no other is named in Description, under a rule of its own."""
    aoki = {**person(None, name="青木 玲子"), "address_type": "EX", "address": "/O=CORP/CN=AOKI"}
    found = event(attendees=[aoki])
    assert found.asides == ("参加者: 青木 玲子",)
    assert ("青木 玲子", "exchange_address_unresolved") in {(one.change.old, one.change.rule) for one in found.changes}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param(None, "第2会議室; プロジェクター", id="no location of its own"),
        pytest.param("本社", "本社", id="a location of its own"),
    ],
)
def test_rooms_go_to_an_empty_location(location: str | None, expected: str) -> None:
    """Rooms and things are where a meeting takes place, unless it says where."""
    rooms = [person("room2@midori.example", "resource", "第2会議室"), person(None, "resource", "プロジェクター")]
    found = event(location=location, attendees=[*rooms, person("misaki@midori.example")])
    assert found.values["Venue"] == expected
    people = found.values["Participants"]
    assert isinstance(people, tuple)
    assert [one.email for one in people] == ["misaki@midori.example"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"busy_status": "tentative"}, ("公開方法: 仮の予定",), id="tentative"),
        pytest.param({"busy_status": "free", "subject": "Lunch"}, ("Show As: Free",), id="free"),
        pytest.param({"busy_status": "busy"}, (), id="busy, as usual"),
        pytest.param({"busy_status": "free", "is_all_day": True}, (), id="a free whole day, as usual"),
    ],
)
def test_how_the_time_is_shown(values: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Zoho has no field for free and busy: what is not usual stands in Description."""
    assert event(**values).asides == expected


@pytest.mark.parametrize(
    ("values", "is_organizers"),
    [
        pytest.param({"organizer": person("sato@kaede.example", "organizer")}, True, id="by address"),
        pytest.param({"response": "organizer"}, True, id="by response"),
        pytest.param({"organizer": person("dana@kaede.example", "organizer")}, False, id="somebody else's meeting"),
    ],
)
def test_organizers_copy(values: dict[str, Any], *, is_organizers: bool) -> None:
    """The copy of the one who called the meeting is known."""
    assert event(**values).is_organizers is is_organizers


def test_circle_is_the_same_in_every_copy() -> None:
    """Organizer's and attendee's copies, and aliases, name the same people."""
    satos = event(TOKYO, attendees=[person("d.whitfield@kaede.example"), person("priya@copper.example")])
    danas = event(
        LONDON,
        organizer=person("sato@kaede.example", "organizer"),
        attendees=[person("sato@kaede.example"), person("Priya@copper.example")],
    )
    assert satos.circle == danas.circle
    assert event(attendees=[person("sato@kaede.example")]).circle == frozenset()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        pytest.param({"is_private": True}, "private_item", id="private"),
        pytest.param({"is_cancelled": True}, "cancelled_meeting", id="cancelled"),
        pytest.param({"response": "declined"}, "declined_meeting", id="turned down"),
        pytest.param({"response": "tentative", "busy_status": "tentative"}, None, id="tentative"),
        pytest.param({"busy_status": "free"}, None, id="free time"),
        pytest.param({"subject": None}, "only_times", id="nothing but times in it"),
        pytest.param({"subject": None, "location": "本社"}, None, id="a place is something"),
        pytest.param({}, None, id="an ordinary one"),
    ],
)
def test_event_exclusions(values: dict[str, Any], rule: str | None) -> None:
    """Events are left out by named rules only."""
    found = event(**values)
    assert (found.exclusion.rule if found.exclusion else None) == rule


def test_title_stands_in() -> None:
    """Without a subject the first line of the text stands in, and that is listed."""
    found = event(subject=None, body="議題:\n1. 見積り", location="本社")
    assert found.values["Event_Title"] == "議題:"
    assert [made.change.rule for made in found.changes] == ["first_line_as_subject"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"status": "waiting", "importance": "high"}, ("Waiting for input", "High"), id="our words"),
        pytest.param({"status": None, "is_complete": True}, ("Completed", None), id="complete without a status"),
        pytest.param({"status": "in_progress", "is_complete": True}, ("In Progress", None), id="the status wins"),
        pytest.param({"status": "gone", "importance": "Urgent"}, (None, None), id="unknown words"),
    ],
)
def test_task(values: dict[str, object], expected: tuple[str | None, str | None]) -> None:
    """Status and priority are Zoho's actual values or nothing."""
    found = task(subject="見積書", due_date=date(2026, 5, 22), **values)
    assert (found.values.get("Status"), found.values.get("Priority")) == expected
    assert found.values["Due_Date"] == date(2026, 5, 22)
    unknown = [v for v in values.values() if v in {"gone", "Urgent"}]
    assert [made.change.old for made in found.changes] == unknown


def test_empty_task() -> None:
    """A task without subject and text is left out; one with a text is titled by its first line."""
    assert task(importance="normal").exclusion is not None
    assert task(body="一行目\n二行目").values["Subject"] == "一行目"


def test_times_of_a_store_stay() -> None:
    """An instant is an instant."""
    start, end = datetime(2026, 5, 20, 1, tzinfo=UTC), datetime(2026, 5, 20, 2, tzinfo=UTC)
    found = event(start_at=start, end_at=end, time_zone="Europe/London")
    assert (found.values["Start_DateTime"], found.values["End_DateTime"]) == (start, end)
