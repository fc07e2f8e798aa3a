"""The participant rules of the plug-in's page, sentence by sentence: from an Outlook store to what the CRM holds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import vobject

from pipeline import config as settings
from pipeline import extract, schemas, targets, transform
from pipeline.config import Config
from pipeline.load import linking, way_back
from pipeline.load.people import People
from pipeline.load.snapshot import Records
from pipeline.load.way_back import Wanted
from pipeline.outcome import Report
from tests import builders
from tests.builders import person
from tests.load import world
from tests.load.build import row
from tests.load.world import Crm
from tests.pstwriter import keys
from tests.pstwriter.appointments import MEETING, Appointment
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.mapi import Key, Kind
from tests.pstwriter.people import BCC, CC, TO, Person, Recipient
from tests.pstwriter.tasks import Task
from tests.pstwriter.timezone import TOKYO
from tests.sample.store_files import Content, write

SETTINGS = """
[outlook]
time_zone = "Asia/Tokyo"
[[mailbox]]
name = "sato"
files = ["sato/*"]
addresses = ["hanako.sato@kaede-shoji.example", "h.sato@kaede-shoji.example"]
owner = "hanako.sato@kaede-shoji.example"
[[mailbox]]
name = "dana"
files = ["dana/*"]
addresses = ["dana.whitfield@kaede-shoji.example", "d.whitfield@kaede-shoji.example"]
owner = "dana.whitfield@kaede-shoji.example"
"""
SATO, DANA = "hanako.sato@kaede-shoji.example", "dana.whitfield@kaede-shoji.example"
PAGE = Path(__file__).parents[3] / "shared" / "reference" / "outlook-plugin.ja.txt"
NAMES = {"contact": "Contacts", "lead": "Leads"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A CRM after a load: its records, by a name of ours, and what the load said."""

    crm: Crm
    config: Config
    report: Report
    ids: dict[str, str]

    def event(self, title: str) -> dict[str, Any]:
        """Return an event as the CRM holds it."""
        (found,) = [one for one in self.crm.control("GET", "records/Events") if one["Event_Title"] == title]
        return found  # type: ignore[no-any-return]  # any JSON

    def people(self, title: str) -> list[tuple[str, str]]:
        """Return kind and name of ours (else the address) of an event's participants."""
        named = {record_id: name for name, record_id in self.ids.items()}
        found = self.event(title)["Participants"] or []
        return [(one["type"], named.get(one["participant"], one["participant"])) for one in found]

    def remarks(self, rule: str) -> list[dict[str, Any]]:
        """Return the remarks of the run under a rule."""
        return [one for one in world.tables(self.config, self.report, "remarks") if one["rule"] == rule]


def meeting(title: str, *attendees: object, organizer: object = None, **more: object) -> dict[str, Any]:
    """Return a meeting of Sato's mailbox."""
    start, end = builders.instant("2026-06-18T01:00"), builders.instant("2026-06-18T02:00")
    given = {"subject": title, "start_at": start, "end_at": end, "attendees": list(attendees), "organizer": organizer}
    return {**given, "raw_key": f'["goid", "{title}"]', "path": "sato/a.pst", **more}


