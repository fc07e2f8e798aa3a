"""Stores of any size for benchmarks and tests: the same seed and number of items make the same bytes.

The two mixes are those of the benchmark: all kinds of items together (of 30 items 9 contacts, 6 tasks, 5 appointments
with up to five attendees, and 10 mails, a quarter of them with an attachment of 2 to 62 kB), and contacts alone.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from tests.pstwriter import keys, words
from tests.pstwriter.appointments import MEETING, Appointment
from tests.pstwriter.contacts import WORK_MAILING, Address, Contact, EmailAddress
from tests.pstwriter.folders import Folder, Role
from tests.pstwriter.items import Attachment, Item, Message
from tests.pstwriter.mapi import Key, Kind, Pair
from tests.pstwriter.people import ACCEPTED, BCC, CC, NOT_RESPONDED, TO, Person, Recipient
from tests.pstwriter.recurrence import FRIDAY, LAST, MONDAY, TUESDAY, Frequency, Modified, Recurrence
from tests.pstwriter.store import Store
from tests.pstwriter.tasks import COMPLETE, IN_PROGRESS, NOT_STARTED, Task
from tests.pstwriter.timezone import LONDON, PACIFIC, TOKYO, Zone

_T = TypeVar("_T")

# What Outlook writes into every item beside what anybody reads: flags of delivery, counters, an icon.
_USUAL: tuple[Pair, ...] = (
    *((Key(Kind.BOOLEAN, tag), False) for tag in (0x0002, 0x0023, 0x0026, 0x0029, 0x0063, 0x0E01, 0x0E1F, 0x10F4)),
    *((Key(Kind.INT32, tag), number) for number, tag in enumerate((0x1080, 0x1097, 0x5909, 0x3A71))),
    *((Key(Kind.INT32, lid, keys.PSETID_COMMON), 0) for lid in (0x8510, 0x8518, 0x8552, 0x8519)),
    *((Key(Kind.BOOLEAN, lid, keys.PSETID_COMMON), False) for lid in (0x850E, 0x8514, 0x8582, 0x851D)),
    *((Key(Kind.STRING, lid, keys.PSETID_COMMON), "") for lid in (0x8530, 0x8534, 0x853A, 0x8580, 0x8581)),
)

_ROUND = 30
_CONTACTS, _TASKS, _APPOINTMENTS = 9, 15, 20
"""Of each round the items below these numbers are contacts, tasks, appointments; the rest are mails."""

_FOLDERS_PER_KIND = 6
_CONTACT_FOLDERS = 50
_ATTACHMENT_EVERY = 4
_SERIES_EVERY = 8
_ATTACHMENT_BYTES = (2_000, 62_000)
_TEXT_LINES = (16, 84)
_LINES = 200
_START = datetime(2023, 1, 2, tzinfo=UTC)
_HOURS = 3 * 365 * 24
_JAPAN = timedelta(hours=9)


class Maker:
    """Makes items at random, always the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - test data, not secrets
        self._made = 0
        self._lines = [" ".join(self._pick(words.SENTENCES) for _ in range(4)) for _ in range(_LINES)]

    def contact(self, *, notes: int = 3) -> Contact:
        """Make a contact with a note of about `notes` lines."""
        number = self._number()
        family, given, company = self._pick(words.FAMILIES), self._pick(words.GIVEN), self._pick(words.COMPANIES)
        local = f"{given[2]}.{family[2]}{number}"
        emails = [EmailAddress(address=f"{local}@{company[2]}")]
        if self._chance(3):
            emails.append(EmailAddress(address=f"{local}@mail.example"))
        born = date(1950, 1, 1) + timedelta(days=self._below(18_000))
        phone = f"{number:08d}"
        return Contact(
            given_name=given[0],
            surname=family[0],
            display_name=f"{family[0]} {given[0]}",
            file_as=f"{family[0]} {given[0]}",
            yomi_last_name=family[1],
            yomi_first_name=given[1],
            company=company[0],
            yomi_company=company[1],
            department=self._pick(words.DEPARTMENTS),
            job_title=self._pick(words.TITLES),
            emails=emails,
            business_phone=f"+81 3-{phone[:4]}-{phone[4:]}",
            mobile_phone=f"+81 90-{phone[4:]}-{phone[:4]}",
            business_fax=f"+81 3-{phone[4:]}-{phone[:4]}",
            work=self._address(),
            home=self._address() if self._chance(2) else None,
            mailing=WORK_MAILING,
            birthday=born if self._chance(2) else None,
            utc_offset=_JAPAN,
            web_page=f"https://www.{company[2]}/",
            categories=[self._pick(words.CATEGORIES)] if self._chance(3) else [],
            body=self._text(1 + self._below(2 * notes)),
            created_at=self._time(),
            modified_at=self._time(),
            locale=1041,
            extra=_USUAL,
        )

    def task(self) -> Task:
        """Make a task."""
        start = date(2024, 1, 1) + timedelta(days=self._below(700))
        status = self._pick((NOT_STARTED, IN_PROGRESS, COMPLETE))
        return Task(
            subject=f"{self._pick(words.SUBJECTS)} {self._number()}",
            body=self._text(1 + self._below(4)),
            start=start,
            due=start + timedelta(days=self._below(30)),
            status=status,
            percent={NOT_STARTED: 0.0, IN_PROGRESS: 0.5, COMPLETE: 1.0}[status],
            completed=start + timedelta(days=3) if status == COMPLETE else None,
            owner=self._person().name,
            recurrence=self._series(start) if self._chance(_SERIES_EVERY) else None,
            utc_offset=_JAPAN,
            created_at=self._time(),
            modified_at=self._time(),
            extra=_USUAL,
        )

    def appointment(self) -> Appointment:
        """Make an appointment with up to five attendees; every so many are a series."""
        zone = self._pick((TOKYO, LONDON, PACIFIC))
        start = self._time()
        end = start + timedelta(minutes=30 * (1 + self._below(6)))
        people = [self._person() for _ in range(self._below(6))]
        roles = (TO, TO, CC, TO, BCC)
        organizer = self._person()
        attendees = [_recipient(organizer, TO, is_organizer=True)] if people else []
        attendees += [_recipient(person, role) for person, role in zip(people, roles, strict=False)]
        return Appointment(
            subject=f"{self._pick(words.SUBJECTS)} {self._number()}",
            body=self._text(1 + self._below(8)),
            location=self._pick(words.ROOMS),
            start=start,
            end=end,
            zone=zone,
            state=MEETING if people else 0,
            organizer=organizer if people else None,
            recipients=attendees,
            uid=self._random.randbytes(16),
            recurrence=self._series(zone.local(start).date(), zone, start) if self._chance(_SERIES_EVERY) else None,
            created_at=self._time(),
            modified_at=self._time(),
            extra=_USUAL,
        )

    def message(self) -> Message:
        """Make a mail, every fourth with an attachment."""
        number = self._number()
        text = self._text(_TEXT_LINES[0] + self._below(_TEXT_LINES[1] - _TEXT_LINES[0]))
        html = text.replace("\r\n", "<br>\r\n")
        sender, sent = self._person(), self._time()
        domain = sender.address.partition("@")[2]
        identity = f"<{number}.{self._below(1 << 30)}@{domain}>"
        prefix = self._pick(("", "", "RE: ", "FW: "))
        files = [self._file(number)] if number % _ATTACHMENT_EVERY == 0 else []
        return Message(
            subject=f"{prefix}{self._pick(words.SUBJECTS)} {number}",
            body=text,
            html=f"<html><head><title>{number}</title></head><body><p>{html}</p></body></html>".encode(),
            internet_code_page=65001,
            sender=sender,
            recipients=[_recipient(self._person(), role) for role in (TO, CC)[: 1 + self._below(2)]],
            sent_at=sent,
            received_at=sent + timedelta(seconds=self._below(90)),
            message_id=identity,
            headers=f"From: <{sender.address}>\r\nMessage-ID: {identity}\r\nX-Mailer: none\r\n",
            attachments=files,
            is_read=bool(self._below(5)),
            created_at=sent,
            modified_at=sent,
            extra=_USUAL,
        )

    def _number(self) -> int:
        """Return the number of the next item."""
        self._made += 1
        return self._made

    def _below(self, limit: int) -> int:
        """Return a number from 0 up to `limit`."""
        return int(self._random.random() * limit)

    def _chance(self, one_in: int) -> bool:
        """Say yes once in so many times."""
        return self._below(one_in) == 0

    def _pick(self, choices: Sequence[_T]) -> _T:
        """Return one of the choices."""
        return choices[self._below(len(choices))]

    def _time(self) -> datetime:
        """Return an hour of three years."""
        return _START + timedelta(hours=self._below(_HOURS))

    def _text(self, lines: int) -> str:
        """Return so many lines of four sentences each."""
        return "\r\n".join(self._random.choices(self._lines, k=lines))

    def _person(self) -> Person:
        """Return somebody."""
        family, given, company = self._pick(words.FAMILIES), self._pick(words.GIVEN), self._pick(words.COMPANIES)
        address = f"{given[2]}.{family[2]}{self._below(5000)}@{company[2]}"
        return Person(name=f"{family[0]} {given[0]}", address=address, smtp=address)

    def _address(self) -> Address:
        """Return a postal address."""
        state, city, street, postal_code, country = self._pick(words.CITIES)
        return Address(street=street, city=city, state=state or None, postal_code=postal_code, country=country)

    def _file(self, number: int) -> Attachment:
        """Return a file of random bytes."""
        low, high = _ATTACHMENT_BYTES
        return Attachment(
            name=f"資料{number}.bin",
            data=self._random.randbytes(low + self._below(high - low)),
            mime="application/octet-stream",
        )

    def _series(self, first: date, zone: Zone | None = None, start: datetime | None = None) -> Recurrence:
        """Return a series from a day on; that of an appointment also has occurrences that differ."""
        kind = self._below(4)
        if kind == 0:
            return Recurrence(frequency=Frequency.DAILY, first=first, interval=2, count=10)
        if kind == 1:
            day = 1 << first.isoweekday() % 7
            plain = Recurrence(frequency=Frequency.WEEKLY, first=first, weekdays=day | MONDAY, count=12)
            return plain if zone is None or start is None else _with_changes(plain, zone, start)
        if kind == 2:
            return Recurrence(frequency=Frequency.MONTHLY, first=first, until=first + timedelta(days=200))
        weekdays = self._pick((TUESDAY, FRIDAY))
        return Recurrence(frequency=Frequency.YEARLY, first=first, weekdays=weekdays, nth=LAST)


