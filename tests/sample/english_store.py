"""The Outlook data file of Dana Whitfield: what her CSV exports do not hold, and some of what they do hold."""

from datetime import UTC, date, datetime, time

from tests.pstwriter.appointments import BUSY, FREE, MEETING, Appointment
from tests.pstwriter.contacts import WORK_MAILING, Address, Contact, DistributionList, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.items import LOW, PRIVATE, Attachment, Item, Message
from tests.pstwriter.people import ACCEPTED, CC, ORGANIZED, Person, Recipient
from tests.pstwriter.recurrence import TUESDAY, Frequency, Modified, Recurrence
from tests.pstwriter.tasks import COMPLETE, DEFERRED, WAITING, Task
from tests.pstwriter.timezone import LONDON
from tests.sample import people
from tests.sample.store_files import Content, write

_MADE, _CHANGED = datetime(2025, 10, 14, 9, 0, tzinfo=UTC), datetime(2026, 4, 20, 15, 30, tzinfo=UTC)
_BEATRICE = Person(name="Beatrice Colley", address="beatrice.colley@fenwick-lyle.example")


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the instant of a clock in London."""
    return LONDON.instant(datetime.combine(day, time(hour, minute)))


_CONTACTS = [
    # in the CSV twice as well: one person
    Contact(
        given_name="Oliver", surname="Grant", prefix="Mr", job_title="Head of Purchasing", company="Birchwood Logistics Ltd", department="Purchasing",
        emails=[EmailAddress(address=people.OLIVER.address), EmailAddress(address="o.grant@mail.example")], business_phone="+44 1632 960001",
        mobile_phone="+44 7700 900001", business_fax="+44 1632 960009", birthday=date(1979, 12, 25), anniversary=date(2004, 5, 1), spouse="Ines",
        work=Address(street="Unit 4, Quarry Park\r\nMill Lane", city="Ashford-on-Wye", state="Kent", postal_code="ZZ1 1ZZ", country="United Kingdom"),
        mailing=WORK_MAILING, categories=["Customer", "Zoho"], locale=2057, created_at=_MADE, modified_at=_CHANGED,
    ),
    Contact(
        given_name="Priya", surname="Nair", company="Copperleaf Studios", emails=[EmailAddress(address="priya.nair@copperleaf.example")],
        mobile_phone="+44 7700 900015", job_title="Producer", locale=2057, created_at=_MADE, modified_at=_CHANGED,
    ),
    # only in the store
    Contact(
        given_name="Beatrice", middle_name="Anne", surname="Colley", suffix="MBE", nickname="Bea", initials="B.A.C.", company="Fenwick & Lyle",
        job_title="Partner", department="Contracts", office="2nd floor", emails=[EmailAddress(address=_BEATRICE.address)],
        business_phone="+44 1632 960031", business_phone_2="+44 1632 960032", home_phone="+44 1632 960033", other_phone="+44 1632 960034",
        mobile_phone="+44 7700 900031", home_fax="+44 1632 960035", assistant="Jonah", assistant_phone="+44 1632 960036", manager="Alma Fenwick",
        work=Address(street="9 Temple Rise", city="Harrowgate-on-Sea", postal_code="ZZ3 3ZZ", country="United Kingdom", po_box="41"),
        home=Address(street="2 Orchard Close", city="Little Barrow", postal_code="ZZ2 2ZZ", country="United Kingdom"), mailing=WORK_MAILING,
        birthday=date(1968, 3, 29), web_page="https://fenwick-lyle.example", categories=["Legal"], body="Sends everything by post as well.",
        locale=2057, created_at=_MADE, modified_at=_CHANGED,
    ),
    Contact(
        given_name="Rowan", surname="Ashdown", emails=[EmailAddress(address="rowan.ashdown@mail.example")], mobile_phone="+44 7700 900040",
        sensitivity=PRIVATE, created_at=_MADE, modified_at=_CHANGED,
    ),
    DistributionList(name="Suppliers", people=[people.OLIVER, Person(name="Priya Nair", address="priya.nair@copperleaf.example")]),
]  # fmt: skip

_TASKS = [
    # the same as in the CSV: one task
    Task(
        subject="Renew insurance", due=date(2026, 9, 30), status=WAITING, owner="Dana Whitfield", body="Quote from the broker is due in August.",
        created_at=_MADE, modified_at=_CHANGED,
    ),
    Task(
        subject="Return signed contract", start=date(2026, 4, 13), due=date(2026, 4, 17), status=COMPLETE, percent=1.0, completed=date(2026, 4, 16),
        owner="Dana Whitfield", actual_minutes=30, created_at=_MADE, modified_at=_CHANGED,
    ),
    Task(subject="Archive 2024 mail", status=DEFERRED, importance=LOW, owner="Dana Whitfield", created_at=_MADE, modified_at=_CHANGED),
    Task(
        subject="Budget for next year", start=date(2026, 11, 2), due=date(2026, 11, 30), owner="Dana Whitfield",
        recurrence=Recurrence(frequency=Frequency.YEARLY, first=date(2026, 11, 30)), created_at=_MADE, modified_at=_CHANGED,
    ),
]  # fmt: skip

_STAND_UP = Recurrence(
    frequency=Frequency.WEEKLY,
    first=date(2026, 10, 13),  # goes over the night in which the clocks go back
    weekdays=TUESDAY,
    count=6,
    deleted=[date(2026, 11, 3)],
    modified=[
        Modified(
            original=datetime.combine(date(2026, 11, 10), time(9, 30)),
            start=datetime.combine(date(2026, 11, 11), time(11)),
            end=datetime.combine(date(2026, 11, 11), time(11, 30)),
            subject="Stand-up (moved)",
            location="Room 2",
            body="Agenda: who travels to the fair",
        )
    ],
)
_CALENDAR = [
    Appointment(
        subject="Contract signing", location="Kaede Shoji, room 4", body="Bring the countersigned annex.", start=people.SIGNING[0],
        end=people.SIGNING[1], zone=LONDON, state=MEETING, response=ORGANIZED, organizer=people.DANA, uid=people.SIGNING_ID,
        recipients=people.signing(ACCEPTED), sequence=1, remind_minutes=15, created_at=people.SIGNING_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="Stand-up", location="Room 1", start=_at(date(2026, 10, 13), 9, 30), end=_at(date(2026, 10, 13), 9, 45), zone=LONDON,
        recurrence=_STAND_UP, created_at=_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="Trade fair", location="Fjällgård", start=_at(date(2026, 9, 8), 0), end=_at(date(2026, 9, 11), 0), zone=LONDON, all_day=True,
        busy=BUSY, categories=["Travel"], created_at=_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="Dentist", start=_at(date(2026, 6, 10), 8), end=_at(date(2026, 6, 10), 8, 30), zone=LONDON, sensitivity=PRIVATE, created_at=_MADE,
        modified_at=_CHANGED,
    ),
    # Outlook makes these from the birthday of a contact
    Appointment(
        subject="Oliver Grant's Birthday", start=_at(date(1979, 12, 25), 0), end=_at(date(1979, 12, 26), 0), zone=LONDON, all_day=True, busy=FREE,
        recurrence=Recurrence(frequency=Frequency.YEARLY, first=date(1979, 12, 25)), created_at=_MADE, modified_at=_MADE,
    ),
]  # fmt: skip

_TO_DANA = Recipient(name=people.DANA.name, address=people.DANA.address)
_INBOX = [
    Message(
        subject="Price list", body="Dear Dana,\r\n\r\nplease send the new price list.\r\n\r\nOliver\r\n", sender=people.OLIVER,
        recipients=[_TO_DANA, Recipient(name="Hannah Okafor", address="hannah.okafor@birchwood.example", role=CC)],
        sent_at=datetime(2026, 5, 11, 10, 4, 30, tzinfo=UTC), received_at=datetime(2026, 5, 11, 10, 4, 33, tzinfo=UTC),
        message_id="<pl.1042@birchwood.example>",
        headers="From: Oliver Grant <oliver.grant@birchwood.example>\r\nMessage-ID: <pl.1042@birchwood.example>\r\n",
    ),
    Message(
        subject="Annexes for the contract", body="Annexes attached.\r\n", html=b"<html><body><p>Annexes <i>attached</i>.</p></body></html>",
        internet_code_page=65001, sender=_BEATRICE, recipients=[_TO_DANA], sent_at=datetime(2026, 5, 12, 14, 0, tzinfo=UTC),
        received_at=datetime(2026, 5, 12, 14, 0, 9, tzinfo=UTC), message_id="<annex.9@fenwick-lyle.example>", is_read=False, categories=["Legal"],
        attachments=[
            Attachment(name="Annex A.pdf", data=b"%PDF-1.4 annex a\n" * 200, mime="application/pdf"),
            Attachment(name="Annex B.docx", data=b"PK\x03\x04" + bytes(600), mime="application/octet-stream"),
        ],
    ),
    Message(
        subject="Stock figures", rtf=rb"{\rtf1\ansi\ansicpg1252 Figures follow by post.\par Caf\'e9 Larch sends regards.\par}", sender=people.HANAKO,
        recipients=[_TO_DANA], sent_at=datetime(2026, 5, 13, 1, 0, tzinfo=UTC), received_at=datetime(2026, 5, 13, 1, 0, 4, tzinfo=UTC),
        message_id="<stock.2@kaede-shoji.example>",
    ),
]  # fmt: skip
# The folder has the name of a deal of the sandbox; nobody knows Marcus yet, and the last one is nobody's contact either.
_SIGNAGE = [
    Message(
        subject="Signage: which font?", body="Dear Dana,\r\n\r\nsans or serif?\r\n\r\nOliver\r\n", sender=people.OLIVER, recipients=[_TO_DANA],
        html=b"<html><body><p>Dear Dana,</p><p>sans or <b>serif</b>?<img src='https://track.example/1.gif'></p><p>Oliver</p></body></html>",
        internet_code_page=65001, sent_at=datetime(2026, 5, 14, 9, 0, tzinfo=UTC), received_at=datetime(2026, 5, 14, 9, 0, 2, tzinfo=UTC),
        message_id="<font.7@birchwood.example>",
    ),
    Message(
        subject="Fitting the signs", body="Hello,\r\nwhen may our fitters come?\r\nMarcus Bell, Hillfort Rigging\r\n",
        sender=Person(name="Marcus Bell", address="marcus.bell@hillfort.example"), recipients=[_TO_DANA],
        sent_at=datetime(2026, 5, 15, 8, 30, tzinfo=UTC), received_at=datetime(2026, 5, 15, 8, 30, 6, tzinfo=UTC),
        message_id="<fit.1@hillfort.example>",
    ),
]  # fmt: skip
_SUPPORT = [
    Message(
        subject="Broken pallet", body="One pallet arrived broken.\r\nOliver\r\n", sender=people.OLIVER, recipients=[_TO_DANA],
        sent_at=datetime(2026, 5, 18, 7, 0, tzinfo=UTC), received_at=datetime(2026, 5, 18, 7, 0, 3, tzinfo=UTC), message_id="<pallet.1@birchwood.example>",
    ),
    Message(
        subject="RE: Broken pallet", body="It was number 14.\r\nOliver\r\n", sender=people.OLIVER, recipients=[_TO_DANA],
        sent_at=datetime(2026, 5, 18, 8, 0, tzinfo=UTC), received_at=datetime(2026, 5, 18, 8, 0, 1, tzinfo=UTC), message_id="<pallet.2@birchwood.example>",
        in_reply_to="<pallet.1@birchwood.example>", references="<pallet.1@birchwood.example>",
    ),
    Message(
        subject="Where is my order?", body="Please tell me.\r\n", sender=Person(name="A. Stranger", address="stranger@mail.example"),
        recipients=[_TO_DANA], sent_at=datetime(2026, 5, 18, 9, 0, tzinfo=UTC), received_at=datetime(2026, 5, 18, 9, 0, 1, tzinfo=UTC),
        message_id="<order.1@mail.example>",
    ),
]  # fmt: skip
_SENT = [
    Message(
        subject="RE: Price list", body="Dear Oliver,\r\n\r\nby Friday.\r\n\r\nDana\r\n", sender=people.DANA,
        recipients=[Recipient(name=people.OLIVER.name, address=people.OLIVER.address)], sent_at=datetime(2026, 5, 11, 11, 0, tzinfo=UTC),
        received_at=datetime(2026, 5, 11, 11, 0, tzinfo=UTC), message_id="<re.pl@kaede-shoji.example>", in_reply_to="<pl.1042@birchwood.example>",
        references="<pl.1042@birchwood.example>",
    ),
]  # fmt: skip

CONTENT = Content(
    name="Dana Whitfield",
    seed=440,
    names={
        Role.INBOX: "Inbox",
        Role.OUTBOX: "Outbox",
        Role.SENT: "Sent Items",
        Role.DELETED: "Deleted Items",
        Role.DRAFTS: "Drafts",
        Role.JUNK: "Junk Email",
        Role.CALENDAR: "Calendar",
        Role.CONTACTS: "Contacts",
        Role.TASKS: "Tasks",
        Role.NOTES: "Notes",
    },
    items={
        Role.INBOX: _INBOX,
        Role.SENT: _SENT,
        Role.DRAFTS: [Message(subject="Holiday plans", body="Not sent yet", is_draft=True)],
        Role.JUNK: [Message(subject="You have won", body="Answer at once", message_id="<junk.9@nowhere.example>")],
        Role.CALENDAR: _CALENDAR,
        Role.CONTACTS: _CONTACTS,
        Role.TASKS: _TASKS,
        Role.NOTES: [Item(message_class="IPM.StickyNote", subject="Key of room 2", body="Key of room 2\r\nwith reception")],
        Role.DELETED: [
            Contact(given_name="Felix", surname="Marlow", emails=[EmailAddress(address="felix.marlow@harbourline.example")]),
            Message(subject="Old price list", body="Do not use", message_id="<old.3@harbourline.example>"),
        ],
    },
    below=[(Role.INBOX, "Birchwood warehouse signage", _SIGNAGE), (Role.INBOX, "Support", _SUPPORT)],
)  # fmt: skip


def build() -> bytes:
    """Return the bytes of the store."""
    return write(CONTENT)
