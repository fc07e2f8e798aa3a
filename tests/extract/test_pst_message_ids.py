"""Every message has an id that another export of its mailbox gives too."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import message_ids
from tests.extract import outlook_items

_SENT = datetime(2024, 5, 7, 8, 9, 10, tzinfo=UTC)
_HEADERS = "Received: from a\r\n by b\r\nMessage-Id: <1.a@placeholder.example>\r\nFrom: <robin@placeholder.example>\r\n"


def found(properties: Mapping[str, Any], node: int = 0x200024) -> tuple[str | None, str | None]:
    """Return a message's id, and where it is from."""
    row = outlook_items.row("messages", outlook_items.item("IPM.Note", properties, node=node))
    return row["message_id"], row["message_id_source"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            {"PidTagInternetMessageId": "<2@x.example>", "PidTagTransportMessageHeaders": _HEADERS},
            ("<2@x.example>", "stored"),
            id="its own",
        ),
        pytest.param(
            {"PidTagTransportMessageHeaders": _HEADERS, "PidTagSearchKey": b"\1"},
            ("<1.a@placeholder.example>", "header"),
            id="that of the transport headers",
        ),
        pytest.param(
            {"PidTagTransportMessageHeaders": "Subject: Message-ID: <no>\r\n", "PidTagSearchKey": b"\xab\1"},
            ("<ab01@search-key.invalid>", "search_key"),
            id="made of the search key",
        ),
        pytest.param({}, (None, None), id="nothing is known of it"),
    ],
)
def test_message_id(properties: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    """A message has its own id, else that of its headers, else one made of what copies keep."""
    assert found(properties) == expected


def test_an_id_made_of_the_content() -> None:
    """Without all these, an id is made of when, by whom and about what a message was sent, wherever it lies."""
    message = {"PidTagClientSubmitTime": _SENT, "PidTagSubject": "見積書", "PidTagSenderName": "見本 花子"}
    made, source = found(message)
    assert source == "content"
    assert made is not None
    assert made.endswith("@content.invalid>")
    assert found({**message, "PidTagImportance": 2}, node=0x200044) == (made, source)
    assert found({**message, "PidTagSubject": "請求書"})[0] != made


@given(headers=st.text(max_size=200))
def test_no_headers_are_an_error(headers: str) -> None:
    """Any headers have an id in angle brackets or none."""
    of_them = message_ids.of_headers(f"Message-ID: {headers}")
    assert of_them is None or (of_them[0], of_them[-1]) == ("<", ">")
