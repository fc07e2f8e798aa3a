"""The header: which stores are opened, and why others are not."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import Store
from pipeline.extract.pst.direct.form import Encryption
from tests.pstwriter.layout import Encryption as Encoding
from tests.pstwriter.layout import Form

Change = tuple[int, bytes]


def changed(path: Path, to: Path, *changes: Change) -> Path:
    """Write a copy of a store with other bytes at some offsets."""
    data = bytearray(path.read_bytes())
    for offset, patch in changes:
        data[offset : offset + len(patch)] = patch
    to.write_bytes(data)
    return to


@pytest.mark.parametrize(
    ("form", "name", "kind"),
    [
        pytest.param(Form.UNICODE, "unicode", "pst", id="Unicode"),
        pytest.param(Form.ANSI, "ansi", "pst", id="ANSI"),
        pytest.param(Form.OST4K, "unicode-4k", "ost", id="4K pages"),
    ],
)
@pytest.mark.parametrize("encryption", list(Encoding), ids=lambda one: one.name.lower())
def test_facts(mixed: Callable[..., Path], form: Form, name: str, kind: str, encryption: Encoding) -> None:
    """Kind, form and encryption are those that the store was written with."""
    with Store.open(mixed(form, encryption)) as store:
        facts = store.facts
    assert (facts.header.kind, facts.header.form.name, facts.header.encryption) == (kind, name, Encryption(encryption))
    assert facts.header.is_checksum_right
    assert not facts.is_truncated
    assert facts.has_password is False


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param((0, b"!BDM"), "not_a_store", id="another signature"),
        pytest.param((8, b"XX"), "not_a_store", id="another client"),
        pytest.param((10, b"\x10\x00"), "unknown_store_version", id="a version that never was"),
        pytest.param((513, b"\x10"), "encrypted_store", id="Windows Information Protection"),
        pytest.param((513, b"\x07"), "encrypted_store", id="an unknown encoding"),
        pytest.param((224, struct.pack("<Q", 2**63)), "damaged_store", id="node tree outside the file"),
        pytest.param((240, struct.pack("<Q", 0)), "damaged_store", id="block tree at the header"),
        pytest.param((216, struct.pack("<Q", 1)), "damaged_store", id="another page than was meant"),
    ],
)
def test_refused(mixed: Callable[..., Path], tmp_path: Path, change: Change, rule: str) -> None:
    """A store that cannot be read at all is refused with the reason."""
    path = changed(mixed(), tmp_path / "changed.pst", change)
    with pytest.raises(UnreadableError) as raised:
        Store.open(path)
    assert raised.value.rule == rule
    assert raised.value.reason.endswith(".")


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        pytest.param(0, "not_a_store", id="empty"),
        pytest.param(511, "not_a_store", id="less than any header"),
        pytest.param(513, "truncated_store", id="inside the header"),
        pytest.param(2000, "damaged_store", id="nothing but the header"),
    ],
)
def test_cut(mixed: Callable[..., Path], tmp_path: Path, size: int, rule: str) -> None:
    """A file that ends too early is refused with the reason."""
    path = tmp_path / "cut.pst"
    path.write_bytes(mixed().read_bytes()[:size])
    with pytest.raises(UnreadableError) as raised:
        Store.open(path)
    assert raised.value.rule == rule


@pytest.mark.parametrize(
    "offset", [pytest.param(4, id="the first"), pytest.param(524, id="the second"), pytest.param(40, id="their data")]
)
def test_header_checksum(mixed: Callable[..., Path], tmp_path: Path, offset: int) -> None:
    """A wrong checksum of the header is told; it does not keep a store from being read whose pages are right."""
    with Store.open(changed(mixed(), tmp_path / "changed.pst", (offset, b"\xaa\xbb"))) as store:
        assert not store.facts.header.is_checksum_right
        assert store.item_count() == 60


@pytest.mark.parametrize("version", [21, 23, 37])
def test_unicode_versions(mixed: Callable[..., Path], tmp_path: Path, version: int) -> None:
    """Versions of recovery programs, of Outlook, and of Outlook with Information Protection are one form."""
    with Store.open(changed(mixed(), tmp_path / "changed.pst", (10, bytes([version])))) as store:
        assert store.facts.header.form.name == "unicode"
        assert store.item_count() == 60
