"""The Outlook data file of 佐藤 花子: what her CSV exports do not hold, and some of what they do hold."""

from datetime import UTC, date, datetime, time, timedelta

from tests.pstwriter.appointments import MEETING, OUT_OF_OFFICE, RECEIVED, Appointment
from tests.pstwriter.contacts import HOME_MAILING, WORK_MAILING, Address, Contact, DistributionList, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.items import HIGH, PRIVATE, Attachment, Item, Message
from tests.pstwriter.people import ACCEPTED, BCC, CC, NOT_RESPONDED, ORGANIZED, TENTATIVE, Person, Recipient
from tests.pstwriter.recurrence import MONDAY, Frequency, Modified, Recurrence
from tests.pstwriter.tasks import COMPLETE, IN_PROGRESS, Task
from tests.pstwriter.timezone import TOKYO
from tests.sample import people
from tests.sample.store_files import Content, write

_JAPAN = timedelta(hours=9)
_MADE, _CHANGED = datetime(2025, 11, 4, 1, 0, tzinfo=UTC), datetime(2026, 4, 8, 2, 30, tzinfo=UTC)

_MIDORI = Address(
    street="西新宿9-99-9\r\nみどりビル5F", city="新宿区", state="東京都", postal_code="160-0000", country="日本"
)

_CONTACTS = [
    # in the CSV twice, as a card with an address and as one typed by hand: one person still
    Contact(
        surname="高橋", given_name="美咲", display_name="高橋 美咲", file_as="高橋 美咲", yomi_last_name="タカハシ",
        yomi_first_name="ミサキ", company="株式会社みどり印刷", yomi_company="ミドリインサツ", job_title="営業部長", department="営業部",
        emails=[EmailAddress(address=people.MISAKI.address), EmailAddress(address="m.takahashi@mail.example", display="美咲 私用")],
        business_phone="03-0000-1201", mobile_phone="090-0000-1202", home_phone="042-000-1203", work=_MIDORI,
        home=Address(street="仮町2-3-4", city="調布市", state="東京都", postal_code="182-0000", country="日本"), mailing=WORK_MAILING,
        birthday=date(1984, 2, 29), anniversary=date(2012, 6, 9), utc_offset=_JAPAN, spouse="高橋 悠", categories=["顧客", "Zoho"],
        body="毎月第2週に訪問。\r\n印刷見本はA4で。", locale=1041, created_at=_MADE, modified_at=_CHANGED,
    ),
    Contact(
        surname="渡辺", given_name="健一", display_name="渡辺 健一", company="株式会社みどり印刷", department="製版部",
        emails=[EmailAddress(address="kenichi.watanabe@midori-insatsu.example")], business_phone="03-0000-1203",
        business_fax="03-0000-1299", locale=1041, created_at=_MADE, modified_at=_CHANGED,
    ),
    # only in the store: three addresses of one person, the third of which Exchange wrote
    Contact(
        surname="石井", given_name="陽子", middle_name="K.", prefix="様", nickname="ようちゃん", initials="I.Y.",
        display_name="石井 陽子", file_as="石井 陽子 (あおぞら設計)", yomi_last_name="イシイ", yomi_first_name="ヨウコ",
        company="株式会社あおぞら設計", yomi_company="アオゾラセッケイ", department="設計第一課", job_title="主任", office="本館2階",
        emails=[
            EmailAddress(address="yoko.ishii@aozora-sekkei.example"),
            EmailAddress(address="y.ishii@mail.example"),
            EmailAddress(address="/O=AOZORA/OU=EXCHANGE/CN=RECIPIENTS/CN=YOKO.ISHII", kind="EX", original="ishii@aozora-sekkei.example"),
        ],
        business_phone="+81 3-0000-1901", business_phone_2="+81 3-0000-1902", home_phone="+81 44-000-1903", mobile_phone="+81 90-0000-1904",
        business_fax="+81 3-0000-1905", assistant="大森", assistant_phone="+81 3-0000-1906", manager="村井 剛",
        work=Address(street="架空坂1-1", city="港区", state="東京都", postal_code="107-0000", country="日本", po_box="12"),
        home=Address(street="見本台5-6", city="川崎市宮前区", state="神奈川県", postal_code="216-0000", country="日本"), mailing=HOME_MAILING,
        birthday=date(1979, 12, 31), utc_offset=_JAPAN, web_page="https://aozora-sekkei.example/", instant_messaging="yoko.ishii",
        categories=["取引先"], locale=1041, created_at=_MADE, modified_at=_CHANGED,
    ),
    # another program made this card: the birthday is an instant only
    Contact(
        surname="前田", given_name="結衣", display_name="前田 結衣", emails=[EmailAddress(address="yui.maeda@komorebi.example")],
        company="こもれび診療所", birthday=date(1992, 7, 1), has_local_dates=False, utc_offset=_JAPAN, created_at=_MADE, modified_at=_CHANGED,
    ),
    Contact(
        surname="岩田", given_name="守", display_name="岩田 守", emails=[EmailAddress(address="mamoru.iwata@mail.example")],
        mobile_phone="090-0000-1950", sensitivity=PRIVATE, body="同窓会の幹事", created_at=_MADE, modified_at=_CHANGED,
    ),
    DistributionList(name="印刷関係", people=[people.MISAKI, Person(name="渡辺 健一", address="kenichi.watanabe@midori-insatsu.example")]),
]  # fmt: skip

