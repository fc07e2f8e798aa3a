"""The page's rules of cases and e-mails, sentence by sentence: from an Outlook data file to records of the sandbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import config as settings
from pipeline import extract, transform
from pipeline.outcome import Report
from tests.load import world
from tests.load.world import Crm
from tests.mail.mails import ids
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Message
from tests.pstwriter.people import CC, Person, Recipient
from tests.sample.store_files import Content, write

PAGE = Path(__file__).parents[3] / "shared" / "reference" / "outlook-plugin.ja.txt"
DEAL = "Birchwood warehouse signage"
OLIVER = Person(name="Oliver Grant", address="oliver.grant@birchwood.example")  # a contact of the CRM
PRIYA = Person(name="Priya Nair", address="priya.nair@copperleaf.example")  # a lead of the CRM
KIMURA = Person(name="木村 大輔", address="daisuke.kimura@sakura-denki.example")  # a lead, and a contact of this run
NEW = Person(name="Nora New", address="nora@new.example")  # a contact of this run
STRANGER = Person(name="Sam Stranger", address="sam@stranger.example")  # nobody's
ME = Person(name="Dana Whitfield", address="dana.whitfield@kaede-shoji.example")
COLLEAGUE = Person(name="Hana", address="hana@kaede-shoji.example")
TOML = """
[[mailbox]]
name = "dana"
files = ["*"]
addresses = ["dana.whitfield@kaede-shoji.example"]
owner = "dana.whitfield@kaede-shoji.example"
time_zone = "Europe/London"
[mail]
sent_items = true
categories = ["Add"]
folders = ["Customers", "Deal folders"]
without_contact = "lead"
deal_categories = ["Deal: "]
only_open_deal = true
[cases]
folders = ["Support"]
categories = ["Case"]
per = "conversation"
[leads]
folders = ["Prospects"]
[engine]
processes = 1
"""
LIST = """message,as,record
<chosen@x.example>,email,Deals:{deal}
<searched@x.example>,email,agnes.fairweather@old-mill.example
<byname@x.example>,email,Fairweather Agnes
<not@x.example>,nothing,
<listed-case@x.example>,case,
"""


def mail(key: str, sender: Person, *to: Person, minutes: int = 0, **more: Any) -> Message:
    """Return a message; its Message-ID is of its key."""
    at = datetime(2026, 5, 11, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    recipients = [Recipient(name=one.name, address=one.address) for one in to or (ME,)]
    usual = {
        "subject": f"About {key}",
        "body": f"Text of {key}\r\n",
        "sent_at": at,
        "received_at": at,
        "message_id": f"<{key}@x.example>",
        "recipients": recipients,
    }
    return Message(sender=sender, **{**usual, **more})


def contact(person: Person, **more: Any) -> Contact:
    """Return a contact of the store."""
    given, _, surname = person.name.partition(" ") if person is not KIMURA else ("大輔", "", "木村")
    return Contact(given_name=given, surname=surname, emails=[EmailAddress(address=person.address)], **more)


INBOX = [
    mail("chosen", STRANGER),
    mail("searched", STRANGER),
    mail("byname", OLIVER),
    mail("not", OLIVER, categories=["Add"]),
    mail("nothing", OLIVER),
    mail("category", OLIVER, categories=["Add"]),
    mail("deal", PRIYA, categories=["Add", f"Deal: {DEAL}"]),
    mail("nodeal", PRIYA, categories=["Add", "Deal: No such"]),
    mail("listed-case", OLIVER),
    mail("case-category", NEW, categories=["Case"]),
    mail("both", NEW, categories=["Case", "Add"]),
    mail("copied", OLIVER, ME, categories=["Add"], recipients=[
        Recipient(name=ME.name, address=ME.address), Recipient(name=PRIYA.name, address=PRIYA.address, role=CC)]),
]  # fmt: skip
CUSTOMERS = [
    mail("folder", OLIVER),
    mail("lead", PRIYA),
    mail("contact-and-lead", KIMURA),
    mail("of-this-run", NEW),
    mail("stranger", STRANGER),
    mail("colleague", COLLEAGUE),
    mail("folder", OLIVER),  # another copy
]
SENT = [mail("sent", ME, OLIVER, PRIYA, STRANGER, COLLEAGUE), mail("sent-case", ME, OLIVER, categories=["Case"])]
SUPPORT = [
    mail("case", OLIVER, subject="Broken"),
    mail("case-again", OLIVER, minutes=1, subject="Broken"),
    mail(
        "reply", OLIVER, minutes=2, subject="RE: Broken", in_reply_to="<case@x.example>", references="<case@x.example>"
    ),
    mail("case-of-stranger", STRANGER),
    mail("case-of-lead", PRIYA),
]
NAMES = {
    Role.INBOX: "Inbox", Role.SENT: "Sent Items", Role.DELETED: "Deleted Items", Role.CONTACTS: "Contacts",
    Role.DRAFTS: "Drafts",
}  # fmt: skip
STORE = Content(
    name="Dana",
    seed=5,
    names=NAMES,
    items={Role.INBOX: INBOX, Role.SENT: SENT, Role.CONTACTS: [contact(NEW), contact(KIMURA)]},
    below=[
        (Role.INBOX, "Customers", CUSTOMERS),
        (Role.INBOX, "Support", SUPPORT),
        (Role.CONTACTS, "Prospects", [contact(Person(name="Pia Prospect", address="pia@prospect.example"))]),
    ],
)


@dataclass(frozen=True)
class Done:
    """What the line made of the store, twice; who is who in the CRM afterwards."""

    crm: Crm
    first: Report
    second: Report
    known: dict[str, str]
    emails: dict[str, set[tuple[str, str]]]
    cases: list[dict[str, Any]]
    codes: dict[str, int]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Run the whole line twice."""
    project = tmp_path_factory.mktemp("page")
    with world.crm(project / "crm") as crm:
        before = ids(crm)
        crm.write("PUT", "Deals", id=before[DEAL], Contact_Name={"id": before[OLIVER.address]})
        (project / "data" / "inbox").mkdir(parents=True)
        (project / "data" / "inbox" / "dana.pst").write_bytes(write(STORE))
        (project / "data" / "mail.csv").write_text(LIST.format(deal=before[DEAL]), encoding="utf-8")
        (project / "pipeline.toml").write_text(TOML, encoding="utf-8")
        config = settings.load(project)
        extract.run(config)
        transform.run(config)
        first = world.run(config, crm)
        codes = [one for one in world.tables(config, first, "outcomes") if one["code"]]
        yield Done(
            crm=crm,
            first=first,
            second=world.run(config, crm),
            known=ids(crm),
            emails=_emails(crm),
            cases=crm.records("Cases", "Subject,Related_To,Email,Status,Case_Origin,Description,Owner"),
            codes={f"{module} {code}": _count(codes, module, code) for module, code in _pairs(codes)},
        )


