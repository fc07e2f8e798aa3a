"""What identifies an item in another export of its mailbox (design.md section 4): from raw values only, in order.

events      ["goid", PidLidCleanGlobalObjectId in hex]
messages    ["message_id", PidTagInternetMessageId]
all         ["search_key", PidTagSearchKey in hex], which a copy keeps
            ["content", message class, SHA-256 of the values below], for an item that was never saved by Outlook
            ["node", node id, file SHA-256], for an item that says nothing of itself
"""

import hashlib
import json
from collections.abc import Sequence

from pipeline.extract.pst import events
from pipeline.extract.pst.columns import Columns

_CONTENT = (
    "PidTagCreationTime",
    "PidTagSubject",
    "PidTagDisplayName",
    "PidTagGivenName",
    "PidTagSurname",
    "PidLidEmail1EmailAddress",
    "PidTagClientSubmitTime",
    "PidTagMessageDeliveryTime",
    "PidLidAppointmentStartWhole",
    "PidLidAppointmentEndWhole",
    "PidLidTaskDueDate",
)


def raw_keys(items: Columns, file_sha256: str) -> list[str]:
    """Return the key of each item as a JSON list."""
    keys = zip(_own_keys(items), items.values("PidTagSearchKey"), strict=True)
    return [
        own or (f'["search_key", "{search.hex()}"]' if search else _fallback(items, row, file_sha256))
        for row, (own, search) in enumerate(keys)
    ]


def _own_keys(items: Columns) -> Sequence[str | None]:
    """Return the keys that only one kind of item has."""
    if items.table == "events":
        return [f'["goid", "{goid}"]' if goid else None for goid in events.object_ids(items)]
    if items.table == "messages":
        ids = items.values("PidTagInternetMessageId")
        return [json.dumps(["message_id", found], ensure_ascii=False) if found else None for found in ids]
    return [None] * len(items)


def _fallback(items: Columns, row: int, file_sha256: str) -> str:
    bag = items.bag(row)
    parts = [bag.raw(name).hex() for name in _CONTENT]
    if not any(parts):
        return json.dumps(["node", items.nodes[row], file_sha256])
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return json.dumps(["content", bag.text("PidTagMessageClass"), digest], ensure_ascii=False)