EXCHANGE = {**person(None, name="総務 代表"), "address_type": "EX", "address": "/O=CORP/CN=SOMU"}
EVENTS = [
    meeting("contact and lead", person("both@x.test")),
    meeting("twins", person("twin@x.test")),
    meeting("second address", person("second@x.test")),
    meeting("lead", person("lead@x.test")),
    meeting("user", person(DANA)),
    meeting("alias of a mailbox", person("d.whitfield@kaede-shoji.example")),
    meeting("left", person("ken.mori@kaede-shoji.example")),
    meeting("nobody", person("nobody@x.test")),
    meeting("made in this run", person("new@x.test")),
    meeting("organizer", person("lead@x.test"), organizer=person("both@x.test", "organizer")),
    meeting("own address", person("lead@x.test"), organizer=person("h.sato@kaede-shoji.example", "organizer")),
    meeting("room", person("lead@x.test"), person("room2@x.test", "resource", "第2会議室")),
    meeting("exchange", person("lead@x.test"), EXCHANGE),
    meeting("sixty", *(person(f"p{number}@x.test") for number in range(60))),
    meeting("two contacts", person("both@x.test"), person("twin@x.test")),
    meeting("one contact and others", person("both@x.test"), person("lead@x.test"), person("nobody@x.test")),
    meeting("same contact twice", person("main@x.test"), person("second@x.test")),
]
CONTACT = Contact(surname="新", emails=[EmailAddress(address="new@x.test")])
# subject, names of contacts, names of companies
TASKS = [
    ("names one", ["Twofold, Ann"], ["Known Ltd"]),
    ("names several of a name", ["Sam Same"], []),
    ("names nobody known", ["No Body"], ["Unknown Ltd"]),
    ("names one made in this run", ["新"], []),
    ("names a second that is known", ["No Body", "Ann Twofold"], []),
]
_ROLES = {"required": TO, "optional": CC, "resource": BCC, "organizer": TO}
_CONTACT_NAMES, _COMPANIES = (Key(Kind.STRINGS, number, keys.PSETID_COMMON) for number in (0x853A, 0x8539))


def _recipient(one: dict[str, Any]) -> Recipient:
    """Return a row of the recipient table."""
    address = one["address"] or one["email"]
    return Recipient(
        name=one["name"] or address,
        address=address,
        kind=one["address_type"] or "SMTP",
        role=_ROLES[one["role"]],
        is_organizer=one["role"] == "organizer",
    )


def _appointment(given: dict[str, Any]) -> Appointment:
    """Return a meeting as Outlook keeps it."""
    people = [one for one in (given["organizer"], *given["attendees"]) if one]
    caller = given["organizer"]
    return Appointment(
        subject=given["subject"],
        start=given["start_at"],
        end=given["end_at"],
        zone=TOKYO,
        state=MEETING,
        organizer=Person(name=caller["email"], address=caller["email"]) if caller else None,
        uid=given["subject"].encode()[:16].ljust(16),
        recipients=[_recipient(one) for one in people],
    )


def _task(subject: str, names: list[str], companies: list[str]) -> Task:
    return Task(subject=subject, extra=[(_CONTACT_NAMES, names), *([(_COMPANIES, companies)] if companies else [])])


