"""The page of the completeness certificate: every number of the table, and every name as text."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import config, extract, schemas, store
from pipeline.config import Config
from pipeline.report import certificate, words

SHA = "ab" * 32
_NUMBERS = {"in_tree": 1200, "lost": 1, "written": 1000, "excluded": 200, "rejected": 1, "unexplained": 0}
_MORE = {"hidden": 3, "listed": 1201, "counted": None, "by_pypff": None}
_UNREAD = [
    {"path": "broken.pst", "status": "quarantined", "reason": "The checksum of the header does not match."},
    {"path": "copy.pst", "status": "duplicate", "reason": "the same bytes as a.pst"},
]


def _extracted(settings: Config, tables: dict[str, tuple[list[dict[str, Any]], pa.Schema]]) -> None:
    with store.building(settings.extracted) as stage:
        for name, (rows, schema) in tables.items():
            store.write_rows(rows, stage.path(name), schema)
        stage.finish("extract", inputs={})


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    """Return a project in which a store with a folder of an evil name was read."""
    found = config.load(tmp_path)
    path = "<script>alert(1)</script>.pst"
    account = {"file_sha256": SHA, "folder": "/<b>営業</b>", "rule": "private_item", "reader": "direct"}
    accounts = [
        {**account, "written": 0, "excluded": 200, "rejected": 0},
        {**account, "rule": "", "reader": "pypff", "written": 2, "excluded": 0, "rejected": 0},
    ]
    reject = {"file_sha256": SHA, "folder": "/<b>営業</b>", "item_id": "abab:n24", "rule": "unreadable_item"}
    rejects = [{**reject, "stage": "extract", "reason": "block 0x44: <i>checksum</i>"}] * 502
    _extracted(
        found,
        {
            "files": ([{"file_sha256": SHA, "path": path, "status": "read"}, *_UNREAD], schemas.FILES),
            "certificate": ([{"file_sha256": SHA, "folder": "/<b>営業</b>", **_NUMBERS, **_MORE}], schemas.CERTIFICATE),
            "accounts": (accounts, schemas.ACCOUNTS),
            "rejects": (rejects, schemas.REJECTS),
        },
    )
    return found


def test_every_number_is_on_the_page(settings: Config) -> None:
    """A folder's numbers, those that nobody knows as a dash, and the rules with their counts."""
    path = certificate.write(settings)
    assert path is not None
    page = path.read_text(encoding="utf-8")
    cells = ["1,200", "1", "1,000", "200", "1", "0", "3", "1,201"]
    row = "".join(f"<td>{cell}</td>" for cell in cells) + '<td class="no">–</td>' * 2
    assert f"<tr><td>/&lt;b&gt;営業&lt;/b&gt;</td>{row}</tr>" in page
    assert SHA in page


def test_each_exclusion_and_reject_is_told(settings: Config) -> None:
    """A rule in words of both languages with its count, folder by folder; a reject with its item and its reason.

    Of very many rejects the page says how many more there are, and where.
    """
    path = certificate.write(settings)
    assert path is not None
    page = path.read_text(encoding="utf-8")
    folder = "<td>/&lt;b&gt;営業&lt;/b&gt;</td>"
    english, japanese = words.pair("rule", "private_item")
    assert f'{folder}<td>{english} <code>private_item</code><small lang="ja">{japanese}</small></td>' in page
    assert page.count("block 0x44: &lt;i&gt;checksum&lt;/i&gt;</td><td><code>abab:n24</code></td>") == 500
    assert "2 more are in the table <code>rejects</code>" in page
    assert "Read by the second reader, pypff: 2 " in page


def test_what_was_not_read_is_told(settings: Config) -> None:
    """A store that could not be read is on the page with the reason: its absence alone nobody would notice."""
    path = certificate.write(settings)
    assert path is not None
    page = path.read_text(encoding="utf-8")
    assert "<td>broken.pst</td><td>The checksum of the header does not match.</td>" in page
    assert "<td>copy.pst</td><td>the same bytes as a.pst</td>" in page
    assert "read</td>" not in page


def test_names_stay_text(settings: Config) -> None:
    """What stands in the name of a file or folder is no part of the page, which loads nothing and runs nothing."""
    path = certificate.write(settings)
    assert path is not None
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_without_a_store_there_is_no_page(tmp_path: Path) -> None:
    """CSV files have no index that could be certified."""
    settings = config.load(tmp_path)
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    sheet = tmp_path / "data" / "inbox" / "a.csv"
    sheet.write_text("First Name,Last Name,E-mail Address\nAnn,Lee,ann@kaede.example\n", encoding="utf-8")
    settings = config.load(tmp_path)
    extract.run(settings)
    assert certificate.write(settings) is None
