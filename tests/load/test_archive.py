"""CSV and zip, both ways."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TargetError
from pipeline.load import archive

CELL = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))


def test_csv_as_zoho_takes_it() -> None:
    """Commas, LF, quotes only where needed, UTF-8 without BOM."""
    assert archive.encode_csv(["K", "Name"], [["1", 'a "b", c'], ["2", "山田\n花子"]]) == (
        'K,Name\n1,"a ""b"", c"\n2,"山田\n花子"\n'.encode()
    )


@given(rows=st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=5))
def test_csv_comes_back(rows: list[list[str]]) -> None:
    """What is written is read back, header in lower case."""
    wanted = [row for row in rows if row != ["", ""]]
    found = archive.decode_csv(archive.encode_csv(["Key", "Name"], wanted))
    assert [[row["key"], row["name"]] for row in found] == wanted


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\xef\xbb\xbfId\n1\n", [{"id": "1"}], id="a BOM"),
        pytest.param(b"Id\n", [], id="only a header"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"Id,Name\n1\n\n", [{"id": "1", "name": ""}], id="a short row and an empty line"),
    ],
)
def test_decode_csv(content: bytes, expected: list[dict[str, str]]) -> None:
    """The CRM's files are read with their warts."""
    assert archive.decode_csv(content) == expected


def test_zip_has_the_same_bytes() -> None:
    """A zip holds no time of day: the same rows give the same bytes."""
    packed = archive.encode_zip("contacts.csv", b"x" * 1000)
    assert packed == archive.encode_zip("contacts.csv", b"x" * 1000)
    assert zipfile.ZipFile(io.BytesIO(packed)).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
    assert archive.decode_zip(packed) == b"x" * 1000


def many(names: list[str]) -> bytes:
    """Return a zip of empty files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no zip", id="no zip"),
        pytest.param(archive.encode_zip("a.csv", b"x" * 999)[:-40], id="truncated"),
        pytest.param(many(["a.txt"]), id="no CSV in it"),
        pytest.param(many([f"{n}.csv" for n in range(20)]), id="too many files"),
    ],
)
def test_odd_zips(content: bytes) -> None:
    """A zip that no result is, is refused."""
    with pytest.raises(TargetError):
        archive.decode_zip(content)


@pytest.mark.parametrize("content", [b"\xff\xfe", b'Id\n"' + b"x" * (2 << 20) + b'"\n'])
def test_odd_csv(content: bytes) -> None:
    """A CSV that cannot be read, or with a cell without end, is refused."""
    with pytest.raises(TargetError):
        archive.decode_csv(content)
