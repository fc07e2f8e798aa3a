"""What made-up people are called, where they work and what they write: nobody here exists, all domains are .example."""

FAMILIES = (
    ("見本", "ミホン", "mihon"),
    ("例田", "レイダ", "reida"),
    ("仮山", "カリヤマ", "kariyama"),
    ("試川", "タメシガワ", "tameshigawa"),
    ("架野", "カノ", "kano"),
    ("雛形", "ヒナガタ", "hinagata"),
    ("空木", "ソラキ", "soraki"),
    ("夢原", "ユメハラ", "yumehara"),
    ("Samplewood", "サンプルウッド", "samplewood"),
    ("Testerby", "テスタビー", "testerby"),
    ("Fictman", "フィクトマン", "fictman"),
    ("Nowherton", "ノウェアトン", "nowherton"),
    ("Inventley", "インベントリー", "inventley"),
    ("Müsterlein", "ミュスターライン", "muesterlein"),
)
"""Family name, its reading, and its form in an address."""

GIVEN = (
    ("一郎", "イチロウ", "ichiro"),
    ("花子", "ハナコ", "hanako"),
    ("健太", "ケンタ", "kenta"),
    ("美咲", "ミサキ", "misaki"),
    ("翔", "ショウ", "sho"),
    ("さくら", "サクラ", "sakura"),
    ("Dana", "ダナ", "dana"),
    ("Robin", "ロビン", "robin"),
    ("Alexis", "アレクシス", "alexis"),
    ("Jean", "ジーン", "jean"),
    ("Kim", "キム", "kim"),
)
"""Given name, its reading, and its form in an address."""

COMPANIES = (
    ("楓商事株式会社", "カエデショウジ", "kaede-shoji.example"),
    ("株式会社見本製作所", "ミホンセイサクショ", "mihon-works.example"),
    ("有限会社れいめい", "レイメイ", "reimei.example"),
    ("Placeholder Ltd", "プレースホルダー", "placeholder.example"),
    ("Example & Sons", "エグザンプル", "example-sons.example"),
    ("Lorem Trading GmbH", "ローレム", "lorem-trading.example"),
)
"""Company, its reading, and its domain."""

TITLES = ("部長", "課長", "主任", "Sales Manager", "Engineer", "代表取締役", "Buyer", "Assistant")
DEPARTMENTS = ("営業部", "総務部", "開発部", "Sales", "Purchasing", "Support")
CITIES = (
    ("東京都", "千代田区", "見本町1-2-3", "100-0000", "日本"),
    ("大阪府", "大阪市例区", "仮通4-5", "530-0000", "日本"),
    ("北海道", "札幌市試区", "架空条6丁目", "060-0000", "日本"),
    ("CA", "Sampleton", "12 Nowhere Street", "90000", "United States"),
    ("", "Exampleford", "3 Placeholder Lane", "EX0 0MP", "United Kingdom"),
)
"""State, city, street, postal code, country."""

CATEGORIES = ("取引先", "重要", "Zoho", "Friends", "仕入先", "Follow up")
ROOMS = ("会議室A", "本社3階", "Room 12", "オンライン", "Café Placeholder", "応接室")

SUBJECTS = (
    "見積書の件",
    "打ち合わせのお願い",
    "Quarterly figures",
    "納期のご確認",
    "Contract draft",
    "議事録",
    "Delivery schedule",
    "請求書送付のご案内",
    "サンプル返却について",
    "Price list",
)
SENTENCES = (
    "いつもお世話になっております。",
    "先日の打ち合わせの件、下記のとおりご連絡いたします。",
    "納期は来月末を予定しておりますが、変更の可能性がございます。",
    "ご不明な点がございましたら、お気軽にお問い合わせください。",
    "Please find the figures below and tell us what is missing.",
    "The delivery has been moved to the week after next.",
    "We would like to meet once more before the contract is signed.",
    "価格表の最新版を添付いたしますので、ご査収ください。",
    "Kind regards from all of us here.",
    "数量は前回と同じく百二十個でお願いいたします。",
    "The sample parts arrived in good order; thank you.",
    "会場までの地図は別途お送りいたします。",
)
