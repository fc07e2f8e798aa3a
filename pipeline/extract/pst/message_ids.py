"""The Message-ID of a message, or one made of what every export of the mailbox has of it (RFC 5322 section 3.6.4).

In order: PidTagInternetMessageId; the Message-ID of the transport headers; PidTagSearchKey, which copies keep; a digest
of when, by whom and about what it was sent. Those that are made are of a domain that cannot be (RFC 2606 section 2).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence

from pipeline.extract.pst.columns import Columns

_FIELD = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_SEARCHED = 65_536  # characters of the headers
_CONTENT = (
    *("PidTagClientSubmitTime", "PidTagSenderEmailAddress", "PidTagSenderName", "PidTagSubject"),
    *("PidTagNormalizedSubject", "PidTagConversationIndex"),
)


def columns(items: Columns) -> dict[str, Sequence[str | None]]:
    """Return message_id and message_id_source: stored | header | search_key | content, None where nothing says it."""
    found = list(_found(items))
    return {"message_id": [one[0] for one in found], "message_id_source": [one[1] for one in found]}


def _found(items: Columns) -> Iterator[tuple[str | None, str | None]]:
    stored = items.values("PidTagInternetMessageId")
    search_keys = items.values("PidTagSearchKey")
    for row, (known, search_key) in enumerate(zip(stored, search_keys, strict=True)):
        if known:
            yield known, "stored"
        elif header := of_headers(items.bag(row).text("PidTagTransportMessageHeaders")):
            yield header, "header"
        elif search_key:
            yield f"<{search_key.hex()}@search-key.invalid>", "search_key"
        else:
            yield _of_content(items, row)


def of_headers(headers: str | None) -> str | None:
    """Return the Message-ID of transport headers."""
    found = _FIELD.search(headers[:_SEARCHED]) if headers else None
    return found[1] if found else None


def _of_content(items: Columns, row: int) -> tuple[str | None, str | None]:
    bag = items.bag(row)
    parts = [bag.raw(name).hex() for name in _CONTENT]
    if not any(parts):
        return None, None
    return f"<{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}@content.invalid>", "content"
