"""The zone of an appointment from Outlook's blobs and names."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from pipeline.extract.pst import time_zones
from pipeline.extract.pst.time_zone_names import DISPLAYED
from tests.extract import outlook_items

NEVER = (bytes(16), bytes(16))


def change(month: int, week: int, hour: int = 2, minute: int = 0) -> bytes:
    """Return a SYSTEMTIME: the `week`th Sunday of a month."""
    return struct.pack("<8H", 0, month, 0, week, hour, minute, 0, 0)


AMERICA = change(11, 1), change(3, 2)
AMERICA_BEFORE_2007 = change(10, 5), change(4, 1)
EUROPE = change(10, 5, 3), change(3, 5)
NOWHERE = change(9, 3, 2, 30), change(2, 1, 23, 45)


def definition(key: str, *rules: tuple[int, int, tuple[bytes, bytes]], in_effect: Sequence[bool] = ()) -> bytes:
    """Return PidLidAppointmentTimeZoneDefinition* ([MS-OXOCAL] 2.2.1.41); a rule is year, bias and changes.

    `in_effect`: which of the rules are flagged as in effect, all where nothing is said.
    """
    flags = [2 if flag else 0 for flag in in_effect] or [2] * (len(rules) or 1)
    name = key.encode("utf-16-le")
    head = struct.pack("<BBHHH", 2, 1, 6 + len(name), 2, len(key)) + name + struct.pack("<H", len(rules) or 1)
    return head + b"".join(
        struct.pack("<BBHHH14xiii16s16s", 2, 1, 62, flag, year, bias, 0, -60, *changes)
        for flag, (year, bias, changes) in zip(flags, rules or ((2020, 0, NEVER),), strict=True)
    )


def structure(bias: int, changes: tuple[bytes, bytes] = NEVER) -> bytes:
    """Return PidLidTimeZoneStruct ([MS-OXOCAL] 2.2.1.39), 48 bytes."""
    return struct.pack("<iiiH16sH16s", bias, 0, -60, 0, changes[0], 0, changes[1])


_START = "PidLidAppointmentTimeZoneDefinitionStartDisplay"
_RECUR = "PidLidAppointmentTimeZoneDefinitionRecur"
_TEXT = "PidLidTimeZoneDescription"
_STRUCT = "PidLidTimeZoneStruct"


@pytest.mark.parametrize(
    ("properties", "zone"),
    [
        pytest.param({_START: definition("Tokyo Standard Time")}, "Asia/Tokyo", id="key of the definition"),
        pytest.param(
            {_RECUR: definition("Pacific Standard Time", (2020, 480, AMERICA))},
            "America/Los_Angeles",
            id="of the recurrence",
        ),
        pytest.param(
            {_START: definition("Nobody's Time"), _RECUR: definition("GMT Standard Time")},
            "Europe/London",
            id="the second, where the first is unknown",
        ),
        pytest.param({_TEXT: "(GMT-06:00) Central Time (US & Canada)"}, "America/Chicago", id="the shown text"),
        pytest.param({_TEXT: "(UTC+09:00) 大阪、札幌、東京"}, "Asia/Tokyo", id="the shown text in Japanese"),
        pytest.param({_TEXT: "Eastern Standard Time"}, "America/New_York", id="a key where the text should be"),
        pytest.param({_START: definition("Europe/Berlin")}, "Europe/Berlin", id="an IANA name as the key"),
        pytest.param({_START: definition("Mars/Olympus_Mons", (2020, 1, NEVER))}, None, id="like an IANA name"),
        pytest.param({_START: definition("tzone://Microsoft/Utc")}, "Etc/UTC", id="Exchange's own name for UTC"),
        pytest.param({_START: definition("(UTC-03:00)", (2020, 180, NEVER))}, "Etc/GMT+3", id="no summer time"),
        pytest.param({_START: definition("X", (2020, 300, AMERICA))}, "America/New_York", id="rules of the east coast"),
        pytest.param({_START: definition("X", (2020, -60, EUROPE))}, "Europe/Berlin", id="rules of central Europe"),
        pytest.param(
            {_START: definition("X", (2004, 480, AMERICA_BEFORE_2007), (2007, 480, AMERICA))},
            "America/Los_Angeles",
            id="rules by year",
        ),
        pytest.param({_STRUCT: structure(-540)}, "Etc/GMT-9", id="only the structure, no summer time"),
        pytest.param({_STRUCT: structure(480, AMERICA)}, "America/Los_Angeles", id="only the structure"),
        pytest.param({_STRUCT: structure(0)}, "Etc/UTC", id="UTC"),
        pytest.param({_STRUCT: structure(-330)}, "Asia/Calcutta", id="half an hour is a place"),
        pytest.param({_STRUCT: structure(9999)}, None, id="no zone on earth"),
        pytest.param({_START: b"\x02\x01\x06"}, None, id="cut off"),
        pytest.param({_START: definition("X")[:8] + b"\xff" * 4}, None, id="a name that is cut off"),
        pytest.param({_START: b"\x01" + definition("Tokyo Standard Time")[1:]}, None, id="another version"),
        pytest.param({}, None, id="none"),
    ],
)
def test_zone(properties: dict[str, Any], zone: str | None) -> None:
    """The zone is the definition's key, else the shown text, else a constant offset; else none, never a guess."""
    found = time_zones.of_item(outlook_items.bag(properties))
    assert (found.name if found else None) == zone


