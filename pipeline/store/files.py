"""Files as such: written in one step, with errors that a person can act on, hashed, and copied."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import StageError, StorageError

_AT_ONCE = 4  # files that are hashed at a time
_LEAST_ROOM = 1 << 20  # bytes; with less than that free, nothing works


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into an error that a person can act on.

    Raises:
        StorageError: the disk is full, or the place may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise StorageError(
                f"{path} would become larger than a file may be here. Nothing half-written was left behind.",
                "Raise the limit (ulimit -f unlimited), or move the project to another file system; then run again.",
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk is full: {path} could not be written. Nothing half-written was left behind.",
                "Make room (or move data/work to a larger disk) and run the same command again.",
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise StorageError(
                f"{path} cannot be made: a file stands where a directory has to be.",
                "Move that file away and run again.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(
                f"{path} may not be written ({error.strerror}).", "Mend the rights of that directory and run again."
            ) from error
        raise


def check_room(place: Path) -> None:
    """Find out whether something can still be written at `place`, by trying: what failed there may only say "busy".

    Raises:
        StorageError: the disk is full, or the place may not be written.
    """
    directory = next(path for path in (place, *place.absolute().parents) if path.is_dir())
    with writing(directory), tempfile.TemporaryFile(dir=directory) as probe:
        probe.write(bytes(_LEAST_ROOM))
        probe.flush()


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a small JSON file in one step, the same text for the same content.

    Raises:
        StorageError: the file system refuses.
    """
    write_text(json.dumps(content, ensure_ascii=False, indent=1), path)


def write_text(text: str, path: Path) -> None:
    """Write a text file in one step.

    Raises:
        StorageError: the file system refuses.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that `write_json` wrote.

    Raises:
        StageError: it is missing or damaged.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StageError(f"{path} cannot be read ({error}).", "Run what writes it again.") from error
    return content


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of files, of several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(digest, paths))


def copy(source: Path, destination: Path) -> None:
    """Put a table file into a stage directory, as a hard link where the file system has them."""
    with writing(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, destination)
        except OSError:
            shutil.copyfile(source, destination)
