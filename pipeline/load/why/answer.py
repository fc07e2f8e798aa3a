"""Puts the answer together: the ledger says what was sent, the kept origins where it came from."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.errors import SettingsError, StageError, StorageError
from pipeline.load.origins import HAS, Origins
from pipeline.load.why import noted, sent
from pipeline.load.why.sent import Sent

GAVE_WAY = frozenset({"other_copy_was_kept", "other_spelling_was_kept"})  # to another copy's value


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An Outlook item. `path` "" where the file's name is not kept; `filled`: its columns that had a value."""

    item_id: str
    file_sha256: str
    path: str = ""
    folder: str = ""
    position: int | None = None
    filled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWhy:
    """Where the value of one field came from.

    `column`: of the extracted table, "" for a `constant` and for what is made of several columns; `items`: those whose
    value it is, or may be where several agree; `rules`: what was done to the value, as rule, old and new; `run`,
    `batch`: the request that wrote it last.
    """

    name: str
    value: Any
    before: Any
    run: int
    batch: int
    column: str
    constant: str
    items: tuple[str, ...]
    rules: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """All that is known of one record."""

    org: str
    module: str
    crm_key: str
    crm_id: str
    is_ours: bool
    mailbox: str
    sent: tuple[Sent, ...]
    fields: tuple[FieldWhy, ...]
    items: tuple[Item, ...]
    merges: tuple[Mapping[str, Any], ...]
    changes: tuple[Mapping[str, Any], ...]
    noted_by: int  # the last run that had it among its rows; 0: none
    noted: tuple[Mapping[str, Any], ...]  # what that run noted of its fields
    lost: tuple[int, ...]  # runs whose origins are not kept


@dataclass(slots=True)
class _Source:
    """What the origins of one load say of one record."""

    module: Mapping[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    merges: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)


def ask(config: Config, what: str) -> list[Why]:
    """Return all that is known of the records that a CRM id, a crm_key or an e-mail address means.

    Raises:
        SettingsError: nothing is meant.
        StageError: nothing was ever loaded, or no record of ours is meant.
        StorageError: a ledger cannot be read.
    """
    if not what.strip():
        raise SettingsError(
            "WHAT= names no record.",
            "Give the id from the record's address in the CRM, its Outlook_Key, or an e-mail address.",
        )
    ledgers = sorted(config.audit.glob("*/ledger.sqlite"))
    if not ledgers:
        raise StageError("There is no ledger yet: nothing was ever loaded.", "Run make load first.")
    found = [one for path in ledgers for one in _asked(path, what.strip())]
    if not found:
        raise StageError(
            "No record that a load of this project made, changed or met has that id, key or address.",
            "Give the id from the record's address in the CRM, its Outlook_Key, or an e-mail address.",
        )
    return found


def _asked(path: Path, what: str) -> list[Why]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return [_why(db, path.parent, module, crm_key) for module, crm_key in _meant(db, path.parent, what)]
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"{path} cannot be read: {error}.", "Run make load once, which brings it up to date, or restore a backup."
        ) from error


def _meant(db: sqlite3.Connection, directory: Path, what: str) -> list[tuple[str, str]]:
    if "@" in what:
        return list(dict.fromkeys(_with_email(db, directory, what)))
    found = list(sent.of_id(db, what)) if what.isdigit() else []
    return found or list(sent.of_key(db, what))


def _with_email(db: sqlite3.Connection, directory: Path, address: str) -> Iterable[tuple[str, str]]:
    for (ready,) in db.execute("SELECT DISTINCT ready FROM runs WHERE plan IS NOT NULL ORDER BY run DESC"):
        if origins := _origins(directory, ready):
            for module, source_key in origins.with_email(address):
                if crm_key := sent.key_of(db, module, source_key):
                    yield module, crm_key


@lru_cache(maxsize=8)
def _origins(directory: Path, ready: str) -> Origins | None:
    try:
        return Origins(directory, ready)
    except StageError:  # a load of an older version, or wiped
        return None