def _recipient(person: Person, role: int, *, is_organizer: bool = False) -> Recipient:
    """Return a person as a recipient."""
    return Recipient(
        name=person.name,
        address=person.address,
        kind=person.kind,
        smtp=person.smtp,
        role=role,
        is_organizer=is_organizer,
        response=ACCEPTED if role == TO else NOT_RESPONDED,
    )


def _with_changes(series: Recurrence, zone: Zone, start: datetime) -> Recurrence:
    """Return a series without its second occurrence and with its third one two hours later."""
    days = series.occurrences(3)
    original = datetime.combine(days[2], zone.local(start).time())
    later = original + timedelta(hours=2)
    moved = Modified(original=original, start=later, end=later + timedelta(minutes=30), subject="変更 moved")
    return Recurrence(
        frequency=series.frequency,
        first=series.first,
        weekdays=series.weekdays,
        count=series.count,
        deleted=[days[1]],
        modified=[moved],
    )


def write_mixed(store: Store, items: int, seed: int) -> None:
    """Fill a store with the mix of all kinds."""
    maker = Maker(seed)
    kinds: tuple[tuple[Role, str, Callable[[], Item]], ...] = (
        (Role.CONTACTS, "連絡先", maker.contact),
        (Role.TASKS, "仕事", maker.task),
        (Role.CALENDAR, "予定表", maker.appointment),
        (Role.INBOX, "受信トレイ", maker.message),
    )
    folders = [_folders(store, role, name, _FOLDERS_PER_KIND) for role, name, _ in kinds]
    for number in range(items):
        place = number % _ROUND
        kind = (place >= _CONTACTS) + (place >= _TASKS) + (place >= _APPOINTMENTS)
        target = folders[kind][number // _ROUND % _FOLDERS_PER_KIND]
        store.add(target, kinds[kind][2]())


def write_contacts(store: Store, items: int, seed: int) -> None:
    """Fill a store with contacts in fifty folders, one folder after the other."""
    maker = Maker(seed)
    folders = _folders(store, Role.CONTACTS, "Contacts", _CONTACT_FOLDERS)
    for number in range(items):
        store.add(folders[number * _CONTACT_FOLDERS // items], maker.contact())


def _folders(store: Store, role: Role, name: str, count: int) -> list[Folder]:
    """Return a special folder and, below it, ordinary ones of its kind, `count` together."""
    top = store.add_folder(name, role=role)
    below = [
        store.add_folder(f"{name} {number}", parent=top, container_class=top.container_class)
        for number in range(2, count + 1)
    ]
    return [top, *below]