def _emails(crm: Crm) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for one in crm.control("GET", "emails"):
        key = one["original_message_id"][1:].partition("@")[0]
        found.setdefault(key, set()).add((one["module"], one["record"]))
    return found


def _pairs(codes: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["module"], one["code"]) for one in codes}


def _count(codes: list[dict[str, Any]], module: str, code: str) -> int:
    return sum((one["module"], one["code"]) == (module, code) for one in codes)


# The page's sentences about e-mails, in its order and its words, each with messages and the records they are on.
SENTENCES = [
    ("Zoho CRMの見込み客、連絡先、または商談データに関連付けることができます",
     {"lead": [("Leads", PRIYA.address)], "folder": [("Contacts", OLIVER.address)], "chosen": [("Deals", DEAL)]}),
    ("メールメッセージを追加する前に、そのメールに対応する連絡先がZoho CRMに存在することを確認してください",
     {"of-this-run": [("Contacts", NEW.address)]}),
    ("連絡先が存在しない場合は、メールの設定に基づいて、メールがCRMのデータに関連付けられます",
     {"stranger": [("Leads", STRANGER.address)]}),
    ("[メールの追加]オプション", {"folder": [("Contacts", OLIVER.address)]}),
    ("[メールの検索と追加]オプション",
     {"byname": [("Contacts", "agnes.fairweather@old-mill.example")], "chosen": [("Deals", DEAL)]}),
    ("[自動的に送信メールを追加]オプション",
     {"sent": [("Contacts", OLIVER.address), ("Leads", PRIYA.address), ("Leads", STRANGER.address)]}),
    ("[作成]ウィンドウの[送信と追加]オプション", {"category": [("Contacts", OLIVER.address)]}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[sentence[:20] for sentence, _ in SENTENCES])
def test_sentences_of_the_page(done: Done, sentence: str, expected: dict[str, list[tuple[str, str]]]) -> None:
    """Each sentence holds from a store to what is read back; it is the page's, where that is at hand."""
    _is_on_the_page(sentence)
    found = {key: done.emails[key] for key in expected}
    assert found == {key: {(module, done.known[name]) for module, name in on} for key, on in expected.items()}


def _is_on_the_page(sentence: str) -> None:
    if PAGE.exists():
        assert sentence in PAGE.read_text(encoding="utf-8")


def test_the_sentences_of_cases(done: Done) -> None:
    """A message of a contact is added as a case, and the page's four rows are its fields; nobody else's becomes one."""
    _is_on_the_page("メールメッセージをMicrosoft OutlookからZoho CRMに問い合わせとして追加できます")
    _is_on_the_page(
        "メールメッセージを追加する前に、そのメールに対応する連絡先がZoho CRMに存在することを確認してください"
    )
    (case,) = [one for one in done.cases if one["Subject"] == "About listed-case"]
    held = {
        "メールアドレス": case["Email"],
        "連絡先の名前": case["Related_To"]["id"],
        "問い合わせの説明": case["Description"],
    }
    assert held == {
        "メールアドレス": OLIVER.address,
        "連絡先の名前": done.known[OLIVER.address],
        "問い合わせの説明": "Text of listed-case",
    }
    assert not [one for one in done.cases if one["Email"] in {STRANGER.address, PRIYA.address}]


def test_where_no_contact_exists_the_settings_may_also_leave_it_out(tmp_path: Path) -> None:
    """Without a setting that makes leads, a message of nobody's contact is skipped and listed, and nobody is made."""
    names = {Role.INBOX: "Inbox", Role.DELETED: "Deleted Items"}
    items = {Role.INBOX: [mail("stranger", STRANGER, categories=["Add"]), mail("lead", PRIYA, categories=["Add"])]}
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "dana.pst").write_bytes(
        write(Content(name="Dana", seed=6, names=names, items=items))
    )
    toml = TOML.replace('without_contact = "lead"', 'without_contact = "skip"')
    (tmp_path / "pipeline.toml").write_text(toml, encoding="utf-8")
    config = settings.load(tmp_path)
    with world.crm(tmp_path / "crm") as crm:
        before = len(crm.records("Leads", "Email"))
        extract.run(config)
        transform.run(config)
        report = world.run(config, crm)
        codes = [one["code"] for one in world.tables(config, report, "outcomes") if one["module"] == "Emails"]
        assert sorted(code or "" for code in codes) == ["", "no_contact"]
        assert list(_emails(crm)) == ["lead"]
        assert len(crm.records("Leads", "Email")) == before


