"""Search and add: messages and records by a word, as lines for data/mail.csv (see pipeline.transform.mail_list).

Messages are those that extract read, records those of the last snapshot: nothing is asked of the CRM.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.config import Config
from pipeline.load import snapshot
from pipeline.load.values import folded
from pipeline.schemas import MESSAGES
from pipeline.store import Manifest

MOST = 50  # of each
_COLUMNS = ("message_id", "item_id", "sent_at", "received_at", "subject", "author", "recipients", "folder")
_RECORDS = {
    "Contacts": ("Last_Name", "First_Name", "Email"),
    "Leads": ("Last_Name", "First_Name", "Company", "Email"),
    "Deals": ("Deal_Name", "Stage"),
    "Accounts": ("Account_Name",),
}


def messages(config: Config, text: str) -> Iterator[str]:
    """Yield a line of data/mail.csv for each message with `text` in its subject, people or folder, its header first.

    Raises:
        StageError: extract did not run.
    """
    yield "message,as,record,date,from,subject"
    wanted = folded(text)
    found = (_line(row) for row in _extracted(config) if wanted in folded(" ".join(_texts(row))))
    yield from _first(found, lambda more: f"{more:,} more messages have that; a longer word finds fewer.")


def records(config: Config, text: str) -> Iterator[str]:
    """Yield what a record is called in data/mail.csv, and its name, for each of the last snapshots with `text`."""
    wanted = folded(text)
    for place in sorted(config.audit.glob("*/snapshot")):
        for module, names in _RECORDS.items():
            yield from _first(_records(place, module, names, wanted), partial(_more_records, module))


def _more_records(module: str, more: int) -> str:
    return f"{more:,} more records of {module} have that; a longer word finds fewer."


def _first(found: Iterator[str], said: Callable[[int], str]) -> Iterator[str]:
    """Yield the first lines, and what is said of so many more."""
    yield from islice(found, MOST)
    if more := sum(1 for _ in found):
        yield said(more)


def _extracted(config: Config) -> Iterator[Mapping[str, Any]]:
    manifest = Manifest.of(config.extracted)
    for path in store.parts(config.extracted, manifest, "messages"):
        for group in range(store.groups(path)):
            yield from store.read_group(path, group, MESSAGES, list(_COLUMNS)).to_pylist()


def _records(place: Path, module: str, names: tuple[str, ...], wanted: str) -> Iterator[str]:
    kept = snapshot.restored(place).get(module)
    if kept is None:
        return
    known = [name for name in names if name in kept.table.column_names]
    for row in kept.table.select(["id", *known]).to_pylist():
        shown = " ".join(row[name] for name in known if row[name])
        if wanted in folded(shown):
            yield f"{module}:{row['id']}  {shown}"


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (row[name] or "" for name in ("subject", "folder", "message_id"))
    for person in (row["author"], *(row["recipients"] or ())):
        if person:
            yield f"{person['name'] or ''} {person['email'] or ''}"


def _line(row: Mapping[str, Any]) -> str:
    at, author = row["sent_at"] or row["received_at"], row["author"] or {}
    out = io.StringIO()
    name = author.get("email") or author.get("name") or ""
    shown = (at.date() if at else "", name, row["subject"] or "")
    csv.writer(out, lineterminator="").writerow([row["message_id"] or row["item_id"], "email", "", *shown])
    return out.getvalue()
