"""What all items share, and messages with their attachments.

Sources: [MS-OXCMSG] (items, attachments), [MS-OXOMSG] (mail). The other kinds of items are in modules of their own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import ClassVar

import compressed_rtf

from tests.pstwriter import keys
from tests.pstwriter.mapi import Pair
from tests.pstwriter.people import BCC, CC, TO, Person, Recipient, names, sender_pairs

LOW, NORMAL, HIGH = range(3)
PUBLIC, PERSONAL, PRIVATE, CONFIDENTIAL = range(4)

BY_VALUE, EMBEDDED, OLE = 1, 5, 6

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)

_READ, _UNSENT, _HAS_ATTACHMENTS = 0x01, 0x08, 0x10
_PREFIX = re.compile(r"[^\W\d]{1,3}: ")
_NOWHERE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file, or another item, attached to an item.

    Attributes:
        name: File name; the 8.3 name is made from it.
        data: Bytes of the file.
        item: The item that is attached, in place of `data`.
        mime: MIME type.
        content_id: By which HTML refers to it.
        is_hidden: Whether it is part of the body and not shown.
        extra: Further properties.
    """

    name: str
    data: bytes = b""
    item: "Item | None" = None
    mime: str | None = None
    content_id: str | None = None
    is_hidden: bool = False
    extra: Sequence[Pair] = ()

    @property
    def method(self) -> int:
        """Return how the content is kept: `BY_VALUE` or `EMBEDDED`."""
        return BY_VALUE if self.item is None else EMBEDDED

    def pairs(self) -> Iterator[Pair]:
        """Yield the properties of the attachment, its content and size excepted."""
        stem, dot, extension = self.name.rpartition(".")
        yield keys.ATTACH_METHOD, self.method
        yield keys.RENDERING_POSITION, _NOWHERE
        yield keys.DISPLAY_NAME, self.name
        yield keys.ATTACH_MIME, self.mime
        yield keys.ATTACH_CONTENT_ID, self.content_id
        yield keys.ATTACH_HIDDEN, self.is_hidden
        if self.item is None:
            yield keys.ATTACH_LONG_FILENAME, self.name
            yield keys.ATTACH_FILENAME, f"{stem[:8]}.{extension[:3]}" if dot else self.name[:8]
            yield keys.ATTACH_EXTENSION, f".{extension}" if dot else None
        yield from self.extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of any class.

    Attributes:
        message_class: Class to write in place of the kind's own.
        subject: Subject; a prefix like "RE: " is marked as Outlook does.
        body: Plain text.
        html: HTML, in the code page `internet_code_page`.
        rtf: RTF, not compressed; it is written compressed unless `is_rtf_plain`.
        is_rtf_plain: Write the RTF in the uncompressed form of [MS-OXRTFCP].
        categories: Categories.
        importance: `LOW`, `NORMAL` or `HIGH`.
        sensitivity: `PUBLIC`, `PERSONAL`, `PRIVATE` or `CONFIDENTIAL`.
        created_at: When it was made; a FILETIME or an aware datetime, as all times here.
        modified_at: When it was last changed.
        is_read: Whether it was read.
        is_draft: Whether it is a message that was not sent.
        code_page: PidTagMessageCodepage.
        internet_code_page: PidTagInternetCodepage.
        locale: PidTagMessageLocaleId.
        search_key: PidTagSearchKey; made from the store's seed when left out.
        recipients: Recipients or attendees, in the order of their rows.
        attachments: Attachments.
        extra: Further properties; they win over those that the fields give, and None takes a property away.
    """

    kind: ClassVar[str] = "IPM.Note"
    message_class: str | None = None
    subject: str | None = None
    body: str | None = None
    html: bytes | None = None
    rtf: bytes | None = None
    is_rtf_plain: bool = False
    categories: Sequence[str] = ()
    importance: int = NORMAL
    sensitivity: int = PUBLIC
    created_at: datetime | int = LONG_AGO
    modified_at: datetime | int = LONG_AGO
    is_read: bool = True
    is_draft: bool = False
    code_page: int | None = None
    internet_code_page: int | None = None
    locale: int | None = None
    search_key: bytes | None = None
    recipients: Sequence[Recipient] = ()
    attachments: Sequence[Attachment] = ()
    extra: Sequence[Pair] = ()

    def title(self) -> str | None:
        """Return the subject that is written."""
        return self.subject

    def pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Return the properties; `code_page` is that of an ANSI store, for text inside binary values."""
        return chain(common_pairs(self), self.own_pairs(code_page))

    def attached(self) -> Sequence[Attachment]:
        """Return all that is attached, what Outlook hides too."""
        return self.attachments

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield the properties that only this kind of item has."""
        del code_page
        yield from ()


def common_pairs(item: Item) -> Iterator[Pair]:
    """Yield the properties that every item has."""
    yield keys.MESSAGE_CLASS, item.message_class or item.kind
    yield keys.IMPORTANCE, item.importance
    yield keys.SENSITIVITY, item.sensitivity
    yield keys.PRIVATE, item.sensitivity == PRIVATE
    yield keys.CREATION_TIME, item.created_at
    yield keys.LAST_MODIFICATION_TIME, item.modified_at
    yield keys.SEARCH_KEY, item.search_key
    yield keys.MESSAGE_CODE_PAGE, item.code_page
    yield keys.INTERNET_CODE_PAGE, item.internet_code_page
    yield keys.MESSAGE_LOCALE, item.locale
    yield keys.KEYWORDS, list(item.categories) or None
    yield keys.VERSION_NAME, "16.0"
    yield keys.HAS_ATTACHMENTS, bool(item.attachments)
    flags = (_READ if item.is_read else 0) | (_UNSENT if item.is_draft else 0)
    yield keys.MESSAGE_FLAGS, flags | (_HAS_ATTACHMENTS if item.attachments else 0)
    yield from subject_pairs(item.title())
    yield from _body_pairs(item)
    if item.recipients:
        yield keys.DISPLAY_TO, names(item.recipients, TO)
        yield keys.DISPLAY_CC, names(item.recipients, CC)
        yield keys.DISPLAY_BCC, names(item.recipients, BCC)


def subject_pairs(subject: str | None) -> Iterator[Pair]:
    """Yield a subject, its prefix marked the way [MS-OXCMSG] 2.2.1.9 and Outlook's stores have it."""
    if subject is None:
        return
    found = _PREFIX.match(subject)
    prefix = found[0] if found else ""
    yield keys.SUBJECT, f"\x01{chr(len(prefix) + 1)}{subject}"
    yield keys.SUBJECT_PREFIX, prefix or None
    yield keys.NORMALIZED_SUBJECT, subject[len(prefix) :]
    yield keys.CONVERSATION_TOPIC, subject[len(prefix) :]


