"""Cases of messages: which messages are one, and what a case says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.targets import CASES
from pipeline.transform import cases
from pipeline.transform.mail_choice import Choice
from pipeline.transform.mail_picks import Pick
from tests import builders

START = datetime(2026, 5, 1, 9, tzinfo=UTC)


def pick(key: str, minutes: int = 0, *, mailbox: str = "sato", **values: Any) -> Pick:
    """Return a message that is to become a case."""
    usual = {
        "subject": "Broken",
        "message_id": f"<{key}>",
        "sent_at": START + timedelta(minutes=minutes),
        "author": builders.person("bob@ray.example", "from", "Bob"),
    }
    return Pick(
        row=builders.rows("messages", usual | values)[0],
        origin=builders.origin(key, builders.home(mailbox)),
        path=Path("x"),
        group=0,
        place=0,
        choice=Choice(is_case=True),
        is_sent=False,
        people=(),
        deal=None,
    )


def groups(*picks: Pick, per_conversation: bool = True) -> set[tuple[str, ...]]:
    """Return the Message-IDs of each case, in order."""
    found = cases.cases(picks, per_conversation=per_conversation)
    return {tuple(copies[0].row["message_id"] for copies in one.messages) for one in found}


HEAD = "01" * 22
REPLY: dict[str, Any] = {"in_reply_to": "<a>"}


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        pytest.param([pick("a"), pick("b", 1)], {("<a>",), ("<b>",)}, id="one subject is no tie"),
        pytest.param([pick("b", 1, **REPLY), pick("a")], {("<a>", "<b>")}, id="an answer"),
        pytest.param([pick("c", 2, references="<a> <b>"), pick("a")], {("<a>", "<c>")}, id="an answer to an answer"),
        pytest.param([pick("b", 1, **REPLY), pick("c", 2, **REPLY)], {("<b>", "<c>")}, id="the first one is elsewhere"),
        pytest.param(
            [pick("a", conversation_index=HEAD), pick("b", 1, conversation_index=HEAD + "aabbccddee")],
            {("<a>", "<b>")},
            id="Outlook's conversation index",
        ),
        pytest.param([pick("a", conversation_index="01"), pick("b", 1, conversation_index="01")],
                     {("<a>",), ("<b>",)}, id="an index that is too short is none"),
    ],
)  # fmt: skip
def test_conversations(picks: list[Pick], expected: set[tuple[str, ...]]) -> None:
    """Messages that name each other are one conversation, whatever their subjects; the order does not matter."""
    assert groups(*picks) == groups(*reversed(picks)) == expected


def test_per_message_each_is_a_case() -> None:
    """By default an answer is a case of its own; copies of one message are one."""
    found = groups(pick("a"), pick("b", 1, **REPLY), pick("a", mailbox="dana"), per_conversation=False)
    assert found == {("<a>",), ("<b>",)}


def test_a_case_keeps_its_key_when_a_later_message_joins() -> None:
    """The keys of all its messages are its source_keys: the ledger knows it again."""
    (alone,) = cases.cases([pick("a")], per_conversation=True)
    (joined,) = cases.cases([pick("a"), pick("b", 1, **REPLY)], per_conversation=True)
    one, _ = cases.ready(alone, "text", CASES)
    two, changes = cases.ready(joined, "text", CASES)
    assert one.cluster_key == two.cluster_key
    assert set(one.source_keys) < set(two.source_keys)
    assert [change.change.rule for _, change in changes] == ["same_conversation"]


def test_a_long_text_leaves_room_for_the_later_messages() -> None:
    """32,000 characters hold the list of later messages; the text before is cut, and both are listed."""
    (case,) = cases.cases([pick("a"), pick("b", 1, **REPLY)], per_conversation=True)
    record, changes = cases.ready(case, "x" * 40_000, CASES)
    text = str(record.values["Description"])
    assert len(text) <= 32_000
    assert text.endswith("Later messages:\n- 2026-05-01 18:01 Bob: Broken")
    assert "cut_to_length" in {change.change.rule for _, change in changes}


def test_a_sender_without_an_address_has_no_contact() -> None:
    """Such a case has nobody it could belong to: validation rejects it with the rule no_related_to."""
    author = builders.person(None, "from", "Bob")
    (case,) = cases.cases([pick("a", author=author)], per_conversation=False)
    record, _ = cases.ready(case, None, CASES)
    assert "Related_To" not in record.values
    assert record.values["Status"] == "New"
