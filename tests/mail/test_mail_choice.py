"""Which messages become e-mails or cases: each of the page's ways, and what wins over what."""

from pathlib import Path
from typing import Any

import pytest

from pipeline import config
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.transform import mail_choice, mail_list
from pipeline.transform.mail_choice import Choice, Rules
from tests import builders

ME = "hanako.sato@kaede.example"
SETTINGS = """
[mail]
sent_items = true
categories = ["Zoho CRM"]
folders = ["Customers"]
deal_folders = ["Deals/*"]
deal_categories = ["Deal: ", "商談:"]
[cases]
categories = ["Support"]
folders = ["/Top/Inbox/Help desk"]
"""


def message(**values: Any) -> builders.Row:
    """Return one extracted message, received from bob unless said otherwise."""
    usual = {
        "message_id": "<1@x.example>",
        "author": builders.person("bob@ray.example", "from"),
        "folder": "/Top/Inbox",
    }
    return builders.rows("messages", usual | values)[0]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return rules of every kind."""
    return _rules(tmp_path_factory.mktemp("rules"), SETTINGS)


def _rules(project: Path, toml: str) -> Rules:
    found = _config(project, toml)
    return Rules(mail=found.mail, cases=found.cases, listed=mail_list.read(project))


def _config(project: Path, toml: str) -> Config:
    (project / "pipeline.toml").write_text(toml, encoding="utf-8")
    return config.load(project, project)


@pytest.mark.parametrize(
    ("values", "sent", "way", "is_case"),
    [
        pytest.param({}, False, "", False, id="nothing asks for it"),
        pytest.param({"folder": "/Top/Inbox/Customers"}, False, "folder", False, id="add: a folder"),
        pytest.param({"folder": "/Top/Inbox/customers/Ray"}, False, "folder", False, id="add: a folder below"),
        pytest.param({"folder": "/Top/Customers list"}, False, "", False, id="another folder of a like name"),
        pytest.param({"folder_role": "sent_items"}, True, "sent_mail", False, id="sent mail automatically"),
        pytest.param({}, True, "", False, id="sent, but not in Sent Items"),
        pytest.param({"categories": ["zoho crm "]}, True, "category", False, id="send and add: a category"),
        pytest.param({"categories": ["Zoho CRM"]}, False, "category", False, id="a category of a received message"),
        pytest.param({"categories": ["Support"]}, False, "", True, id="a case by category"),
        pytest.param({"folder": "/Top/Inbox/Help desk"}, False, "", True, id="a case by folder"),
        pytest.param({"folder": "/Top/Help desk"}, False, "", False, id="not that folder"),
        pytest.param(
            {"folder": "/Top/Inbox/Customers", "categories": ["Support"]}, False, "folder", True, id="e-mail and case"
        ),
    ],
)
def test_ways(rules: Rules, values: dict[str, Any], way: str, *, sent: bool, is_case: bool) -> None:
    """A message is chosen by folder, by category, or because it was sent; a case by folder or category."""
    assert mail_choice.choose(message(**values), rules, is_sent=sent) == Choice(way, (), is_case)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["<1@x.example>,email,"], Choice("listed"), id="add: this message"),
        pytest.param(["<1@x.example>,email,Deals:77"], Choice("listed", ("Deals:77",)), id="search and add: a record"),
        pytest.param(
            ["<1@x.example>,email,Ray Bob", "<1@x.example>,email,an@abe.example"],
            Choice("listed", ("Ray Bob", "an@abe.example")),
            id="several records",
        ),
        pytest.param(["<1@x.example>,case,"], Choice("", (), is_case=True), id="a case, though the folder says e-mail"),
        pytest.param(["<1@x.example>,both,"], Choice("listed", (), is_case=True), id="both"),
        pytest.param(["<1@x.example>,nothing,"], Choice(), id="nothing, though the folder says e-mail"),
        pytest.param(["<2@x.example>,nothing,"], Choice("folder"), id="another message"),
    ],
)
def test_a_line_of_the_list_wins(tmp_path: Path, lines: list[str], expected: Choice) -> None:
    """What a person wrote into data/mail.csv of a message wins over every rule; an item_id names it too."""
    row = message(folder="/Top/Customers")
    for name in ("<1@x.example>", row["item_id"]):
        directory = tmp_path / "data"
        directory.mkdir(exist_ok=True)
        text = "\n".join(["message,as,record", *(line.replace("<1@x.example>", name) for line in lines)])
        (directory / "mail.csv").write_text(text, encoding="utf-8")
        assert mail_choice.choose(row, _rules(tmp_path, SETTINGS), is_sent=False) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("message,record\n", "no column as", id="no column"),
        pytest.param("message,as\n<1>,mail\n", "line 2: as is 'mail'", id="unknown word"),
        pytest.param("message,as\n,email\n", "names no message", id="no message"),
        pytest.param("message,as,record\n<1>,case,Bob\n", "for an e-mail only", id="record of a case"),
        pytest.param("message,as\n<1>,case\n<1>,email\n", "line 3: the message was said to be 'case'", id="both ways"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A list that cannot be meant stops the run with its line."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mail.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        mail_list.read(tmp_path)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"folder": "/Top/Deals/New office"}, "New office", id="a folder"),
        pytest.param({"folder": "/Top/Deals/New office/Letters"}, "New office", id="a folder below the deal's"),
        pytest.param({"folder": "/Top/Deals/A\\/B"}, "A/B", id="a name with a slash"),
        pytest.param({"categories": ["Red", "deal: New office"]}, "New office", id="a category"),
        pytest.param({"categories": ["商談:新社屋"]}, "新社屋", id="a Japanese category"),
        pytest.param({"categories": ["Deal: "]}, None, id="a category that names none"),
        pytest.param({"folder": "/Top/Deals"}, None, id="the folder above"),
        pytest.param(
            {"folder": "/Top/Deals/Folder's", "categories": ["Deal: Category's"]},
            "Folder's",
            id="one deal: the folder's",
        ),
    ],
)
def test_deal(rules: Rules, values: dict[str, Any], expected: str | None) -> None:
    """The folder, else a category, names the one deal of a message."""
    assert mail_choice.deal(message(**values), rules.mail) == expected


def test_without_settings_nothing_is_chosen(tmp_path: Path) -> None:
    """What cannot be taken back is off until somebody asks for it."""
    rules = _rules(tmp_path, "")
    assert not rules.are_any
    assert mail_choice.choose(message(folder_role="sent_items"), rules, is_sent=True) == Choice()


@pytest.mark.parametrize(
    ("values", "everybody", "expected"),
    [
        pytest.param({}, False, ("bob@ray.example",), id="received: who wrote it"),
        pytest.param(
            {"recipients": [builders.person(ME, "to"), builders.person("an@abe.example", "cc")]},
            True,
            ("bob@ray.example", "an@abe.example"),
            id="received: everybody, where that is asked for",
        ),
        pytest.param(
            {
                "author": builders.person(ME, "from"),
                "folder_role": "sent_items",
                "recipients": [
                    builders.person("an@abe.example", "to"),
                    builders.person("AN@abe.example", "cc"),
                    builders.person("colleague@kaede.example", "cc"),
                    builders.person(ME, "bcc"),
                    builders.person("Zed@else.example", "bcc"),
                    builders.person(None, "to", "Nobody Known"),
                ],
            },
            False,
            ("an@abe.example", "Zed@else.example"),
            id="sent: whom it went to, each once, no colleague",
        ),
        pytest.param({"author": builders.person("boss@kaede.example", "from")}, False, (), id="from a colleague"),
        pytest.param(
            {"author": builders.person(None, "from", "x"), "sender": builders.person("bob@ray.example", "from")},
            False,
            ("bob@ray.example",),
            id="only the sender has an address",
        ),
    ],
)
def test_correspondents(values: dict[str, Any], expected: tuple[str, ...], *, everybody: bool) -> None:
    """A message belongs to who wrote it, or to those whom it was sent to; colleagues are nobody's contacts."""
    row = message(**values)
    sent = mail_choice.is_sent(row, builders.home())
    own, domains = frozenset({ME}), frozenset({"kaede.example"})
    assert mail_choice.correspondents(row, own, domains, sent=sent, everybody=everybody) == expected


def test_sent_is_by_folder_or_author() -> None:
    """A message was sent by the mailbox if it lies in Sent Items, or one of the mailbox's addresses wrote it."""
    at = builders.home()
    assert mail_choice.is_sent(message(folder_role="sent_items"), at)
    assert mail_choice.is_sent(message(author=builders.person("SATO@kaede.example", "from")), at)
    assert not mail_choice.is_sent(message(), at)
