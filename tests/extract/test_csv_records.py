"""Splitting text into records: exact where the text is CSV, careful where it is not."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import csv_records

H = "a,b,c\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('1,2,3\r\n4,5,6"\r\n', [["1", "2", "3"], ["4", "5", '6"']], id="a quote inside a bare cell"),
        pytest.param('1,"x\r\ny\r\n",3\n', [["1", "x\r\ny\r\n", "3"]], id="lines inside a cell"),
        pytest.param('"say ""hi""",2,3', [['say "hi"', "2", "3"]], id="doubled quotes, no last line end"),
        pytest.param(
            '"Joe "Tiger" Smith",2,3\n4,5,6\n', [['Joe "Tiger" Smith', "2", "3"], ["4", "5", "6"]], id="stray quotes"
        ),
        pytest.param('"x" y,2,3\n4,5,6\n', [["x y", "2", "3"], ["4", "5", "6"]], id="text behind a closed quote"),
        pytest.param("1\r2\r\n", [["1"], ["2"]], id="a bare carriage return ends a line"),
        pytest.param("1\u20282\x0b3,b\n", [["1\u20282\x0b3", "b"]], id="no other character does"),
        pytest.param("\n\n1,2,3\n", [[], [], ["1", "2", "3"]], id="empty lines are records"),
        pytest.param('"",,""\n', [["", "", ""]], id="empty cells"),
    ],
)
def test_records(text: str, expected: list[list[str]]) -> None:
    """Each record is what its writer meant."""
    header, records = csv_records.split(H + text, ",")
    assert header == ["a", "b", "c"]
    assert (records.cells, records.damaged) == (expected, {})


@pytest.mark.parametrize(
    ("text", "expected", "rule", "raw"),
    [
        pytest.param('1,2,3\n4,5,"cut\noff', [["1", "2", "3"], []], "truncated", '4,5,"cut\noff', id="cut in a cell"),
        pytest.param('4,5,"\n\n', [[]], "truncated", '4,5,"\n\n', id="cut behind an opening quote"),
        pytest.param(
            '1,"x,3\n4,5,6\n', [[], ["4", "5", "6"]], "stray_quote", '1,"x,3\n', id="never closed, rows behind it"
        ),
        pytest.param(
            '1,2,"3\n"4","5","6"\n', [[], ["4", "5", "6"]], "stray_quote", '1,2,"3\n', id="closed by the next row"
        ),
        pytest.param(
            '1,"two\nlines,3\n4,5,6\n', [[], ["4", "5", "6"]], "stray_quote", '1,"two\nlines,3\n', id="several lines"
        ),
    ],
)
def test_damage_costs_its_own_row(text: str, expected: list[list[str]], rule: str, raw: str) -> None:
    """A quote that is never closed costs the row it stands in, not those behind it."""
    _, records = csv_records.split(H + text, ",")
    assert records.cells == expected
    (damage,) = records.damaged.values()
    assert (damage.rule, damage.raw) == (rule, raw)


def test_a_stray_quote_in_a_large_file_costs_one_row() -> None:
    """However many rows follow, all but the damaged one are read, in time that grows with the file."""
    lines = [f'{number},"x","y"\n' for number in range(20_000)]
    lines[7] = '7,"x,"y"\n'
    lines[19_000] = '19000,x","y\n'
    _, records = csv_records.split(H + "".join(lines), ",")
    whole = [cells for at, cells in enumerate(records.cells) if at not in records.damaged]
    assert len(whole) + len(records.damaged) == 20_000
    assert len(records.damaged) <= 2


def test_a_cell_longer_than_the_csv_module_allows() -> None:
    """Notes of a megabyte are one cell."""
    _, records = csv_records.split(f'{H}1,"{"x" * 1_000_000}",3\n', ",")
    assert len(records.cells[0][1]) == 1_000_000


Quoting = Literal[0, 1]
QUOTINGS: st.SearchStrategy[Quoting] = st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5), st.sampled_from(",;\t"), QUOTINGS)
def test_what_csv_writes_is_read_back(table: list[list[str]], delimiter: str, quoting: Quoting) -> None:
    """read∘write = identity, whatever the cells hold."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows([["a", "b", "c"], *table])
    header, records = csv_records.split(text.getvalue(), delimiter)
    assert (header, records.cells, records.damaged) == (["a", "b", "c"], table, {})


@given(st.text(alphabet='ab,"\n\r;', max_size=60))
def test_any_text_splits_and_nothing_of_it_is_lost(text: str) -> None:
    """No text raises, and every letter is in a record or in the raw text of a damaged one."""
    _, records = csv_records.split(H + text, ",")
    kept = "".join("".join(cells) for cells in records.cells) + "".join(d.raw for d in records.damaged.values())
    assert kept.count("a") == text.count("a")
    assert kept.count("b") == text.count("b")
