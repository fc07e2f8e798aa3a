"""The columns of Outlook's CSV exports, in the order of the export."""

CONTACTS_EN = (
    "Title|First Name|Middle Name|Last Name|Suffix|Company|Department|Job Title|Business Street|Business Street 2|"
    "Business Street 3|Business City|Business State|Business Postal Code|Business Country/Region|Home Street|"
    "Home Street 2|Home Street 3|Home City|Home State|Home Postal Code|Home Country/Region|Other Street|"
    "Other Street 2|Other Street 3|Other City|Other State|Other Postal Code|Other Country/Region|Assistant's Phone|"
    "Business Fax|Business Phone|Business Phone 2|Callback|Car Phone|Company Main Phone|Home Fax|Home Phone|"
    "Home Phone 2|ISDN|Mobile Phone|Other Fax|Other Phone|Pager|Primary Phone|Radio Phone|TTY/TDD Phone|Telex|"
    "Account|Anniversary|Assistant's Name|Billing Information|Birthday|Business Address PO Box|Categories|Children|"
    "Directory Server|E-mail Address|E-mail Type|E-mail Display Name|E-mail 2 Address|E-mail 2 Type|"
    "E-mail 2 Display Name|E-mail 3 Address|E-mail 3 Type|E-mail 3 Display Name|Gender|Government ID Number|Hobby|"
    "Home Address PO Box|Initials|Internet Free Busy|Keywords|Language|Location|Manager's Name|Mileage|Notes|"
    "Office Location|Organizational ID Number|Other Address PO Box|Priority|Private|Profession|Referred By|"
    "Sensitivity|Spouse|User 1|User 2|User 3|User 4|Web Page"
).split("|")

CONTACTS_JA = (
    "肩書き|名|ミドル ネーム|姓|敬称|会社名|部署|役職|番地 (会社)|住所 2 (会社)|住所 3 (会社)|市町村 (会社)|"
    "都道府県 (会社)|郵便番号 (会社)|国 (会社)/地域|番地 (自宅)|住所 2 (自宅)|住所 3 (自宅)|市町村 (自宅)|"
    "都道府県 (自宅)|郵便番号 (自宅)|国 (自宅)/地域|番地 (その他)|住所 2 (その他)|住所 3 (その他)|市町村 (その他)|"
    "都道府県 (その他)|郵便番号 (その他)|国 (その他)/地域|秘書の電話|会社 FAX|会社電話|会社電話 2|コールバック|"
    "自動車電話|会社代表電話|自宅 FAX|自宅電話|自宅電話 2|ISDN|携帯電話|その他の FAX|その他の電話|ポケットベル|"
    "通常の電話|無線電話|TTY/TDD|テレックス|ID 番号|Web ページ|アカウント|イニシャル|インターネット空き時間情報|"
    "キーワード|その他住所私書箱|ディレクトリ サーバー|プライベート|マネージャー|メモ|ユーザー 1|ユーザー 2|"
    "ユーザー 3|ユーザー 4|会社 ID|会社住所私書箱|会社名フリガナ|記念日|経費情報|言語|参照事項|子供|支払い条件|"
    "事業所|自宅住所私書箱|趣味|場所|職業|姓フリガナ|性別|誕生日|電子メール アドレス|電子メールの種類|"
    "電子メール表示名|電子メール 2 アドレス|電子メール 2 の種類|電子メール 2 表示名|電子メール 3 アドレス|"
    "電子メール 3 の種類|電子メール 3 表示名|配偶者|秘書の氏名|秘密度|分類|名前フリガナ|優先度"
).split("|")

CALENDAR_EN = (
    "Subject|Start Date|Start Time|End Date|End Time|All day event|Reminder on/off|Reminder Date|Reminder Time|"
    "Meeting Organizer|Required Attendees|Optional Attendees|Meeting Resources|Billing Information|Categories|"
    "Description|Location|Mileage|Priority|Private|Sensitivity|Show time as"
).split("|")

CALENDAR_JA = (
    "件名|開始日|開始時刻|終了日|終了時刻|終日イベント|アラーム オン/オフ|アラーム日付|アラーム時刻|会議の開催者|"
    "必須出席者|任意出席者|リソース|プライベート|経費情報|公開する時間帯の種類|支払い条件|場所|内容|秘密度|分類|優先度"
).split("|")

TASKS_EN = (
    "Subject|Start Date|Due Date|Reminder On/Off|Reminder Date|Reminder Time|Date Completed|% Complete|Total Work|"
    "Actual Work|Billing Information|Categories|Companies|Contacts|Mileage|Notes|Priority|Private|Role|"
    "Schedule+ Priority|Sensitivity|Status"
).split("|")

TASKS_JA = (
    "件名|開始日|期限|アラーム オン/オフ|アラーム日付|アラーム時刻|完了日|達成率|予測時間|実働時間|"
    "Schedule+ の優先度|プライベート|メモ|会社名|経費情報|支払い条件|状況|秘密度|分類|役割|優先度|連絡先"
).split("|")
