"""What is sent of a message: within Zoho's limits, harmless, and every change listed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.text import utf16_length
from pipeline.transform import mail_content
from pipeline.transform.mail_content import Content
from tests import builders

TO_ME = builders.person("sato@kaede.example", "to", "Hanako")


def made(*, sent: bool = False, **values: Any) -> Content:
    """Return the content of one message."""
    usual = {
        "subject": "Hello",
        "body_text": "Text",
        "message_id": "<1@x.example>",
        "author": builders.person("bob@ray.example", "from", "Bob"),
        "recipients": [TO_ME],
        "sent_at": datetime(2026, 5, 1, tzinfo=UTC),
    }
    return Content(builders.rows("messages", usual | values)[0], builders.home(), sent=sent)


def rules(content: Content) -> list[str]:
    """Return the rules that changed it."""
    return [one.change.rule for one in content.changes]


def test_a_plain_message_is_not_changed() -> None:
    """What fits goes as it is, plain text as text."""
    content = made()
    assert rules(content) == []
    assert content.values["content"] == "Text"
    assert (content.values["mail_format"], content.values["sent"]) == ("text", False)
    assert [(one.role, one.email) for one in content.values["to"]] == [("to", "sato@kaede.example")]


@pytest.mark.parametrize(
    ("values", "field", "expected", "rule"),
    [
        pytest.param({"subject": "x" * 251}, "subject", "x" * 250, "cut_to_length", id="subject 250"),
        pytest.param({"subject": " "}, "subject", "(no subject)", "subject_stand_in", id="no subject"),
        pytest.param(
            {"subject": None, "body_text": "本文"}, "subject", "(件名なし)", "subject_stand_in", id="件名なし"
        ),
        pytest.param({"body_text": "y" * 32_001}, "content", "y" * 32_000, "cut_to_length", id="32,000 characters"),
        pytest.param({"body_text": None}, "content", "-", "content_stand_in", id="no text"),
        pytest.param(
            {"sent_at": None, "received_at": datetime(2026, 5, 2, tzinfo=UTC)},
            "date_time",
            datetime(2026, 5, 2, tzinfo=UTC),
            "date_of_receipt",
            id="no date of sending",
        ),
        pytest.param(
            {"body_html": "<p>" + "z" * 32_000 + "</p>", "body_text": "short"},
            "content",
            "short",
            "long_html_as_text",
            id="HTML too long",
        ),
    ],
)
def test_limits(values: dict[str, Any], field: str, expected: object, rule: str) -> None:
    """What Zoho would refuse is cut or stood in for, and listed."""
    content = made(**values)
    assert content.values[field] == expected
    assert rule in rules(content)


def test_a_message_id_that_is_too_long_has_a_stand_in() -> None:
    """255 characters go; a longer one is replaced by the same stand-in each time, and so is none."""
    fits, long = f"<{'a' * 243}@x.example>", f"<{'a' * 244}@x.example>"
    assert made(message_id=fits).values["original_message_id"] == fits
    stand_in = made(message_id=long).values["original_message_id"]
    assert stand_in.endswith("@long-id.invalid>")
    assert made(message_id=long).values["original_message_id"] == stand_in
    assert made(message_id=None).values["original_message_id"] == made(message_id=None).values["original_message_id"]


def test_fifty_addresses_of_each_kind() -> None:
    """Of more than 50 addresses the rest is listed; who has none is listed too."""
    people = [builders.person(f"p{n}@x.example", "to") for n in range(53)]
    content = made(recipients=[*people, builders.person(None, "cc", "Nobody")])
    assert len(content.values["to"]) == 50
    assert rules(content).count("more_addresses_than_zoho_takes") == 3
    assert rules(content).count("recipient_without_address") == 1


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        pytest.param([builders.person("a@x.example", "cc"), builders.person("b@x.example", "bcc")],
                     [("to", "a@x.example"), ("bcc", "b@x.example")], id="those of Cc"),
        pytest.param([builders.person("b@x.example", "bcc")], [("to", "b@x.example")], id="those of Bcc"),
        pytest.param([], [("to", "sato@kaede.example")], id="the mailbox"),
    ],
)  # fmt: skip
def test_somebody_is_in_to(recipients: list[Any], expected: list[tuple[str, str]]) -> None:
    """Zoho wants a direct recipient: those of the copies, else the mailbox, and it is listed."""
    content = made(recipients=recipients)
    assert [(one.role, one.email) for one in content.values["to"]] == expected
    assert "no_direct_recipient" in rules(content)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>a <b>b</b></p>", "<p>a <b>b</b></p>", id="plain marks stay"),
        pytest.param("<p onclick='x()'>a<script>x()</script></p>", "<p>a</p>", id="scripts"),
        pytest.param("<style>p{}</style><title>t</title><p style='x'>a</p>", "<p>a</p>", id="styles"),
        pytest.param('<p>a<img src="https://t.example/x.gif"></p>', "<p>a</p>", id="pictures that tell who looked"),
        pytest.param('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>', id="links that run"),
        pytest.param("<div>a<iframe src=x></iframe><form><input></form></div>", "<div>a</div>", id="frames and forms"),
    ],
)
def test_html_is_harmless(html: str, expected: str) -> None:
    """Nothing of a message runs, loads or calls home when somebody opens the record."""
    assert mail_content.sanitised(html) == expected


def test_html_without_text_is_none() -> None:
    """A message of pictures only is sent as the text that it has."""
    content = made(body_html="<img src='cid:1'>", body_text="seen")
    assert (content.values["content"], content.values["mail_format"]) == ("seen", "text")


@given(html=st.text(alphabet="<>/=\"' abcimgsrcripthref:&;#!-", max_size=80))
def test_sanitising_twice_changes_nothing(html: str) -> None:
    """What is clean stays as it is, and holds nothing that loads or runs."""
    once = mail_content.sanitised(html)
    assert mail_content.sanitised(once) == once
    assert not {"<img", "<script", "<style", "<iframe"} & {tag.lower() for tag in once.split()}


@settings(max_examples=20)
@given(subject=st.text(max_size=300), body=st.text(max_size=400), count=st.integers(0, 60))
def test_every_message_fits(subject: str, body: str, count: int) -> None:
    """Whatever a message holds, what is made of it is within Zoho's limits and has all that Zoho wants."""
    people = [builders.person(f"p{n}@x.example", "to") for n in range(count)]
    values = made(subject=subject, body_text=body * 90, recipients=people).values
    assert 0 < utf16_length(values["subject"]) <= 250
    assert 0 < utf16_length(values["content"]) <= 32_000
    assert 0 < len(values["to"]) <= 50
