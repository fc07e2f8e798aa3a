"""How far the sending of a run is, and whether a person asked it to stop: between two requests, never within one."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.engine import Told, tell_nobody

LEFT_BY_PERSON = "left_by_person"


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Course:
    """The course of one run.

    `told`: gets how many rows are settled, and of how many that are to be sent; `looked`: of each long step before and
    besides that what it does, what it counts, how many are done, and of how many.
    """

    told: Callable[[int, int], None] = _silent
    looked: Told = tell_nobody
    total: int = 0
    done: int = 0
    is_sending: bool = field(default=False, init=False)
    is_stopped: bool = field(default=False, init=False)

    def begin(self, total: int) -> None:
        """Note that the first request is about to go, of so many rows."""
        self.total, self.is_sending = total, True
        self.told(0, total)

    def went(self, rows: int) -> None:
        """Note that rows are settled."""
        self.done += rows
        self.told(self.done, self.total)

    def stop(self) -> bool:
        """Ask for no further request after the one that is on its way; return whether that was new and makes sense."""
        is_new = self.is_sending and not self.is_stopped
        self.is_stopped = True
        return is_new