def _store() -> bytes:
    names = {Role.CALENDAR: "予定表", Role.CONTACTS: "連絡先", Role.TASKS: "仕事", Role.DELETED: "削除済みアイテム"}
    content = Content(
        name="佐藤 花子",
        seed=7,
        names=names,
        items={
            Role.CALENDAR: [_appointment(one) for one in EVENTS],
            Role.CONTACTS: [CONTACT],
            Role.TASKS: [_task(*one) for one in TASKS],
        },
    )
    return write(content)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load the meetings into a CRM that knows some of the people."""
    directory = tmp_path_factory.mktemp("participants")
    with world.crm(directory / "crm") as crm:
        ids = _people(crm)
        place = directory / "data" / "inbox" / "sato" / "a.pst"
        place.parent.mkdir(parents=True)
        place.write_bytes(_store())
        (directory / "pipeline.toml").write_text(f"{SETTINGS}[engine]\nprocesses = 1\n", encoding="utf-8")
        config = settings.load(directory)
        extract.run(config)
        transform.run(config)
        report = world.run(config, crm)
        made = {one["Email"]: one["id"] for one in crm.records("Contacts", "Email")}
        yield Loaded(crm, config, report, {**ids, "new": made["new@x.test"]})


def _people(crm: Crm) -> dict[str, str]:
    """Make contacts and leads; return their ids by a name of ours, users too."""
    ids = {one["email"]: one["id"] for one in crm.users()}
    ids["known"] = crm.write("POST", "Accounts", Account_Name="Known Ltd")
    for name, module, values in (
        ("first", "Contacts", {"Last_Name": "Twin", "Email": "twin@x.test"}),
        ("later", "Contacts", {"Last_Name": "Twin Later", "Email": "twin@x.test"}),
        ("both", "Contacts", {"Last_Name": "Twofold", "First_Name": "Ann", "Email": "both@x.test"}),
        ("both as lead", "Leads", {"Last_Name": "Twofold", "Company": "X", "Email": "both@x.test"}),
        ("main", "Contacts", {"Last_Name": "Main", "Email": "main@x.test", "Secondary_Email": "second@x.test"}),
        ("lead", "Leads", {"Last_Name": "Lead", "Company": "X", "Email": "lead@x.test"}),
        ("sato as contact", "Contacts", {"Last_Name": "Sato", "Email": "h.sato@kaede-shoji.example"}),
        ("same 1", "Contacts", {"Last_Name": "Same", "First_Name": "Sam", "Email": "sam1@x.test"}),
        ("same 2", "Contacts", {"Last_Name": "Same", "First_Name": "Sam", "Email": "sam2@x.test"}),
    ):
        ids[name] = crm.write("POST", module, **values)
        crm.pass_time(1)
    return ids


# The page's sentences about participants, in its order and its words, each with meetings that show it.
SENTENCES = [
    ("Outlookの予定出席者がZoho CRMの予定参加者として自動的に同期されます",
     {"one contact and others": [("contact", "both"), ("lead", "lead"), ("email", "nobody@x.test")]}),
    ("連絡先、見込み客またはZoho CRMユーザーとして予定に関連付けられます",
     {"made in this run": [("contact", "new")], "lead": [("lead", "lead")], "user": [("user", DANA)]}),
    ("参加者がこれらのいずれでもない場合は、出席者のメールアドレスだけが [参加者] セクションに表示されます",
     {"nobody": [("email", "nobody@x.test")]}),
    ("連絡先と見込み客として存在する場合、Zoho CRMはその連絡先を参加者として予定に関連付け、見込み客は無視されます",
     {"contact and lead": [("contact", "both")]}),
    ("2つの連絡先が出席者と同じメールアドレスであることが判明した場合、Zoho CRMで最初に作成された連絡先が",
     {"twins": [("contact", "first")]}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[sentence[:20] for sentence, _ in SENTENCES])
def test_sentences_of_the_page(loaded: Loaded, sentence: str, expected: dict[str, list[tuple[str, str]]]) -> None:
    """Each sentence holds from a store to what is read back; it is the page's, where that is at hand."""
    if PAGE.exists():
        assert sentence in PAGE.read_text(encoding="utf-8")
    assert {title: loaded.people(title) for title in expected} == expected