@pytest.mark.parametrize(
    ("key", "records"),
    [
        pytest.param("folder", [("Contacts", OLIVER.address)], id="add: a chosen folder, once for its copies"),
        pytest.param("category", [("Contacts", OLIVER.address)], id="send and add: a category"),
        pytest.param("sent", [("Contacts", OLIVER.address), ("Leads", PRIYA.address), ("Leads", STRANGER.address)],
                     id="sent mail automatically: to everybody it went to, no colleague"),
        pytest.param("chosen", [("Deals", DEAL)], id="search and add: a chosen deal"),
        pytest.param("searched", [("Contacts", "agnes.fairweather@old-mill.example")], id="search and add: an address"),
        pytest.param("byname", [("Contacts", "agnes.fairweather@old-mill.example")], id="search and add: a name"),
        pytest.param("not", [], id="a line of the list says nothing"),
        pytest.param("nothing", [], id="nothing asks for it"),
        pytest.param("lead", [("Leads", PRIYA.address)], id="the sender is a lead"),
        pytest.param("contact-and-lead", [("Contacts", KIMURA.address)], id="a contact before a lead"),
        pytest.param("of-this-run", [("Contacts", NEW.address)], id="a contact that this run makes"),
        pytest.param("stranger", [("Leads", STRANGER.address)], id="no contact: the setting makes a lead"),
        pytest.param("colleague", [], id="a colleague is nobody's contact"),
        pytest.param("copied", [("Contacts", OLIVER.address)], id="received: who wrote it, not who was copied"),
        pytest.param("both", [("Contacts", NEW.address)], id="e-mail and case"),
        pytest.param("sent-case", [("Contacts", OLIVER.address)], id="sent mail is no case"),
    ],
)  # fmt: skip
def test_emails(done: Done, key: str, records: list[tuple[str, str]]) -> None:
    """Each way of the page attaches a message to the records that it should, and to no other."""
    assert done.emails.get(key, set()) == {(module, done.known[name]) for module, name in records}


