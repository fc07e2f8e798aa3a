"""Messages as the associate_email API takes them: attached to a contact, lead or deal; zoho-api.md section 4.

The page has no lengths for them; these are Zoho's. The same Message-ID is one message of a record.
"""

from pipeline.targets.target import Field, Kind, MatchKey, Overflow, Target

EMAILS = Target(
    table="emails",
    module="Emails",
    source="messages",
    fields=(
        Field(
            api_name="original_message_id",
            source="message_id",
            length=255,
            overflow=Overflow.REJECT,
            is_required=True,
            label_en="Message-ID",
            label_ja="メッセージ ID",
        ),
        Field(
            api_name="from",
            source="author",
            kind=Kind.PARTICIPANTS,
            is_required=True,
            label_en="From",
            label_ja="差出人",
        ),
        Field(
            api_name="to",
            source="recipients",
            kind=Kind.PARTICIPANTS,
            is_required=True,
            label_en="To, Cc, Bcc",
            label_ja="宛先",
        ),
        Field(
            api_name="subject",
            source="subject",
            length=250,
            is_required=True,
            label_en="Subject",
            label_ja="メールの件名",
        ),
        Field(
            api_name="date_time",
            source="sent_at",
            kind=Kind.DATETIME,
            is_required=True,
            label_en="Sent",
            label_ja="送信日時",
        ),
        Field(
            api_name="content",
            source="body_html",
            length=32000,
            is_required=True,
            label_en="Content",
            label_ja="メールの内容",
        ),
    ),
    match=(MatchKey(fields=("original_message_id",)),),
    is_bulk=False,
    label_en="E-mails",
    label_ja="メール",
)