def _why(db: sqlite3.Connection, directory: Path, module: str, crm_key: str) -> Why:
    requests = sent.about(db, module, crm_key)
    crm_id, is_ours = sent.known(db, module, crm_key)
    keys = sent.sources_of(db, module, crm_key) | {crm_key}
    readies = dict.fromkeys(one.ready for one in requests)
    sources = {ready: _source(_origins(directory, ready), module, keys) for ready in readies}
    kept = {ready: one for ready, one in sources.items() if one.rows}
    fields = {name: _field(name, one, sources[one.ready]) for one in requests for name in one.written if _is_done(one)}
    listed = list(kept.values())
    noted_by, remarks = noted.last(directory, module, crm_key)
    return Why(
        org=directory.name,
        module=module,
        crm_key=crm_key,
        crm_id=crm_id or next((one for one in _ids(db, module, crm_key) if one), ""),
        is_ours=is_ours,
        mailbox=next((row["mailbox"] or "" for one in reversed(listed) for row in one.rows), ""),
        sent=tuple(requests),
        fields=tuple(fields.values()),
        items=tuple({item.item_id: item for one in listed for item in one.items.values()}.values()),
        merges=_distinct(listed, "merges"),
        changes=_distinct(listed, "changes"),
        noted_by=noted_by,
        noted=remarks,
        lost=tuple(dict.fromkeys(one.run for one in requests if one.ready not in kept)),
    )


def _is_done(one: Sent) -> bool:
    return one.result in {"created", "updated", "unchanged"}


def _ids(db: sqlite3.Connection, module: str, crm_key: str) -> list[str]:
    query = "SELECT i.crm_id FROM intents i JOIN batches b USING (batch) WHERE i.crm_key = ? AND b.module = ?"
    return [record_id for (record_id,) in db.execute(query, (crm_key, module))]


def _distinct(sources: Iterable[_Source], name: str) -> tuple[Mapping[str, Any], ...]:
    listed = [row for one in sources for row in getattr(one, name)]
    return tuple({tuple(sorted((key, str(value)) for key, value in row.items())): row for row in listed}.values())


def _source(origins: Origins | None, module: str, keys: set[str]) -> _Source:
    if origins is None or module not in origins.fields:
        return _Source()
    known = origins.fields[module]
    rows = origins.rows(module, keys)
    ids = {item_id for row in rows for item_id in row["item_ids"] or ()}
    files = origins.files()
    items = {one["item_id"]: _item(one, files) for one in origins.items(known["source"], ids)}
    missing = {item_id: Item(item_id=item_id, file_sha256=item_id.partition(":")[0]) for item_id in ids - items.keys()}
    return _Source(
        module=known,
        rows=rows,
        items=items | missing,
        merges=origins.decisions(known["table"], {row["cluster_key"] for row in rows}),
        changes=origins.changes(known["table"], ids),
    )


def _item(row: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> Item:
    return Item(
        item_id=row["item_id"],
        file_sha256=row["file_sha256"],
        path=files.get(row["file_sha256"], {}).get("path") or "",
        folder=row["folder"] or "",
        position=row["position"],
        filled=frozenset(name.removeprefix(HAS) for name, value in row.items() if name.startswith(HAS) and value),
    )


def _field(name: str, request: Sent, source: _Source) -> FieldWhy:
    column = source.module.get("columns", {}).get(name, "")
    constant = source.module.get("constants", {}).get(name, "")
    changed = [one for one in source.changes if one["field"] == name]
    is_of_column = any(column in one.filled for one in source.items.values())
    return FieldWhy(
        name=name,
        value=request.written[name],
        before=request.before.get(name),
        run=request.run,
        batch=request.batch,
        column=column if is_of_column else "",
        constant=constant,
        items=() if constant and not column else _contributing(column, changed, source),
        rules=tuple(
            (one["rule"], one["old"] or "", one["new"] or "") for one in changed if one["rule"] not in GAVE_WAY
        ),
    )


def _contributing(column: str, changed: Sequence[Mapping[str, Any]], source: _Source) -> tuple[str, ...]:
    """Return the items whose value a field has: those with one that did not lose; where none had, those of the record.

    The last is for values that are made of other columns: a name of a display name, a start of a local time.
    """
    lost = {one["item_id"] for one in changed if one["rule"] in GAVE_WAY or (one["new"] is None and one["old"])}
    having = [one.item_id for one in source.items.values() if column in one.filled and one.item_id not in lost]
    others = [item_id for item_id in source.items if item_id not in lost]
    return tuple(sorted(having or others or source.items))
