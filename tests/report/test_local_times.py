"""Who signs a plan reads its times by the clock of the own mailbox: a holiday begins on its day, not the day before."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline import load
from pipeline.report import local_times, plan_rows
from pipeline.targets import EVENTS, TARGETS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

TOKYO = ZoneInfo("Asia/Tokyo")
TOML = '[[mailbox]]\nname = "ann"\nfiles = ["ann/*"]\ntime_zone = "America/New_York"\n'
MIDNIGHT = datetime(2026, 12, 28, 15, tzinfo=UTC)  # in Tokyo


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("2026-12-28T15:00:00+00:00", "2026-12-29 00:00+09:00", id="an instant"),
        pytest.param(
            "ann@x.example · 2026-05-20T01:30:00+00:00", "ann@x.example · 2026-05-20 10:30+09:00", id="within"
        ),
        pytest.param("2026-12-28", "2026-12-28", id="a date has no zone"),
        pytest.param("9999-12-31T23:00:00+00:00", "9999-12-31T23:00:00+00:00", id="there is no such day there"),
        pytest.param("2026-13-01T00:00:00+00:00", "2026-13-01T00:00:00+00:00", id="no instant"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_by_the_clock_of_a_zone(text: str | None, seen: str | None) -> None:
    """What is an instant is by the clock of the zone, and says how far that is from UTC; all else stays."""
    assert local_times.shown(text, TOKYO) == seen


def test_the_records_of_a_plan(tmp_path: Path, crm: Crm) -> None:
    """Each by the clock of its mailbox, or of the settings; a text that looks like an instant stays as it is."""
    end = MIDNIGHT.replace(hour=16)
    row = ready(
        EVENTS, "e", Event_Title="Inventory", Start_DateTime=MIDNIGHT, End_DateTime=end, Venue=MIDNIGHT.isoformat()
    )
    other = ready(EVENTS, "f", Event_Title="Call", Start_DateTime=MIDNIGHT, End_DateTime=end) | {"mailbox": "ann"}
    config = world.project(tmp_path / "p", {"events": [row, other]}, TOML)
    planned = load.run(config, crm.connection, plans_only=True)
    assert planned.tables is not None
    seen = {
        one.title: (one.hint, dict(field[:2] for field in one.fields))
        for one in plan_rows.read(config, planned.tables, TARGETS)
    }
    assert "2026-12-29 00:00+09:00" in seen["Inventory"][0]
    found = seen["Inventory"][1]
    assert (found["Start_DateTime"], found["End_DateTime"]) == ("2026-12-29 00:00+09:00", "2026-12-29 01:00+09:00")
    assert found["Venue"] == "2026-12-28T15:00:00+00:00"
    assert seen["Call"][1]["Start_DateTime"] == "2026-12-28 10:00-05:00"
