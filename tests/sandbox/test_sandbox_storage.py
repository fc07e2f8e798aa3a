"""The sandbox's own file: one of an older version is brought up when it is opened, and loses nothing that matters."""

import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.sandbox import storage

_AS_IN_FORMAT_1 = """
ALTER TABLE jobs DROP COLUMN visible_at;
ALTER TABLE jobs DROP COLUMN fault;
DROP TABLE emails;
DROP TABLE tokens;
CREATE TABLE tokens (token TEXT PRIMARY KEY, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('kept', 'yes');
PRAGMA user_version = 1;
"""


def shape(directory: Path) -> dict[str, set[tuple[object, ...]]]:
    """Return the columns of each table in any order (one that is added later is the last), and if rows have numbers."""
    with closing(sqlite3.connect(directory / storage.DATABASE)) as db:
        tables = db.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'").fetchall()
        return {name: {(wr,), *_columns(db, name)} for name, wr in tables}


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return db.execute("SELECT name, type, [notnull], dflt_value, pk FROM pragma_table_info(?)", (table,)).fetchall()


def test_an_old_sandbox_becomes_a_new_one(tmp_path: Path) -> None:
    """Every table is then as in a new file, and what was there still is."""
    old, new = ((tmp_path / name) for name in ("old", "new"))
    for place in (old, new):
        place.mkdir()
        storage.opened(place).close()
    with closing(sqlite3.connect(old / storage.DATABASE)) as db:
        db.executescript(_AS_IN_FORMAT_1)
    assert shape(old) != shape(new)
    brought_up = storage.opened(old)
    with brought_up.reading() as db:
        assert storage.meta(db, "kept") == "yes"
    brought_up.close()
    assert shape(old) == shape(new)
