"""The mailbox of 佐藤 花子: what her Japanese Outlook exports."""

Row = dict[str, str]

_EVERY_CONTACT = {
    "プライベート": "False", "記念日": "00/0/0", "性別": "指定なし", "誕生日": "00/0/0", "秘密度": "標準", "優先度": "標準",
}  # fmt: skip


def _contact(surname: str, given: str, **more: str) -> Row:
    email = more.pop("email", "")
    row = {**_EVERY_CONTACT, "姓": surname, "名": given, **more}
    if email:
        kind = "EX" if email.startswith("/o=") else "SMTP"
        row |= {"電子メール アドレス": email, "電子メールの種類": kind, "電子メール表示名": f"{surname} {given}"}
    return row


_MIDORI = {
    "会社名": "株式会社みどり印刷", "番地 (会社)": "西新宿9-99-9", "住所 2 (会社)": "みどりビル5F", "市町村 (会社)": "新宿区",
    "都道府県 (会社)": "東京都", "郵便番号 (会社)": "160-0000", "国 (会社)/地域": "日本",
}  # fmt: skip

CONTACTS: list[Row] = [
    _contact(
        "高橋", "美咲", email="misaki.takahashi@midori-insatsu.example", 会社電話="０３－００００－１２０１", 役職="営業部長",
        部署="営業部", 姓フリガナ="タカハシ", 名前フリガナ="ミサキ", 誕生日="1984/2/29", 分類="顧客;Zoho", **_MIDORI,
    ),
    # the same person again, typed by hand a year later: one contact
    _contact("高橋", "美咲", email="Misaki.Takahashi@midori-insatsu.example", 携帯電話="090-0000-1202", メモ="名刺交換済み"),
    _contact("渡辺", "健一", email="kenichi.watanabe@midori-insatsu.example", 会社電話="(03)0000-1203", **_MIDORI),
    _contact("渡辺", "直樹", email="naoki.watanabe@midori-insatsu.example", 会社電話="03-0000-1204 内線12", **_MIDORI),
    # an old mobile address with a dot before the @
    _contact("小林", "さくら", email="sakura.k.@keitai.example", 携帯電話="090-0000-1301", 自宅電話="045-000-1302"),
    _contact(
        "木村", "大輔", email="daisuke.kimura@sakura-denki.example", 会社名="さくら電機㈱", 会社電話="06-0000-1401（代）",
        マネージャー="松本 隆", 秘書の氏名="岡田", 秘書の電話="06-0000-1402", 部署="西日本統括本部 " + "法人営業推進" * 8,
    ),
    _contact("松本", "隆", email="takashi.matsumoto@sakura-denki.example", 会社名="さくら電機（株）", 役職="本部長"),
    # one address, two people: unsure, kept apart
    _contact("山口", "由美", email="info@hoshizora.example", 会社名="星空企画", 会社電話="052-000-1501"),
    _contact("井上", "翔", email="info@hoshizora.example", 会社名="星空企画", 会社電話="052-000-1502"),
    # no address: namesakes are one, and join the one with an address
    _contact("斎藤", "翼", email="tsubasa.saito@umikaze.example", 会社名="海風運輸株式会社"),
    _contact("斎藤", "翼", 会社電話="078-000-1601", メモ="神戸の展示会で会った。\n次回は6月。"),
    _contact("遠藤", "誠", 会社電話="011-000-1701", 会社名="北国製菓"),
    _contact("遠藤", "誠", 携帯電話="090-0000-1702"),
    # only an Exchange address, as colleagues of a customer have it
    _contact("青木", "玲子", email="/o=ExampleOrg/ou=Exchange Administrative Group/cn=Recipients/cn=reiko.aoki", 会社名="海風運輸株式会社"),
    # no surname
    _contact("", "ﾏﾘｱ", email="maria@komorebi.example", 会社名="こもれび診療所", メモ='"受付"の方'),
    # a colleague
    _contact("森", "健", email="ken.mori@kaede-shoji.example", 会社名="楓商事株式会社", 会社電話="03-0000-1001"),
    _contact(
        "中村", "葵", email="aoi.nakamura@tsukimi.example", 会社名="月見食品株式会社", Web="", 会社電話="03/0000/1801",
        メモ='趣味: 登山\nアレルギー: そば\n"月見"の社内報を送る', **{"Web ページ": "https://tsukimi.example/"},
    ),
    _contact("藤田", "蓮", email="mailto:ren.fujita@tsukimi.example", 会社名="月見食品(株)", 誕生日="1990/11/3"),
]  # fmt: skip
for _row in CONTACTS:
    _row.pop("Web", None)

