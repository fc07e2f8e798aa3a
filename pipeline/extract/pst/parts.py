"""Recipients and attachments that the direct reader found, as `Bag`s."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.extract.pst import code_pages
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Attachment, Bag, DecodedBag, Replaced, Value
from pipeline.extract.pst.direct import Attachment as StoredAttachment
from pipeline.extract.pst.direct import DamageError, Properties
from pipeline.extract.pst.direct import Item as StoredItem
from pipeline.extract.pst.properties import BY_KEY, PROPERTIES
from pipeline.extract.pst.property_kinds import Kind
from pipeline.extract.pst.property_names import Key

_MOST = 10_000  # attachments of an item, those of messages in it included: a damaged file may name any number
_NAME = 0x3001  # PidTagDisplayName
_EXCEPTION = 0x2  # afException of PidTagAttachmentFlags
_OF_RECIPIENTS = [
    _NAME,
    *(
        known.key
        for known in PROPERTIES
        if isinstance(known.key, int) and any(column.startswith("recipient.") for column in known.columns)
    ),
]
_USUAL = {
    number: (BY_KEY[number].name, wire.STRING if BY_KEY[number].kind is Kind.TEXT else wire.INTEGER32)
    for number in _OF_RECIPIENTS
}
_INTEGER_SIZE = 4
RECIPIENTS_LOST = "recipients cannot be read"
ATTACHMENTS_LOST = "attachments cannot be read"
REPLACED_LOST = "the own text and people of a changed occurrence cannot be read"
LISTED_ONCE = "a message is attached twice in an item; what is attached to it is listed once"


class Numbers:
    """The numbers by which one store knows the properties: tags as they are, named ones by its own map."""

    def __init__(self, names: Mapping[int, tuple[str, int | str]]) -> None:
        self._names = names
        self._numbers: dict[Key, list[int]] = {}
        for number in sorted(names):
            self._numbers.setdefault(names[number], []).append(number)

    def key(self, number: int) -> Key:
        """Return what a number stands for."""
        return self._names.get(number, number)

    def of(self, key: Key) -> Sequence[int]:
        """Return the numbers of a property; a store that lists a name twice has two."""
        return (key,) if isinstance(key, int) else self._numbers.get(key, ())


class _Stored(Mapping[Key, Value]):
    """The properties of an attachment, read when they are asked for; what cannot be is a trouble."""

    __slots__ = ("_lost", "_numbers", "_stored", "_trouble")

    def __init__(self, stored: Properties, numbers: Numbers, lost: list[str], trouble: str) -> None:
        self._stored = stored
        self._numbers = numbers
        self._lost = lost
        self._trouble = trouble

    def __getitem__(self, key: Key) -> Value:
        for number in self._numbers.of(key):
            try:
                raw = self._stored.raw(number)
            except DamageError:
                if self._trouble not in self._lost:
                    self._lost.append(self._trouble)
                continue
            if raw is not None:
                return Value(*raw)
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(dict.fromkeys(map(self._numbers.key, self._stored)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on an item; `troubles` say in fixed words what of it could not be read, and may grow while it is."""

    recipients: Sequence[Bag] = ()
    attachments: Sequence[Attachment] = ()
    replaced: Sequence[Replaced] = ()
    troubles: Sequence[str] = ()


NONE = Parts()


def of(item: StoredItem, codec: str, numbers: Numbers, *, is_event: bool = False) -> Parts:
    """Read recipients and attachments, of an event its changed occurrences; one kind that fails leaves the other."""
    if not item.node.subnode_block:
        return NONE
    troubles: list[str] = []
    recipients = _recipients(item, codec, troubles, RECIPIENTS_LOST)
    attachments = _attachments(item, codec, numbers, troubles)
    replaced = list(_replaced(item, codec, numbers, troubles)) if is_event and attachments else []
    return Parts(recipients, attachments, replaced, troubles)


def _recipients(item: StoredItem, codec: str, troubles: list[str], trouble: str) -> list[Bag]:
    recipients: list[Bag] = []
    try:
        for cells, damage in item.people(_OF_RECIPIENTS):
            recipients.append(_person(cells, codec))
            if damage is not None:
                troubles.append(trouble)
    except DamageError:
        troubles.append(trouble)
    return recipients


