"""Real stores: the counts of the manifest, and exact values of one item of each kind."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import schemas, store
from pipeline.extract.content import Content, Reading, UnreadableError
from pipeline.extract.pst import read
from tests.conftest import CORPUS
from tests.extract.outlook_items import READING, listed

Reader = Callable[[str], Content]
DROPPED_BY_PYPFF = {"asposejava_chunk0": {"IPM.Note": 3}, "asposenet_testpart1": {"IPM.Contact": 12}}
_MANIFEST = CORPUS / "MANIFEST.md"


def _reading(code_page: str = "cp932") -> Reading:
    return replace(READING, code_page=code_page)


@pytest.fixture(scope="module")
def reader(corpus: Path) -> Reader:
    """Return a function that reads a store of the corpus once."""
    known: dict[str, Content] = {}

    def content(name: str) -> Content:
        if name not in known:
            known[name] = listed(read(corpus / "pst" / f"{name}.pst", _reading()))
        return known[name]

    return content


def _manifest() -> list[tuple[str, str, str]]:
    """Return file, the "pypff" column and the "pypff errors" column."""
    if not _MANIFEST.is_file():
        return []
    rows = [[cell.strip() for cell in line.split("|")] for line in _MANIFEST.read_text("utf-8").splitlines()]
    return [(row[1], row[7], row[8]) for row in rows if len(row) > 8 and row[1].endswith(".pst")]


@pytest.mark.parametrize(("file", "classes", "errors"), _manifest(), ids=[row[0] for row in _manifest()])
def test_counts_of_the_manifest(reader: Reader, file: str, classes: str, errors: str) -> None:
    """Every item that pypff can read is seen under its class, and those that it drops are seen too."""
    if not errors.isdigit():
        with pytest.raises(UnreadableError):
            reader(file.removesuffix(".pst"))
        return
    content = reader(file.removesuffix(".pst"))
    expected = Counter({name: int(count) for name, count in re.findall(r"([A-Za-z.]+) (\d+)", classes)})
    expected.update(DROPPED_BY_PYPFF.get(file.removesuffix(".pst"), {}))
    seen: Counter[str] = Counter()
    for account in content.accounts:
        assert account["seen"] == account["written"] + account["excluded"] + account["rejected"]
        name = account["message_class"]
        if name and account["seen"]:
            seen["FreeBusy" if name.endswith("FreeBusy") else name] += account["seen"]
    assert seen == expected
    assert not content.rejects
    assert sum(account["rejected"] for account in content.accounts) == 0


@pytest.mark.parametrize("file", [row[0] for row in _manifest() if row[2].isdigit()])
def test_rows_fit_their_schemas(reader: Reader, file: str) -> None:
    """Every row fits its table, and no two items of a store have one id."""
    content = reader(file.removesuffix(".pst"))
    for table, rows in content.rows.items():
        assert store.table_of(rows, schemas.EXTRACTED[table]).num_rows == len(rows)
    store.table_of(content.columns, schemas.COLUMNS)
    ids = [row["item_id"] for rows in content.rows.values() for row in rows]
    ids += [reject["item_id"] for reject in content.rejects]
    assert len(ids) == len(set(ids))


def test_the_manifest_was_read(corpus: Path) -> None:
    """The test above is not empty."""
    assert len(_manifest()) == len(list((corpus / "pst").glob("*.pst")))


@pytest.mark.parametrize(
    ("name", "rule", "says"),
    [
        ("asposec_smtp_badsignature", "not_a_store", "no Outlook store"),
        ("asposenet_bulk_badchecksum", "damaged_header", "checksum of the header does not match"),
    ],
)
def test_quarantine(reader: Reader, name: str, rule: str, says: str) -> None:
    """A file that pypff cannot open says what is wrong with it."""
    with pytest.raises(UnreadableError) as error:
        reader(name)
    assert (error.value.rule, says in error.value.reason) == (rule, True)


def test_a_store_that_was_cut_off(corpus: Path, tmp_path: Path) -> None:
    """A store without its end is known by the length that its header says."""
    whole = (corpus / "pst" / "hiraoka_contacts.pst").read_bytes()
    path = tmp_path / "half.pst"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableError, match="truncated_store"):
        read(path, _reading())


# What the two files, saved one after the other, do not share.
_OWN = ("modified_at",)


@pytest.mark.parametrize("code_page", ["cp932", "cp1252"])
def test_japanese_contact_in_an_ansi_store(corpus: Path, reader: Reader, code_page: str) -> None:
    """The ANSI store gives what its Unicode twin gives, folder names too, whatever the setting."""
    ansi = listed(read(corpus / "pst" / "hiraoka_contacts97-2002_ansi.pst", _reading(code_page)))
    twin = reader("hiraoka_contacts")
    assert (ansi.kind, twin.kind) == ("pst-ansi", "pst-unicode")
    (found,), (expected,) = ansi.rows["contacts"], twin.rows["contacts"]
    assert {name: found[name] for name in found if name not in _OWN} == {
        name: expected[name] for name in expected if name not in _OWN
    }
    folders = {x["folder"] for x in ansi.accounts} & {x["folder"] for x in twin.accounts}
    top = "/Outlook データ ファイルのトップ"
    assert folders >= {top, f"{top}/削除済みアイテム", f"{top}/連絡先 (Contact dedicated)", "/検索ルート"}
    assert {x["folder"] for x in ansi.accounts} == folders


def test_japanese_contact(reader: Reader) -> None:
    """The values of the Japanese contact."""
    (found,) = reader("hiraoka_contacts97-2002_ansi").rows["contacts"]
    expected = {
        "folder": "/Outlook データ ファイルのトップ/連絡先 (Contact dedicated)",
        "surname": "イグザンプル",
        "given_name": "コム",
        "middle_name": "ドット",
        "name_suffix": "殿",
        "yomi_given_name": "komu",
        "yomi_surname": "eguzanpuru",
        "business_country": "日本",
        "business_street": "Somewhere",
        "business_postal_code": "544-0001",
        "email1": "test@example.com",
        "email1_type": "SMTP",
        "home_phone": "06-0001-0001",
        "business_fax": "06-0001-0003",
        "web_page": "https://example.com",
        "birthday_date": date(2000, 1, 1),
        "birthday_at": datetime(1999, 12, 31, 15, tzinfo=UTC),
        "created_at": datetime(2022, 7, 20, 17, 36, 16, 751000, tzinfo=UTC),
        "notes": None,
    }
    assert {name: found[name] for name in expected} == expected


def test_weekly_appointment(reader: Reader) -> None:
    """A weekly appointment with its zone, object id and recurrence."""
    (found,) = reader("jl_distlist").rows["events"]
    expected = {
        "subject": "Test appointment",
        "body": "This is a complete test\r\n",
        "start_at": datetime(2016, 8, 2, 15, tzinfo=UTC),
        "end_at": datetime(2016, 8, 2, 15, 30, tzinfo=UTC),
        "time_zone": "America/Los_Angeles",
        "is_all_day": False,
        "is_meeting": False,
        "is_recurring": True,
        "recurrence_text": "every Tuesday from 8:00 AM to 8:30 AM",
        "busy_status": "busy",
        "reminder_minutes": 15,
        "reminder_at": datetime(2016, 8, 2, 14, 45, tzinfo=UTC),
        "organizer": None,
        "attendees": [],
        "global_object_id": "040000008200e00074c5b7101a82e00800000000d08aa8f019ecd101"
        "00000000000000001000000033e8e3dab52aeb4e9597cb068b12f50e",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["recurrence"].startswith(bytes.fromhex("043004300b20"))


def test_meeting_in_a_small_ansi_store(reader: Reader) -> None:
    """The seven people of a meeting: the organizer, and six attendees with their SMTP addresses and roles."""
    (found,) = reader("gopst_32bit_ansi").rows["events"]
    assert found["subject"] == "Updated: Olympus training for new hires"
    assert (found["start_at"], found["time_zone"]) == (datetime(2004, 8, 19, 18, 30, tzinfo=UTC), "America/Chicago")
    assert (found["response"], found["busy_status"], found["sequence"]) == ("not_responded", "tentative", 1)
    people = [found["organizer"], *found["attendees"]]
    assert Counter(person["role"] for person in people) == {"organizer": 1, "required": 3, "optional": 3}
    assert all(person["address_type"] == "EX" and person["email"].endswith("@stellent.com") for person in people)
    assert len({person["email"] for person in people}) == 7


def test_two_hundred_recipients(reader: Reader) -> None:
    """A draft with 200 recipients and an HTML body wrapped in RTF."""
    (found,) = reader("rubymsg_200recipients").rows["messages"]
    assert [person["email"] for person in found["recipients"]] == [
        f"xmailuser{number}@xmailserver.test" for number in range(1, 201)
    ]
    assert (found["is_draft"], found["sender"], found["body_text"]) == (True, None, None)
    assert found["body_html"].startswith("<html ")
    assert found["body_html"].endswith("</body></html>")


def test_message_in_message(reader: Reader) -> None:
    """An embedded message is an attachment, named by its subject."""
    (found,) = reader("rubymsg_msginmsg").rows["messages"]
    assert [(x["name"], x["mime_type"], x["size"]) for x in found["attachments"]] == [
        ("Microsoft Outlook テスト メッセージ", "message/rfc822", 7906),
        ("green.png", None, 134),
    ]


def test_body_types(reader: Reader) -> None:
    """A body as HTML, HTML, RTF and plain text is text in all four; HTML is kept where there is some."""
    rows = reader("tika_bodytypes").rows["messages"]
    last = [(row["body_text"] or "").strip().splitlines()[-1] for row in rows]
    assert last == ["This is the original email (html)", "Forwarded (html)", "Forwarded RTF", "Forwarded plain text"]
    assert [bool(row["body_html"]) for row in rows] == [True, True, False, False]
    assert len({row["sender"]["email"] for row in rows} - {None}) == 1
    assert all("@" in row["sender"]["email"] for row in rows)
    assert {row["sender"]["address_type"] for row in rows} == {"EX"}


def test_items_that_pypff_loses(reader: Reader) -> None:
    """All twenty-one contacts are there, the twelve that pypff drops too, and the three messages of another store."""
    content = reader("asposenet_testpart1")
    assert len(content.rows["contacts"]) == 21
    assert {row["folder"] for row in content.rows["contacts"]} == {"/Top of Personal Folders/Contacts"}
    assert all(row["display_name"] or row["email1"] for row in content.rows["contacts"])
    messages = reader("asposejava_chunk0").rows["messages"]
    assert [row["subject"] for row in messages] == ["About Aspose 0", "About Aspose 1", "About Aspose 2"]
    starts = {row["start_at"] for row in content.rows["events"]}
    assert starts == {datetime(2011, 6, 22, 5, 30, tzinfo=UTC)}


def test_values_under_foreign_names_are_not_used(reader: Reader) -> None:
    """A store whose items have another store's numbers: a value of the wrong type for its name is left and reported."""
    content = reader("asposenet_testpart1")
    reported: Mapping[str, Any] = {
        column["source"]: column["target"] for column in content.columns if column["verdict"] == "unmapped"
    }
    assert reported["PidNameKeywords"] == "of type 0x0003, where texts is declared"
    assert reported["0x80A9"] == "its number is not among the names that the store lists"
    assert all(row["categories"] is None for row in content.rows["events"])


def test_repeated_contacts(reader: Reader) -> None:
    """Contacts written by a library: e-mail, company and business address from the named properties."""
    rows = reader("asposenet_contacts72").rows["contacts"]
    assert len(rows) == 72
    assert len({row["email1"] for row in rows}) < 72
    buell = next(row for row in rows if row["surname"] == "Buell")
    assert buell["business_street"] == "Im Astenfeld 59 8580 EDELSCHROTT"
    assert (buell["email1"], buell["primary_phone"]) == ("BerthaABuell@armyspy.com", "06605045265")
    assert buell["web_page"] == "B2BTies.com"
