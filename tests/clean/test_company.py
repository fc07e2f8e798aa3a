"""When two names are one company's: three ways to take legal forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import company


@pytest.mark.parametrize(
    ("left", "right", "same_in"),
    [
        pytest.param("㈱みどり", "（株）みどり", {"distinct", "spelling", "ignored"}, id="Unicode folds them"),
        pytest.param("㈱みどり", "株式会社 みどり", {"spelling", "ignored"}, id="略記と正式"),
        pytest.param("みどり（有）", "みどり有限会社", {"spelling", "ignored"}, id="有限会社"),
        pytest.param("株式会社みどり", "みどり株式会社", {"ignored"}, id="前株と後株は別会社"),
        pytest.param("みどり", "株式会社みどり", {"ignored"}, id="法人格なし"),
        pytest.param("株式会社みどり", "有限会社みどり", {"ignored"}, id="別の法人格"),
        pytest.param("Birch Ltd", "BIRCH, Ltd.", {"spelling", "ignored"}, id="points"),
        pytest.param("Birch Limited", "Birch Ltd", {"spelling", "ignored"}, id="spelled out"),
        pytest.param("Birch Co., Ltd.", "Birch Company Limited", {"spelling", "ignored"}, id="two words"),
        pytest.param("Birch Inc.", "Birch Ltd", {"ignored"}, id="other form"),
        pytest.param("Birch GmbH & Co. KG", "Birch gmbh & co kg", {"spelling", "ignored"}, id="German"),
        pytest.param("Birch", "Birchwood", set(), id="another name"),
        pytest.param("株式会社", "有限会社", set(), id="nothing but a form"),
        pytest.param("Limited", "Inc", set(), id="nothing but a form, in English"),
    ],
)
def test_names(left: str, right: str, same_in: set[str]) -> None:
    """The setting says whether a form may be written otherwise, or does not count."""
    forms: tuple[company.LegalForms, ...] = ("distinct", "spelling", "ignored")
    assert {one for one in forms if company.key(left, one) == company.key(right, one)} == same_in


@given(st.text(st.sampled_from("ab株式会社(有)㈱ .,Lltdinc")), st.text(st.sampled_from("ab株式会社(有)㈱ .,Lltdinc")))
def test_each_setting_takes_more_for_the_same(left: str, right: str) -> None:
    """What is the same by a narrower setting is the same by a wider one; no name is folded away."""
    if company.key(left, "spelling") == company.key(right, "spelling"):
        assert company.key(left, "ignored") == company.key(right, "ignored")
    assert company.key(left, "ignored") or not company.key(left, "distinct")
