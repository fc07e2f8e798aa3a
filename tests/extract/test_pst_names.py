"""What a store's own numbers, code pages and locales mean."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import code_pages, property_names

_ADDRESS = uuid.UUID("00062004-0000-0000-c000-000000000046").bytes_le
_UNKNOWN = uuid.UUID("12345678-0000-0000-c000-000000000046").bytes_le


def _entry(number: int, kind: int, index: int) -> bytes:
    return struct.pack("<IHH", number, kind, index)


@pytest.mark.parametrize(
    ("entry", "strings", "expected"),
    [
        pytest.param(_entry(0x8083, 3 << 1, 7), b"", {0x8007: ("PSETID_Address", 0x8083)}, id="set of the GUID stream"),
        pytest.param(_entry(0x23, 1 << 1, 0), b"", {0x8000: ("PS_MAPI", 0x23)}, id="PS_MAPI"),
        pytest.param(
            _entry(0, 2 << 1 | 1, 1),
            struct.pack("<I", 16) + "Keywords".encode("utf-16-le"),
            {0x8001: ("PS_PUBLIC_STRINGS", "Keywords")},
            id="a string name",
        ),
        pytest.param(
            _entry(1, 4 << 1, 0),
            b"",
            {0x8000: ("12345678-0000-0000-c000-000000000046", 1)},
            id="a set that nobody documents",
        ),
        pytest.param(_entry(1, 9 << 1, 0), b"", {}, id="a set outside the stream"),
        pytest.param(_entry(1, 0, 0), b"", {}, id="no set"),
        pytest.param(_entry(99, 2 << 1 | 1, 0), b"\x01\x00", {}, id="a name outside the stream"),
        pytest.param(_entry(0, 2 << 1 | 1, 0), struct.pack("<I", 2**31), {}, id="a name longer than the stream"),
        pytest.param(b"\x01\x02\x03", b"", {}, id="half an entry"),
    ],
)
def test_name_to_id_map(entry: bytes, strings: bytes, expected: dict[int, tuple[str, int | str]]) -> None:
    """The map gives set and name of each number; an entry that points nowhere is left out."""
    assert property_names.parse(_ADDRESS + _UNKNOWN, entry, strings) == expected


def test_numbers_of_different_sets_do_not_meet() -> None:
    """0x0023 of a meeting is not 0x0023 of MAPI: what pypff's look-up by number confuses."""
    meeting = uuid.UUID("6ed8da90-450b-101b-98da-00aa003f1305").bytes_le
    found = property_names.parse(meeting, _entry(0x23, 1 << 1, 0) + _entry(0x23, 3 << 1, 1), b"")
    assert found == {0x8000: ("PS_MAPI", 0x23), 0x8001: ("PSETID_Meeting", 0x23)}


@given(guids=st.binary(max_size=48), entries=st.binary(max_size=80), strings=st.binary(max_size=48))
def test_no_map_is_an_error(guids: bytes, entries: bytes, strings: bytes) -> None:
    """Any three streams give a map whose keys are named properties."""
    assert all(number >= property_names.FIRST_NAMED for number in property_names.parse(guids, entries, strings))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (0x3A0A, "0x3A0A"),
        (("PSETID_Meeting", 0x24), "PSETID_Meeting 0x0024"),
        (("PS_PUBLIC_STRINGS", "Keywords"), 'PS_PUBLIC_STRINGS "Keywords"'),
    ],
)
def test_shown(key: property_names.Key, expected: str) -> None:
    """A property without a known name is shown by its key."""
    assert property_names.shown(key) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (932, "cp932"),
        (1252, "cp1252"),
        (65001, "utf-8"),
        (20127, "cp1252"),
        (28591, "cp1252"),
        (28605, "iso8859-15"),
        (50220, "iso2022_jp_ext"),
        (51932, "euc_jp"),
        (54936, "gb18030"),
        (1200, None),
        (0, None),
        (-5, None),
        (99999, None),
        (None, None),
    ],
)
def test_codec_of(page: int | None, expected: str | None) -> None:
    """A Windows code page number is a codec of Python, or none."""
    assert code_pages.codec_of(page) == expected


@pytest.mark.parametrize(
    ("message_page", "locale", "expected"),
    [
        pytest.param(1252, 1041, "cp1252", id="the item's own page first"),
        pytest.param(None, 1041, "cp932", id="then the page of its locale: Japanese"),
        pytest.param(None, 1033, "cp1252", id="English"),
        pytest.param(None, 0x0804, "cp936", id="simplified Chinese"),
        pytest.param(None, 0x0404, "cp950", id="traditional Chinese"),
        pytest.param(None, 0x0C1A, "cp1251", id="Serbian in Cyrillic letters"),
        pytest.param(None, 0x081A, "cp1250", id="Serbian in Latin letters"),
        pytest.param(None, 0x041E, "cp874", id="Thai"),
        pytest.param(1200, 0, "cp949", id="Unicode is no page of 8-bit text, 0 no locale: the setting"),
        pytest.param(None, 0x0439, "cp949", id="Hindi has no ANSI page: the setting"),
        pytest.param(None, None, "cp949", id="nothing known: the setting"),
    ],
)
def test_text_codec(message_page: int | None, locale: int | None, expected: str) -> None:
    """8-bit text is in the item's page, else its locale's, else the one of the settings."""
    assert code_pages.text_codec(message_page, locale, "cp949") == expected


def test_every_locale_has_one_page() -> None:
    """No locale is listed under two code pages, and every page is one that Python has."""
    listed = [locale for locales in code_pages._LOCALES.values() for locale in locales.split()]
    assert len(listed) == len(set(listed))
    assert all("".encode(page) == b"" for page in code_pages._LOCALES)


@given(page=st.integers(-(2**31), 2**31))
def test_no_page_is_an_error(page: int) -> None:
    """Any number gives a codec that encodes, or none."""
    codec = code_pages.codec_of(page)
    assert codec is None or "x".encode(codec)
