"""Texts that go from a store into an Arrow column without becoming Python strings are the same as if they had."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import texts

SIMPLE = st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF)  # what UTF-16 writes as one unit
COLUMNS = st.lists(
    st.one_of(st.none(), st.text(st.characters(max_codepoint=0x7F), min_size=1), st.text(SIMPLE, min_size=1)),
    max_size=12,
)


@given(COLUMNS, st.lists(st.binary(max_size=9), min_size=13, max_size=13))
def test_the_column_is_what_pyarrow_makes_of_the_strings(column: list[str | None], between: list[bytes]) -> None:
    """Whatever stands between the texts: ASCII and others, rows without a text, none at all."""
    stored, starts, ends, rows = b"", [], [], []
    for row, text in enumerate(column):
        stored += between[row]
        if text is not None:
            starts.append(len(stored))
            stored += text.encode("utf-16-le")
            ends.append(len(stored))
            rows.append(row)
    first, last, owners = (np.array(one, dtype=np.int64) for one in (starts, ends, rows))
    found = texts.array(stored + between[-1], first, last, owners, len(column))
    found.validate(full=True)
    assert found.equals(pa.array(column, pa.string()))
