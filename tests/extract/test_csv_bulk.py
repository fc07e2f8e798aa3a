"""A CSV of contacts read in bulk is what the long way reads; what is not CSV to the letter goes the long way."""

import csv
import io
import tempfile
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline import schemas, store
from pipeline.extract import csv_blocks, csv_text, outlook_csv
from pipeline.extract.content import Content, Reading, UnreadableError
from pipeline.extract.csv_language import Header
from pipeline.extract.csv_text import recognised_in
from tests.sample.headers import CONTACTS_EN

READING = Reading(file_sha256="ab" * 32, code_page="cp932", date_order="mdy")
HEADER = [
    "First Name", "Last Name", "Company", "Business Street", "Business Street 2", "Business Address", "Notes",
    "E-mail Address", "E-mail Type", "E-mail 2 Address", "E-mail 2 Type", "Birthday", "Private", "Gender",
    "Sensitivity", "Priority", "Categories", "Web Page", "Favourite",
]  # fmt: skip
CELLS = st.one_of(
    st.just(""),
    st.sampled_from(
        ["a", " b ", "\u3000佐藤\u3000", "x\r\ny", 'say "hi"', "c,d", "a\\b", "\t", "\x1f z", "\x85", "\x01", " "]
    ),
    st.sampled_from(
        ["0/0/00", "1/2/1990", "13/13/2000", "True", "maybe", "Female", "Private", "High", "a;b,c", "SMTP"]
    ),
    st.sampled_from(["a@midori.example", "/o=Corp/cn=x", "EX", "nobody"]),
)


def _bytes(rows: list[list[str]], quoting: int = csv.QUOTE_MINIMAL, ending: str = "\r\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=ending).writerows([HEADER, *rows])  # type: ignore[arg-type]  # a constant
    return text.getvalue().encode()


def _same(one: Content, other: Content) -> None:
    assert (one.kind, one.language, one.encoding) == (other.kind, other.language, other.encoding)
    assert one.rows["contacts"] == other.rows["contacts"]
    assert (list(one.accounts), list(one.columns), list(one.rejects)) == (
        list(other.accounts),
        list(other.columns),
        list(other.rejects),
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=len(HEADER), max_size=len(HEADER)), max_size=6),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_both_ways_read_the_same(rows: list[list[str]], quoting: int, ending: str) -> None:
    """Tables, accounts, columns and rejects are equal, whatever stands in the cells."""
    data = _bytes(rows, quoting, ending)
    try:
        bulk = outlook_csv._in_bulk(data, READING)
    except csv_blocks.NotInBulkError:
        pytest.fail("a file that is CSV to the letter is read in bulk")
    _same(bulk, outlook_csv._the_long_way(data, READING))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=len(HEADER), max_size=len(HEADER)), min_size=4, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([b"", BOM_UTF8]),
)
def test_a_file_in_blocks_is_the_file(rows: list[list[str]], ending: str, mark: bytes) -> None:
    """Wherever a block ends, in a cell of several lines too, its rows and their numbers are those of the whole file."""
    data = mark + _bytes(rows, csv.QUOTE_MINIMAL, ending).rstrip(b"\r\n")
    whole = outlook_csv._in_bulk(data, READING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "_BLOCK", 300)
        found = outlook_csv._in_bulk(data, replace(READING, threads=2))
        _same(found, whole)
        with tempfile.TemporaryDirectory() as place:
            apart = outlook_csv._in_bulk(data, replace(READING, scratch=Path(place)))
            paths, count = apart.files["contacts"]
            tables = [store.read(path, schemas.CONTACTS) for path in paths]
    assert len(tables) > 1
    assert pa.concat_tables(tables) == whole.rows["contacts"]
    assert count == whole.rows["contacts"].num_rows  # type: ignore[union-attr]  # a table
    assert (apart.accounts, apart.columns) == (whole.accounts, whole.columns)


