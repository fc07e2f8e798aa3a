"""What extract makes of items: contacts, tasks, events, messages and distribution lists."""

import pyarrow as pa

from pipeline.schemas.kinds import DATE, INSTANT, PERSON, TEXT, WALL_CLOCK, columns

# Where an item was read, before the properties of every extracted table.
#   item_id        "<first 16 hex digits of the file's SHA-256>:<n and the node id in hex | r and the row number>"
#   raw_key        JSON list: what identifies the item in another export of the same mailbox, from raw values only
#                  (design.md section 4); not unique, the copies of an item share it
#   position       node id, or number of the data row (the first is 1)
#   message_class  PidTagMessageClass; for a CSV the class that Outlook exported
_ITEM = [
    *columns("item_id raw_key file_sha256 folder"),
    ("position", pa.int64()),
    ("message_class", TEXT),
]
# A cell of a CSV that its column could not take (a date that is none, a second filled column of the same meaning): the
# column, its header, and what stood there. It stands below the notes or body, too.
LEFTOVER = pa.struct(columns("column header cell"))
_CHANGED = [*columns("created_at modified_at", INSTANT)]
# sensitivity: normal | personal | private | confidential; importance: low | normal | high; else the text as found.
_COMMON = [
    ("categories", pa.list_(TEXT)),
    ("sensitivity", TEXT),
    ("is_private", pa.bool_()),
    *_CHANGED,
]

_ADDRESS = "street city state postal_code country po_box"


def _address(kind: str) -> str:
    return " ".join(f"{kind}_{part}" for part in _ADDRESS.split())


CONTACTS = pa.schema(
    [
        *_ITEM,
        *columns("display_name name_prefix given_name middle_name surname name_suffix nickname initials file_as"),
        *columns("yomi_given_name yomi_surname yomi_company"),
        # emailN_type is SMTP or EX; emailN is the address as found, an X.500 one too
        *columns("email1 email1_type email1_display email2 email2_type email2_display"),
        *columns("email3 email3_type email3_display"),
        *columns("company department job_title office profession"),
        *columns("business_phone business2_phone home_phone home2_phone mobile_phone other_phone primary_phone"),
        *columns("company_main_phone assistant_phone car_phone callback_phone pager radio_phone isdn telex tty_phone"),
        *columns("business_fax home_fax other_fax"),
        *columns("assistant manager spouse children referred_by"),
        *columns(_address("business")),
        *columns(_address("home")),
        *columns(_address("other")),
        # a birthday known as a date, or only as the instant of local midnight in the zone of the mailbox
        ("birthday_date", DATE),
        ("birthday_at", INSTANT),
        ("anniversary_date", DATE),
        ("anniversary_at", INSTANT),
        *columns("web_page im_address language location gender hobby notes importance"),
        *columns("account customer_id government_id organizational_id billing_information mileage keywords"),
        *columns("free_busy_url user1 user2 user3 user4"),
        ("leftovers", pa.list_(LEFTOVER)),
        *_COMMON,
    ]
)

TASKS = pa.schema(
    [
        *_ITEM,
        ("subject", TEXT),
        ("body", TEXT),
        ("start_date", DATE),
        ("due_date", DATE),
        ("completed_date", DATE),
        ("completed_at", INSTANT),
        ("is_complete", pa.bool_()),
        # not_started | in_progress | completed | waiting | deferred; else the text as found
        ("status", TEXT),
        ("percent_complete", pa.float64()),  # 0.0 to 1.0
        ("importance", TEXT),
        *columns("owner_name assigner_name role billing_information mileage schedule_priority"),
        ("contact_names", pa.list_(TEXT)),
        ("companies", pa.list_(TEXT)),
        ("actual_work_minutes", pa.int64()),
        ("total_work_minutes", pa.int64()),
        ("has_reminder", pa.bool_()),
        ("reminder_at", INSTANT),
        ("reminder_local", WALL_CLOCK),
        ("is_recurring", pa.bool_()),
        ("recurrence", pa.binary()),  # PidLidTaskRecurrence, [MS-OXOCAL] 2.2.1.44.1
        *columns("rrule recurrence_trouble"),  # as in events
        ("leftovers", pa.list_(LEFTOVER)),
        *_COMMON,
    ]
)

# An occurrence of a series that is not as the series. Times are on the clock of the series; what is null is unchanged.
OCCURRENCE = pa.struct(
    [
        *columns("original_local start_local end_local", WALL_CLOCK),
        *columns("subject location busy_status"),
        ("is_all_day", pa.bool_()),
        ("has_own_body", pa.bool_()),
        ("body", TEXT),
        ("attendees", pa.list_(PERSON)),  # null: those of the series
    ]
)

