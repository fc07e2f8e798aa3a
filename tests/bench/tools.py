"""How each reader is called."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from tests.bench.measure import Cost, run
from tests.line import clean_environment, command

_TABLES = ("contacts", "tasks", "events", "messages", "lists")

OURS, PYPFF, READPST, LSPST = "outlook2zoho extract", "pypff", "readpst -j0 -r", "lspst"


def available() -> list[str]:
    """Return the tools that this machine has."""
    return [name for name in RUNS if name in (OURS, PYPFF) or shutil.which(name.split()[0])]


def _ours(store: Path, items: int, scratch: Path) -> Cost:
    """Run the command as a user does, in a project directory of its own, up to the Parquet tables."""
    project = scratch / "project"
    project.mkdir()
    cost = run(command(project, "extract", "--inbox", str(store)), clean_environment())
    extracted = project / "data" / "work" / "extracted"
    written = sum(
        pq.read_metadata(part).num_rows for table in _TABLES for part in (extracted / table).glob("*.parquet")
    )
    if written != items:
        raise RuntimeError(f"{written} of {items} items were written: this is no measurement.")
    return cost


def _pypff(store: Path, items: int, _scratch: Path) -> Cost:
    return run([sys.executable, "-m", "tests.bench.with_pypff", str(store), str(items)])


def _readpst(store: Path, _items: int, scratch: Path) -> Cost:
    return run(["readpst", "-q", "-j0", "-r", "-o", str(scratch), str(store)])


def _lspst(store: Path, _items: int, _scratch: Path) -> Cost:
    return run(["lspst", str(store)])


RUNS: Mapping[str, Callable[[Path, int, Path], Cost]] = {
    OURS: _ours,
    PYPFF: _pypff,
    READPST: _readpst,
    LSPST: _lspst,
}
"""Tool → how to read a store of so many items with it, and a directory for what it writes."""


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Give a directory, on the disk on which the stores are, for what one run writes."""
    with tempfile.TemporaryDirectory(dir=beside) as directory:
        yield Path(directory)
