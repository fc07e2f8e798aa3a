"""The values of a row, compactly: what they hold is what a dict would."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import written
from pipeline.load.held import Shapes, cells_of, columns_of

NAMES = ("Email", "Phone", "Is_On", "Last_Name")
CELLS = st.tuples(*[st.one_of(st.none(), st.booleans(), st.text(max_size=5)) for _ in NAMES])


@given(st.lists(CELLS, max_size=8))
def test_as_a_dict(rows: list[tuple[str | bool | None, ...]]) -> None:
    """Rows hold, row by row and column by column, and are stored, as dicts of what is not None."""
    shapes = Shapes(NAMES)
    held = [shapes.held(cells) for cells in rows]
    dicts = [{name: cell for name, cell in zip(NAMES, cells, strict=True) if cell is not None} for cells in rows]
    assert [dict(one) for one in held] == dicts
    assert [list(one) for one in held] == [list(one) for one in dicts]
    assert [cells_of(one) for one in held] == [cells_of(one) for one in dicts]
    assert columns_of(held, NAMES) == columns_of(dicts, NAMES) == [[one.get(n) for one in dicts] for n in NAMES]
    assert written.stored_all(held) == [written.stored(one) for one in held] == [written.stored(one) for one in dicts]
    assert all(("Email" in one) == ("Email" in other) for one, other in zip(held, dicts, strict=True))


def test_stored_is_read_back() -> None:
    """What the ledger stores is JSON with its names in order, whatever is in names and texts."""
    assert written.stored({"b": 'a"\\\n\u3042%s', "a%": True, "c": ("x", "y")}) == (
        '{"a%": true, "b": "a\\"\\\\\\n\u3042%s", "c": ["x", "y"]}'
    )
