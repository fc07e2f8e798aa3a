"""What people decided about duplicates wins over every rule, and is replayed on each run."""

from pathlib import Path

import pytest

from pipeline import schemas, transform
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.targets import CONTACTS
from pipeline.transform import overrides, people
from tests import builders
from tests.builders import Row

ROWS: list[Row] = [
    {"surname": "佐藤", "given_name": "花", "email1": "a@midori.example", "path": "sato/a.csv"},
    {"surname": "佐藤", "given_name": "花", "email1": "A@midori.example", "path": "dana/a.csv"},
    {"surname": "Grant", "given_name": "Ann", "email1": "ann@birch.example", "path": "sato/a.csv"},
    {"surname": "Grant-Lee", "given_name": "Ann", "email1": "lee@birch.example", "path": "dana/a.csv"},
    {"surname": "森", "path": "dana/a.csv"},
]


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """Return a project in which two contacts are merged and three are alone."""
    found = builders.project(tmp_path)
    builders.extracted(found, {"contacts": ROWS})
    return found


def _clusters(project: Config) -> dict[str, tuple[str, ...]]:
    """Return surname of each record → the keys of its items."""
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    return {f"{row['Last_Name']} {len(row['source_keys'])}": tuple(row["source_keys"]) for row in ready}


def _decide(project: Config, *rows: tuple[str, str, str]) -> None:
    path = overrides.path_of(project.project)
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["left,right,verdict,why", *(",".join((*row, "seen")) for row in rows)]), "utf-8")


@pytest.mark.parametrize("rows_of_bucket", [100_000, 2])
def test_same(project: Config, monkeypatch: pytest.MonkeyPatch, rows_of_bucket: int) -> None:
    """Two items that no rule joins are one record, whichever buckets they are in, and the decision is a row."""
    monkeypatch.setattr(people, "ROWS_OF_BUCKET", rows_of_bucket)
    monkeypatch.setattr("pipeline.engine.processes", lambda _: 1)
    before = _clusters(project)
    (left,), (right,) = before["Grant 1"], before["Grant-Lee 1"]
    _decide(project, (right, left, "same"))
    after = _clusters(project)
    assert tuple(sorted((left, right))) in after.values()
    decisions = builders.transformed(project, "decisions", schemas.DECISIONS)
    assert ("same", "override") in {(row["verdict"], row["rule"]) for row in decisions}
    assert _clusters(project) == after


def test_different(project: Config) -> None:
    """Two items that a rule joins are kept apart."""
    left, right = _clusters(project)["佐藤 2"]
    _decide(project, (left, right, "different"))
    transform.run(project)
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    assert sorted(row["source_keys"] for row in ready if row["Last_Name"] == "佐藤") == [[left], [right]]


def test_keys_that_are_gone_do_no_harm(project: Config) -> None:
    """An override of items that this export does not have changes nothing, and is counted."""
    before = _clusters(project)
    (there,) = before["Grant 1"]
    _decide(project, ("0" * 32, "1" * 32, "same"), (there, "y", "different"))
    assert _clusters(project) == before
    told = [note for note in transform.run(project).notes if "overrides.csv" in note]
    assert told == ["lines of data/overrides.csv that name an item which this export does not have, or leaves out: 2"]


def test_keys_that_are_there_are_not_told(project: Config) -> None:
    """Of overrides that are carried out nothing more is said."""
    left, right = _clusters(project)["佐藤 2"]
    _decide(project, (left, right, "different"))
    assert not any("overrides.csv" in note for note in transform.run(project).notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("left,right\na,b\n", "verdict", id="a column is missing"),
        pytest.param("left,right,verdict\na,b,maybe\n", "line 2", id="no verdict"),
        pytest.param("left,right,verdict\na,a,same\n", "two source_keys", id="one item"),
        pytest.param("left,right,verdict\na,b,same\nb,a,different\n", "both", id="contradiction"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A file that cannot be replayed stops the run and says where."""
    path = overrides.path_of(tmp_path)
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        overrides.read(tmp_path)
