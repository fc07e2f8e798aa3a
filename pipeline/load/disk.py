"""Why the ledger could not be written, in a person's words: SQLite says "disk I/O error" of much that can be mended."""

import resource
import sqlite3
from pathlib import Path

from pipeline import store
from pipeline.errors import StorageError

_MOST_AT_ONCE = 1 << 20  # bytes by which a file grows at most in one go
_KEPT = "What was written before is kept; the same command goes on from there."


def refusal(error: sqlite3.OperationalError, directory: Path) -> StorageError:
    """Return what stands in the way of a ledger, found out by looking where SQLite does not say it."""
    what = str(error)
    if "full" in what:
        return StorageError(f"The disk is full: the ledger in {directory} could not be written.", f"Make room. {_KEPT}")
    if "readonly" in what or "unable to open" in what:
        return StorageError(
            f"The ledger in {directory} may not be written ({what}).",
            "Mend the rights of that directory and of the files in it, and run again.",
        )
    if "I/O" not in what:
        return StorageError(
            f"The ledger in {directory} cannot be written: {what}.", "Make room, or mend its rights; then run again."
        )
    return _below(error, directory)


def _below(error: sqlite3.OperationalError, directory: Path) -> StorageError:
    """Return what the file system refuses to SQLite: a full disk, a file that may not grow, or a disk that fails."""
    most, largest = resource.getrlimit(resource.RLIMIT_FSIZE)[0], _largest(directory)
    if most != resource.RLIM_INFINITY and largest + _MOST_AT_ONCE >= most:
        return StorageError(
            f"The ledger in {directory} may not grow: no file of this session may be larger than {most:,} bytes, and "
            f"its largest has {largest:,}.",
            f"Raise the limit (ulimit -f unlimited) or have it raised. {_KEPT}",
        )
    try:
        store.check_room(directory)
    except StorageError as found:
        return found
    return StorageError(
        f"The disk below the ledger in {directory} does not take what is written ({error}).",
        f"Look whether it is full, over its quota, gone (a network drive?) or failing. {_KEPT}",
    )


def _largest(directory: Path) -> int:
    return max((path.stat().st_size for path in directory.iterdir() if path.is_file()), default=0)
