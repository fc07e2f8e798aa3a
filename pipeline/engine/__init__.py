"""`map`: one pure function over many units, on local processes or a cluster, results in the order of the units."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pipeline.engine import cluster
from pipeline.engine.copies import ahead, copied
from pipeline.engine.mapping import Crashed, Mapper, Result, Unit
from pipeline.engine.news import Told, counted, tell_nobody, telling
from pipeline.engine.pools import map_units, processes, started, within

__all__ = [
    "Crashed", "Mapper", "Told", "ahead", "copied", "counted", "map_units", "mapper", "processes", "started",
    "tell_nobody", "telling", "within",
]  # fmt: skip


@contextmanager
def mapper(wanted: int, *, units: int, module: str, address: str = "") -> Iterator[Mapper]:
    """Yield a mapper whose worker processes stay between its calls; for a single unit it works here.

    `module`: what they import at once, while the caller prepares their work; `address`: of the scheduler of a Dask
    cluster that works instead, whose workers share the project directory.

    Raises:
        SettingsError: the cluster cannot be used.
    """
    if address:
        with cluster.joined(address) as kept:
            yield kept
        return
    workers = min(processes(wanted), units)
    if workers <= 1:
        yield _here
        return
    with started(workers, module) as kept:
        yield kept


def _here(function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
    return (function(unit) for unit in units)
