"""What wipe removes is gone for good, and what is left still proves what was done."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import audit, ledger, wipe
from pipeline.load.audit.book import KEY
from tests.audit import undo
from tests.audit.undo import Desk
from tests.load import world
from tests.load.world import Crm

PERSONAL = (b"bob@example.com", b"an@example.com", b"Chief", b"0000 0000", b"Kita")


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, crm: Crm) -> Desk:
    """Return a project that was loaded."""
    made = undo.made(tmp_path, crm)
    made.begin_anew()
    made.load()
    return made


def found(config: Config, *words: bytes) -> set[tuple[str, bytes]]:
    """Return the kept files, Parquet ones unpacked or not, that hold one of the words."""
    files = [path for path in (config.project / "data").rglob("*") if path.is_file()]
    return {(path.name, word) for path in files for word in words if word in path.read_bytes()}


def quietly(config: Config, what: str) -> None:
    """Wipe without a word."""
    wipe.wipe(config, what, lambda _line: None)


def test_what_is_held(desk: Desk) -> None:
    """The list says what is held, and removes nothing."""
    before = sorted(desk.config.audit.rglob("*"))
    text = "\n".join(wipe.lines(wipe.holdings(desk.config)))
    assert all(f"WHAT={what}" in text for what in ("work", "old", "keys", "all"))
    assert sorted(desk.config.audit.rglob("*")) == before


def test_work(desk: Desk) -> None:
    """Work data and what was read out of the CRM go; the run can still be taken back."""
    quietly(desk.config, "work")
    assert not desk.config.work.exists()
    assert list(desk.config.audit.glob("*/snapshot")) == []
    assert desk.undo(is_dry=True).rows[0][0].action in {"delete", "restore"}


def test_what_was_exported(desk: Desk) -> None:
    """Contacts and events that were written as files are personal data like the tables, and go with them."""
    (desk.config.project / "data" / "export").mkdir()
    (desk.config.project / "data" / "export" / "contacts.vcf").write_bytes(b"EMAIL:zed@example.com")
    assert {one.what for one in wipe.holdings(desk.config) if any("export" in path.name for path in one.paths)} == {
        "work",
        "all",
    }
    quietly(desk.config, "work")
    assert found(desk.config, b"zed@example.com") == set()


def test_old(desk: Desk) -> None:
    """Old values go, so that a run can no more be taken back; it says so, and takes nothing back by guessing."""
    quietly(desk.config, "old")
    assert {why for _, why, _ in undo.whys(desk.undo(is_dry=True))} == {"old_value_unknown"}
    assert list(desk.config.audit.glob("*/origins")) == []


def test_what_was_never_sent(desk: Desk) -> None:
    """A batch that a process had only planned when it ended keeps no value back: nothing is left to settle of it."""
    (path,) = desk.config.audit.glob("*/ledger.sqlite")
    facts = {"module": "Contacts", "action": "create", "transport": "bulk", "key_field": "K", "digest": "d"}
    with ledger.opened(path.parent) as book:
        book.plan(1, **facts, lines=[("con9", "", '{"Email": "zed@example.com"}', "h")])
    quietly(desk.config, "old")
    assert found(desk.config, b"zed@example.com") == set()


def test_keys(desk: Desk) -> None:
    """The key of the digests is gone; the log still verifies, and goes on with another key."""
    (key,) = desk.config.audit.glob(f"*/{KEY}")
    first = key.read_bytes()
    quietly(desk.config, "keys")
    assert not key.exists()
    assert all(one.is_sound for one in audit.check(desk.config))
    with ledger.opened(key.parent):
        assert key.read_bytes() != first


def test_all(desk: Desk, crm: Crm) -> None:
    """After all was wiped no value is left in any file, not even in free pages; the next load doubles nothing."""
    assert found(desk.config, *PERSONAL)
    contacts = len(crm.records("Contacts", "Last_Name"))
    quietly(desk.config, "all")
    assert found(desk.config, *PERSONAL) == set()
    assert all(one.is_sound for one in audit.check(desk.config))
    world.project(desk.config.project, undo.ROWS, undo.SETTINGS)
    desk.load()
    assert len(crm.records("Contacts", "Last_Name")) == contacts


def test_nothing_of_that_name(desk: Desk) -> None:
    """A misspelt kind removes nothing."""
    with pytest.raises(SettingsError, match="nothing was removed"):
        quietly(desk.config, "everything")


@pytest.mark.parametrize(("days", "is_kept"), [(0, True), (30, True), (5, False)])
def test_retention(desk: Desk, days: int, *, is_kept: bool) -> None:
    """Old values of runs that ended longer ago than the setting go at the end of a load; 0 keeps them."""
    (path,) = desk.config.audit.glob("*/ledger.sqlite")
    ended = (datetime.now(UTC) - timedelta(days=6)).isoformat(timespec="seconds")
    with ledger.opened(path.parent) as book, book.transaction():
        book.connection.execute("UPDATE runs SET ended_at = ?", (ended,))
    retention = desk.config.retention.model_copy(update={"old_values_days": days})
    desk.load(config=desk.config.model_copy(update={"retention": retention}))
    whys = {why for _, why, _ in undo.whys(desk.undo(is_dry=True))}
    assert ("old_value_unknown" in whys) is not is_kept