_FAIR = [
    Contact(
        surname="西川", given_name="智也", display_name="西川 智也", emails=[EmailAddress(address="tomoya.nishikawa@hoshizora.example")],
        company="星空企画", body="6月の展示会で名刺交換", created_at=_MADE, modified_at=_CHANGED,
    ),
]  # fmt: skip

_TASKS = [
    # the same as in the CSV: one task
    Task(
        subject="見積書を送る", due=date(2026, 5, 22), status=IN_PROGRESS, percent=0.5, importance=HIGH, owner="佐藤 花子", body="A案とB案\r\n両方付ける",
        utc_offset=_JAPAN, created_at=_MADE, modified_at=_CHANGED,
    ),
    Task(
        subject="カタログを発送する", start=date(2026, 6, 1), due=date(2026, 6, 5), owner="佐藤 花子", estimated_minutes=120, utc_offset=_JAPAN,
        remind_at=datetime(2026, 6, 1, 0, 0, tzinfo=UTC), categories=["社内"], created_at=_MADE, modified_at=_CHANGED,
    ),
    Task(
        subject="色校正の返却", start=date(2026, 4, 1), due=date(2026, 4, 10), status=COMPLETE, percent=1.0, completed=date(2026, 4, 9),
        owner="佐藤 花子", assigner="森 健", actual_minutes=45, utc_offset=_JAPAN, created_at=_MADE, modified_at=_CHANGED,
    ),
    Task(
        subject="月次報告", start=date(2026, 4, 30), due=date(2026, 4, 30), owner="佐藤 花子", utc_offset=_JAPAN,
        recurrence=Recurrence(frequency=Frequency.MONTHLY, first=date(2026, 4, 30), day=31, count=6), created_at=_MADE, modified_at=_CHANGED,
    ),
]  # fmt: skip


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the instant of a clock in Japan."""
    return TOKYO.instant(datetime.combine(day, time(hour, minute)))


_MORNING = Recurrence(
    frequency=Frequency.WEEKLY,
    first=date(2026, 5, 11),
    weekdays=MONDAY,
    count=8,
    deleted=[date(2026, 5, 25)],
    modified=[
        Modified(
            original=datetime.combine(date(2026, 6, 8), time(9)),
            start=datetime.combine(date(2026, 6, 9), time(13)),
            end=datetime.combine(date(2026, 6, 9), time(13, 30)),
            subject="朝礼（午後に変更）",
            location="オンライン",
            body="高橋様より新しい紙見本の説明",
            recipients=[
                Recipient(name=people.HANAKO.name, address=people.HANAKO.address, is_organizer=True),
                Recipient(name=people.MISAKI.name, address=people.MISAKI.address, response=ACCEPTED),
            ],
        )
    ],
)
_CALENDAR = [
    Appointment(
        subject="納品立会い", body="検収印を忘れずに", location="みどり印刷 入間工場", start=_at(date(2026, 6, 18), 10), end=_at(date(2026, 6, 18), 12),
        zone=TOKYO, state=MEETING, response=ORGANIZED, organizer=people.HANAKO, uid=b"nohin-tachiai-01", remind_minutes=30,
        recipients=[
            Recipient(name=people.HANAKO.name, address=people.HANAKO.address, is_organizer=True),
            Recipient(name=people.MISAKI.name, address=people.MISAKI.address, response=ACCEPTED),
            Recipient(name=people.REIKO.name, address=people.REIKO.address, kind="EX", response=TENTATIVE),
            # nobody in the store knows the address behind this one
            Recipient(name="総務 代表", address="/O=EXAMPLEORG/OU=EXCHANGE ADMINISTRATIVE GROUP/CN=RECIPIENTS/CN=SOMU", kind="EX", role=CC),
            Recipient(name="第2会議室", address="room2@kaede-shoji.example", role=BCC),
        ],
        created_at=_MADE, modified_at=_CHANGED,
    ),
    # with somebody from the trade fair, whom the settings of the sample make a lead
    Appointment(
        subject="星空企画 打合せ", location="オンライン", start=_at(date(2026, 7, 2), 15), end=_at(date(2026, 7, 2), 16), zone=TOKYO, state=MEETING,
        response=ORGANIZED, organizer=people.HANAKO, uid=b"hoshizora-uchiaw",
        recipients=[
            Recipient(name=people.HANAKO.name, address=people.HANAKO.address, is_organizer=True),
            Recipient(name="西川 智也", address="tomoya.nishikawa@hoshizora.example", response=ACCEPTED),
        ],
        created_at=_MADE, modified_at=_CHANGED,
    ),
    # Dana asked her: the same meeting as in Dana's store
    Appointment(
        subject="Contract signing", location="Kaede Shoji, room 4", start=people.SIGNING[0], end=people.SIGNING[1], zone=people.SIGNING_ZONE,
        state=MEETING | RECEIVED, response=ACCEPTED, organizer=people.DANA, uid=people.SIGNING_ID, recipients=people.signing(NOT_RESPONDED),
        created_at=people.SIGNING_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="朝礼", location="本社3階", start=_at(date(2026, 5, 11), 9), end=_at(date(2026, 5, 11), 9, 15), zone=TOKYO, recurrence=_MORNING,
        created_at=_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="夏季休業", start=_at(date(2026, 8, 12), 0), end=_at(date(2026, 8, 15), 0), zone=TOKYO, all_day=True, busy=OUT_OF_OFFICE,
        created_at=_MADE, modified_at=_CHANGED,
    ),
    Appointment(
        subject="通院", start=_at(date(2026, 6, 11), 17), end=_at(date(2026, 6, 11), 18), zone=TOKYO, sensitivity=PRIVATE, created_at=_MADE,
        modified_at=_CHANGED,
    ),
]  # fmt: skip

_QUOTE = Message(
    subject="見積書の件", body="佐藤様\r\n\r\nお世話になっております。見積書をお送りください。\r\n\r\n高橋\r\n", sender=people.MISAKI,
    recipients=[Recipient(name=people.HANAKO.name, address=people.HANAKO.address)], sent_at=datetime(2026, 5, 18, 0, 12, 30, tzinfo=UTC),
    received_at=datetime(2026, 5, 18, 0, 12, 41, tzinfo=UTC), message_id="<20260518.1@midori-insatsu.example>",
    headers="From: <misaki.takahashi@midori-insatsu.example>\r\nMessage-ID: <20260518.1@midori-insatsu.example>\r\n",
    internet_code_page=50220, categories=["顧客"],
)  # fmt: skip
_INBOX = [
    _QUOTE,
    Message(
        subject="色見本をお送りします", body="色見本を添付します。\r\n",
        html="<html><body><p>色見本を<b>添付</b>します。</p></body></html>".encode("iso-2022-jp"), internet_code_page=50220, sender=people.REIKO,
        recipients=[
            Recipient(name=people.HANAKO.name, address=people.HANAKO.address),
            Recipient(name=people.REIKO.name, address=people.REIKO.address, kind="EX", smtp=people.REIKO.smtp, role=CC),
        ],
        sent_at=datetime(2026, 5, 19, 3, 0, tzinfo=UTC), received_at=datetime(2026, 5, 19, 3, 0, 5, tzinfo=UTC),
        message_id="<colors.77@umikaze.example>",
        attachments=[
            Attachment(name="色見本 第2版.pdf", data=b"%PDF-1.4 sample\n" * 40, mime="application/pdf"),
            Attachment(name="logo.png", data=b"\x89PNG\r\n\x1a\n", mime="image/png", content_id="logo@1", is_hidden=True),
        ],
        is_read=False,
    ),
    Message(
        subject="FW: 転送します", rtf=rb"{\rtf1\ansi\ansicpg932 \'8e\'51\'8d\'6c\'82\'dc\'82\'c5\'82\'c9\par}", sender=people.DANA,
        recipients=[Recipient(name=people.HANAKO.name, address=people.HANAKO.address)], sent_at=datetime(2026, 5, 20, 8, 0, tzinfo=UTC),
        received_at=datetime(2026, 5, 20, 8, 0, 2, tzinfo=UTC), message_id="<fw.3@kaede-shoji.example>",
        attachments=[Attachment(name="見積書の件", item=_QUOTE)],
    ),
]  # fmt: skip
_SENT = [
    Message(
        subject="RE: 見積書の件", body="高橋様\r\n\r\n金曜日までにお送りします。\r\n", sender=people.HANAKO,
        recipients=[Recipient(name=people.MISAKI.name, address=people.MISAKI.address)], sent_at=datetime(2026, 5, 18, 1, 0, tzinfo=UTC),
        received_at=datetime(2026, 5, 18, 1, 0, tzinfo=UTC), message_id="<re.20260518@kaede-shoji.example>",
        in_reply_to="<20260518.1@midori-insatsu.example>", references="<20260518.1@midori-insatsu.example>",
    ),
]  # fmt: skip

CONTENT = Content(
    name="佐藤 花子",
    seed=810,
    names={
        Role.INBOX: "受信トレイ",
        Role.OUTBOX: "送信トレイ",
        Role.SENT: "送信済みアイテム",
        Role.DELETED: "削除済みアイテム",
        Role.DRAFTS: "下書き",
        Role.JUNK: "迷惑メール",
        Role.CALENDAR: "予定表",
        Role.CONTACTS: "連絡先",
        Role.TASKS: "仕事",
        Role.NOTES: "メモ",
    },
    items={
        Role.INBOX: _INBOX,
        Role.SENT: _SENT,
        Role.DRAFTS: [Message(subject="お詫び（下書き）", body="このたびは", is_draft=True)],
        Role.JUNK: [Message(subject="当選のお知らせ", body="今すぐ返信を", message_id="<junk.1@nowhere.example>")],
        Role.CALENDAR: _CALENDAR,
        Role.CONTACTS: _CONTACTS,
        Role.TASKS: _TASKS,
        Role.NOTES: [Item(message_class="IPM.StickyNote", subject="会議室の鍵", body="会議室の鍵\r\n総務へ返す")],
        Role.DELETED: [
            Contact(surname="古川", given_name="剛", display_name="古川 剛", emails=[EmailAddress(address="tsuyoshi.furukawa@tsukimi.example")]),
            Message(subject="旧価格表", body="使わないでください", message_id="<old.1@tsukimi.example>"),
        ],
    },
    below=[(Role.CONTACTS, "展示会", _FAIR)],
)  # fmt: skip


def build() -> bytes:
    """Return the bytes of the store."""
    return write(CONTENT)
