"""A damaged store end to end: what is lost is said, what is left is read, by whichever reader can, and all adds up."""

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipeline import config, extract, schemas, store
from pipeline.config import Config
from pipeline.extract.pst import pypff_reader
from pipeline.extract.pst.bag import Item
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.survey import ORPHANS
from pipeline.outcome import Report
from pipeline.report import certificate
from tests.pstwriter import keys
from tests.pstwriter.contacts import Contact, EmailAddress
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Message
from tests.pstwriter.keys import PSETID_ADDRESS
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.mapi import Key, Kind
from tests.pstwriter.named import NameMap
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings


def written(tmp_path: Path, write: Callable[[Writer], Any], settings: StoreSettings | None = None) -> Path:
    """Return the only store of an inbox."""
    path = tmp_path / "inbox" / "a.pst"
    path.parent.mkdir()
    with path.open("wb") as out, Writer(out, settings or StoreSettings()) as writer:
        write(writer)
    return path


def extracted(path: Path, *, cross_check: bool = False) -> tuple[Config, Report]:
    """Read the inbox."""
    project = path.parents[1] / "project"
    project.mkdir()
    settings = config.load(project, path.parent).model_copy(update={"cross_check": cross_check})
    return settings, extract.run(settings)


def rows(settings: Config, name: str, schema: Any) -> list[dict[str, Any]]:
    """Return a table of the stage."""
    manifest = store.Manifest.of(settings.extracted)
    return list(store.read_all(settings.extracted, manifest, name, schema).to_pylist())


def contacts(writer: Writer, count: int = 60) -> None:
    """Write a folder of contacts."""
    folder = writer.add_folder("連絡先")
    for number in range(count):
        writer.add(folder, Contact(surname=f"見本{number}"))


def leaf_with_items(path: Path) -> int:
    """Return the offset of a page of the node tree that knows nothing but items and their folder's lists."""
    with Store.open(path) as opened:
        wanted = opened.items(opened.folders()[-1].node)[30]
    data = path.read_bytes()
    for at in range(0x4400, len(data), 512):
        count, _, size, level = data[at + 488 : at + 492]
        if data[at + 496 : at + 498] == b"\x81\x81" and level == 0 and size:
            found = [struct.unpack_from("<I", data, at + place)[0] for place in range(0, count * size, size)]
            if wanted in found:
                return at
    raise AssertionError("no such page")


def spoil_root(path: Path, at: int, patch: bytes) -> None:
    """Write over the root page of the node tree."""
    with Store.open(path) as opened:
        root = opened.header.node_root.offset
    data = bytearray(path.read_bytes())
    data[root + at : root + at + len(patch)] = patch
    path.write_bytes(data)


def test_a_lost_page_of_the_index(tmp_path: Path) -> None:
    """The items on it are rejects, as the page itself, on the certificate, and the others are read."""
    path = written(tmp_path, contacts)
    at = leaf_with_items(path)
    data = bytearray(path.read_bytes())
    gone = sum(struct.unpack_from("<I", data, at + place)[0] & 0x1F == 4 for place in range(0, data[at + 488] * 32, 32))
    data[at] ^= 0xFF
    path.write_bytes(data)
    settings, report = extracted(path)
    assert 0 < gone < 60
    rules = Counter(row["rule"] for row in rows(settings, "rejects", schemas.REJECTS))
    assert rules == {"lost_index_page": 1, "missing_item": gone}
    table = rows(settings, "certificate", schemas.CERTIFICATE)
    assert sum(row["lost"] for row in table) == gone + 1
    assert sum(row["written"] for row in table) == len(rows(settings, "contacts", schemas.CONTACTS)) == 60 - gone
    assert sum(account.rejected for account in report.accounts) == gone + 1


def test_a_store_of_which_the_first_reader_reads_nothing(tmp_path: Path) -> None:
    """A root page with a wrong checksum is refused by the direct reader, and pypff reads the store.

    Special folders are known all the same, and the certificate says that nobody knows whether that is all.
    """

    def write(writer: Writer) -> None:
        contacts(writer, 5)
        writer.add(writer.deleted, Contact(surname="消した"))
        writer.add(writer.add_folder("迷惑", role=Role.JUNK), Message(subject="当選"))

    path = written(tmp_path, write)
    spoil_root(path, 500, b"\1\2\3\4")
    settings, report = extracted(path)
    assert len(rows(settings, "contacts", schemas.CONTACTS)) == 5
    assert any("its index cannot be read; pypff read 7 items" in note for note in report.notes)
    excluded = {row["rule"]: row["excluded"] for row in rows(settings, "accounts", schemas.ACCOUNTS) if row["excluded"]}
    assert excluded == {"folder_deleted_items": 1, "folder_junk": 1}
    table = rows(settings, "certificate", schemas.CERTIFICATE)
    assert {row["in_tree"] for row in table} == {None}
    assert sum(row["by_pypff"] for row in table) == sum(row["written"] + row["excluded"] for row in table) == 7
    page = certificate.write(settings)
    assert page is not None
    assert "whether these are all its items is not certified" in page.read_text(encoding="utf-8")


