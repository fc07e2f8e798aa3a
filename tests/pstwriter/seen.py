"""A store as pypff sees it, with values in the form in which they were given to the writer.

The reference for pypff's ways is its page in this project's reference: named properties and multi-valued ones are to be
decoded by hand, an embedded message cannot be opened, and reading a folder ends at its first damaged item.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pypff

from tests.pstwriter.mapi import Key, Kind
from tests.pstwriter.named import PS_MAPI, PS_PUBLIC_STRINGS

_GUID_STREAM, _ENTRY_STREAM, _STRING_STREAM = 2, 3, 4
_FIRST_NAMED = 0x8000

Names = dict[tuple[UUID, int | str], int]


@dataclass(frozen=True, slots=True)
class SeenAttachment:
    """One attachment: its properties and the bytes that pypff reads for it."""

    values: dict[int, Any]
    data: bytes


@dataclass(frozen=True, slots=True)
class SeenItem:
    """One item.

    Attributes:
        node: Node identifier.
        values: Values by property identifier: times as FILETIME, text decoded, lists as lists.
        names: Identifiers of the store's named properties.
        recipients: Values of each recipient's row.
        attachments: The attachments in order.
    """

    node: int
    values: dict[int, Any]
    names: Names
    recipients: list[dict[int, Any]]
    attachments: list[SeenAttachment]

    def __getitem__(self, key: Key) -> Any:
        """Return the value of a property.

        Raises:
            KeyError: The item does not have it.
        """
        if key.guid is None:
            return self.values[int(key.name)]
        return self.values[self.names[key.guid, key.name]]

    def __contains__(self, key: Key) -> bool:
        """Whether the item has a property."""
        identifier = key.name if key.guid is None else self.names.get((key.guid, key.name))
        return identifier in self.values


@dataclass(frozen=True, slots=True)
class SeenFolder:
    """One folder: node identifier, properties, names from the top down, number of sub-folders, items."""

    node: int
    values: dict[int, Any]
    path: tuple[str, ...]
    folders: int
    items: list[SeenItem]


@dataclass(frozen=True, slots=True)
class SeenStore:
    """A whole store."""

    store: dict[int, Any] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    folders: dict[tuple[str, ...], SeenFolder] = field(default_factory=dict)

    def folder(self, name: str) -> SeenFolder:
        """Return the only folder of that name."""
        (found,) = [folder for path, folder in self.folders.items() if path and path[-1] == name]
        return found

    def items(self) -> list[SeenItem]:
        """Return all items of all folders."""
        return [item for folder in self.folders.values() for item in folder.items]


def see(path: Path, code_page: str | None = None) -> SeenStore:
    """Read a whole store; `code_page` is that of an ANSI one."""
    file = pypff.file()
    file.open(str(path))
    try:
        if code_page:
            file.set_ascii_codepage(code_page)
        names = _names(file)
        store = _values(file.message_store.record_sets[0], code_page) if file.message_store else {}
        folders = {folder.path: folder for folder in _folders(file.root_folder, (), names, code_page)}
        return SeenStore(store, names, folders)
    finally:
        file.close()


def _folders(folder: Any, above: tuple[str, ...], names: Names, code_page: str | None) -> Iterator[SeenFolder]:
    """Yield a folder and all below it; the root has no name."""
    path = (*above, folder.name) if folder.name else above
    items = [_item(folder.get_sub_message(n), names, code_page) for n in range(folder.number_of_sub_messages)]
    values = _values(folder.record_sets[0], code_page)
    yield SeenFolder(folder.identifier, values, path, folder.number_of_sub_folders, items)
    for number in range(folder.number_of_sub_folders):
        yield from _folders(folder.get_sub_folder(number), path, names, code_page)


def _item(message: Any, names: Names, code_page: str | None) -> SeenItem:
    """Return one item."""
    rows = getattr(message, "recipients", None)
    recipients = [_values(row, code_page) for row in rows.record_sets] if rows else []
    attachments = [
        SeenAttachment(_values(one.record_sets[0], code_page), one.read_buffer(one.size) if one.size else b"")
        for one in getattr(message, "attachments", [])
    ]
    return SeenItem(message.identifier, _values(message.record_sets[0], code_page), names, recipients, attachments)


def _values(record_set: Any, code_page: str | None) -> dict[int, Any]:
    """Decode a set of properties."""
    return {
        entry.entry_type: decode(entry.value_type, entry.data or b"", code_page or "cp1252")
        for entry in record_set.entries
    }


def decode(kind: int, data: bytes, code_page: str) -> Any:
    """Return the value of a property from its type and bytes; what has no form of its own stays bytes."""
    if kind == Kind.STRING8:
        return data.decode(code_page)
    if kind == Kind.STRINGS8:
        return [one.decode(code_page) for one in _members(data)]
    return _DECODERS[kind](data) if kind in _DECODERS else data


def _members(data: bytes) -> list[bytes]:
    """Take a multi-valued property of variable size apart."""
    count = struct.unpack_from("<I", data)[0]
    offsets = [*struct.unpack_from(f"<{count}I", data, 4), len(data)]
    return [data[start:end] for start, end in pairwise(offsets)]


def _names(file: Any) -> Names:
    """Return the identifiers of named properties, from the map's three streams."""
    streams = {entry.entry_type: entry.data or b"" for entry in file.name_to_id_map.record_sets[0].entries}
    guids, entries, strings = (streams.get(number, b"") for number in (_GUID_STREAM, _ENTRY_STREAM, _STRING_STREAM))
    known = [UUID(int=0), PS_MAPI, PS_PUBLIC_STRINGS]
    known += [UUID(bytes_le=guids[at : at + 16]) for at in range(0, len(guids), 16)]
    names: Names = {}
    for name, kind, index in struct.iter_unpack("<IHH", entries):
        if kind & 1:
            size = struct.unpack_from("<I", strings, name)[0]
            names[known[kind >> 1], strings[name + 4 : name + 4 + size].decode("utf-16-le")] = _FIRST_NAMED + index
        else:
            names[known[kind >> 1], name] = _FIRST_NAMED + index
    return names


_DECODERS: dict[int, Callable[[bytes], Any]] = {
    Kind.INT16: lambda data: int.from_bytes(data, "little", signed=True),
    Kind.INT32: lambda data: int.from_bytes(data, "little", signed=True),
    Kind.INT64: lambda data: int.from_bytes(data, "little", signed=True),
    Kind.TIME: lambda data: int.from_bytes(data, "little"),
    Kind.BOOLEAN: lambda data: bool(data[0]),
    Kind.FLOAT64: lambda data: struct.unpack("<d", data)[0],
    Kind.STRING: lambda data: data.decode("utf-16-le"),
    Kind.STRINGS: lambda data: [one.decode("utf-16-le") for one in _members(data)],
    Kind.INT32S: lambda data: list(struct.unpack(f"<{len(data) // 4}i", data)),
    Kind.BINARIES: _members,
}
