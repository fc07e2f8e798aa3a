"""A series becomes its occurrences, at the hour of its own clock, with what was deleted and changed as it is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from pipeline.transform import occurrences
from pipeline.transform.occurrences import Window
from tests import builders
from tests.calendar import series
from tests.calendar.series import YEARS, changed, expanded, row, starts, whole_days

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
LORD_HOWE = "Australia/Lord_Howe"  # whose clocks change by half an hour


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(
            row("FREQ=WEEKLY;BYDAY=TU;COUNT=3", "2026-10-20T09:30"),
            ["2026-10-20T08:30", "2026-10-27T09:30", "2026-11-03T09:30"],
            id="the hour stays when the clocks go back",
        ),
        pytest.param(
            row("FREQ=DAILY;COUNT=3", "2026-03-28T01:30"),
            ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"],
            id="an hour that is skipped is counted from before",
        ),
        pytest.param(
            row("FREQ=DAILY;COUNT=3", "2026-10-24T01:30"),
            ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
            id="an hour that comes twice is the first",
        ),
        pytest.param(
            row("FREQ=DAILY;UNTIL=20261026T013000Z", "2026-10-24T01:30"),
            ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
            id="until an instant, the last one with it",
        ),
        pytest.param(
            row("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-04-06T09:00", zone="America/New_York"),
            ["2026-04-06T13:00", "2026-04-13T13:00"],
            id="the clock is the series' own, not the mailbox's",
        ),
        pytest.param(
            row("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;COUNT=3", "2026-01-30T12:00"),
            ["2026-01-30T12:00", "2026-02-28T12:00", "2026-03-30T11:00"],
            id="a day that February has not",
        ),
        pytest.param(
            whole_days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1;COUNT=3", date(2024, 2, 29)),
            ["2024-02-29", "2025-02-28", "2026-02-28"],
            id="29 February, a whole day",
        ),
        pytest.param(
            whole_days("FREQ=WEEKLY;BYDAY=SA;UNTIL=20260328", date(2026, 3, 14), 2),
            ["2026-03-14", "2026-03-21", "2026-03-28"],
            id="whole days until a day",
        ),
        pytest.param(
            row("FREQ=DAILY;COUNT=4", "2026-05-11T09:00", deleted_dates=[date(2026, 5, 12)]),
            ["2026-05-11T08:00", "2026-05-13T08:00", "2026-05-14T08:00"],
            id="without what was deleted",
        ),
        pytest.param(
            row(
                "FREQ=DAILY;COUNT=3",
                "2026-05-11T09:00",
                modified=[changed("2026-05-12T09:00", "2026-06-30T13:00", "2026-06-30T14:00")],
            ),
            ["2026-05-11T08:00", "2026-06-30T12:00", "2026-05-13T08:00"],
            id="what was moved is where it was moved to",
        ),
        pytest.param(
            {
                **row("FREQ=DAILY;COUNT=2", "2026-10-24T09:00", zone="Etc/UTC"),
                "time_zone": None,
                "time_zone_rules": "<+10>-10<+11>-11,M10.4.0/2,M4.1.0/3",
            },
            ["2026-10-24T09:00", "2026-10-25T08:00"],
            id="a zone that has rules and no name",
        ),
    ],
)
def test_occurrences(made: dict[str, object], expected: list[str]) -> None:
    """Each occurrence takes place when the series' own clock says so."""
    assert starts(expanded(made)) == expected


def test_body_and_attendees_of_a_changed_occurrence_are_its_own() -> None:
    """Text and people of an occurrence replace those of the series; an empty list of people means nobody."""
    people, others = [builders.person("ann@x.test")], [builders.person("ben@x.test")]
    own = changed("2026-05-12T09:00", "2026-05-12T09:00", "2026-05-12T10:00", body="B", attendees=others)
    alone = changed("2026-05-13T09:00", "2026-05-13T09:00", "2026-05-13T10:00", has_own_body=True, attendees=[])
    series = row("FREQ=DAILY;COUNT=3", "2026-05-11T09:00", body="A", attendees=people, modified=[own, alone])
    found = expanded(series)
    assert [(one.row["body"], one.row["attendees"]) for one in found] == [("A", people), ("B", others), ("A", [])]
    assert [[note.rule for note in one.notes] for one in found] == [[], [], [occurrences.OWN_TEXT]]


