"""An IPM.Note or a meeting message as a row of `messages` ([MS-OXOMSG], [MS-OXCMSG], reference/mapi-properties.md)."""

from collections.abc import Sequence
from typing import Any

from pipeline.extract.pst import message_ids, people, words
from pipeline.extract.pst.bag import Attachment, Bag, Item
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.people import Person

_READ, _UNSENT, _HAS_ATTACHMENTS = 0x1, 0x8, 0x10  # PidTagMessageFlags
MOST_BYTES = 10_000_000  # of the files of one message; zoho-api.md 4 has "10 MB in all" and does not say which MB
_EMBEDDED_MESSAGE = 5  # PidTagAttachMethod


def columns(items: Columns, bodies: Sequence[Body]) -> dict[str, Sequence[Any]]:
    """Return the columns of messages that are composed of several properties."""
    flags = items.values("PidTagMessageFlags")
    rows = [
        _parts(item, flag, has_hashes=items.has_hashes) | ({"attached": _files(item)} if items.has_files else {})
        for item, flag in zip(items.items(), flags, strict=True)
    ]
    return {
        "subject": words.subjects(items),
        **message_ids.columns(items),
        "folder_role": [folder.role for folder in items.folders],
        "sender": people.all_named(items, "PidTagSender", "sender"),
        "author": people.all_named(items, "PidTagSentRepresenting", "author"),
        "body_text": [body.text for body in bodies],
        "body_html": [body.html for body in bodies],
        "is_read": [None if flag is None else bool(flag & _READ) for flag in flags],
        "is_draft": [None if flag is None else bool(flag & _UNSENT) for flag in flags],
        "conversation_index": [index and index.hex() for index in items.values("PidTagConversationIndex")],
        **words.turned(rows),
    }


def _parts(item: Item, flags: int | None, *, has_hashes: bool) -> dict[str, Any]:
    """Return the columns of a message that what hangs on it gives."""
    return {
        "recipients": _recipients(item),
        "has_attachments": _has_attachments(item, flags),
        "attachments": [_attachment(attachment, has_hash=has_hashes) for attachment in item.attachments],
    }


def _files(item: Item) -> list[bytes | None]:
    """Return the content of what is attached, in its order: files that a person sees, up to MOST_BYTES together."""
    left = MOST_BYTES
    found: list[bytes | None] = []
    for one in item.attachments:
        size = one.data_length
        is_file = one.depth == 0 and size is not None and not one.bag.boolean("PidTagAttachmentHidden")
        content = one.content() if is_file and size is not None and size <= left else None
        left -= len(content or b"")
        found.append(content)
    return found


def _recipients(item: Item) -> list[Person]:
    if item.recipients:
        return [people.recipient(row, people.RECIPIENT_ROLES, "to") for row in item.recipients]
    return _displayed(item.bag)


def _displayed(bag: Bag) -> list[Person]:
    """Return the recipients that an item without rows shows in its header."""
    return [
        *people.from_names(bag.text("PidTagDisplayTo"), "to"),
        *people.from_names(bag.text("PidTagDisplayCc"), "cc"),
        *people.from_names(bag.text("PidTagDisplayBcc"), "bcc"),
    ]


def _has_attachments(item: Item, flags: int | None) -> bool:
    flagged = bool((flags or 0) & _HAS_ATTACHMENTS)
    return bool(item.attachments) or bool(item.bag.boolean("PidTagHasAttachments")) or flagged


def _attachment(attachment: Attachment, *, has_hash: bool) -> dict[str, str | int | None]:
    """Return name, type and size; an embedded message is named by its subject and typed as a message."""
    bag = attachment.bag
    is_message = bag.integer("PidTagAttachMethod") == _EMBEDDED_MESSAGE
    name = bag.text("PidTagAttachLongFilename") or bag.text("PidTagAttachFilename") or bag.text("PidTagDisplayName")
    size = bag.integer("PidTagAttachSize") if attachment.data_length is None else attachment.data_length
    return {
        "name": name,
        "mime_type": bag.text("PidTagAttachMimeTag") or ("message/rfc822" if is_message else None),
        "size": size,
        "sha256": attachment.digest() if has_hash else None,
    }