EVENTS = pa.schema(
    [
        *_ITEM,
        *columns("subject body location"),
        # a store knows instants, a CSV wall clock times in the zone of the mailbox; one pair is null
        ("start_at", INSTANT),
        ("end_at", INSTANT),
        ("start_local", WALL_CLOCK),
        ("end_local", WALL_CLOCK),
        # of whole days, where the item's own zone is known: the dates there; the end is exclusive
        ("start_date", DATE),
        ("end_date", DATE),
        ("time_zone", TEXT),  # the item's own IANA zone
        ("time_zone_rules", TEXT),  # of a zone that no IANA zone is like: its rules as a TZ string of POSIX
        ("is_all_day", pa.bool_()),
        ("busy_status", TEXT),  # free | tentative | busy | out_of_office | elsewhere; else the text as found
        ("importance", TEXT),
        ("is_meeting", pa.bool_()),
        ("is_cancelled", pa.bool_()),
        ("response", TEXT),  # this mailbox's own
        ("organizer", PERSON),
        ("attendees", pa.list_(PERSON)),  # without the organizer, in the order of the item
        ("global_object_id", TEXT),  # PidLidCleanGlobalObjectId in hex
        ("occurrence_date", DATE),  # of a single occurrence that stands for itself: the day that the series gave it
        ("sequence", pa.int64()),
        ("is_recurring", pa.bool_()),
        ("recurrence", pa.binary()),  # PidLidAppointmentRecur, [MS-OXOCAL] 2.2.1.44.5
        ("recurrence_text", TEXT),
        # RFC 5545, for a DTSTART of start_at in time_zone (start_date for whole days); null where recurrence_trouble
        # says in a fixed word why. UNTIL is in UTC, of whole days a date, of an unknown zone on its own clock.
        *columns("rrule recurrence_trouble"),
        ("deleted_dates", pa.list_(DATE)),  # days of the rule on which nothing takes place, by the series' clock
        ("modified", pa.list_(OCCURRENCE)),
        ("has_reminder", pa.bool_()),
        ("reminder_at", INSTANT),
        ("reminder_local", WALL_CLOCK),
        ("reminder_minutes", pa.int64()),
        *columns("billing_information mileage"),
        ("leftovers", pa.list_(LEFTOVER)),
        *_COMMON,
    ]
)

# sha256: of the content in hex, where [outlook] hash_attachments asks for it
ATTACHMENT = pa.struct([("name", TEXT), ("mime_type", TEXT), ("size", pa.int64()), ("sha256", TEXT)])

MESSAGES = pa.schema(
    [
        *_ITEM,
        ("subject", TEXT),
        ("sender", PERSON),  # PidTagSender*: who sent it
        ("author", PERSON),  # PidTagSentRepresenting*: for whom
        ("recipients", pa.list_(PERSON)),
        ("sent_at", INSTANT),
        ("received_at", INSTANT),
        # message_id_source: stored | header, or what it is made of, in the domain .invalid: search_key | content
        *columns("message_id message_id_source in_reply_to references headers"),
        ("folder_role", TEXT),  # sent_items | drafts | ... where the store says that its folder is a special one
        *columns("body_text body_html"),
        ("importance", TEXT),
        ("is_read", pa.bool_()),
        ("is_draft", pa.bool_()),
        ("has_attachments", pa.bool_()),
        ("attachments", pa.list_(ATTACHMENT)),
        # where [mail] attachments asks for it, the files in their order; null for what is no file, hidden, or too much
        ("attached", pa.list_(pa.large_binary())),
        ("conversation_topic", TEXT),
        ("conversation_index", TEXT),  # hex
        ("size", pa.int64()),
        *_COMMON,
    ]
)

# A member of a distribution list. kind: address | contact | list | directory | directory_list, null for another;
# the rest as in PERSON, as the list had it; position: the node of a contact or list of the same store
MEMBER = pa.struct([*columns("kind name email address_type address"), ("position", pa.int64())])

LISTS = pa.schema(
    [*_ITEM, *columns("name file_as"), ("members", pa.list_(MEMBER)), *columns("notes importance"), *_COMMON]
)

EXTRACTED: dict[str, pa.Schema] = {
    "contacts": CONTACTS,
    "tasks": TASKS,
    "events": EVENTS,
    "messages": MESSAGES,
    "lists": LISTS,
}
