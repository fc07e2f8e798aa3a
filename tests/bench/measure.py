"""Runs a command to its end and says what it took, all its processes together."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.03  # seconds between two looks at the memory
_PROC = Path("/proc")
_KILOBYTE = 1024
_USER, _SYSTEM = 11, 12  # places of utime and stime in /proc/<pid>/stat after the name (proc(5))
_SHOWN = 2000  # characters of what a command that failed said


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the wall clock and of processor time, and the peak of anonymous memory in bytes.

    Both are sums over all processes, looked at every few hundredths of a second: memory of those that were there at one
    moment, processor time of all that ever were. One that its parent does not wait for is counted too.
    """

    wall: float
    cpu: float
    memory: int


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command, its output thrown away.

    Raises:
        RuntimeError: it did not end well.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
        watch = _Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # so that nobody waits for it again
        watch.end()
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-_SHOWN:]
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{said}")
    return Cost(wall, max(usage.ru_utime + usage.ru_stime, watch.cpu), watch.peak)


class _Watch(threading.Thread):
    """Looks at a process and all below it until told to end; `peak`: bytes of anonymous memory; `cpu` in seconds."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._seconds: dict[int, float] = {}
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        """Look, and wait, and look again."""
        while not self._over.is_set():
            tree = _tree(self._pid)
            self.peak = max(self.peak, sum(map(_anonymous, tree)))
            self._seconds.update({pid: spent for pid in tree if (spent := _spent(pid))})
            self._over.wait(_EVERY)

    @property
    def cpu(self) -> float:
        """Seconds of all processes, each as it was when it was last looked at."""
        return sum(self._seconds.values())

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()


def _tree(pid: int) -> list[int]:
    """Return a process and all processes below it."""
    found = [pid]
    for one in found:
        try:
            for children in (_PROC / str(one) / "task").glob("*/children"):
                found.extend(map(int, children.read_text(encoding="ascii").split()))
        except OSError:  # it ended while we looked
            continue
    return found


def _spent(pid: int) -> float:
    """Return the seconds of processor time of a process without those below it, 0 when it is gone."""
    try:
        status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    after_name = status.rpartition(")")[2].split()
    return (int(after_name[_USER]) + int(after_name[_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _anonymous(pid: int) -> int:
    """Return the bytes of anonymous memory of a process, 0 when it is gone."""
    try:
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(sizes[0]) * _KILOBYTE if sizes else 0
