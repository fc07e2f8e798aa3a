"""The workers of the stage, and its steps: one function over all units on the workers, whose death ends the stage."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pipeline import engine, validate
from pipeline.config import Engine
from pipeline.engine import Crashed, Mapper
from pipeline.errors import StageError

Result = TypeVar("Result")


@contextmanager
def workers(setting: Engine, units: int, module: str) -> Iterator[tuple[Mapper, validate.Judge]]:
    """Yield who works and who validates, on processes of their own where there is more than one unit.

    They start at once and import `module`.
    """
    is_apart = min(engine.processes(setting.processes), units) > 1
    with (
        engine.mapper(setting.processes, units=units, address=setting.cluster, module=module) as mapper,
        validate.judging(is_apart=is_apart) as judge,
    ):
        yield mapper, judge


def each(mapper: Mapper, function: Callable[[Any], Result], units: Sequence[object]) -> Iterator[Result]:
    """Yield the results of all units, in their order.

    Raises:
        StageError: a worker process died.
    """
    for result in mapper(function, units):
        if isinstance(result, Crashed):
            raise StageError(
                "A worker process died while transforming, probably for want of memory.",
                "Close other programs, or set [engine] processes = 1, and run make transform again.",
            )
        yield result


def every(mapper: Mapper, function: Callable[[Any], Result], units: Sequence[object]) -> list[Result]:
    """Return the results of all units, in their order; errors as `each`."""
    return list(each(mapper, function, units))
