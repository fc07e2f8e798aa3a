"""What transform makes besides the fields of ready records, and what is left out on the way."""

import pyarrow as pa

from pipeline.schemas.kinds import INSTANT, TEXT, columns

REJECTS = pa.schema(
    [
        *columns("stage table item_id file_sha256 folder"),
        ("position", pa.int64()),
        *columns("message_class rule field reason value"),
        ("source_key", TEXT),  # of the item that leads a rejected record; null where extract rejected the item
    ]
)

# A merge or a refusal to merge. `verdict`: same | different | unsure
DECISIONS = pa.schema(
    [*columns("table cluster_key left_item_id right_item_id left_key right_key verdict rule evidence")]
)

# Two ready records (cluster_keys, the smaller first) that may be one: for a person to decide, never merged
SUGGESTIONS = pa.schema([*columns("table left_key right_key rule evidence")])

CHANGES = pa.schema([*columns("table item_id source_key field old new rule")])

EXCLUSIONS = pa.schema([*columns("table item_id source_key rule reason")])

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
