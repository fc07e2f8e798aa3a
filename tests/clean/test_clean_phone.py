"""Phone numbers."""

import time

import pytest

from pipeline.clean import phone


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("03-1234-5678", "03-1234-5678", id="as it should be"),
        pytest.param("+81 3 1234 5678", "+81 3 1234 5678", id="international"),
        pytest.param("０３－１２３４－５６７８", "03-1234-5678", id="full width"),
        pytest.param("03−1234−5678", "03-1234-5678", id="minus signs"),
        pytest.param("03ー1234ー5678", "03-1234-5678", id="long vowel marks"),
        pytest.param("03‐1234‐5678", "03-1234-5678", id="hyphens"),
        pytest.param("(03)1234-5678", "03-1234-5678", id="area in brackets"),
        pytest.param("（０３）１２３４－５６７８", "03-1234-5678", id="area in full-width brackets"),
        pytest.param("03(1234)5678", "03-1234-5678", id="exchange in brackets"),
        pytest.param("(03) 1234 5678", "03 1234 5678", id="brackets and spaces"),
        pytest.param("+1 (555) 123-4567", "+1 555 123-4567", id="American"),
        pytest.param("+44 (0)1632 960001", "+44 1632 960001", id="trunk zero"),
        pytest.param("03-1234-5678 内線12", "03-1234-5678 ext 12", id="内線"),
        pytest.param("03-1234-5678(内線12)", "03-1234-5678 ext 12", id="内線 in brackets"),
        pytest.param("03-1234-5678（内線：12）", "03-1234-5678 ext 12", id="内線 with a colon"),
        pytest.param("01632 960003 ext. 21", "01632 960003 ext 21", id="ext."),
        pytest.param("01632 960003 x21", "01632 960003 ext 21", id="x"),
        pytest.param("06-0000-1401（代）", "06-0000-1401", id="switchboard"),
        pytest.param("06-0000-1401(代表)", "06-0000-1401", id="switchboard in full"),
        pytest.param("03/0000/1801", "03-0000-1801", id="slashes"),
        pytest.param("TEL: 03-1234-5678", "03-1234-5678", id="prefix"),
        pytest.param("tel:03-1234-5678", "03-1234-5678", id="address scheme"),
        pytest.param(" 03-1234-5678 ", "03-1234-5678", id="spaces around"),
        pytest.param("1-800-FLOWERS", "1-800-FLOWERS", id="letters on keys"),
        pytest.param("090-1234-5678;080", "090-1234-5678;080", id="what Zoho takes stays"),
        pytest.param("03-1111-2222/090-3333-4444", None, id="two numbers in one cell"),
        pytest.param("ring the front desk", None, id="words, though Zoho would take them"),
        pytest.param("フリーダイヤル", None, id="Japanese words"),
        pytest.param("(925)599-3355(925)599-3355", None, id="two numbers run together"),
        pytest.param("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 ext 99", None, id="longer than its field"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_phone(raw: str | None, expected: str | None) -> None:
    """A number is written so that Zoho takes it, or it is missing here and kept elsewhere by the caller."""
    cleaned = phone.clean(raw, 30)
    assert cleaned.value == expected
    assert cleaned.value is None or phone.is_number(cleaned.value)


@pytest.mark.parametrize("raw", ["1" * 99 + "!", "1 " * 49 + "!", "1-" * 49 + "!", "a1.b2 " * 16 + "(", "1" * 9999])
def test_phone_is_quick(raw: str) -> None:
    """No value, however odd, holds up the pattern."""
    began = time.perf_counter()
    phone.clean(raw, 30)
    assert time.perf_counter() - began < 1
