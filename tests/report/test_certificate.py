"""The page of the completeness certificate: every number of the table, and every name as text."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import config, extract, schemas, store
from pipeline.config import Config
from pipeline.report import certificate

SHA = "ab" * 32
_NUMBERS = {"in_tree": 1200, "lost": 1, "written": 1000, "excluded": 200, "rejected": 1, "unexplained": 0}
_MORE = {"hidden": 3, "listed": 1201, "counted": None, "by_pypff": None}


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
    account = {"file_sha256": SHA, "rule": "private_item", "excluded": 200, "rejected": 0}
    _extracted(
        found,
        {
            "files": ([{"file_sha256": SHA, "path": path, "status": "read"}], schemas.FILES),
            "certificate": ([{"file_sha256": SHA, "folder": "/<b>営業</b>", **_NUMBERS, **_MORE}], schemas.CERTIFICATE),
            "accounts": ([account], schemas.ACCOUNTS),
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
    assert "<code>private_item</code> 200" in page
    assert SHA in page


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
