"""One load per org at a time: a lock that goes with its process."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline import store
from pipeline.errors import BusyError

_STEP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long a lock is waited for, in seconds, and who is told that it is."""

    seconds: float = 0.0
    say: Callable[[str], None] = lambda _line: None


@contextmanager
def holding(directory: Path, waiting: Waiting | None = None) -> Iterator[None]:
    """Hold the memory of one org; wait for one who holds it, if that is wanted.

    Raises:
        BusyError: another process still holds it; the message names it.
        StorageError: the directory may not be written.
    """
    path = directory / ".lock"
    with store.writing(path):
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, directory, waiting or Waiting())
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, directory: Path, waiting: Waiting) -> None:
    until = time.monotonic() + waiting.seconds
    has_said = False
    while not _is_free(handle):
        holder = os.pread(handle, 40, 0).decode(errors="replace") or "unknown"
        if time.monotonic() >= until:
            raise BusyError(
                f"Another load is at work on the org {directory.name}: process {holder}.",
                "Wait until it has ended, or stop it. The lock goes with the process.",
            )
        if not has_said:
            waiting.say(f"  waiting up to {waiting.seconds:.0f} s for another load on this org: process {holder}")
            has_said = True
        time.sleep(_STEP_SECONDS)


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
