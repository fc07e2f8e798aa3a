"""The values of a row, compactly: of hundreds of thousands of rows each shape has its names once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.load.values import Value


class Held(Mapping[str, Value]):
    """Maps field → value in the order of the fields; a third of the memory of a dict.

    Args:
        places: field → place, shared by all rows that have values in the same fields.
        cells: the values, by place.
    """

    __slots__ = ("cells", "places")

    def __init__(self, places: Mapping[str, int], cells: tuple[Value, ...]) -> None:
        self.places = places
        self.cells = cells

    def __getitem__(self, name: str) -> Value:
        """Return the value of a field that has one."""
        return self.cells[self.places[name]]

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any mapping
        """Return the value of a field, `default` where it has none."""
        place = self.places.get(name)
        return default if place is None else self.cells[place]

    def __contains__(self, name: object) -> bool:
        """Tell whether a field has a value."""
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        """Yield the fields."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return how many fields have a value."""
        return len(self.places)


class Shapes:
    """Makes the values of rows that have some of `names`; rows alike in what they have share that."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._whole = {name: place for place, name in enumerate(names)}
        self._known: dict[tuple[bool, ...], dict[str, int]] = {}

    def held(self, cells: tuple[Value, ...]) -> Held:
        """Return what a row holds; `cells`: a value or None for each name."""
        if None not in cells:
            return Held(self._whole, cells)
        shape = tuple([cell is None for cell in cells])
        places = self._known.get(shape)
        if places is None:
            there = [name for name, is_empty in zip(self._names, shape, strict=True) if not is_empty]
            places = self._known[shape] = {name: place for place, name in enumerate(there)}
        return Held(places, tuple([cell for cell in cells if cell is not None]))


def cells_of(held: Mapping[str, Value]) -> tuple[Value, ...]:
    """Return the values in the order of the fields."""
    return held.cells if isinstance(held, Held) else tuple(held.values())


def columns_of(rows: Sequence[Mapping[str, Value]], names: Sequence[str]) -> list[list[Value]]:
    """Return the values of many rows by field, None for nothing."""
    parted = [(one.places, one.cells) for one in rows if isinstance(one, Held)]
    if len(parted) < len(rows):
        return [[one.get(name) for one in rows] for name in names]
    return [
        [None if (place := places.get(name)) is None else cells[place] for places, cells in parted] for name in names
    ]
