"""A store read in parts, by two readers: nothing is lost between them, and the certificate says so."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import config, engine, extract, schemas, store
from pipeline.config import Config
from pipeline.errors import ContractError
from pipeline.extract import pst, store_parts
from pipeline.extract.content import Reading
from pipeline.extract.pst import certificate, collect, mapping, survey
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.tally import Tally
from tests.extract.outlook_items import listed
from tests.pstwriter.contacts import Contact
from tests.pstwriter.layout import Form
from tests.pstwriter.mixes import write_mixed
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings

READING = Reading(file_sha256="0123456789abcdef" * 4, code_page="cp932", date_order="")
Damage = Callable[[Path, int], None]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return a store with sixty items of all kinds."""
    path = tmp_path / "inbox" / "mixed.pst"
    path.parent.mkdir()
    with path.open("wb") as out, Writer(out, StoreSettings(form=Form.UNICODE, seed=1)) as writer:
        write_mixed(writer, 60, 1)
    return path


def _settings(path: Path, *, cross_check: bool = False) -> Config:
    project = path.parents[1] / "project"
    project.mkdir(exist_ok=True)
    return config.load(project, path).model_copy(update={"cross_check": cross_check})


def _rows(settings: Config, name: str, schema: Any) -> list[dict[str, Any]]:
    manifest = store.Manifest.of(settings.extracted)
    return list(store.read_all(settings.extracted, manifest, name, schema).to_pylist())


