"""Text: control characters, line ends, NFC and length."""

import pytest

from pipeline.clean import text


@pytest.mark.parametrize(
    ("raw", "expected", "rules"),
    [
        pytest.param("営業部", "営業部", [], id="nothing to do"),
        pytest.param(None, None, [], id="missing stays missing"),
        pytest.param("", None, ["surrounding_space"], id="empty is missing"),
        pytest.param(" \u3000 ", None, ["surrounding_space"], id="only spaces, an ideographic one too"),
        pytest.param("a\r\nb", "a b", ["line_ends", "one_line"], id="a line end becomes a space"),
        pytest.param("a\tb", "a b", ["one_line"], id="a tab becomes a space"),
        pytest.param("a\x00b\x7f", "ab", ["control_characters"], id="control characters go"),
        pytest.param("か\u3099", "が", ["unicode_nfc"], id="a Mac's decomposed kana is composed"),
        pytest.param("ﾏﾘｱ", "ﾏﾘｱ", [], id="half-width kana is what the person wrote"),
    ],
)
def test_line(raw: str | None, expected: str | None, rules: list[str]) -> None:
    """A single-line text is one line of visible characters, and each rule that changed it is named."""
    cleaned = text.line(raw)
    assert (cleaned.value, [change.rule for change in cleaned.changes]) == (expected, rules)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("一行目\r\n二行目", "一行目\n二行目", id="Windows"),
        pytest.param("a\rb\u2028c\x0bd", "a\nb\nc\nd", id="old Mac, Unicode, Outlook's vertical tab"),
        pytest.param("a\n\n  b\n", "a\n\n  b", id="blank lines and indents stay, the last line end goes"),
    ],
)
def test_lines(raw: str, expected: str) -> None:
    """A note keeps its lines, all ended alike."""
    assert text.lines(raw).value == expected


@pytest.mark.parametrize(
    ("raw", "length", "expected"),
    [
        pytest.param("東京都", 3, "東京都", id="fits"),
        pytest.param("東京都", 2, "東京", id="cut"),
        pytest.param("a😀b", 3, "a😀", id="an emoji counts twice"),
        pytest.param("a😀b", 2, "a", id="and is never halved"),
        pytest.param("ab👨‍👩‍👧c", 6, "ab", id="nor is a family of three"),
        pytest.param("が" * 3, 2, "がが", id="kana with its mark"),
        pytest.param("ab cd", 3, "ab", id="no space at the end"),
        pytest.param("e" + "\u0301" * 9, 4, "e\u0301\u0301\u0301", id="a giant grapheme is cut itself"),
    ],
)
def test_fit(raw: str, length: int, expected: str) -> None:
    """A text is cut to UTF-16 units where a reader sees a border between characters."""
    fitted = text.fit(raw, length)
    assert fitted.value == expected
    assert [change.rule for change in fitted.changes] == ([] if raw == expected else ["cut_to_length"])


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        pytest.param("さくら電機㈱", "さくら電機（株）", True, id="㈱ and (株)"),
        pytest.param("ﾏﾘｱ", "マリア", True, id="half-width kana"),
        pytest.param("Copperleaf  Studios", "COPPERLEAF STUDIOS", True, id="spaces and case"),
        pytest.param("月見食品(株)", "月見食品株式会社", False, id="(株) and 株式会社 are different words"),
        pytest.param(None, "", True, id="missing and empty"),
    ],
)
def test_fold(left: str | None, right: str | None, *, is_same: bool) -> None:
    """Texts are compared without width, case and spaces."""
    assert (text.fold(left) == text.fold(right)) is is_same
