"""Recurrence and time-zone blobs, against those of a store that Outlook made and against the calendar."""

import struct
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypff
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pstwriter import recurrence as series
from tests.pstwriter.appointments import global_object_id
from tests.pstwriter.recurrence import LAST, NO_END, Frequency, Modified, Recurrence
from tests.pstwriter.timezone import GREENWICH, LONDON, PACIFIC, SYDNEY, TOKYO, Change, Zone


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a time on a series' own clock."""
    return datetime.combine(day, time(hour, minute))


@pytest.fixture
def real(corpus: Path) -> dict[int, bytes]:
    """Return the binary properties of the weekly meeting in jl_distlist.pst."""
    file = pypff.file()
    file.open(str(corpus / "pst" / "jl_distlist.pst"))
    waiting = [file.root_folder]
    while waiting:
        folder = waiting.pop()
        waiting.extend(folder.get_sub_folder(number) for number in range(folder.number_of_sub_folders))
        for number in range(folder.number_of_sub_messages):
            entries = {entry.entry_type: entry for entry in folder.get_sub_message(number).record_sets[0].entries}
            if entries[0x001A].data_as_string == "IPM.Appointment":
                return {tag: entry.data for tag, entry in entries.items() if entry.value_type == 0x0102 and entry.data}
    pytest.fail("the meeting is not there")


def test_weekly_meeting_of_outlook(real: dict[int, bytes]) -> None:
    """The blob of a weekly meeting with one occurrence deleted and two moved equals Outlook's, byte for byte."""
    made = Recurrence(
        frequency=Frequency.WEEKLY,
        first=date(2016, 8, 2),
        weekdays=series.TUESDAY,
        deleted=[date(2016, 8, 9)],
        modified=[
            Modified(
                original=at(date(2016, 8, 23), 8),
                start=at(date(2016, 8, 23), 9),
                end=at(date(2016, 8, 23), 9, 30),
                has_body=True,
            ),
            Modified(
                original=at(date(2016, 8, 30), 8),
                start=at(date(2016, 8, 30), 10),
                end=at(date(2016, 8, 30), 10, 30),
                has_body=True,
            ),
        ],
    )
    assert made.appointment(time(8), 30) == real[0x8003]


def test_zone_of_outlook(real: dict[int, bytes]) -> None:
    """The zone of that meeting equals Outlook's: the old structure whole, the new one but for bytes to be ignored."""
    assert PACIFIC.structure() == real[0x8008]
    made, theirs = PACIFIC.definition(2007), real[0x8023]
    ignored = slice(len(theirs) - 44 - 14, len(theirs) - 44)
    assert made[: ignored.start] == theirs[: ignored.start]
    assert made[ignored.stop :] == theirs[ignored.stop :]


