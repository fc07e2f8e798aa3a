"""Contacts and distribution lists.

Source: [MS-OXOCNTC] 2.2.1 and 2.2.2.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import ClassVar

from tests.pstwriter import keys
from tests.pstwriter.items import Item
from tests.pstwriter.mapi import Key, Pair
from tests.pstwriter.people import Person

NO_MAILING, HOME_MAILING, WORK_MAILING, OTHER_MAILING = range(4)

_WRAPPED = bytes.fromhex("00000000 c091add3519dcf11a4a900aa0047faa4")
_CONTACT_MEMBER = 0xC3  # a contact's first address
_EMAIL_LIMIT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddress:
    """One of the up to three addresses of a contact; `display` is made from name and address when left out."""

    address: str
    display: str | None = None
    kind: str = "SMTP"
    original: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    po_box: str | None = None

    def text(self) -> str:
        """Return the address on several lines, as Outlook composes it outside Japan."""
        line = " ".join(part for part in (self.city, self.state, self.postal_code) if part)
        return "\r\n".join(part for part in (self.street, line, self.country) if part)


_ADDRESS_KEYS: dict[str, tuple[Key, ...]] = {
    "work": (keys.WORK_STREET, keys.WORK_CITY, keys.WORK_STATE, keys.WORK_POSTAL_CODE, keys.WORK_COUNTRY),
    "home": (keys.HOME_STREET, keys.HOME_CITY, keys.HOME_STATE, keys.HOME_POSTAL_CODE, keys.HOME_COUNTRY),
    "other": (keys.OTHER_STREET, keys.OTHER_CITY, keys.OTHER_STATE, keys.OTHER_POSTAL_CODE, keys.OTHER_COUNTRY),
    "mail": (keys.MAIL_STREET, keys.MAIL_CITY, keys.MAIL_STATE, keys.MAIL_POSTAL_CODE, keys.MAIL_COUNTRY),
}
_TEXTS = {"work": keys.WORK_ADDRESS, "home": keys.HOME_ADDRESS, "other": keys.OTHER_ADDRESS}

_FIELDS: tuple[tuple[str, Key], ...] = (
    ("given_name", keys.GIVEN_NAME),
    ("middle_name", keys.MIDDLE_NAME),
    ("surname", keys.SURNAME),
    ("prefix", keys.NAME_PREFIX),
    ("suffix", keys.GENERATION),
    ("nickname", keys.NICKNAME),
    ("initials", keys.INITIALS),
    ("job_title", keys.TITLE),
    ("company", keys.COMPANY),
    ("department", keys.DEPARTMENT),
    ("office", keys.OFFICE),
    ("business_phone", keys.BUSINESS_PHONE),
    ("business_phone_2", keys.BUSINESS_PHONE_2),
    ("home_phone", keys.HOME_PHONE),
    ("home_phone_2", keys.HOME_PHONE_2),
    ("other_phone", keys.OTHER_PHONE),
    ("mobile_phone", keys.MOBILE_PHONE),
    ("business_fax", keys.BUSINESS_FAX),
    ("home_fax", keys.HOME_FAX),
    ("primary_fax", keys.PRIMARY_FAX),
    ("assistant", keys.ASSISTANT),
    ("assistant_phone", keys.ASSISTANT_PHONE),
    ("manager", keys.MANAGER),
    ("spouse", keys.SPOUSE),
    ("web_page", keys.WEB_PAGE),
    ("instant_messaging", keys.INSTANT_MESSAGING),
    ("yomi_first_name", keys.YOMI_FIRST_NAME),
    ("yomi_last_name", keys.YOMI_LAST_NAME),
    ("yomi_company", keys.YOMI_COMPANY),
)


_FIELD_KEYS = tuple(key for _, key in _FIELDS)
_FIELD_VALUES = attrgetter(*(field for field, _ in _FIELDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Item):
    """A contact. Field names are those of its form in Outlook; `body` holds the notes.

    Attributes:
        display_name: Full name; made from the parts when left out.
        file_as: What it is filed under; `display_name` when left out.
        emails: Up to three addresses.
        mailing: Which address is the one for mailing, whose copy the old properties hold.
        birthday: Birthday.
        anniversary: Wedding anniversary.
        has_local_dates: Write the floating forms of both days as well, as Outlook does and others do not.
        utc_offset: How far the owner's clock is ahead of UTC; the days are midnights of it.
    """

    kind: ClassVar[str] = "IPM.Contact"
    given_name: str | None = None
    middle_name: str | None = None
    surname: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    nickname: str | None = None
    initials: str | None = None
    display_name: str | None = None
    file_as: str | None = None
    job_title: str | None = None
    company: str | None = None
    department: str | None = None
    office: str | None = None
    emails: Sequence[EmailAddress] = ()
    business_phone: str | None = None
    business_phone_2: str | None = None
    home_phone: str | None = None
    home_phone_2: str | None = None
    other_phone: str | None = None
    mobile_phone: str | None = None
    business_fax: str | None = None
    home_fax: str | None = None
    primary_fax: str | None = None
    assistant: str | None = None
    assistant_phone: str | None = None
    manager: str | None = None
    spouse: str | None = None
    work: Address | None = None
    home: Address | None = None
    other: Address | None = None
    mailing: int = NO_MAILING
    birthday: date | None = None
    anniversary: date | None = None
    has_local_dates: bool = True
    utc_offset: timedelta = timedelta()
    web_page: str | None = None
    instant_messaging: str | None = None
    yomi_first_name: str | None = None
    yomi_last_name: str | None = None
    yomi_company: str | None = None

    def full_name(self) -> str:
        """Return the display name."""
        if self.display_name is not None:
            return self.display_name
        return " ".join(part for part in (self.given_name, self.middle_name, self.surname) if part)

    def title(self) -> str | None:
        """Return the subject, which is the name unless another is given."""
        return self.full_name() if self.subject is None else self.subject

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield what only contacts have.

        Raises:
            ValueError: More than three addresses.
        """
        if len(self.emails) > _EMAIL_LIMIT:
            raise ValueError(f"a contact has at most {_EMAIL_LIMIT} addresses, not {len(self.emails)}")
        name = self.full_name()
        yield keys.DISPLAY_NAME, name
        yield keys.FILE_UNDER, name if self.file_as is None else self.file_as
        yield from zip(_FIELD_KEYS, _FIELD_VALUES(self), strict=True)
        yield from self._email_pairs(name, code_page)
        yield from self._address_pairs()
        for day, key, local in (
            (self.birthday, keys.BIRTHDAY, keys.BIRTHDAY_LOCAL),
            (self.anniversary, keys.ANNIVERSARY, keys.ANNIVERSARY_LOCAL),
        ):
            yield key, midnight(day, self.utc_offset)
            yield local, day if self.has_local_dates else None

    def _email_pairs(self, name: str, code_page: str | None) -> Iterator[Pair]:
        """Yield the addresses."""
        for number, email in enumerate(self.emails):
            display = f"{name} ({email.address})" if email.display is None else email.display
            person = Person(name=name, address=email.address, kind=email.kind)
            yield keys.EMAIL_DISPLAY[number], display
            yield keys.EMAIL_TYPE[number], email.kind
            yield keys.EMAIL_ADDRESS[number], email.address
            yield keys.EMAIL_ORIGINAL[number], email.original or email.address
            yield keys.EMAIL_ENTRY_ID[number], person.entry_id(code_page)

    def _address_pairs(self) -> Iterator[Pair]:
        """Yield the postal addresses and the copy of the one for mailing."""
        mail = {HOME_MAILING: self.home, WORK_MAILING: self.work, OTHER_MAILING: self.other}.get(self.mailing)
        for name, address in (("work", self.work), ("home", self.home), ("other", self.other), ("mail", mail)):
            if address is None:
                continue
            parts = (address.street, address.city, address.state, address.postal_code, address.country)
            yield from zip(_ADDRESS_KEYS[name], parts, strict=True)
            if name in _TEXTS:
                yield _TEXTS[name], address.text()
        if self.work is not None:
            yield keys.WORK_PO_BOX, self.work.po_box
        yield keys.POSTAL_ADDRESS_ID, self.mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionList(Item):
    """A distribution list.

    Attributes:
        name: Its name.
        people: Members known by their address only.
        contacts: Members that are contacts of the store: entry identifier, and name and address as they were.
    """

    kind: ClassVar[str] = "IPM.DistList"
    name: str
    people: Sequence[Person] = ()
    contacts: Sequence[tuple[bytes, Person]] = ()

    def title(self) -> str | None:
        """Return the subject, which is the list's name."""
        return self.name

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield what only lists have; one-off identifiers are Unicode in every form."""
        del code_page
        wrapped = [_WRAPPED + struct.pack("<B", _CONTACT_MEMBER) + entry_id for entry_id, _ in self.contacts]
        members = [*wrapped, *(person.entry_id() for person in self.people)]
        one_offs = [person.entry_id() for person in (*(known for _, known in self.contacts), *self.people)]
        yield keys.DISPLAY_NAME, self.name
        yield keys.FILE_UNDER, self.name
        yield keys.DISTRIBUTION_LIST_NAME, self.name
        yield keys.DISTRIBUTION_LIST_MEMBERS, members or None
        yield keys.DISTRIBUTION_LIST_ONE_OFFS, one_offs or None


def midnight(day: date | None, offset: timedelta) -> datetime | None:
    """Return the instant at which a day begins where clocks are `offset` ahead of UTC."""
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
