"""Rows of a CSV that extract rejected come back as a CSV to mend, which the inbox takes."""

from pathlib import Path

from pipeline import extract, schemas, store, transform
from pipeline.config import Config
from pipeline.report import rejected_rows
from pipeline.targets import EVENTS
from tests import builders
from tests.extract.outlook_export import export

_CALL = {"Subject": "Call", "Start Date": "2026-01-31", "End Date": "2026-01-31"}
_LOST = {"Subject": "田中, 様", "Start Date": "soon", "End Date": "2026-02-01"}


def test_a_mended_row_is_read_as_if_it_had_been_right(tmp_path: Path) -> None:
    """The file has the header and the row as it stood; mended and put into the inbox, its event is the right one's."""
    found = builders.project(tmp_path, builders.MAILBOXES + "[engine]\nprocesses = 1\n")
    place = found.inbox / "sato"
    place.mkdir()
    (place / "calls.csv").write_text(export("calendar", _CALL, _LOST), encoding="utf-8")
    extract.run(found)
    (rows,) = rejected_rows.write(found, tmp_path / "rows")
    assert (rows.source, rows.count) == ("sato/calls.csv", 1)
    mended = rows.path.read_text("utf-8-sig").replace("soon", "2026-02-01")
    (place / "mended.csv").write_text(mended, encoding="utf-8")
    assert _keys(found) == _keys_of_a_right_export(tmp_path)


def _keys(found: Config) -> set[tuple[str, str]]:
    """Return title and key of every event that is ready."""
    extract.run(found)
    transform.run(found)
    ready = builders.transformed(found, "ready/events", EVENTS.schema())
    return {(row["Event_Title"], row["cluster_key"]) for row in ready}


def _keys_of_a_right_export(tmp_path: Path) -> set[tuple[str, str]]:
    other = tmp_path / "other"
    other.mkdir()
    found = builders.project(other, builders.MAILBOXES + "[engine]\nprocesses = 1\n")
    place = found.inbox / "sato"
    place.mkdir()
    right = export("calendar", _CALL, {**_LOST, "Start Date": "2026-02-01"})
    (place / "calls.csv").write_text(right, encoding="utf-8")
    return _keys(found)


def test_damaged_items_of_stores_are_counted(tmp_path: Path) -> None:
    """What extract rejected of a store is no row to mend here, and is counted beside those that are."""
    found = builders.project(tmp_path)
    kinds = {"a.pst": "pst-unicode", "b.csv": "csv-tasks"}
    known = {"path": "", "bytes": 1, "status": "read", "rule": "", "items": 0}
    files = [{**known, "file_no": n, "file_sha256": name, "kind": kind} for n, (name, kind) in enumerate(kinds.items())]
    lost = [{"file_sha256": name, "table": "contacts", "position": n} for n, name in enumerate(["a.pst", *kinds])]
    with store.building(found.extracted) as stage:
        store.write_rows(files, stage.path("files"), schemas.FILES)
        store.write_rows(lost, stage.path("rejects"), schemas.REJECTS)
        stage.finish("extract", inputs={})
    assert rejected_rows.of_stores(found) == 2


def test_no_rejected_row_no_file(tmp_path: Path) -> None:
    """What is left of an earlier time goes; nothing is written where nothing was rejected."""
    found = builders.project(tmp_path)
    builders.extracted(found, {"contacts": [{"surname": "Grant"}]})
    old = tmp_path / "rows" / "001-a.csv"
    old.parent.mkdir()
    old.write_text("old", "utf-8")
    assert rejected_rows.write(found, old.parent) == []
    assert not old.exists()
