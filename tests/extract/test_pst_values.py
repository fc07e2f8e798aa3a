"""MAPI values from bytes: exact on what Outlook writes, None or U+FFFD on what nobody should."""

import struct
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.extract.pst import values
from tests.extract import outlook_items


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        pytest.param(116_444_736_000_000_000, datetime(1970, 1, 1, tzinfo=UTC), id="the epoch of Unix"),
        pytest.param(116_444_736_000_000_015, datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), id="a microsecond"),
        pytest.param(0, None, id="zero is no date"),
        pytest.param(864_000_000_000, None, id="1601-01-02 is no date"),
        pytest.param(0x0CB34557A3DD4000, None, id="4501-01-01 is no date"),
        pytest.param(0x0CB34557A3DD4000 - 122 * 864_000_000_000, None, id="4500-09-01 is no end"),
        pytest.param(2**63 - 1, None, id="beyond the calendar"),
        pytest.param(-1, None, id="before 1601"),
    ],
)
def test_instant(ticks: int, expected: datetime | None) -> None:
    """A FILETIME is an instant in UTC, and the values that Outlook writes for "none" are none."""
    assert values.instant(struct.pack("<q", ticks)) == expected


_NO_DATE = 0x0CB34557A3DD4000
_EDGES = (0, 864_000_000_000, 1_728_000_000_000, _NO_DATE, _NO_DATE - 122 * 864_000_000_000, 2**63 - 1, -(2**63))


@given(ticks=st.lists(st.one_of(st.sampled_from(_EDGES), st.integers(-(2**63), 2**63 - 1)), max_size=20))
@example(ticks=[edge + step for edge in _EDGES[:5] for step in (-1, 0, 1)])
def test_many_times_at_once(ticks: list[int]) -> None:
    """A column of times has the instants that each would have alone, and the same are missing."""
    found, is_missing = values.microseconds(np.array(ticks, dtype=np.int64))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    alone = [values.moment(one) for one in ticks]
    assert is_missing.tolist() == [one is None for one in alone]
    there = [(one - epoch) // timedelta(microseconds=1) for one in alone if one is not None]
    assert found[~is_missing].tolist() == there


@pytest.mark.parametrize(
    ("raw", "wire_type", "expected"),
    [
        pytest.param("佐藤".encode("utf-16-le"), values.STRING, "佐藤", id="Unicode"),
        pytest.param("佐藤".encode("cp932"), values.STRING8, "佐藤", id="8 bits in the item's code page"),
        pytest.param("Ann\0".encode("utf-16-le"), values.STRING, "Ann", id="terminated, though it should not be"),
        pytest.param(b"", values.STRING, None, id="empty"),
        pytest.param(b"\0", values.STRING8, None, id="only the terminator"),
        pytest.param(b"\x00\xd8", values.STRING, "\N{REPLACEMENT CHARACTER}", id="half a surrogate pair"),
        pytest.param(b"Caf\x82", values.STRING8, "Caf\N{REPLACEMENT CHARACTER}", id="half a character"),
    ],
)
def test_text(raw: bytes, wire_type: int, expected: str | None) -> None:
    """Text is decoded by its type and code page; what cannot be decoded shows, and is never an error."""
    assert values.text(raw, wire_type, "cp932") == expected


@pytest.mark.parametrize(
    ("raw", "wire_type", "is_decodable"),
    [
        pytest.param("佐藤".encode("cp932"), values.STRING8, True, id="cp932"),
        pytest.param(b"\x82", values.STRING8, False, id="half a character of cp932"),
        pytest.param(b"\x00\xd8", values.STRING, False, id="half a surrogate pair"),
    ],
)
def test_is_decodable(raw: bytes, wire_type: int, *, is_decodable: bool) -> None:
    """Text that loses characters is known as such."""
    assert values.is_decodable(raw, wire_type, "cp932") is is_decodable


@pytest.mark.parametrize(
    ("raw", "wire_type", "expected"),
    [
        pytest.param(
            outlook_items.multiple("Kunden", "取引先"), values.MULTIPLE_STRING, ["Kunden", "取引先"], id="two"
        ),
        pytest.param(struct.pack("<II", 1, 8) + b"\x8e\xe6", values.MULTIPLE_STRING8, ["取"], id="8 bits"),
        pytest.param(struct.pack("<I", 0), values.MULTIPLE_STRING, [], id="none"),
        pytest.param(b"\x01", values.MULTIPLE_STRING, [], id="too short for a count"),
        pytest.param(struct.pack("<II", 2**31, 8), values.MULTIPLE_STRING, [], id="a count larger than the value"),
        pytest.param(struct.pack("<II", 1, 2**31), values.MULTIPLE_STRING, [], id="an offset outside the value"),
    ],
)
def test_texts(raw: bytes, wire_type: int, expected: list[str]) -> None:
    """A multi-valued text is a count, offsets and texts; a damaged one is empty, not an allocation."""
    assert values.texts(raw, wire_type, "cp932") == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param("\x01\x05RE: Offer", "RE: Offer", id="a prefix of four"),
        pytest.param("\x01\x01Offer", "Offer", id="no prefix"),
        pytest.param("Offer", "Offer", id="no mark"),
        pytest.param("\x01\x01", None, id="only the mark"),
        pytest.param(None, None, id="none"),
    ],
)
def test_subject_mark(stored: str | None, expected: str | None) -> None:
    """The mark before a subject is dropped, its prefix stays."""
    assert values.without_prefix_mark(stored) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"\x01", True, id="1 byte"),
        pytest.param(b"\x00", False, id="false"),
        pytest.param(b"\x01\x00\x00\x00", True, id="4 bytes"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_boolean(raw: bytes, *, expected: bool | None) -> None:
    """A truth value is true when any of its bytes is set."""
    assert values.boolean(raw) is expected


def test_numbers_are_signed_and_finite() -> None:
    """Integers are signed; NaN, infinity and short values are missing."""
    assert values.integer(b"\xff\xff\xff\xff", values.INTEGER32) == -1
    assert values.integer(b"\xff\xff", values.INTEGER32) is None
    assert values.floating(struct.pack("<d", 0.5), values.FLOAT64) == 0.5
    assert values.floating(struct.pack("<d", float("nan")), values.FLOAT64) is None
    assert values.floating(struct.pack("<d", float("inf")), values.FLOAT64) is None


@given(moment=st.datetimes(min_value=datetime(1601, 1, 3), max_value=datetime(4499, 12, 31)))  # noqa: DTZ001 - made aware below
def test_an_instant_survives_its_wire_form(moment: datetime) -> None:
    """Reading a FILETIME is the inverse of writing it, to the microsecond."""
    aware = moment.replace(tzinfo=UTC)
    assert values.instant(outlook_items.ticks(aware)) == aware


@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)))
def test_texts_survive_their_wire_form(texts: list[str]) -> None:
    """Reading a multi-valued text is the inverse of writing it."""
    assert values.texts(outlook_items.multiple(*texts), values.MULTIPLE_STRING, "cp932") == texts


@given(raw=st.binary(max_size=64), wire_type=st.sampled_from([values.STRING, values.STRING8]))
def test_no_bytes_are_an_error(raw: bytes, wire_type: int) -> None:
    """Any bytes give a value or None, and never a text that cannot be written as UTF-8."""
    found = values.text(raw, wire_type, "cp932")
    (found or "").encode()
    values.texts(raw, wire_type | values.MULTIPLE, "cp932")
    values.instant(raw)
    for number in (values.INTEGER16, values.INTEGER32, values.INTEGER64):
        values.integer(raw, number)
