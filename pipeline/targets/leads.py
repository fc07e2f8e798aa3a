"""Leads: contacts that pipeline.toml wants as leads, and people of mail who are nobody's contact; zoho-api.md 5.

The plug-in's contact table with the fields that Zoho's leads have; what they lack stays in Description, labelled.
"""

from pipeline.targets import people
from pipeline.targets.target import Aside, Field, Kind, MatchKey, Target

LEADS = Target(
    table="leads",
    module="Leads",
    source="contacts",
    fields=(
        people.LAST_NAME,
        people.FIRST_NAME,
        Field(
            api_name="Company", source="company", length=200, is_required=True, label_en="Company", label_ja="会社名"
        ),
        people.EMAIL,
        people.SECONDARY_EMAIL,
        Field(api_name="Designation", source="job_title", length=100, label_en="Title", label_ja="役職"),
        Field(
            api_name="Phone", source="business_phone", kind=Kind.PHONE, length=30, label_en="Phone", label_ja="電話番号"
        ),
        people.MOBILE,
        people.FAX,
        Field(api_name="Street", source="business_street", length=250, label_en="Street", label_ja="町名・番地"),
        Field(api_name="City", source="business_city", length=30, label_en="City", label_ja="市区町村"),
        Field(api_name="State", source="business_state", length=30, label_en="State", label_ja="都道府県"),
        Field(api_name="Zip_Code", source="business_postal_code", length=30, label_en="Zip Code", label_ja="郵便番号"),
        Field(api_name="Country", source="business_country", length=30, label_en="Country", label_ja="国"),
        people.DESCRIPTION,
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
        *people.ASIDES,
    ),
)
