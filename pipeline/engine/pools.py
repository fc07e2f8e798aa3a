"""Pools of local processes: one that dies costs the unit that it was at, and all end with their parent."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection

from pipeline.engine.mapping import Crashed, Mapper, Result, Unit

_STARTING = 5  # seconds in which a process may still be starting


def processes(wanted: int) -> int:
    """Return how many processes to use: `wanted`, or for 0 as many as this process may run on."""
    return wanted or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else wanted or os.cpu_count() or 1


def map_units(function: Callable[[Unit], Result], units: Iterable[Unit], *, workers: int) -> Iterator[Result | Crashed]:
    """Yield `function(unit)` for every unit, in order, on `workers` processes.

    A process that dies costs its own unit only: that unit yields `Crashed`. Units and results must be picklable.
    An exception of `function` is raised here.
    """
    waiting = list(units)
    while waiting:
        with _pool(min(workers, len(waiting))) as pool:
            done = yield from _until_one_dies(pool, function, waiting)
        if done < len(waiting):  # the unit at `done`, or one beside it, killed its process
            yield _alone(function, waiting[done])
        waiting = waiting[done + 1 :]


def _until_one_dies(
    pool: ProcessPoolExecutor, function: Callable[[Unit], Result], units: Sequence[Unit]
) -> Generator[Result, None, int]:
    """Yield `function(unit)` in order until a process of the pool has died; return of how many units."""
    futures: list[Future[Result]] = []
    done = 0
    try:
        futures += [pool.submit(function, unit) for unit in units]
        for future in futures:
            yield future.result()
            done += 1
    except BrokenProcessPool:
        pass
    except BaseException:
        _cancel(futures)
        raise
    return done


@contextmanager
def started(workers: int, module: str, start: str = "spawn") -> Iterator[Mapper]:
    """Yield a mapper whose processes start at once and import `module`, while the caller prepares their work.

    They are not waited for, but for those that may still be starting: one that does while this process ends fails.
    `start`: how, in a word of `multiprocessing`.
    """
    pool, began = _pool(workers, start), time.monotonic()
    try:
        for _ in range(workers):
            pool.submit(_import, module)
        yield _Kept(pool, workers)
    finally:
        pool.shutdown(wait=time.monotonic() - began < _STARTING, cancel_futures=True)


def _import(module: str) -> None:
    import_module(module)


@dataclass(slots=True)
class _Kept:
    """Maps on one pool, as long as no process of it dies."""

    pool: ProcessPoolExecutor
    workers: int

    def __call__(self, function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
        waiting = list(units)
        done = yield from _until_one_dies(self.pool, function, waiting)
        yield from map_units(function, waiting[done:], workers=self.workers)


def _alone(function: Callable[[Unit], Result], unit: Unit) -> Result | Crashed:
    with _pool(1) as pool:
        try:
            return pool.submit(function, unit).result()
        except BrokenProcessPool as error:
            return Crashed(str(error))


def within(seconds: float, function: Callable[[Unit], Result], unit: Unit) -> Result | Crashed:
    """Return `function(unit)`, done in a process of its own: it may die, or take longer than it has, for `Crashed`.

    An exception of `function` is raised here.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, function, unit), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            return Crashed(f"it took longer than {seconds:g} seconds")
        is_error, answer = receiver.recv()
    except EOFError:
        return Crashed("its process died")
    finally:
        process.kill()
        process.join()
        receiver.close()
    if is_error:
        raise answer
    result: Result = answer
    return result


def _send(sender: Connection, function: Callable[[Unit], Result], unit: Unit) -> None:
    _follow_parent()
    try:
        answer: tuple[bool, object] = False, function(unit)
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        answer = True, error
    sender.send(answer)


def _pool(workers: int, start: str = "spawn") -> ProcessPoolExecutor:
    mask = os.umask(0o077)
    os.umask(mask)
    return ProcessPoolExecutor(workers, mp_context=get_context(start), initializer=partial(_begin, mask))


def _begin(mask: int) -> None:
    """Write files with the rights of the parent's, and follow it."""
    gc.freeze()  # what was imported stays: to look through it for what can be let go copies all of a copy's memory
    os.umask(mask)
    _follow_parent()


def _follow_parent() -> None:
    """Ctrl-C reaches every process of the terminal, but only the parent decides what it means; ends when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the parent has ended, killed or not: the pool's queue alone would be waited on for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _cancel(futures: list[Future[Result]]) -> None:
    for future in futures:
        future.cancel()
