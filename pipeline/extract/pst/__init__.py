"""Reads one Outlook store (.pst, .ost) into rows of the extracted tables.

Layers: a reader (`pypff_reader`, for now the only one) hands on items as bags of undecoded properties (`bag`); the
modules beside it know nothing of the reader and turn a bag into a row. What is used of an item is data: `properties`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.extract.content import Content, Reading, UnreadableError, item_id
from pipeline.extract.pst import bodies, classes, contacts, events, identity, messages, people, pypff_reader, tasks
from pipeline.extract.pst.bag import Failure, Folder, Found, Item
from pipeline.extract.pst.store_header import LENGTH, parse
from pipeline.extract.pst.tally import Tally

_Row = dict[str, Any]
_MAPPERS: Mapping[str, Callable[[Item, bodies.Body], _Row]] = {
    "contacts": contacts.row,
    "tasks": tasks.row,
    "events": events.row,
    "messages": messages.row,
}
_WITH_PEOPLE = ("events", "messages")


def read(path: Path, reading: Reading) -> Content:
    """Read a store to its end.

    Raises:
        UnreadableError: it is no store, is cut off, or is damaged as a whole.
    """
    try:
        with path.open("rb") as file:
            head = file.read(LENGTH)
        header = parse(head, path.stat().st_size)
    except OSError as error:
        raise UnreadableError("unreadable_file", f"The file cannot be read: {error.strerror}.") from error
    with pypff_reader.opened(path) as store:
        return content(header.kind, pypff_reader.walk(store, reading.code_page, _has_people), reading)


def _has_people(message_class: str | None) -> bool:
    return classes.table_of(message_class) in _WITH_PEOPLE


@dataclass(slots=True)
class _Rows:
    """What grows while a store is read."""

    tally: Tally
    tables: dict[str, list[_Row]] = field(default_factory=lambda: {table: [] for table in _MAPPERS})
    rejects: list[_Row] = field(default_factory=list)


def content(kind: str, found: Iterable[Found], reading: Reading) -> Content:
    """Turn what a reader found in a store of `kind` into rows, accounts, columns and rejects."""
    rows = _Rows(Tally(reading.file_sha256))
    for one in found:
        if isinstance(one, Item):
            _take(one, rows, reading)
        elif isinstance(one, Folder):
            rows.tally.folder(one.path)
        else:
            rows.tally.failure(one.folder.path, one.rule)
            rows.rejects.append(_reject(one, reading))
    everyone = (person for table, listed in rows.tables.items() for row in listed for person in _persons(table, row))
    directory = people.directory(everyone)
    for table, listed in rows.tables.items():
        for row in listed:
            _resolve(table, row, directory)
    return Content(
        kind=kind,
        rows=rows.tables,
        accounts=rows.tally.accounts,
        columns=rows.tally.columns,
        rejects=rows.rejects,
    )


def _take(item: Item, rows: _Rows, reading: Reading) -> None:
    table = classes.table_of(item.message_class)
    if table is None:
        rows.tally.item(item, None, classes.exclusion_of(item.message_class))
        return
    body = bodies.of_item(item.bag, wants_html=table == "messages")
    rows.tables[table].append({**_provenance(item, table, reading), **_MAPPERS[table](item, body)})
    rows.tally.item(item, table, "")
    rows.tally.properties(item, table, body.troubles)


def _provenance(item: Item, table: str, reading: Reading) -> _Row:
    return {
        "item_id": item_id(reading.file_sha256, "n", item.node),
        "raw_key": identity.raw_key(item, table, reading.file_sha256),
        "file_sha256": reading.file_sha256,
        "folder": item.folder.path,
        "position": item.node,
        "message_class": item.message_class,
    }


def _reject(failure: Failure, reading: Reading) -> _Row:
    """Return a row of schemas.REJECTS; an unreadable item is known by its folder's node and its place in it."""
    where = item_id(reading.file_sha256, "n", failure.folder.node)
    return {
        "stage": "extract",
        "table": None,
        "item_id": where if failure.place is None else f"{where}/{failure.place}",
        "file_sha256": reading.file_sha256,
        "folder": failure.folder.path,
        "position": failure.place,
        "rule": failure.rule,
        "reason": failure.reason,
    }


def _persons(table: str, row: _Row) -> Iterator[people.Person]:
    """Yield the persons of a row."""
    if table == "events":
        yield from (person for person in (row["organizer"], *row["attendees"]) if person)
    if table == "messages":
        yield from (person for person in (row["sender"], row["author"], *row["recipients"]) if person)


def _resolve(table: str, row: _Row, directory: Mapping[str, str]) -> None:
    """Give Exchange addresses the SMTP address that another person of the file or the transport header has."""
    for person in _persons(table, row):
        address = people.exchange_address(person)
        if address and not person["email"]:
            person["email"] = directory.get(address)
    if table == "messages":
        _resolve_from_headers(row)
    if table == "contacts":
        _resolve_contact(row, directory)


def _resolve_from_headers(row: _Row) -> None:
    for person, names in ((row["sender"], ("Sender", "From")), (row["author"], ("From",))):
        if person and not person["email"]:
            person["email"] = people.header_address(row["headers"], *names)


def _resolve_contact(row: _Row, directory: Mapping[str, str]) -> None:
    for number in (1, 2, 3):
        found = directory.get((row[f"email{number}"] or "").casefold())
        if row[f"email{number}_type"] == "EX" and found:
            row[f"email{number}"], row[f"email{number}_type"] = found, "SMTP"
