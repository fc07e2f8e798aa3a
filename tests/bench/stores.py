"""The stores that are read: written once, kept for as long as the writer is the same."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_WRITER = Path(__file__).parents[1] / "pstwriter"
_CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class Mix:
    """A store to be written: kind of content, as the writer's command line has it, and number of items."""

    kind: str
    items: int

    def __str__(self) -> str:
        """Return what a person calls it."""
        return f"{self.items:,} {'mixed items' if self.kind == 'mixed' else self.kind}"


def store_of(mix: Mix, cache: Path) -> Path:
    """Return the path of a store, which is written where it is not there yet.

    Raises:
        CalledProcessError: the writer failed.
    """
    path = cache / f"{mix.kind}-{mix.items}-{_version()}.pst"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        command = [sys.executable, "-m", "tests.pstwriter", mix.kind, "--items", str(mix.items), str(partial)]
        subprocess.run(command, check=True)
        partial.replace(path)
    return path


def warm(path: Path) -> None:
    """Read a file to its end, so that the next one to read it finds it in memory."""
    with path.open("rb", buffering=0) as file:
        while file.read(_CHUNK):
            pass


def _version() -> str:
    """Return a digest of the writer: another writer may write other bytes."""
    digest = hashlib.sha256()
    for source in sorted(_WRITER.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
