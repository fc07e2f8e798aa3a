"""The records of a plan as its page shows them: what is done, every value, and what was decided on the way there."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.report import local_times, speech, words
from pipeline.store import Manifest
from pipeline.targets import Kind, Target

WRITE = "write"
CONFLICT, CHANGED, MERGED, MAYBE, PEOPLE, LEFT_OUT = (1 << place for place in range(6))
FLAGS = {"conflict": CONFLICT, "changed": CHANGED, "merged": MERGED, "maybe": MAYBE, "people": PEOPLE,
         "left_out": LEFT_OUT}  # fmt: skip
_OF_RULE = {"conflict": CONFLICT, "several_contacts": PEOPLE, "participant_without_address": PEOPLE}

Note = tuple[str, str, str, str | None, str | words.Pair | None]  # kind, field, rule, old, new


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record on the page.

    `fields`: name, new and old value; `remarks`: field, rule, our value and the CRM's; `hint`: what else it is
    known by; `flags`: bits of FLAGS.
    """

    module: str
    mailbox: str
    action: str
    title: str
    hint: str = ""
    code: str = ""
    at: str = ""
    fields: Sequence[tuple[str, str | None, str | None]] = ()
    remarks: Sequence[tuple[str, str, str | None, str | None]] = ()
    notes: Sequence[Note] = ()
    flags: int = 0

    def line(self, module: int, mailbox: int, action: int) -> str:
        """Return the record as one line of JSON; its module, mailbox and action are known by number."""
        held = [
            module,
            mailbox,
            action,
            self.title,
            self.hint,
            self.code,
            self.at,
            self.fields,
            self.remarks,
            self.notes,
        ]
        return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def read(config: Config, directory: Path, targets: Sequence[Target]) -> list[Record]:
    """Return the records of a plan, then what was rejected and excluded before it.

    Args:
        config: the project, whose tables the plan was made of.
        directory: the plan.
        targets: the modules.

    Raises:
        StageError: a table is missing or damaged.
    """
    manifest = Manifest.of(config.transformed)
    notes = _notes(config, manifest, targets)
    return [*_planned(config, directory, notes, targets), *_dropped(config, manifest, targets)]


@dataclass(slots=True)
class _Fields:
    """Values and remarks of one record, while they are collected."""

    written: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    remarks: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    flags: int = 0

    def add(self, name: str, rule: str, old: str | None, new: str | None) -> None:
        if rule == WRITE:
            self.written.append((name, new, old))
            return
        self.remarks.append((name, rule, new, old))
        self.flags |= _OF_RULE.get(rule, LEFT_OUT)

    def by_clock(self, timed: Collection[str], zone: ZoneInfo) -> "_Fields":
        """Return the same with the instants of the fields `timed` by the clock of a zone."""
        if not any(line[0] in timed for line in (*self.written, *self.remarks)):
            return self

        def local(name: str, value: str | None) -> str | None:
            return local_times.shown(value, zone) if name in timed else value

        written = [(name, local(name, new), local(name, old)) for name, new, old in self.written]
        remarks = [(name, rule, local(name, ours), local(name, theirs)) for name, rule, ours, theirs in self.remarks]
        return _Fields(written, remarks, self.flags)


_NOTHING = _Fields()
_Key = tuple[str, str]  # module and cluster_key


def _planned(
    config: Config, directory: Path, notes: Mapping[_Key, list[Note]], targets: Sequence[Target]
) -> Iterator[Record]:
    zones = local_times.zones(config)
    timed = frozenset(one.api_name for target in targets for one in target.fields if one.kind is Kind.DATETIME)
    held: dict[_Key, _Fields] = {}
    table = store.read(directory / "fields.parquet", schemas.PLAN_FIELDS)
    columns = [table.column(name).to_pylist() for name in ("module", "cluster_key", "field", "rule", "old", "new")]
    for module, key, name, rule, old, new in zip(*columns, strict=True):
        one = held.get((module, key))
        if one is None:
            one = held[module, key] = _Fields()
        one.add(name, rule, old, new)
    plan = store.read(directory / "plan.parquet", schemas.PLAN)
    names = ("module", "mailbox", "cluster_key", "action", "code", "field", "title", "hint")
    for module, mailbox, key, action, code, at, title, hint in zip(
        *(plan.column(name).to_pylist() for name in names), strict=True
    ):
        zone = zones.get(mailbox or "", zones[""])
        found = held.get((module, key), _NOTHING).by_clock(timed, zone)
        said = notes.get((module, key), ())
        yield Record(
            module=module,
            mailbox=mailbox or "",
            action=action,
            title=title or "",
            hint=local_times.shown(hint, zone) or "",
            code=code or "",
            at=at or "",
            fields=found.written,
            remarks=found.remarks,
            notes=said,
            flags=found.flags | sum({_FLAG_OF_NOTE[note[0]] for note in said}),
        )


