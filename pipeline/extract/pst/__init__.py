"""Reads one Outlook store (.pst, .ost) into rows of the extracted tables.

Layers: a reader (`direct`; `pypff_reader` is the second one) hands on items with their properties undecoded; the
modules beside it know nothing of the reader and turn items into columns. What is used of an item is data:
`properties`. A store is looked at as a whole (`survey`), read in units (`unit`), and its rows gathered (`collect`).
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipeline import schemas
from pipeline.extract.checked import DIRECT, PYPFF
from pipeline.extract.content import Content, Reading, UnreadableError
from pipeline.extract.pst import (
    certificate,
    choice,
    classes,
    people,
    pypff_reader,
    store_header,
    survey,
    unit,
)
from pipeline.extract.pst.bag import Folder, Found, Item
from pipeline.extract.pst.collect import Collected
from pipeline.extract.pst.columns import ItemColumns
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.direct.header import read_header
from pipeline.extract.pst.direct.source import Source
from pipeline.extract.pst.survey import Survey
from pipeline.extract.pst.tally import Tally
from pipeline.extract.selection import Selection

_WITH_PEOPLE = ("events", "messages")


def read(path: Path, reading: Reading) -> Content:
    """Read a store to its end.

    Raises:
        UnreadableError: it is no store, is cut off, or is damaged as a whole.
    """
    with opened(path) as store:
        found = look_at(store, reading)
        gathered = _Gathered(reading)
        for failure in found.lost():
            gathered.collected.fail(failure)
        for span in found.units:
            unit.read(store, found, span, gathered.collected)
        for folder in found.folders:
            gathered.collected.tally.folder(folder.path)
        return replace(gathered.content(found.kind), certificate=certificate.rows(found, gathered.collected.tally))


def opened(path: Path) -> Store:
    """Open a store, which the caller closes.

    Raises:
        UnreadableError: it is no store, is cut off, or is damaged as a whole.
    """
    store_header.read(path)
    try:
        return Store.open(path)
    except UnreadableError as error:
        raise (store_header.advised(error) if _is_header_right(path) else store_header.damaged_header()) from error


def _is_header_right(path: Path) -> bool:
    source = Source(path)
    try:
        return read_header(source).is_checksum_right
    finally:
        source.close()


def look_at(store: Store, reading: Reading) -> Survey:
    """Look at a store as a whole."""
    return survey.survey(store, reading.code_page)


def read_second(path: Path, reading: Reading) -> Content:
    """Read a store to its end with pypff, the second reader.

    Raises:
        UnreadableError: it is no store, is cut off, or is damaged as a whole.
    """
    header = store_header.read(path)
    with pypff_reader.opened(path) as store:
        gathered = _Gathered(reading, PYPFF)
        take(pypff_reader.walk(store, reading.code_page, _has_people), gathered.collected)
        rows = certificate.without_index(gathered.collected.tally)
        return replace(gathered.content(header.kind), certificate=rows)


def _has_people(message_class: str | None) -> bool:
    return classes.table_of(message_class) in _WITH_PEOPLE


class _Gathered:
    """The tables of a store that is read in one go."""

    def __init__(self, reading: Reading, reader: str = DIRECT) -> None:
        self._tables: dict[str, list[pa.Table]] = {table: [] for table in schemas.EXTRACTED}
        self.collected = Collected(reading, self._write, Tally(reading.file_sha256, reader))

    def _write(self, table: str, rows: pa.Table) -> None:
        self._tables[table].append(rows)

    def content(self, kind: str) -> Content:
        """Return all rows, the Exchange addresses resolved that any of them resolves."""
        collected = self.collected
        rows = {
            table: people.resolved(pa.concat_tables(tables), table, collected.directory)
            for table, tables in self._tables.items()
            if tables
        }
        for table, addresses in collected.unresolved.items():
            collected.tally.unresolved(table, len(addresses - collected.directory.keys()))
        return Content(
            kind=kind,
            rows=rows,
            accounts=collected.tally.accounts,
            columns=collected.tally.columns,
            rejects=collected.rejects,
        )


def _rule(item: Item, table: str | None, wanted: Selection) -> str:
    """Return the rule that leaves an item out, "" for one that is read."""
    rule = wanted.folder_rule(item.folder.path, item.folder.role)
    if table is None:
        return rule or classes.exclusion_of(item.message_class)
    return rule or choice.rules(ItemColumns(table, [item]), wanted)[0] or ""


def content(kind: str, found: Iterable[Found], reading: Reading, reader: str = DIRECT) -> Content:
    """Turn what a reader found item by item in a store of `kind` into rows, accounts, columns and rejects."""
    gathered = _Gathered(reading, reader)
    take(found, gathered.collected)
    return gathered.content(kind)


def take(found: Iterable[Found], collected: Collected) -> None:
    """Collect what a reader found item by item."""
    waiting: dict[str, list[Item]] = {}
    for one in found:
        if isinstance(one, Item):
            table = classes.table_of(one.message_class)
            rule = _rule(one, table, collected.reading.selection)
            collected.tally.items(one.folder.path, one.message_class, table, rule)
            if table and not rule:
                waiting.setdefault(table, []).append(one)
        elif isinstance(one, Folder):
            collected.tally.folder(one.path)
        else:
            collected.fail(one)
    for table, items in waiting.items():
        columns = ItemColumns(table, items)
        columns.has_hashes = collected.reading.selection.has_hashes
        columns.has_files = collected.reading.selection.has_files
        collected.take(columns)
    collected.flush()