_WIDE = st.sampled_from(["", "佐藤", "ｻﾄｳ", "é", "x", "x\r\ny", "①", "\u3000花 "])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(_WIDE, min_size=len(HEADER), max_size=len(HEADER)), min_size=1, max_size=8),
    st.sampled_from(["cp932", "utf-16", "cp1252"]),
)
def test_a_file_of_another_encoding_is_read_in_blocks_too(rows: list[list[str]], encoding: str) -> None:
    """Whatever its encoding, a file is copied as UTF-8 block by block, and gives what the long way gives."""
    text = _bytes(rows).decode()
    data = text.encode(encoding, "ignore")
    whole = outlook_csv._the_long_way(data, READING)
    assume(not whole.rejects)  # of so few bytes another encoding may be guessed, which does not have them
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        for module in (csv_blocks, csv_text):
            patch.setattr(module, "_BLOCK", 331)
        found = outlook_csv._in_bulk(data, replace(READING, scratch=Path(place)))
        paths, _ = found.files.get("contacts", ([], 0))
        tables = [store.read(path, schemas.CONTACTS) for path in paths]
    assert found.encoding == whole.encoding
    assert pa.concat_tables([found.rows["contacts"], *tables] if found.rows else tables) == whole.rows["contacts"]
    assert (list(found.accounts), list(found.columns)) == (list(whole.accounts), list(whole.columns))


@pytest.mark.parametrize("wrong", [b"\x80", b"\xfd", b"\x81"])
def test_bytes_that_are_no_text_go_the_long_way(wrong: bytes) -> None:
    """A byte that CP932 does not have costs its own row, which only the long way can tell."""
    data = _bytes([["佐藤"] * len(HEADER), ["x"] * len(HEADER)]).decode().encode("cp932") + wrong + b"\r\n"
    with pytest.raises(csv_blocks.NotInBulkError):
        csv_blocks.in_utf8(data, "cp932", None)


def test_what_must_be_read_whole_must_not_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file that is not CSV to the letter is put aside with a reason, before it fills the memory."""
    data = _bytes([["x"] * len(HEADER)]) + b'a,"b"c' + b"," * (len(HEADER) - 2) + b"\r\n"
    monkeypatch.setattr(outlook_csv, "_MOST_WHOLE", len(data) - 1)
    with pytest.raises(UnreadableError, match="in parts"):
        outlook_csv.content_of(data, READING)
    monkeypatch.setattr(outlook_csv, "_MOST_WHOLE", len(data))
    assert outlook_csv.content_of(data, READING).rows["contacts"].num_rows == 2  # type: ignore[union-attr]  # a table


def test_empty_lines_are_blank_rows() -> None:
    """An empty line is counted as a blank row, both ways."""
    data = b"First Name,Last Name,E-mail Address\r\nx,y,z\r\n\r\nx,y,z\r\n,,\r\n"
    bulk = outlook_csv._in_bulk(data, READING)
    assert sum(account["excluded"] for account in bulk.accounts) == 2
    _same(bulk, outlook_csv._the_long_way(data, READING))


def test_a_usual_file_is_read_in_bulk() -> None:
    """What Outlook writes goes the short way; or the law above would hold for nothing."""
    data = (",".join(CONTACTS_EN) + "\r\n").encode("utf-8-sig")
    row = ["x" if name == "Last Name" else "" for name in CONTACTS_EN]
    data += (",".join(row) + "\r\n").encode() * 3
    assert outlook_csv._in_bulk(data, READING).rows["contacts"].num_rows == 3  # type: ignore[union-attr]  # a table


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('a,"b"c', id="text behind a closed quote"),
        pytest.param('a,"b', id="a quote that is never closed"),
        pytest.param('a,b"c"', id="quotes inside a cell"),
        pytest.param("a", id="a short row"),
        pytest.param("a\rb,c", id="a bare carriage return"),
        pytest.param("a,\0", id="a NUL"),
        pytest.param("a,b,c,d", id="a long row"),
    ],
)
def test_what_is_not_to_the_letter_goes_the_long_way(line: str) -> None:
    """A file with damage is left to the reader that knows what to do with it."""
    data = f"First Name,Last Name,E-mail Address\r\nx,y,z\r\n{line}\r\nx,y,z\r\n".encode()
    encoding, header = recognised_in(data, "cp932")
    with pytest.raises(csv_blocks.NotInBulkError):
        _rows_of(data, encoding, header)


def _rows_of(data: bytes, encoding: str, header: Header) -> None:
    file = csv_blocks.opened(data, encoding, header)
    list(file.each(lambda span: file.rows(span, ["0", "1", "2"])))
