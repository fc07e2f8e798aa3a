"""Runs cases in processes of their own: a crash, a hang or too much memory is a violation like any other.

A worker says which seed it begins and how it ended, a line each; whoever waits for it longer than the limit ends it.
"""

import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from tests.fuzz.damage import fuzzed, store_of
from tests.fuzz.laws import Law

WALL = 60.0  # seconds without an answer after which a case hangs, on a machine that is busy with other things
CPU = 10.0  # seconds of processor time for a store of at most 2 MB, which take less than one
MEMORY = 256 << 20  # bytes beyond what the worker has before its first case
_CHUNK = 50  # seeds that a worker is given at once


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: `fault` is None where the law held; a case `is_skipped` whose store is not here."""

    seed: int
    name: str
    fault: str | None = None
    is_skipped: bool = False


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    waiting: list[int]  # seeds given and not yet ended, the first one being under way
    since: float
    is_gone: bool = False  # its end of the pipe is closed


def run(law: Law, seeds: Iterable[int], directory: Path, *, jobs: int = 1, wall: float = WALL) -> Iterator[Ended]:
    """Yield how each case ended, in the order in which they did.

    `law`: a function of a module; `directory`: where workers put the stores that they damage; `jobs`: how many workers
    there are; `wall`: seconds that one case may take.
    """
    todo = iter(seeds)
    workers: list[_Worker] = []
    try:
        while True:
            while len(workers) < jobs and (chunk := _take(todo)):
                workers.append(_start(law, chunk, directory))
            if not workers:
                return
            for worker in [*workers]:
                yield from _listen(worker)
                if not _is_at_work(worker, wall):
                    workers.remove(worker)
                    fault = _end(worker)
                    if fault is not None:
                        yield fault
                        if worker.waiting[1:]:
                            workers.append(_start(law, worker.waiting[1:], directory))
            wait([worker.pipe for worker in workers], timeout=1)
    finally:
        for worker in workers:
            _end(worker)


def _take(seeds: Iterator[int]) -> list[int]:
    return [seed for _, seed in zip(range(_CHUNK), seeds, strict=False)]


def _start(law: Law, seeds: list[int], directory: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(law, seeds, directory, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, list(seeds), time.monotonic())


def _listen(worker: _Worker) -> Iterator[Ended]:
    """Yield what a worker has said so far."""
    try:
        while worker.pipe.poll():
            ended: Ended = worker.pipe.recv()
            worker.waiting.remove(ended.seed)
            worker.since = time.monotonic()
            yield ended
    except (EOFError, ConnectionError):
        worker.is_gone = True


def _is_at_work(worker: _Worker, wall: float) -> bool:
    return bool(worker.waiting) and not worker.is_gone and time.monotonic() - worker.since < wall


def _end(worker: _Worker) -> Ended | None:
    """End a worker; return what was wrong with the case that it did not end."""
    worker.process.join(timeout=WALL if worker.is_gone or not worker.waiting else 0)
    code = worker.process.exitcode
    if code is None:
        worker.process.kill()
        worker.process.join()
    worker.pipe.close()
    if not worker.waiting:
        return None
    seed = worker.waiting[0]
    why = "no end" if code is None else f"the process died ({_signal(code)})"
    return Ended(seed, store_of(seed), why)


def _signal(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def work(law: Law, seeds: Iterable[int], directory: Path, pipe: Connection) -> None:
    """Be a worker: run cases one after the other and tell how each ended."""
    path = directory / f"{os.getpid()}.pst"
    is_limited = False
    for seed in seeds:
        name, data = store_of(seed), fuzzed(seed)
        if data is None:
            pipe.send(Ended(seed, name, is_skipped=True))
            continue
        path.write_bytes(data)
        if not is_limited:
            _limit_memory()
            is_limited = True
        pipe.send(Ended(seed, name, judge(law, path, is_checked=bool(seed % 4))))
    path.unlink(missing_ok=True)


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def judge(law: Law, path: Path, *, is_checked: bool) -> str | None:
    """Hold the reader to the law on one store; return what it broke."""
    started = time.process_time()
    try:
        law(path, is_checked)
    except Exception as error:  # noqa: BLE001 - any error at all is what is looked for
        trace = "".join(traceback.format_tb(error.__traceback__)[-3:])
        return f"{type(error).__name__}: {error}\n{trace}"
    seconds = time.process_time() - started
    return f"{seconds:.0f} s of processor time" if seconds > CPU else None
