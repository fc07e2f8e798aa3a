"""The sandbox's own SQLite file: everything it remembers."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.sandbox.errors import SandboxError

DATABASE = "crm.sqlite"
FORMAT = 4

_EMAILS = """CREATE TABLE emails (id INTEGER PRIMARY KEY, module TEXT NOT NULL, record_id INTEGER NOT NULL,
  message_id TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX emails_of_record ON emails (module, record_id);
CREATE INDEX emails_by_message_id ON emails (message_id)"""

# With row numbers: of tokens of one second, the one issued first is the oldest.
_TOKENS = "CREATE TABLE tokens (token TEXT PRIMARY KEY, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)"

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE modules (api_name TEXT PRIMARY KEY, position INTEGER NOT NULL, definition TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, definition TEXT NOT NULL);
{_TOKENS};
CREATE TABLE credits (minute INTEGER PRIMARY KEY, cost INTEGER NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, sent_at INTEGER NOT NULL, kind TEXT NOT NULL, module TEXT NOT NULL,
  record_id INTEGER);
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, uploaded_at INTEGER NOT NULL);
CREATE TABLE jobs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL,
  ended_at INTEGER, request TEXT NOT NULL, outcome TEXT NOT NULL, visible_at INTEGER NOT NULL DEFAULT 0,
  fault TEXT NOT NULL DEFAULT '');
CREATE INDEX open_jobs ON jobs (id) WHERE ended_at IS NULL;
CREATE TABLE job_rows (job_id INTEGER NOT NULL, row INTEGER NOT NULL, cells TEXT NOT NULL, status TEXT NOT NULL,
  record_id INTEGER, errors TEXT NOT NULL, PRIMARY KEY (job_id, row)) WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY, module TEXT NOT NULL, data TEXT NOT NULL, owner INTEGER NOT NULL,
  created_at INTEGER NOT NULL, created_by INTEGER NOT NULL, modified_at INTEGER NOT NULL, modified_by INTEGER NOT NULL,
  deleted_at INTEGER);
CREATE INDEX records_of_module ON records (module, id) WHERE deleted_at IS NULL;
CREATE INDEX records_by_change ON records (module, modified_at) WHERE deleted_at IS NULL;
CREATE TABLE keys (module TEXT NOT NULL, field TEXT NOT NULL, folded TEXT NOT NULL, record_id INTEGER NOT NULL,
  PRIMARY KEY (module, field, folded, record_id)) WITHOUT ROWID;
CREATE INDEX keys_of_record ON keys (record_id);
{_EMAILS};
PRAGMA user_version = {FORMAT};
"""

# From each format to the next; a sandbox of an older one is brought up when it is opened.
_MIGRATIONS = {
    1: (
        "ALTER TABLE jobs ADD COLUMN visible_at INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE jobs ADD COLUMN fault TEXT NOT NULL DEFAULT ''",
        "PRAGMA user_version = 2",
    ),
    2: (*_EMAILS.split(";\n"), "PRAGMA user_version = 3"),
    3: ("DROP TABLE tokens", _TOKENS, "PRAGMA user_version = 4"),
}


class Storage:
    """Connections to one database: any number of readers, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lending = threading.Lock()
        self._writing = threading.Lock()

    @property
    def is_free(self) -> bool:
        """Whether nobody writes at this moment, so that to write is not to wait."""
        return not self._writing.locked()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees one moment of the database."""
        with self._lent() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose changes are kept if the block ends well, else undone."""
        with self._writing, self._lent() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def keep(self, path: Path) -> None:
        """Keep all that the database holds now in a file, which replaces an earlier one."""
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as copy, self._writing, self._lent() as db:
            copy.execute("PRAGMA synchronous = OFF")
            db.backup(copy)

    def bring_back(self, path: Path) -> None:
        """Make the database what it was when it was kept.

        Raises:
            FileNotFoundError: nothing was kept there.
        """
        if not path.is_file():
            raise FileNotFoundError(path)
        with closing(sqlite3.connect(path)) as copy, self._writing, self._lent() as db:
            copy.backup(db)

    def close(self) -> None:
        """Close what is idle; SQLite folds its log into the file."""
        with self._lending:
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        with self._lending:
            db = self._idle.pop() if self._idle else None
        db = db or _connect(self._path)
        try:
            yield db
        finally:
            with self._lending:
                self._idle.append(db)


def opened(directory: Path) -> Storage:
    """Open the database of `directory`, creating its tables if it has none.

    Raises:
        SandboxError: the file is no database of this version.
    """
    path = directory / DATABASE
    storage = Storage(path)
    try:
        with storage._lent() as db:  # noqa: SLF001 - the pragma cannot run inside a transaction
            db.execute("PRAGMA journal_mode = WAL")
            found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            with storage.writing() as db:
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
        elif found in _MIGRATIONS:
            with storage.writing() as db:
                for statement in (step for version in range(found, FORMAT) for step in _MIGRATIONS[version]):
                    db.execute(statement)
    except sqlite3.DatabaseError as error:
        storage.close()
        hint = _ROOM if isinstance(error, sqlite3.OperationalError) else _ANOTHER
        raise SandboxError(f"{path} cannot be used: {error}.", hint) from None
    if found not in (0, FORMAT, *_MIGRATIONS):
        storage.close()
        raise SandboxError(f"{path} was made by another version of the sandbox (format {found}).", _ANOTHER)
    return storage


_ROOM = "The disk may be full, or its directory not writable: make room or mend its rights, and run again."
_ANOTHER = "Delete that directory to start with a new sandbox, or choose another name in [sandbox]."


def meta(db: sqlite3.Connection, key: str) -> str:
    """Return a remembered text.

    Raises:
        KeyError: it was never set.
    """
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise KeyError(key)
    return str(row[0])


def set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    """Remember a text."""
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def next_id(db: sqlite3.Connection) -> int:
    """Return a new id: digits, rising, never given twice."""
    row = db.execute("UPDATE counters SET value = value + 1 WHERE name = 'id' RETURNING value").fetchone()
    return int(row[0])


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -16000")
    return db