def _without(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    own = ("file_sha256", "item_id")
    return [{name: value for name, value in row.items() if name not in own} for row in rows]


def _damage(path: Path, node: int) -> None:
    """Flip a bit in the data of an item, so that the checksum of its block is wrong."""
    with Store.open(path) as opened:
        block = opened.item(node).node.data_block
        trees = opened.parsed.trees
        at = trees.blocks.tolist().index(block & ~1)
        offset, size = int(trees.block_offsets[at]), int(trees.block_sizes[at])
    data = bytearray(path.read_bytes())
    data[offset + size // 2] ^= 1
    path.write_bytes(data)


def _first(path: Path) -> int:
    with Store.open(path) as opened:
        return int(survey.item_nodes(opened)[0])


@pytest.mark.parametrize("unit", [7, 64])
def test_parts_give_what_the_whole_gives(mixed: Path, monkeypatch: pytest.MonkeyPatch, unit: int) -> None:
    """However a store is cut, its tables, accounts and certificate are those of one reading."""
    whole = listed(pst.read(mixed, READING))
    monkeypatch.setattr(survey, "UNIT", unit)
    settings = _settings(mixed)
    extract.run(settings)
    for table, schema in schemas.EXTRACTED.items():
        assert _without(_rows(settings, table, schema)) == _without(list(whole.rows[table]))  # type: ignore[arg-type]  # lists, by `listed`
    assert _without(_rows(settings, "accounts", schemas.ACCOUNTS)) == _without(list(whole.accounts))  # type: ignore[arg-type]  # dicts
    assert _without(_rows(settings, "certificate", schemas.CERTIFICATE)) == _without(list(whole.certificate))  # type: ignore[arg-type]  # dicts
    parts = list((settings.work / "cache").rglob("*.parts"))
    assert not parts


@pytest.mark.parametrize(
    ("items", "units"),
    [(0, 0), (1, 1), (4096, 1), (4097, 4), (30_000, 8), (100_000, 28), (400_000, 100)],
)
def test_a_store_is_cut_into_equal_units(items: int, units: int) -> None:
    """Every item is in one unit; two or four processors have equally much to do, and none waits long for the last."""
    spans = survey.cut(items)
    assert len(spans) == units
    assert [place for span in spans for place in range(*span)] == list(range(items))
    sizes = {end - start for start, end in spans}
    assert not sizes or (max(sizes) <= survey.UNIT and max(sizes) - min(sizes) <= 1)


def test_an_interrupted_reading_goes_on_with_what_is_missing(mixed: Path, tmp_path: Path) -> None:
    """A part that is complete is not read again, one whose table was damaged is."""
    directory = tmp_path / "cache" / "entry"
    (span,) = store_parts.prepare(mixed, READING, directory)
    first = store_parts.read(mixed, READING, directory, span)
    read = {path: path.stat().st_mtime_ns for path in first.directory.iterdir()}
    assert store_parts.read(mixed, READING, directory, span) == first
    assert {path: path.stat().st_mtime_ns for path in first.directory.iterdir()} == read
    table = first.directory / next(iter(first.files["contacts"]))
    whole = table.read_bytes()
    table.write_bytes(whole[:-1])
    assert store_parts.read(mixed, READING, directory, span).files == first.files
    assert table.read_bytes() == whole


def test_how_much_waits_to_be_written_changes_no_row(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies are handed on when there is much of them, the other tables wait: the rows and their order are the same."""
    found = []
    for name, largest in (("much", 4 << 20), ("little", 1)):
        for module in (mapping, collect):
            monkeypatch.setattr(module, "_LARGEST", largest)
        directory = tmp_path / name / "entry"
        (span,) = store_parts.prepare(mixed, READING, directory)
        part = store_parts.read(mixed, READING, directory, span)
        tables = {
            table: pa.concat_tables(store.read(part.directory / file, schemas.EXTRACTED[table]) for file in files)
            for table, files in part.files.items()
        }
        found.append((tables, len(part.files["messages"]), Tally.of(READING.file_sha256, part.tally).columns))
    (much, one, counted), (little, many, counted_too) = found
    assert (one, many > one) == (1, True)
    assert much == little
    assert counted == counted_too


def test_the_certificate_explains_every_item(corpus: Path) -> None:
    """Of every real store each item of the node tree is written, excluded or rejected, folder by folder."""
    for path in sorted((corpus / "pst").glob("*.pst")):
        if path.stem in ("asposec_smtp_badsignature", "asposenet_bulk_badchecksum"):
            continue
        content = pst.read(path, READING)
        with pst.opened(path) as opened:
            items = opened.item_count()
        assert sum(row["in_tree"] for row in content.certificate) == items
        assert {row["unexplained"] for row in content.certificate} <= {0}
        assert store.table_of(content.certificate, schemas.CERTIFICATE).num_rows == len(content.certificate)


def test_an_unexplained_item_fails_the_run(mixed: Path) -> None:
    """A certificate that does not add up is a defect, not a note."""
    with pst.opened(mixed) as opened:
        found = pst.look_at(opened, READING)
    with pytest.raises(ContractError, match="60 items of a store"):
        certificate.rows(found, Tally(READING.file_sha256))


def test_an_item_that_the_first_reader_cannot_read_is_tried_with_the_second(mixed: Path) -> None:
    """A block with a wrong checksum is refused by the direct reader; pypff reads the item, and the account says so."""
    _damage(mixed, _first(mixed))
    settings = _settings(mixed)
    report = extract.run(settings)
    readers: Counter[str] = Counter()
    for account in _rows(settings, "accounts", schemas.ACCOUNTS):
        readers[account["reader"]] += account["seen"]
    assert readers == {"direct": 59, "pypff": 1}
    assert sum(account.rejected for account in report.accounts) == 0
    assert "mixed.pst: 1 items were read by the second reader, pypff" in report.notes
    assert sum(row["in_tree"] for row in _rows(settings, "certificate", schemas.CERTIFICATE)) == 60


def test_what_the_second_reader_reads_obeys_the_rules_of_its_folder(tmp_path: Path) -> None:
    """An item of Deleted Items that only pypff can read stays out, as the others there do."""
    path = tmp_path / "inbox" / "a.pst"
    path.parent.mkdir()
    with path.open("wb") as out, Writer(out, StoreSettings()) as writer:
        gone = writer.add(writer.deleted, Contact(surname="見本"))
        kept = writer.add(writer.add_folder("連絡先"), Contact(surname="仮山"))
    _damage(path, gone)
    _damage(path, kept)
    settings = _settings(path)
    extract.run(settings)
    assert [row["surname"] for row in _rows(settings, "contacts", schemas.CONTACTS)] == ["仮山"]
    fates = {(row["reader"], row["rule"], row["seen"]) for row in _rows(settings, "accounts", schemas.ACCOUNTS)}
    assert fates >= {("pypff", "", 1), ("pypff", "folder_deleted_items", 1)}


def test_what_the_second_reader_reads_is_where_the_first_found_it(tmp_path: Path) -> None:
    """The folder has one name on the certificate, though only pypff can read what it is called."""
    path = tmp_path / "inbox" / "a.pst"
    path.parent.mkdir()
    with path.open("wb") as out, Writer(out, StoreSettings()) as writer:
        folder = writer.add_folder("連絡先")
        node = writer.add(folder, Contact(surname="仮山"))
    _damage(path, node)
    _damage(path, folder.node)
    settings = _settings(path)
    extract.run(settings)
    (found,) = _rows(settings, "contacts", schemas.CONTACTS)
    assert (found["surname"], found["folder"].rpartition("/")[2]) == ("仮山", f"({folder.node:#x})")


def test_two_readers_agree_on_real_stores(corpus: Path, tmp_path: Path) -> None:
    """Items and values are the same wherever both can read; only what pypff drops differs."""
    settings = config.load(tmp_path, corpus / "pst").model_copy(update={"cross_check": True})
    report = extract.run(settings)
    found = _rows(settings, "cross_check", schemas.CROSS_CHECK)
    assert Counter(row["finding"] for row in found) == {"only_direct": 15, "unreadable_by_pypff": 16}
    assert len({(row["finding"], row["item_id"]) for row in found}) == len(found)
    seen = [row["by_pypff"] for row in _rows(settings, "certificate", schemas.CERTIFICATE)]
    assert sum(seen) == 160
    assert any("asposejava_chunk0.pst: 0 items by pypff; 3 items that only" in note for note in report.notes)


def _sleep(seconds: float) -> float:
    import time  # noqa: PLC0415 - in the child only

    time.sleep(seconds)
    return seconds


def _die(_unit: int) -> int:
    import os  # noqa: PLC0415 - likewise

    os._exit(3)


@pytest.mark.parametrize(("function", "unit"), [(_sleep, 60), (_die, 1)], ids=["hangs", "dies"])
def test_a_reader_that_hangs_or_dies_costs_its_unit(function: Callable[[int], Any], unit: int) -> None:
    """What the C library does to its process ends there, within the time it has."""
    assert isinstance(engine.within(1.5, function, unit), engine.Crashed)


def test_what_a_child_returns_or_raises_comes_back() -> None:
    """A result and an exception pass unchanged."""
    assert engine.within(30, abs, -3) == 3
    with pytest.raises(TypeError):
        engine.within(30, abs, "x")  # type: ignore[arg-type]  # on purpose


def test_what_the_worker_processes_import_has_neither_pandas_nor_pydantic() -> None:
    """Each takes a quarter of a second and 40 MB in every process, and reading a part of a store needs neither."""
    code = "import pyarrow as pa, sys, pipeline.extract.worker; pa.array([None]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"pandas", "pydantic"}.isdisjoint(loaded)
