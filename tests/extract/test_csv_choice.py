"""The settings choose the rows of a CSV too, and each that is left out is counted under its rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.extract import outlook_csv
from pipeline.extract.content import Content
from pipeline.extract.selection import Selection
from tests.extract.outlook_export import READING, counts, export, rows

_APRIL = {"since": date(2026, 4, 1), "until": date(2026, 4, 30), "time_zone": "Asia/Tokyo"}


def read(kind: str, *given: Mapping[str, str], **wanted: Any) -> Content:
    """Return what a CSV of day-month-year dates gives under some settings."""
    reading = replace(READING, date_order="dmy", selection=Selection(**wanted))
    return outlook_csv.content_of(export(kind, *map(dict, given)).encode(), reading)


def test_categories() -> None:
    """Only the rows with a wanted category are read."""
    people = ({"Last Name": "A", "Categories": "Zoho;x"}, {"Last Name": "B", "Categories": "x"}, {"Last Name": "C"})
    content = read("contacts", *people, categories=("zoho",))
    assert [row["surname"] for row in rows(content)] == ["A"]
    assert counts(content) == {"": 1, "category_not_selected": 2}


@pytest.mark.parametrize(
    ("kind", "row", "is_out"),
    [
        pytest.param("calendar", {"Start Date": "31/3/2026", "End Date": "31/3/2026"}, True, id="event before"),
        pytest.param("calendar", {"Start Date": "31/3/2026", "End Date": "2/4/2026"}, False, id="event into it"),
        pytest.param("calendar", {"Start Date": "30/4/2026", "End Date": "30/4/2026"}, False, id="on the last day"),
        pytest.param("calendar", {"Start Date": "1/5/2026", "End Date": "1/5/2026"}, True, id="event after"),
        pytest.param("tasks", {"Due Date": "31/3/2026"}, True, id="task due before"),
        pytest.param("tasks", {"Due Date": "30/4/2026", "Start Date": "1/1/2026"}, False, id="task due in it"),
        pytest.param("tasks", {"Start Date": "1/5/2026"}, True, id="task begun after"),
        pytest.param("tasks", {}, False, id="task without a date"),
        pytest.param("contacts", {"Last Name": "A", "Birthday": "31/3/1980"}, False, id="contact"),
    ],
)
def test_days(kind: str, row: dict[str, str], *, is_out: bool) -> None:
    """Events and tasks of the days are read, and all contacts."""
    times = {"Start Time": "9:00", "End Time": "10:00"} if kind == "calendar" else {}
    content = read(kind, {"Subject": "x", **times, **row} if kind != "contacts" else row, **_APRIL)
    assert counts(content) == ({"outside_date_range": 1} if is_out else {"": 1})
    assert sum(account["seen"] for account in content.accounts) == 1


def test_private_rows_are_left_to_transform() -> None:
    """A private row of a CSV is read, so that it is left out once only."""
    assert counts(read("contacts", {"Last Name": "A", "Private": "True"})) == {"": 1}
