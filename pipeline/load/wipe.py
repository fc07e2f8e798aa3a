"""Removes personal data that is kept on this machine: work data, old values, keys, or all. The CRM is not touched.

What is left of a load after `all` proves what was done without saying to whom: ids, counts, results, the audit log.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pipeline import store
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import ledger
from pipeline.load.audit.book import KEY
from pipeline.load.ledger import Ledger

What = Literal["work", "old", "keys", "all"]
WHATS: tuple[What, ...] = ("work", "old", "keys", "all")
_MEANING: dict[What, str] = {
    "work": "work data of extract and transform, data/export, and what was read out of the CRM; they can be made again",
    "old": "old values, plans, reports and origins; no run so far can be rolled back any more, and why knows less",
    "keys": "the keys of the audit logs' digests: from then on they can be traced to nobody; the logs still verify",
    "all": "all of that and every value and key of the ledger; the next load finds its records by their key field only",
}
_OF_WORK = ("snapshot", "export", "fields.json")
_OF_OLD = ("plans", "runs", "rollbacks", "origins", "verified", "dossiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is held of one kind: directories and files that are there, their bytes, and rows of the ledgers."""

    what: What
    paths: tuple[Path, ...]
    size: int
    rows: int


def holdings(config: Config) -> list[Holding]:
    """Return what is held, by kind; "all" is the sum of the others and the values that the ledgers need.

    Raises:
        BusyError: a load is at work.
        StorageError: a ledger cannot be read.
    """
    orgs = _orgs(config)
    rows = {"old": 0, "all": 0}
    for directory in orgs:
        with ledger.opened(directory) as book:
            rows["old"] += _count(book, "before") + _count(book, "intents", "written != '{}'")
            rows["all"] += _count(book, "records", "written != '{}'") + _count(book, "keys")
    return [
        Holding(what=what, paths=paths, size=sum(map(_size, paths)), rows=rows.get(what, 0))
        for what in WHATS
        for paths in [tuple(_paths(config, what, orgs))]
    ]


def lines(held: Iterable[Holding]) -> list[str]:
    """Return what is held, for a person who decides what is to go."""
    return [
        f"  WHAT={one.what:<5} {one.size / 1e6:>10,.1f} MB, {one.rows:>9,} rows of the ledger: {_MEANING[one.what]}"
        for one in held
    ]


def check(what: str) -> None:
    """Refuse a kind that there is not.

    Raises:
        SettingsError: it is none of WHATS.
    """
    if what not in WHATS:
        raise SettingsError(
            f"There is nothing called {what} to wipe; nothing was removed.", f"Name one of {', '.join(WHATS)}."
        )


def wipe(config: Config, what: str, say: Callable[[str], None]) -> None:
    """Remove what is held of one kind, for good; the audit logs tell of it.

    Raises:
        SettingsError: there is no such kind.
        BusyError: a load is at work.
        StorageError: something may not be removed.
    """
    check(what)
    orgs = _orgs(config)
    for directory in orgs:
        with ledger.opened(directory) as book:
            _wipe_ledger(book, what)
            say(f"wipe        {directory.name}: {what}; audit head {book.head}")
    for path in [path for kind in _kinds(what) for path in _paths(config, kind, orgs)]:
        with store.writing(path):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    say(f"wipe        done: {next(_MEANING[one] for one in WHATS if one == what)}")


def expire(book: Ledger, directory: Path, days: int) -> None:
    """Remove old values of runs that ended so many days ago; 0 days: none.

    Args:
        book: the ledger.
        directory: the memory of its org.
        days: how long old values are kept.
    """
    if not days:
        return
    until = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    db = book.connection
    query = "SELECT run, ready FROM runs WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY run"
    expired = db.execute(query, (until,)).fetchall()
    runs = [run for run, _ in expired]
    kept = {
        ready for (ready,) in db.execute("SELECT ready FROM runs WHERE ended_at IS NULL OR ended_at >= ?", (until,))
    }
    places = [directory / "runs" / str(run) for run in runs]
    places += [directory / "origins" / ready[:16] for _, ready in expired if ready not in kept]
    if _wipe_old(book, runs) or any(place.exists() for place in places):
        _clean(db)
        for place in places:
            shutil.rmtree(place, ignore_errors=True)


def _kinds(what: str) -> tuple[What, ...]:
    return tuple(one for one in WHATS[:-1] if what in {one, "all"})


def _orgs(config: Config) -> list[Path]:
    return [path.parent for path in sorted(config.audit.glob("*/ledger.sqlite"))]


def _paths(config: Config, what: What, orgs: Iterable[Path]) -> list[Path]:
    """Return what is there of a kind outside the ledgers."""
    if what == "work":
        found = [
            config.work,
            config.project / "data" / "export",
            config.audit / "tokens",
            *(org / name for org in orgs for name in _OF_WORK),
        ]
    elif what == "old":
        found = [org / name for org in orgs for name in _OF_OLD]
    elif what == "keys":
        found = [org / KEY for org in orgs]
    else:
        found = [path for kind in _kinds(what) for path in _paths(config, kind, orgs)]
    return [path for path in found if path.exists()]


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file())


def _count(book: Ledger, table: str, condition: str = "TRUE") -> int:
    (count,) = book.connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()  # noqa: S608 - ours
    return int(count)


def _wipe_ledger(book: Ledger, what: str) -> None:
    """Remove from one ledger what is of a kind; only what is still open keeps the values that settling it needs."""
    if what in {"old", "all"}:
        book.drop_unsent()
        _wipe_old(book, [run for (run,) in book.connection.execute("SELECT run FROM runs")])
    with book.transaction():
        if what == "all":
            db = book.connection
            db.execute("DELETE FROM keys")
            db.execute("UPDATE records SET written = '{}', content_hash = ''")
            db.execute("UPDATE intents SET content_hash = ''")
            db.execute("UPDATE batches SET digest = '' WHERE state = 'settled'")
            db.execute("UPDATE approvals SET approved_by = ''")
            db.execute("UPDATE rollbacks SET approved_by = ''")
        book.connection.note("wiped", what=what)
    _clean(book.connection)


def _wipe_old(book: Ledger, runs: Iterable[int]) -> int:
    """Remove the old values of runs, and what their settled requests wrote; return how many rows had some."""
    db, numbers = book.connection, [(run,) for run in runs]
    with book.transaction():
        before = db.total_changes
        db.executemany("DELETE FROM before WHERE batch IN (SELECT batch FROM batches WHERE run = ?)", numbers)
        db.executemany(
            "UPDATE intents SET written = '{}' WHERE written != '{}' AND result IS NOT NULL"
            " AND batch IN (SELECT batch FROM batches WHERE run = ?)",
            numbers,
        )
        count = db.total_changes - before
        db.note("old_values_wiped", runs=len(numbers), rows=count)
    return count


def _clean(db: sqlite3.Connection) -> None:
    """Write the database anew, so that nothing removed is left in its free pages or its log."""
    with closing(db.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as done:
        done.fetchall()
    db.execute("VACUUM")
    with closing(db.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as done:
        done.fetchall()
