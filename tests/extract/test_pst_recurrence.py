"""Series: Outlook's recurrence blobs as RRULE, with the occurrences that were deleted and changed."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import recurrence_blob, series
from pipeline.extract.pst.recurrence_blob import RecurrenceError
from pipeline.extract.pst.recurrence_rule import rrule
from tests.extract import outlook_items
from tests.pstwriter.recurrence import (
    LAST,
    MONDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WORKDAYS,
    Frequency,
    Modified,
    Recurrence,
)

_DAILY, _WEEKLY, _MONTHLY, _YEARLY = Frequency
_FIRST = date(2024, 1, 31)
_NINE = 9 * 60


def rule_of(blob: bytes, *, is_floating: bool = True, zone: str | None = None) -> str:
    """Return the RRULE of a task's blob."""
    clock = ZoneInfo(zone) if zone else None
    return rrule(recurrence_blob.pattern(blob), _NINE, zone=clock, is_floating=is_floating)


def series_of(frequency: Frequency, **parts: Any) -> Recurrence:
    """Return a series that begins on the last of January 2024, a Wednesday."""
    return Recurrence(**{"frequency": frequency, "first": _FIRST, **parts})


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        pytest.param(series_of(_DAILY), "FREQ=DAILY", id="every day"),
        pytest.param(series_of(_DAILY, interval=3, count=5), "FREQ=DAILY;INTERVAL=3;COUNT=5", id="every third day"),
        pytest.param(series_of(_DAILY, weekdays=WORKDAYS), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", id="every workday"),
        pytest.param(series_of(_WEEKLY, weekdays=MONDAY | THURSDAY), "FREQ=WEEKLY;BYDAY=MO,TH", id="every week"),
        pytest.param(
            series_of(_WEEKLY, weekdays=SUNDAY, interval=2, first_weekday=1),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=MO",
            id="every other week, which begins on Monday",
        ),
        pytest.param(series_of(_MONTHLY, day=15), "FREQ=MONTHLY;BYMONTHDAY=15", id="a day of the month"),
        pytest.param(series_of(_MONTHLY, day=31), "FREQ=MONTHLY;BYMONTHDAY=-1", id="the last day of the month"),
        pytest.param(
            series_of(_MONTHLY, day=30),
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            id="day 30, in February its last day",
        ),
        pytest.param(
            series_of(_MONTHLY, weekdays=TUESDAY, nth=2, interval=3),
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU",
            id="the second Tuesday of every third month",
        ),
        pytest.param(
            series_of(_MONTHLY, weekdays=WORKDAYS, nth=LAST),
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            id="the last workday of the month",
        ),
        pytest.param(series_of(_YEARLY), "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=-1", id="a day of the year"),
        pytest.param(
            series_of(_YEARLY, first=date(2024, 2, 29), interval=2),
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=-1",
            id="29 February, otherwise the 28th",
        ),
        pytest.param(
            series_of(_YEARLY, first=date(2024, 5, 14), weekdays=TUESDAY, nth=2),
            "FREQ=YEARLY;BYMONTH=5;BYDAY=2TU",
            id="the second Tuesday in May",
        ),
        pytest.param(series_of(_DAILY, until=date(2024, 12, 24)), "FREQ=DAILY;UNTIL=20241224", id="until a day"),
    ],
)
def test_rule(recurrence: Recurrence, expected: str) -> None:
    """Each pattern of Outlook's dialog is the rule that RFC 5545 has for it."""
    assert rule_of(recurrence.pattern()) == expected


@pytest.mark.parametrize(
    ("zone", "is_floating", "expected"),
    [
        pytest.param("America/Los_Angeles", False, "20240315T160000Z", id="in UTC, by the summer time of that day"),
        pytest.param(None, False, "20240315T090000", id="on its own clock, where the zone is not known"),
        pytest.param("America/Los_Angeles", True, "20240315", id="a date, of whole days"),
    ],
)
def test_until(zone: str | None, expected: str, *, is_floating: bool) -> None:
    """UNTIL has the form that RFC 5545 wants for the series' DTSTART."""
    blob = series_of(_DAILY, until=date(2024, 3, 15)).pattern()
    assert rule_of(blob, zone=zone, is_floating=is_floating) == f"FREQ=DAILY;UNTIL={expected}"


def patched(recurrence: Recurrence, at: int, form: str, number: int) -> bytes:
    """Return a blob with another number at an offset."""
    blob = bytearray(recurrence.pattern())
    struct.pack_into(form, blob, at, number)
    return bytes(blob)


