"""News of how far a long step is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pipeline.engine.mapping import Crashed, Mapper, Result, Unit

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
