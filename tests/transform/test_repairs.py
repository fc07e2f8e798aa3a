"""A rejected item that a person mends in a spreadsheet is the same item in the next run."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from pipeline import schemas, transform
from pipeline.config import Config
from pipeline.errors import InputError, SettingsError
from pipeline.report import repair
from pipeline.targets import CASES, CONTACTS, EMAILS_READY, EVENTS, LEADS
from pipeline.transform import repairs
from tests import builders
from tests.builders import Row

ROWS: dict[str, Sequence[Row]] = {
    "contacts": [
        {"surname": "Grant", "email1": "ann@birch.example", "company": "=長" + "長" * 200},
        {"home_phone": "0120-000-001", "notes": "=HYPERLINK(1)"},
    ],
    "events": [{"subject": "007", "end_at": builders.instant("2026-07-08T09:00"), "path": "sato/a.csv"}],
}


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """Return a project whose account, contact and event are rejected."""
    found = builders.project(tmp_path)
    builders.extracted(found, ROWS)
    transform.run(found)
    return found


def _rejects(project: Config) -> dict[str, str]:
    """Return table → source_key of what is rejected."""
    return {row["table"]: row["source_key"] for row in builders.transformed(project, "rejects", schemas.REJECTS)}


def _mended(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    new = {
        "accounts": {"company": "'0123 Ltd"},
        "contacts": {"surname": "Reed"},
        "events": {"start_at": "2026-07-08 08:00"},
    }
    return [{**line, **new[line["table"]]} for line in lines]


def _as_csv(source: Path, place: Path) -> None:
    """Save the CSV as a spreadsheet of a country with semicolons does."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        lines = _mended(list(csv.DictReader(file)))
    with (place / "mended.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(lines)


def _as_workbook(source: Path, place: Path) -> None:
    """Save the workbook as a spreadsheet does."""
    sheet = load_workbook(source.with_suffix(".xlsx")).worksheets[0]
    header, *lines = ([value or "" for value in line] for line in sheet.iter_rows(values_only=True))
    mended = _mended([dict(zip(header, map(str, line), strict=True)) for line in lines])
    book = Workbook()
    book.worksheets[0].append(header)
    for line in mended:
        book.worksheets[0].append(list(line.values()))
    book.save(place / "mended.xlsx")


@pytest.mark.parametrize("save", [_as_csv, _as_workbook])
def test_a_mended_item_is_the_same_item(project: Config, save: object) -> None:
    """What a person mends in either file is taken, listed as a change, and keeps its source_key."""
    before = _rejects(project)
    assert set(before) == {"accounts", "contacts", "events"}
    paths, items = repair.write(project)
    assert items == 3
    place = repairs.directory(project.project)
    place.mkdir(parents=True)
    save(paths[0], place)  # type: ignore[operator]  # one of the two above
    report = transform.run(project)
    assert "mended items taken from data/repaired: 3" in report.notes
    assert _rejects(project) == {}
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    assert {row["Last_Name"]: row["source_keys"] for row in ready}["Reed"] == [before["contacts"]]
    (event,) = builders.transformed(project, "ready/events", EVENTS.schema())
    assert (event["source_keys"], event["Event_Title"]) == ([before["events"]], "007")
    changes = builders.transformed(project, "changes", schemas.CHANGES)
    mended = {(row["source_key"], row["field"], row["new"]) for row in changes if row["rule"] == repairs.RULE}
    assert (before["contacts"], "surname", "Reed") in mended
    assert {new for _, field, new in mended if field == "company"} == {"0123 Ltd"}
    assert repair.write(project) == ([], 0)


def test_leads_and_cases_are_mended_too(tmp_path: Path) -> None:
    """A lead without a name and a case whose sender has no address are mended like contacts."""
    settings = builders.MAILBOXES + '[leads]\nwithout_company = true\n[cases]\nfolders = ["Support"]\n'
    found = builders.project(tmp_path, settings)
    message = {"subject": "Broken", "message_id": "<a>", "folder": "/Top/Support", "path": "sato/a.pst"}
    lead = {"home_phone": "0120-000-001", "path": "sato/a.pst"}
    builders.extracted(found, {"contacts": [lead], "messages": [message]}, {"sato/a.pst": "pst"})
    transform.run(found)
    before = _rejects(found)
    assert set(before) == {"leads", "cases"}
    (path, _), items = repair.write(found)
    assert items == 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    new = {"leads": {"surname": "Reed"}, "cases": {"sender": "bob@ray.example"}}
    place = repairs.directory(found.project)
    place.mkdir(parents=True)
    with (place / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows([{**line, **new[line["table"]]} for line in lines])
    assert "mended items taken from data/repaired: 2" in transform.run(found).notes
    (made,) = builders.transformed(found, "ready/leads", LEADS.schema())
    assert (made["source_keys"], made["Last_Name"]) == ([before["leads"]], "Reed")
    (case,) = builders.transformed(found, "ready/cases", CASES.schema())
    assert (case["source_keys"], case["Email"]) == ([before["cases"]], "bob@ray.example")


def test_an_email_is_mended_too(tmp_path: Path) -> None:
    """A message of a file without mailbox, with no writer, recipient or date, gets them in the spreadsheet."""
    found = builders.project(tmp_path, '[mail]\nfolders = ["Kept"]\n')
    (tmp_path / "data" / "mail.csv").parent.mkdir(exist_ok=True)
    (tmp_path / "data" / "mail.csv").write_text("message,as,record\n<a>,email,ann@birch.example\n", encoding="utf-8")
    builders.extracted(
        found, {"messages": [{"subject": "Offer", "message_id": "<a>", "path": "x.pst"}]}, {"x.pst": "pst"}
    )
    transform.run(found)
    (rejected,) = {row["source_key"] for row in builders.transformed(found, "rejects", schemas.REJECTS)}
    (path, _), items = repair.write(found)
    assert items == 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["source_key"].lstrip("'") == rejected
    assert set(line["edit"].split()) == {"author", "recipients", "sent_at"}
    new = {
        "author": "ann@birch.example",
        "recipients": "bob@ray.example; cy@ray.example",
        "sent_at": "2026-05-01 09:00",
    }
    place = repairs.directory(found.project)
    place.mkdir(parents=True)
    with (place / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(line))
        writer.writeheader()
        writer.writerow(line | new)
    assert "mended items taken from data/repaired: 1" in transform.run(found).notes
    (made,) = builders.transformed(found, "ready/emails", EMAILS_READY)
    assert [one["email"] for one in (*made["from"], *made["to"])] == [
        "ann@birch.example",
        "bob@ray.example",
        "cy@ray.example",
    ]
    assert repair.write(found) == ([], 0)


def test_the_files_are_safe_in_a_spreadsheet(project: Config) -> None:
    """No cell is a formula; each is text, so that leading zeros stay."""
    (path, book), _ = repair.write(project)
    text = path.read_text("utf-8-sig")
    assert ",'=長" in text
    assert ",'007" in text
    cells = [cell for row in load_workbook(book).worksheets[0].iter_rows() for cell in row if cell.value]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("source_key,table\nx,contacts\n", "edit", id="a column is missing"),
        pytest.param("source_key,table,edit\nx,people,\n", "line 2", id="no table"),
        pytest.param("source_key,table,edit,surnam\nx,contacts,surnam,y\n", "surnam", id="no column"),
        pytest.param("source_key,table,edit,birthday_date\nx,contacts,birthday_date,May\n", "May", id="no date"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A file that cannot be taken stops the run and says where."""
    place = repairs.directory(tmp_path)
    place.mkdir(parents=True)
    (place / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        repairs.read(tmp_path)


def test_an_item_that_is_gone_is_named(project: Config) -> None:
    """A line for an item that the export does not have changes nothing, and is counted."""
    place = repairs.directory(project.project)
    place.mkdir(parents=True)
    (place / "a.csv").write_text("source_key,table,edit,surname\nx,contacts,surname,Y\n", encoding="utf-8")
    notes = transform.run(project).notes
    assert any("0; 1 are of items that this export does not have" in note for note in notes)
    assert set(_rejects(project)) == {"accounts", "contacts", "events"}


@pytest.mark.parametrize("name", ["contacts", "contacts.no_last_name"])
def test_a_share_of_its_own_stops_the_run(tmp_path: Path, name: str) -> None:
    """More rejects than a table's, or a rule's, own share stop the run; one that has more room does not."""
    rows: list[Row] = [{"surname": f"S{n}"} for n in range(30)] + [
        {"home_phone": f"03-0000-00{n}"} for n in range(10, 20)
    ]
    settings = builders.MAILBOXES + '[validation.max_reject_shares]\n"{}" = {}\n'
    for share, is_refused in ((0.2, True), (0.4, False)):
        found = builders.project(tmp_path, settings.format(name, share))
        builders.extracted(found, {"contacts": rows})
        if is_refused:
            with pytest.raises(InputError, match=f"{name}: 10 of 40"):
                transform.run(found)
        else:
            transform.run(found)
