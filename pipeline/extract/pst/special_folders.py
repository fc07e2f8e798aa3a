"""Outlook's special folders, by entry id and container class: their names are in the language of whoever made them.

Sources: [MS-OXOSFLD] 2.2 (which property names which folder), [MS-PST] 2.4.3.2 (entry ids of a store's own folders),
[MS-OXCDATA] 2.2.4.1 (those of Exchange, in an .ost). A .pst that Outlook exported from another store keeps that
store's entry ids in its inbox, and each folder has its old entry id as its PidTagSearchKey.
"""

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from pipeline.extract import selection
from pipeline.extract.pst.direct import DamageError, Folder, Store
from pipeline.extract.pst.direct.store import MESSAGE_STORE, ROOT_FOLDER

_RECORD_KEY, _SOURCE_KEY, _SEARCH_KEY = 0x0FF9, 0x65E0, 0x300B
_SUBTREE = 0x35E0
_OF_STORE = {0x35E2: "outbox", 0x35E3: "deleted_items", 0x35E4: "sent_items"}
_OF_FOLDER = {
    0x36D0: "calendar",
    0x36D1: "contacts",
    0x36D2: "journal",
    0x36D3: "notes",
    0x36D4: "tasks",
    0x36D7: "drafts",
}
_LIST, _MAP = 0x36D8, 0x36D9  # PidTagAdditionalRenEntryIds, PidTagAdditionalRenEntryIdsEx
_OF_LIST = ("sync_issues", "sync_issues", "sync_issues", "sync_issues", "junk")  # conflicts, sync issues, failures
_OF_MAP = {0x8001: "rss", 0x8008: "suggested_contacts"}
_MOST = 1000  # folders that are asked: a mailbox has some dozens
_ENTRY_ID, _END = 1, 0  # ElementID of an entry id; PersistID after which nothing follows
_CLASSES = (  # container class, or the beginning of one → what it is
    ("IPF.Note.OutlookHomepage", "rss"),
    ("IPF.Contact.RecipientCache", "recipient_cache"),
    ("IPF.Contact.GalContacts", "recipient_cache"),
    ("IPF.Contact.MOC", "recipient_cache"),  # of instant messaging
    ("IPF.Contact.OrganizationalContacts", "recipient_cache"),
    ("IPF.Contact.PeopleCentricConversationBuddies", "recipient_cache"),
    ("IPF.Appointment.Birthday", "birthdays"),
)
_PAIR = struct.Struct("<HH")
_OWN_SIZE, _OWN_KEY = 24, slice(4, 20)
_EXCHANGE_SIZE, _EXCHANGE_KEY = 46, slice(22, 44)

Roles = Mapping[int, str]
"""Node of a folder → what it is: a word of `selection.UNASKED`, sent_items, calendar, contacts, tasks ..."""


class Asked(Protocol):
    """What has properties."""

    def get(self, number: int, /) -> Any:  # noqa: ANN401 - whatever is stored under the number
        """Return a property decoded, None where there is none."""


class Whole(Protocol):
    """A store, of which properties are asked."""

    def properties(self, number: int, /) -> Asked:
        """Return the properties of a node; DamageError where they cannot be read."""


def folders(store: Store, known: Sequence[Folder] | None = None) -> Roles:
    """Return what the folders of a store are; a folder below a special one is what that is, unless it is itself.

    `known`: the store's folders, where they were listed already. What is damaged is not known, and costs nothing else.
    """
    return roles(store, store.folders() if known is None else known)


def roles(store: Whole, listed: Sequence[Folder]) -> Roles:
    """Return what the folders of a store are, whichever reader lists them."""
    own = {**_by_class(listed), **_by_entry_id(store, listed)}
    parents = {folder.node: folder.parent for folder in listed}
    return _inherited(own, parents)


def _inherited(own: Mapping[int, str], parents: Mapping[int, int]) -> dict[int, str]:
    """Return the role of every folder: what leaves out a folder above it counts before its own.

    Each folder is looked at once, however deep folders lie in each other, or in a ring.
    """
    found: dict[int, str | None] = {}
    for start in parents:
        chain: dict[int, None] = {}
        node = start
        while node in parents and node not in found and node not in chain:
            chain[node] = None
            node = parents[node]
        role = found.get(node)
        for one in reversed(chain):
            mine = own.get(one)
            role = mine if mine in selection.UNASKED or (mine and role not in selection.UNASKED) else role
            found[one] = role
    return {node: role for node, role in found.items() if role is not None}


def _by_class(listed: Sequence[Folder]) -> dict[int, str]:
    found = ((folder.node, _of_class(folder.container_class)) for folder in listed)
    return {node: role for node, role in found if role is not None}


