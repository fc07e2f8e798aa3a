"""Cases: a received message of a known contact, as the plug-in's page has them (問い合わせ); zoho-api.md 5.4.

Lengths stand nowhere on the page; these are Zoho's. Status and origin are mandatory in Zoho and not of the message.
"""

from pipeline.targets.target import CONTACT_BY_ADDRESS, Field, Kind, Overflow, Target

CASES = Target(
    table="cases",
    module="Cases",
    source="messages",
    fields=(
        Field(
            api_name="Subject",
            source="subject",
            length=255,
            is_required=True,
            label_en="Subject",
            label_ja="問い合わせの件名",
        ),
        Field(
            api_name="Related_To",
            source="sender",
            kind=Kind.LOOKUP,
            lookup=CONTACT_BY_ADDRESS,
            is_required=True,
            label_en="Contact Name",
            label_ja="連絡先の名前",
        ),
        Field(
            api_name="Email",
            source="sender",
            kind=Kind.EMAIL,
            length=100,
            overflow=Overflow.REJECT,
            label_en="Email",
            label_ja="メールアドレス",
        ),
        Field(
            api_name="Description",
            source="body_text",
            length=32000,
            label_en="Description",
            label_ja="問い合わせの説明",
        ),
        Field(
            api_name="Status",
            source="",
            kind=Kind.PICKLIST,
            constant="New",
            is_required=True,
            label_en="Status",
            label_ja="ステータス",
        ),
        Field(
            api_name="Case_Origin",
            source="",
            kind=Kind.PICKLIST,
            constant="Email",
            is_required=True,
            label_en="Case Origin",
            label_ja="問い合わせのデータ元",
        ),
    ),
    match=(),  # two cases with one subject are two cases
    is_bulk=True,
    label_en="Cases",
    label_ja="問い合わせ",
)