def test_the_sentence_of_the_way_back(loaded: Loaded) -> None:
    """Events of the CRM go to Outlook with their participants as attendees (Outlookの予定出席者として含まれます)."""
    ((path, count), *_) = way_back.export(loaded.config, loaded.crm.connection, Wanted())
    read = {one.summary.value: one for one in vobject.readOne(path.read_text(encoding="utf-8")).vevent_list}
    assert count == len(read) == len(EVENTS)
    found = [one.value.removeprefix("mailto:") for one in read["one contact and others"].contents["attendee"]]
    assert found == ["both@x.test", "lead@x.test", "nobody@x.test"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("contact and lead", [("contact", "both")], id="a contact goes before a lead"),
        pytest.param("twins", [("contact", "first")], id="of two contacts the one created first"),
        pytest.param("second address", [("contact", "main")], id="a contact's second address"),
        pytest.param("lead", [("lead", "lead")], id="else a lead"),
        pytest.param("user", [("user", DANA)], id="else a user"),
        pytest.param("alias of a mailbox", [("user", DANA)], id="an alias of a mailbox is its user"),
        pytest.param("left", [("email", "ken.mori@kaede-shoji.example")], id="a user who left is an address"),
        pytest.param("nobody", [("email", "nobody@x.test")], id="else the address alone"),
        pytest.param("made in this run", [("contact", "new")], id="a contact made in this run"),
        pytest.param("organizer", [("contact", "both"), ("lead", "lead")], id="the organizer takes part"),
        pytest.param("own address", [("user", SATO), ("lead", "lead")], id="the mailbox's own address is its user"),
        pytest.param("room", [("lead", "lead")], id="a room takes no part"),
        pytest.param("exchange", [("lead", "lead")], id="nor does who has no address"),
        pytest.param("same contact twice", [("contact", "main")], id="each record once"),
    ],
)
def test_who_takes_part(loaded: Loaded, title: str, expected: list[tuple[str, str]]) -> None:
    """Each attendee is a contact, else a lead, else a user, else an address."""
    assert loaded.people(title) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("contact and lead", "both", id="the only participant"),
        pytest.param("one contact and others", "both", id="the only contact among others"),
        pytest.param("made in this run", "new", id="made in this run"),
        pytest.param("two contacts", None, id="two contacts"),
        pytest.param("lead", None, id="no contact"),
        pytest.param("own address", None, id="own address, though a contact has it"),
    ],
)
def test_the_who_field(loaded: Loaded, title: str, expected: str | None) -> None:
    """An event belongs to a contact when exactly one takes part."""
    held = loaded.event(title)["Who_Id"]
    assert (held["id"] if held else None) == (loaded.ids[expected] if expected else None)


def test_at_most_fifty(loaded: Loaded) -> None:
    """Zoho takes fifty participants; who is beyond them is listed by transform."""
    assert len(loaded.people("sixty")) == 50
    changes = builders.transformed(loaded.config, "changes", schemas.CHANGES)
    beyond = [one["old"] for one in changes if one["rule"] == "more_participants_than_zoho_takes"]
    assert sorted(beyond) == [f"p{number}@x.test" for number in range(50, 60)]


def test_rooms_and_the_unresolved_are_kept_as_text(loaded: Loaded) -> None:
    """A room is the place of the event; who has only an Exchange address is named in its text."""
    assert loaded.event("room")["Venue"] == "第2会議室"
    assert "総務 代表" in loaded.event("exchange")["Description"]


@pytest.mark.parametrize(
    ("address", "chosen", "others", "rule"),
    [
        pytest.param("twin@x.test", "first", ["later"], "created first", id="two contacts"),
        pytest.param("both@x.test", "both", ["both as lead"], "goes first", id="a contact and a lead"),
        pytest.param("h.sato@kaede-shoji.example", SATO, ["sato as contact"], "own user", id="a user and a contact"),
    ],
)
def test_doubts_are_reported(loaded: Loaded, address: str, chosen: str, others: list[str], rule: str) -> None:
    """Where several have an address, all of them are named, and the rule that chose."""
    said = {one["theirs"] for one in loaded.remarks("several_of_the_address") if one["ours"] == address}
    assert said
    for text in said:
        assert text.split()[1] == loaded.ids[chosen]
        assert all(loaded.ids[name] in text for name in others)
        assert rule in text


