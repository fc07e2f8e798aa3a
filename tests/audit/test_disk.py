"""What stops the ledger is told in a person's words."""

import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import sandbox, store
from pipeline.errors import StorageError
from pipeline.load import disk, ledger
from tests import line


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_much(directory: Path) -> None:
    """Write nine megabytes into a ledger."""
    rows = ((number, "0" * 900, number) for number in range(10_000, 20_000))
    with ledger.opened(directory) as book, book.transaction():
        book.connection.executemany("INSERT INTO chain VALUES (?, ?, ?)", rows)


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """SQLite's "disk I/O error" of a file that is too large says what is limited, to what, and how to raise it."""
    with ledger.opened(tmp_path):
        pass
    with (
        files_of_at_most(400_000),
        pytest.raises(StorageError, match=r"no file of this session may be larger than 400,000 bytes") as refused,
    ):
        write_much(tmp_path)
    assert "ulimit -f" in str(refused.value.hint)
    with ledger.opened(tmp_path) as book:
        assert book.start_run("later") == 1


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param("database or disk is full", "The disk is full", id="full"),
        pytest.param("attempt to write a readonly database", "may not be written", id="read only"),
        pytest.param("unable to open database file", "may not be written", id="no right to open"),
        pytest.param("disk I/O error", "does not take what is written", id="a disk that fails"),
        pytest.param("database is locked", "cannot be written: database is locked", id="anything else"),
    ],
)
def test_what_stands_in_the_way(tmp_path: Path, what: str, expected: str) -> None:
    """Each refusal of SQLite has its words, and what to do."""
    refused = disk.refusal(sqlite3.OperationalError(what), tmp_path)
    assert expected in refused.message
    assert refused.hint


def test_a_disk_that_turns_out_to_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind "disk I/O error" a full disk is found by trying."""

    def full(_place: Path) -> None:
        raise StorageError("The disk is full: here.", "Make room.")

    monkeypatch.setattr(store, "check_room", full)
    assert disk.refusal(sqlite3.OperationalError("disk I/O error"), tmp_path).message == "The disk is full: here."


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a sandbox."""
    project = tmp_path_factory.mktemp("pipe")
    with sandbox.running(project / "data" / "sandbox" / "default"):
        return project


@pytest.mark.parametrize("words", [("sandbox-show", "Contacts"), ("wipe",), ("--help",)])
def test_a_reader_who_has_enough(project: Path, words: tuple[str, ...]) -> None:
    """Output into a pipe that nobody reads any more ends well: no message, no traceback, exit code 0."""
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as gone:
        gone.wait()
        assert gone.stdin is not None
        ended = subprocess.run(
            line.command(project, *words), stdout=gone.stdin, stderr=subprocess.PIPE, check=False, text=True,
            env=line.clean_environment(),
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
