"""What extract says of the files that it read."""

import pyarrow as pa

from pipeline.schemas.kinds import TEXT, columns

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
        *columns("file_sha256 folder message_class table rule reader"),
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
#   null where the index of the store cannot be read, and only the second reader saw its items
CERTIFICATE = pa.schema(
    [
        *columns("file_sha256 folder"),
        *((name, pa.int64()) for name in ("in_tree", "lost", "written", "excluded", "rejected", "unexplained")),
        *((name, pa.int64()) for name in ("hidden", "listed", "counted", "by_pypff")),
    ]
)

# Where two readers of a store do not agree, or one of them cannot read. `finding`: only_direct | only_pypff |
# different | unreadable_by_pypff; `property` of one that differs
CROSS_CHECK = pa.schema([*columns("file_sha256 folder item_id"), ("node", pa.int64()), *columns("finding property")])

# What became of every column of a CSV and every property of a store. `verdict`: used | ignored | unmapped
COLUMNS = pa.schema(
    [
        *columns("file_sha256 source verdict target"),  # target: column of the extracted table, or why it is ignored
        ("values", pa.int64()),  # how many items have one
    ]
)