@pytest.mark.parametrize(
    ("later", "rule"),
    [
        pytest.param({"Email": "shared@x.test"}, "the contact whose first address it is", id="a first address"),
        pytest.param({"Secondary_Email": "shared@x.test"}, "the contact created first", id="a second one both times"),
    ],
)
def test_a_first_address_goes_before_a_second(later: dict[str, str], rule: str) -> None:
    """Whose first address it is goes before whose second it is, whoever was created first; and the remark says so."""
    found = {
        "1": {"id": "1", "Secondary_Email": "shared@x.test", "Created_Time": "2020-01-01T00:00:00+00:00"},
        "2": {"id": "2", **later, "Created_Time": "2025-01-01T00:00:00+00:00"},
    }
    people = People(Records("Contacts", found), Records("Leads", {}), ())
    event = row(targets.EVENTS, 0, "e", Participants=[person("shared@x.test")])
    (linked,) = linking.linked(targets.EVENTS, [event], linking.directory(people, {"Events": [event]}), {})
    (remark,) = linked.remarks
    first, second = ("2", "1") if "Email" in later else ("1", "2")
    assert remark.theirs == f"contact {first} of contact {first}, contact {second}; rule: {rule}"


def test_the_summary_says_who_they_are(loaded: Loaded) -> None:
    """The report counts participants by what they became."""
    kinds = [kind for event in EVENTS for kind, _ in loaded.people(str(event["subject"]))]
    counts = {kind: kinds.count(kind) for kind in ("contact", "lead", "user", "email")}
    (said,) = [note for note in loaded.report.notes if "participants:" in note]
    assert said == (
        f"Events: {len(kinds)} participants: {counts['contact']} contacts, {counts['lead']} leads, "
        f"{counts['user']} users, {counts['email']} by address only; nobody was invited."
    )


def test_nobody_is_invited(loaded: Loaded) -> None:
    """No request could mail anybody; bare addresses are sent under both spellings of their key."""
    sent = [one for one in loaded.crm.changes() if one["path"].endswith("/Events")]
    bodies = [json.loads(one["body"]) for one in sent]
    ours = [body for body in bodies if "skip_feature_execution" in body]
    assert ours
    for body in ours:
        assert body["trigger"] == []
        assert all(record["$send_notification"] is False for record in body["data"])
        bare = [one for record in body["data"] for one in record.get("Participants", ()) if one["type"] == "email"]
        assert bare
        assert all(one["participant"] == one["Email"] for one in bare)
    assert loaded.crm.control("GET", "outbox") == []


def test_again_nothing_is_sent(loaded: Loaded) -> None:
    """Aliases and second addresses are no change: the second load sends nothing."""
    again = world.run(loaded.config, loaded.crm)
    assert [(one.module, one.created, one.updated) for one in again.loads if one.created or one.updated] == []


@pytest.mark.parametrize(
    ("subject", "who", "what"),
    [
        pytest.param("names one", "both", "known", id="contact and company"),
        pytest.param("names several of a name", None, None, id="several contacts of the name"),
        pytest.param("names nobody known", None, None, id="nobody of the name"),
        pytest.param("names one made in this run", "new", None, id="made in this run"),
        pytest.param("names a second that is known", "both", None, id="the second of two"),
    ],
)
def test_tasks_belong_to_whom_outlook_names(loaded: Loaded, subject: str, who: str | None, what: str | None) -> None:
    """A task is linked to the contact and the company that it names, where exactly one has the name."""
    (task,) = [one for one in loaded.crm.control("GET", "records/Tasks") if one["Subject"] == subject]
    found = [held and held["id"] for held in (task["Who_Id"], task["What_Id"])]
    assert found == [name and loaded.ids[name] for name in (who, what)]


def test_names_that_were_not_found_are_reported(loaded: Loaded) -> None:
    """Each name that nobody or several have is a remark, with the candidates; the name stays in the task's text."""
    assert {one["ours"] for one in loaded.remarks("nobody_of_the_name")} == {"No Body", "Unknown Ltd"}
    (several,) = loaded.remarks("several_of_the_name")
    assert (several["ours"], set(several["theirs"].split(", "))) == (
        "Sam Same",
        {loaded.ids["same 1"], loaded.ids["same 2"]},
    )
    (task,) = [one for one in loaded.crm.control("GET", "records/Tasks") if one["Subject"] == "names nobody known"]
    assert "No Body" in task["Description"]
