"""What is nearly the same to a reader, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import cell, likeness


@pytest.mark.parametrize(
    ("left", "right", "is_near"),
    [
        pytest.param(("Grant", "Ann"), ("GRANT", "ann"), True, id="case"),
        pytest.param(("Grant", "Ann"), ("Ann", "Grant"), True, id="order"),
        pytest.param(("Müller", "Eva"), ("Muller", "Eva"), True, id="accent"),
        pytest.param(("Grant", "Annie"), ("Grant", "Anni"), True, id="a letter less"),
        pytest.param(("Grant", "Brian"), ("Grant", "Brain"), True, id="two letters swapped"),
        pytest.param(("Grant", "Ann"), ("Grand", "Ann"), True, id="another letter"),
        pytest.param(("Grant", "Ann"), ("Grand", "Anne"), False, id="two slips"),
        pytest.param(("Li", "Na"), ("Lu", "Na"), False, id="too short for a slip"),
        pytest.param(("Smith", "J."), ("Smith", "John"), True, id="an initial"),
        pytest.param(("Smith", "J."), ("Smith", "Peter"), False, id="another initial"),
        pytest.param(("O'Neil", "Pat"), ("ONeil", "Pat"), True, id="points and signs"),
        pytest.param(("髙橋", "花"), ("高橋", "花"), True, id="異体字"),
        pytest.param(("齋藤", "実"), ("斉藤", "實"), True, id="旧字体"),
        pytest.param(("佐藤", "はな"), ("佐藤", "ハナ"), True, id="かなとカナ"),
        pytest.param(("佐藤", "ﾊﾅ"), ("花", "佐藤"), False, id="読みは名前と比べない"),
        pytest.param(("花", "佐藤"), ("佐藤", "花"), True, id="姓名の順"),
        pytest.param(("佐藤", "太郎"), ("佐藤", "次郎"), False, id="一字違いは別人"),
        pytest.param(("佐藤", ""), ("佐藤", ""), True, id="姓だけ"),
        pytest.param(("佐藤", ""), ("佐藤", "花"), False, id="名なし"),
    ],
)
def test_names(left: tuple[str, str], right: tuple[str, str], *, is_near: bool) -> None:
    """Two names are near when a reader would take one for a slip of the other."""
    one, other = (likeness.name(left[0]), likeness.name(left[1])), (likeness.name(right[0]), likeness.name(right[1]))
    assert likeness.are_near(one, other) is is_near
    assert likeness.are_near(other, one) is is_near


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("03-0000-0001", "+81 3 0000 0001", True),
        ("090-0000-0001", "+81 90-0000-0001", True),
        ("090-0000-0001", "080-0000-0001", False),
        ("01632 960001", "+44 1632 960001", True),
        ("03-0000-0001", "03-0000-0001 ext 12", False),
        ("12345", "12345", False),
        ("1234567", "1234567", True),
        ("1234567", "31234567", False),
        (None, None, False),
    ],
)
def test_numbers(left: str | None, right: str | None, *, is_same: bool) -> None:
    """Two numbers are one with or without the code of a country; too few digits say nothing."""
    assert likeness.are_one_number(likeness.digits(left), likeness.digits(right)) is is_same


@given(st.text())
def test_a_name_is_compared_as_it_is_compared(text: str) -> None:
    """Folding a folded name changes nothing."""
    assert likeness.name(likeness.name(text)) == likeness.name(text)


@given(st.text())
def test_a_guarded_cell_says_what_it_said(text: str) -> None:
    """What a spreadsheet would change gets an apostrophe, and loses it again."""
    assert cell.plain(cell.guarded(text)) == text
    assert not cell.guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


@pytest.mark.parametrize(
    "text", ["0123", "1-2", "2026-05-22", "1E5", "Mar1", "令和8年5月1日", "TRUE", "=1+1", "'x", "+81 3"]
)
def test_what_a_spreadsheet_changes_is_guarded(text: str) -> None:
    """Leading zeros, dates in every shape, truth values and formulas are kept as they are."""
    assert cell.guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["佐藤 花", "Ann Grant", "ann@birch.example", "みどり㈱", ""])
def test_words_are_not_guarded(text: str) -> None:
    """What no spreadsheet changes stands as it is."""
    assert cell.guarded(text) == text


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("a,b\r\n'01,佐藤\r\n".encode("utf-8-sig"), id="UTF-8"),
        pytest.param("a;b\r\n'01;佐藤\r\n;\r\n".encode("cp932"), id="semicolons, CP932, an empty line"),
        pytest.param("a\tb\r\n'01\t佐藤\r\n".encode("utf-16"), id="tabs, UTF-16"),
    ],
)
def test_what_a_spreadsheet_saved_is_read(raw: bytes) -> None:
    """A spreadsheet saves a CSV in its country's way; it is read all the same."""
    text = cell.decoded(raw)
    assert cell.header(text) == ["a", "b"]
    assert list(cell.rows(text)) == [(2, {"a": "01", "b": "佐藤"})]
