"""Series in the line: which copy counts, what is left out, and rows that add up."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline import outcome, transform
from pipeline.errors import ContractError
from pipeline.targets import EVENTS
from tests import builders
from tests.builders import person
from tests.calendar.series import changed, row, starts, whole_days
from tests.calendar.series import expanded as expand

GOID = "0a"
SATO, DANA = person("hanako.sato@kaede.example", "organizer"), person("dana@kaede.example")
DAILY = "FREQ=DAILY;COUNT=3"
_PLACE = {"item_id", "file_sha256", "folder", "position", "message_class"}  # which builders.extracted gives


def meeting(path: str, start: str = "2026-05-11T09:00", rule: str = DAILY, **more: object) -> dict[str, Any]:
    """Return a copy of a series that Sato called, last changed on 8 April 2026."""
    given = {
        "path": path,
        "global_object_id": GOID,
        "raw_key": '["goid", "0a"]',
        "organizer": SATO,
        "attendees": [DANA],
        "modified_at": builders.instant("2026-04-08T00:00"),
        **more,
    }
    made = row(rule, start, zone="Asia/Tokyo")
    return {name: value for name, value in made.items() if name not in _PLACE} | given


def transformed(directory: Path, *events: dict[str, Any], settings: str = "") -> tuple[outcome.Account, list[Any]]:
    """Return the account of events and the ready ones."""
    project = builders.project(directory, settings + builders.MAILBOXES)
    kinds = {event["path"]: "pst-unicode" for event in events}
    builders.extracted(project, {"events": events}, kinds)
    report = transform.run(project)
    account = next(one for one in report.accounts if one.table == "events")
    return account, builders.transformed(project, "ready/events", EVENTS.schema())


def days(ready: list[Any]) -> list[str]:
    """Return the starts of the ready events."""
    return sorted(f"{one['Start_DateTime']:%m-%dT%H}" for one in ready)


def test_rows_add_up(tmp_path: Path) -> None:
    """One series that is seen and n events: n - 1 rows are made."""
    account, ready = transformed(tmp_path, meeting("sato/a.pst"))
    assert (account.seen, account.made, account.written) == (1, 2, 3)
    assert days(ready) == ["05-11T00", "05-12T00", "05-13T00"]


def test_rows_that_are_made_up_are_refused() -> None:
    """An account holds only with the rows that series made."""
    outcome.Account(table="events", seen=1, made=2, written=3)
    with pytest.raises(ContractError):
        outcome.Account(table="events", seen=1, written=3)


def test_the_copies_of_two_mailboxes_are_one_series(tmp_path: Path) -> None:
    """Organizer's and attendee's copies become one event a day in the organizer's mailbox, at the organizer's hours."""
    late = meeting("dana/a.pst", "2026-05-11T10:00", modified_at=builders.instant("2026-04-09T00:00"))
    account, ready = transformed(tmp_path, meeting("sato/a.pst"), late)
    assert (account.seen, account.made, account.written, account.merged) == (2, 4, 3, 3)
    assert days(ready) == ["05-11T00", "05-12T00", "05-13T00"]
    assert {one["mailbox"] for one in ready} == {"sato"}


def test_the_organizer_says_which_days_there_are(tmp_path: Path) -> None:
    """A day that the organizer deleted does not come back from an attendee's copy that still has it."""
    deleted = meeting("sato/a.pst", deleted_dates=[date(2026, 5, 12)])
    account, ready = transformed(tmp_path, deleted, meeting("dana/a.pst"))
    assert days(ready) == ["05-11T00", "05-13T00"]
    assert account.seen + account.made == account.written + account.merged


def test_an_attendees_copy_of_other_days_is_left_out_by_rule(tmp_path: Path) -> None:
    """Where the organizer's series has none of an attendee's days, that copy is one excluded row."""
    account, ready = transformed(tmp_path, meeting("sato/a.pst"), meeting("dana/a.pst", "2026-06-01T09:00"))
    assert account.excluded == {"series_of_organizer_decides": 1}
    assert days(ready) == ["05-11T00", "05-12T00", "05-13T00"]


def test_the_copy_changed_last_counts(tmp_path: Path) -> None:
    """Of a backup and a later file of a mailbox, the series as it was changed last is expanded; keys stay."""
    moved: dict[str, Any] = {"modified_at": builders.instant("2026-04-20T00:00")}
    old, new = meeting("sato/old.pst"), meeting("sato/zz.pst", "2026-05-11T15:00", **moved)
    account, both = transformed(tmp_path, old, new)
    assert account.excluded == {"older_copy_of_series": 1}
    assert days(both) == ["05-11T06", "05-12T06", "05-13T06"]
    (tmp_path / "alone").mkdir()
    _, alone = transformed(tmp_path / "alone", new)
    assert [one["cluster_key"] for one in both] == [one["cluster_key"] for one in alone]


