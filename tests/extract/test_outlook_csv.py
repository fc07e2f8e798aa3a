"""Outlook's CSV exports become contacts, events and tasks, and every row and column is accounted for."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schemas
from pipeline.extract import outlook_csv
from pipeline.extract.content import Reading, UnreadableError
from pipeline.extract.csv_language import Header, language_of, languages
from tests.extract.outlook_export import HEADERS, READING, Row, counts, export, read, rows, written

AT = datetime.fromisoformat


def LEFT(column: str, header: str, cell: str) -> Row:  # noqa: N802 - beside AT in the tables of cases
    """Return a cell that its column could not take."""
    return {"column": column, "header": header, "cell": cell}


EVENT = {
    "Subject": "Call",
    "Start Date": "31/1/2026",
    "Start Time": "9:00",
    "End Date": "31/1/2026",
    "End Time": "10:00",
}


def _only(kind: str, row: Row, **reading: str) -> dict[str, Any]:
    (found,) = rows(read(export(kind, row), **reading))
    return found


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        pytest.param(
            "contacts",
            {"Business Street": " 1 High St", "Business Street 2": "", "Business Street 3": "Floor 2"},
            {"business_street": "1 High St\nFloor 2", "home_street": None},
            id="the lines of a street are one",
        ),
        pytest.param(
            "contacts ja",
            {"姓": "高橋", "姓フリガナ": "タカハシ", "国 (会社)/地域": "日本", "敬称": "様"},
            {"surname": "高橋", "yomi_surname": "タカハシ", "business_country": "日本", "name_suffix": "様"},
            id="Japanese columns",
        ),
        pytest.param(
            "contacts",
            {"Birthday": "31/5/1984", "Anniversary": "0/0/00", "Gender": "Unspecified", "Private": "True"},
            {"birthday_date": date(1984, 5, 31), "anniversary_date": None, "gender": None, "is_private": True},
            id="dates and words",
        ),
        pytest.param(
            "contacts",
            {
                "E-mail Address": "/o=Ex/cn=Recipients/cn=ann",
                "E-mail 2 Address": "a@a.example",
                "E-mail 2 Type": "smtp",
            },
            {"email1": "/o=Ex/cn=Recipients/cn=ann", "email1_type": "EX", "email2_type": "SMTP", "email3_type": None},
            id="kinds of addresses",
        ),
        pytest.param(
            "contacts",
            {"Notes": "Met in Leeds.", "Birthday": "in May", "Private": "perhaps", "Last Name": "Lee"},
            {
                "notes": "Met in Leeds.\nBirthday: in May\nPrivate: perhaps",
                "birthday_date": None,
                "is_private": None,
                "leftovers": [LEFT("birthday_date", "Birthday", "in May"), LEFT("is_private", "Private", "perhaps")],
            },
            id="what cannot be read is not lost",
        ),
        pytest.param("contacts", {"Categories": "A;VIP, Old"}, {"categories": ["A", "VIP", "Old"]}, id="categories"),
        pytest.param(
            "tasks",
            {"Subject": "Book", "Due Date": "31/1/2026", "Status": "Completed", "% Complete": "1", "Total Work": "2 h"},
            {"due_date": date(2026, 1, 31), "is_complete": True, "percent_complete": 1.0, "total_work_minutes": 120},
            id="a finished task",
        ),
        pytest.param(
            "tasks",
            {"Subject": "Book", "Actual Work": "480", "Contacts": "Ann;Bo", "Companies": "A; B", "Due Date": "soon"},
            {
                "actual_work_minutes": None,
                "contact_names": ["Ann", "Bo"],
                "companies": ["A", "B"],
                "due_date": None,
                "body": "Due Date: soon\nActual Work: 480",
                "leftovers": [
                    LEFT("due_date", "Due Date", "soon"),
                    LEFT("actual_work_minutes", "Actual Work", "480"),
                ],
                "is_complete": None,
            },
            id="an open task",
        ),
        pytest.param(
            "tasks ja",
            {"件名": "見積", "期限": "26/5/7", "状況": "進行中", "優先度": "高", "達成率": "50", "連絡先": "高橋 美咲"},
            {"due_date": date(2026, 5, 7), "status": "in_progress", "importance": "high", "percent_complete": 0.5},
            id="a Japanese task, years of two digits",
        ),
        pytest.param(
            "tasks",
            {"Subject": "x", "Reminder On/Off": "True", "Reminder Date": "31/1/2026", "Reminder Time": "8:30 AM"},
            {"has_reminder": True, "reminder_local": AT("2026-01-31 08:30")},
            id="a reminder",
        ),
        pytest.param(
            "calendar",
            {**EVENT, "All day event": "True", "Show time as": "4", "Private": "True", "Description": "a\nb"},
            {
                "start_local": AT("2026-01-31 09:00"),
                "end_local": AT("2026-01-31 10:00"),
                "is_all_day": True,
                "start_at": None,
                "busy_status": "out_of_office",
                "body": "a\nb",
                "is_meeting": False,
                "attendees": None,
            },
            id="an event",
        ),
        pytest.param(
            "calendar",
            {**EVENT, "End Date": ""},
            {"end_local": AT("2026-01-31 10:00")},
            id="an end without a date is on the day of the start",
        ),
        pytest.param(
            "calendar ja",
            {"件名": "会議", "開始日": "2026/5/20", "開始時刻": "午後1:00", "終了日": "2026/5/20", "終了時刻": "14:00"},
            {"start_local": AT("2026-05-20 13:00"), "end_local": AT("2026-05-20 14:00")},
            id="Japanese half days",
        ),
    ],
)
def test_a_row(kind: str, row: Row, expected: dict[str, Any]) -> None:
    """Each cell is in the column where it belongs; what has none is kept below the notes."""
    found = _only(kind, row)
    assert {name: found[name] for name in expected} == expected


def test_people_of_an_event() -> None:
    """The organizer stands apart; attendees keep their order and role, resources are among them."""
    found = _only(
        "calendar",
        {
            **EVENT,
            "Meeting Organizer": "Dana Whitfield",
            "Required Attendees": "ann@a.example;Bo Lind; /o=Ex/ou=G/cn=Recipients/cn=cy",
            "Optional Attendees": "Dee <dee@d.example>",
            "Meeting Resources": "Room 2",
        },
    )
    assert found["is_meeting"] is True
    assert (found["organizer"]["role"], found["organizer"]["name"]) == ("organizer", "Dana Whitfield")
    assert [
        (person["role"], person["name"], person["email"], person["address_type"]) for person in found["attendees"]
    ] == [
        ("required", None, "ann@a.example", "SMTP"),
        ("required", "Bo Lind", None, None),
        ("required", None, None, "EX"),
        ("optional", "Dee", "dee@d.example", "SMTP"),
        ("resource", "Room 2", None, None),
    ]


@pytest.mark.parametrize(
    ("row", "rule", "value"),
    [
        pytest.param({**EVENT, "Start Date": ""}, "bad_start", ",,9:00", id="no start"),
        pytest.param({**EVENT, "Start Date": "soon"}, "bad_start", ",soon,9:00", id="a start that is no date"),
        pytest.param({**EVENT, "Start Time": "late"}, "bad_start", ",31/1/2026,late", id="a start that is no time"),
        pytest.param({**EVENT, "End Date": "31/2/2026"}, "bad_end", ",31/2/2026,10:00", id="an end that is no day"),
        pytest.param({**EVENT, "End Date": "", "End Time": ""}, "bad_end", ",9:00,,,", id="no end"),
    ],
)
def test_an_event_without_a_time_is_rejected(row: Row, rule: str, value: str) -> None:
    """It is in no table but in the rejects, as it stands in the file; the others keep their numbers."""
    content = read(export("calendar", EVENT, row, EVENT))
    assert [found["position"] for found in rows(content)] == [1, 3]
    (reject,) = content.rejects
    assert (reject["position"], reject["rule"]) == (2, rule)
    assert value in reject["value"]
    assert reject["item_id"] == "0123456789abcdef:r2"
    assert counts(content) == {"": 2, rule: 1}


def test_rows_of_every_length() -> None:
    """Short rows are padded, empty cells too many dropped, blank rows excluded; real cells too many are a reject."""
    width = len(HEADERS["contacts"])
    text = written(
        HEADERS["contacts"], [["", "Ann"], ["", "Bo", *[""] * width], [], [" ", ""], ["", "Cy", *["x"] * width]]
    )
    content = read(text)
    assert [(found["given_name"], found["position"]) for found in rows(content)] == [("Ann", 1), ("Bo", 2)]
    assert counts(content) == {"": 2, "blank_row": 2, "too_many_fields": 1}
    assert content.rejects[0]["position"] == 5
    assert content.rejects[0]["value"].startswith(",Cy,x,x")


def test_damaged_rows_are_rejected_where_they_stand() -> None:
    """A row cut off, one with NULs and one with an open quote are rejects with their text; the rest is read."""
    text = written(["First Name", "Last Name", "Notes"], [["Ann", "Lee", ""], ["B\0o", "Lind", ""], ["Cy", "May", "x"]])
    content = read(text + '"Dee","Nor","\r\n"Eve","Ode","z"\r\n"Fay","Poe","cut')
    assert [found["given_name"] for found in rows(content)] == ["Ann", "Cy", "Eve"]
    assert [(reject["position"], reject["rule"]) for reject in content.rejects] == [
        (2, "nul_bytes"),
        (4, "stray_quote"),
        (6, "truncated"),
    ]
    assert content.rejects[0]["value"] == "B\\x00o,Lind,"
    assert content.rejects[2]["value"] == '"Fay","Poe","cut'


def test_nothing_of_a_row_reaches_a_reason() -> None:
    """Reasons may be logged: they hold no cell."""
    content = read(export("calendar", {**EVENT, "Start Date": "Ann"}) + '"Ann","' + "x" * 50_000)
    assert all("Ann" not in reject["reason"] for reject in content.rejects)
    assert max(len(reject["value"]) for reject in content.rejects) <= 32_001


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        pytest.param(
            "contacts",
            {"E-mail Address": " A@a.example ", "Last Name": "Lee", "First Name": "Ann", "Notes": "x"},
            ["csv-contact", " A@a.example ", "Lee", "Ann", "", ""],
            id="contact",
        ),
        pytest.param("tasks", {"Subject": "x", "Due Date": "31/1/2026"}, ["csv-task", "x", "31/1/2026"], id="task"),
        pytest.param("calendar", EVENT, ["csv-event", "Call", "31/1/2026", "9:00", "31/1/2026", "10:00"], id="event"),
    ],
)
def test_raw_key(kind: str, row: Row, expected: list[str]) -> None:
    """What identifies a row is its raw cells, with boundaries, in order."""
    assert json.loads(_only(kind, row)["raw_key"]) == expected


def test_raw_key_of_a_contact_with_neither_name_nor_address() -> None:
    """It is told apart by everything that it has."""
    content = read(export("contacts", {"Mobile Phone": "1"}, {"Mobile Phone": "2"}))
    keys = [found["raw_key"] for found in rows(content)]
    assert len(set(keys)) == 2


def test_columns_are_accounted_for() -> None:
    """Each column is used, ignored with a reason, or unmapped, with how many rows have a value in it."""
    header = ["Last Name", "First Name", "Directory Server", "Shoe size", "Business Address", "Notes", "Notes"]
    content = read(
        written(header, [["Lee", "Ann", "", "7", "1 High St", "a", "b"], ["May", "", "ldap", "", "", "", "c"]])
    )
    assert [
        (column["source"], column["verdict"], column["target"], column["values"]) for column in content.columns
    ] == [
        ("Last Name", "used", "surname", 2),
        ("First Name", "used", "given_name", 1),
        ("Directory Server", "ignored", "where Outlook looked the contact up, nothing about the contact", 1),
        ("Shoe size", "unmapped", None, 1),
        ("Business Address", "used", "business_street", 1),
        ("Notes", "used", "notes", 1),
        ("Notes", "used", "notes", 2),
    ]
    assert [found["notes"] for found in rows(content)] == ["a\nNotes: b", "c"]
    assert rows(content)[0]["business_street"] == "1 High St"


def test_doubtful_dates_ask_for_the_setting() -> None:
    """A file whose dates may be read in two ways is not read at all, unless the settings say which."""
    text = export("contacts", {"Last Name": "Lee", "Birthday": "3/4/1984"})
    with pytest.raises(UnreadableError, match="ambiguous_dates"):
        read(text)
    assert rows(read(text, date_order="dmy"))[0]["birthday_date"] == date(1984, 4, 3)
    assert rows(read(text, date_order="mdy"))[0]["birthday_date"] == date(1984, 3, 4)


@pytest.mark.parametrize("end", ["", "\x1a", "\r\n\r\n\x1a", "\r\n \r\n"])
def test_what_may_stand_at_the_end(end: str) -> None:
    """The end-of-file sign of DOS and empty lines are no rows."""
    content = read(export("contacts", {"Last Name": "Lee"}) + end)
    assert len(rows(content)) == 1
    assert not content.rejects


def test_a_language_is_one_file() -> None:
    """A header that stands twice has one meaning for each time; a column that no table has is refused."""
    french: dict[str, Any] = {"name": "French", "code_pages": ["cp1252"], "date_order": "", "words": {}}
    calendar = {"Objet": "subject", "Début": ["start_date", "start_time"], "Fin": ["end_date", "end_time"]}
    french |= {"contacts": {"columns": {}}, "tasks": {"columns": {}}, "calendar": {"columns": calendar}}
    language = language_of("fr", french)
    columns = language.described("calendar", ["Objet", "Début", "Début", "Fin", "Fin"])
    assert [column.target for column in columns] == ["subject", "start_date", "start_time", "end_date", "end_time"]
    assert Header("calendar", language, ",", columns).is_proven
    with pytest.raises(ValueError, match="no such columns"):
        language_of("fr", {**french, "tasks": {"columns": {"Objet": "objet"}}})


def test_lists_of_words_and_code_pages_are_known() -> None:
    """A language has no list of words that English has not (a missing one is looked up there); its code pages exist."""
    english = next(language for language in languages() if language.code == "en")
    for language in languages():
        assert {"boolean", "importance", "sensitivity"} <= language.words.keys() <= english.words.keys()
        assert all("".encode(page) == b"" for page in language.code_pages)


@pytest.mark.parametrize(
    ("name", "expected", "seen"),
    [
        ("calendar_en-GB_real_anonymised", ("csv-calendar", "en", "utf-8-sig"), 225),
        ("calendar_en-US_headeronly", ("csv-calendar", "en", "utf-8"), 0),
        ("calendar_ja-JP_headeronly_cp932", ("csv-calendar", "ja", "cp932"), 0),
        ("calendar_ja-JP_headeronly_utf8bom", ("csv-calendar", "ja", "utf-8-sig"), 0),
        ("contacts_en-US_headeronly", ("csv-contacts", "en", "utf-8"), 0),
        ("contacts_en-US_realshape", ("csv-contacts", "en", "utf-8"), 6),
        ("contacts_ja-JP_headeronly_cp932", ("csv-contacts", "ja", "cp932"), 0),
        ("contacts_ja-JP_headeronly_utf8bom", ("csv-contacts", "ja", "utf-8-sig"), 0),
        ("tasks_en-US_headeronly", ("csv-tasks", "en", "utf-8"), 0),
        ("tasks_ja-JP_headeronly_cp932", ("csv-tasks", "ja", "cp932"), 0),
        ("tasks_ja-JP_headeronly_utf8bom", ("csv-tasks", "ja", "utf-8-sig"), 0),
    ],
)
def test_real_exports(corpus: Path, name: str, expected: tuple[str, str, str], seen: int) -> None:
    """Every real file is read whole: kind, language, encoding, rows, and no column unknown."""
    content = outlook_csv.read(corpus / "csv" / f"{name}.csv", READING)
    assert (content.kind, content.language, content.encoding) == expected
    assert counts(content) == ({"": seen} if seen else {})
    assert not [column for column in content.columns if column["verdict"] == "unmapped"]


def test_the_real_calendar_has_days_first(corpus: Path) -> None:
    """Its dates, lines within cells and codes are read as its owner sees them in Outlook."""
    found = rows(outlook_csv.read(corpus / "csv" / "calendar_en-GB_real_anonymised.csv", READING))
    assert found[0]["start_local"] == AT("2025-12-31 20:00")
    assert found[0]["end_local"] == AT("2026-01-01 06:30")
    assert {row["busy_status"] for row in found} == {"busy", "free"}
    assert sum("\n" in (row["body"] or "") for row in found) > 30
    assert sum(len(row["attendees"] or ()) for row in found) == 13 * 4 + 8 + 2 * 3


def test_the_real_contacts_are_ragged(corpus: Path) -> None:
    """Two of its rows are five cells short; all six contacts are read, the Exchange addresses as such."""
    found = rows(outlook_csv.read(corpus / "csv" / "contacts_en-US_realshape.csv", READING))
    assert [row["given_name"] for row in found] == ["Sara", "Love, Bea", "berta.marr@example.com", "Cris", "Dio", "An"]
    assert [row["email1_type"] for row in found] == ["EX", "SMTP", "SMTP", "EX", "EX", "SMTP"]
    assert found[0]["web_page"] is None
    assert "5785 Test Avenue\r\nTestville, CA 00000-4726" in [row["home_street"] for row in found]


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)


@given(st.lists(st.lists(CELL, max_size=9), max_size=6), st.sampled_from(sorted(HEADERS)))
def test_rows_are_conserved(table: list[list[str]], kind: str) -> None:
    """Whatever the cells: seen = written + excluded + rejected, and positions are the numbers of the records."""
    reading = Reading(file_sha256="f" * 64, code_page="cp932", date_order="dmy")
    content = outlook_csv.content_of(written(HEADERS[kind], table).encode(), reading)
    assert sum(account["seen"] for account in content.accounts) == len(table)
    places = [row["position"] for row in (*rows(content), *content.rejects)]
    assert len(set(places)) == len(places)
    assert set(places) <= set(range(1, len(table) + 1))
    (built,) = content.rows.values()
    assert getattr(built, "schema", None) in schemas.EXTRACTED.values()
