"""How far a long step is: a bar on a terminal; elsewhere a plain line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

Progress = Callable[[int, int], None]
"""Told how many items are done, and of how many."""

_SECONDS = 30  # between two lines


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed / task.elapsed:,.0f}/s" if task.elapsed and task.completed else "")


@contextmanager
def shown(console: Console, what: str, unit: str = "items", spoken: Callable[[str], str] = str) -> Iterator[Progress]:
    """Yield what is to be told of the progress of `what`, counted in `unit`; `spoken` gives a line its language."""
    if console.is_terminal:
        yield from _on_terminal(console, what)
    else:
        yield _Lines(console, what, unit, spoken)


def _on_terminal(console: Console, what: str) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    is_shared = sys.stdout.isatty()  # what else is printed goes above the bar, but not from a file to the terminal
    with Bar(*columns, console=console, transient=True, redirect_stdout=is_shared) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Prints a line when the last is long enough ago, with what is done, the rate and the time left."""

    def __init__(self, console: Console, what: str, unit: str, spoken: Callable[[str], str]) -> None:
        self._console = console
        self._what = what
        self._unit = unit
        self._spoken = spoken
        self._began = self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if now - self._last < _SECONDS or done >= total:
            return
        self._last = now
        rate = done / (now - self._began)
        left = f", about {(total - done) / rate:,.0f} s left" if rate else ""
        self._console.print(
            self._spoken(f"{self._what} {done:,} of {total:,} {self._unit}, {rate:,.0f} a second{left}")
        )