_FLAG_OF_NOTE = {"cut_value": CHANGED, "merged_with": MERGED, "maybe_same": MAYBE}


def _notes(config: Config, manifest: Manifest, targets: Sequence[Target]) -> dict[_Key, list[Note]]:
    """Return what was changed and decided on the way to each record, by module and cluster_key."""
    module_of = {target.table: target.module for target in targets}
    cluster_of = {
        (target.table, source_key): cluster_key
        for target in targets
        for cluster_key, source_keys in _clusters(config, manifest, target)
        for source_key in source_keys or [cluster_key]
    }
    found: dict[_Key, list[Note]] = defaultdict(list)
    for row in _rows(config, manifest, "changes", schemas.CHANGES):
        if (cluster := cluster_of.get((row["table"], row["source_key"]))) is not None:
            note: Note = ("cut_value", row["field"] or "", row["rule"], row["old"], row["new"])
            found[module_of[row["table"]], cluster].append(note)
    for row in _rows(config, manifest, "decisions", schemas.DECISIONS):
        kind = {"same": "merged_with", "unsure": "maybe_same"}.get(row["verdict"])
        clusters = {cluster_of.get((row["table"], row[side])) for side in ("left_key", "right_key")} - {None}
        for cluster in sorted(filter(None, clusters)) if kind else ():
            found[module_of[row["table"]], cluster].append((str(kind), "", row["rule"], None, row["evidence"]))
    return {key: list(dict.fromkeys(notes)) for key, notes in found.items()}  # each copy of a record has them again


def _clusters(config: Config, manifest: Manifest, target: Target) -> Iterator[tuple[str, list[str] | None]]:
    for path in store.parts(config.transformed, manifest, f"ready/{target.table}"):
        table = store.read(path, target.schema(), ["cluster_key", "source_keys"])
        yield from zip(table.column("cluster_key").to_pylist(), table.column("source_keys").to_pylist(), strict=True)


def _rows(config: Config, manifest: Manifest, name: str, schema: pa.Schema) -> Iterable[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.read_all(config.transformed, manifest, name, schema).to_pylist()
    return rows


def _dropped(config: Config, manifest: Manifest, targets: Sequence[Target]) -> Iterator[Record]:
    """Yield what extract and transform rejected, and what transform left out item by item."""
    if not config.extracted.is_dir():
        return
    extracted = Manifest.of(config.extracted)
    files = store.read_all(config.extracted, extracted, "files", schemas.FILES).to_pylist()
    paths = {row["file_sha256"][:16]: row["path"] for row in files if row["file_sha256"] and row["status"] == "read"}
    module_of = {target.table: target.module for target in targets}
    early = store.read_all(config.extracted, extracted, "rejects", schemas.REJECTS).to_pylist()
    late = _rows(config, manifest, "rejects", schemas.REJECTS)
    for action, rows in (
        ("rejected", [*early, *late]),
        ("excluded", _rows(config, manifest, "exclusions", schemas.EXCLUSIONS)),
    ):
        for row in rows:
            yield _dropped_one(config, action, row, paths, module_of)


@cache
def _reason(text: str) -> str | words.Pair:
    """Return why a row was rejected, in both languages where there are two."""
    japanese = speech.spoken(text, "ja")
    return text if text == japanese else (text, japanese)


def _dropped_one(
    config: Config, action: str, row: Mapping[str, Any], paths: Mapping[str, str], module_of: Mapping[str, str]
) -> Record:
    digest, _, place = (row["item_id"] or "").partition(":")
    path = paths.get(digest, "")
    mailbox = config.mailbox_of(path)
    reason = (
        [("cut_value", row.get("field") or "", row["rule"], row["value"], _reason(row["reason"]))]
        if "value" in row
        else []
    )
    return Record(
        module=module_of.get(row["table"] or "", ""),
        mailbox=mailbox.name if mailbox else "",
        action=action,
        title=" · ".join(part for part in (path, row.get("folder") or "", place) if part),
        code=row["rule"],
        notes=[] if action == "excluded" else reason,
    )