_EVERY_EVENT = {
    "アラーム オン/オフ": "True", "プライベート": "False", "公開する時間帯の種類": "2", "秘密度": "標準", "優先度": "標準", "終日イベント": "False",
}  # fmt: skip


def _event(subject: str, start: str, end: str, **more: str) -> Row:
    start_date, start_time = start.split(" ")
    end_date, end_time = end.split(" ")
    times = {"開始日": start_date, "開始時刻": start_time, "終了日": end_date, "終了時刻": end_time}
    return {**_EVERY_EVENT, "件名": subject, **times, **more}


CALENDAR: list[Row] = [
    _event(
        "見積り打合せ", "2026/5/20 10:00:00", "2026/5/20 11:00:00", 場所="本社 第2会議室", 会議の開催者="佐藤 花子",
        必須出席者="misaki.takahashi@midori-insatsu.example;daisuke.kimura@sakura-denki.example",
        任意出席者="dana.whitfield@kaede-shoji.example", リソース="第2会議室",
        内容="議題:\n1. 見積り\n2. 納期", アラーム日付="2026/5/20", アラーム時刻="9:45:00",
    ),
    _event("工場見学", "2026/5/27 13:30:00", "2026/5/27 16:00:00", 場所="さくら電機 尼崎工場", 必須出席者="daisuke.kimura@sakura-denki.example"),
    _event("創立記念日", "2026/6/1 0:00:00", "2026/6/2 0:00:00", 終日イベント="True", 公開する時間帯の種類="3"),
    _event("移動", "2026/6/3 8:00:00", "2026/6/3 9:30:00"),
    _event("移動", "2026/6/3 8:00:00", "2026/6/3 9:30:00", 場所="新幹線"),
    _event("歯医者", "2026/6/4 18:00:00", "2026/6/4 19:00:00", プライベート="True", 秘密度="プライベート"),
    _event("年末年始休暇", "2026/12/29 0:00:00", "2027/1/4 0:00:00", 終日イベント="True", 公開する時間帯の種類="4"),
    _event("Quarterly review", "2026/7/8 17:00:00", "2026/7/8 18:00:00", 必須出席者="dana.whitfield@kaede-shoji.example;priya.nair@copperleaf.example"),
    _event("深夜メンテナンス立会い", "2026/7/10 23:30:00", "2026/7/11 2:00:00", 内容="完了後に連絡"),
    # the start was lost in a hand edit
    _event("（無題）", " ", "2026/7/12 2:00:00"),
]  # fmt: skip

_EVERY_TASK = {
    "アラーム オン/オフ": "False", "達成率": "0", "予測時間": "0", "実働時間": "0", "プライベート": "False", "秘密度": "標準",
}  # fmt: skip


def _task(subject: str, due: str, status: str = "未開始", priority: str = "標準", **more: str) -> Row:
    return {**_EVERY_TASK, "件名": subject, "期限": due, "状況": status, "優先度": priority, **more}


TASKS: list[Row] = [
    _task("見積書を送る", "2026/5/22", "進行中", "高", 達成率="50", 連絡先="高橋 美咲", メモ="A案とB案\n両方付ける"),
    _task("見積書を送る", "2026/5/22", "進行中", "高"),
    _task("契約書の確認", "2026/5/29", "待機中", 会社名="さくら電機㈱"),
    _task("展示会の申込み", "2026/6/15"),
    _task("展示会の申込み", "2026/6/30", メモ="締切が延びた"),
    _task("お礼状", "", "完了", 完了日="2026/5/1", 達成率="100"),
    _task("お礼状", "", "完了", 完了日="2026/5/8", 達成率="100", メモ="星空企画"),
    _task("カタログ改訂案の校正" + "（第二版、みどり印刷と相談のうえ）" * 16, "2026/8/31", "延期", "低"),
    _task("予算案　提出", "2026/9/１０", "未開始", "高", 分類="社内"),
]