@pytest.mark.parametrize(
    ("key", "deal"),
    [
        pytest.param("deal", DEAL, id="a category names the deal"),
        pytest.param("nodeal", None, id="a deal that is not there"),
        pytest.param("category", DEAL, id="the contact's only open deal"),
        pytest.param("lead", None, id="a lead has no deal"),
    ],
)
def test_deals(done: Done, key: str, deal: str | None) -> None:
    """One deal by rule, or none."""
    (found,) = [one for one in done.crm.control("GET", "emails") if one["original_message_id"] == f"<{key}@x.example>"]
    assert (found.get("linked_record") or {}).get("id") == (done.known[deal] if deal else None)


@pytest.mark.parametrize(
    ("subject", "sender"),
    [
        pytest.param("Broken", [OLIVER, OLIVER], id="by folder; two of one subject are two, a reply is none"),
        pytest.param("About listed-case", [OLIVER], id="by the list"),
        pytest.param("About case-category", [NEW], id="by category, of a contact that this run makes"),
        pytest.param("About both", [NEW], id="e-mail and case"),
        pytest.param("RE: Broken", [], id="a later message of the conversation is in the first one's case"),
        pytest.param("About case-of-stranger", [], id="no contact: no case"),
        pytest.param("About case-of-lead", [], id="a lead is no contact"),
        pytest.param("About sent-case", [], id="what the mailbox sent is no case"),
    ],
)
def test_cases(done: Done, subject: str, sender: list[Person]) -> None:
    """A received message of a contact becomes a case, with subject, contact, address, text, origin and status."""
    found = [one for one in done.cases if one["Subject"] == subject]
    assert [one["Email"] for one in found] == [person.address for person in sender]
    assert [one["Related_To"]["id"] for one in found] == [done.known[person.address] for person in sender]
    assert {(one["Status"], one["Case_Origin"], one["Owner"]["email"]) for one in found} <= {
        ("New", "Email", ME.address)
    }


def test_a_conversation_names_its_later_messages(done: Done) -> None:
    """The case of a conversation has the text of its first message, and a line for each later one."""
    texts = sorted(one["Description"] for one in done.cases if one["Subject"] == "Broken")
    assert texts[0].startswith("Text of case\n\nLater messages:\n- 2026-05-11 10:02 Oliver Grant: RE: Broken")
    assert texts[1] == "Text of case-again"


def test_what_is_left_out_is_listed(done: Done) -> None:
    """Cases without a contact are skipped rows with a code; the leads of people who are contacts are not made."""
    assert done.codes["Cases no_contact"] == 2
    assert any("Cases: 2 rows skipped: no_contact" in note for note in done.first.notes)


def test_leads(done: Done) -> None:
    """Contacts of a chosen folder are leads, and so is a stranger of mail; who was there is not made twice."""
    emails = [one["Email"] for one in done.crm.records("Leads", "Email")]
    assert sorted(emails) == sorted({*emails})
    assert {"pia@prospect.example", STRANGER.address, PRIYA.address} <= {*emails}
    assert "pia@prospect.example" not in {one["Email"] for one in done.crm.records("Contacts", "Email")}


def test_a_second_load_sends_nothing(done: Done) -> None:
    """Everything is there once; nobody was told."""
    assert sum(one.sent for one in done.second.loads) == 0
    assert done.crm.control("GET", "outbox") == []
