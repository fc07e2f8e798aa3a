"""Before the rest: the first rows for real, and a rehearsal in a sandbox that is like the org."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import config as settings
from pipeline import first_use, load
from pipeline.errors import SettingsError
from pipeline.outcome import Report
from pipeline.targets import ACCOUNTS, CONTACTS, TASKS
from tests import line
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    """Run a fresh sandbox."""
    with world.crm(tmp_path / "crm") as running:
        yield running


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return 12 contacts, each of a company of its own, the last company first; and 12 tasks."""
    return {
        "accounts": [ready(ACCOUNTS, f"a{n:02}", Account_Name=f"Company{n}") for n in reversed(range(12))],
        "contacts": [ready(CONTACTS, f"c{n:02}", Last_Name=f"P{n}", Account_Name=f"a{n:02}") for n in range(12)],
        "tasks": [ready(TASKS, f"t{n:02}", Subject=f"T{n}") for n in range(12)],
    }


def created(report: Report) -> dict[str, tuple[int, int]]:
    """Return created and skipped of each module that has rows."""
    return {one.module: (one.created, one.skipped) for one in report.loads if one.to_send}


def test_only_the_first_rows_go_with_what_they_point_to(tmp_path: Path, crm: Crm) -> None:
    """Three of each module, and the companies of those contacts; nothing that is sent lacks its look-up."""
    config = world.project(tmp_path / "p", rows(), "")
    crm.pass_a_minute()
    first = load.run(config, crm.connection, first=3)
    assert created(first) == {"Accounts": (6, 6), "Contacts": (3, 9), "Tasks": (3, 9)}
    assert {one["code"] for one in world.tables(config, first, "outcomes")} == {None, "after_canary"}
    people = [one for one in crm.records("Contacts", "Last_Name,Account_Name") if one["Last_Name"].startswith("P")]
    assert {(one["Last_Name"], one["Account_Name"]["name"]) for one in people} >= {
        ("P0", "Company0"),
        ("P1", "Company1"),
        ("P2", "Company2"),
    }


def test_what_came_back_is_compared_and_the_rest_follows(tmp_path: Path, crm: Crm) -> None:
    """Read back, the first rows are as they were sent; the next load sends just the others."""
    config = world.project(tmp_path / "p", rows(), "")
    crm.pass_a_minute()
    load.run(config, crm.connection, first=3)
    crm.pass_a_minute()
    assert load.verify(config, crm.connection).records == 0
    assert created(world.run(config, crm)) == {"Accounts": (6, 0), "Contacts": (9, 0), "Tasks": (9, 0)}


def test_a_canary_is_approved_by_a_hash_of_its_own(tmp_path: Path, crm: Crm) -> None:
    """The hash of the whole plan does not approve a part, nor the other way round."""
    config = world.project(tmp_path / "p", rows(), "")
    crm.pass_a_minute()
    hashes = {load.run(config, crm.connection, first=some, plans_only=True).facts["plan"] for some in (2, 3, None)}
    assert len(hashes) == 3


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that a plan has looked at an org for."""
    project = tmp_path_factory.mktemp("rehearsal")
    world.project(project, rows(), "")
    assert line.run(project, "plan").code == 0
    return project


def test_a_rehearsal_loads_into_a_sandbox_like_the_org(project: Path) -> None:
    """The plan is carried out beside the org, whose records are there as they were looked at; the org gets nothing."""
    (org,) = (path.name for path in (project / "data" / "audit").glob("sandbox-*"))
    before = line.run(project, "sandbox-show", "Contacts").out
    ended = line.run(project, "rehearse", org)
    assert ended.code == 0, ended.out + ended.err
    assert "(rehearsal)" in ended.out
    assert ended.rows("Contacts")[1] == 12
    assert line.run(project, "sandbox-show", "Contacts").out == before
    assert "It was the plan that was made for the org" in ended.out


def test_a_canary_on_the_command_line_says_whether_to_go_on(project: Path) -> None:
    """It loads, reads back, compares, and says what to do next."""
    ended = line.run(project, "canary", "--rows", "2")
    assert ended.code == 0, ended.out + ended.err
    assert "What came back is what was sent" in ended.out
    assert ended.rows("Tasks")[1:6:4] == [2, 0]


@pytest.mark.parametrize("org", ["crm-1", "../x", ""])
def test_an_org_that_nobody_looked_at_is_refused(project: Path, org: str) -> None:
    """A rehearsal names the orgs that there are."""
    with pytest.raises(SettingsError, match=r"holds nothing of an org|ORG= names no org"):
        first_use.rehearsing(settings.load(project), org)
