"""The memory of what was sent to one org: SQLite, written before and after every request that changes the CRM.

A batch goes planned → intended (its request may have gone out) → accepted (a bulk job has an id) → settled (each of
its intents has a result). An intent without a result in an intended or accepted batch is open: nobody knows yet
whether the CRM carried it out.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pipeline.errors import StorageError
from pipeline.load import disk, lock
from pipeline.load.audit import book
from pipeline.load.audit.book import Book
from pipeline.load.lock import Waiting
from pipeline.load.outcomes import TEXTS, Outcome, Result
from pipeline.load.values import Value
from pipeline.load.written import Line, restored, stored

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record of the CRM that we made or once matched. `written`: what we last wrote, in plain form."""

    crm_id: str
    is_ours: bool
    written: Mapping[str, Value]
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One change: the record's crm_key, its id ("" to create it), and the values to write, in plain form."""

    crm_key: str
    crm_id: str
    written: Mapping[str, Value]
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch of an earlier run, with its intents that have no result.

    `job` is "" when none is known; `key_field` the unique field that held our key, "" when there was none.
    """

    batch: int
    module: str
    action: str
    key_field: str
    job: str
    intents: tuple[Intent, ...]


class Ledger:
    """The ledger of one org; `opened` makes it."""

    def __init__(self, connection: Book) -> None:
        self._db = connection

    @property
    def connection(self) -> Book:
        """The database, for reading; whoever writes does it in a `transaction`."""
        return self._db

    def transaction(self) -> AbstractContextManager[None]:
        """Return a block that is written as a whole or not at all."""
        return _transaction(self._db)

    @property
    def head(self) -> str:
        """The hash of the last entry of the audit log."""
        return self._db.head

    def start_run(self, ready: str) -> int:
        """Note that a run starts; return its number. Batches that were only planned never went: they are dropped."""
        with _transaction(self._db):
            for table in ("intents", "before"):
                unsent = f"DELETE FROM {table} WHERE batch IN (SELECT batch FROM batches WHERE state = 'planned')"  # noqa: S608 - ours
                self._db.execute(unsent)
            self._db.execute("DELETE FROM batches WHERE state = 'planned'")
            done = self._db.execute("INSERT INTO runs (started_at, ready) VALUES (?, ?)", (_now(), ready))
            self._db.note("run_started", run=done.lastrowid, ready=self._db.digest([ready]))
        return int(done.lastrowid or 0)

    def end_run(self, run: int) -> None:
        """Note that a run came to its end."""
        with _transaction(self._db):
            self._db.execute("UPDATE runs SET ended_at = ? WHERE run = ?", (_now(), run))
            self._db.note("run_ended", run=run)

    def note_plan(self, run: int, digest: str) -> None:
        """Keep the digest of the plan that a run carries out."""
        with _transaction(self._db):
            self._db.execute("UPDATE runs SET plan = ? WHERE run = ?", (digest, run))
            self._db.note("planned", run=run, plan=self._db.digest([digest]))

    def note_approval(self, run: int, digest: str, by: str, way: str) -> None:
        """Keep who approved the plan that a run carries out, and how: on a `terminal`, or by the `hash`."""
        with _transaction(self._db):
            self._db.execute("INSERT INTO approvals VALUES (?, ?, ?, ?, ?)", (run, digest, by, _now(), way))
            self._db.note("approved", run=run, plan=self._db.digest([digest]), by=self._db.digest([by]), way=way)

    def approval(self, run: int) -> tuple[str, str, str, str] | None:
        """Return plan, who approved it, when and how; None for a run that needed no approval."""
        found = self._db.execute("SELECT plan, approved_by, approved_at, way FROM approvals WHERE run = ?", (run,))
        return cast("tuple[str, str, str, str] | None", found.fetchone())

    def run_times(self, run: int) -> tuple[str, str]:
        """Return when a run started and ended, "" for one that did not."""
        found = self._db.execute("SELECT started_at, coalesce(ended_at, '') FROM runs WHERE run = ?", (run,))
        return cast("tuple[str, str]", found.fetchone())

    def credits(self, since: int) -> dict[int, int]:
        """Return minute since 1970 → credits spent in it, from minute `since` on."""
        return dict(self._db.execute("SELECT minute, cost FROM credits WHERE minute >= ?", (since,)))

    def keep_credits(self, by_minute: Mapping[int, int]) -> None:
        """Keep the credits of the last day."""
        with _transaction(self._db):
            self._db.execute("DELETE FROM credits")
            self._db.executemany("INSERT INTO credits VALUES (?, ?)", by_minute.items())
            self._db.note("credits_kept", minutes=len(by_minute))

    def keys(self, module: str) -> dict[str, str]:
        """Return source_key → crm_key."""
        return dict(self._db.execute("SELECT source_key, crm_key FROM keys WHERE module = ?", (module,)))

    def records(self, module: str) -> dict[str, Known]:
        """Return crm_key → what is known of its record."""
        found = self._db.execute(
            "SELECT crm_key, crm_id, is_ours, written, content_hash FROM records WHERE module = ?", (module,)
        )
        return {
            key: Known(crm_id=crm_id, is_ours=bool(ours), written=restored(written), content_hash=content_hash)
            for key, crm_id, ours, written, content_hash in found
        }

    def give_keys(self, module: str, given: Iterable[tuple[str, str]]) -> None:
        """Remember pairs of source_key and crm_key."""
        given = list(given)
        with _transaction(self._db):
            self._db.note("keys_given", module=module, rows=len(given), digest=self._db.digest(given))
            given.sort()  # in the order of the table
            self._db.executemany(
                "INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET crm_key = excluded.crm_key",
                ((module, source_key, crm_key) for source_key, crm_key in given),
            )

    def remember(self, run: int, module: str, matched: Iterable[tuple[str, str, str]]) -> None:
        """Remember records that were there before us: triples of crm_key, CRM id, content_hash."""
        matched = list(matched)
        with _transaction(self._db):
            self._db.executemany(
                "INSERT INTO records VALUES (?, ?, ?, 0, '{}', ?, ?) ON CONFLICT DO NOTHING",
                ((module, crm_key, crm_id, content_hash, run) for crm_key, crm_id, content_hash in matched),
            )
            self._db.note("met", run=run, module=module, rows=len(matched), digest=self._db.digest(matched))

    def claim(self, module: str, run: int, found: Iterable[tuple[str, str]]) -> None:
        """Remember as ours records that hold our key and that an open or failed creation of ours is about.

        Args:
            module: the module.
            run: the number of this run.
            found: pairs of crm_key and CRM id; those that we never meant to create are passed over.
        """
        found = list(found)
        with _transaction(self._db):
            self._db.note("claimed", run=run, module=module, rows=len(found), digest=self._db.digest(found))
            self._db.executemany(
                "INSERT INTO records SELECT ?1, i.crm_key, ?2, 1, i.written, i.content_hash, ?3"
                " FROM intents i JOIN batches b USING (batch)"
                " WHERE i.crm_key = ?4 AND b.module = ?1 AND b.action = 'create' ORDER BY batch DESC LIMIT 1"
                " ON CONFLICT DO NOTHING",
                ((module, crm_id, run, crm_key) for crm_key, crm_id in found),
            )

    def agree(self, module: str, agreed: Iterable[tuple[str, Mapping[str, Value]]]) -> None:
        """Remember values that source and CRM hold alike as what was last written; pairs of crm_key and values."""
        pairs = [(crm_key, stored(values)) for crm_key, values in agreed]
        with _transaction(self._db):
            self._db.note("agreed", module=module, rows=len(pairs), digest=self._db.digest(pairs))
            self._db.executemany(
                "UPDATE records SET written = json_patch(written, ?) WHERE module = ? AND crm_key = ?",
                ((written, module, crm_key) for crm_key, written in pairs),
            )

    def plan(  # noqa: PLR0913 - the columns of a batch
        self,
        run: int,
        *,
        module: str,
        action: str,
        transport: str,
        key_field: str,
        digest: str,
        lines: Sequence[Line],
    ) -> int:
        """Write down a batch that is about to go, as `written.lines` makes it; return its number."""
        with _transaction(self._db):
            done = self._db.execute(
                "INSERT INTO batches (run, module, action, transport, key_field, state, digest)"
                " VALUES (?, ?, ?, ?, ?, 'planned', ?)",
                (run, module, action, transport, key_field, digest),
            )
            batch = int(done.lastrowid or 0)
            columns = "batch, crm_key, crm_id, written, content_hash"
            self._db.executemany(f"INSERT INTO intents ({columns}) VALUES ({batch}, ?, ?, ?, ?)", lines)  # noqa: S608 - ours
            facts = {"module": module, "action": action, "transport": transport, "rows": len(lines)}
            self._db.note("batch_planned", run=run, batch=batch, **facts, digest=self._db.digest([digest]))
        return batch

    def keep_before(self, batch: int, held: Iterable[tuple[str, str]]) -> None:
        """Keep what a planned batch of updates will overwrite: pairs of crm_key and old values as JSON."""
        held = list(held)
        with _transaction(self._db):
            self._db.executemany(
                "INSERT INTO before SELECT ?1, ?2, ?3, max(r.written), max(r.content_hash) FROM batches b"
                " LEFT JOIN records r ON r.module = b.module AND r.crm_key = ?2 WHERE b.batch = ?1",
                ((batch, crm_key, old) for crm_key, old in held),
            )
            self._db.note("old_values_kept", batch=batch, rows=len(held), digest=self._db.digest(held))

    def intend(self, batch: int) -> None:
        """Write down, before it does, that the request of a batch goes out."""
        self._move(batch, "intended")

    def accept(self, batch: int, job: str) -> None:
        """Write down the job that the CRM made of a batch."""
        with _transaction(self._db):
            self._db.execute("UPDATE batches SET state = 'accepted', job = ? WHERE batch = ?", (job, batch))
            self._db.note("accepted", batch=batch, job=job)

    def settle(self, batch: int, outcomes: Iterable[Outcome]) -> None:
        """Write down results; what is in doubt stays open. A batch without open intents is settled."""
        with _transaction(self._db):
            run, module, action = self._db.execute(
                "SELECT run, module, action FROM batches WHERE batch = ?", (batch,)
            ).fetchone()
            listed = [
                (one.crm_key, TEXTS[one.result], one.crm_id, one.code, one.field)
                for one in outcomes
                if one.result is not Result.IN_DOUBT
            ]
            rows = list({row[0]: row for row in sorted(listed)}.values())  # in the order of the table of intents
            if rows:
                self._write_results(batch, rows, (module, action == "create", run, batch))
            open_ones = "SELECT 1 FROM intents WHERE batch = ? AND result IS NULL"
            if self._db.execute(open_ones, (batch,)).fetchone() is None:
                self._db.execute("UPDATE batches SET state = 'settled' WHERE batch = ?", (batch,))
            results = dict(sorted(Counter(row[1] for row in rows).items()))
            self._db.note("settled", batch=batch, rows=len(rows), results=results, digest=self._db.digest(rows))

    def _write_results(self, batch: int, rows: Sequence[tuple[str, ...]], record: tuple[str, bool, int, int]) -> None:
        """Give intents their results, and records what was written; by joins, which cost a third of row by row."""
        self._db.execute("DELETE FROM settled")
        self._db.executemany("INSERT INTO settled VALUES (?, ?, ?, ?, ?)", rows)
        self._db.execute(
            "UPDATE intents SET result = s.result, code = s.code, field = s.field, crm_id = s.crm_id"
            " FROM settled s WHERE intents.batch = ? AND intents.crm_key = s.crm_key",
            (batch,),
        )
        self._db.execute(
            "INSERT INTO records SELECT ?, i.crm_key, i.crm_id, ?, i.written, i.content_hash, ?"
            " FROM settled s CROSS JOIN intents i ON i.batch = ? AND i.crm_key = s.crm_key"
            " WHERE s.result IN ('created', 'updated')"
            " ON CONFLICT DO UPDATE SET crm_id = excluded.crm_id, content_hash = excluded.content_hash,"
            " written = json_patch(written, excluded.written), is_ours = max(is_ours, excluded.is_ours)",
            record,
        )

    def open_batches(self) -> list[OpenBatch]:
        """Return what earlier runs sent without learning the result."""
        batches = self._db.execute(
            "SELECT batch, module, action, key_field, coalesce(job, '') FROM batches"
            " WHERE state IN ('intended', 'accepted') ORDER BY batch"
        ).fetchall()
        return [
            OpenBatch(batch=batch, module=module, action=action, key_field=key, job=job, intents=self._open(batch))
            for batch, module, action, key, job in batches
        ]

    def failed(self, module: str) -> dict[str, tuple[str, str]]:
        """Return crm_key → code and content_hash of the rows that failed when they went last."""
        found = self._db.execute(
            "SELECT crm_key, code, content_hash, result, max(batch) FROM intents JOIN batches USING (batch)"
            " WHERE module = ? AND result IS NOT NULL GROUP BY crm_key",
            (module,),
        )
        return {key: (code, content_hash) for key, code, content_hash, result, _ in found if result == "failed"}

    def refused(self, module: str, code: str) -> set[str]:
        """Return the crm_keys that were left out for `code` when they went last."""
        found = self._db.execute(
            "SELECT crm_key, code, max(batch) FROM intents JOIN batches USING (batch)"
            " WHERE module = ? AND result IS NOT NULL GROUP BY crm_key",
            (module,),
        )
        return {key for key, why, _ in found if why == code}

    def created_since(self, module: str, since: datetime) -> int:
        """Return how many records of a module were created by runs that started since."""
        found = self._db.execute(
            "SELECT count(*) FROM intents JOIN batches USING (batch) JOIN runs USING (run)"
            " WHERE module = ? AND result = 'created' AND started_at >= ?",
            (module, since.astimezone(UTC).isoformat(timespec="seconds")),
        )
        return int(found.fetchone()[0])

    def _open(self, batch: int) -> tuple[Intent, ...]:
        found = self._db.execute(
            "SELECT crm_key, crm_id, written, content_hash FROM intents WHERE batch = ? AND result IS NULL"
            " ORDER BY crm_key",
            (batch,),
        )
        return tuple(
            Intent(crm_key=key, crm_id=crm_id, written=restored(written), content_hash=content_hash)
            for key, crm_id, written, content_hash in found
        )

    def _move(self, batch: int, state: str) -> None:
        with _transaction(self._db):
            self._db.execute("UPDATE batches SET state = ? WHERE batch = ?", (state, batch))
            self._db.note(state, batch=batch)


@contextmanager
def opened(directory: Path, waiting: Waiting | None = None) -> Iterator[Ledger]:
    """Open the ledger of one org, alone; wait for another process that has it open, if that is wanted.

    Raises:
        BusyError: another process has it open.
        StorageError: it cannot be written, is damaged, or was written by a newer version.
    """
    with lock.holding(directory, waiting), _readable(directory):
        connection = sqlite3.connect(directory / "ledger.sqlite", isolation_level=None, factory=Book)
        try:
            connection.execute("PRAGMA page_size = 16384")  # of a new ledger
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(DURABLE)
            for pragma in _PAGES:
                connection.execute(pragma)
            _migrate(connection, directory)
            connection.execute(_SETTLED)
            connection.begin_log(directory)
            yield Ledger(connection)
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
def _transaction(connection: Book) -> Iterator[None]:
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
