"""Persons as items refer to them: senders, recipients, attendees, addresses of contacts.

Sources: [MS-OXCDATA] 2.2.5.1 (one-off entry identifiers), 2.2.5.2 (those of an Exchange directory),
[MS-OXOCAL] 2.2.4.10 (attendees).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.pstwriter import keys
from tests.pstwriter.mapi import Pair

TO, CC, BCC = 1, 2, 3
"""Recipient types; of a meeting: required, optional, resource."""

NO_RESPONSE, ORGANIZED, TENTATIVE, ACCEPTED, DECLINED, NOT_RESPONDED = range(6)
"""What an attendee answered."""

_ONE_OFF = bytes.fromhex("00000000 812b1fa4bea310199d6e00dd010f5402 0000")
_EXCHANGE = bytes.fromhex("00000000 dca740c8c042101ab4b908002b2fe182 01000000 00000000")
_UNICODE_PLAIN = 0x8001  # text is UTF-16, mail in plain text
_ANSI_PLAIN = 0x0001
_SENDABLE, _ORGANIZER = 1, 2
_MAIL_USER = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A name with an address.

    Attributes:
        name: Display name.
        address: The address; an X.500 name when `kind` is "EX".
        kind: Address type: "SMTP", "EX" or another word that Outlook knows.
        smtp: The SMTP address, where the store tells it besides `address`.
    """

    name: str
    address: str
    kind: str = "SMTP"
    smtp: str | None = None

    def entry_id(self, code_page: str | None = None) -> bytes:
        """Return a one-off identifier (in 8-bit text when a code page is given), or that of an Exchange directory."""
        if self.kind == "EX":
            return _EXCHANGE + self.address.encode("ascii") + b"\0"
        text = f"{self.name}\0{self.kind}\0{self.address}\0"
        if code_page:
            return _ONE_OFF + struct.pack("<H", _ANSI_PLAIN) + text.encode(code_page, "replace")
        return _ONE_OFF + struct.pack("<H", _UNICODE_PLAIN) + text.encode("utf-16-le")

    @property
    def search_key(self) -> bytes:
        """Return address type and address, upper-cased, with a zero byte after them."""
        return f"{self.kind}:{self.address}".upper().encode("ascii", "replace") + b"\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(Person):
    """A person to whom a message goes, or who is asked to a meeting.

    Attributes:
        role: `TO`, `CC` or `BCC`.
        is_organizer: Whether the row is the meeting's organizer.
        response: What the attendee answered.
    """

    role: int = TO
    is_organizer: bool = False
    response: int | None = None

    def pairs(self, code_page: str | None = None) -> Iterator[Pair]:
        """Yield the properties of the recipient's row."""
        yield keys.RECIPIENT_TYPE, self.role
        yield keys.RESPONSIBILITY, True
        yield keys.OBJECT_TYPE, _MAIL_USER
        yield keys.ENTRY_ID, self.entry_id(code_page)
        yield keys.DISPLAY_NAME, self.name
        yield keys.ADDRESS_TYPE, self.kind
        yield keys.EMAIL, self.address
        yield keys.SEARCH_KEY, self.search_key
        yield keys.DISPLAY_TYPE, 0
        yield keys.SMTP_ADDRESS, self.smtp
        yield keys.SHORT_NAME, self.name
        yield keys.SEND_RICH_INFO, False
        yield keys.RECIPIENT_NAME, self.name
        yield keys.RECIPIENT_FLAGS, _SENDABLE | (_ORGANIZER if self.is_organizer else 0)
        yield keys.TRACK_STATUS, self.response


def names(recipients: Sequence[Recipient], role: int) -> str:
    """Return the names of those with a role, the way Outlook shows them in one line."""
    return "; ".join(recipient.name for recipient in recipients if recipient.role == role)


def sender_pairs(sender: Person | None, code_page: str | None = None) -> Iterator[Pair]:
    """Yield who sent an item, once as the sender and once as the one on whose behalf it was sent."""
    if sender is None:
        return
    entry_id = sender.entry_id(code_page)
    for name, kind, address, entry, smtp in (
        (
            keys.SENDER_NAME,
            keys.SENDER_TYPE,
            keys.SENDER_ADDRESS,
            keys.SENDER_ENTRY_ID,
            keys.SENDER_SMTP,
        ),
        (
            keys.REPRESENTING_NAME,
            keys.REPRESENTING_TYPE,
            keys.REPRESENTING_ADDRESS,
            keys.REPRESENTING_ENTRY_ID,
            keys.REPRESENTING_SMTP,
        ),
    ):
        yield name, sender.name
        yield kind, sender.kind
        yield address, sender.address
        yield entry, entry_id
        yield smtp, sender.smtp
