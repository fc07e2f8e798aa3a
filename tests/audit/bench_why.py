"""Measures `why` with a million records in the ledger: `python -m tests.audit.bench_why [RECORDS] [DIRECTORY]`."""

import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from pipeline import config as settings
from pipeline import store
from pipeline.load import ledger, why
from pipeline.load.origins import HAS, place
from pipeline.schemas import CHANGES, DECISIONS, FILES
from pipeline.targets import CONTACTS

_SHA = "ab" * 32


def key_of(number: int) -> str:
    """Return a crm_key as long as a real one."""
    return f"{number:032x}"


def fill(directory: Path, count: int) -> None:
    """Let a ledger have so many contacts, as one load would have made them."""
    with ledger.opened(directory) as book, book.transaction():
        db = book.connection
        db.execute("INSERT INTO runs (started_at, ready, plan) VALUES ('2026-05-20', ?, 'p')", (_SHA,))
        db.executemany("INSERT INTO batches VALUES (?, 1, 'Contacts', 'create', 'bulk', 'K', 'settled', 'd', '7')",
                       ((number,) for number in range(1, count // 25_000 + 2)))  # fmt: skip
        written = '{{"Email": "person{0}@example.com", "First_Name": "A", "Last_Name": "Con{0}", "Phone": "1"}}'
        rows = [
            (n // 25_000 + 1, key_of(n), str(5_000_000_000_000_000_000 + n), written.format(n)) for n in range(count)
        ]
        db.executemany("INSERT INTO intents VALUES (?, ?, ?, ?, 'h', 'created', '', '')", rows)
        db.executemany("INSERT INTO records VALUES ('Contacts', ?, ?, 1, ?, 'h', 1)", (row[1:4] for row in rows))
        db.executemany("INSERT INTO keys VALUES ('Contacts', ?, ?)", ((row[1], row[1]) for row in rows))


def keep_origins(directory: Path, count: int) -> None:
    """Keep origins of so many contacts, a file in ten merged and changed."""
    numbers = range(count)
    ids = [f"{_SHA[:16]}:r{n}" for n in numbers]
    schema = CONTACTS.schema()
    columns = {name: pa.nulls(count, schema.field(name).type) for name in schema.names} | {
        "cluster_key": pa.array([key_of(n) for n in numbers]),
        "source_keys": pa.array([[key_of(n)] for n in numbers]),
        "item_ids": pa.array([[one] for one in ids]),
        "Email": pa.array([f"person{n}@example.com" for n in numbers]),
    }
    items = pa.table({
        "item_id": ids, "file_sha256": [_SHA] * count, "folder": ["Contacts"] * count,
        "position": pa.array(numbers, pa.int64()), "message_class": ["IPM.Contact"] * count,
        f"{HAS}email1": [True] * count, f"{HAS}surname": [True] * count,
    })  # fmt: skip
    changes = [{"table": "contacts", "item_id": one, "field": "Phone", "old": "1 ", "new": "1", "rule": "space"}
               for one in ids[::10]]  # fmt: skip
    fields = {one.api_name: one.source for one in CONTACTS.fields}
    with store.building(place(directory, _SHA)) as stage:
        store.write_built(pa.table(columns, schema=schema), stage.path("ready/contacts"))
        store.write_built(items, stage.path("items/contacts"))
        store.write_built(store.table_of(changes, CHANGES), stage.path("changes"))
        store.write_built(DECISIONS.empty_table(), stage.path("decisions"))
        store.write_built(FILES.empty_table(), stage.path("files"))
        facts = {"Contacts": {"table": "contacts", "source": "contacts", "emails": ["Email"], "columns": fields,
                              "constants": {}}}  # fmt: skip
        stage.finish("origins", inputs={}, facts={"fields": facts})


def measured(project: Path, count: int) -> dict[str, float]:
    """Return the seconds of each way to ask; the longest of several records."""
    config = settings.load(project, project)
    seconds: dict[str, float] = {}
    for number in (0, count // 2, count - 1):
        asked = {"id": str(5_000_000_000_000_000_000 + number), "crm_key": key_of(number),
                 "e-mail": f"PERSON{number}@example.com"}  # fmt: skip
        for kind, what in asked.items():
            started = time.monotonic()
            (found,) = why.ask(config, what)
            seconds[kind] = max(seconds.get(kind, 0.0), time.monotonic() - started)
            assert found.crm_key == key_of(number)
            assert [one.items for one in found.fields] == [(f"{_SHA[:16]}:r{number}",)] * 4
    return seconds


def main() -> None:
    """Measure, and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch)
        directory = project / "data" / "audit" / "sandbox-1"
        if not directory.exists():
            directory.mkdir(parents=True)
            fill(directory, count)
            keep_origins(directory, count)
        for kind, took in measured(project, count).items():
            print(f"why by {kind}: {took:.2f} s with {count:,} records")  # noqa: T201 - a program


if __name__ == "__main__":
    main()
