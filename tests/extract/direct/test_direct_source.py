"""Reading bytes of a file: all that were asked for, or an error of the reader's own."""

import os
from pathlib import Path

import pytest

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.source import Source


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    """Return a file of ten bytes."""
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    return path


@pytest.mark.parametrize(
    ("offset", "size", "expected"),
    [
        pytest.param(0, 10, b"0123456789", id="all"),
        pytest.param(9, 1, b"9", id="the last"),
        pytest.param(10, 0, b"", id="none at the end"),
    ],
)
def test_read(ten: Path, offset: int, size: int, expected: bytes) -> None:
    """What is in the file is returned."""
    assert Source(ten).read(offset, size) == expected


@pytest.mark.parametrize(
    ("offset", "size"),
    [
        pytest.param(10, 1, id="behind the end"),
        pytest.param(5, 6, id="over the end"),
        pytest.param(2**63, 1, id="more than a file can have"),
    ],
)
def test_outside(ten: Path, offset: int, size: int) -> None:
    """Nothing is returned that is not wholly in the file."""
    with pytest.raises(DamageError) as raised:
        Source(ten).read(offset, size)
    assert raised.value.rule == "outside_file"


def test_shrunk(ten: Path) -> None:
    """A file that becomes shorter while it is read is damage, not a crash."""
    source = Source(ten)
    os.truncate(ten, 4)
    with pytest.raises(DamageError, match="not all in the file"):
        source.read(2, 6)


def test_missing(tmp_path: Path) -> None:
    """A file that is not there cannot be read as a whole."""
    with pytest.raises(UnreadableError) as raised:
        Source(tmp_path / "missing.pst")
    assert raised.value.rule == "unreadable_file"


def test_special_file(tmp_path: Path) -> None:
    """A pipe is refused, and opening it does not wait for a writer."""
    os.mkfifo(tmp_path / "pipe.pst")
    with pytest.raises(UnreadableError) as raised:
        Source(tmp_path / "pipe.pst")
    assert raised.value.rule == "not_a_file"


def test_closed_twice(ten: Path) -> None:
    """Closing again does nothing."""
    source = Source(ten)
    source.close()
    source.close()
    with pytest.raises(DamageError):
        source.read(0, 1)
