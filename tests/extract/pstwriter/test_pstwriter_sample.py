"""The stores of the sample: three readers find the same in them, and they hold what the sample is to show."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.extract import pst
from pipeline.extract.content import Content, Reading
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Item, Message
from tests.sample import english_store, japanese_store
from tests.sample.store_files import Content as Contents

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
READING = Reading(file_sha256="0" * 64, code_page="cp932", date_order="")
STORES = [
    pytest.param(SAMPLE / "sato" / "バックアップ.pst", japanese_store.CONTENT, id="sato"),
    pytest.param(SAMPLE / "whitfield" / "archive.pst", english_store.CONTENT, id="whitfield"),
]
_KINDS = {"IPM.Contact": "Contact", "IPM.Appointment": "Appointment", "IPM.Note": "Email"}


def rows(content: Content) -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the rows of every table that has some, by item."""
    found = {}
    for table, listed in content.rows.items():
        assert isinstance(listed, pa.Table)
        if len(listed):
            found[table] = sorted(listed.to_pylist(), key=lambda row: str(row["item_id"]))
    return found


def without_zeros(value: object) -> object:
    """Return a value, answers of 0 taken for none at all: pypff reads 0 where a recipient's row has no answer."""
    if isinstance(value, list):
        return [without_zeros(one) for one in value]
    if isinstance(value, dict):
        return {
            name: None if (name, one) == ("response", "none") else without_zeros(one) for name, one in value.items()
        }
    return value


def without_hidden(table: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Take the own attendees of changed occurrences away."""
    return [
        {**row, "modified": [{**one, "attendees": None} for one in row["modified"]]} if row.get("modified") else row
        for row in table
    ]


def items_of(content: Contents) -> list[Item]:
    """Return all items that were written."""
    return [item for items in (*content.items.values(), *(items for _, _, items in content.below)) for item in items]


@pytest.mark.parametrize(("path", "content"), STORES)
def test_both_readers_give_the_same_rows(path: Path, content: Contents) -> None:
    """Every value of every row is the same from both, but the people of changed occurrences, whom pypff hides."""
    first, second = rows(pst.read(path, READING)), rows(pst.read_second(path, READING))
    assert first.keys() == second.keys() >= {"contacts", "tasks", "events", "messages"}
    for table, expected in second.items():
        assert without_zeros(without_hidden(first[table])) == without_zeros(expected)
    classes = Counter(item.message_class or item.kind for item in items_of(content))
    assert sum(account["seen"] for account in pst.read(path, READING).accounts) == classes.total()


@pytest.mark.skipif(shutil.which("lspst") is None, reason="pst-utils (readpst, lspst) is not installed")
@pytest.mark.parametrize(("path", "content"), STORES)
def test_lspst_lists_the_same_items(path: Path, content: Contents) -> None:
    """Contacts, appointments and mails are as many for lspst, which knows no others."""
    listed = subprocess.run(["lspst", path], capture_output=True, check=True).stdout.splitlines()
    kinds = Counter(line.split(b"\t")[0].decode(errors="replace") for line in listed)
    written = Counter(_KINDS.get(item.message_class or item.kind) for item in items_of(content))
    assert {kind: kinds[kind] for kind in _KINDS.values()} == {kind: written[kind] for kind in _KINDS.values()}


@pytest.mark.skipif(shutil.which("readpst") is None, reason="pst-utils (readpst, lspst) is not installed")
@pytest.mark.parametrize(("path", "content"), STORES)
def test_readpst_exports_the_same_mail(tmp_path: Path, path: Path, content: Contents) -> None:
    """The mails that arrived are exported with their message ids."""
    subprocess.run(["readpst", "-q", "-e", "-o", tmp_path, path], capture_output=True, check=True)
    exported = b"".join(file.read_bytes() for file in tmp_path.rglob("*.eml"))
    arrived = [item for item in content.items[Role.INBOX] if isinstance(item, Message)]
    assert arrived
    assert [item.subject for item in arrived if str(item.message_id).encode() not in exported] == []