def test_a_changed_occurrence_has_its_own_values() -> None:
    """What a changed occurrence does not say is as in the series."""
    one = changed("2026-05-12T09:00", "2026-05-12T10:00", "2026-05-12T12:00", subject="Moved", busy_status="free")
    made = row("FREQ=DAILY;COUNT=2", "2026-05-11T09:00", location="Room 1", modified=[one])
    first, second = (found.row for found in expanded(made))
    assert (first["subject"], first["location"], first["busy_status"]) == ("Stand-up", "Room 1", None)
    assert (second["subject"], second["location"], second["busy_status"]) == ("Moved", "Room 1", "free")
    assert second["end_at"] == builders.instant("2026-05-12T11:00")


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        pytest.param(
            row(None, "2026-05-11T09:00", recurrence_trouble="calendar_not_gregorian"),
            occurrences.FIRST_ONLY,
            id="lunar",
        ),
        pytest.param(
            row("FREQ=DAILY;COUNT=1", "2026-05-11T09:00", recurrence_trouble="changed_occurrences_cut_off"),
            occurrences.INCOMPLETE,
            id="changes cut off",
        ),
        pytest.param(
            row(
                "FREQ=DAILY;COUNT=1",
                "2026-05-11T09:00",
                modified=[changed("2026-05-11T09:00", "2026-05-11T09:00", "2026-05-11T10:00", has_own_body=True)],
            ),
            occurrences.OWN_TEXT,
            id="a text of its own",
        ),
    ],
)
def test_what_is_not_understood_is_said(made: dict[str, object], rule: str) -> None:
    """A series that cannot be expanded as a whole gives what is known of it, with a note."""
    (one,) = expanded(made)
    assert [note.rule for note in one.notes] == [rule]


def test_only_the_window_is_made() -> None:
    """A series without an end gives the days of the window, the first and the last with it."""
    found = expanded(row("FREQ=DAILY", "2020-01-01T09:00"), Window(date(2026, 5, 11), date(2026, 5, 13)))
    assert starts(found) == ["2026-05-11T08:00", "2026-05-12T08:00", "2026-05-13T08:00"]


def test_keys_stay() -> None:
    """An occurrence keeps its key when its series gets another hour, and when it is moved itself."""
    one = changed("2026-05-12T10:00", "2026-05-14T10:00", "2026-05-14T11:00")
    before = expanded(row("FREQ=DAILY;COUNT=2", "2026-05-11T09:00"))
    after = expanded(row("FREQ=DAILY;COUNT=2", "2026-05-11T10:00", modified=[one]))
    assert [found.origin.source_key for found in before] == [found.origin.source_key for found in after]
    assert len({found.origin.source_key for found in before}) == 2


RULES = (
    ("FREQ=DAILY;COUNT=260", "2026-03-01T02:30", 45),  # through both changes, within the hour that they skip or repeat
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;UNTIL=20261230T235959Z", "2026-01-06T00:15", 90),
    ("FREQ=MONTHLY;BYDAY=-1SU;COUNT=14", "2026-01-25T01:00", 1500),
    ("FREQ=MONTHLY;BYDAY=2SU;COUNT=14", "2026-01-11T02:00", 30),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=14", "2026-01-31T23:59", 2),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;COUNT=14", "2026-01-01T03:00", 60),
    ("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;COUNT=4", "2025-10-26T02:00", 60),
)


def test_all_zones_over_both_changes_of_the_clocks() -> None:
    """200,000 occurrences in all zones of the world agree with a look at every single day and every offset."""
    expected = {
        rule: [
            datetime.combine(day, datetime.fromisoformat(start).time())
            for day in series.days_of(rule, datetime.fromisoformat(start).date(), YEARS.last)
        ]
        for rule, start, _ in RULES
    }
    compared = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for rule, start, minutes in RULES:
            made = expanded(row(rule, start, minutes, name), home=name)
            assert [(one.row["start_at"]) for one in made] == [
                series.instant_of(moment, zone) for moment in expected[rule]
            ], (name, rule)
            assert all(one.row["end_at"] > one.row["start_at"] for one in made), (name, rule)
            compared += len(made)
    assert compared >= 200_000


def test_a_whole_day_is_the_same_day_in_every_zone() -> None:
    """Whole days keep their dates whatever the zone of the series and of the mailbox."""
    for name in ZONES:
        made = whole_days("FREQ=DAILY;INTERVAL=7;COUNT=60", date(2026, 1, 4), 1, name)
        found = expanded(made, home=name)
        assert [one.row["start_date"] for one in found] == [
            date(2026, 1, 4) + timedelta(weeks=week) for week in range(60)
        ]
        assert {one.row["end_date"] - one.row["start_date"] for one in found} == {timedelta(days=1)}


def test_the_second_opinion_is_one() -> None:
    """The day-by-day look knows the clock that changes by half an hour, and the last Friday of a month."""
    zone = ZoneInfo(LORD_HOWE)
    assert series.instant_of(datetime(2026, 10, 4, 2, 15), zone) == datetime(2026, 10, 3, 15, 45, tzinfo=UTC)  # noqa: DTZ001
    assert series.days_of("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", date(2026, 2, 27), YEARS.last) == [
        date(2026, 2, 27),
        date(2026, 3, 27),
    ]
