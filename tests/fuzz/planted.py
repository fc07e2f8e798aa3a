"""Readers with the faults that the fuzzer is there to find: by them it is known that it finds them."""

import os
import signal
import time
from pathlib import Path


def raises(path: Path, is_checked: bool) -> None:  # noqa: FBT001 - a law has these two
    """Fail on every store, and name it by its size."""
    raise KeyError(path.stat().st_size, is_checked)


def hangs(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - a law has these two
    """Read for ever."""
    while True:
        time.sleep(1)


def hungers(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - a law has these two
    """Believe a length that the file gives."""
    bytearray(1 << 30)


def dies(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - a law has these two
    """Crash as a library in C does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def holds(path: Path, is_checked: bool) -> None:  # noqa: FBT001 - a law has these two
    """Read nothing and break nothing."""