def test_a_store_of_which_neither_reader_reads_an_item(tmp_path: Path) -> None:
    """It is put aside with the reason of the first reader, and is not taken for one that was read."""
    path = written(tmp_path, lambda writer: contacts(writer, 5))
    spoil_root(path, 500, bytes(12))
    (path.parent / "b.csv").write_text("First Name,Last Name\nAnn,Lee\n", encoding="utf-8")
    settings, report = extracted(path)
    status = {row["path"]: (row["status"], row["rule"]) for row in rows(settings, "files", schemas.FILES)}
    assert status["a.pst"] == ("quarantined", "damaged_store")
    assert any(note.startswith("quarantined: a.pst: ") and "scanpst.exe" in note for note in report.notes)


def test_the_second_reader_opens_only_what_is_asked_of_it(tmp_path: Path) -> None:
    """For a damaged item in a large store it looks into that item's folder, and reads nothing else there."""

    def write(writer: Writer) -> None:
        for name in ("一", "二"):
            folder = writer.add_folder(name)
            for number in range(3):
                writer.add(folder, Contact(surname=f"{name}{number}"))

    path = written(tmp_path, write)
    with Store.open(path) as opened:
        place, node = next((one.node, opened.items(one.node)[1]) for one in opened.folders() if one.name == "二")
    with pypff_reader.opened(path) as file:
        found = list(pypff_reader.walk(file, "cp932", lambda _class: False, {node: place}))
    assert [one.bag.text("PidTagSurname") for one in found if isinstance(one, Item)] == ["二1"]


def test_items_without_a_folder(tmp_path: Path) -> None:
    """An orphan is read like any other item, and has a line of its own on the certificate."""

    def write(writer: Writer) -> None:
        contacts(writer, 2)
        writer.add_orphan(Contact(surname="孤児"), 0x00FFFFE2)

    settings, _ = extracted(written(tmp_path, write))
    found = {row["surname"]: row["folder"] for row in rows(settings, "contacts", schemas.CONTACTS)}
    assert len(found) == 3
    assert found["孤児"] == ORPHANS
    table = {row["folder"]: row for row in rows(settings, "certificate", schemas.CERTIFICATE)}
    assert (table[ORPHANS]["in_tree"], table[ORPHANS]["written"]) == (1, 1)


def test_folders_deeper_than_any_mailbox_has(tmp_path: Path) -> None:
    """Items in the hundred and thirtieth folder are read; the path says that it was cut."""

    def write(writer: Writer) -> None:
        folder = writer.add_folder("0")
        for depth in range(1, 130):
            folder = writer.add_folder(str(depth), parent=folder)
        writer.add(folder, Contact(surname="奥"))

    settings, _ = extracted(written(tmp_path, write))
    (found,) = rows(settings, "contacts", schemas.CONTACTS)
    assert found["folder"] == "/(folders deeper than 100 levels)/129"


def test_a_property_that_the_store_names_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values under either number are those of the property, and both readers agree."""
    address, twin = keys.EMAIL_ADDRESS[0].name, 0x80FE
    enter = NameMap._enter

    def twice(self: NameMap, guid: UUID, name: int | str, index: int) -> None:
        enter(self, guid, address if name == twin else name, index)

    def write(writer: Writer) -> None:
        folder = writer.add_folder("連絡先")
        writer.add(folder, Contact(surname="一", emails=[EmailAddress(address="ichi@kaede.example")]))
        writer.add(folder, Contact(surname="二", extra=[(Key(Kind.STRING, twin, PSETID_ADDRESS), "ni@kaede.example")]))

    monkeypatch.setattr(NameMap, "_enter", twice)
    path = written(tmp_path, write)
    settings, report = extracted(path, cross_check=True)
    found = {row["surname"]: row["email1"] for row in rows(settings, "contacts", schemas.CONTACTS)}
    assert found == {"一": "ichi@kaede.example", "二": "ni@kaede.example"}
    assert any("2 items by pypff; no difference" in note for note in report.notes)


def test_values_that_the_readers_read_otherwise(tmp_path: Path) -> None:
    """A cross-check names the property in which two readings of an item differ, and counts it."""
    body = "見本の本文です。" * 9000  # of a block that is encoded and compressed pypff decodes too little
    both = StoreSettings(form=Form.OST4K, encryption=Encryption.PERMUTE, trim=True)
    path = written(
        tmp_path, lambda writer: writer.add(writer.add_folder("受信"), Message(subject="s", body=body)), both
    )
    settings, report = extracted(path, cross_check=True)
    (found,) = rows(settings, "cross_check", schemas.CROSS_CHECK)
    assert (found["finding"], found["property"]) == ("different", "0x1000")
    assert any("cross-check: a.pst: 1 items by pypff; 1 property values that differ" in note for note in report.notes)
    (row,) = rows(settings, "messages", schemas.MESSAGES)
    assert row["body_text"] == body
