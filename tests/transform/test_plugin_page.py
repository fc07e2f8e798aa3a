"""Each row of the plug-in's page: a value in, its field, one unit short of its length, as long, and one too long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipeline import schemas, transform
from pipeline.config import Config
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS, Target
from pipeline.targets import CASES as CASES_TARGET
from tests import builders
from tests.builders import Row

# Outlook's field as the page names it | extracted column | Zoho field | length | what happens to one unit more.
CONTACT_ROWS = """
名                    given_name            First_Name       40     cut
姓                    surname               Last_Name        80     cut
メール1                email1                Email            100    moved
役職                   job_title             Title            100    cut
部署                   department            Department       50     cut
会社電話番号             business_phone        Phone            50     moved
自宅電話番号             home_phone            Home_Phone       30     moved
電話番号(その他)         other_phone           Other_Phone      30     moved
会社FAX番号             business_fax          Fax              30     moved
携帯電話番号             mobile_phone          Mobile           30     moved
アシスタント名            assistant             Assistant        50     cut
電話番号(アシスタント)     assistant_phone       Asst_Phone       30     moved
番地(会社)              business_street       Mailing_Street   250    cut
市区町村(会社)           business_city         Mailing_City     30     cut
都道府県(会社)           business_state        Mailing_State    30     cut
郵便番号(会社)           business_postal_code  Mailing_Zip      30     cut
国(会社)                business_country      Mailing_Country  30     cut
番地(その他)             other_street          Other_Street     250    cut
市区町村(その他)          other_city            Other_City       30     cut
都道府県(その他)          other_state           Other_State      30     cut
郵便番号(その他)          other_postal_code     Other_Zip        30     cut
国(その他)              other_country         Other_Country    30     cut
説明                   notes                 Description      32000  cut
"""
TASK_ROWS = """
件名                   subject               Subject          255    cut
説明                   body                  Description      32000  cut
"""
EVENT_ROWS = """
件名                   subject               Event_Title      255    cut
場所                   location              Venue            255    cut
説明                   body                  Description      32000  cut
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the page at one length."""

    table: str
    column: str
    field: str
    length: int
    over: int  # -1, 0 or 1 unit more than the field holds
    what: str

    @property
    def value(self) -> str:
        """A value of that length, acceptable but for it."""
        wanted = self.length + self.over
        if self.column.startswith("email"):
            return f"{'a' * (wanted - len('@midori.example'))}@midori.example"
        if self.what == "moved":
            return ",".join(["012345678901234"] * 5)[:wanted]
        return ("東京𠮷" + "あ" * wanted)[: wanted - 1]  # the third character is two UTF-16 units


def _cases(table: str, text: str) -> list[Case]:
    rows = [line.split() for line in text.strip().splitlines()]
    return [
        Case(table, column, field, int(length), over, what)
        for _, column, field, length, what in rows
        for over in (-1, 0, 1)
    ]


CASES = [*_cases("contacts", CONTACT_ROWS), *_cases("tasks", TASK_ROWS), *_cases("events", EVENT_ROWS)]
_BASE: Mapping[str, Row] = {
    "contacts": {},
    "tasks": {},
    "events": {"start_at": builders.instant("2026-07-08T08:00"), "end_at": builders.instant("2026-07-08T09:00")},
}
_TARGETS: Mapping[str, Target] = {"contacts": CONTACTS, "tasks": TASKS, "events": EVENTS}
_MAIN = {"contacts": "surname", "tasks": "subject", "events": "subject"}


def _row(number: int, case: Case) -> Row:
    return {**_BASE[case.table], _MAIN[case.table]: f"item{number}", case.column: case.value}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a project in which every case went through transform in one run."""
    found = builders.project(tmp_path_factory.mktemp("page"))
    listed = {
        table: [_row(number, case) for number, case in enumerate(CASES) if case.table == table] for table in _BASE
    }
    builders.extracted(found, listed)
    transform.run(found)
    return found


@pytest.fixture(scope="module")
def ready(project: Config) -> Mapping[tuple[str, str], Row]:
    """Return the ready rows by table and item."""
    return {
        (table, row["item_ids"][0]): row
        for table, target in _TARGETS.items()
        for row in builders.transformed(project, f"ready/{table}", target.schema())
    }


@pytest.fixture(scope="module")
def changes(project: Config) -> Mapping[tuple[str, str], str]:
    """Return source_key and field of every change → its rule."""
    rows = builders.transformed(project, "changes", schemas.CHANGES)
    return {(row["source_key"], row["field"]): row["rule"] for row in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.table}-{case.field}{case.over:+d}")
