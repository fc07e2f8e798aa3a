"""Tables on disk: atomic, of their declared schema, named in a manifest that stale or changed tables do not pass."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import store
from pipeline.errors import ContractError, StageError, StorageError

SCHEMA = pa.schema([("name", pa.string()), ("count", pa.int64())])


def _build(directory: Path, rows: list[dict[str, object]]) -> store.Manifest:
    with store.building(directory) as stage:
        store.write_rows(rows, stage.path("things"), SCHEMA)
        return stage.finish("extract", inputs={}, facts={"b": 1, "a": 2})


@given(
    st.lists(
        st.fixed_dictionaries({"name": st.none() | st.text(), "count": st.none() | st.integers(-(2**63), 2**63 - 1)})
    )
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    """Reading gives the rows that were written, nulls and empty texts kept apart."""
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    store.write_rows(rows, path, SCHEMA)
    assert store.read(path, SCHEMA).to_pylist() == rows


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([{"nme": "x"}], id="unknown column"),
        pytest.param([{"count": "many"}], id="value of another type"),
    ],
)
def test_a_row_outside_its_schema_is_refused(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    """A column or value that the schema does not declare is never written."""
    with pytest.raises(ContractError):
        store.write_rows(rows, tmp_path / "t.parquet", SCHEMA)
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_another_schema_is_refused(tmp_path: Path) -> None:
    """A table is written with exactly the declared columns and types, or not at all."""
    with pytest.raises(ContractError, match="count"):
        store.write(pa.table({"name": ["x"], "count": pa.array([1], pa.int32())}), tmp_path / "t.parquet", SCHEMA)


def test_the_same_rows_give_the_same_manifest(tmp_path: Path) -> None:
    """Two directories built from the same rows have one key."""
    first, second = (_build(tmp_path / name, [{"name": "x", "count": 1}]) for name in ("a", "b"))
    assert first.key == second.key
    assert first.key == store.Manifest.of(tmp_path / "a").key


def test_a_stage_that_fails_leaves_the_old_tables(tmp_path: Path) -> None:
    """Whatever stops a stage half-way, the directory holds the complete tables of the run before, and no rest."""
    kept = _build(tmp_path / "extracted", [{"name": "old", "count": 1}])
    with pytest.raises(ContractError):
        _build(tmp_path / "extracted", [{"name": "new", "count": "many"}])
    assert store.Manifest.of(tmp_path / "extracted").key == kept.key
    assert [path.name for path in tmp_path.iterdir()] == ["extracted"]


def test_a_swap_that_was_killed_half_way_is_undone(tmp_path: Path) -> None:
    """Between moving the old directory away and the new one into place, the old one is still the complete stage."""
    kept = _build(tmp_path / "extracted", [{"name": "old", "count": 1}])
    (tmp_path / "extracted").rename(tmp_path / ".extracted.old")
    assert store.Manifest.of(tmp_path / "extracted").key == kept.key
    store.checked(tmp_path / "extracted", kept)


def test_a_directory_without_a_manifest_is_no_stage(tmp_path: Path) -> None:
    """Tables of a stage that never ended are not read; the message names the command to run."""
    (tmp_path / "extracted").mkdir()
    with pytest.raises(StageError) as caught:
        store.Manifest.of(tmp_path / "extracted")
    assert "make extract" in caught.value.hint


def test_a_changed_table_is_noticed(tmp_path: Path) -> None:
    """A table file that was touched after it was written stops the next stage."""
    manifest = _build(tmp_path / "extracted", [{"name": "x", "count": 1}])
    (tmp_path / "extracted" / "things" / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(StageError, match="changed"):
        store.checked(tmp_path / "extracted", manifest)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(errno.ENOSPC, "disk is full", id="disk full"),
        pytest.param(errno.EDQUOT, "disk is full", id="quota used up"),
        pytest.param(errno.EROFS, "may not be written", id="read-only"),
        pytest.param(errno.EACCES, "may not be written", id="no right"),
    ],
)
def test_a_refusal_of_the_file_system_is_one_message(tmp_path: Path, number: int, words: str) -> None:
    """Full disks and missing rights become an error with what to do next."""
    with pytest.raises(StorageError, match=words) as caught, store.writing(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.hint


def test_a_damaged_table_is_a_stage_error(tmp_path: Path) -> None:
    """A file that is no Parquet names itself and the way out."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(StageError, match=r"t\.parquet"):
        store.read(path, SCHEMA)
