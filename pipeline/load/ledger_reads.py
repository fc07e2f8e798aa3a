"""What the ledger remembers, for whoever asks it: nothing here changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from pipeline.load import remembered
from pipeline.load.audit.book import Book
from pipeline.load.remembered import Known, Remembered
from pipeline.load.values import Value
from pipeline.load.written import restored


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


class Reads:
    """What a ledger answers."""

    def __init__(self, connection: Book) -> None:
        self._db = connection

    @property
    def connection(self) -> Book:
        """The database, for reading; whoever writes does it in a `transaction`."""
        return self._db

    @property
    def head(self) -> str:
        """The hash of the last entry of the audit log."""
        return self._db.head

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

    def keys(self, module: str) -> Mapping[str, str]:
        """Return source_key → crm_key."""
        return remembered.keys(
            self._db.execute("SELECT source_key, crm_key FROM keys WHERE module = ? ORDER BY source_key", (module,))
        )

    def records(self, module: str) -> Mapping[str, Known]:
        """Return crm_key → what is known of its record."""
        columns = "crm_key, crm_id, is_ours, written"
        return Remembered(
            self._db.execute(f"SELECT {columns} FROM records WHERE module = ? ORDER BY crm_key", (module,))  # noqa: S608 - ours
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
