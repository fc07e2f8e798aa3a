"""The encoding of a CSV is found from its bytes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import csv_text
from pipeline.extract.content import UnreadableError
from pipeline.extract.csv_language import recognised
from tests.extract.outlook_export import HEADERS, counts, export, read, rows, written

JAPANESE = export("contacts ja", {"姓": "髙橋", "名": "美咲", "会社名": "㈱みどり①"})
ENGLISH = export("contacts", {"First Name": "José", "Last Name": "Müller–Ñandú"})
MIXED = export("contacts", {"First Name": "美咲", "Last Name": "髙橋", "Company": "ｶﾌﾞｼｷ"})


@pytest.mark.parametrize(
    ("data", "encoding", "surname"),
    [
        pytest.param(JAPANESE.encode(), "utf-8", "髙橋", id="UTF-8"),
        pytest.param(JAPANESE.encode("utf-8-sig"), "utf-8-sig", "髙橋", id="UTF-8 with BOM"),
        pytest.param(b"\xff\xfe" + JAPANESE.encode("utf-16-le"), "utf-16-le", "髙橋", id="UTF-16 LE"),
        pytest.param(b"\xfe\xff" + JAPANESE.encode("utf-16-be"), "utf-16-be", "髙橋", id="UTF-16 BE"),
        pytest.param(ENGLISH.encode("utf-16-le"), "utf-16-le", "Müller–Ñandú", id="UTF-16 LE without BOM"),
        pytest.param(ENGLISH.encode("utf-16-be"), "utf-16-be", "Müller–Ñandú", id="UTF-16 BE without BOM"),
        pytest.param(JAPANESE.encode("cp932"), "cp932", "髙橋", id="CP932, Japanese header"),
        pytest.param(MIXED.encode("cp932"), "cp932", "髙橋", id="CP932, English header"),
        pytest.param(ENGLISH.encode("cp1252"), "cp1252", "Müller–Ñandú", id="CP1252"),
        pytest.param(ENGLISH.encode(), "utf-8", "Müller–Ñandú", id="UTF-8, English header"),
    ],
)
def test_encoding(data: bytes, encoding: str, surname: str) -> None:
    """Every encoding that Outlook writes is recognised, and read right."""
    content = read(data)
    assert content.encoding == encoding
    assert [row["surname"] for row in rows(content)] == [surname]


def test_another_code_page_is_named_by_its_text() -> None:
    """Cyrillic text in an English export is not read as Western."""
    people = [{"First Name": "Дмитрий", "Last Name": "Кузнецов", "Notes": "Встреча перенесена на следующую неделю"}] * 9
    content = read(export("contacts", *people).encode("cp1251"))
    assert rows(content)[0]["surname"] == "Кузнецов"


def test_the_mailbox_says_its_code_page() -> None:
    """A single-byte page in the settings beats the usual one."""
    content = read(export("contacts", {"Last Name": "Łukasiewicz"}).encode("cp1250"), code_page="cp1250")
    assert (content.encoding, rows(content)[0]["surname"]) == ("cp1250", "Łukasiewicz")


@pytest.mark.parametrize(
    ("data", "encoding", "bad"),
    [
        pytest.param(JAPANESE.encode() + b'"\xff\xfe"\r\n', "utf-8", b"\\xff\\xfe", id="UTF-8"),
        pytest.param(JAPANESE.encode("cp932") + b'"\x81"\r\n', "cp932", b"\\x81", id="CP932"),
        pytest.param(ENGLISH.encode("cp1252") + b'"\x81"\r\n', "cp1252", b"\\x81", id="CP1252"),
        pytest.param(MIXED.encode("cp932") + b'"\xff"\r\n', "cp932", b"\\xff", id="CP932, English header"),
        pytest.param(b"\xff\xfe" + JAPANESE.encode("utf-16-le") + b"\x00\xd8\r\0\n\0", "utf-16-le", b"", id="UTF-16"),
        pytest.param(b"\xff\xfe" + JAPANESE.encode("utf-16-le") + b"x", "utf-16-le", b"\\x78", id="half a character"),
    ],
)
def test_undecodable_bytes_cost_their_row(data: bytes, encoding: str, bad: bytes) -> None:
    """The rows before are kept; the row itself is a reject that shows the bytes."""
    content = read(data)
    assert content.encoding == encoding
    assert counts(content) == {"": 1, "undecodable": 1}
    assert bad.decode() in content.rejects[0]["value"]
    content.rejects[0]["value"].encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("id,name,price\n1,x,2\n", "3 columns", id="another table"),
        pytest.param("dear all,\nsee you\n", "2 columns", id="a letter"),
        pytest.param("hello\nworld\n", "several columns", id="text"),
        pytest.param("Name,Company,Phone\n", "3 columns", id="a list that could be anything"),
        pytest.param("Subject,Body\n", "2 columns", id="a subject alone proves nothing"),
        pytest.param('"First Name,Last Name\n', "several columns", id="a header that is never closed"),
    ],
)
def test_a_csv_of_no_known_kind(text: str, words: str) -> None:
    """It is refused with a reason that says what to do, and without a word of its content."""
    with pytest.raises(UnreadableError) as raised:
        read(text)
    assert raised.value.rule == "unknown_csv"
    assert words in raised.value.reason
    assert "Outlook" in raised.value.reason
    assert "price" not in raised.value.reason


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("delimiter", csv_text.DELIMITERS)
def test_every_header_is_recognised(kind: str, delimiter: str) -> None:
    """Kind and language come from the columns, whatever separates them; every one is accounted for."""
    content = read(export(kind, delimiter=delimiter))
    assert content.kind == f"csv-{kind.split(maxsplit=1)[0]}"
    assert content.language == [*kind.split(), "en"][1]
    assert not [column for column in content.columns if column["verdict"] == "unmapped"]


@pytest.mark.parametrize(
    ("header", "kind", "unmapped"),
    [
        pytest.param(["first name ", "LAST NAME", "Ｅ-mail Address"], "contacts", [], id="case, space, width"),
        pytest.param(
            ["件名", "開始日", "開始時刻", "終了日", "終日ｲﾍﾞﾝﾄ", "ｱﾗｰﾑ ｵﾝ/ｵﾌ"], "calendar", [], id="half-width"
        ),
        pytest.param(["姓", "名", "ミドル", "ディレクトリサーバー"], "contacts", [], id="other spellings"),
        pytest.param(["First Name", "Last Name", "Shoe size"], "contacts", ["Shoe size"], id="a column of one's own"),
        pytest.param(["Subject", "Due Date", "", "Status"], "tasks", ["(column 3)"], id="a column without a name"),
        pytest.param(["Subject", "Start Date", "End Date"], "calendar", [], id="few columns"),
        pytest.param(["Assistant’s Phone", "Last Name"], "contacts", [], id="a curly apostrophe"),
    ],
)
def test_header_variants(header: list[str], kind: str, unmapped: list[str]) -> None:
    """Headers match by what they say, not how they are written; what is unknown is listed."""
    found = recognised(header, ",")
    assert found is not None
    assert found.kind == kind
    assert [column.source for column in found.columns if column.verdict == "unmapped"] == unmapped


CELLS = st.text(st.characters(exclude_categories=("C", "Z"), max_codepoint=0x9FFF), min_size=1, max_size=6)
# two letters beyond ASCII side by side may be UTF-8 by accident; one alone never is
WESTERN = st.text("abcXYZéÜñß€’,;\"'0159", min_size=1, max_size=8).filter(
    lambda name: not re.search(r"[^ -~]{2}", name)
)
JAPANESE_TEXT = st.text('亜髙橋美咲カナｶﾅ①㈱ー〜ソ表,"a1', min_size=1, max_size=8)


@given(
    st.one_of(
        st.tuples(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.lists(CELLS, max_size=4)),
        st.tuples(st.just("cp1252"), st.lists(WESTERN, max_size=4)),
    )
)
def test_cells_survive_every_encoding(case: tuple[str, list[str]]) -> None:
    """What was written is read, in every encoding."""
    encoding, names = case
    text = written(["First Name", "Last Name"], [[name, "x"] for name in names])
    assert [row["given_name"] for row in rows(read(text.encode(encoding)))] == names


@given(st.lists(JAPANESE_TEXT, max_size=4))
def test_cells_survive_cp932(names: list[str]) -> None:
    """What was written in CP932 is read, also characters whose second byte is ASCII."""
    names = [name.replace("〜", "～") for name in names]
    text = written(["姓", "名", "メモ"], [[name, "x", ""] for name in names])
    assert [row["surname"] for row in rows(read(text.encode("cp932")))] == names
