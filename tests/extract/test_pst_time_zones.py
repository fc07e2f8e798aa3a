"""The zone of an appointment from Outlook's blobs and names."""

import struct
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from pipeline.extract.pst import time_zones
from pipeline.extract.pst.time_zone_names import DISPLAYED
from tests.extract import outlook_items

_SUMMER = struct.pack("<8H", 0, 3, 0, 2, 2, 0, 0, 0)


def definition(key: str, bias: int = 0, standard_date: bytes = bytes(16)) -> bytes:
    """Return PidLidAppointmentTimeZoneDefinition* ([MS-OXOCAL] 2.2.1.41) with one rule."""
    name = key.encode("utf-16-le")
    head = struct.pack("<BBHHH", 2, 1, 6 + len(name), 2, len(key)) + name
    rule = struct.pack("<BBHHH14xiii16s16s", 2, 1, 62, 2, 2020, bias, 0, -60, standard_date, bytes(16))
    return head + struct.pack("<H", 1) + rule


def structure(bias: int, standard_date: bytes = bytes(16)) -> bytes:
    """Return PidLidTimeZoneStruct ([MS-OXOCAL] 2.2.1.39), 48 bytes."""
    return struct.pack("<iiiH16sH16s", bias, 0, -60, 0, standard_date, 0, bytes(16))


_START = "PidLidAppointmentTimeZoneDefinitionStartDisplay"
_RECUR = "PidLidAppointmentTimeZoneDefinitionRecur"
_TEXT = "PidLidTimeZoneDescription"
_STRUCT = "PidLidTimeZoneStruct"


@pytest.mark.parametrize(
    ("properties", "zone"),
    [
        pytest.param({_START: definition("Tokyo Standard Time", -540)}, "Asia/Tokyo", id="key of the definition"),
        pytest.param({_RECUR: definition("Pacific Standard Time", 480)}, "America/Los_Angeles", id="of the recurrence"),
        pytest.param(
            {_START: definition("Nobody's Time"), _RECUR: definition("GMT Standard Time")},
            "Europe/London",
            id="the second, where the first is unknown",
        ),
        pytest.param({_TEXT: "(GMT-06:00) Central Time (US & Canada)"}, "America/Chicago", id="the shown text"),
        pytest.param({_TEXT: "(UTC+09:00) 大阪、札幌、東京"}, "Asia/Tokyo", id="the shown text in Japanese"),
        pytest.param({_TEXT: "Eastern Standard Time"}, "America/New_York", id="a key where the text should be"),
        pytest.param({_START: definition("(UTC-03:00)", 180)}, "Etc/GMT+3", id="no name, no summer time"),
        pytest.param({_START: definition("(UTC-03:00)", 180, _SUMMER)}, None, id="no name, with summer time"),
        pytest.param({_STRUCT: structure(-540)}, "Etc/GMT-9", id="only the structure, no summer time"),
        pytest.param({_STRUCT: structure(480, _SUMMER)}, None, id="only the structure, with summer time"),
        pytest.param({_STRUCT: structure(0)}, "Etc/UTC", id="UTC"),
        pytest.param({_STRUCT: structure(-330)}, None, id="half an hour has no such name"),
        pytest.param({_STRUCT: structure(9999)}, None, id="no zone on earth"),
        pytest.param({_START: b"\x02\x01\x06"}, None, id="cut off"),
        pytest.param({_START: definition("X")[:8] + b"\xff" * 4}, None, id="a name that is cut off"),
        pytest.param({_START: b"\x01" + definition("Tokyo Standard Time")[1:]}, None, id="another version"),
        pytest.param({}, None, id="none"),
    ],
)
def test_zone(properties: dict[str, Any], zone: str | None) -> None:
    """The zone is the definition's key, else the shown text, else a constant offset; else none, never a guess."""
    assert time_zones.of_item(outlook_items.bag(properties)) == zone


def test_shown_names_are_zones() -> None:
    """Every text in the table stands for a Windows zone that has an IANA one."""
    assert {key for key in DISPLAYED.values() if key not in win_tz} == set()
    assert all(ZoneInfo(win_tz[key]).key == win_tz[key] for key in DISPLAYED.values())


@given(hours=st.integers(-14, 12))
def test_a_constant_offset_is_the_zone_of_that_offset(hours: int) -> None:
    """The sign of Etc/GMT is the one of the bias, and the zone exists."""
    zone = time_zones.of_item(outlook_items.bag({_STRUCT: structure(60 * hours)}))
    assert zone is not None
    assert datetime(2020, 7, 1, tzinfo=ZoneInfo(zone)).utcoffset() == timedelta(hours=-hours)


@given(blob=st.binary(max_size=120))
def test_no_blob_is_an_error(blob: bytes) -> None:
    """Any blob gives a zone or none."""
    bag = outlook_items.bag({_START: b"\x02\x01" + blob, _RECUR: blob, _STRUCT: blob})
    zone = time_zones.of_item(bag)
    assert zone is None or ZoneInfo(zone).key == zone
