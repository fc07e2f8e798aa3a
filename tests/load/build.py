"""Builders of rows, records and memories: only what a test is about has to be said."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.load.match import Index, Memory
from pipeline.load.org import OrgField
from pipeline.load.remembered import Known
from pipeline.load.rows import Row, of_mapping
from pipeline.load.snapshot import Records
from pipeline.load.written import stored
from pipeline.targets import Kind, Target

KEY = "Outlook_Key"


def ready(target: Target, cluster_key: str, source_keys: Sequence[str] = (), **fields: object) -> dict[str, Any]:
    """Return one row of a ready table; a field that is not named is empty."""
    provenance = {
        "cluster_key": cluster_key,
        "source_keys": [*source_keys] or [cluster_key],
        "item_ids": [],
        "mailbox": "sato",
        "owner": None,
        "modified_at": None,
        "content_hash": f"hash of {sorted(fields.items())}",
    }
    return {name: fields.get(name) for name in target.schema().names} | provenance


def row(target: Target, position: int, cluster_key: str, source_keys: Sequence[str] = (), **fields: object) -> Row:
    """Return one row as load has it in memory."""
    return of_mapping(target, position, ready(target, cluster_key, source_keys, **fields))


def records(target: Target, *held: Mapping[str, str]) -> Records:
    """Return a snapshot of a module; each record names its id."""
    return Records(target.module, {record["id"]: record for record in held})


def index(target: Target, *held: Mapping[str, str], addresses: Mapping[str, tuple[str, ...]] | None = None) -> Index:
    """Return an indexed snapshot of a module that has the key field."""
    return Index(target, records(target, *held), KEY, addresses)


def known(crm_id: str, *, is_ours: bool = True, **written: Any) -> Known:
    """Return what the ledger knows of a record."""
    return Known(crm_id=crm_id, is_ours=is_ours, texts=[stored(written)])


def memory(keys: Mapping[str, str] | None = None, doubts: Sequence[str] = (), **records_by_key: Known) -> Memory:
    """Return the ledger's memory of a module."""
    own = {key: key for key in records_by_key}
    return Memory(own | dict(keys or {}), records_by_key, frozenset(doubts))


def org_fields(target: Target, **special: OrgField) -> dict[str, OrgField]:
    """Return the fields of a module in an org that has all of them, with the target's lengths."""
    usual = {
        field.api_name: OrgField(
            api_name=field.api_name,
            length=field.length,
            is_mandatory=field.is_required,
            choices=tuple((actual, f"shown {actual}") for _, actual in field.values),
        )
        for field in target.fields
        if field.kind is not Kind.PARTICIPANTS
    }
    return usual | {KEY: OrgField(api_name=KEY, length=100, is_unique=True)} | special