@pytest.mark.parametrize(
    ("blob", "trouble"),
    [
        pytest.param(patched(series_of(_MONTHLY, day=1), 8, "<H", 6), "calendar_not_gregorian", id="Hijri months"),
        pytest.param(patched(series_of(_MONTHLY, day=1), 6, "<H", 10), "calendar_not_gregorian", id="HjMonth"),
        pytest.param(patched(series_of(_MONTHLY, day=1), 8, "<H", 15), "calendar_not_gregorian", id="lunar months"),
        pytest.param(patched(series_of(_DAILY), 18, "<I", 1), "regenerates", id="a task made anew when it is done"),
        pytest.param(patched(series_of(_DAILY), 14, "<I", 0), "senseless_interval", id="every nought days"),
        pytest.param(patched(series_of(_DAILY), 14, "<I", 1441), "senseless_interval", id="a day and a minute"),
        pytest.param(patched(series_of(_WEEKLY, weekdays=1), 22, "<I", 0), "senseless_weekdays", id="on no weekday"),
        pytest.param(patched(series_of(_WEEKLY, weekdays=1), 22, "<I", 0x81), "senseless_weekdays", id="on an 8th day"),
        pytest.param(patched(series_of(_MONTHLY, day=1), 22, "<I", 32), "senseless_day", id="on day 32"),
        pytest.param(patched(series_of(_DAILY), 22, "<I", 0x2024), "unknown_end", id="an end of no known kind"),
        pytest.param(patched(series_of(_DAILY), 22, "<I", 0x2022)[:26] + bytes(4), "cut_off", id="cut off"),
        pytest.param(patched(series_of(_DAILY), 34, "<I", 2**31), "cut_off", id="two thousand million deleted days"),
        pytest.param(patched(series_of(_DAILY), 0, "<H", 0x3005), "unknown_version", id="another version"),
        pytest.param(patched(series_of(_DAILY), 6, "<H", 9), "unknown_pattern", id="another pattern"),
        pytest.param(patched(series_of(_DAILY), 4, "<H", 0x200E), "unknown_pattern", id="another frequency"),
        pytest.param(b"", "cut_off", id="empty"),
    ],
)
def test_refused(blob: bytes, trouble: str) -> None:
    """What has no RRULE is refused for a reason, never approximated."""
    with pytest.raises(RecurrenceError, match=f"^{trouble}$"):
        rule_of(blob)


@pytest.mark.parametrize("calendar", [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12])
def test_calendars_that_only_count_years_otherwise(calendar: int) -> None:
    """A calendar with Gregorian months is one: Japanese, Taiwanese, Korean and Thai eras, and other languages."""
    assert rule_of(patched(series_of(_MONTHLY, day=1), 8, "<H", calendar)) == "FREQ=MONTHLY;BYMONTHDAY=1"


@pytest.mark.parametrize("calendar", [6, 8, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23])
def test_calendars_with_months_of_their_own(calendar: int) -> None:
    """A series by Hijri, Hebrew or lunar months has no rule; one by days or weeks has, whatever the calendar."""
    with pytest.raises(RecurrenceError, match="calendar_not_gregorian"):
        rule_of(patched(series_of(_YEARLY), 8, "<H", calendar))
    assert rule_of(patched(series_of(_WEEKLY, weekdays=MONDAY), 8, "<H", calendar)) == "FREQ=WEEKLY;BYDAY=MO"


def test_the_end_of_the_month() -> None:
    """A pattern of the kind MonthEnd is the last day, whatever number stands beside it."""
    blob = patched(series_of(_MONTHLY, day=1, interval=2, count=3), 6, "<H", 4)
    assert rule_of(blob) == "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1;COUNT=3"


def test_a_series_without_end_in_other_words() -> None:
    """Some programs write no end as -1 ([MS-OXOCAL] 2.2.1.44.1, EndType)."""
    assert rule_of(patched(series_of(_DAILY), 22, "<I", 0xFFFFFFFF)) == "FREQ=DAILY"


def test_the_month_of_a_yearly_series_is_that_of_its_pattern() -> None:
    """A series that begins before its first occurrence repeats in the pattern's month, not in that of its beginning."""
    blob = series_of(_YEARLY, first=date(2024, 5, 14)).pattern()
    early = (datetime(2024, 1, 1) - recurrence_blob.EPOCH) // timedelta(minutes=1)  # noqa: DTZ001
    assert rule_of(blob[:-8] + struct.pack("<I", early) + blob[-4:]) == "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=14"


