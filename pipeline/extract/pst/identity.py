"""What identifies an item in another export of its mailbox (design.md section 4): from raw values only, in order.

events      ["goid", PidLidCleanGlobalObjectId in hex]
messages    ["message_id", PidTagInternetMessageId]
all         ["search_key", PidTagSearchKey in hex], which a copy keeps
            ["content", message class, SHA-256 of the values below], for an item that was never saved by Outlook
            ["node", node id, file SHA-256], for an item that says nothing of itself
"""

import hashlib
import json

from pipeline.extract.pst import events
from pipeline.extract.pst.bag import Item
from pipeline.extract.pst.properties import BY_NAME

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


def raw_key(item: Item, table: str, file_sha256: str) -> str:
    """Return the key as a JSON list."""
    bag = item.bag
    if table == "events" and (goid := events.object_id(bag)):
        return json.dumps(["goid", goid])
    if table == "messages" and (message_id := bag.text("PidTagInternetMessageId")):
        return json.dumps(["message_id", message_id], ensure_ascii=False)
    if search_key := bag.binary("PidTagSearchKey"):
        return json.dumps(["search_key", search_key.hex()])
    if content := _content(item):
        return json.dumps(["content", item.message_class, content], ensure_ascii=False)
    return json.dumps(["node", item.node, file_sha256])


def _content(item: Item) -> str | None:
    stored = [item.bag.values.get(BY_NAME[name].key) for name in _CONTENT]
    parts = [value.raw.hex() if value is not None else "" for value in stored]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest() if any(parts) else None
