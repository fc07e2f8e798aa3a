"""The memory of what was sent to one org: SQLite, written before and after every request that changes the CRM.

A batch goes planned → intended (its request may have gone out) → accepted (a bulk job has an id) → settled (each of
its intents has a result). An intent without a result in an intended or accepted batch is open: nobody knows yet
whether the CRM carried it out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.load import ledger_file
from pipeline.load.ledger_reads import Reads
from pipeline.load.lock import Waiting
from pipeline.load.outcomes import TEXTS, Outcome, Result
from pipeline.load.values import Value
from pipeline.load.written import Line, stored


class Ledger(Reads):
    """The ledger of one org; `opened` makes it."""

    def transaction(self) -> AbstractContextManager[None]:
        """Return a block that is written as a whole or not at all."""
        return ledger_file.transaction(self._db)

    def start_run(self, ready: str) -> int:
        """Note that a run starts; return its number. Batches that were only planned never went: they are dropped."""
        with ledger_file.transaction(self._db):
            self._drop_unsent()
            done = self._db.execute("INSERT INTO runs (started_at, ready) VALUES (?, ?)", (_now(), ready))
            self._db.note("run_started", run=done.lastrowid, ready=self._db.digest([ready]))
        return int(done.lastrowid or 0)

    def end_run(self, run: int) -> None:
        """Note that a run came to its end; what it planned ahead and never sent is dropped."""
        with ledger_file.transaction(self._db):
            self._drop_unsent()
            self._db.execute("UPDATE runs SET ended_at = ? WHERE run = ?", (_now(), run))
            self._db.note("run_ended", run=run)

    def drop_unsent(self) -> None:
        """Drop the batches that were only planned when a run ended, with what they would have written."""
        with ledger_file.transaction(self._db):
            self._drop_unsent()

    def note_plan(self, run: int, digest: str) -> None:
        """Keep the digest of the plan that a run carries out."""
        with ledger_file.transaction(self._db):
            self._db.execute("UPDATE runs SET plan = ? WHERE run = ?", (digest, run))
            self._db.note("planned", run=run, plan=self._db.digest([digest]))

    def note_approval(self, run: int, digest: str, by: str, way: str) -> None:
        """Keep who approved the plan that a run carries out, and how: on a `terminal`, or by the `hash`."""
        with ledger_file.transaction(self._db):
            self._db.execute("INSERT INTO approvals VALUES (?, ?, ?, ?, ?)", (run, digest, by, _now(), way))
            self._db.note("approved", run=run, plan=self._db.digest([digest]), by=self._db.digest([by]), way=way)

    def keep_credits(self, by_minute: Mapping[int, int]) -> None:
        """Keep the credits of the last day."""
        with ledger_file.transaction(self._db):
            self._db.execute("DELETE FROM credits")
            self._db.executemany("INSERT INTO credits VALUES (?, ?)", by_minute.items())
            self._db.note("credits_kept", minutes=len(by_minute))

    def give_keys(self, module: str, given: Iterable[tuple[str, str]]) -> None:
        """Remember pairs of source_key and crm_key."""
        given = list(given)
        with ledger_file.transaction(self._db):
            self._db.note("keys_given", module=module, rows=len(given), digest=self._db.digest(given))
            given.sort()  # in the order of the table
            self._db.executemany(
                "INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET crm_key = excluded.crm_key",
                ((module, source_key, crm_key) for source_key, crm_key in given),
            )

    def remember(self, run: int, module: str, matched: Iterable[tuple[str, str, str]]) -> None:
        """Remember records that were there before us: triples of crm_key, CRM id, content_hash."""
        matched = list(matched)
        with ledger_file.transaction(self._db):
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
        with ledger_file.transaction(self._db):
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
        with ledger_file.transaction(self._db):
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
        with ledger_file.transaction(self._db):
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
        with ledger_file.transaction(self._db):
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
        with ledger_file.transaction(self._db):
            self._db.execute("UPDATE batches SET state = 'accepted', job = ? WHERE batch = ?", (job, batch))
            self._db.note("accepted", batch=batch, job=job)

    def settle(self, batch: int, outcomes: Iterable[Outcome]) -> None:
        """Write down results; what is in doubt stays open. A batch without open intents is settled."""
        with ledger_file.transaction(self._db):
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

    def _drop_unsent(self) -> None:
        for table in ("intents", "before", "batches"):
            unsent = f"DELETE FROM {table} WHERE batch IN (SELECT batch FROM batches WHERE state = 'planned')"  # noqa: S608 - ours
            self._db.execute(unsent)

    def _move(self, batch: int, state: str) -> None:
        with ledger_file.transaction(self._db):
            self._db.execute("UPDATE batches SET state = ? WHERE batch = ?", (state, batch))
            self._db.note(state, batch=batch)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def opened(directory: Path, waiting: Waiting | None = None) -> Iterator[Ledger]:
    """Open the ledger of one org, alone; wait for another process that has it open, if that is wanted.

    Raises:
        BusyError: another process has it open.
        StorageError: it cannot be written, is damaged, or was written by a newer version.
    """
    with ledger_file.opened(directory, waiting) as connection:
        yield Ledger(connection)
