"""One item of each kind with all its fields filled, in Japanese and English: what tests write and look for again."""

from datetime import UTC, date, datetime, time, timedelta

from tests.pstwriter.appointments import MEETING, Appointment
from tests.pstwriter.contacts import WORK_MAILING, Address, Contact, DistributionList, EmailAddress
from tests.pstwriter.items import HIGH, PRIVATE, Attachment, Item, Message
from tests.pstwriter.people import ACCEPTED, BCC, CC, DECLINED, ORGANIZED, Person, Recipient
from tests.pstwriter.recurrence import TUESDAY, Frequency, Modified, Recurrence
from tests.pstwriter.tasks import COMPLETE, Task
from tests.pstwriter.timezone import PACIFIC

JAPAN = timedelta(hours=9)
HANAKO = Person(name="見本 花子", address="hanako@mihon-works.example", smtp="hanako@mihon-works.example")
EXCHANGE = Person(
    name="Robin Testerby",
    address="/O=KAEDE/OU=EXCHANGE ADMINISTRATIVE GROUP/CN=RECIPIENTS/CN=ROBIN",
    kind="EX",
    smtp="robin@placeholder.example",
)

CONTACT = Contact(
    prefix="様",
    given_name="花子",
    middle_name="Q.",
    surname="見本",
    suffix="II",
    nickname="はなちゃん",
    initials="H.M.",
    display_name="見本 花子",
    file_as="見本 花子 (楓商事)",
    yomi_first_name="ハナコ",
    yomi_last_name="ミホン",
    yomi_company="カエデショウジ",
    company="楓商事株式会社",
    department="営業部",
    job_title="課長",
    office="本社3階",
    emails=[
        EmailAddress(address="hanako@mihon-works.example"),
        EmailAddress(address="m.hanako@mail.example", display="花子 私用"),
        EmailAddress(address="/O=KAEDE/CN=HANAKO", kind="EX", original="hanako@kaede-shoji.example"),
    ],
    business_phone="+81 3-0000-0001",
    business_phone_2="+81 3-0000-0002",
    home_phone="+81 45-000-0003",
    home_phone_2="+81 45-000-0004",
    other_phone="+81 6-0000-0005",
    mobile_phone="+81 90-0000-0006",
    business_fax="+81 3-0000-0007",
    home_fax="+81 45-000-0008",
    primary_fax="+81 3-0000-0009",
    assistant="Dana Nowherton",
    assistant_phone="+81 3-0000-0010",
    manager="雛形 一郎",
    spouse="見本 健太",
    work=Address(
        street="見本町1-2-3",
        city="千代田区",
        state="東京都",
        postal_code="100-0000",
        country="日本",
        po_box="7",
    ),
    home=Address(street="仮通4-5", city="横浜市例区", state="神奈川県", postal_code="220-0000", country="日本"),
    other=Address(street="12 Nowhere Street", city="Sampleton", state="CA", postal_code="90000", country="USA"),
    mailing=WORK_MAILING,
    birthday=date(1985, 4, 3),
    anniversary=date(2010, 11, 22),
    utc_offset=JAPAN,
    web_page="https://www.mihon-works.example/",
    instant_messaging="hanako.mihon",
    categories=["取引先", "Zoho"],
    sensitivity=PRIVATE,
    body="展示会で名刺交換。\r\nPrefers mail.",
    locale=1041,
    created_at=datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC),
    modified_at=datetime(2024, 3, 1, 4, 5, 6, 789000, tzinfo=UTC),
)
TASK = Task(
    subject="請求書を送る",
    body="月末まで",
    start=date(2024, 4, 1),
    due=date(2024, 4, 30),
    status=COMPLETE,
    percent=1.0,
    completed=date(2024, 4, 28),
    owner="見本 花子",
    assigner="雛形 一郎",
    last_delegate="Dana Nowherton",
    actual_minutes=90,
    estimated_minutes=120,
    importance=HIGH,
    recurrence=Recurrence(frequency=Frequency.MONTHLY, first=date(2024, 4, 30), day=31),
    remind_at=datetime(2024, 4, 29, 23, 0, tzinfo=UTC),
    utc_offset=JAPAN,
    categories=["仕入先"],
)
APPOINTMENT = Appointment(
    subject="週次会議",
    body="議題は別途",
    location="会議室A",
    start=datetime(2024, 3, 5, 16, 0, tzinfo=UTC),
    end=datetime(2024, 3, 5, 16, 30, tzinfo=UTC),
    zone=PACIFIC,
    state=MEETING,
    response=ORGANIZED,
    organizer=HANAKO,
    recipients=[
        Recipient(name=HANAKO.name, address=HANAKO.address, is_organizer=True),
        Recipient(name="Robin Testerby", address="robin@placeholder.example", response=ACCEPTED),
        Recipient(name="仮山 翔", address="sho@reimei.example", role=CC, response=DECLINED),
        Recipient(name="会議室A", address="room-a@mihon-works.example", role=BCC),
    ],
    sequence=2,
    uid=bytes(range(16)),
    recurrence=Recurrence(
        frequency=Frequency.WEEKLY,
        first=date(2024, 3, 5),
        weekdays=TUESDAY,
        count=10,
        deleted=[date(2024, 3, 12)],
        modified=[
            Modified(
                original=datetime.combine(date(2024, 3, 19), time(8)),
                start=datetime.combine(date(2024, 3, 20), time(9)),
                end=datetime.combine(date(2024, 3, 20), time(10)),
                subject="変更：週次会議",
                location="オンライン",
            )
        ],
    ),
    remind_minutes=15,
)
MESSAGE = Message(
    subject="RE: 見積書の件",
    body="いつもお世話になっております。\r\n",
    html="<html><body><p>いつもお世話になっております。</p></body></html>".encode("iso-2022-jp"),
    internet_code_page=50220,
    sender=EXCHANGE,
    recipients=[
        Recipient(name=HANAKO.name, address=HANAKO.address, smtp=HANAKO.smtp),
        Recipient(name=EXCHANGE.name, address=EXCHANGE.address, kind="EX", smtp=EXCHANGE.smtp, role=CC),
        Recipient(name="空木 美咲", address="misaki@reimei.example", role=BCC),
    ],
    sent_at=datetime(2024, 5, 7, 8, 9, 10, tzinfo=UTC),
    received_at=datetime(2024, 5, 7, 8, 9, 42, tzinfo=UTC),
    message_id="<20240507.1@placeholder.example>",
    in_reply_to="<20240506.9@mihon-works.example>",
    references="<20240501.1@mihon-works.example> <20240506.9@mihon-works.example>",
    headers="From: <robin@placeholder.example>\r\nMessage-ID: <20240507.1@placeholder.example>\r\n",
    conversation_index=bytes(range(22)),
    attachments=[
        Attachment(name="見積書 2024年5月.pdf", data=bytes(range(256)) * 8, mime="application/pdf"),
        Attachment(name="logo.png", data=b"\x89PNG", mime="image/png", content_id="logo@1", is_hidden=True),
        Attachment(
            name="転送",
            item=Message(
                subject="中のメール",
                body="内側の本文",
                sender=HANAKO,
                recipients=[Recipient(name="Dana Nowherton", address="dana@nowherton.example")],
                attachments=[Attachment(name="inner.txt", data=b"innermost")],
            ),
        ),
    ],
    is_read=False,
    categories=["重要"],
)
RTF_MESSAGE = Message(subject="RTF", rtf=rb"{\rtf1\ansi\ansicpg1252 Figures follow.\par}" * 3)
RTF_PLAIN_MESSAGE = Message(subject="RTF, not compressed", rtf=rb"{\rtf1\ansi Plain.}", is_rtf_plain=True)
LIST = DistributionList(
    name="取引先一覧",
    people=[HANAKO, Person(name="Kim Fictman", address="kim@example-sons.example")],
)
NOTE = Item(message_class="IPM.StickyNote", subject="付箋", body="付箋")

ALL: tuple[Item, ...] = (CONTACT, TASK, APPOINTMENT, MESSAGE, RTF_MESSAGE, RTF_PLAIN_MESSAGE, LIST, NOTE)
