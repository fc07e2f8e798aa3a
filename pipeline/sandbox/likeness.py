"""Makes a new sandbox like an org that was looked at: its users, fields, pick lists and records, with their ids.

Read are the files that a load or a plan leaves of an org: `fields.json`, and the Parquet tables of `snapshot/`. The
sandbox gets an id and credentials of its own, so that nothing of the rehearsal is ever taken for the org itself.
Fields that were not read are empty in its records.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from pipeline.sandbox import catalog, org
from pipeline.sandbox.catalog import SYSTEM_TIMES, SYSTEM_USERS, Field, Layout, Module
from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.storage import meta, opened, set_meta
from pipeline.sandbox.stored import reindex
from pipeline.sandbox.values import kept_instant

_AT_ONCE = 5_000
_NUMBERS = {"integer": int, "bigint": str, "double": float, "currency": float, "percent": float}
_INSERT = (
    "INSERT INTO records (id, module, data, owner, created_at, created_by, modified_at, modified_by)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def imitate(directory: Path, source: Path) -> dict[str, int]:
    """Make the sandbox of `directory` like the org that `source` tells of; return module → records.

    Args:
        directory: where the sandbox is kept; nothing may be there yet.
        source: `data/audit/<org>` of a project.

    Raises:
        SandboxError: there is a sandbox already, or the files of the org are missing or damaged.
    """
    directory.mkdir(parents=True, exist_ok=True)
    storage = opened(directory)
    try:
        with storage.writing() as db:
            if org.exists(db):
                hint = "Choose another [sandbox] name, or delete that directory."
                raise SandboxError(f"There is a sandbox in {directory} already.", hint)
            return _made(db, source)
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "Run make plan or make load against the org first: it leaves fields.json and snapshot/ there."
        raise SandboxError(f"{source} does not tell of an org that could be imitated ({error}).", hint) from None
    finally:
        storage.close()


def _made(db: sqlite3.Connection, source: Path) -> dict[str, int]:
    told = json.loads((source / "fields.json").read_text(encoding="utf-8"))
    now = int(time.time())
    org.create(db, now)
    db.execute("DELETE FROM records")
    db.execute("DELETE FROM keys")
    own = org.read(db)
    company = {**own.definition, "company_name": f"{told['company']} (rehearsal)"}
    set_meta(db, "org", json.dumps(company, ensure_ascii=False))
    admin = _users(db, source, own.admin)
    counts = {}
    for known in catalog.read(db):
        module = _likened(known, told["modules"].get(known.api_name, []))
        layouts = told.get("layouts", {}).get(known.api_name)  # not in files of before there were any
        module = replace(module, layouts=tuple(Layout(**one) for one in layouts)) if layouts else module
        catalog.write(db, module)
        path = source / "snapshot" / module.api_name
        counts[module.api_name] = _records(db, module, path, (admin, now, own.zone)) if path.is_dir() else 0
        reindex(db, module)
    db.execute(
        "UPDATE counters SET value = max(value, (SELECT coalesce(max(id), 0) FROM records),"
        " (SELECT max(id) FROM users)) + 1 WHERE name = 'id'"
    )
    return {name: count for name, count in counts.items() if count}


def _users(db: sqlite3.Connection, source: Path, admin: int) -> int:
    """Put the org's users in the place of ours; the first active one is the administrator whose token it is."""
    (text,) = db.execute("SELECT definition FROM users WHERE id = ?", (admin,)).fetchone()
    usual = json.loads(text)
    rows = [row for path in sorted((source / "snapshot" / "users").glob("*.parquet")) for row in _rows(path)]
    if not rows:
        return admin
    rows.sort(key=lambda row: (not row["is_active"], int(row["id"])))
    db.execute("DELETE FROM users")
    for row in rows:
        name = str(row["email"]).partition("@")[0]
        own = {"email": row["email"], "first_name": "", "last_name": name, "full_name": name}
        definition = {**usual, **own, "status": "active" if row["is_active"] else "disabled"}
        db.execute(
            "INSERT INTO users (id, email, definition) VALUES (?, ?, ?)",
            (int(row["id"]), row["email"], json.dumps(definition, ensure_ascii=False)),
        )
    set_meta(db, "admin", str(rows[0]["id"]))
    return int(meta(db, "admin"))


def _likened(known: Module, told: list[Mapping[str, Any]]) -> Module:
    """Return a module with the fields that the org told of; of the others only what every module has."""
    always = {name: field for name, field in known.fields.items() if name in {*SYSTEM_TIMES, *SYSTEM_USERS}}
    fields = {one["api_name"]: _field(known.fields.get(one["api_name"]), one) for one in told}
    quiet = {name: field for name, field in known.fields.items() if field.data_type in {"participants", "autonumber"}}
    return replace(known, fields={**always, **quiet, **fields} if told else known.fields)


def _field(known: Field | None, told: Mapping[str, Any]) -> Field:
    base = known or Field(
        api_name=told["api_name"], label=told["label"], data_type=told["data_type"], is_custom=True,
        lookup=told.get("lookup", ""),
    )  # fmt: skip
    return replace(
        base,
        label=told["label"] or base.label,
        length=told["length"],
        is_mandatory=told["is_mandatory"],
        is_unique=told["is_unique"],
        is_unused=told["is_unused"],
        values=tuple(actual for actual, _ in told["choices"]),
        shown=tuple(display for _, display in told["choices"]),
        default=told["default"],
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(path).iter_batches(_AT_ONCE):
        yield from batch.to_pylist()


def _records(db: sqlite3.Connection, module: Module, directory: Path, usual: tuple[int, int, ZoneInfo]) -> int:
    """Keep the records of a module under their own ids; return how many there are."""
    admin, now, zone = usual
    known_users = {user_id for (user_id,) in db.execute("SELECT id FROM users")}
    count = 0
    for path in sorted(directory.glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(_AT_ONCE):
            rows = batch.to_pylist()
            db.executemany(_INSERT, (_row(module, row, known_users, admin, now, zone) for row in rows))
            count += len(rows)
    return count


def _row(  # noqa: PLR0913, PLR0917 - what a record is made of
    module: Module, row: Mapping[str, str], users: set[int], admin: int, now: int, zone: ZoneInfo
) -> tuple[object, ...]:
    data = {
        name: _value(module.fields[name], text, zone)
        for name, text in row.items()
        if text and name in module.fields and name not in SYSTEM_TIMES and name not in SYSTEM_USERS
    }
    named = row.get("Owner", "")
    owner = int(named) if named.isdigit() and int(named) in users else admin
    created, modified = _seconds(row.get("Created_Time"), now), _seconds(row.get("Modified_Time"), now)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return int(row["id"]), module.api_name, text, owner, created, owner, modified, owner


def _value(field: Field, text: str, zone: ZoneInfo) -> Any:  # noqa: ANN401 - JSON
    match field.data_type:
        case "boolean":
            return text.casefold() == "true"
        case "datetime":
            return kept_instant(datetime.fromisoformat(text), zone)
        case "multiselectpicklist":
            return text.split(";")
        case "lookup" | "multi_module_lookup":
            return text.removeprefix("zcrm_")
        case kind:
            return _NUMBERS.get(kind, str)(text)


def _seconds(text: str | None, usual: int) -> int:
    return int(datetime.fromisoformat(text).timestamp()) if text else usual
