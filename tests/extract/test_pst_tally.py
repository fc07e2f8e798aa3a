"""Nothing of a store disappears: every item is in an account, every property in the list of columns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schemas, store
from pipeline.extract.pst import bag as bags
from pipeline.extract.pst import ignored_properties
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Bag, Failure, Folder, Value
from pipeline.extract.pst.properties import BY_KEY, BY_NAME, PROPERTIES
from tests.extract import outlook_items
from tests.extract.outlook_items import FOLDER, item, read

_TABLES = {
    "contacts": "IPM.Contact",
    "tasks": "IPM.Task",
    "events": "IPM.Appointment",
    "messages": "IPM.Note",
    "lists": "IPM.DistList",
}


@pytest.mark.parametrize(
    ("message_class", "table", "rule"),
    [
        ("IPM.Contact", "contacts", ""),
        ("IPM.Contact.Acme", "contacts", ""),
        ("ipm.contact", "contacts", ""),
        ("IPM.Contacts", None, "class_other"),
        ("IPM.Task", "tasks", ""),
        ("IPM.TaskRequest", None, "class_task_request"),
        ("IPM.TaskRequest.Accept", None, "class_task_request"),
        ("IPM.Appointment", "events", ""),
        ("IPM.Note", "messages", ""),
        ("IPM.Note.SMIME.MultipartSigned", "messages", ""),
        ("IPM.Schedule.Meeting.Request", "messages", ""),
        ("IPM.Schedule.Meeting.Resp.Pos", "messages", ""),
        ("IPM.DistList", "lists", ""),
        ("IPM.StickyNote", None, "class_note"),
        ("IPM.Activity", None, "class_journal"),
        ("IPM.Post", None, "class_post"),
        ("IPM.Post.RSS", None, "class_post"),
        ("REPORT.IPM.Note.NDR", None, "class_report"),
        ("IPM.Microsoft.ScheduleData.FreeBusy", None, "class_free_busy"),
        ("IPM.Configuration.Autocomplete", None, "class_other"),
        (None, None, "class_missing"),
    ],
)
def test_class(message_class: str | None, table: str | None, rule: str) -> None:
    """The message class decides the table, or names the rule that leaves the item out; the account says so."""
    content = read(item(message_class))
    assert [len(rows) for name, rows in content.rows.items() if name == table] == ([1] if table else [])
    (account,) = content.accounts
    assert (account["message_class"], account["table"], account["rule"]) == (message_class, table, rule)
    assert (account["seen"], account["written"], account["excluded"]) == (1, int(not rule), int(bool(rule)))


def test_accounts_of_folders() -> None:
    """Every folder has its account, an empty one too; what cannot be read is a reject with its place."""
    empty, full = Folder(node=1, path="/Empty"), Folder(node=2, path="/Full")
    lost = Failure(folder=full, rule="unreadable_item", reason="Item 2 is damaged.", place=2)
    hidden = Failure(folder=empty, rule="unreadable_folder", reason="The list is damaged.")
    content = read(empty, full, replace(item("IPM.Task"), folder=full), lost)
    assert [(x["folder"], x["seen"], x["written"], x["rejected"]) for x in content.accounts] == [
        ("/Empty", 0, 0, 0),
        ("/Full", 1, 0, 1),
        ("/Full", 1, 1, 0),
    ]
    (reject,) = content.rejects
    assert (reject["item_id"], reject["position"], reject["rule"], reject["reason"]) == (
        "0123456789abcdef:n2/2",
        2,
        "unreadable_item",
        "Item 2 is damaged.",
    )
    content = read(empty, hidden)
    assert [(x["folder"], x["seen"], x["rejected"]) for x in content.accounts] == [("/Empty", 1, 1)]
    assert content.rejects[0]["item_id"] == "0123456789abcdef:n1"


@given(classes=st.lists(st.sampled_from([*_TABLES.values(), "REPORT.IPM.Note.DR", None]), max_size=12))
def test_items_are_conserved(classes: list[str | None]) -> None:
    """Seen is written and excluded and rejected, whatever a folder holds; the tables fit their schemas."""
    found = [item(name, node=node) for node, name in enumerate(classes)]
    lost = [Failure(folder=FOLDER, rule="unreadable_item", reason="x", place=1)]
    content = read(FOLDER, *found, *lost)
    table = store.table_of(content.accounts, schemas.ACCOUNTS)
    total = {name: sum(table[name].to_pylist()) for name in ("seen", "written", "excluded", "rejected")}
    assert total["seen"] == len(classes) + 1 == total["written"] + total["excluded"] + total["rejected"]
    assert total["written"] == sum(len(rows) for rows in content.rows.values())
    assert total["rejected"] == len(content.rejects) == store.table_of(content.rejects, schemas.REJECTS).num_rows


@pytest.mark.parametrize(
    ("properties", "more", "expected"),
    [
        pytest.param({"PidTagSurname": "Sato"}, {}, ("PidTagSurname", "used", "contacts.surname"), id="used"),
        pytest.param(
            {},
            {0x1080: Value(wire.INTEGER32, bytes(4))},
            ("PidTagIconIndex", "ignored", "how Outlook shows the item"),
            id="ignored",
        ),
        pytest.param(
            {},
            {0x6619: Value(wire.STRING, b"x\0")},
            ("0x6619", "ignored", "internal to the program that kept the store"),
            id="ignored by its range",
        ),
        pytest.param(
            {},
            {("PS_INTERNET_HEADERS", "x-mailer"): Value(wire.STRING, b"x\0")},
            ('PS_INTERNET_HEADERS "x-mailer"', "ignored", "an Internet header, which the column headers holds"),
            id="ignored by its set",
        ),
        pytest.param(
            {},
            {("PS_PUBLIC_STRINGS", "CRM no"): Value(wire.STRING, b"x\0")},
            ('PS_PUBLIC_STRINGS "CRM no"', "unmapped", "no column of contacts for it"),
            id="nobody decided",
        ),
        pytest.param(
            {},
            {0x80A9: Value(wire.STRING, b"x\0")},
            ("0x80A9", "unmapped", "its number is not among the names that the store lists"),
            id="without a name",
        ),
        pytest.param(
            {},
            {0x3A11: Value(wire.INTEGER32, bytes(4))},
            ("PidTagSurname", "unmapped", "of type 0x0003, where text is declared"),
            id="of another type",
        ),
        pytest.param(
            {},
            {0x3A11: Value(wire.STRING8, b"\x82")},
            ("PidTagSurname", "used", "bytes that cp932 does not have became U+FFFD"),
            id="cannot be decoded",
        ),
        pytest.param(
            {},
            {0x3A1B: Value(wire.MULTIPLE_STRING, outlook_items.multiple("1", "2"))},
            (
                "PidTagBusiness2TelephoneNumber",
                "unmapped",
                "the first of several values is used, the others have no column",
            ),
            id="more values than columns",
        ),
        pytest.param(
            {"PidLidBusyStatus": 2},
            {},
            ("PidLidBusyStatus", "unmapped", "no column of contacts for it"),
            id="of another table",
        ),
    ],
)
def test_column(properties: dict[str, Any], more: dict[Any, Value], expected: tuple[str, str, str]) -> None:
    """Each property that has a value is used, ignored for a reason, or reported."""
    content = read(item("IPM.Contact", properties, more=more))
    found = {(x["source"], x["verdict"], x["target"]): x["values"] for x in content.columns}
    assert found[expected] == 1
    assert store.table_of(content.columns, schemas.COLUMNS).num_rows == len(content.columns)


def test_empty_properties_and_left_out_items_are_not_counted() -> None:
    """Columns say how many items have a value: an empty one is none, and a left-out item is already accounted for."""
    content = read(
        item("IPM.Contact", {"PidTagSurname": Value(wire.STRING, b"")}), item("IPM.StickyNote", {"PidTagSurname": "x"})
    )
    assert [column["source"] for column in content.columns] == ["PidTagMessageClass"]


def test_troubles_are_reported() -> None:
    """A part of an item that could not be read is listed with its count."""
    content = read(*[item("IPM.Note", troubles=("recipients cannot be read",), node=node) for node in (1, 2)])
    found = {(x["source"], x["verdict"], x["target"], x["values"]) for x in content.columns}
    assert ("an item of messages", "unmapped", "recipients cannot be read", 2) in found


def test_exchange_addresses_without_an_smtp_one_are_counted() -> None:
    """Each Exchange address that nothing in the store resolves is counted once for a table; what is resolved is not."""
    ann, ben = "/O=X/CN=ANN", "/O=X/CN=BEN"
    by_exchange = {"PidTagSenderAddressType": "EX", "PidTagSenderEmailAddress": ann}
    content = read(
        item("IPM.Note", by_exchange),
        item("IPM.Note", {"PidTagSubject": "again", **by_exchange}),
        item("IPM.Note", {**by_exchange, "PidTagSenderEmailAddress": ben, "PidTagSenderSmtpAddress": "ben@x.example"}),
        item("IPM.Note", {**by_exchange, "PidTagSenderEmailAddress": ben}),
        item(
            "IPM.Note",
            {
                **by_exchange,
                "PidTagSenderEmailAddress": "/O=X/CN=CHO",
                "PidTagTransportMessageHeaders": "From: <cho@x.example>\r\n",
            },
        ),
    )
    found = [(x["verdict"], x["values"]) for x in content.columns if x["source"] == "Exchange addresses of messages"]
    assert found == [("unmapped", 1)]


class _Watched(dict[Any, Value]):
    """Properties that remember which were asked for."""

    def __init__(self, content: Mapping[Any, Value]) -> None:
        super().__init__(content)
        self.asked: set[Any] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: Any) -> bool:
        self.asked.add(key)
        return super().__contains__(key)


@pytest.mark.parametrize("table", _TABLES)
def test_what_is_declared_used_is_used(table: str) -> None:
    """The table of properties tells the truth: an item asks for all properties of its table and for no others."""
    asked: set[str] = set()
    midnight = datetime(2026, 5, 1, tzinfo=UTC)
    more = {"PidTagHtml": b"<p>x", "PidLidAppointmentStateFlags": 1, "PidLidTaskDateCompleted": midnight}
    for properties in ({}, more):
        made = item(_TABLES[table], {"PidTagSearchKey": b"\x01", **properties})
        watched = _Watched(made.bag.values)
        read(replace(made, bag=Bag(watched, "cp932")))
        asked |= {BY_KEY[key].name for key in watched.asked}
    by_the_reader = {"PidTagMessageClass", "PidTagMessageCodepage", "PidTagMessageLocaleId"}
    declared = {known.name for known in PROPERTIES if any(x.startswith(f"{table}.") for x in known.columns)}
    assert asked | by_the_reader == declared | by_the_reader


def test_columns_of_properties_exist() -> None:
    """Every column that a property is said to reach is one of its table."""
    columns = [column.split(".", 1) for known in PROPERTIES for column in known.columns if "(" not in column]
    unknown = {(t, c) for t, c in columns if t in schemas.EXTRACTED and c not in schemas.EXTRACTED[t].names}
    assert unknown == set()


def test_no_property_is_listed_twice() -> None:
    """A name and a key each stand for one property."""
    assert len(BY_NAME) == len(BY_KEY) == len(PROPERTIES)


def test_ignored_properties_agree_with_the_used_ones() -> None:
    """A property that is used in one table and ignored in another has one name."""
    both = {key: known.name for key, known in BY_KEY.items() if ignored_properties.name(key)}
    assert len(both) > 20
    assert both == {key: ignored_properties.name(key) for key in both}


def test_a_property_is_asked_for_by_its_kind() -> None:
    """Asking for a text as a number is a defect that shows at once."""
    with pytest.raises(KeyError, match="PidTagSurname is text"):
        outlook_items.bag({}).integer("PidTagSurname")
    assert bags.read(outlook_items.bag({"PidTagSurname": "Sato"}), "PidTagSurname") == "Sato"
