"""The columns of the tables that every store has.

Source: [MS-PST] 2.4.4.4 to 2.4.4.6, 2.4.5.3.1, 2.4.6.1.1 and 2.7.1; the lists are those of a store that Outlook made.
"""

from tests.pstwriter import keys
from tests.pstwriter.contexts import Columns
from tests.pstwriter.mapi import Codec, Key, Kind

_CHANGE_NUMBER = Key(Kind.INT64, 0x0E33)
_REPLICATION_ID = Key(Kind.BINARY, 0x0E30)
_REPLICATION = (_REPLICATION_ID, _CHANGE_NUMBER, keys.REPLICATION_HISTORY, keys.REPLICATION_FLAGS)

HIERARCHY = (
    keys.DISPLAY_NAME,
    keys.CONTENT_COUNT,
    keys.UNREAD_COUNT,
    keys.HAS_SUBFOLDERS,
    *_REPLICATION,
    keys.CONTAINER_CLASS,
    keys.HIDDEN_COUNT,
    keys.HIDDEN_UNREAD_COUNT,
)
CONTENTS = (
    keys.MESSAGE_STATUS,
    keys.MESSAGE_CLASS,
    keys.MESSAGE_FLAGS,
    keys.IMPORTANCE,
    keys.REPRESENTING_NAME,
    keys.SUBJECT,
    keys.DELIVERY_TIME,
    keys.SUBMIT_TIME,
    keys.MESSAGE_SIZE,
    keys.DISPLAY_TO,
    keys.DISPLAY_CC,
    Key(Kind.BOOLEAN, 0x0057),  # PidTagMessageToMe
    Key(Kind.BOOLEAN, 0x0058),  # PidTagMessageCcMe
    keys.SENSITIVITY,
    Key(Kind.INT32, 0x1097),  # PidTagItemTemporaryFlags
    keys.CONVERSATION_TOPIC,
    keys.CONVERSATION_INDEX,
    Key(Kind.BINARY, 0x3013),  # PidTagConversationId
    Key(Kind.INT32, 0x65C6),  # PidTagSecureSubmitFlags
    keys.LAST_MODIFICATION_TIME,
    *_REPLICATION,
    Key(Kind.BINARY, 0x0E3D),  # PidTagReplCopiedfromItemid
    Key(Kind.BINARY, 0x0E3C),  # PidTagReplCopiedfromVersionhistory
)
ASSOCIATED = (
    keys.MESSAGE_STATUS,
    keys.MESSAGE_CLASS,
    keys.MESSAGE_FLAGS,
    keys.DISPLAY_NAME,
    Key(Kind.INT32, 0x7003),  # PidTagViewDescriptorFlags
    Key(Kind.BINARY, 0x7004),
    Key(Kind.BINARY, 0x7005),
    Key(Kind.STRING, 0x7006),  # PidTagViewDescriptorName
    Key(Kind.INT32, 0x7007),
    Key(Kind.STRING, 0x6800),
    Key(Kind.BOOLEAN, 0x6803),
    Key(Kind.INT32S, 0x6805),
    Key(Kind.STRING, 0x682F),
)
SEARCH_CONTENTS = (
    Key(Kind.INT32, 0x67F1),  # PidTagLtpParentNid
    Key(Kind.STRING, 0x0E05),  # PidTagParentDisplay
    keys.MESSAGE_STATUS,
    keys.MESSAGE_CLASS,
    keys.MESSAGE_FLAGS,
    keys.IMPORTANCE,
    keys.REPRESENTING_NAME,
    keys.SUBJECT,
    keys.DELIVERY_TIME,
    keys.MESSAGE_SIZE,
    keys.DISPLAY_TO,
    keys.DISPLAY_CC,
    Key(Kind.BOOLEAN, 0x0057),
    Key(Kind.BOOLEAN, 0x0058),
    keys.SENSITIVITY,
    Key(Kind.BOOLEAN, 0x0E2A),  # PidTagExchangeRemoteHeader
    keys.LAST_MODIFICATION_TIME,
)
OUTGOING_QUEUE = (Key(Kind.INT32, 0x0E14), Key(Kind.INT32, 0x0E10), keys.SUBMIT_TIME)
ATTACHMENTS = (keys.RENDERING_POSITION, keys.ATTACH_SIZE, keys.ATTACH_METHOD, keys.ATTACH_FILENAME)
RECIPIENTS = (
    keys.RESPONSIBILITY,
    keys.ADDRESS_TYPE,
    keys.EMAIL,
    keys.ENTRY_ID,
    keys.DISPLAY_NAME,
    keys.RECIPIENT_TYPE,
    keys.SEARCH_KEY,
    keys.RECORD_KEY,
    keys.OBJECT_TYPE,
    keys.DISPLAY_TYPE,
    keys.SEND_RICH_INFO,
    keys.SHORT_NAME,
)
# What Outlook adds to the recipients of an item that has them.
FULL_RECIPIENTS = (
    *RECIPIENTS,
    keys.SMTP_ADDRESS,
    keys.RECIPIENT_NAME,
    keys.RECIPIENT_FLAGS,
    keys.TRACK_STATUS,
)


def columns(codec: Codec, chosen: tuple[Key, ...]) -> Columns:
    """Return the layout that a table of these columns has in a store with this codec."""
    return Columns.of(codec.column(key) for key in chosen)


SHAPES = {
    "hierarchy": HIERARCHY,
    "contents": CONTENTS,
    "associated": ASSOCIATED,
    "search contents": SEARCH_CONTENTS,
    "outgoing queue": OUTGOING_QUEUE,
    "attachments": ATTACHMENTS,
    "recipients": FULL_RECIPIENTS,
    "recipient template": RECIPIENTS,
}
TEMPLATES = {
    0x60D: "hierarchy",
    0x60E: "contents",
    0x60F: "associated",
    0x610: "search contents",
    0x64C: "outgoing queue",
    0x671: "attachments",
    0x692: "recipient template",
}
"""Node of each pattern ([MS-PST] 2.7.1) and the shape of its table."""