@pytest.mark.parametrize(
    ("rule", "years", "zone"),
    [
        pytest.param((0, 480, AMERICA_BEFORE_2007), (2004, 2006), "America/Los_Angeles", id="of their time"),
        pytest.param((0, 480, AMERICA_BEFORE_2007), (2004, 2008), "America/Tijuana", id="kept by a neighbour"),
        pytest.param((0, 480, AMERICA), (2006, 2006), None, id="of another time"),
        pytest.param((0, -345, NEVER), (2020, 2020), "Asia/Katmandu", id="three quarters of an hour"),
        pytest.param((0, -30, NEVER), (2020, 2020), None, id="nowhere"),
    ],
)
def test_rules_are_a_zone_in_the_years_of_the_item(
    rule: tuple[int, int, tuple[bytes, bytes]], years: tuple[int, int], zone: str | None
) -> None:
    """Rules are the IANA zone that has them in the years in which the item takes place; else they stay rules."""
    found = time_zones.of_item(outlook_items.bag({_START: definition("Ours", rule)}), years)
    assert found is not None
    assert (found.name, found.rules is None) == (zone, zone is not None)


def test_rules_that_no_zone_has() -> None:
    """Rules of no zone are a TZ string of POSIX, which the standard library can calculate with."""
    found = time_zones.of_item(outlook_items.bag({_START: definition("Ours", (2020, 210, NOWHERE))}))
    assert found == time_zones.Zone(None, "<-0330>3:30<-0230>2:30,M2.1.0/23:45,M9.3.0/2:30")
    clock = found.clock
    offsets = [datetime(2020, month, 15, tzinfo=clock).utcoffset() for month in (1, 7, 12)]
    assert offsets == [timedelta(hours=-3.5), timedelta(hours=-2.5), timedelta(hours=-3.5)]


@pytest.mark.parametrize(
    ("in_effect", "zone"),
    [
        pytest.param((True, False), "America/New_York", id="the first is in effect"),
        pytest.param((False, True), "Europe/Berlin", id="the second is"),
        pytest.param((False, False), "Europe/Berlin", id="none is: the last"),
    ],
)
def test_two_rules_of_one_year(in_effect: Sequence[bool], zone: str) -> None:
    """Of two rules for a year the one counts that the definition says is in effect."""
    blob = definition("Ours", (2020, 300, AMERICA), (2020, -60, EUROPE), in_effect=in_effect)
    found = time_zones.of_item(outlook_items.bag({_START: blob}))
    assert found is not None
    assert found.name == zone


@pytest.mark.parametrize(("year", "bias"), [(2003, "-0800"), (2004, "-0800"), (2006, "-0800"), (2007, "-0330")])
def test_the_rules_of_the_year_of_the_item(year: int, bias: str) -> None:
    """A zone that changed its rules has those of the item's year, before all of them the first."""
    rules = definition("Ours", (2004, 480, change_pair(9)), (2007, 210, change_pair(10)))
    found = time_zones.of_item(outlook_items.bag({_START: rules}), (year, year))
    assert found is not None
    assert (found.rules or "").startswith(f"<{bias[:3]}" if bias.endswith("00") else f"<{bias}")


def change_pair(month: int) -> tuple[bytes, bytes]:
    """Return changes that no zone has: the third Sunday of a month, and the second of February."""
    return change(month, 3, 2, 30), change(2, 2, 23, 45)


@pytest.mark.parametrize("thousandths", [0, 999])
def test_the_end_of_a_day(thousandths: int) -> None:
    """A change at 23:59:59.999 is one at the end of that day, as Windows writes it."""
    last = struct.pack("<8H", 0, 9, 0, 3, 23, 59, 59, thousandths)
    found = time_zones.of_item(outlook_items.bag({_START: definition("Ours", (2020, 210, (last, change(2, 1, 0))))}))
    assert found is not None
    assert (found.rules or "").endswith("M9.3.0/24")


