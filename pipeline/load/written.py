"""What is written to a record, as the ledger keeps it: JSON, the names in order; made for many rows at once."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

from pipeline.load import values
from pipeline.load.held import Held, cells_of
from pipeline.load.values import Value

NOTHING = "{}"
Line = tuple[str, str, str, str]  # crm_key, CRM id ("" to create it), what is written, content_hash


class Intended(Protocol):
    """A change that is to be written down; see `ledger.Intent`."""

    @property
    def crm_key(self) -> str:
        """The record's crm_key."""

    @property
    def crm_id(self) -> str:
        """Its id, "" to create it."""

    @property
    def content_hash(self) -> str:
        """The hash of the row."""

    @property
    def written(self) -> Mapping[str, Value]:
        """The values to write, in plain form."""


def lines(intended: Iterable[Intended]) -> list[Line]:
    """Return changes as lines of the ledger, in the order of its table: written so, they take half the time."""
    ordered = sorted(intended, key=attrgetter("crm_key"))
    texts = stored_all([one.written for one in ordered])
    return [(one.crm_key, one.crm_id, text, one.content_hash) for one, text in zip(ordered, texts, strict=True)]


def stored_all(rows: Sequence[Mapping[str, Value]]) -> list[str]:
    """Return `stored` of each row; those that have values in the same fields are made column by column."""
    alike: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        alike[id(row.places) if isinstance(row, Held) else -1].append(number)
    found = [""] * len(rows)
    for numbers in alike.values():
        texts = _alike([rows[number] for number in numbers])
        for number, text in zip(numbers, texts, strict=True):
            found[number] = text
    return found


def _alike(rows: Sequence[Mapping[str, Value]]) -> list[str]:
    first = rows[0]
    if not isinstance(first, Held) or not first.cells:
        return [stored(row) for row in rows]
    order, text = _order(tuple(first))
    columns = [[_json(cell) for cell in column] for column in zip(*map(cells_of, rows), strict=True)]
    return [text % cells for cells in zip(*[columns[place] for place in order], strict=True)]


def stored(written: Mapping[str, Value]) -> str:
    """Return values in plain form as the ledger keeps them."""
    order, text = _order(tuple(written))
    cells = cells_of(written)
    return text % tuple([_json(cells[place]) for place in order])


def restored(written: str) -> dict[str, Value]:
    """Return what the ledger keeps as values in plain form."""
    return {name: values.restored(value) for name, value in json.loads(written).items()}


def _order(names: tuple[str, ...]) -> tuple[tuple[int, ...], str]:
    """Return the places of some fields in the order of their names, and the text that their values go into."""
    known = _ORDERS.get(names)
    if known is None:
        ordered = sorted(names)
        template = ", ".join(f"{json.dumps(name)}: %s".replace("%s", "\0") for name in ordered)
        places = tuple(map(names.index, ordered))
        known = _ORDERS[names] = (places, f"{{{template}}}".replace("%", "%%").replace("\0", "%s"))
    return known


def _json(value: Value) -> str:
    if isinstance(value, str):
        return _QUOTED(value)
    return json.dumps(values.storable(value), ensure_ascii=False)


_QUOTED: Callable[[str], str] = json.encoder.encode_basestring
_ORDERS: dict[tuple[str, ...], tuple[tuple[int, ...], str]] = {}