@pytest.mark.parametrize(
    ("made", "first_date_time", "period", "specific", "end"),
    [
        pytest.param(
            Recurrence(frequency=Frequency.DAILY, first=date(2024, 3, 5), interval=3, count=4),
            (date(2024, 3, 5) - date(1601, 1, 1)).days % 3 * 1440,
            3 * 1440,
            (),
            (0x2022, 4, date(2024, 3, 14)),
            id="every third day, four times",
        ),
        pytest.param(
            Recurrence(
                frequency=Frequency.DAILY, first=date(2024, 3, 5), weekdays=series.WORKDAYS, until=date(2024, 3, 12)
            ),
            8640,
            1,
            (0x3E,),
            (0x2021, 6, date(2024, 3, 12)),
            id="every workday until a day",
        ),
        pytest.param(
            Recurrence(
                frequency=Frequency.WEEKLY,
                first=date(2024, 3, 5),
                interval=2,
                weekdays=series.TUESDAY | series.FRIDAY,
                count=5,
            ),
            (date(2024, 3, 3) - date(1601, 1, 1)).days * 1440 % (2 * 10080),
            2,
            (0x24,),
            (0x2022, 5, date(2024, 4, 2)),
            id="every other week on two days",
        ),
        pytest.param(
            Recurrence(frequency=Frequency.MONTHLY, first=date(2024, 1, 31), day=31, count=3),
            0,
            1,
            (31,),
            (0x2022, 3, date(2024, 3, 31)),
            id="last day of every month",
        ),
        pytest.param(
            Recurrence(frequency=Frequency.MONTHLY, first=date(2024, 3, 29), weekdays=series.FRIDAY, nth=LAST, count=2),
            0,
            1,
            (0x20, 5),
            (0x2022, 2, date(2024, 4, 26)),
            id="last Friday of every month",
        ),
        pytest.param(
            Recurrence(frequency=Frequency.YEARLY, first=date(2024, 11, 23)),
            (date(1601, 11, 1) - date(1601, 1, 1)).days * 1440,
            12,
            (23,),
            (0x2023, 10, None),
            id="every year without end",
        ),
    ],
)
def test_pattern(
    made: Recurrence,
    first_date_time: int,
    period: int,
    specific: tuple[int, ...],
    end: tuple[int, int, date | None],
) -> None:
    """Each kind of series has the numbers that the specification computes for it."""
    blob = made.pattern()
    assert struct.unpack_from("<HH", blob) == (0x3004, 0x3004)
    assert struct.unpack_from("<III", blob, 10) == (first_date_time, period, 0)
    assert struct.unpack_from(f"<{len(specific)}I", blob, 22) == specific
    kind, count, last = end
    tail = 22 + 4 * len(specific)
    assert struct.unpack_from("<III", blob, tail) == (kind, count, 0)
    minutes = NO_END if last is None else (last - date(1601, 1, 1)).days * 1440
    first = (made.first - date(1601, 1, 1)).days * 1440
    assert struct.unpack_from("<IIII", blob, tail + 12) == (0, 0, first, minutes)
    assert len(blob) == tail + 28


def test_modified_texts_are_written_twice() -> None:
    """A changed subject is there in 8-bit text and in Unicode."""
    day = date(2024, 3, 5)
    changed = Modified(original=at(day, 9), start=at(day, 10), end=at(day, 11), subject="変更", busy=3)
    blob = Recurrence(frequency=Frequency.WEEKLY, first=day, weekdays=series.TUESDAY, modified=[changed]).appointment(
        time(9), 60, "cp932"
    )
    assert "変更".encode("cp932") in blob
    assert struct.pack("<H", 2) + "変更".encode("utf-16-le") in blob
    assert struct.unpack_from("<IIIIH", blob, 62) == (0x3006, 0x3009, 540, 600, 1)


@given(
    st.sampled_from(
        [(GREENWICH, "UTC"), (TOKYO, "Asia/Tokyo"), (LONDON, "Europe/London"), (SYDNEY, "Australia/Sydney")]
    ),
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - bounds without a zone, as asked for
)
def test_zones_tell_the_time(pair: tuple[Zone, str], instant: datetime) -> None:
    """A zone's rules give the same local time as the zone of its name."""
    zone, name = pair
    utc = instant.replace(microsecond=0, tzinfo=UTC)
    assert zone.local(utc) == utc.astimezone(ZoneInfo(name)).replace(tzinfo=None)


@given(st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - as above
def test_local_times_become_instants(local: datetime) -> None:
    """The instant of a local time shows that time again, unless the clock skipped it."""
    spring = Change(month=3, weekday=0, week=5, hour=1).at(local.year)
    is_skipped = spring <= local < spring + timedelta(hours=1)
    assert (LONDON.local(LONDON.instant(local)) != local) == is_skipped


@pytest.mark.parametrize("minute", [0, 59])
def test_the_skipped_hour(minute: int) -> None:
    """A time that no clock showed becomes an instant all the same."""
    instant = LONDON.instant(at(date(2024, 3, 31), 1, minute))
    assert abs(instant - datetime(2024, 3, 31, 1, minute, tzinfo=UTC)) <= timedelta(hours=1)


def test_global_object_id() -> None:
    """The identity of a meeting has 56 bytes; that of a changed occurrence has its day in it."""
    identity = global_object_id(bytes(16), 5)
    assert len(identity) == 56
    assert identity[16:20] == bytes(4)
    assert global_object_id(bytes(16), 5, date(2024, 3, 19))[16:20] == bytes([0x07, 0xE8, 3, 19])
