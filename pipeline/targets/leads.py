"""Leads: contacts that pipeline.toml wants as leads, and people of mail who are nobody's contact; zoho-api.md 5.

The plug-in's contact table with the fields that Zoho's leads have; what they lack stays in Description, labelled.
"""

from pipeline.targets.target import Aside, Field, Kind, MatchKey, Overflow, Target

LEADS = Target(
    table="leads",
    module="Leads",
    source="contacts",
    fields=(
        Field(api_name="Last_Name", source="surname", length=80, is_required=True, label_en="Last Name", label_ja="姓"),
        Field(api_name="First_Name", source="given_name", length=40, label_en="First Name", label_ja="名"),
        Field(
            api_name="Company", source="company", length=200, is_required=True, label_en="Company", label_ja="会社名"
        ),
        Field(
            api_name="Email",
            source="email1",
            kind=Kind.EMAIL,
            length=100,
            overflow=Overflow.REJECT,
            label_en="Email",
            label_ja="メールアドレス",
        ),
        Field(
            api_name="Secondary_Email",
            source="email2",
            kind=Kind.EMAIL,
            length=100,
            overflow=Overflow.REJECT,
            label_en="Secondary Email",
            label_ja="サブのメールアドレス",
        ),
        Field(api_name="Designation", source="job_title", length=100, label_en="Title", label_ja="役職"),
        Field(
            api_name="Phone", source="business_phone", kind=Kind.PHONE, length=30, label_en="Phone", label_ja="電話番号"
        ),
        Field(
            api_name="Mobile", source="mobile_phone", kind=Kind.PHONE, length=30, label_en="Mobile", label_ja="携帯電話"
        ),
        Field(api_name="Fax", source="business_fax", kind=Kind.PHONE, length=30, label_en="Fax", label_ja="Fax"),
        Field(api_name="Street", source="business_street", length=250, label_en="Street", label_ja="町名・番地"),
        Field(api_name="City", source="business_city", length=30, label_en="City", label_ja="市区町村"),
        Field(api_name="State", source="business_state", length=30, label_en="State", label_ja="都道府県"),
        Field(api_name="Zip_Code", source="business_postal_code", length=30, label_en="Zip Code", label_ja="郵便番号"),
        Field(api_name="Country", source="business_country", length=30, label_en="Country", label_ja="国"),
        Field(api_name="Description", source="notes", length=32000, label_en="Description", label_ja="詳細"),
    ),
    match=(
        MatchKey(fields=("Email",)),
        MatchKey(fields=("Last_Name", "First_Name", "Company"), only_without=("Email",)),
    ),
    is_bulk=True,
    label_en="Leads",
    label_ja="見込み客",
    asides=(
        Aside(source="department", label_en="Department", label_ja="部署"),
        Aside(source="home_phone", label_en="Home phone", label_ja="電話番号(自宅)"),
        Aside(source="other_phone", label_en="Other phone", label_ja="電話番号(その他)"),
        Aside(source="assistant", label_en="Assistant", label_ja="秘書"),
        Aside(source="assistant_phone", label_en="Assistant's phone", label_ja="電話番号(秘書)"),
        Aside(source="manager", label_en="Manager", label_ja="上司"),
        Aside(source="email3", label_en="E-mail 3", label_ja="電子メール 3"),
        Aside(source="yomi_surname", label_en="Surname, phonetic", label_ja="姓フリガナ"),
        Aside(source="yomi_given_name", label_en="Given name, phonetic", label_ja="名フリガナ"),
        Aside(source="yomi_company", label_en="Company, phonetic", label_ja="会社名フリガナ"),
        Aside(source="web_page", label_en="Web page", label_ja="Web ページ"),
        Aside(source="categories", label_en="Categories", label_ja="分類"),
    ),
)
