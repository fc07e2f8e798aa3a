"""Progress: a bar with items, rate and time left on a terminal; elsewhere a line now and then."""

import io
import os
import pty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import engine, load
from pipeline.load import Course
from pipeline.report import progress
from pipeline.report.screen import For, Screen
from tests import line
from tests.audit import undo
from tests.load import world


def test_on_a_terminal_there_is_a_bar() -> None:
    """Items done and in all, and what is being done; gone when it is over."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with progress.shown(console, "reading stores:") as tell:
        tell(4096, 30_000)
        tell(8192, 30_000)
    assert "reading stores:" in screen.getvalue()
    assert "8192/30000" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[1A\x1b[2K") or "\x1b[2K" in screen.getvalue()


def test_in_a_log_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every half a minute one, with the rate and the time left; none for what is done before."""
    clock = iter([0.0, 10.0, 40.0, 50.0, 80.0])
    monkeypatch.setattr("pipeline.report.progress.time.monotonic", lambda: next(clock))
    log = io.StringIO()
    with progress.shown(Console(file=log, width=100), "reading stores:") as tell:
        tell(1000, 10_000)
        tell(4000, 10_000)
        tell(5000, 10_000)
        tell(10_000, 10_000)
    assert log.getvalue() == "reading stores: 4,000 of 10,000 items, 100 a second, about 60 s left\n"


def test_of_few_items_each_is_news_of_many_some() -> None:
    """A step of few items tells of each, since each may take long; one of many now and then; both to the end."""
    news: list[tuple[int, int]] = []

    def told(_what: str, _unit: str, done: int, total: int) -> None:
        news.append((done, total))

    assert list(engine.counted("abc", told, "reading")) == ["a", "b", "c"]
    assert news == [(0, 3), (1, 3), (2, 3), (3, 3)]
    news.clear()
    assert len(list(engine.counted(range(1200), told, "reading"))) == 1200
    assert news == [(0, 1200), (500, 1200), (1000, 1200), (1200, 1200)]
    news.clear()
    assert not list(engine.counted([], told, "reading"))
    assert news == []


def test_between_two_steps_the_screen_is_free(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step has a bar of its own, and none is open when a question is put or a line is printed."""
    open_bars: list[str] = []

    @contextmanager
    def shown(_console: Console, what: str, _unit: str, _spoken: object) -> Iterator[progress.Progress]:
        open_bars.append(what)
        yield lambda _done, _total: None
        open_bars.remove(what)

    monkeypatch.setattr(progress, "shown", shown)
    with Screen().steps("load") as told:
        told("planning", "rows", 0, 10)
        assert open_bars == ["load        planning:"]
        told("planning", "rows", 10, 10)
        assert open_bars == []
        told("sending", "rows", 0, 0)
        assert open_bars == []
        told("sending", "rows", 1, 10)
        assert open_bars == ["load        sending:"]
    assert open_bars == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("reader", ["machine", "nobody"])
def test_a_machine_and_nobody_get_no_bar(reader: For, capfd: pytest.CaptureFixture[str]) -> None:
    """With --json and --quiet nothing is shown of the way."""
    with Screen(reader).steps("load") as told:
        told("planning", "rows", 1, 10)
    assert capfd.readouterr() == ("", "")


COMMANDS = {
    "transform": ("finding contacts", "cleaning contacts", "merging contacts", "cleaning tasks", "cleaning events"),
    "load": ("reading the CRM", "planning", "sending"),
}


def test_each_command_tells_of_its_long_steps(tmp_path: Path) -> None:
    """Planning, verifying and taking back tell of all that may take long, each to its end."""
    news: list[tuple[str, bool]] = []

    def told(what: str, _unit: str, done: int, total: int) -> None:
        news.append((what, done >= total))

    def names() -> set[str]:
        assert {what for what, _ in news} == {what for what, is_done in news if is_done}
        found = {what for what, _ in news}
        news.clear()
        return found

    with world.crm(tmp_path / "crm") as crm:
        desk = undo.made(tmp_path, crm)
        crm.pass_a_minute()
        load.run(desk.config, crm.connection, plans_only=True, course=Course(looked=told))
        assert names() == {"looking for what changed in the CRM", "reading the CRM", "planning"}
        desk.load()
        crm.pass_a_minute()
        load.verify(desk.config, crm.connection, told=told)
        assert names() >= {"reading the CRM", "comparing Contacts", "comparing Events", "asking for participants"}
        crm.pass_a_minute()
        load.rollback.run(desk.config, crm.connection, 2, course=Course(looked=told))
        assert names() == {"reading the CRM", "looking for what belongs to the records"}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has read the sample."""
    project = tmp_path_factory.mktemp("steps")
    assert line.run(project, "extract").code == 0
    return project


def test_every_long_step_has_a_bar_on_a_terminal(extracted: Path) -> None:
    """Commands on a terminal show a bar for each of their long steps, and leave none behind."""
    for command, steps in COMMANDS.items():
        code, screen = on_terminal(extracted, command)
        assert code in {0, 1}, screen
        missing = [step for step in steps if f"{command:<12}{step}:" not in screen]
        assert missing == []
        assert screen.count("\x1b[?25l") == screen.count("\x1b[?25h")  # the cursor is there again


def on_terminal(project: Path, *words: str) -> tuple[int, str]:
    """Run a command on a pseudo terminal; return its exit code and all that it wrote there."""
    child, screen = pty.fork()
    if child == 0:
        command = line.command(project, *words)
        os.execve(command[0], command, {**line.clean_environment(), "TERM": "xterm", "COLUMNS": "120"})  # noqa: S606
    written = b""
    with suppress(OSError):  # the terminal is gone when the command is
        while some := os.read(screen, 65_536):
            written += some
    os.close(screen)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), written.decode("utf-8", "replace")