def test_a_series_repeats_in_the_zone_it_was_made_in() -> None:
    """The zone of the recurrence counts for a series, the zone of display for any other item."""
    blobs = {_START: definition("Tokyo Standard Time"), _RECUR: definition("GMT Standard Time")}
    zones = [time_zones.of_item(outlook_items.bag(blobs), is_series=is_series) for is_series in (False, True)]
    assert [zone and zone.name for zone in zones] == ["Asia/Tokyo", "Europe/London"]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        pytest.param(definition("Tokyo Standard Time"), ("2020-07-01", "2020-07-03"), id="a zone"),
        pytest.param(definition("Ours", (2020, -540, NOWHERE)), ("2020-07-01", "2020-07-03"), id="rules"),
        pytest.param(b"", (None, None), id="none"),
    ],
)
def test_whole_days(zone: bytes, days: tuple[str | None, str | None]) -> None:
    """The dates of whole days are those of the item's own zone."""
    row = outlook_items.row(
        "events",
        outlook_items.item(
            "IPM.Appointment",
            {
                _START: zone,
                "PidLidAppointmentSubType": True,
                "PidLidAppointmentStartWhole": datetime(2020, 6, 30, 15, tzinfo=UTC),
                "PidLidAppointmentEndWhole": datetime(2020, 7, 2, 15, tzinfo=UTC),
            },
        ),
    )
    assert tuple(day and day.isoformat() for day in (row["start_date"], row["end_date"])) == days


def test_shown_names_are_zones() -> None:
    """Every text in the table stands for a Windows zone that has an IANA one."""
    assert {key for key in DISPLAYED.values() if key not in win_tz} == set()
    assert all(ZoneInfo(win_tz[key]).key == win_tz[key] for key in DISPLAYED.values())


@given(hours=st.integers(-14, 12))
def test_a_constant_offset_is_the_zone_of_that_offset(hours: int) -> None:
    """The sign of Etc/GMT is the one of the bias, and the zone exists."""
    zone = time_zones.of_item(outlook_items.bag({_STRUCT: structure(60 * hours)}))
    assert zone is not None
    assert zone.name is not None
    assert zone.name.startswith("Etc/")
    assert datetime(2020, 7, 1, tzinfo=zone.clock).utcoffset() == timedelta(hours=-hours)


@given(zone=st.sampled_from(sorted(set(win_tz.values()))), year=st.integers(2008, 2024))
def test_an_iana_zone_is_found_again(zone: str, year: int) -> None:
    """The rules of a year, made of an IANA zone, are a zone with the same clock all that year."""
    rule = _rule_of(ZoneInfo(zone), year)
    assume(rule is not None)
    assert rule is not None
    found = time_zones.of_item(outlook_items.bag({_START: definition("Ours", rule)}), (year, year))
    assert found is not None
    assert found.name is not None
    for hours in range(72, 8600, 7):
        moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert moment.astimezone(found.clock).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()


def _rule_of(zone: ZoneInfo, year: int) -> tuple[int, int, tuple[bytes, bytes]] | None:
    """Return the rule of a zone with two changes of an hour on Sundays, or none; None for others."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-24, 8808)]
    found = [hours for hours in range(1, len(offsets)) if offsets[hours] != offsets[hours - 1]]
    if not found:
        return year, -_minutes(offsets[0]), NEVER
    changes = {}
    for hours in found:
        before = _minutes(offsets[hours - 1])
        wall = start + timedelta(hours=hours - 24, minutes=before)
        if wall.isoweekday() != 7 or wall.minute:
            return None
        changes[_minutes(offsets[hours]) - before] = change(wall.month, _week(wall), wall.hour)
    if changes.keys() != {60, -60} or len(found) != 2:
        return None
    standard = min(_minutes(offset) for offset in offsets)
    return year, -standard, (changes[-60], changes[60])


def _week(day: datetime) -> int:
    is_last = (day + timedelta(days=7)).month != day.month
    return 5 if is_last else (day.day + 6) // 7


def _minutes(offset: timedelta | None) -> int:
    return (offset or timedelta()) // timedelta(minutes=1)


@given(blob=st.binary(max_size=120))
def test_no_blob_is_an_error(blob: bytes) -> None:
    """Any blob gives a zone or none."""
    bag = outlook_items.bag({_START: b"\x02\x01" + blob, _RECUR: blob, _STRUCT: blob})
    zone = time_zones.of_item(bag)
    assert zone is None or abs(datetime(2020, 7, 1, tzinfo=zone.clock).utcoffset() or timedelta()) <= timedelta(
        hours=15
    )
