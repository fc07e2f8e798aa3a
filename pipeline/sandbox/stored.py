"""Records in the database: kept, found by their keys, changed and deleted. Values come here checked."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sandbox.catalog import Module
from pipeline.sandbox.storage import next_id

Values = Mapping[str, Any]
_COLUMNS = "id, module, data, owner, created_at, created_by, modified_at, modified_by"


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `data`: field → kept value, look-ups as id strings; times in seconds, users as ids."""

    id: int
    module: str
    data: Values
    owner: int
    created_at: int
    created_by: int
    modified_at: int
    modified_by: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, and when."""

    at: int
    by: int


def folded(value: object) -> str:
    """Return what two values have in common when Zoho calls them equal: unique is {"case_sensitive": false}."""
    return str(value).casefold()


def fetch(db: sqlite3.Connection, module: str, record_id: int) -> Record | None:
    """Return a record that is not deleted."""
    query = f"SELECT {_COLUMNS} FROM records WHERE id = ? AND module = ? AND deleted_at IS NULL"  # noqa: S608 - constant columns
    row = db.execute(query, (record_id, module)).fetchone()
    return _record(row) if row else None


def select(db: sqlite3.Connection, module: str, condition: str, parameters: Iterable[Any]) -> Iterator[Record]:
    """Yield the records of a module for which an SQL condition (with its order and limit) holds."""
    query = f"SELECT {_COLUMNS} FROM records WHERE module = ? AND deleted_at IS NULL AND {condition}"  # noqa: S608 - ours
    for row in db.execute(query, (module, *parameters)):
        yield _record(row)


def find(db: sqlite3.Connection, module: Module, field: str, value: object) -> list[int]:
    """Return ids of the records with that value in an indexed field, the oldest first; field may be `id`."""
    if field == "id":
        text = str(value)
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1  # noqa: PLR2004 - of 64 bits
        return [number] if is_known(db, module.api_name, number) else []
    query = "SELECT record_id FROM keys WHERE module = ? AND field = ? AND folded = ? ORDER BY record_id"
    return [row[0] for row in db.execute(query, (module.api_name, field, folded(value)))]


def is_known(db: sqlite3.Connection, module: str, record_id: int) -> bool:
    """Tell whether there is a record of that id."""
    if not -(2**63) <= record_id < 2**63:
        return False
    query = "SELECT 1 FROM records WHERE id = ? AND module = ? AND deleted_at IS NULL"
    return db.execute(query, (record_id, module)).fetchone() is not None


def insert(db: sqlite3.Connection, module: Module, values: Values, stamp: Stamp) -> int:
    """Keep a new record and return its id."""
    record_id = next_id(db)
    owner = int(values.get("Owner") or stamp.by)
    data = _completed(module, _without_empty(values), record_id)
    db.execute(
        f"INSERT INTO records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant columns
        (record_id, module.api_name, _dumped(data), owner, stamp.at, stamp.by, stamp.at, stamp.by),
    )
    _index(db, module, record_id, data)
    return record_id


def update(db: sqlite3.Connection, module: Module, record: Record, values: Values, stamp: Stamp) -> None:
    """Change fields of a record; None empties one."""
    owner = int(values.get("Owner") or record.owner)
    data = _completed(module, _without_empty({**record.data, **values}), record.id)
    db.execute(
        "UPDATE records SET data = ?, owner = ?, modified_at = ?, modified_by = ? WHERE id = ?",
        (_dumped(data), owner, stamp.at, stamp.by, record.id),
    )
    if any(data.get(field) != record.data.get(field) for field in module.indexed):
        db.execute("DELETE FROM keys WHERE record_id = ?", (record.id,))
        _index(db, module, record.id, data)


def delete(db: sqlite3.Connection, record_id: int, at: int) -> None:
    """Put a record into the recycle bin."""
    db.execute("UPDATE records SET deleted_at = ? WHERE id = ?", (at, record_id))
    db.execute("DELETE FROM keys WHERE record_id = ?", (record_id,))


def reindex(db: sqlite3.Connection, module: Module) -> None:
    """Make the keys of a module anew, after one of its fields became or ceased to be indexed."""
    db.execute("DELETE FROM keys WHERE module = ?", (module.api_name,))
    for record in list(select(db, module.api_name, "TRUE", ())):
        _index(db, module, record.id, record.data)


def names(db: sqlite3.Connection, module: Module, ids: Iterable[str]) -> dict[str, str]:
    """Return the display names of records, by id."""
    path = f'$."{module.display_field}"'
    query = "SELECT json_extract(data, ?) FROM records WHERE id = ? AND module = ? AND deleted_at IS NULL"
    found = {}
    for record_id in set(ids):
        row = db.execute(query, (path, int(record_id), module.api_name)).fetchone()
        if row:
            found[record_id] = str(row[0])
    return found


def _record(row: tuple[Any, ...]) -> Record:
    return Record(row[0], row[1], json.loads(row[2]), *row[3:])


def _dumped(data: Values) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _without_empty(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and name != "Owner"}


def _completed(module: Module, data: dict[str, Any], record_id: int) -> dict[str, Any]:
    """Add what Zoho itself fills in: full names, numbers of cases."""
    if "Full_Name" in module.fields:
        parts = (data.get("First_Name"), data.get("Last_Name"))
        data["Full_Name"] = " ".join(part for part in parts if part)
    for field in module.fields.values():
        if field.data_type == "autonumber":
            data.setdefault(field.api_name, str(record_id)[-9:])
    return data


def _index(db: sqlite3.Connection, module: Module, record_id: int, data: Values) -> None:
    keys = [(module.api_name, name, folded(data[name]), record_id) for name in module.indexed if data.get(name)]
    db.executemany("INSERT OR IGNORE INTO keys (module, field, folded, record_id) VALUES (?, ?, ?, ?)", keys)