def test_an_occurrence_by_itself_joins_its_series(tmp_path: Path) -> None:
    """Who was asked to one occurrence only has it by itself; it is that day of the organizer's series."""
    single = meeting("dana/a.pst", "2026-05-12T11:00", "", is_recurring=False, occurrence_date=date(2026, 5, 12))
    account, ready = transformed(tmp_path, meeting("sato/a.pst"), {**single, "rrule": None})
    assert (account.written, account.merged) == (3, 1)
    assert days(ready) == ["05-11T00", "05-12T00", "05-13T00"]


def test_a_meeting_that_was_moved_is_one(tmp_path: Path) -> None:
    """The same meeting id at another time in a later file of the mailbox is the meeting, moved."""
    once: dict[str, Any] = {"is_recurring": False, "rrule": None}
    moved = meeting("sato/b.pst", "2026-05-14T09:00", modified_at=builders.instant("2026-04-20T00:00"), **once)
    account, ready = transformed(tmp_path, meeting("sato/a.pst", **once), moved)
    assert (account.written, account.merged) == (1, 1)
    assert days(ready) == ["05-14T00"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param("", {2025: 268, 2026: 365, 2027: 98}, id="a year before the last change and a year after"),
        pytest.param("[calendar]\nseries_months = 1\n", {2026: 62}, id="a month each way"),
        pytest.param(
            '[calendar]\nseries_from = 2027-12-30\nseries_until = "2028-01-02"\n', {2027: 2, 2028: 2}, id="days"
        ),
    ],
)
def test_window(tmp_path: Path, settings: str, expected: dict[int, int]) -> None:
    """A series without an end is expanded around the last change in the export, never around today."""
    _, ready = transformed(tmp_path, meeting("sato/a.pst", "2020-01-01T12:00", "FREQ=DAILY"), settings=settings)
    years = [one["Start_DateTime"].year for one in ready]
    assert {year: years.count(year) for year in sorted(set(years))} == expected


@pytest.mark.parametrize(
    ("event", "settings", "rule"),
    [
        pytest.param(meeting("sato/a.pst", "2019-01-01T09:00"), "", "series_outside_window", id="long over"),
        pytest.param(meeting("sato/a.pst", is_cancelled=True), "", "cancelled_meeting", id="called off"),
        pytest.param(meeting("sato/a.pst", is_private=True), "", "private_item", id="private"),
        pytest.param(meeting("dana/a.pst", response="declined"), "", "declined_meeting", id="turned down"),
        pytest.param(
            meeting("sato/a.pst", busy_status="tentative"),
            '[calendar]\nleave_out = ["tentative"]\n',
            "tentative_event",
            id="tentative, where that is asked for",
        ),
        pytest.param(
            meeting("sato/a.pst", busy_status="free"), '[calendar]\nleave_out = ["free"]\n', "free_time", id="free time"
        ),
    ],
)
def test_series_left_out(tmp_path: Path, event: dict[str, Any], settings: str, rule: str) -> None:
    """A series that is left out is one row, under the name of the rule."""
    account, ready = transformed(tmp_path, event, settings=settings)
    assert (account.excluded, account.made, ready) == ({rule: 1}, 0, [])


def test_one_occurrence_that_is_free_time_is_left_out_alone(tmp_path: Path) -> None:
    """The rules hold for every occurrence by itself."""
    one = changed("2026-05-12T09:00", "2026-05-12T09:00", "2026-05-12T10:00", busy_status="free")
    event = meeting("sato/a.pst", modified=[one])
    account, ready = transformed(tmp_path, event, settings='[calendar]\nleave_out = ["free"]\n')
    assert (account.excluded, days(ready)) == ({"free_time": 1}, ["05-11T00", "05-13T00"])


def test_a_changed_occurrence_can_take_the_whole_day() -> None:
    """A timed series may have an occurrence of a whole day, and one of whole days a timed one."""
    day = changed("2026-05-12T09:00", "2026-05-12T00:00", "2026-05-13T00:00", is_all_day=True)
    timed = changed("2026-05-12T00:00", "2026-05-12T14:00", "2026-05-12T15:00", is_all_day=False)
    assert starts(expand(row("FREQ=DAILY;COUNT=2", "2026-05-11T09:00", modified=[day])))[1] == "2026-05-12"
    whole = whole_days("FREQ=DAILY;COUNT=2", date(2026, 5, 11), modified=[timed])
    assert starts(expand(whole))[1] == "2026-05-12T13:00"
