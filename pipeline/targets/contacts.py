"""Contacts: every row of the plug-in's contact table, with its lengths; API names from zoho-api.md section 5.1.

The page's one slip is mended: its second 番地(その他) is 都道府県(その他), Other_State. 上司 is no field like the
others: a look-up to Contacts in new orgs, text in old ones. Where exactly one contact of the account has the manager's
name, the ready row points to it (schemas.MANAGER_KEY); else the name stays in Description, labelled.

What the page leaves out and has no standard field in Zoho either (further addresses, phonetic names, web page,
categories) goes there too, unless pipeline.toml maps it to a field of the org.
"""

from pipeline.targets import people
from pipeline.targets.target import MANAGER, Aside, Field, Kind, MatchKey, Target

CONTACTS = Target(
    table="contacts",
    module="Contacts",
    source="contacts",
    fields=(
        people.LAST_NAME,
        people.FIRST_NAME,
        people.EMAIL,
        people.SECONDARY_EMAIL,
        Field(api_name="Title", source="job_title", length=100, label_en="Title", label_ja="役職"),
        Field(
            api_name="Account_Name",
            source="company",
            kind=Kind.LOOKUP,
            lookup="accounts",
            label_en="Account Name",
            label_ja="取引先名",
        ),
        Field(api_name="Department", source="department", length=50, label_en="Department", label_ja="部署"),
        Field(
            api_name="Phone",
            source="business_phone",
            kind=Kind.PHONE,
            length=50,
            label_en="Phone",
            label_ja="電話番号",
        ),
        Field(
            api_name="Home_Phone",
            source="home_phone",
            kind=Kind.PHONE,
            length=30,
            label_en="Home Phone",
            label_ja="電話番号(自宅)",
        ),
        Field(
            api_name="Other_Phone",
            source="other_phone",
            kind=Kind.PHONE,
            length=30,
            label_en="Other Phone",
            label_ja="電話番号(その他)",
        ),
        people.FAX,
        people.MOBILE,
        Field(api_name="Assistant", source="assistant", length=50, label_en="Assistant", label_ja="秘書"),
        Field(
            api_name="Asst_Phone",
            source="assistant_phone",
            kind=Kind.PHONE,
            length=30,
            label_en="Asst Phone",
            label_ja="電話番号(秘書)",
        ),
        Field(
            api_name="Mailing_Street",
            source="business_street",
            length=250,
            label_en="Mailing Street",
            label_ja="町名・番地",
        ),
        Field(
            api_name="Mailing_City",
            source="business_city",
            length=30,
            label_en="Mailing City",
            label_ja="市区町村(送付先)",
        ),
        Field(
            api_name="Mailing_State",
            source="business_state",
            length=30,
            label_en="Mailing State",
            label_ja="都道府県(送付先)",
        ),
        Field(
            api_name="Mailing_Zip",
            source="business_postal_code",
            length=30,
            label_en="Mailing Zip",
            label_ja="郵便番号(送付先)",
        ),
        Field(
            api_name="Mailing_Country",
            source="business_country",
            length=30,
            label_en="Mailing Country",
            label_ja="国(送付先)",
        ),
        Field(
            api_name="Other_Street",
            source="other_street",
            length=250,
            label_en="Other Street",
            label_ja="町名・番地(その他)",
        ),
        Field(
            api_name="Other_City",
            source="other_city",
            length=30,
            label_en="Other City",
            label_ja="市区町村(その他)",
        ),
        Field(
            api_name="Other_State",
            source="other_state",
            length=30,
            label_en="Other State",
            label_ja="都道府県(その他)",
        ),
        Field(
            api_name="Other_Zip",
            source="other_postal_code",
            length=30,
            label_en="Other Zip",
            label_ja="郵便番号(その他)",
        ),
        Field(
            api_name="Other_Country",
            source="other_country",
            length=30,
            label_en="Other Country",
            label_ja="国(その他)",
        ),
        people.DESCRIPTION,
        Field(
            api_name="Date_of_Birth",
            source="birthday_date",
            kind=Kind.DATE,
            label_en="Date of Birth",
            label_ja="誕生日",
        ),
    ),
    match=(
        MatchKey(fields=("Email",)),
        MatchKey(fields=("Last_Name", "First_Name"), only_without=("Email",)),
    ),
    is_bulk=True,
    label_en="Contacts",
    label_ja="連絡先",
    has_manager=True,
    asides=(
        Aside(source=MANAGER, label_en="Manager", label_ja="上司"),
        *people.ASIDES,
    ),
)
