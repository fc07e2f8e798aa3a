"""The ledger's database with its audit log: what is noted in a transaction is an entry of the chain.

No entry is lost and none is there twice, whenever the process ends: an entry is written into the ledger in the very
transaction that it tells of, and from there appended to the log. What the log lacks when the ledger is opened again,
down to the rest of a half-written line, is appended then.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.load.audit import chain

LOG, KEY = "audit.log", "audit.key"
CREATE = "CREATE TABLE chain (n INTEGER PRIMARY KEY, line TEXT NOT NULL, at_byte INTEGER NOT NULL)"
_BLOCK = 4096
_AT_ONCE = 5_000  # rows hashed in one go


class Book(sqlite3.Connection):
    """A database whose transactions are told of in an audit log, once `begin_log` was called."""

    _directory: Path | None = None
    _key = b""
    _head = chain.FIRST
    _count = 0
    _size = 0
    _changes = 0

    def begin_log(self, directory: Path) -> None:
        """Tell of what happens from now on; complete the log first, if the last run was interrupted.

        Raises:
            StorageError: log or key cannot be written.
        """
        self._notes: list[dict[str, Any]] = []
        self._sealed: list[str] = []
        self._directory = directory
        self._key, is_new = _key_of(directory)
        self._complete()
        if is_new:
            self._alone("key_made", key=id_of(self._key))

    def start(self) -> None:
        """Start a transaction."""
        self.execute("BEGIN IMMEDIATE")
        self._changes = self.total_changes

    def note(self, event: str, **facts: object) -> None:
        """Tell of something in the transaction that is going on: numbers, names of ours, keyed digests; no values."""
        if self._directory is not None:
            self._notes.append({"event": event, **facts})

    def digest(self, rows: Iterable[object]) -> str:
        """Return the keyed digest of rows that may hold personal values; without the key it tells nothing of them."""
        found = hmac.new(self._key, digestmod=hashlib.sha256)
        left = iter(rows)
        while some := list(islice(left, _AT_ONCE)):
            found.update(("\n".join(map(repr, some)) + "\n").encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    def seal(self) -> None:
        """Write the entries of the transaction that is about to be committed into it."""
        if self._directory is None:
            return
        changed = self.total_changes - self._changes
        told = [note for note in self._notes if note.get("rows") != 0]
        for note in told or ([{"event": "changed", "rows": changed}] if changed else []):
            self._add(note)
        self._notes = []

    def forget(self) -> None:
        """Forget the entries of a transaction that is rolled back."""
        if self._directory is not None:
            self._notes, self._sealed = [], []
            self._go_on()

    def publish(self) -> None:
        """Append the entries of a committed transaction to the log, for good.

        Raises:
            StorageError: the log cannot be written; the entries are kept, and appended when the ledger is opened again.
        """
        if self._directory is not None and self._sealed:
            text = "".join(f"{one}\n" for one in self._sealed).encode()
            self._sealed = []
            _append(self._directory / LOG, text)

    @property
    def head(self) -> str:
        """The hash of the last entry."""
        return self._head

    def _alone(self, event: str, **facts: object) -> None:
        """Write an entry in a transaction of its own."""
        self.start()
        self.note(event, **facts)
        self.seal()
        self.execute("COMMIT")
        self.publish()

    def _add(self, facts: Mapping[str, object]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        one = chain.line(self._head, {"n": self._count + 1, "at": now, **facts})
        self._count += 1
        self.execute("INSERT INTO chain VALUES (?, ?, ?)", (self._count, one, self._size))
        self._head, self._size = chain.hash_of(one), self._size + len(one) + 1
        self._sealed.append(one)

    def _go_on(self) -> None:
        """Go on from the last entry that is committed."""
        last = self.execute("SELECT n, line, at_byte FROM chain ORDER BY n DESC LIMIT 1").fetchone()
        if last:
            self._count, self._head, self._size = last[0], chain.hash_of(last[1]), last[2] + len(last[1]) + 1
        else:
            self._count, self._head, self._size = 0, chain.FIRST, 0

    def _complete(self) -> None:
        """Append what the log lacks; a log that the ledger does not know is gone on with, and that is told."""
        if self._directory is None:
            return
        path = self._directory / LOG
        self._go_on()
        there = path.stat().st_size if path.exists() else 0
        query = "SELECT n, at_byte FROM chain WHERE at_byte <= ? ORDER BY n DESC LIMIT 1"  # both grow together
        first, since = self.execute(query, (there,)).fetchone() or (0, 0)
        rows = self.execute("SELECT line FROM chain WHERE n >= ? ORDER BY n", (first,))
        missing = "".join(f"{one}\n" for (one,) in rows).encode()
        held = _tail(path, since)
        if missing.startswith(held):
            _append(path, missing[len(held) :])
            if missing[len(held) :].count(b"\n") > 1:  # no crash leaves more than one behind
                self._alone("log_was_cut", lines=missing[len(held) :].count(b"\n"))
        elif held:
            self._adopt(path, there, is_torn=not held.endswith(b"\n"))

    def _adopt(self, path: Path, there: int, *, is_torn: bool) -> None:
        """Go on with a log that holds other entries than this ledger: it is another ledger's, or was written to."""
        if is_torn:
            _append(path, b"\n")
        content = path.read_bytes().splitlines()
        known = self._count
        self.execute("DELETE FROM chain")
        self._count, self._size = len(content), there + is_torn
        self._head = content[-1][:64].decode("ascii", "replace")
        self._alone("log_of_another_ledger", lines=len(content), known=known)


def digest_of(rows: Iterable[object], key: bytes) -> str:
    """Return the keyed digest of rows: HMAC-SHA-256 over their texts, in which every value is quoted."""
    found = hmac.new(key, digestmod=hashlib.sha256)
    for row in rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
        found.update(b"\n")
    return found.hexdigest()


def id_of(key: bytes) -> str:
    """Return what the log calls a key by."""
    return hashlib.sha256(key).hexdigest()[:16]


def _key_of(directory: Path) -> tuple[bytes, bool]:
    """Return the key of the digests, made anew where there is none, and whether it was."""
    path = directory / KEY
    if path.exists() and len(key := path.read_bytes()) == hashlib.sha256().digest_size:
        return key, False
    key = secrets.token_bytes(hashlib.sha256().digest_size)
    with store.writing(path):
        partial = path.with_suffix(".partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            os.fsync(file.fileno())
        os.replace(partial, path)  # noqa: PTH105 - no step of a load: tests count those
    return key, True


def _tail(path: Path, since: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(since)
        return file.read()


def _append(path: Path, text: bytes) -> None:
    if not text:
        return
    with store.writing(path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
