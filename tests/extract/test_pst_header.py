"""Which kind of store a file is, and what a person is told about one that is none."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst import store_header


def header(client: bytes = b"SM", version: int = 23, length: int = 1000) -> bytes:
    """Return a header that says `length`."""
    head = bytearray(store_header.LENGTH)
    head[:4], head[8:10] = b"!BDN", client
    struct.pack_into("<H", head, 10, version)
    struct.pack_into("<I", head, 0xA8, length)
    if version >= 23:
        struct.pack_into("<Q", head, 0xB8, length)
    return bytes(head)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        pytest.param(header(), "pst-unicode", id="Unicode"),
        pytest.param(header(version=14), "pst-ansi", id="ANSI"),
        pytest.param(header(version=15), "pst-ansi", id="ANSI, the other version"),
        pytest.param(header(client=b"SO", version=36), "ost", id="offline store with pages of 4 KiB"),
        pytest.param(header(client=b"SO", version=23), "ost", id="offline store"),
    ],
)
def test_kind(head: bytes, kind: str) -> None:
    """The kind of a store is in its header, not in its name."""
    assert store_header.parse(head, 1000).kind == kind


@pytest.mark.parametrize(
    ("head", "size", "rule", "says"),
    [
        pytest.param(b"", 0, "empty_file", "0 bytes", id="empty"),
        pytest.param(b"From - Mon", 10, "not_a_store", "signature", id="text"),
        pytest.param(header()[:100], 100, "truncated_store", "after 100 bytes", id="cut off in the header"),
        pytest.param(header(), 999, "truncated_store", "999 bytes of the 1000", id="cut off later"),
        pytest.param(header(version=14), 999, "truncated_store", "999 bytes of the 1000", id="ANSI, cut off"),
        pytest.param(header(client=b"AB"), 1000, "not_a_mailbox", "address book", id="personal address book"),
        pytest.param(header(version=17), 1000, "unknown_store_version", "version 17", id="unknown version"),
    ],
)
def test_what_is_wrong(head: bytes, size: int, rule: str, says: str) -> None:
    """A file that cannot be a store says which of the possible things is wrong with it."""
    with pytest.raises(UnreadableError) as error:
        store_header.parse(head, size)
    assert (error.value.rule, says in error.value.reason) == (rule, True)


@pytest.mark.parametrize(
    ("libpff", "rule"),
    [
        ("libpff_file_header_read_data: mismatch in file header checksum ( 1 != 2 ).", "damaged_header"),
        ("libpff_index_read: unable to read index node.", "damaged_store"),
    ],
)
def test_reason_of(libpff: str, rule: str) -> None:
    """What libpff says of a store is put into words, without its paths."""
    error = store_header.reason_of(libpff)
    assert error.rule == rule
    assert "scanpst" in error.reason
    assert "libpff" not in error.reason


@given(head=st.binary(max_size=600), size=st.integers(0, 2**40))
def test_no_header_is_another_error(head: bytes, size: int) -> None:
    """Any first bytes give a kind or an UnreadableError."""
    try:
        assert store_header.parse(b"!BDN" + head, size).kind in ("pst-unicode", "pst-ansi", "ost")
    except UnreadableError as error:
        assert error.reason.endswith(".")  # noqa: PT017 - either outcome is right
