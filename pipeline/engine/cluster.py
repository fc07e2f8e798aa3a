"""The units of a step on the workers of a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pipeline.engine.mapping import Crashed, Mapper, Result, Unit
from pipeline.errors import SettingsError

_REACH_SECONDS = 30  # to find the scheduler


@contextmanager
def joined(address: str) -> Iterator[Mapper]:
    """Yield a mapper that works on the cluster with its scheduler at `address`.

    Raises:
        SettingsError: the cluster cannot be used.
    """
    with _client(address) as client:
        yield _OnCluster(client)


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
