"""The Arrow schema of every table that passes between stages.

A table that does not have exactly its schema is never written (`store.write`). The columns of the ready tables come
from the targets: `pipeline.targets` puts `READY_PROVENANCE` before the fields of a Zoho module.

Times end in `_at` and are UTC; `_date` is a calendar date that no zone moves; `_local` is a wall clock time without a
zone, as Outlook's CSV has it. Missing text is null, never "".
"""

import sys
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _WithoutPandas(MetaPathFinder):
    """Refuses to import pandas."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        """Raise ImportError for pandas, leave all others to the next finder."""
        if fullname == "pandas":
            raise ImportError(fullname)


def _spare_pandas() -> None:
    """Keep `pa.array` from importing pandas to see whether a list is a Series: 0.3 s and 40 MB in each process.

    Arrow tries that import once, and goes on without it; `to_pandas` imports it all the same.
    """
    refuses = _WithoutPandas()
    sys.meta_path.insert(0, refuses)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(refuses)


_spare_pandas()

TEXT = pa.string()
DATE = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
WALL_CLOCK = pa.timestamp("us")


def _columns(names: str, kind: pa.DataType = TEXT) -> list[tuple[str, pa.DataType]]:
    return [(name, kind) for name in names.split()]


# Where an item was read, before the properties of every extracted table.
#   item_id        "<first 16 hex digits of the file's SHA-256>:<n and the node id in hex | r and the row number>"
#   raw_key        JSON list: what identifies the item in another export of the same mailbox, from raw values only
#                  (design.md section 4); not unique, the copies of an item share it
#   position       node id, or number of the data row (the first is 1)
#   message_class  PidTagMessageClass; for a CSV the class that Outlook exported
_ITEM = [
    *_columns("item_id raw_key file_sha256 folder"),
    ("position", pa.int64()),
    ("message_class", TEXT),
]
_CHANGED = [*_columns("created_at modified_at", INSTANT)]
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
        *_columns("display_name name_prefix given_name middle_name surname name_suffix nickname initials file_as"),
        *_columns("yomi_given_name yomi_surname yomi_company"),
        # emailN_type is SMTP or EX; emailN is the address as found, an X.500 one too
        *_columns("email1 email1_type email1_display email2 email2_type email2_display"),
        *_columns("email3 email3_type email3_display"),
        *_columns("company department job_title office profession"),
        *_columns("business_phone business2_phone home_phone home2_phone mobile_phone other_phone primary_phone"),
        *_columns("company_main_phone assistant_phone car_phone callback_phone pager radio_phone isdn telex tty_phone"),
        *_columns("business_fax home_fax other_fax"),
        *_columns("assistant manager spouse children referred_by"),
        *_columns(_address("business")),
        *_columns(_address("home")),
        *_columns(_address("other")),
        # a birthday known as a date, or only as the instant of local midnight in the zone of the mailbox
        ("birthday_date", DATE),
        ("birthday_at", INSTANT),
        ("anniversary_date", DATE),
        ("anniversary_at", INSTANT),
        *_columns("web_page im_address language location gender hobby notes importance"),
        *_columns("account customer_id government_id organizational_id billing_information mileage keywords"),
        *_columns("free_busy_url user1 user2 user3 user4"),
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
        *_columns("owner_name assigner_name role billing_information mileage schedule_priority"),
        ("contact_names", pa.list_(TEXT)),
        ("companies", pa.list_(TEXT)),
        ("actual_work_minutes", pa.int64()),
        ("total_work_minutes", pa.int64()),
        ("has_reminder", pa.bool_()),
        ("reminder_at", INSTANT),
        ("reminder_local", WALL_CLOCK),
        ("is_recurring", pa.bool_()),
        ("recurrence", pa.binary()),  # PidLidTaskRecurrence, [MS-OXOCAL] 2.2.1.44.1
        *_columns("rrule recurrence_trouble"),  # as in events
        *_COMMON,
    ]
)

# A person of an event or message. role: organizer | required | optional | resource | to | cc | bcc;
# email is an SMTP address or null; address what the item has (X.500 too);
# The response is one of none | organizer | tentative | accepted | declined | not_responded
PERSON = pa.struct(
    [("role", TEXT), ("name", TEXT), ("email", TEXT), ("address_type", TEXT), ("address", TEXT), ("response", TEXT)]
)

# An occurrence of a series that is not as the series. Times are on the clock of the series; what is null is unchanged.
OCCURRENCE = pa.struct(
    [
        *_columns("original_local start_local end_local", WALL_CLOCK),
        *_columns("subject location busy_status"),
        ("is_all_day", pa.bool_()),
        ("has_own_body", pa.bool_()),
        ("body", TEXT),
        ("attendees", pa.list_(PERSON)),  # null: those of the series
    ]
)

EVENTS = pa.schema(
    [
        *_ITEM,
        *_columns("subject body location"),
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
        *_columns("rrule recurrence_trouble"),
        ("deleted_dates", pa.list_(DATE)),  # days of the rule on which nothing takes place, by the series' clock
        ("modified", pa.list_(OCCURRENCE)),
        ("has_reminder", pa.bool_()),
        ("reminder_at", INSTANT),
        ("reminder_local", WALL_CLOCK),
        ("reminder_minutes", pa.int64()),
        *_columns("billing_information mileage"),
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
        *_columns("message_id message_id_source in_reply_to references headers"),
        ("folder_role", TEXT),  # sent_items | drafts | ... where the store says that its folder is a special one
        *_columns("body_text body_html"),
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
MEMBER = pa.struct([*_columns("kind name email address_type address"), ("position", pa.int64())])

LISTS = pa.schema(
    [*_ITEM, *_columns("name file_as"), ("members", pa.list_(MEMBER)), *_columns("notes importance"), *_COMMON]
)

# One row a file of the inbox, in the order of file_no. `status`: read | quarantined | duplicate | excluded
FILES = pa.schema(
    [
        ("file_no", pa.int32()),
        ("path", TEXT),  # below the inbox, with /
        ("file_sha256", TEXT),  # null for a file that could not be opened
        ("bytes", pa.int64()),
        ("kind", TEXT),  # pst-unicode | pst-ansi | ost | csv-contacts | csv-calendar | csv-tasks | unknown
        ("language", TEXT),  # of the CSV columns: en, ja
        ("encoding", TEXT),
        ("status", TEXT),
        ("rule", TEXT),
        ("reason", TEXT),
        ("items", pa.int64()),
    ]
)

# The row account of extract: one row per file, folder, message class and verdict; rule is "" for written items.
# `reader`: direct | pypff | csv, by which the items were read
ACCOUNTS = pa.schema(
    [
        *_columns("file_sha256 folder message_class table rule reader"),
        ("seen", pa.int64()),
        ("written", pa.int64()),
        ("excluded", pa.int64()),
        ("rejected", pa.int64()),
    ]
)

# The completeness certificate of a store: one row a folder, of which each item of the node tree must be explained.
#   in_tree  items of the node tree in the folder; hidden  associated ones (views, rules), which are never items to read
#   lost     items that the folder lists and the node tree has not, and lost pages of the index; all of them rejects
#   listed, counted  what the folder's own table and its PidTagContentCount say; by_pypff  what the second reader saw
#   in_tree + lost = written + excluded + rejected + unexplained, and unexplained is 0
CERTIFICATE = pa.schema(
    [
        *_columns("file_sha256 folder"),
        *((name, pa.int64()) for name in ("in_tree", "lost", "written", "excluded", "rejected", "unexplained")),
        *((name, pa.int64()) for name in ("hidden", "listed", "counted", "by_pypff")),
    ]
)

# Where two readers of a store do not agree, or one of them cannot read. `finding`: only_direct | only_pypff |
# different | unreadable_by_pypff; `property` of one that differs
CROSS_CHECK = pa.schema([*_columns("file_sha256 folder item_id"), ("node", pa.int64()), *_columns("finding property")])

# What became of every column of a CSV and every property of a store. `verdict`: used | ignored | unmapped
COLUMNS = pa.schema(
    [
        *_columns("file_sha256 source verdict target"),  # target: column of the extracted table, or why it is ignored
        ("values", pa.int64()),  # how many items have one
    ]
)

REJECTS = pa.schema(
    [
        *_columns("stage table item_id file_sha256 folder"),
        ("position", pa.int64()),
        *_columns("message_class rule field reason value"),
        ("source_key", TEXT),  # of the item that leads a rejected record; null where extract rejected the item
    ]
)

# A merge or a refusal to merge. `verdict`: same | different | unsure
DECISIONS = pa.schema(
    [*_columns("table cluster_key left_item_id right_item_id left_key right_key verdict rule evidence")]
)

# Two ready records (cluster_keys, the smaller first) that may be one: for a person to decide, never merged
SUGGESTIONS = pa.schema([*_columns("table left_key right_key rule evidence")])

CHANGES = pa.schema([*_columns("table item_id source_key field old new rule")])

EXCLUSIONS = pa.schema([*_columns("table item_id source_key rule reason")])

# Before the Zoho fields of every ready table.
#   cluster_key   smallest source_key of the items that became this record
#   mailbox       whose record it is; owner is that mailbox's CRM user (e-mail) or null
#   content_hash  SHA-256 of the values that would be sent
READY_PROVENANCE: list[tuple[str, pa.DataType]] = [
    ("cluster_key", TEXT),
    ("source_keys", pa.list_(TEXT)),
    ("item_ids", pa.list_(TEXT)),
    ("mailbox", TEXT),
    ("owner", TEXT),
    ("modified_at", INSTANT),
    ("content_hash", TEXT),
]

# In the ready contacts only, after the provenance: the cluster_key of the ready contact who is the manager of this one,
# null for none; load makes a look-up of it when all contacts are there. Not part of content_hash.
MANAGER_KEY = "manager_crm_key"

EXTRACTED: dict[str, pa.Schema] = {
    "contacts": CONTACTS,
    "tasks": TASKS,
    "events": EVENTS,
    "messages": MESSAGES,
    "lists": LISTS,
}

# What load did with every ready row of one run, kept beside the ledger.
#   result   created | updated | unchanged | skipped | failed | in doubt; code, field: why, for the last three
OUTCOMES = pa.schema([*_columns("module cluster_key crm_key crm_id result code field")])

# What load left out or kept of single fields. rule: conflict (a person changed it after us; it was kept),
# value_not_in_picklist, field_not_in_org, parent_not_sent, owner_not_active, too_many_participants,
# participant_without_address, several_of_the_address, several_of_the_name, nobody_of_the_name,
# other_record_of_the_same (theirs: its CRM id; clusters that became one had a record each, and it is left as it is)
REMARKS = pa.schema([*_columns("module cluster_key crm_key rule field ours theirs")])

# What a load would do, one row a ready row, in the order of modules and rows; beside the ledger, by the plan's hash.
#   action  create | update | unchanged | unsure | skipped | in doubt; code, field: why, for the last three
#   module  of a second pass over a module what that is called (managers)
#   title   what a person calls the record; hint: the other fields by which it is known, as an address or a date
PLAN = pa.schema([*_columns("module mailbox owner cluster_key crm_key crm_id action code field title hint")])

# The fields of a plan. rule: write (`new` takes the place of `old`, null where there is none), one of REMARKS, or
# several_contacts (an address of `new` belongs to several contacts; the one created first takes part)
PLAN_FIELDS = pa.schema([*_columns("module cluster_key field rule old new")])

# What a rollback did with every record of a run, a row for each field that it restored or that stays.
#   action  delete | restore | none (nothing was left to do) | keep; why: restored, or why it stays
#   result  planned | done | failed; code: why it failed; detail: the later run, or the child in the way
ROLLBACK = pa.schema([*_columns("module crm_key crm_id action result code field why detail")])

# Where the CRM holds something else than was sent, as far as a later look shows. what: changed | emptied | missing (the
# record is not there; field is null); modified_at, modified_by: of the record, as the CRM tells
DIFFERENCES = pa.schema([*_columns("module crm_key crm_id what field ours theirs modified_at modified_by")])
