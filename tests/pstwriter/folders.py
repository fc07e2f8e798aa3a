"""Folders: what is known of one while the store is written, and what makes some of them special.

Sources: [MS-OXOSFLD] 2.2 (how special folders are recorded), [MS-PST] 2.4.4.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.pstwriter import keys
from tests.pstwriter.contexts import Table
from tests.pstwriter.mapi import Key, Pair

_PERSIST_ENTRY_ID = 1  # RSF_ELID_ENTRYID


class Role(StrEnum):
    """A special folder."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    SENT = "sent"
    DELETED = "deleted"
    DRAFTS = "drafts"
    JUNK = "junk"
    CALENDAR = "calendar"
    CONTACTS = "contacts"
    TASKS = "tasks"
    NOTES = "notes"
    JOURNAL = "journal"
    SYNC_ISSUES = "sync issues"
    CONFLICTS = "conflicts"
    LOCAL_FAILURES = "local failures"
    SERVER_FAILURES = "server failures"
    RSS_FEEDS = "rss feeds"
    CONVERSATION_ACTIONS = "conversation actions"
    SUGGESTED_CONTACTS = "suggested contacts"
    RECIPIENT_CACHE = "recipient cache"


CONTAINER_CLASSES = {
    Role.CALENDAR: "IPF.Appointment",
    Role.CONTACTS: "IPF.Contact",
    Role.SUGGESTED_CONTACTS: "IPF.Contact",
    Role.RECIPIENT_CACHE: "IPF.Contact.RecipientCache",
    Role.TASKS: "IPF.Task",
    Role.NOTES: "IPF.StickyNote",
    Role.JOURNAL: "IPF.Journal",
    Role.RSS_FEEDS: "IPF.Note.OutlookHomepage",
    Role.CONVERSATION_ACTIONS: "IPF.Configuration",
}
"""Container classes of special folders; all others are IPF.Note."""

_IN_STORE = {Role.OUTBOX: keys.OUTBOX_ENTRY_ID, Role.DELETED: keys.DELETED_ENTRY_ID, Role.SENT: keys.SENT_ENTRY_ID}
_IN_ROOT = {
    Role.CALENDAR: keys.CALENDAR_ENTRY_ID,
    Role.CONTACTS: keys.CONTACTS_ENTRY_ID,
    Role.JOURNAL: keys.JOURNAL_ENTRY_ID,
    Role.NOTES: keys.NOTES_ENTRY_ID,
    Role.TASKS: keys.TASKS_ENTRY_ID,
    Role.DRAFTS: keys.DRAFTS_ENTRY_ID,
}
_IN_LIST = (Role.CONFLICTS, Role.SYNC_ISSUES, Role.LOCAL_FAILURES, Role.SERVER_FAILURES, Role.JUNK)
_IN_MAP = {Role.RSS_FEEDS: 0x8001, Role.CONVERSATION_ACTIONS: 0x8006, Role.SUGGESTED_CONTACTS: 0x8008}


@dataclass(slots=True, eq=False, kw_only=True)
class Folder:
    """A folder of a store that is being written; made by `Store.add_folder`."""

    node: int
    parent: int
    name: str
    container_class: str | None = None
    is_search: bool = False
    extra: tuple[Pair, ...] = ()
    contents: Table | None = None
    associated: Table | None = None
    unread: int = 0
    children: list["Folder"] = field(default_factory=list)

    def pairs(self) -> Iterator[Pair]:
        """Yield the folder's properties, all but `extra` of which its row in the parent's table has as well."""
        yield keys.DISPLAY_NAME, self.name
        yield keys.CONTENT_COUNT, len(self.contents) if self.contents else 0
        yield keys.UNREAD_COUNT, self.unread
        yield keys.HAS_SUBFOLDERS, bool(self.children)
        yield keys.CONTAINER_CLASS, self.container_class
        yield from self.extra


def store_pairs(entry_ids: Mapping[Role, bytes]) -> Iterator[Pair]:
    """Yield which folders are special, as far as the message store tells."""
    for role, key in _IN_STORE.items():
        yield key, entry_ids.get(role)


def root_pairs(entry_ids: Mapping[Role, bytes]) -> Iterator[Pair]:
    """Yield which folders are special, as far as the root folder and the inbox tell."""
    pairs: dict[Role, Key] = _IN_ROOT
    for role, key in pairs.items():
        yield key, entry_ids.get(role)
    if any(role in entry_ids for role in _IN_LIST):
        yield keys.MORE_ENTRY_IDS, [entry_ids.get(role, b"") for role in _IN_LIST]
    blobs = [_persist(number, entry_ids[role]) for role, number in _IN_MAP.items() if role in entry_ids]
    yield keys.MOST_ENTRY_IDS, b"".join([*blobs, bytes(4)]) if blobs else None


def _persist(number: int, entry_id: bytes) -> bytes:
    """Return one PersistData structure ([MS-OXOSFLD] 2.2.5)."""
    element = struct.pack("<HH", _PERSIST_ENTRY_ID, len(entry_id)) + entry_id
    return struct.pack("<HH", number, len(element)) + element
