"""The encodings of data blocks, and the checksum ([MS-PST] 5.1 to 5.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst.direct import crypto
from pipeline.extract.pst.direct.source import checksum

BLOCKS = st.binary(max_size=600)
KEYS = st.integers(min_value=0, max_value=2**64 - 1)


def by_the_book(data: bytes, identifier: int) -> bytes:
    """Decode as the specification's own example does (5.2), byte by byte."""
    key = ((identifier & 0xFFFFFFFF) ^ (identifier >> 16 & 0xFFFF)) & 0xFFFF
    found = bytearray()
    for byte in data:
        low, high = key & 0xFF, key >> 8 & 0xFF
        turned = crypto._R[(byte + low) & 0xFF]
        turned = crypto._S[(turned + high) & 0xFF]
        found.append((crypto._I[(turned - high) & 0xFF] - low) & 0xFF)
        key = (key + 1) & 0xFFFF
    return bytes(found)


def test_tables_are_permutations() -> None:
    """The first and the third table undo each other, and the second undoes itself."""
    every = bytes(range(256))
    assert sorted(crypto._R) == list(every)
    assert every.translate(crypto._R).translate(crypto._I) == every
    assert every.translate(crypto._S).translate(crypto._S) == every


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        pytest.param("4136", "0001", id="as the first table says"),
        pytest.param("000102", "47f1b4", id="as the third table says"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_permute(stored: str, plain: str) -> None:
    """Each byte stands for another, the same everywhere."""
    assert crypto.permute(bytes.fromhex(stored), 4) == bytes.fromhex(plain)


@given(st.binary(min_size=1, max_size=40), st.integers(min_value=0, max_value=2100))
def test_permute_of_any_size(data: bytes, size: int) -> None:
    """However long a block is, and of an odd number of bytes too, it is decoded byte by byte."""
    block = (data * size)[:size]
    assert crypto.permute(block, 4) == bytes(crypto._I[byte] for byte in block)


@given(BLOCKS, KEYS)
def test_cyclic_undoes_itself(data: bytes, identifier: int) -> None:
    """Encoding and decoding are the same, for the same block."""
    assert crypto.cyclic(crypto.cyclic(data, identifier), identifier) == data


@given(BLOCKS, KEYS)
def test_cyclic_by_the_book(data: bytes, identifier: int) -> None:
    """All bytes at once give what the specification's loop gives."""
    assert crypto.cyclic(data, identifier) == by_the_book(data, identifier)


def test_cyclic_counts_over_the_end() -> None:
    """The counter goes on with 0 after its 16 bits, in a block of the largest size too."""
    data = bytes(0xFFFF)
    assert crypto.cyclic(data, 0xFFF0) == by_the_book(data, 0xFFF0)


@given(BLOCKS)
def test_checksum_is_a_crc_of_its_own(data: bytes) -> None:
    """It begins with 0 and is not inverted, unlike the CRC-32 of zip files."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    assert checksum(data) == crc


def test_checksum_of_a_known_text() -> None:
    """The usual test text gives the value known for this kind of CRC."""
    assert checksum(b"123456789") == 0x2DFD2D88
