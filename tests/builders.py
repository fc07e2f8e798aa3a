"""Extracted rows as the readers write them, homes and settings, each with only what a test is about."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipeline import config, schemas, store
from pipeline.config import Config
from pipeline.transform import keys
from pipeline.transform.draft import Home, Origin

Row = dict[str, Any]
_RAW: Mapping[str, tuple[str, ...]] = {
    "contacts": ("email1", "given_name", "surname"),
    "tasks": ("subject", "due_date"),
    "events": ("subject", "start_at", "start_local"),
    "messages": ("subject",),
    "lists": ("name",),
}
MAILBOXES = """
[outlook]
time_zone = "Asia/Tokyo"
[[mailbox]]
name = "sato"
files = ["sato/*"]
addresses = ["hanako.sato@kaede.example"]
owner = "hanako.sato@kaede.example"
time_zone = "Asia/Tokyo"
[[mailbox]]
name = "dana"
files = ["dana/*"]
addresses = ["dana@kaede.example", "d.whitfield@kaede.example"]
owner = "dana@kaede.example"
time_zone = "Europe/London"
"""


def sha(path: str) -> str:
    """Return a stand-in for the SHA-256 of a file: of its path."""
    return hashlib.sha256(path.encode()).hexdigest()


def rows(table: str, *given: Row, path: str = "sato/a.csv") -> list[Row]:
    """Return full rows of an extracted table, positions counted from 1; a raw_key given wins over the usual one."""
    schema = schemas.EXTRACTED[table]
    return [_row(table, schema, number, row, row.get("path", path)) for number, row in enumerate(given, start=1)]


def _row(table: str, schema: pa.Schema, number: int, given: Row, path: str) -> Row:
    item = {
        "item_id": f"{sha(path)[:16]}:r{number}",
        "raw_key": json.dumps([str(given.get(name)) for name in _RAW[table]], ensure_ascii=False),
        "file_sha256": sha(path),
        "folder": "",
        "position": number,
        "message_class": f"IPM.{table}",
    }
    values = {name: value for name, value in given.items() if name != "path"}
    return {**dict.fromkeys(schema.names), **item, **values}


def home(mailbox: str = "sato", zone: str = "Asia/Tokyo", *, is_store: bool = False) -> Home:
    """Return the home of a mailbox's file."""
    return Home(
        path=f"{mailbox}/a",
        mailbox=mailbox,
        owner=f"{mailbox}@kaede.example",
        zone=ZoneInfo(zone),
        addresses=(f"{mailbox}@kaede.example",),
        is_store=is_store,
    )


def origin(name: str = "1", at: Home | None = None, modified: str | None = None, created: str | None = None) -> Origin:
    """Return an origin whose keys are made of `name`."""
    return Origin(
        item_id=f"file:{name}",
        source_key=keys.source_key("test", name),
        file_sha256=sha("sato/a.csv"),
        folder="",
        position=1,
        message_class="IPM.Contact",
        home=at or home(),
        created_at=instant(created) if created else None,
        modified_at=instant(modified) if modified else None,
    )


def instant(text: str) -> datetime:
    """Return an instant from ISO text without a zone, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(email: str | None, role: str = "required", name: str | None = None) -> Row:
    """Return a row of schemas.PERSON."""
    return {
        "role": role,
        "name": name,
        "email": email,
        "address_type": "SMTP" if email else None,
        "address": email,
        "response": None,
    }


def project(directory: Path, settings: str = MAILBOXES) -> Config:
    """Return the settings of a project in `directory`, with an inbox that nobody reads."""
    (directory / "pipeline.toml").write_text(settings, encoding="utf-8")
    inbox = directory / "inbox"
    inbox.mkdir(exist_ok=True)
    return config.load(directory, inbox)


def extracted(project: Config, tables: Mapping[str, Sequence[Row]], kinds: Mapping[str, str] | None = None) -> None:
    """Write extracted/ as the extract stage does; the files are those that the rows name by `path`."""
    paths = sorted({row.get("path", "sato/a.csv") for listed in tables.values() for row in listed})
    with store.building(project.extracted) as stage:
        for table, schema in schemas.EXTRACTED.items():
            listed = [row for path in paths for row in rows(table, *_of(tables.get(table, ()), path), path=path)]
            store.write_rows(listed, stage.path(table), schema)
        store.write_rows(_files(paths, kinds or {}), stage.path("files"), schemas.FILES)
        stage.finish("extract", inputs={})


def _of(listed: Sequence[Row], path: str) -> list[Row]:
    return [row for row in listed if row.get("path", "sato/a.csv") == path]


def _files(paths: Sequence[str], kinds: Mapping[str, str]) -> list[Row]:
    return [
        {
            "file_no": number,
            "path": path,
            "file_sha256": sha(path),
            "kind": kinds.get(path, "csv-contacts"),
            "status": "read",
        }
        for number, path in enumerate(paths, start=1)
    ]


def transformed(project: Config, table: str, schema: pa.Schema) -> list[Row]:
    """Return the rows of a table that transform wrote."""
    manifest = store.Manifest.of(project.transformed)
    found: list[Row] = store.read_all(project.transformed, manifest, table, schema).to_pylist()
    return found
