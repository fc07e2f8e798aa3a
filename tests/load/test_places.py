"""What is kept in columns answers as the dicts do that it stands for."""

import sqlite3
from collections.abc import Mapping

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import remembered
from pipeline.load.cells import Cells
from pipeline.load.places import Pairs, Places
from pipeline.load.remembered import Remembered
from pipeline.load.snapshot import Records

TEXTS = st.sampled_from(["", "1", "2", "10", "k", "鍵", "\x00"])
RECORDS = st.lists(st.fixed_dictionaries({"id": st.sampled_from(["1", "2", "3", "鍵"]), "Key": TEXTS, "Owner": TEXTS}))


@given(st.lists(TEXTS), TEXTS)
def test_a_text_is_found_where_it_stands_last(texts: list[str], text: str) -> None:
    """The place of a text is that of its last row, -1 where it has none."""
    last = {one: place for place, one in enumerate(texts)}
    assert Places(pa.array(texts, pa.string())).of(text) == last.get(text, -1)
    assert Places(pa.array(texts, pa.string())).of(7) == -1


@given(st.dictionaries(TEXTS, TEXTS))
def test_pairs_are_a_dict(pairs: dict[str, str]) -> None:
    """One column mapped to another is the dict of both."""
    found = Pairs(Places(pa.array(pairs, pa.string())), pa.array(pairs.values(), pa.string()))
    assert dict(found) == pairs
    assert all((key in found) == (key in pairs) for key in ("1", "2", "x"))
    with pytest.raises(KeyError):
        found["x"]


def _as_dict(records: Records) -> tuple[Mapping[str, object], ...]:
    by_id = {record_id: dict(record) for record_id, record in records.by_id.items()}
    more = [dict(records.of_ids(name)) for name in ("Key", "Missing")]
    return by_id, *more, dict(records.ids_of("Key")), dict(records.ids_of("Missing"))


@given(RECORDS)
def test_a_snapshot_in_columns_is_the_records(held: list[dict[str, str]]) -> None:
    """Records, keys by id and ids by key are the same, whatever columns are empty or have few different texts."""
    schema = pa.schema([(name, pa.string()) for name in ("id", "Key", "Owner")])
    table = pa.Table.from_pylist(held, schema=schema)
    plain = Records("Contacts", {record["id"]: record for record in held})
    in_columns = Records("Contacts", Cells(table))
    assert _as_dict(in_columns) == _as_dict(plain)
    assert list(in_columns.by_id) == list(plain.by_id)
    assert in_columns.column("Owner") == plain.column("Owner")
    assert Cells(table).table.to_pylist() == list(plain.by_id.values())


def test_what_the_ledger_remembers() -> None:
    """Records and keys are those of the ledger; without texts, all but what was written is known still."""
    db = sqlite3.connect(":memory:")
    rows = "SELECT 'a', '1', 1, '{\"Email\": \"x\"}' UNION ALL SELECT 'b', '2', 0, '{}'"
    found = Remembered(db.execute(rows))
    assert {key: (one.crm_id, one.is_ours, one.written) for key, one in found.items()} == {
        "a": ("1", True, {"Email": "x"}),
        "b": ("2", False, {}),
    }
    bare = found.without_texts()
    assert list(bare) == list(found)
    assert "c" not in bare
    assert dict(remembered.keys(db.execute("SELECT 'k', 'k' UNION ALL SELECT 's', 'k'"))) == {"k": "k", "s": "k"}
    db.close()