def test_each_row_of_the_page(
    case: Case, ready: Mapping[tuple[str, str], Row], changes: Mapping[tuple[str, str], str]
) -> None:
    """What fits arrives as it is; a text that does not is cut and listed, a number or address moved and listed."""
    number = sum(one.table == case.table for one in CASES[: CASES.index(case)])
    found = ready[case.table, f"{builders.sha('sato/a.csv')[:16]}:r{number + 1}"]
    key = (found["cluster_key"], case.field)
    if case.over <= 0:
        assert found[case.field] == case.value
        assert key not in changes
    elif case.what == "cut":
        assert found[case.field] == case.value[:-1]
        assert changes[key] == "cut_to_length"
    else:
        assert found[case.field] is None
        assert case.value in found["Description"]
        assert changes[key] in {"number_too_long", "address_too_long"}


_OF_TABLE: Mapping[str, Target] = {**_TARGETS, "cases": CASES_TARGET}
_AT, _END = builders.instant("2026-07-08T08:00"), builders.instant("2026-07-08T09:00")
_NAMED: Row = {"surname": "高橋", "given_name": "美咲"}
_MANAGER = "上" * 50
_SENDER = builders.person("ann@birch.example", "from", "Ann Grant")
# The rows of the page without a length: the page's name, the table, the row, the Zoho field, the value out.
PLAIN = [
    ("誕生日", "contacts", {**_NAMED, "birthday_date": date(1980, 2, 29)}, "Date_of_Birth", date(1980, 2, 29)),
    (
        "マネージャー名",
        "contacts",
        {**_NAMED, "manager": _MANAGER},
        "Description",
        f"上司: {_MANAGER}",
    ),
    ("期限", "tasks", {"subject": "a", "due_date": date(2026, 5, 22)}, "Due_Date", date(2026, 5, 22)),
    ("優先度", "tasks", {"subject": "b", "importance": "high"}, "Priority", "High"),
    ("ステータス", "tasks", {"subject": "c", "status": "in_progress"}, "Status", "In Progress"),
    ("開始日時", "events", {"subject": "d", "start_at": _AT, "end_at": _END}, "Start_DateTime", _AT),
    ("終了日時", "events", {"subject": "e", "start_at": _AT, "end_at": _END}, "End_DateTime", _END),
    ("メールアドレス", "cases", {"subject": "f", "sender": _SENDER}, "Email", "ann@birch.example"),
    ("連絡先の名前", "cases", {"subject": "g", "sender": _SENDER}, "Related_To", "ann@birch.example"),
    ("メールの件名", "cases", {"subject": "h", "sender": _SENDER}, "Subject", "h"),
    ("メールの内容", "cases", {"subject": "i", "sender": _SENDER, "body_text": "Broken"}, "Description", "Broken"),
]


@pytest.mark.parametrize(
    ("table", "row", "field", "expected"), [row[1:] for row in PLAIN], ids=[f"{row[1]}-{row[3]}" for row in PLAIN]
)
def test_each_row_without_a_length(tmp_path: Path, table: str, row: Row, field: str, expected: object) -> None:
    """Days, times, choices and people arrive in their fields as they are."""
    found = builders.project(tmp_path, builders.MAILBOXES + '[cases]\nfolders = ["Support"]\n')
    given = {**row, "message_id": "<a>", "folder": "/Top/Support"} if table == "cases" else row
    source = _OF_TABLE[table].source
    builders.extracted(found, {source: [{**given, "path": "sato/a.pst"}]}, {"sato/a.pst": "pst-unicode"})
    transform.run(found)
    (ready,) = builders.transformed(found, f"ready/{table}", _OF_TABLE[table].schema())
    assert ready[field] == expected


def test_attendees(tmp_path: Path) -> None:
    """出席者: everybody takes part by the address."""
    people = [builders.person("ann@birch.example"), builders.person("bob@ray.example")]
    found = builders.project(tmp_path)
    builders.extracted(found, {"events": [{"subject": "会議", "start_at": _AT, "end_at": _END, "attendees": people}]})
    transform.run(found)
    (ready,) = builders.transformed(found, "ready/events", EVENTS.schema())
    assert {one["email"] for one in ready["Participants"]} == {"ann@birch.example", "bob@ray.example"}


@pytest.mark.parametrize(("length", "is_taken"), [(199, True), (200, True), (201, False)])
def test_the_company(tmp_path: Path, length: int, *, is_taken: bool) -> None:
    """組織名: the contact points to the account of that name; one that is too long is no account, and listed."""
    found = builders.project(tmp_path)
    builders.extracted(found, {"contacts": [{**_NAMED, "company": "社" * length}]})
    transform.run(found)
    accounts = builders.transformed(found, "ready/accounts", ACCOUNTS.schema())
    (contact,) = builders.transformed(found, "ready/contacts", CONTACTS.schema())
    rejects = [row["rule"] for row in builders.transformed(found, "rejects", schemas.REJECTS)]
    assert [one["Account_Name"] for one in accounts] == (["社" * length] if is_taken else [])
    assert contact["Account_Name"] == (accounts[0]["cluster_key"] if is_taken else None)
    assert rejects == ([] if is_taken else ["too_long"])