def test_a_count_of_nothing_is_the_last_day() -> None:
    """A series that ends after no occurrences ends on its last day."""
    blob = patched(series_of(_DAILY, until=date(2024, 2, 2)), 22, "<I", 0x2022)
    blob = blob[:26] + bytes(4) + blob[30:]
    assert rule_of(blob) == "FREQ=DAILY;UNTIL=20240202"


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    """Return any series of the dialog that begins on a day of its own pattern."""
    frequency = draw(st.sampled_from(Frequency))
    weekdays = draw(st.integers(1, 127))
    parts: dict[str, Any] = {"interval": draw(st.integers(1, 4)), "first_weekday": draw(st.integers(0, 6))}
    if frequency is _WEEKLY:
        parts["weekdays"] = weekdays
    elif frequency is not _DAILY and draw(st.booleans()):
        parts |= {"weekdays": weekdays, "nth": draw(st.integers(1, 5))}
    elif frequency is _MONTHLY:
        parts["day"] = draw(st.integers(1, 31))
    start = Recurrence(frequency=frequency, first=draw(st.dates(date(1990, 1, 1), date(2030, 12, 31))), **parts)
    first = replace(start, first=next(day for day in _days(start.first) if _first_fits(start, day)))
    ends: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [{}, {"count": draw(st.integers(1, 12))}, {"until": first.first + timedelta(days=400)}]
    )
    return replace(first, **draw(ends))


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=days) for days in range(1600))


def _first_fits(start: Recurrence, day: date) -> bool:
    moved = replace(start, first=day, day=start.day or (start.first.day if start.nth is None else None))
    return moved._has(day)


@given(recurrence=recurrences())
def test_the_rule_gives_the_days_of_the_series(recurrence: Recurrence) -> None:
    """The days that python-dateutil makes of the rule are those of the series."""
    rule = rrulestr(rule_of(recurrence.pattern()), dtstart=datetime.combine(recurrence.first, time()))
    days = [found.date() for found, _ in zip(rule, range(12), strict=False)]
    assert days == recurrence.occurrences(12)


_MODIFIED = Modified(
    original=datetime(2024, 3, 19, 9),  # noqa: DTZ001 - on the series' own clock
    start=datetime(2024, 3, 20, 14),  # noqa: DTZ001
    end=datetime(2024, 3, 20, 15, 30),  # noqa: DTZ001
    subject="変更：週次会議",
    location="オンライン",
    busy=3,
    all_day=False,
    has_body=True,
)
_MOVED = Modified(
    original=datetime(2024, 3, 26, 9),  # noqa: DTZ001
    start=datetime(2024, 3, 26, 10),  # noqa: DTZ001
    end=datetime(2024, 3, 26, 11),  # noqa: DTZ001
)
_SERIES = Recurrence(
    frequency=_WEEKLY,
    first=date(2024, 3, 5),
    weekdays=TUESDAY,
    count=10,
    deleted=[date(2024, 3, 12)],
    modified=[_MODIFIED, _MOVED],
)


def event(blob: bytes, **properties: Any) -> Mapping[str, Any]:
    """Return the row of a recurring appointment in Los Angeles time."""
    item = outlook_items.item(
        "IPM.Appointment",
        {
            "PidLidRecurring": True,
            "PidLidAppointmentRecur": blob,
            "PidLidAppointmentStartWhole": datetime(2024, 3, 5, 17, tzinfo=UTC),
            "PidLidAppointmentEndWhole": datetime(2024, 3, 5, 18, tzinfo=UTC),
            "PidLidTimeZoneDescription": "Pacific Standard Time",
            **properties,
        },
    )
    return outlook_items.row("events", item)


def test_deleted_and_changed_occurrences() -> None:
    """A series has its rule, the days that were deleted, and what is different in those that were changed."""
    row = event(_SERIES.appointment(time(9), 60, "cp932"))
    assert row["rrule"] == "FREQ=WEEKLY;BYDAY=TU;COUNT=10"
    assert row["recurrence_trouble"] is None
    assert row["deleted_dates"] == [date(2024, 3, 12)]
    assert row["modified"] == [
        {
            "original_local": _MODIFIED.original,
            "start_local": _MODIFIED.start,
            "end_local": _MODIFIED.end,
            "subject": "変更：週次会議",
            "location": "オンライン",
            "is_all_day": False,
            "busy_status": "out_of_office",
            "has_own_body": True,
            "body": None,
            "attendees": None,
        },
        {
            "original_local": _MOVED.original,
            "start_local": _MOVED.start,
            "end_local": _MOVED.end,
            "subject": None,
            "location": None,
            "is_all_day": None,
            "busy_status": None,
            "has_own_body": False,
            "body": None,
            "attendees": None,
        },
    ]