def _person(cells: Mapping[int, tuple[int, bytes]], codec: str) -> Bag:
    """Return a row of a table of recipients, decoded already where each cell is of the usual type."""
    known: dict[str, str | int | None] = {}
    for number, (kind, raw) in cells.items():
        name, usual = _USUAL[number]
        if kind != usual or (kind == wire.INTEGER32 and len(raw) != _INTEGER_SIZE):
            return Bag({number: Value(*cell) for number, cell in cells.items()}, codec)
        if kind == wire.STRING:
            known[name] = wire.wide(raw).rstrip("\0") or None
        else:
            known[name] = int.from_bytes(raw, "little", signed=True)
    return DecodedBag(known, cells, codec)


def _replaced(item: StoredItem, codec: str, numbers: Numbers, troubles: list[str]) -> Iterator[Replaced]:
    """Yield the changed occurrences that are attached to a series, at most as many as it may have attachments."""
    for attachment, _ in _within(item, 0, [])[:_MOST]:
        try:
            bag = Bag(_Stored(attachment.properties, numbers, troubles, REPLACED_LOST), codec)
            if not attachment.is_message or not is_replaced(bag):
                continue
            inner = attachment.message()
            found = Bag(_Stored(inner.properties, numbers, troubles, REPLACED_LOST), codec)
            own = Bag(found.values, item_codec(found, codec))
            recipients = _recipients(inner, own.codec, troubles, REPLACED_LOST)
        except DamageError:
            if REPLACED_LOST not in troubles:
                troubles.append(REPLACED_LOST)
            continue
        yield Replaced(attachment=bag, item=own, recipients=recipients)


def item_codec(bag: Bag, fallback: str) -> str:
    """Return the codec of the 8-bit text of an item."""
    return code_pages.text_codec(bag.integer("PidTagMessageCodepage"), bag.integer("PidTagMessageLocaleId"), fallback)


def is_replaced(attachment: Bag) -> bool:
    """Whether an attachment holds a changed occurrence of the series that it is attached to (2.2.10.1.2)."""
    flags = attachment.integer("PidTagAttachmentFlags") or 0
    return bool(flags & _EXCEPTION) or attachment.instant("PidTagExceptionReplaceTime") is not None


def _attachments(item: StoredItem, codec: str, numbers: Numbers, troubles: list[str]) -> list[Attachment]:
    """Return the attachments of an item, and after one that is a message those of the message, one level deeper."""
    found: list[Attachment] = []
    known: set[tuple[int, int]] = set()
    waiting = _within(item, 0, troubles)
    while waiting:
        attachment, depth = waiting.pop()
        try:
            bag = Bag(_Stored(attachment.properties, numbers, troubles, ATTACHMENTS_LOST), codec)
            found.append(
                Attachment(
                    bag=bag,
                    data_length=attachment.length(),
                    depth=depth,
                    digest=partial(_digest, attachment, troubles),
                    content=partial(_content, attachment, troubles),
                )
            )
            if attachment.is_message:
                inner = attachment.message()
                blocks = inner.node.data_block, inner.node.subnode_block
                if blocks in known:  # in a file made for it, twenty such are a million
                    troubles.append(LISTED_ONCE)
                    continue
                known.add(blocks)
                waiting += _within(inner, depth + 1, troubles)
        except DamageError:
            troubles.append(ATTACHMENTS_LOST)
        if len(found) > _MOST:
            troubles.append(f"an item has more than {_MOST} attachments")
            break
    return found


def _digest(attachment: StoredAttachment, troubles: list[str]) -> str | None:
    hashed = hashlib.sha256()
    try:
        if attachment.length() is None:
            return None
        for chunk in attachment.chunks():
            hashed.update(chunk)
    except DamageError:
        troubles.append(ATTACHMENTS_LOST)
        return None
    return hashed.hexdigest()


def _content(attachment: StoredAttachment, troubles: list[str]) -> bytes | None:
    try:
        return None if attachment.length() is None else b"".join(attachment.chunks())
    except DamageError:
        troubles.append(ATTACHMENTS_LOST)
        return None


def _within(item: StoredItem, depth: int, troubles: list[str]) -> list[tuple[StoredAttachment, int]]:
    """Return the attachments of an item in reverse order."""
    try:
        return [(attachment, depth) for attachment in reversed(item.attachments())]
    except DamageError:
        troubles.append(ATTACHMENTS_LOST)
        return []
