"""Drafts, decisions and changes as rows of the tables that transform writes, in an order that nothing can shake."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.clean import texts
from pipeline.targets import Target
from pipeline.transform import digests, drafts, keys
from pipeline.transform.draft import Decision, Draft, FieldChange, Origin, Ready, Value
from pipeline.validate import Failure

_Row = dict[str, Any]
_HASH_LENGTH = 64  # hex digits


def ready(rows: Iterable[Ready], target: Target) -> pa.Table:
    """Return the ready table of a target, by cluster_key."""
    names = [field.api_name for field in target.fields]
    ordered = sorted(rows, key=lambda row: row.cluster_key)
    return store.table_of((_ready(row, names) for row in ordered), target.schema())


def decisions(table: str, found: Iterable[Decision], cluster_keys: Mapping[str, str]) -> list[_Row]:
    """Return rows of schemas.DECISIONS; `cluster_keys`: source_key → the cluster it went into."""
    return [
        {
            "table": table,
            "cluster_key": cluster_keys[decision.left.source_key],
            "left_item_id": decision.left.item_id,
            "right_item_id": decision.right.item_id,
            "left_key": decision.left.source_key,
            "right_key": decision.right.source_key,
            "verdict": decision.verdict,
            "rule": decision.rule,
            "evidence": decision.evidence,
        }
        for decision in found
    ]


def changes(table: str, found: Iterable[tuple[Origin, FieldChange]]) -> list[_Row]:
    """Return rows of schemas.CHANGES."""
    return [
        {
            "table": table,
            "item_id": origin.item_id,
            "source_key": origin.source_key,
            "field": made.field,
            "old": made.change.old,
            "new": made.change.new,
            "rule": made.change.rule,
        }
        for origin, made in found
    ]


def exclusions(table: str, drafts: Iterable[Draft]) -> list[_Row]:
    """Return rows of schemas.EXCLUSIONS for the drafts that are left out."""
    return [
        {
            "table": table,
            "item_id": draft.origin.item_id,
            "source_key": draft.origin.source_key,
            "rule": draft.exclusion.rule,
            "reason": draft.exclusion.reason,
        }
        for draft in drafts
        if draft.exclusion is not None
    ]


def rejects(table: str, failures: Iterable[Failure], leads: Mapping[str, Origin]) -> list[_Row]:
    """Return rows of schemas.REJECTS, each with the place of the item that leads the rejected record (`leads`)."""
    return [_reject(table, failure, leads[failure.cluster_key]) for failure in failures]


def sorted_table(rows: Iterable[_Row], schema: pa.Schema) -> pa.Table:
    """Return the rows as a table, in the order of all their values."""
    return store.table_of(sorted(rows, key=lambda row: [str(row[name] or "") for name in schema.names]), schema)


def sorted_rows(table: pa.Table) -> pa.Table:
    """Return a table of texts in the order of all its values, null as ""."""
    values = {name: pc.fill_null(table.column(name).cast(pa.string()), "") for name in table.schema.names}
    order = pc.sort_indices(pa.table(values), sort_keys=[(name, "ascending") for name in table.schema.names])
    return table.take(order)


def content_hashes(table: pa.Table, names: list[str]) -> pa.Array:
    """Return keys.content_hash of the fields `names` of every row: texts, dates and truth values only."""
    parts: list[pa.Array | str] = []
    fixed = "["  # what stands between values; columns without any are part of it
    for number, name in enumerate(names):
        fixed += ", " if number else ""
        column = drafts.chunk(table, name)
        if column.null_count == len(column):
            fixed += _NULL
        elif column.null_count == 0 and pa.types.is_string(column.type):
            parts += [f'{fixed}"', texts.escaped(column)]
            fixed = '"'
        else:
            parts += [fixed, _json(column)]
            fixed = ""
    opening = pa.array([""] * table.num_rows, pa.string())  # of fixed parts only, there would be no row
    joined = pc.binary_join_element_wise(
        opening, *parts, f"{fixed}]", "", null_handling="replace", null_replacement=_NULL
    )
    return digests.sha256_hex(joined, _HASH_LENGTH)


_NULL = "null"


def _json(column: pa.Array) -> pa.Array:
    """Return each value as json.dumps writes it, null for null."""
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "true", "false")
    return texts.quoted(column.cast(pa.string()))


def _reject(table: str, failure: Failure, lead: Origin) -> _Row:
    return {
        "stage": "transform",
        "table": table,
        "item_id": lead.item_id,
        "source_key": lead.source_key,
        "file_sha256": lead.file_sha256,
        "folder": lead.folder,
        "position": lead.position,
        "message_class": lead.message_class,
        "rule": failure.rule,
        "field": failure.field,
        "reason": failure.reason,
        "value": failure.value,
    }


def _ready(row: Ready, names: list[str]) -> _Row:
    values = [row.values.get(name) for name in names]
    return {
        "cluster_key": row.cluster_key,
        "source_keys": list(row.source_keys),
        "item_ids": list(row.item_ids),
        "mailbox": row.mailbox or None,
        "owner": row.owner,
        "modified_at": row.modified_at,
        "content_hash": keys.content_hash(values),
        **{name: _arrow(value) for name, value in zip(names, values, strict=True)},
    }


def _arrow(value: Value) -> object:
    return [asdict(person) for person in value] if isinstance(value, tuple) else value
