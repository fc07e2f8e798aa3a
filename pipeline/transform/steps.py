"""A step of the stage: one function over all units on the workers, whose death ends the stage."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pipeline.engine import Crashed, Mapper
from pipeline.errors import StageError

Result = TypeVar("Result")


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
