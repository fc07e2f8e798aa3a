"""The ledger's file: its tables, how it is opened by one process alone, and what a transaction is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StorageError
from pipeline.load import disk, lock
from pipeline.load.audit import book
from pipeline.load.audit.book import Book
from pipeline.load.lock import Waiting

MIGRATIONS = (
    """
    CREATE TABLE runs (run INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, ready TEXT NOT NULL,
                       plan TEXT);
    CREATE TABLE keys (module TEXT, source_key TEXT, crm_key TEXT NOT NULL, PRIMARY KEY (module, source_key))
        WITHOUT ROWID;
    CREATE TABLE records (module TEXT, crm_key TEXT, crm_id TEXT NOT NULL, is_ours INTEGER NOT NULL,
                          written TEXT NOT NULL, content_hash TEXT NOT NULL, run INTEGER NOT NULL,
                          PRIMARY KEY (module, crm_key)) WITHOUT ROWID;
    CREATE TABLE batches (batch INTEGER PRIMARY KEY, run INTEGER NOT NULL, module TEXT NOT NULL, action TEXT NOT NULL,
                          transport TEXT NOT NULL, key_field TEXT NOT NULL, state TEXT NOT NULL,
                          digest TEXT NOT NULL, job TEXT);
    CREATE TABLE intents (batch INTEGER, crm_key TEXT, crm_id TEXT NOT NULL, written TEXT NOT NULL,
                          content_hash TEXT NOT NULL, result TEXT, code TEXT, field TEXT,
                          PRIMARY KEY (batch, crm_key)) WITHOUT ROWID;
    CREATE INDEX open_batches ON batches (state) WHERE state IN ('intended', 'accepted');
    """,
    "CREATE INDEX intents_of_key ON intents (crm_key)",
    "CREATE TABLE credits (minute INTEGER PRIMARY KEY, cost INTEGER NOT NULL)",
    # before: what the CRM held in the fields that an update overwrites, and what the ledger knew of the record
    """
    CREATE TABLE before (batch INTEGER, crm_key TEXT, crm TEXT NOT NULL, written TEXT, content_hash TEXT,
                         PRIMARY KEY (batch, crm_key)) WITHOUT ROWID;
    CREATE TABLE rollbacks (rollback INTEGER PRIMARY KEY, run INTEGER NOT NULL, started_at TEXT NOT NULL,
                            ended_at TEXT, plan TEXT NOT NULL);
    CREATE TABLE undone (rollback INTEGER, module TEXT, crm_key TEXT, crm_id TEXT NOT NULL, action TEXT NOT NULL,
                         state TEXT NOT NULL, code TEXT, PRIMARY KEY (rollback, module, crm_key)) WITHOUT ROWID;
    CREATE INDEX batches_of_run ON batches (run);
    """,
    """
    CREATE TABLE approvals (run INTEGER PRIMARY KEY, plan TEXT NOT NULL, approved_by TEXT NOT NULL,
                            approved_at TEXT NOT NULL, way TEXT NOT NULL);
    """,
    "ALTER TABLE rollbacks ADD COLUMN approved_by TEXT; ALTER TABLE rollbacks ADD COLUMN way TEXT",
    book.CREATE,
    "CREATE INDEX records_of_id ON records (crm_id)",
)


DURABLE = "PRAGMA synchronous = FULL"  # what is committed outlasts a power cut
_PAGES = (  # with SQLite's usual 2 MB of small pages, keys in no order cost twice the time of a whole load
    "PRAGMA cache_size = -12000",
    "PRAGMA wal_autocheckpoint = 5000",
    "PRAGMA temp_store = MEMORY",
)
_SETTLED = """
    CREATE TEMP TABLE settled (crm_key TEXT, result TEXT, crm_id TEXT, code TEXT, field TEXT)
"""


@contextmanager
def opened(directory: Path, waiting: Waiting | None = None) -> Iterator[Book]:
    """Open the database of one org, alone; wait for another process that has it open, if that is wanted.

    Raises:
        BusyError: another process has it open.
        StorageError: it cannot be written, is damaged, or was written by a newer version.
    """
    with lock.holding(directory, waiting), _readable(directory):
        path = directory / "ledger.sqlite"  # used by several threads, never by two at once
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Book)
        try:
            connection.execute("PRAGMA page_size = 16384")  # of a new ledger
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(DURABLE)
            for pragma in _PAGES:
                connection.execute(pragma)
            _migrate(connection, directory)
            connection.execute(_SETTLED)
            connection.begin_log(directory)
            yield connection
        finally:
            connection.close()


def _migrate(connection: sqlite3.Connection, directory: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StorageError(
            f"The ledger in {directory} was written by a newer version.", "Use that version, or a newer one."
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")


@contextmanager
def _readable(directory: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise disk.refusal(error, directory) from error
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"The ledger in {directory} is damaged: {error}.",
            "Restore it from a backup. Without it, records are found again by their key field only.",
        ) from error


@contextmanager
def transaction(connection: Book) -> Iterator[None]:
    """Write as a whole or not at all, and tell of it in the audit log."""
    connection.start()
    try:
        yield
        connection.seal()
    except BaseException:
        connection.execute("ROLLBACK")
        connection.forget()
        raise
    connection.execute("COMMIT")
    connection.publish()
