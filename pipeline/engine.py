"""`map`: one pure function over many units, on a pool of local processes, results in the order of the units."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import forkserver, get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from pipeline.errors import SettingsError

_STARTING = 5  # seconds in which a process may still be starting
_REACH_SECONDS = 30  # to find the scheduler of a cluster
_OF_COPIES = {
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads is not one to copy
    # Memory that is let go will soon be wanted again: to give it back to the system and to get it anew, page by page,
    # takes a tenth of the time that reading a store takes. In bytes; glibc alone knows these.
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
_FORKS = sys.platform == "linux"  # elsewhere a process that has loaded the libraries of the system may not be copied
Unit = TypeVar("Unit")
Result = TypeVar("Result")


Told = Callable[[str, str, int, int], None]
"""Told how far a long step is: what it does, what it counts, how many are done, and of how many."""

_SOME, _FEW = 500, 50  # items between two news; of so few, each is one


def tell_nobody(_what: str, _unit: str, _done: int, _total: int) -> None:
    """Tell nobody how far a step is."""


def counted(items: Sequence[Unit], told: Told, what: str, unit: str = "rows") -> Iterator[Unit]:
    """Yield all items, and tell how far it is now and then."""
    for done, item in enumerate(items):
        if done % _SOME == 0 or len(items) <= _FEW:
            told(what, unit, done, len(items))
        yield item
    if items:
        told(what, unit, len(items), len(items))


@dataclass(frozen=True, slots=True)
class Crashed:
    """Stands for the result of a unit whose process died (a fault in a C library, out of memory)."""

    why: str


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


class Mapper(Protocol):
    """A way to map: as `map_units`, on workers that stay."""

    def __call__(self, function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
        """Yield `function(unit)` for every unit, in order."""
        ...


@contextmanager
def mapper(wanted: int, *, units: int, module: str, address: str = "") -> Iterator[Mapper]:
    """Yield a mapper whose worker processes stay between its calls; for a single unit it works here.

    `module`: what they import at once, while the caller prepares their work; `address`: of the scheduler of a Dask
    cluster that works instead, whose workers share the project directory.

    Raises:
        SettingsError: the cluster cannot be used.
    """
    if address:
        with _client(address) as client:
            yield _OnCluster(client)
        return
    workers = min(processes(wanted), units)
    if workers <= 1:
        yield _here
        return
    with started(workers, module) as kept:
        yield kept


def telling(mapper: Mapper, told: Told, names: Mapping[str, str], rows: int) -> Mapper:
    """Return a mapper that tells how far each of its steps is, as a share of all rows.

    Args:
        mapper: does the work.
        told: gets the news.
        names: module and name of a function → what it does; a function without one is told of as the one before.
        rows: how many rows all units of a step have.
    """
    last = ""

    def told_of(function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
        nonlocal last
        waiting = list(units)
        last = names.get(_name_of(function), last)
        for done, result in enumerate(mapper(function, waiting)):
            told(last, "rows", rows * done // len(waiting), rows)
            yield result
        told(last, "rows", rows, rows)

    return told_of


def _name_of(function: Callable[..., object]) -> str:
    whole = getattr(function, "func", function)  # of a partial
    return f"{whole.__module__.rpartition('.')[2]}.{whole.__name__}"


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        distributed: Any = import_module("distributed")  # an optional extra
    except ImportError:
        raise SettingsError(
            '[engine] kind = "dask" needs the package distributed, which is not installed.',
            'Run: .venv/bin/pip install distributed, or set kind = "processes".',
        ) from None
    try:
        client = distributed.Client(address, timeout=_REACH_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The Dask cluster at {address} cannot be reached ({type(error).__name__}).",
            'Start its scheduler, mend [engine] address, or set kind = "processes".',
        ) from None
    with client:
        yield client


@dataclass(frozen=True, slots=True)
class _OnCluster:
    """Maps on the workers of a Dask cluster. A unit that ends its worker again and again is `Crashed`."""

    client: Any

    def __call__(self, function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
        distributed: Any = import_module("distributed")
        futures = [self.client.submit(function, unit, pure=False) for unit in units]
        try:
            for future in futures:
                try:
                    yield future.result()
                except distributed.KilledWorker as error:
                    yield Crashed(str(error))
        finally:
            self.client.cancel(futures)


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


def _here(function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
    return (function(unit) for unit in units)


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
