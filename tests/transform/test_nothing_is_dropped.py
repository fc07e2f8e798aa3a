"""The law of the whole stage: a value that was read is loaded, or a row says what became of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import schemas, store, transform
from pipeline.clean import text
from pipeline.clean.cleaned import Change
from pipeline.config import Config, Leads
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS, Target
from pipeline.transform import columns, contacts, events, leads, tasks
from pipeline.transform.draft import FieldChange
from tests import builders
from tests.builders import Row, person

_POOLS: Mapping[str, tuple[str, ...]] = {
    "surname": ("Grant", "GRANT", "佐藤", "佐藤 ", "Grant, Oliver", "\x00"),
    "given_name": ("Ann", "ann", "花", "花\u3000"),
    "email1": ("a@b.example", "A@b.example", "c@d.example", "x <c@d.example>", "a@b.example; e@f.example", "none"),
    "email2": ("a2@b.example", "A2@B.example", "/o=x/cn=y"),
    "company": ("Midori", "MIDORI", "Ｍｉｄｏｒｉ", "みどり㈱", "みどり（株）", "Kaede\tLtd"),
    "mobile_phone": ("03-0000-0001", "（０３）００００", "ask", "03 0000 0001 ext. 5", "call me " * 9),
    "business_phone": ("01632 960001", "01632  960001", "01632 960001 / 01632 960002"),
    "subject": ("Visit", "VISIT", "訪問\r\n午後", "長" * 300),
    "sensitivity": ("normal", "personal", "極秘"),
    "importance": ("high", "normal", "至急"),
    "status": ("completed", "in_progress", "on hold"),
    "busy_status": ("busy", "free", "tentative"),
}
_PLAIN = ("{}", "{} ", "{}\r\nB", "{}\x07", "か\u3099{}", "{}" + "長" * 300, "{}, 1", "=\u2028{}")
_DAYS = (date(2026, 1, 2), date(1984, 5, 31))
_OF_RULES = {
    *("leftovers", "recurrence_text", "rrule", "recurrence_trouble"),
    *("time_zone", "time_zone_rules", "global_object_id", "response"),
}
_SHOWN_AS = {"tentative": ("Tentative", "仮の予定"), "free": ("Free", "空き時間")}
# What is made by Outlook of the names and the address, and stands in for them; and what nobody changed.
_MADE = {"display_name", "file_as", "email1_display"}
_USUAL = {("importance", "normal"), ("busy_status", "busy"), ("sensitivity", "normal")}
_TARGETS: Mapping[str, Target] = {"contacts": CONTACTS, "tasks": TASKS, "events": EVENTS}


def _cell(random: Random, name: str, number: int) -> str:
    values = _POOLS.get(name) or tuple(one.format(f"{name}{number % 3}") for one in _PLAIN)
    return random.choice(values)


def _row(random: Random, table: str, number: int) -> Row:
    """Return an item that has something in a part of its columns."""
    row: Row = {"path": random.choice(["sato/a.csv", "dana/a.csv"])}
    if random.random() < 0.5:
        row["modified_at"] = datetime.fromisoformat(f"2026-01-0{random.randint(1, 3)}T00:00:00Z")
    share = random.choice([0.1, 0.4])
    for one in schemas.EXTRACTED[table]:
        if one.name in columns.ORIGIN or one.name in _OF_RULES or random.random() > share + 0.3 * (one.name in _POOLS):
            continue
        if one.type == schemas.TEXT:
            row[one.name] = _cell(random, one.name, number)
        elif one.type == schemas.DATE and table != "events":
            row[one.name] = random.choice(_DAYS)
        elif one.name in {"categories", "contact_names", "companies"}:
            row[one.name] = random.sample(["VIP", "vip", "顧客", "a; b"], 2)
    if table == "events":
        row |= {"start_at": builders.instant("2026-07-08T08:00"), "end_at": builders.instant("2026-07-08T09:00")}
        people = [person("ann@b.example", name="Ann"), person(None, name="Bo")]
        row["attendees"] = people[: random.randint(0, 2)] or None
    if random.random() < 0.2:
        left = {"column": random.choice(["birthday_date", "due_date", "start_time"]), "header": "H", "cell": "soon"}
        row |= {"leftovers": [left], "notes" if table == "contacts" else "body": "H: soon"}
    return row


def _project(directory: Path, random: Random) -> Config:
    project = builders.project(directory)
    counts = {"contacts": 24, "tasks": 8, "events": 8}
    found = {name: [_row(random, name, number) for number in range(count)] for name, count in counts.items()}
    builders.extracted(project, found)
    return project


class _Written:
    """What transform wrote of each item."""

    def __init__(self, project: Config) -> None:
        self.manifest = store.Manifest.of(project.transformed)
        accounts = self._read(project, "ready/accounts", ACCOUNTS.schema())
        names = {row["cluster_key"]: row["Account_Name"] for row in accounts}
        self.values: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.together: dict[tuple[str, str], list[str]] = {}
        for table, target in _TARGETS.items():
            for row in self._read(project, f"ready/{table}", target.schema()):
                own = [*_texts(row, target), names.get(row.get("Account_Name"), "")]
                for item in row["item_ids"]:
                    self.values[table, item] += own
                    self.together[table, item] = row["item_ids"]
        self.changed: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self._read(project, "changes", schemas.CHANGES):
            table = "contacts" if row["table"] == "accounts" else row["table"]
            self.changed[table, row["item_id"]].append(row["old"] or "")
        self.unmapped: Mapping[str, Mapping[str, int]] = self.manifest.facts["unmapped"]

    def _read(self, project: Config, name: str, schema: pa.Schema) -> list[Row]:
        found: list[Row] = store.read_all(project.transformed, self.manifest, name, schema).to_pylist()
        return found

    def has(self, table: str, item: str, column: str, value: str) -> bool:
        """Return whether a value stands in the record to the letter, or a row says that it was changed."""
        if self.unmapped.get(table, {}).get(column) or (table, item) not in self.values:
            return True  # the accounts of test_transform_run say of every item that is not there why
        said = [*_said(_TARGETS[table], column, value)]
        if any(one in shown for shown in self.values[table, item] for one in said):
            return True
        listed = [old for each in self.together[table, item] for old in self.changed[table, each]]
        return any(one in old for old in listed for one in said)


def _said(target: Target, column: str, value: str) -> Iterator[str]:
    """Yield what a record may say for a value: itself, or the CRM's word for one of Outlook's."""
    yield value
    words = [dict(one.values) for one in target.fields if one.source == column and one.values]
    yield from (one[value] for one in words if value in one)
    yield from _SHOWN_AS.get(value, ()) if column == "busy_status" else ()


def _texts(row: Row, target: Target) -> Iterator[str]:
    for name in target.names:
        if isinstance(value := row[name], list):
            yield from (str(one) for each in value for one in each.values())
        elif value is not None:
            yield value.isoformat() if isinstance(value, date) else str(value)


def _values(table: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield column and value of all that an item has to say."""
    ignored = {*columns.ORIGIN, *columns.IGNORED[table], *_MADE}
    for column, value in row.items():
        if column in ignored or value is None or (isinstance(value, str) and (column, value) in _USUAL):
            continue
        if isinstance(value, str):
            yield column, value
        elif isinstance(value, list) and column != "attendees":
            yield from ((column, one["cell"] if isinstance(one, dict) else one) for one in value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            yield column, value.isoformat()


@pytest.mark.parametrize(
    ("table", "column", "field"),
    [
        ("contacts", "birthday_date", "Date_of_Birth"),
        ("contacts", "anniversary_date", "Description"),
        ("tasks", "due_date", "Due_Date"),
        ("events", "reminder_date", "Description"),
        ("leads", "business_phone", "Phone"),
    ],
)
def test_a_cell_that_its_field_cannot_take_is_a_change(table: str, column: str, field: str) -> None:
    """What stands in the notes because nothing could be made of it is listed, with the field that has no value."""
    source = "contacts" if table == "leads" else table
    (row,) = builders.rows(source, {"leftovers": [{"column": column, "header": "H", "cell": "soon"}]})
    rules = Leads(categories=(), folders=(), without_company=False, unknown_company="?")
    setting = leads.Setting(rules=rules, own_domains=frozenset(), public=frozenset())
    draft = {
        "contacts": lambda: contacts.draft(row, builders.origin(), frozenset()),
        "tasks": lambda: tasks.draft(row, builders.origin()),
        "events": lambda: events.draft(row, builders.origin(), {}),
        "leads": lambda: leads.draft(row, builders.origin(), setting),
    }[table]()
    assert FieldChange(field, Change("kept_under_its_header", "soon", None)) in draft.changes


def _is_told(written: _Written, table: str, row: Row, column: str, value: str) -> bool:
    return not text.fold(value) or written.has(table, row["item_id"], column, value)


@settings(max_examples=4, deadline=None)
@given(random=st.randoms(use_true_random=True))
def test_every_value_is_loaded_or_a_row_says_why_not(random: Random) -> None:
    """A value stands in the record to the letter, or is the old value of a change; else its item, or column, is told.

    The item among the exclusions or rejects, the column among the values that have no field.
    """
    with TemporaryDirectory() as directory:
        project = _project(Path(directory), random)
        transform.run(project)
        written, manifest = _Written(project), store.Manifest.of(project.extracted)
        silent = [
            (table, row["item_id"], column, value)
            for table, schema in schemas.EXTRACTED.items()
            if table in _TARGETS
            for row in store.read_all(project.extracted, manifest, table, schema).to_pylist()
            for column, value in _values(table, row)
            if not _is_told(written, table, row, column, value)
        ]
    assert not silent
