"""Streets, picklists, dates and times."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.clean import address, picklist
from pipeline.clean import date as dates
from pipeline.targets import TASKS

TOKYO, LONDON, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/London"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("lines", "box", "expected"),
    [
        pytest.param("西新宿9-99-9\nみどりビル5F", None, "西新宿9-99-9 みどりビル5F", id="Japanese lines"),
        pytest.param("Unit 4,\r\nQuarry Park\nMill Lane", None, "Unit 4, Quarry Park, Mill Lane", id="Western lines"),
        pytest.param("7 Elm Row", None, "7 Elm Row", id="one line"),
        pytest.param("7 Elm Row", "12", "7 Elm Row, PO Box 12", id="a box that is a number"),
        pytest.param("西新宿9-99-9", "12", "西新宿9-99-9 私書箱12", id="in Japanese"),
        pytest.param(None, "P.O. Box 3", "P.O. Box 3", id="only a box"),
        pytest.param("PO Box 3", "PO Box 3", "PO Box 3", id="a box that the street names"),
        pytest.param(None, None, None, id="nothing"),
    ],
)
def test_street(lines: str | None, box: str | None, expected: str | None) -> None:
    """Street lines and box become one line."""
    assert address.street(lines, box).value == expected


@pytest.mark.parametrize(
    ("raw", "expected", "is_listed"),
    [
        pytest.param("waiting", "Waiting for input", False, id="our word"),
        pytest.param("Completed", "Completed", False, id="Zoho's word"),
        pytest.param("somewhen", None, True, id="another word is dropped and listed"),
        pytest.param(None, None, False, id="missing"),
    ],
)
def test_picklist(raw: str | None, expected: str | None, *, is_listed: bool) -> None:
    """Only Zoho's actual values are sent."""
    cleaned = picklist.choose(raw, TASKS.field("Status").values)
    assert (cleaned.value, bool(cleaned.changes)) == (expected, is_listed)


@pytest.mark.parametrize(
    ("wall_clock", "zone", "expected", "oddity"),
    [
        pytest.param("2026-05-20T10:00", TOKYO, "2026-05-20T01:00", "", id="Tokyo"),
        pytest.param("2026-01-20T10:00", LONDON, "2026-01-20T10:00", "", id="London in winter"),
        pytest.param("2026-07-20T10:00", LONDON, "2026-07-20T09:00", "", id="London in summer"),
        pytest.param("2026-03-29T01:30", LONDON, "2026-03-29T01:30", dates.GAP, id="London, does not exist"),
        pytest.param("2026-10-25T01:30", LONDON, "2026-10-25T00:30", dates.TWICE, id="London, exists twice"),
        pytest.param("2026-03-08T02:30", NEW_YORK, "2026-03-08T07:30", dates.GAP, id="New York, does not exist"),
        pytest.param("2026-11-01T01:30", NEW_YORK, "2026-11-01T05:30", dates.TWICE, id="New York, exists twice"),
    ],
)
def test_instant(wall_clock: str, zone: ZoneInfo, expected: str, oddity: str) -> None:
    """A time in a gap is read with the offset before it, one that occurs twice means the first (RFC 5545, 3.3.5)."""
    local = datetime.fromisoformat(wall_clock)
    assert dates.instant(local, zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert dates.oddity(local, zone) == oddity


@pytest.mark.parametrize(
    ("known", "at", "zone", "expected"),
    [
        pytest.param(None, "1999-12-31T15:00", TOKYO, date(2000, 1, 1), id="midnight in Tokyo"),
        pytest.param(None, "2000-01-01T00:00", TOKYO, date(2000, 1, 1), id="UTC midnight, as some programs write"),
        pytest.param(None, "2000-01-01T00:00", NEW_YORK, date(2000, 1, 1), id="UTC midnight, west of Greenwich"),
        pytest.param(None, "1979-07-09T23:00", LONDON, date(1979, 7, 10), id="midnight in summer"),
        pytest.param(None, "1979-07-10T00:00", LONDON, date(1979, 7, 10), id="by the winter clock"),
        pytest.param(date(1984, 2, 29), "1984-02-27T15:00", TOKYO, date(1984, 2, 29), id="a known date wins"),
        pytest.param(None, None, TOKYO, None, id="none"),
    ],
)
def test_birthday(known: date | None, at: str | None, zone: ZoneInfo, expected: date | None) -> None:
    """A birthday is the day that was meant, wherever the machine stood."""
    instant = None if at is None else datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert dates.birthday(known, instant, zone) == expected


def test_zone_that_is_none() -> None:
    """A name that no zone has is no zone, not an error."""
    assert dates.zone("Tokyo Standard Time") is None
    assert dates.zone(None) is None
