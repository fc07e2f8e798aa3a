"""Dates and times of a CSV: understood from the whole file, never guessed."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import csv_dates
from pipeline.extract.content import UnreadableError
from pipeline.extract.csv_dates import LAST_BIRTH_YEAR, ORDERS, Calendar, Order, Words, order_of
from pipeline.extract.csv_language import languages, words

_LANGUAGE = next(language for language in languages() if language.code == "en")
WORDS = Words(*(words(_LANGUAGE, name) for name in ("no_date", "half_day", "months")))


@pytest.mark.parametrize(
    ("cells", "usual", "setting", "expected"),
    [
        pytest.param({"3/4/2026", "31/12/2025"}, "", "", "dmy", id="a day beyond 12"),
        pytest.param({"3/4/2026", "12/31/2025"}, "", "", "mdy", id="a month cannot be 31"),
        pytest.param({"3/4/2026", "31/12/2025"}, "", "mdy", "dmy", id="evidence beats the setting"),
        pytest.param({"3/4/2026"}, "", "dmy", "dmy", id="the setting decides"),
        pytest.param({"5/5/2026", "0/0/00", ""}, "", "", "mdy", id="no date is doubtful"),
        pytest.param({"25/12/31"}, "ymd", "dmy", "ymd", id="Japanese, two digits"),
        pytest.param({"3/4/2026"}, "ymd", "dmy", "dmy", id="Japanese on a British Windows"),
        pytest.param({"2026-03-04", "2026/3/4"}, "", "", "ymd", id="year first says all"),
        pytest.param({"31.12.25", "1.2.25"}, "", "dmy", "dmy", id="31.12.25 with the setting"),
        pytest.param({"1-Feb-26", "x"}, "", "", "ymd", id="a month by name says all"),
        pytest.param({"13/1/2026", "14/1/2026", "1/15/2026"}, "", "", "dmy", id="most dates against one slip"),
        pytest.param({"13/02/25", "12/01/25"}, "", "", "dmy", id="two digits of a year come last"),
        pytest.param({"12/25/25", "12/01/25"}, "", "", "mdy", id="two digits, a month cannot be 25"),
        pytest.param({"99/12/31"}, "", "", "ymd", id="no day is 99"),
        pytest.param(set(), "", "", "ymd", id="no dates"),
    ],
)
def test_order(cells: set[str], usual: str, setting: str, expected: str) -> None:
    """The order comes from all dates together, then the language, then the settings."""
    found = order_of(cells, WORDS, usual=usual, setting=setting)
    read = Calendar(found, WORDS)
    assert [read.date(cell) for cell in sorted(cells)] == [
        Calendar(_order(expected), WORDS).date(cell) for cell in sorted(cells)
    ]


def _order(name: str) -> Order:
    return next(order for order in ORDERS if order == name)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param({"3/4/2026"}, id="no evidence"),
        pytest.param({"3/4/2026", "13/4/2026", "4/13/2026"}, id="evidence for both"),
        pytest.param({"3/4/05", "1/2/03"}, id="two digits everywhere"),
    ],
)
def test_a_doubtful_order_is_asked_for(cells: set[str]) -> None:
    """Where neither file nor settings say it, the message names the setting."""
    with pytest.raises(UnreadableError, match="ambiguous_dates") as raised:
        order_of(cells, WORDS, usual="", setting="")
    assert "date_order" in raised.value.reason
    assert "[outlook]" in raised.value.reason


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        pytest.param("2026/5/20", "ymd", date(2026, 5, 20), id="Japanese"),
        pytest.param("２０２６／５／２０", "ymd", date(2026, 5, 20), id="full width"),
        pytest.param("2026年5月20日", "ymd", date(2026, 5, 20), id="with signs"),
        pytest.param("2026/05/20 (水)", "ymd", date(2026, 5, 20), id="with a weekday"),
        pytest.param("2026-05-20", "dmy", date(2026, 5, 20), id="year first whatever the order"),
        pytest.param("20/5/2026", "dmy", date(2026, 5, 20), id="British"),
        pytest.param("5/20/2026", "mdy", date(2026, 5, 20), id="American"),
        pytest.param("20.05.2026", "dmy", date(2026, 5, 20), id="German"),
        pytest.param("20. 5. 2026", "dmy", date(2026, 5, 20), id="Czech"),
        pytest.param("20-May-26", "mdy", date(2026, 5, 20), id="month by name"),
        pytest.param("Sept 3, 2026", "dmy", date(2026, 9, 3), id="month first by name"),
        pytest.param("5/20/49", "mdy", date(2049, 5, 20), id="49 is 2049"),
        pytest.param("5/20/50", "mdy", date(1950, 5, 20), id="50 is 1950"),
        pytest.param("5/20/2026 12:00:00 AM", "mdy", date(2026, 5, 20), id="a time behind it"),
        pytest.param("29/2/2025", "dmy", None, id="no such day"),
        pytest.param("20/5/026", "dmy", None, id="no such year"),
        pytest.param("next week", "dmy", None, id="words"),
        pytest.param("20-Mai-26", "dmy", None, id="a month of another language"),
        pytest.param("1e5/2/3", "dmy", None, id="no number"),
    ],
)
def test_date(cell: str, order: Order, expected: date | None) -> None:
    """A date is read in the order found; anything else is none."""
    assert Calendar(order, WORDS).date(cell) == expected


def test_two_digits_of_a_birthday_are_not_in_the_future() -> None:
    """Born in '45 is 1945."""
    assert Calendar("dmy", WORDS).date("6/5/45", LAST_BIRTH_YEAR) == date(1945, 5, 6)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param(" ", True, id="space"),
        pytest.param("0/0/00", True, id="English"),
        pytest.param("00/0/0", True, id="Japanese"),
        pytest.param("0.0.00", True, id="Russian"),
        pytest.param("None", True, id="a word"),
        pytest.param("なし", True, id="a Japanese word"),
        pytest.param("0", False, id="a zero"),
        pytest.param("10/0/00", False, id="not only zeros"),
    ],
)
def test_no_date(cell: str, *, expected: bool) -> None:
    """What Outlook writes for no date is not a date that cannot be read."""
    assert csv_dates.is_blank(cell, WORDS) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("10:00:00", time(10), id="24 hours"),
        pytest.param("9:45", time(9, 45), id="no seconds"),
        pytest.param("12:15:00 AM", time(0, 15), id="a quarter past midnight"),
        pytest.param("12:15:00 PM", time(12, 15), id="a quarter past noon"),
        pytest.param("3:00 p.m.", time(15), id="points"),
        pytest.param("午後3:00:00", time(15), id="Japanese half day"),
        pytest.param("午前 0:30", time(0, 30), id="Japanese after midnight"),
        pytest.param("10:00:00 午後", time(22), id="behind it"),
        pytest.param("１０：３０", time(10, 30), id="full width"),
        pytest.param("10.30", time(10, 30), id="points between"),
        pytest.param("25:00", None, id="no such hour"),
        pytest.param("10:61", None, id="no such minute"),
        pytest.param("10:00 XM", None, id="no such half"),
        pytest.param("soon", None, id="words"),
    ],
)
def test_time(cell: str, expected: time | None) -> None:
    """A time of the clock is read in every form that Windows writes."""
    assert Calendar("dmy", WORDS).clock(cell) == expected


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        pytest.param("2026/7/1", "10:00", datetime(2026, 7, 1, 10), id="two cells"),  # noqa: DTZ001 - a wall clock
        pytest.param("2026/7/1", " ", datetime(2026, 7, 1), id="no time is midnight"),  # noqa: DTZ001 - a wall clock
        pytest.param("2026/7/1 午後 1:00", "", datetime(2026, 7, 1, 13), id="one cell"),  # noqa: DTZ001 - a wall clock
        pytest.param("2026/7/1", "soon", None, id="no time that can be read"),
        pytest.param("", "10:00", None, id="no date"),
    ],
)
def test_instant(day: str, clock: str, expected: datetime | None) -> None:
    """A wall clock time needs a date; a time that cannot be read is not midnight."""
    assert Calendar("ymd", WORDS).instant(day, clock) == expected


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.sampled_from(ORDERS), st.sampled_from("/-."))
def test_a_date_written_in_an_order_is_read_in_it(day: date, order: Order, separator: str) -> None:
    """read∘write = identity for every order and separator, with four digits and with two."""
    parts = {"y": f"{day.year}", "m": f"{day.month}", "d": f"{day.day}"}
    short = {**parts, "y": f"{day.year % 100:02}"}
    read = Calendar(order, WORDS)
    assert read.date(separator.join(parts[name] for name in order)) == day
    assert read.date(separator.join(short[name] for name in order)) == day


@given(st.text(max_size=20))
def test_no_text_raises(cell: str) -> None:
    """Whatever a cell holds, it is a date or none."""
    read = Calendar("dmy", WORDS)
    assert isinstance(read.date(cell), date | None)
    assert isinstance(read.clock(cell), time | None)
