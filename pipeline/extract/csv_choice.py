"""Which rows of a CSV are left out by the settings: of a category, or out of date. A CSV has no folders.

Private rows are read: transform leaves them out, as it always did.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipeline.extract.selection import Selection


def wanted_rows(table: pa.Table, wanted: Selection) -> tuple[pa.Table, Counter[str]]:
    """Return the rows of an extracted table that are wanted, and how many each rule leaves out."""
    rules: list[str | None] = [None] * table.num_rows
    if wanted.has_dates:
        rules = _dates(table, wanted)
    if wanted.has_categories:
        categories = map(wanted.category_rule, table.column("categories").to_pylist())
        rules = [old or new for old, new in zip(rules, categories, strict=True)]
    if not any(rules):
        return table, Counter()
    return table.filter(pa.array([rule is None for rule in rules])), Counter(rule for rule in rules if rule)


def _dates(table: pa.Table, wanted: Selection) -> list[str | None]:
    """Return the rule of each row by its dates: an event's own, a task's due day or else the day it begins."""
    if "due_date" in table.schema.names:
        days = zip(_cells(table, "due_date"), _cells(table, "start_date"), strict=True)
        return [wanted.day_rule(due or start) for due, start in days]
    if "start_local" in table.schema.names:
        zone = ZoneInfo(wanted.time_zone)
        times = zip(_cells(table, "start_local"), _cells(table, "end_local"), strict=True)
        return [wanted.date_rule(_instant(start, zone), _instant(end, zone)) for start, end in times]
    return [None] * table.num_rows


def _cells(table: pa.Table, name: str) -> Sequence[datetime | None]:
    cells: Sequence[datetime | None] = table.column(name).to_pylist()
    return cells


def _instant(wall_clock: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if wall_clock is None else wall_clock.replace(tzinfo=zone)
