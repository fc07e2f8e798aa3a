"""Builds items of an Outlook store, as a reader would hand them on, for the tests of extract."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import schemas
from pipeline.extract import pst
from pipeline.extract.content import Content, Reading
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Attachment, Bag, Folder, Item, Value
from pipeline.extract.pst.properties import BY_NAME
from pipeline.extract.pst.property_kinds import Kind
from pipeline.extract.pst.property_names import Key
from pipeline.extract.selection import UNASKED, Selection

# Everything, also what is left out unless it is asked for.
READING = Reading(
    file_sha256="0123456789abcdef" * 4,
    code_page="cp932",
    date_order="",
    selection=Selection(include=tuple(UNASKED)),
)
FOLDER = Folder(node=0x8082, path="/Top of Personal Folders/Items")
_TICKS = 10_000_000


def ticks(moment: datetime) -> bytes:
    """Return PtypTime."""
    since = moment - datetime(1601, 1, 1, tzinfo=UTC)
    return struct.pack("<q", (since.days * 86_400 + since.seconds) * _TICKS + since.microseconds * 10)


def multiple(*texts: str) -> bytes:
    """Return PtypMultipleString."""
    encoded = [text.encode("utf-16-le") for text in texts]
    start = 4 + 4 * len(encoded)
    offsets = [start + sum(len(part) for part in encoded[:index]) for index in range(len(encoded))]
    return struct.pack(f"<{1 + len(encoded)}I", len(encoded), *offsets) + b"".join(encoded)


def value(kind: Kind, content: Any) -> Value:
    """Return a value as a Unicode store holds it; a `Value` goes in as it is."""
    if isinstance(content, Value):
        return content
    if isinstance(content, date) and not isinstance(content, datetime):
        content = datetime(content.year, content.month, content.day, tzinfo=UTC)
    if kind is Kind.BODY:
        return Value(wire.BINARY, content)
    encoded: dict[Kind, Any] = {
        Kind.TEXT: lambda: Value(wire.STRING, content.encode("utf-16-le")),
        Kind.TEXTS: lambda: Value(wire.MULTIPLE_STRING, multiple(*content)),
        Kind.INTEGER: lambda: Value(wire.INTEGER32, struct.pack("<i", content)),
        Kind.FLOAT: lambda: Value(wire.FLOAT64, struct.pack("<d", content)),
        Kind.BOOLEAN: lambda: Value(wire.BOOLEAN, bytes([content])),
        Kind.TIME: lambda: Value(wire.TIME, ticks(content)),
        Kind.BINARY: lambda: Value(wire.BINARY, content),
    }
    made: Value = encoded[kind]()
    return made


def bag(properties: Mapping[str, Any], codec: str = "cp932", more: Mapping[Key, Value] | None = None) -> Bag:
    """Return properties by [MS-OXPROPS] name; `more` are others, by key."""
    named = {BY_NAME[name].key: value(BY_NAME[name].kind, content) for name, content in properties.items()}
    return Bag({**named, **(more or {})}, codec)


def item(  # noqa: PLR0913 - an item has this many parts
    message_class: str | None,
    properties: Mapping[str, Any] | None = None,
    *,
    recipients: Sequence[Mapping[str, Any]] = (),
    attachments: Sequence[Attachment] = (),
    node: int = 0x200024,
    more: Mapping[Key, Value] | None = None,
    troubles: tuple[str, ...] = (),
) -> Item:
    """Return an item of `FOLDER`."""
    typed = {} if message_class is None else {"PidTagMessageClass": message_class}
    return Item(
        node=node,
        folder=FOLDER,
        bag=bag({**typed, **(properties or {})}, more=more),
        message_class=message_class,
        recipients=tuple(bag(row) for row in recipients),
        attachments=tuple(attachments),
        troubles=troubles,
    )


def read(*found: Any) -> Content:
    """Return what extract makes of these items."""
    return listed(pst.content("pst-unicode", found, READING))


def listed(content: Content) -> Content:
    """Return the rows of every table as a list, of one without rows too."""
    tables = {name: content.rows.get(name, schema.empty_table()) for name, schema in schemas.EXTRACTED.items()}
    rows = {name: rows.to_pylist() if isinstance(rows, pa.Table) else rows for name, rows in tables.items()}
    return replace(content, rows=rows)


def row(table: str, *found: Item) -> Mapping[str, Any]:
    """Return the first row that the items give in `table`."""
    rows = read(*found).rows[table]
    assert not isinstance(rows, pa.Table)
    return rows[0]


def store(path: Path, code_page: str = "cp932") -> Content:
    """Return what extract makes of a store."""
    return listed(pst.read(path, replace(READING, code_page=code_page)))
