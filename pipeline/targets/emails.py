"""Messages as the associate_email API takes them: attached to a contact, lead or deal; zoho-api.md section 4.

The page has no lengths for them; these are Zoho's. The same Message-ID is one message of a record. A ready row is one
message and one person on it, or one record that a person chose: which record that is only the CRM can tell.
"""

import pyarrow as pa

from pipeline.schemas import TEXT
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
            api_name="sent",
            source="folder_role",
            kind=Kind.BOOLEAN,
            is_required=True,
            label_en="Sent by the mailbox",
            label_ja="送信済み",
        ),
        Field(
            api_name="content",
            source="body_html",
            length=32000,
            is_required=True,
            label_en="Content",
            label_ja="メールの内容",
        ),
        Field(api_name="mail_format", source="body_text", length=4, label_en="Format", label_ja="形式"),
    ),
    match=(MatchKey(fields=("original_message_id",)),),
    is_bulk=False,
    label_en="E-mails",
    label_ja="メール",
)

FILE = pa.struct([("name", TEXT), ("mime_type", TEXT), ("content", pa.large_binary())])

# How load finds the records, besides the fields.
#   way            why the message was chosen: sent_mail | category | folder | listed
#   correspondent  the address whose contact, else lead, it is attached to; null where a record was chosen
#   record         what a person chose: an id, "Module:id", a name, or an address; null for none
#   deal           the name of the deal that a folder or category gives it; null for none
#   attachments    how many files hang on it
#   files          those of them that are uploaded, where [mail] attachments asks for it; uploads: how many these are
ROUTES: list[tuple[str, pa.DataType]] = [
    ("way", TEXT),
    ("correspondent", TEXT),
    ("record", TEXT),
    ("deal", TEXT),
    ("attachments", pa.int64()),
    ("uploads", pa.int64()),
    ("files", pa.list_(FILE)),
]
EMAILS_READY: pa.Schema = pa.schema([*EMAILS.schema(), *ROUTES])
