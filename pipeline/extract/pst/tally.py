"""What a store held and what became of it: the row accounts per folder and class, and the fate of every property."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.extract.checked import DIRECT
from pipeline.extract.pst import ignored_properties
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import NOT_USED, Columns
from pipeline.extract.pst.properties import BY_KEY
from pipeline.extract.pst.property_kinds import WIRE_TYPES
from pipeline.extract.pst.property_names import FIRST_NAMED, Key, shown

NO_SMTP = "the store has no SMTP address for them: those persons have no e-mail address"
_NAMELESS = "its number is not among the names that the store lists"


@dataclass(slots=True)
class Tally:
    """Counts that grow as items pass; `accounts` and `columns` give the rows of the tables of that name."""

    file_sha256: str
    reader: str = DIRECT
    _fates: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    _properties: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def folder(self, path: str) -> None:
        """Give a folder its account, though nothing may be in it."""
        self._fates[(path, None, None, "", self.reader, "")] += 0

    def items(self, path: str, message_class: str | None, table: str | None, rule: str, count: int = 1) -> None:
        """Count items that became rows of `table`, or that `rule` excludes."""
        self._fates[(path, message_class, table, rule, self.reader, "excluded" if rule else "written")] += count

    def failure(self, path: str, rule: str) -> None:
        """Count an item or a list of items that could not be read."""
        self._fates[(path, None, None, rule, self.reader, "rejected")] += 1

    def rescued(self, path: str, rule: str) -> None:
        """Take back a failure: another reader could read the item."""
        self._fates[(path, None, None, rule, self.reader, "rejected")] -= 1

    def totals(self) -> Counter[tuple[str, str]]:
        """Return how many items of each folder were written, excluded and rejected."""
        found: Counter[tuple[str, str]] = Counter()
        for (path, *_, fate), count in self._fates.items():
            found[str(path), str(fate)] += count
        return found

    def properties(self, items: Columns, bodies: Iterable[Body]) -> None:
        """Count the properties that some items have, and what of them could not be decoded."""
        table = items.table
        for (key, wire_type), count in items.census().items():
            self._properties[_fate(key, wire_type, table)] += count
        for (key, loss), count in items.losses().items():
            self._properties[_source(key), "unmapped" if loss in NOT_USED else "used", loss] += count
        troubles = Counter(trouble for body in bodies for trouble in body.troubles)
        for trouble, count in (troubles + items.troubles() + items.noted).items():
            self._properties[f"an item of {table}", "unmapped", trouble] += count

    def unresolved(self, table: str, addresses: int) -> None:
        """Count the Exchange addresses of a table for which no SMTP address was found anywhere."""
        if addresses:
            self._properties[f"Exchange addresses of {table}", "unmapped", NO_SMTP] += addresses

    def state(self) -> dict[str, Any]:
        """Return all counts as JSON values."""
        return {
            "fates": [[*fate, count] for fate, count in self._fates.items()],
            "properties": [[*found, count] for found, count in self._properties.items()],
        }

    @classmethod
    def of(cls, file_sha256: str, state: Mapping[str, Any]) -> "Tally":
        """Return the counts of which `state` was made."""
        fates = Counter({tuple(fate): count for *fate, count in state["fates"]})
        return cls(file_sha256, DIRECT, fates, Counter({tuple(found): count for *found, count in state["properties"]}))

    def merge(self, other: "Tally") -> None:
        """Add what another part of the same file counted."""
        self._fates.update(other._fates)  # noqa: SLF001 - of this very class
        self._properties.update(other._properties)  # noqa: SLF001

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """Rows of schemas.ACCOUNTS, in order of folder and class."""
        filled = {path for (path, *_, fate), count in self._fates.items() if fate and count}
        rows = [
            {
                "file_sha256": self.file_sha256,
                "folder": path,
                "message_class": message_class,
                "table": table,
                "rule": rule,
                "reader": reader,
                "seen": count,
                **{name: count if name == fate else 0 for name in ("written", "excluded", "rejected")},
            }
            for (path, message_class, table, rule, reader, fate), count in self._fates.items()
            if (count if fate else path not in filled)
        ]
        order = ("folder", "message_class", "rule", "reader")
        return sorted(rows, key=lambda row: [str(row[name] or "") for name in order])

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


def _fate(key: Key, wire_type: int, table: str) -> tuple[str, str, str]:
    """Return source, verdict and target of a property of an item of `table`."""
    known = BY_KEY.get(key)
    columns = [column for column in known.columns if column.startswith(f"{table}.")] if known is not None else []
    if known is not None and columns:
        if wire_type not in WIRE_TYPES[known.kind]:
            return known.name, "unmapped", f"of type 0x{wire_type:04X}, where {known.kind} is declared"
        return known.name, "used", " ".join(columns)
    if reason := ignored_properties.reason(key):
        return _source(key), "ignored", reason
    is_nameless = isinstance(key, int) and key >= FIRST_NAMED
    return _source(key), "unmapped", _NAMELESS if is_nameless else f"no column of {table} for it"
