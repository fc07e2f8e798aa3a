"""Columns as lists: what they hold is what is read cell by cell."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import columns, values
from pipeline.targets import Kind

TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "zcrm_77", "zcrm_", "山田", "zcrm_zcrm_1"]), st.text(max_size=6))
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
DAYS = st.dates(date(1601, 1, 1), date(4500, 1, 1))
TYPES = {
    Kind.TEXT: (pa.string(), TEXTS),
    Kind.LOOKUP: (pa.string(), TEXTS),
    Kind.EMAIL: (pa.string(), TEXTS),
    Kind.DATE: (pa.date32(), st.one_of(st.none(), DAYS)),
    Kind.DATETIME: (pa.timestamp("us", tz="UTC"), st.one_of(st.none(), MOMENTS)),
    Kind.BOOLEAN: (pa.bool_(), st.one_of(st.none(), st.booleans())),
}


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_as_cell_by_cell(kind: Kind, data: st.DataObject) -> None:
    """A column in plain form is its cells in plain form, also where it is a slice of a longer one."""
    arrow, cells = TYPES[kind]
    listed = data.draw(st.lists(cells, max_size=8))
    start = data.draw(st.integers(0, len(listed)))
    column = pa.array(listed, arrow)[start:]
    assert columns.plain(kind, column) == [values.of_ready(kind, cell) for cell in column.to_pylist()]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b"]), st.text(max_size=3))), st.integers(0, 4))
def test_listed(cells: list[str | None], start: int) -> None:
    """A column of text as a list, whether its texts are many or few, whole or in chunks."""
    column = pa.array(cells, pa.string())
    assert columns.listed(column[start:]) == cells[start:]
    assert columns.listed(pa.chunked_array([column, column[start:]])) == cells + cells[start:]


KEYS = st.one_of(st.none(), st.lists(st.sampled_from(["a", "b", "c"]), max_size=3))


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), KEYS), max_size=6), st.integers(0, 6))
def test_source_keys(rows: list[tuple[str, list[str] | None]], start: int) -> None:
    """The source_keys of a row are those of its items; where there are none, its cluster_key."""
    named = {"cluster_key": [key for key, _ in rows], "source_keys": [keys for _, keys in rows]}
    schema = pa.schema([("cluster_key", pa.string()), ("source_keys", pa.list_(pa.string()))])
    batch = pa.RecordBatch.from_pydict(named, schema=schema).slice(start)
    clusters = columns.texts(batch, "cluster_key")
    found = columns.others(batch, clusters)
    given_keys = [others or (key,) for others, key in zip(found, clusters, strict=True)]
    assert given_keys == [tuple(keys or [key]) for key, keys in rows[start:]]
