"""Gathers the rows of a part of a store and hands them on as tables, with all that must be known of them afterwards."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.extract.content import Reading, item_id
from pipeline.extract.pst import people
from pipeline.extract.pst.bag import Failure
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.mapping import Mapped, mapped
from pipeline.extract.pst.tally import Tally

_LARGEST = 4 << 20  # characters of bodies that wait to be written


@dataclass(slots=True)
class Collected:
    """What grows while a part of a store is read.

    `write(table, rows)` takes the rows when there are enough of them. `directory`: Exchange address → SMTP address, of
    the persons that have both; `unresolved`: Exchange addresses without one, by table.
    """

    reading: Reading
    write: Callable[[str, pa.Table], None]
    tally: Tally
    rejects: list[dict[str, Any]] = field(default_factory=list)
    directory: dict[str, str] = field(default_factory=dict)
    unresolved: dict[str, set[str]] = field(default_factory=dict)
    _waiting: dict[str, list[Mapped]] = field(default_factory=dict)

    def take(self, items: Columns) -> None:
        """Add the rows of some items."""
        for one in mapped(items, self.reading.file_sha256, self.tally):
            for address, email in people.directory(one.persons()).items():
                self.directory.setdefault(address, email)
            self._waiting.setdefault(one.table, []).append(one)
            weights = {table: sum(each.weight for each in ones) for table, ones in self._waiting.items()}
            if sum(weights.values()) > _LARGEST:
                self._hand_on(max(weights, key=weights.__getitem__))

    def fail(self, failure: Failure) -> None:
        """Add what could not be read."""
        self.tally.failure(failure.folder.path, failure.rule)
        self.rejects.append(_reject(failure, self.reading))

    def flush(self) -> None:
        """Hand on the rows that wait."""
        for table in list(self._waiting):
            self._hand_on(table)

    def _hand_on(self, table: str) -> None:
        """Hand on the rows of a table, their Exchange addresses resolved as far as the rows until now know them."""
        ones = self._waiting.pop(table)
        for one in ones:
            self.unresolved.setdefault(table, set()).update(_resolve(one, self.directory))
        self.write(table, pa.concat_tables([one.as_table() for one in ones]))


def _resolve(one: Mapped, directory: Mapping[str, str]) -> Iterable[str]:
    """Give Exchange addresses their SMTP address; return those that have none."""
    if one.table == "contacts":
        return list(people.resolve_contacts(one.columns, directory))
    left = set(people.resolve(one.persons(), directory))
    if one.table == "messages":
        people.resolve_from_headers(one.columns)
        if left:
            left = {
                address
                for person in one.persons()
                if (address := people.exchange_address(person)) in left and not person["email"]
            }
    return left


def _reject(failure: Failure, reading: Reading) -> dict[str, Any]:
    """Return a row of schemas.REJECTS; an item without a node is known by its folder's and its place in it."""
    folder = item_id(reading.file_sha256, "n", failure.folder.node)
    place = folder if failure.place is None else f"{folder}/{failure.place}"
    return {
        "stage": "extract",
        "table": None,
        "item_id": place if failure.node is None else item_id(reading.file_sha256, "n", failure.node),
        "file_sha256": reading.file_sha256,
        "folder": failure.folder.path,
        "position": failure.place if failure.node is None else failure.node,
        "rule": failure.rule,
        "reason": failure.reason,
    }
