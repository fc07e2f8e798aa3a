"""Recipients and attachments that the direct reader found, as `Bag`s."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.extract.pst.bag import Attachment, Bag, Value
from pipeline.extract.pst.direct import Attachment as StoredAttachment
from pipeline.extract.pst.direct import DamageError, Properties
from pipeline.extract.pst.direct import Item as StoredItem
from pipeline.extract.pst.properties import PROPERTIES
from pipeline.extract.pst.property_names import Key

_MOST = 10_000  # attachments of an item, those of messages in it included: a damaged file may name any number
_NAME = 0x3001  # PidTagDisplayName
_OF_RECIPIENTS = [
    _NAME,
    *(
        known.key
        for known in PROPERTIES
        if isinstance(known.key, int) and any(column.startswith("recipient.") for column in known.columns)
    ),
]
RECIPIENTS_LOST = "recipients cannot be read"
ATTACHMENTS_LOST = "attachments cannot be read"
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
    troubles: Sequence[str] = ()


NONE = Parts()


def of(item: StoredItem, codec: str, numbers: Numbers) -> Parts:
    """Read recipients and attachments; one kind that fails leaves the other."""
    if not item.node.subnode_block:
        return NONE
    troubles: list[str] = []
    recipients: list[Bag] = []
    try:
        for cells, damage in item.people(_OF_RECIPIENTS):
            recipients.append(Bag({number: Value(*cell) for number, cell in cells.items()}, codec))
            if damage is not None:
                troubles.append(RECIPIENTS_LOST)
    except DamageError:
        troubles.append(RECIPIENTS_LOST)
    return Parts(recipients, _attachments(item, codec, numbers, troubles), troubles)


def _attachments(item: StoredItem, codec: str, numbers: Numbers, troubles: list[str]) -> list[Attachment]:
    """Return the attachments of an item, and after one that is a message those of the message, one level deeper."""
    found: list[Attachment] = []
    known: set[tuple[int, int]] = set()
    waiting = _within(item, 0, troubles)
    while waiting:
        attachment, depth = waiting.pop()
        try:
            bag = Bag(_Stored(attachment.properties, numbers, troubles, ATTACHMENTS_LOST), codec)
            digest = partial(_digest, attachment, troubles)
            found.append(Attachment(bag=bag, data_length=attachment.length(), depth=depth, digest=digest))
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


def _within(item: StoredItem, depth: int, troubles: list[str]) -> list[tuple[StoredAttachment, int]]:
    """Return the attachments of an item in reverse order."""
    try:
        return [(attachment, depth) for attachment in reversed(item.attachments())]
    except DamageError:
        troubles.append(ATTACHMENTS_LOST)
        return []
