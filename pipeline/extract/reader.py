"""Reads one file of any kind. To add a source: one module, and one line here."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.extract import outlook_csv, pst, signature
from pipeline.extract.content import Content, Reading, UnreadableError

Reader = Callable[[Path, Reading], Content]


READERS: Mapping[str, Reader] = {"store": pst.read, "text": outlook_csv.read}


def read_file(path: Path, reading: Reading) -> Content:
    """Read a file by what it holds, whatever it is called.

    Raises:
        UnreadableError: it is not what it claims, or is damaged as a whole.
        OSError: it cannot be opened.
    """
    return READERS[signature.kind_of(_head(path))](path, reading)


def is_store(path: Path) -> bool:
    """Whether a file begins as an Outlook store, which can be read in parts; false for one that cannot be opened."""
    try:
        return signature.kind_of(_head(path)) == "store"
    except (OSError, UnreadableError):
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(signature.HEAD)
