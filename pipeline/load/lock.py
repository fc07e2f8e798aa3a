"""One load per org at a time: a lock that goes with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import store
from pipeline.errors import BusyError


@contextmanager
def holding(directory: Path) -> Iterator[None]:
    """Hold the memory of one org.

    Raises:
        BusyError: another process holds it; the message names it.
        StorageError: the directory may not be written.
    """
    path = directory / ".lock"
    with store.writing(path):
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, directory)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 40, 0).decode(errors="replace") or "unknown"
        raise BusyError(
            f"Another load is at work on the org {directory.name}: process {holder}.",
            "Wait until it has ended, or stop it. The lock goes with the process.",
        ) from None