def test_eight_bit_texts_of_a_changed_occurrence_that_has_no_others() -> None:
    """A blob of Outlook 2003 has no Unicode texts: the 8-bit ones are read in the item's code page."""
    whole = recurrence_blob.series(_SERIES.appointment(time(9), 60, "cp932"), "cp932")
    old = _SERIES.appointment(time(9), 60, "cp932")
    cut = recurrence_blob.series(old[: old.index("変更".encode("utf-16-le")) - 20], "cp932")
    assert not cut.is_whole
    assert whole.is_whole
    assert cut.modified == whole.modified


_MINUTES = recurrence_blob.EPOCH
_PARTS = {  # OverrideFlags, each with its value in the order of [MS-OXOCAL] 2.2.1.44.2
    0x001: struct.pack("<HH", 5, 4) + b"Fair",
    0x002: struct.pack("<I", 1),  # MeetingType
    0x004: struct.pack("<I", 45),  # ReminderDelta
    0x008: struct.pack("<I", 1),  # ReminderSet
    0x010: struct.pack("<HH", 5, 4) + b"Hall",
    0x020: struct.pack("<I", 3),  # BusyStatus
    0x040: struct.pack("<I", 1),  # Attachment
    0x080: struct.pack("<I", 1),  # SubType
    0x100: struct.pack("<I", 2),  # AppointmentColor
    0x200: b"",  # the body is elsewhere
}


def changed_to(overrides: Sequence[int], *, writer: int) -> bytes:
    """Return a weekly series of which two occurrences are changed in what `overrides` says, as `writer` wrote it."""
    flags = sum(overrides)
    exceptions, extended = [], []
    for day in (19, 26):
        start = (datetime(2024, 3, day) - _MINUTES) // timedelta(minutes=1)  # noqa: DTZ001
        span = struct.pack("<III", start + 600, start + 660, start + 540)
        exceptions.append(span + struct.pack("<H", flags) + b"".join(_PARTS[flag] for flag in sorted(overrides)))
        texts = [text for flag, text in ((0x001, "展示会"), (0x010, "大阪")) if flag in overrides]
        wide = b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in texts)
        highlight = struct.pack("<II", 4, 0) if writer >= 0x3009 else b""  # ChangeHighlight
        extended.append(highlight + bytes(4) + (span + wide + bytes(4) if texts else b""))
    head = struct.pack("<IIIIH", 0x3006, writer, 540, 600, len(exceptions))
    weekly = Recurrence(frequency=_WEEKLY, first=date(2024, 3, 5), weekdays=TUESDAY).pattern()
    return weekly + head + b"".join(exceptions) + bytes(4) + b"".join(extended) + bytes(4)


