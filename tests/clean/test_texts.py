"""What is told of whole columns of text is what is told of one after the other."""

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import text, texts

_TEXT = st.text(st.sampled_from('a"\\\n\r\t\0\x08\x1f\x7fé佐𠮷'), max_size=6)
_COLUMN = st.tuples(st.lists(_TEXT | st.none(), max_size=6), st.integers(0, 2))


def _column(found: tuple[list[str | None], int]) -> tuple[list[str | None], pa.Array]:
    """Return texts, and the same as a part of a column."""
    listed, first = found
    return listed[first:], pa.array(listed, pa.string())[first:]


@given(_COLUMN)
def test_quoted(found: tuple[list[str | None], int]) -> None:
    """Each text is quoted as json.dumps does."""
    listed, column = _column(found)
    expected = [None if one is None else json.dumps(one, ensure_ascii=False) for one in listed]
    assert texts.quoted(column).to_pylist() == expected


@given(_COLUMN, st.integers(0, 8))
def test_lengths(found: tuple[list[str | None], int], length: int) -> None:
    """A length is that of UTF-16, and what fits is what is not longer."""
    listed, column = _column(found)
    expected = [None if one is None else text.utf16_length(one) for one in listed]
    assert texts.utf16_length(column).to_pylist() == expected
    assert texts.fit(column, length).tolist() == [one is None or one <= length for one in expected]
