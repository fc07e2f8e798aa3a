"""Waiting for a busy CRM, so that a person knows about it."""

from collections.abc import Callable
from dataclasses import dataclass

_LONG_WAIT = 2.0  # seconds; what a person notices


@dataclass(frozen=True, slots=True)
class Pause:
    """Waits before a request is repeated, and says so when it is long."""

    say: Callable[[str], None]
    sleep: Callable[[float], None]

    def __call__(self, seconds: float) -> None:
        """Wait."""
        if seconds >= _LONG_WAIT:
            self.say(f"  waiting {seconds:.0f} s: the CRM is busy or asks for fewer requests")
        self.sleep(seconds)