@pytest.mark.parametrize("writer", [0x3008, 0x3009], ids=["Outlook 2003", "Outlook 2007 and later"])
@pytest.mark.parametrize(
    ("overrides", "differences"),
    [
        pytest.param((), {}, id="its time"),
        pytest.param((0x001,), {"subject": "展示会"}, id="its subject"),
        pytest.param((0x010,), {"location": "大阪"}, id="its place"),
        pytest.param((0x004, 0x008, 0x020), {"busy": 3}, id="its reminder and busy status"),
        pytest.param((0x040, 0x080, 0x100), {"is_all_day": True}, id="attachments, whole day and colour"),
        pytest.param((0x002, 0x200), {"has_body": True}, id="cancelled, with a text of its own"),
        pytest.param(
            tuple(_PARTS),
            {"subject": "展示会", "location": "大阪", "busy": 3, "is_all_day": True, "has_body": True},
            id="everything",
        ),
    ],
)
def test_what_an_occurrence_may_differ_in(overrides: Sequence[int], differences: dict[str, Any], writer: int) -> None:
    """Every value that a changed occurrence may have is passed or read, in the order of the specification."""
    found = recurrence_blob.series(changed_to(overrides, writer=writer), "cp932")
    assert found.is_whole
    for day, one in zip((19, 26), found.modified, strict=True):
        at = [datetime(2024, 3, day, 9), datetime(2024, 3, day, 10), datetime(2024, 3, day, 11)]  # noqa: DTZ001
        original, start, end = ((moment - _MINUTES) // timedelta(minutes=1) for moment in at)
        assert one == recurrence_blob.Occurrence(original=original, start=start, end=end, **differences)


def test_a_list_of_changes_that_is_cut_off() -> None:
    """The rule stays where the changes cannot be read, and the row says that some are missing."""
    row = event(_SERIES.appointment(time(9), 60)[: len(_SERIES.pattern()) + 20])
    assert (row["rrule"], row["recurrence_trouble"]) == ("FREQ=WEEKLY;BYDAY=TU;COUNT=10", "changed_occurrences_cut_off")


@pytest.mark.parametrize(
    ("properties", "rule", "trouble"),
    [
        pytest.param({"PidLidRecurring": False}, None, None, id="an appointment that was a series once"),
        pytest.param({"PidLidAppointmentRecur": b"\x04\x30"}, None, "cut_off", id="a blob that cannot be read"),
        pytest.param(
            {"PidLidAppointmentRecur": series_of(_DAILY, until=date(2024, 3, 6)).appointment(time(9), 60)},
            "FREQ=DAILY;UNTIL=20240306T170000Z",
            None,
            id="an end by the zone of the series",
        ),
        pytest.param(
            {
                "PidLidAppointmentRecur": series_of(_DAILY, until=date(2024, 3, 6)).appointment(time(), 1440),
                "PidLidAppointmentSubType": True,
            },
            "FREQ=DAILY;UNTIL=20240306",
            None,
            id="whole days",
        ),
    ],
)
def test_rule_of_an_event(properties: dict[str, Any], rule: str | None, trouble: str | None) -> None:
    """An event has the rule of its blob while it is a series."""
    row = event(_SERIES.appointment(time(9), 60), **properties)
    assert (row.get("rrule"), row.get("recurrence_trouble")) == (rule, trouble)


@pytest.mark.parametrize(
    ("properties", "columns"),
    [
        pytest.param({}, {"rrule": None, "recurrence_trouble": None}, id="no series"),
        pytest.param(
            {"PidLidTaskRecurrence": series_of(_MONTHLY, day=31, count=3).pattern(), "PidLidTaskFRecurring": True},
            {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "recurrence_trouble": None},
            id="a series",
        ),
        pytest.param(
            {"PidLidTaskRecurrence": series_of(_DAILY).pattern(), "PidLidTaskFRecurring": False},
            {"rrule": None, "recurrence_trouble": None},
            id="once a series",
        ),
        pytest.param(
            {"PidLidTaskRecurrence": patched(series_of(_DAILY), 18, "<I", 1)},
            {"rrule": None, "recurrence_trouble": "regenerates"},
            id="made anew when it is completed",
        ),
    ],
)
def test_rule_of_a_task(properties: dict[str, Any], columns: dict[str, Any]) -> None:
    """A task has the rule of its blob while it is a series."""
    assert series.task_columns(outlook_items.bag(properties)) == columns


def test_the_weekly_series_of_a_real_store(corpus: Path) -> None:
    """The series of jl_distlist.pst: every Tuesday without end, once deleted, twice moved."""
    content = outlook_items.store(corpus / "pst" / "jl_distlist.pst")
    (row,) = content.rows["events"]
    moved = [(one["original_local"], one["start_local"], one["has_own_body"]) for one in row["modified"]]
    assert (row["rrule"], row["recurrence_trouble"]) == ("FREQ=WEEKLY;BYDAY=TU", None)
    assert row["deleted_dates"] == [date(2016, 8, 9)]
    assert [(f"{original:%Y-%m-%d %H:%M}", f"{start:%Y-%m-%d %H:%M}", body) for original, start, body in moved] == [
        ("2016-08-23 08:00", "2016-08-23 09:00", True),
        ("2016-08-30 08:00", "2016-08-30 10:00", True),
    ]


@given(blob=st.binary(max_size=200), cut=st.integers(0, 400))
def test_no_blob_is_an_error(blob: bytes, cut: int) -> None:
    """Any bytes give columns that fit the schema, or say why not."""
    whole = _SERIES.appointment(time(9), 60)
    for tried in (blob, whole[:cut] + blob, whole[:22] + blob):
        row = event(tried)
        assert not tried or row.get("rrule") or row["recurrence_trouble"]
        assert series.task_columns(outlook_items.bag({"PidLidTaskRecurrence": tried})).keys() <= {
            "rrule",
            "recurrence_trouble",
        }
