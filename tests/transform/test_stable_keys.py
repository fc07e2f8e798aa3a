"""Keys stay: another export of the same mailbox, with a row more, gives the same records and that row."""

from collections.abc import Sequence
from pathlib import Path

from pipeline import config, extract, schemas, transform
from pipeline.targets import CONTACTS
from tests import builders

HEADER = "First Name,Last Name,Company,E-mail Address,Business Phone,Notes"
ROWS = (
    "花,佐藤,みどり㈱,hana@midori.example,03-0000-0001,",
    "花,佐藤,みどり（株）,HANA@midori.example,(03)0000-0001,met",
    "Ann,Grant,Birch Ltd,,+44 1632 960001,",
    "Ann,Grant,Birch Ltd,,+44 1632 960001,",
    "太郎,森,,taro.@keitai.example,,",
)
ADDED = "Leo,Quill,Elm Ltd,leo@elm.example,,new"


def _exported(directory: Path, rows: Sequence[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return records (key, hash) and decisions (left, right) of a mailbox with one CSV of these rows."""
    (directory / "inbox" / "sato").mkdir(parents=True)
    (directory / "pipeline.toml").write_text(builders.MAILBOXES, encoding="utf-8")
    text = "\r\n".join([HEADER, *rows, ""])
    (directory / "inbox" / "sato" / "a.csv").write_text(text, encoding="utf-8-sig", newline="")
    project = config.load(directory, directory / "inbox")
    extract.run(project)
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    decisions = builders.transformed(project, "decisions", schemas.DECISIONS)
    records = {(row["cluster_key"], row["content_hash"]) for row in ready}
    return records, {(row["left_key"], row["right_key"]) for row in decisions}


def test_a_row_at_the_top_changes_no_other(tmp_path: Path) -> None:
    """With one row inserted at the top, the records are the same and that row's."""
    before, decided = _exported(tmp_path / "a", ROWS)
    after, decided_after = _exported(tmp_path / "b", (ADDED, *ROWS))
    assert len(before) == 3
    assert before < after
    assert len(after) == 4
    assert decided == decided_after


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    """The same rows in another order are the same records."""
    assert _exported(tmp_path / "a", ROWS) == _exported(tmp_path / "b", ROWS[::-1])
