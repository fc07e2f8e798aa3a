"""Processes that are copies of one that has imported what they need, where the system can make copies."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import forkserver, resource_tracker

from pipeline.engine.mapping import Mapper
from pipeline.engine.pools import started

_OF_COPIES = {
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads is not one to copy
    # Memory that is let go will soon be wanted again: to give it back to the system and to get it anew, page by page,
    # takes a tenth of the time that reading a store takes. In bytes; glibc alone knows these.
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
_FORKS = sys.platform == "linux"  # elsewhere a process that has loaded the libraries of the system may not be copied


def copied(workers: int, module: str) -> AbstractContextManager[Mapper]:
    """Return a mapper as `started` does, whose processes are, where that can be, copies of one that imported `module`.

    That one starts with `ahead`, else here, once for this process; its environment stays as it was then.
    """
    ahead(module)
    return started(workers, module, "forkserver" if _FORKS else "spawn")


def ahead(*modules: str) -> None:
    """Start what `copied` copies, which imports `modules` while the caller still imports what it needs itself."""
    if not _FORKS:
        return
    forkserver.set_forkserver_preload([*modules])
    resource_tracker.ensure_running()  # or it is started in between, and lets interrupts through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the parent decides what Ctrl-C means
    try:
        with _environment(_OF_COPIES):
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