def _of_class(container_class: str | bytes | None) -> str | None:
    name = container_class.decode("ascii", "replace") if isinstance(container_class, bytes) else container_class
    folded = f"{(name or '').rstrip(chr(0))}.".upper()
    return next((role for known, role in _CLASSES if folded.startswith(f"{known}.".upper())), None)


def _by_entry_id(store: Whole, listed: Sequence[Folder]) -> dict[int, str]:
    of_store = _properties(store, MESSAGE_STORE)
    resolver = _Resolver(store, listed, _value(of_store, _RECORD_KEY))
    found = {node: role for number, role in _OF_STORE.items() if (node := resolver.node(_value(of_store, number)))}
    tops = {ROOT_FOLDER, resolver.node(_value(of_store, _SUBTREE))}
    for number in islice(_nearest(listed, tops), _MOST):
        for role, entry_id in _named(_properties(store, number)):
            if node := resolver.node(entry_id):
                found.setdefault(node, role)
    return found


def _nearest(listed: Sequence[Folder], tops: Collection[int | None]) -> Iterator[int]:
    """Yield the folders that may name others: the root has that, and so has the inbox.

    That lies right below the top, or wherever an export put the mailbox.
    """
    near = {folder.node for folder in listed if folder.node in tops or folder.parent in tops}
    yield from (folder.node for folder in listed if folder.node in near)
    yield from (folder.node for folder in listed if folder.node not in near and not folder.is_search)


def _properties(store: Whole, node: int) -> Asked | None:
    try:
        return store.properties(node)
    except DamageError:
        return None


def _value(properties: Asked | None, number: int) -> Any:  # noqa: ANN401 - whatever is stored under the number
    try:
        return None if properties is None else properties.get(number)
    except DamageError:
        return None


def _named(properties: Asked | None) -> Iterator[tuple[str, Any]]:
    """Yield role and entry id of the folders that a folder's properties name."""
    for number, role in _OF_FOLDER.items():
        yield role, _value(properties, number)
    several = _value(properties, _LIST)
    if isinstance(several, list):
        yield from zip(_OF_LIST, several, strict=False)
    more = _value(properties, _MAP)
    if isinstance(more, bytes):
        yield from ((_OF_MAP[number], entry_id) for number, entry_id in persisted(more) if number in _OF_MAP)


def persisted(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and entry id of each PersistData of PidTagAdditionalRenEntryIdsEx ([MS-OXOSFLD] 2.2.5)."""
    at = 0
    while at + _PAIR.size <= len(blob):
        number, size = _PAIR.unpack_from(blob, at)
        if number == _END:
            return
        at += _PAIR.size
        yield from ((number, value) for kind, value in _elements(blob[at : at + size]) if kind == _ENTRY_ID)
        at += size


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _PAIR.size <= len(data):
        kind, size = _PAIR.unpack_from(data, at)
        at += _PAIR.size
        yield kind, data[at : at + size]
        at += size


class _Resolver:
    """Finds the folder of an entry id."""

    def __init__(self, store: Whole, listed: Sequence[Folder], record_key: object) -> None:
        self._store = store
        self._nodes = {folder.node for folder in listed}
        self._record_key = record_key

    def node(self, entry_id: object) -> int | None:
        """Return the node of a folder of this store, None for an entry id of anything else."""
        if not isinstance(entry_id, bytes):
            return None
        if len(entry_id) == _OWN_SIZE and entry_id[_OWN_KEY] == self._record_key:
            node = int.from_bytes(entry_id[_OWN_SIZE - 4 :], "little")
            return node if node in self._nodes else None
        if entry_id in self._search_keys:
            return self._search_keys[entry_id]
        return self._source_keys.get(entry_id[_EXCHANGE_KEY]) if len(entry_id) == _EXCHANGE_SIZE else None

    @cached_property
    def _source_keys(self) -> dict[bytes, int]:
        """The folders by PidTagSourceKey, which an Exchange entry id holds; only an .ost has them."""
        return {key: node for node, (key, _) in self._keys.items() if isinstance(key, bytes) and key}

    @cached_property
    def _search_keys(self) -> dict[bytes, int]:
        """The folders by PidTagSearchKey, where that is an entry id: of an .ost or a .pst that they came from."""
        keys = {key: node for node, (_, key) in self._keys.items() if isinstance(key, bytes)}
        return {key: node for key, node in keys.items() if len(key) in {_OWN_SIZE, _EXCHANGE_SIZE}}

    @cached_property
    def _keys(self) -> dict[int, tuple[object, object]]:
        """Both keys of each folder, the last node first, so that of two equal ones the first folder counts."""
        found = {node: _properties(self._store, node) for node in sorted(self._nodes, reverse=True)}
        return {node: (_value(own, _SOURCE_KEY), _value(own, _SEARCH_KEY)) for node, own in found.items()}
