"""Automatic sync: what is new, as far as the standing approval goes; quiet otherwise, and never beside another run."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli, run
from pipeline import config as settings
from pipeline import load as loading
from pipeline.config import Sync
from pipeline.errors import SettingsError
from pipeline.load.standing import WAITS, Standing
from pipeline.targets import CONTACTS, TASKS
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

HEADER = '"First Name","Last Name","E-mail Address"\r\n'
TOML = """
[[mailbox]]
name = "me"
files = ["*"]
[engine]
processes = 1
"""


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox for all tests that need none of their own."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def _sync(project: Path, *words: str) -> Any:
    return CliRunner().invoke(cli.app, ["--project", str(project), "sync", *words])


def test_a_pass_sends_what_is_new_and_is_quiet_otherwise(tmp_path: Path) -> None:
    """The first pass loads the inbox; one without news prints and asks nothing; a new line of a file is one record."""
    inbox = tmp_path / "data" / "inbox"
    inbox.mkdir(parents=True)
    (tmp_path / "pipeline.toml").write_text(TOML, encoding="utf-8")
    (inbox / "a.csv").write_text(HEADER + "Ann,Abe,ann@abe.example\r\n", encoding="utf-8")
    first = _sync(tmp_path)
    assert first.exit_code == 0, first.output
    assert "1 of 1 rows sent" in first.output
    runs = len([*tmp_path.glob("data/audit/*/runs/*")])
    quiet = _sync(tmp_path)
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert len([*tmp_path.glob("data/audit/*/runs/*")]) == runs  # the CRM was not even asked
    (inbox / "a.csv").write_text(HEADER + "Ann,Abe,ann@abe.example\r\nBob,Ray,bob@ray.example\r\n", encoding="utf-8")
    with run.holding(settings.load(tmp_path), "load"):  # a person is at work here
        assert type(_sync(tmp_path).exception).__name__ == "BusyError"
        assert cli.syncing.watched_pass(tmp_path, "") == ""  # a watch waits for its next pass
    assert "1 of 2 rows sent" in _sync(tmp_path).output


def test_a_watch_says_once_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stops a pass of a watch is said once while it stays the same, and the next pass tries again."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "a.txt").write_text("x", encoding="utf-8")
    (tmp_path / "pipeline.toml").write_text("[mail]\nsent = true\n", encoding="utf-8")
    told = cli.syncing.watched_pass(tmp_path, "")
    assert "There is no setting mail.sent" in told
    assert "mail.sent" in capsys.readouterr().err
    assert cli.syncing.watched_pass(tmp_path, told) == told
    assert capsys.readouterr().err == ""


def _limits(**values: Any) -> Standing:
    return Standing(Sync(**{"may_create": True, "may_update": True, "most_changes": 10, **values}))


def _load(tmp_path: Path, crm: Crm, standing: Standing, **rows: Any) -> Any:
    """Load into the sandbox as if it were a real CRM."""
    crm.pass_a_minute()
    config = world.project(tmp_path / "p", rows, "[zoho]\ntransport = 'records'\n")
    connection = replace(crm.connection, target="crm")
    return loading.run(config, connection, approver=loading.Approver(), standing=standing)


def test_what_the_standing_approval_covers(tmp_path: Path, crm: Crm) -> None:
    """Creations go where they may, updates wait; what waits is listed, and goes when it may."""
    crm.begin_anew()
    tasks = [ready(TASKS, "t", Subject="Call")]
    first = _load(tmp_path, crm, _limits(may_update=False), contacts=[ready(CONTACTS, "c", Last_Name="A")], tasks=tasks)
    assert (world.counts(first, "Contacts").created, world.counts(first, "Tasks").created) == (1, 1)
    changed = [ready(CONTACTS, "c", Last_Name="A", Title="Chief")]
    second = _load(tmp_path, crm, _limits(may_update=False), contacts=changed, tasks=tasks)
    assert (world.counts(second, "Contacts").skipped, second.facts["left"]) == (1, 1)
    assert any(WAITS in note for note in second.notes)
    third = _load(tmp_path, crm, _limits(may_create=False), contacts=changed, tasks=tasks)
    assert (world.counts(third, "Contacts").updated, third.facts["left"]) == (1, 0)


def test_more_changes_than_it_covers_stop_the_pass(tmp_path: Path, crm: Crm) -> None:
    """Something unusual came in: nothing of it is sent before a person has looked."""
    crm.begin_anew()
    before = crm.last_request()
    rows = [ready(CONTACTS, f"c{n}", Last_Name=f"A{n}") for n in range(11)]
    with pytest.raises(SettingsError, match="covers 10 changes in one pass, and these are 11"):
        _load(tmp_path, crm, _limits(), contacts=rows)
    assert crm.changes(before) == []


def test_nothing_is_allowed_by_default(tmp_path: Path) -> None:
    """Without [sync] a real CRM is not changed by a sync."""
    (tmp_path / "pipeline.toml").write_text("", encoding="utf-8")
    limits = settings.load(tmp_path, tmp_path).sync
    assert (limits.may_create, limits.may_update) == (False, False)