def _body_pairs(item: Item) -> Iterator[Pair]:
    """Yield the bodies."""
    yield keys.BODY, item.body
    yield keys.HTML, item.html
    if item.rtf is not None:
        yield keys.RTF_COMPRESSED, compressed_rtf.compress(item.rtf, compressed=not item.is_rtf_plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Item):
    """A mail.

    Attributes:
        sender: Who sent it.
        sent_at: When it was submitted.
        received_at: When it was delivered.
        message_id: Internet message id, with its angle brackets.
        in_reply_to: Message id of what it answers.
        references: Message ids of the thread, with spaces between them.
        headers: Transport headers as they came.
        conversation_index: PidTagConversationIndex.
    """

    sender: Person | None = None
    sent_at: datetime | int | None = None
    received_at: datetime | int | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: str | None = None
    headers: str | None = None
    conversation_index: bytes | None = None

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield what only mails have."""
        yield keys.SUBMIT_TIME, self.sent_at
        yield keys.DELIVERY_TIME, self.received_at
        yield keys.INTERNET_MESSAGE_ID, self.message_id
        yield keys.IN_REPLY_TO, self.in_reply_to
        yield keys.INTERNET_REFERENCES, self.references
        yield keys.TRANSPORT_HEADERS, self.headers
        yield keys.CONVERSATION_INDEX, self.conversation_index
        yield from sender_pairs(self.sender, code_page)
