"""Progress: a bar with items, rate and time left on a terminal; elsewhere a line now and then."""

import io

import pytest
from rich.console import Console

from pipeline.report import progress


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
