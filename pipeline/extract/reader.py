"""Reads one file of any kind. To add a source: one module, and one line here.

A source is imported when the first file of its kind is read: each takes as long as reading some thousand items.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from pipeline.extract import signature
from pipeline.extract.content import Content, Reading, UnreadableError

Reader = Callable[[Path, Reading], Content]


READERS: Mapping[str, str] = {"store": "pipeline.extract.pst", "text": "pipeline.extract.outlook_csv"}
"""What a file is → the module whose `read` reads it."""


def read_file(path: Path, reading: Reading) -> Content:
    """Read a file by what it holds, whatever it is called.

    Raises:
        UnreadableError: it is not what it claims, or is damaged as a whole.
        OSError: it cannot be opened.
    """
    read: Reader = import_module(READERS[signature.kind_of(_head(path))]).read
    return read(path, reading)


def is_store(path: Path) -> bool:
    """Whether a file begins as an Outlook store, which can be read in parts; false for one that cannot be opened."""
    try:
        return signature.kind_of(_head(path)) == "store"
    except (OSError, UnreadableError):
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(signature.HEAD)
