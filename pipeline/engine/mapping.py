"""What it is to map: one pure function over many units, results in the order of the units."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Crashed:
    """Stands for the result of a unit whose process died (a fault in a C library, out of memory)."""

    why: str


class Mapper(Protocol):
    """A way to map: as `map_units`, on workers that stay."""

    def __call__(self, function: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result | Crashed]:
        """Yield `function(unit)` for every unit, in order."""
        ...
