"""What hangs on an item, as pypff gives it: recipients, attachments, changed occurrences of a series."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pipeline.extract.pst import embedded, parts
from pipeline.extract.pst.bag import Attachment, Bag, Replaced, Value
from pipeline.extract.pst.parts import Parts
from pipeline.extract.pst.property_names import Key
from pipeline.extract.pst.pypff_records import READ_ERRORS, NamedKeys, record

_CHUNK = 1 << 20
_ATTACHED_DATA = (0x3701, 0x3702, 0x3709)  # PidTagAttachDataBinary/Object, Encoding, Rendering
_BY_VALUE, _EMBEDDED = 1, 5
_PEOPLE_HIDDEN = "the own attendees of a changed occurrence, which pypff does not give"


def of(
    message: Any,  # noqa: ANN401 - untyped C
    codec: str,
    names: NamedKeys,
) -> Parts:
    """Read recipients and attachments; one kind that fails leaves the other, and a trouble in fixed words."""
    recipients: tuple[Bag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    troubles: list[str] = []
    try:
        recipients = tuple(Bag(row, codec) for row in _recipient_rows(message, names))
    except READ_ERRORS:
        troubles.append("recipients cannot be read")
    try:
        attachments = tuple(_attachments(message, codec, names))
        replaced = tuple(_replaced(message, attachments, names, troubles))
    except READ_ERRORS:
        troubles.append("attachments cannot be read")
    return Parts(recipients, attachments, replaced, tuple(troubles))


def _replaced(
    message: Any,  # noqa: ANN401 - untyped C
    attachments: Sequence[Attachment],
    names: NamedKeys,
    troubles: list[str],
) -> Iterator[Replaced]:
    """Yield the changed occurrences that are attached to a series, without their people, which the binding hides."""
    for index, attachment in enumerate(attachments):
        if not (parts.is_replaced(attachment.bag) and attachment.bag.integer("PidTagAttachMethod") == _EMBEDDED):
            continue
        stored = message.get_attachment(index)
        stored.seek_offset(0)
        raw = stored.read_buffer(min(stored.size, embedded.LARGEST)) if stored.size else b""
        found = embedded.properties(raw, names)
        troubles.append(_PEOPLE_HIDDEN if found else parts.REPLACED_LOST)
        if found:
            codec = parts.item_codec(Bag(found, attachment.bag.codec), attachment.bag.codec)
            yield Replaced(attachment=attachment.bag, item=Bag(found, codec))


def _recipient_rows(message: Any, names: NamedKeys) -> Iterator[Mapping[Key, Value]]:  # noqa: ANN401 - untyped C
    table = getattr(message, "recipients", None)  # None without a table; a plain pypff.item has no such attribute
    if table is not None:
        yield from (record(record_set, names) for record_set in table.record_sets)


def _attachments(message: Any, codec: str, names: NamedKeys) -> Iterator[Attachment]:  # noqa: ANN401 - untyped C
    # get_attachment of an item without attachments is a MemoryError, so the number is asked first
    for index in range(getattr(message, "number_of_attachments", 0)):
        attachment = message.get_attachment(index)
        bag = Bag(_attachment_entries(attachment, names), codec)
        length = _data_length(attachment, bag)
        yield Attachment(
            bag=bag,
            data_length=length,
            digest=partial(_digest, attachment, length),
            content=partial(_content, attachment, length),
        )


def _digest(attachment: Any, length: int | None) -> str | None:  # noqa: ANN401 - untyped C
    """Return the SHA-256 of an attachment's data, None where it has none or less than it says."""
    if length is None:
        return None
    hashed, left = hashlib.sha256(), length
    try:
        attachment.seek_offset(0)
        while left:
            chunk = attachment.read_buffer(min(left, _CHUNK))
            if not chunk:
                return None
            hashed.update(chunk)
            left -= len(chunk)
    except READ_ERRORS:
        return None
    return hashed.hexdigest()


def _content(attachment: Any, length: int | None) -> bytes | None:  # noqa: ANN401 - untyped C
    """Return an attachment's data, None where it has none or less than it says."""
    if length is None:
        return None
    try:
        attachment.seek_offset(0)
        found: bytes = attachment.read_buffer(length) if length else b""
    except READ_ERRORS:
        return None
    return found if len(found) == length else None


def _attachment_entries(attachment: Any, names: NamedKeys) -> Mapping[Key, Value]:  # noqa: ANN401 - untyped C
    """Return an attachment's properties without its data, which may be as large as the file."""
    if not attachment.number_of_record_sets:
        return {}
    wanted = (entry for entry in attachment.get_record_set(0).entries if entry.entry_type not in _ATTACHED_DATA)
    return {
        names.get(entry.entry_type, entry.entry_type): Value(entry.value_type, entry.data or b"") for entry in wanted
    }


def _data_length(attachment: Any, bag: Bag) -> int | None:  # noqa: ANN401 - untyped C
    if bag.integer("PidTagAttachMethod") != _BY_VALUE:
        return None  # for an embedded message this would be the size of a pointer
    length: int = attachment.size
    return length
