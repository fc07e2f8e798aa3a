"""What contacts and leads have in common: fields of a person, and the columns that neither has a field for."""

from pipeline.targets.target import Aside, Field, Kind, Overflow

LAST_NAME = Field(
    api_name="Last_Name", source="surname", length=80, is_required=True, label_en="Last Name", label_ja="姓"
)
FIRST_NAME = Field(api_name="First_Name", source="given_name", length=40, label_en="First Name", label_ja="名")
EMAIL = Field(
    api_name="Email",
    source="email1",
    kind=Kind.EMAIL,
    length=100,
    overflow=Overflow.REJECT,
    label_en="Email",
    label_ja="メールアドレス",
)
SECONDARY_EMAIL = Field(
    api_name="Secondary_Email",
    source="email2",
    kind=Kind.EMAIL,
    length=100,
    overflow=Overflow.REJECT,
    label_en="Secondary Email",
    label_ja="サブのメールアドレス",
)
# Fax is plain text in Zoho's metadata (zoho-api.md 3.4); as a phone it is tidied the same way and always fits.
FAX = Field(api_name="Fax", source="business_fax", kind=Kind.PHONE, length=30, label_en="Fax", label_ja="Fax")
MOBILE = Field(
    api_name="Mobile", source="mobile_phone", kind=Kind.PHONE, length=30, label_en="Mobile", label_ja="携帯電話"
)
DESCRIPTION = Field(api_name="Description", source="notes", length=32000, label_en="Description", label_ja="詳細")

CATEGORIES = Aside(source="categories", label_en="Categories", label_ja="分類")
ASIDES = (
    Aside(source="email3", label_en="E-mail 3", label_ja="電子メール 3"),
    Aside(source="yomi_surname", label_en="Surname, phonetic", label_ja="姓フリガナ"),
    Aside(source="yomi_given_name", label_en="Given name, phonetic", label_ja="名フリガナ"),
    Aside(source="yomi_company", label_en="Company, phonetic", label_ja="会社名フリガナ"),
    Aside(source="web_page", label_en="Web page", label_ja="Web ページ"),
    CATEGORIES,
)
