"""What a store held and what became of it: the row accounts per folder and class, and the fate of every property."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.extract.pst import ignored_properties, values
from pipeline.extract.pst.bag import Bag, Item, Value
from pipeline.extract.pst.properties import BY_KEY
from pipeline.extract.pst.property_kinds import WIRE_TYPES, Kind, Property
from pipeline.extract.pst.property_names import FIRST_NAMED, Key, shown

_TEXTS = (values.STRING, values.STRING8)
_NAMELESS = "its number is not among the names that the store lists"


@dataclass(slots=True)
class Tally:
    """Counts that grow as items pass; `accounts` and `columns` give the rows of the tables of that name."""

    file_sha256: str
    _fates: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    _properties: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def folder(self, path: str) -> None:
        """Give a folder its account, though nothing may be in it."""
        self._fates[(path, None, None, "", "")] += 0

    def item(self, item: Item, table: str | None, rule: str) -> None:
        """Count an item that became a row of `table`, or that `rule` excludes."""
        self._fates[(item.folder.path, item.message_class, table, rule, "excluded" if rule else "written")] += 1

    def failure(self, path: str, rule: str) -> None:
        """Count an item or a list of items that could not be read."""
        self._fates[(path, None, None, rule, "rejected")] += 1

    def properties(self, item: Item, table: str, troubles: Iterable[str]) -> None:
        """Count the properties that an item of `table` has, and what of it could not be decoded."""
        for key, value in item.bag.values.items():
            if value.raw:
                self._properties.update([_fate(key, value, table), *_losses(key, value, item.bag)])
        for trouble in (*item.troubles, *troubles):
            self._properties[f"an item of {table}", "unmapped", trouble] += 1

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """Rows of schemas.ACCOUNTS, in order of folder and class."""
        filled = {path for (path, *_, fate) in self._fates if fate}
        rows = [
            {
                "file_sha256": self.file_sha256,
                "folder": path,
                "message_class": message_class,
                "table": table,
                "rule": rule,
                "seen": count,
                **{name: count if name == fate else 0 for name in ("written", "excluded", "rejected")},
            }
            for (path, message_class, table, rule, fate), count in self._fates.items()
            if fate or path not in filled
        ]
        return sorted(rows, key=lambda row: [str(row[name] or "") for name in ("folder", "message_class", "rule")])

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Rows of schemas.COLUMNS, in order of source."""
        return [
            {"file_sha256": self.file_sha256, "source": source, "verdict": verdict, "target": target, "values": count}
            for (source, verdict, target), count in sorted(self._properties.items())
        ]


def _source(key: Key) -> str:
    known = BY_KEY.get(key)
    return known.name if known is not None else ignored_properties.name(key) or shown(key)


def _fate(key: Key, value: Value, table: str) -> tuple[str, str, str]:
    """Return source, verdict and target of a property of an item of `table`."""
    known = BY_KEY.get(key)
    columns = [column for column in known.columns if column.startswith(f"{table}.")] if known is not None else []
    if known is not None and columns:
        if value.wire_type not in WIRE_TYPES[known.kind]:
            return known.name, "unmapped", _mistyped(known, value)
        return known.name, "used", " ".join(columns)
    if reason := ignored_properties.reason(key):
        return _source(key), "ignored", reason
    is_nameless = isinstance(key, int) and key >= FIRST_NAMED
    return _source(key), "unmapped", _NAMELESS if is_nameless else f"no column of {table} for it"


def _mistyped(known: Property, value: Value) -> str:
    return f"of type 0x{value.wire_type:04X}, where {known.kind} is declared"


def _losses(key: Key, value: Value, bag: Bag) -> Iterator[tuple[str, str, str]]:
    """Yield what of a property does not reach its column."""
    if value.wire_type in _TEXTS and not values.is_decodable(value.raw, value.wire_type, bag.codec):
        yield _source(key), "used", f"bytes that {bag.codec} does not have became U+FFFD"
    known = BY_KEY.get(key)
    if known is None or known.kind is not Kind.TEXT or not value.wire_type & values.MULTIPLE:
        return
    if len(values.texts(value.raw, value.wire_type, bag.codec)) > 1:
        yield known.name, "unmapped", "the first of several values is used, the others have no column"
