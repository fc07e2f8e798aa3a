"""What the CRM holds before the load: keys, and the fields that could be overwritten. Fetched anew for each load."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline import store
from pipeline.load import bulk_read
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.org import Org, OrgField
from pipeline.schemas import TEXT
from pipeline.targets import TARGETS, Kind, Target

LEADS = "Leads"
MODULES = (*(target.module for target in TARGETS), LEADS)
_STAMPS = ("Owner", "Created_Time", "Modified_Time")
_LEAD_FIELDS = ("Email", "Secondary_Email", "Created_Time")
USERS = pa.schema([("id", TEXT), ("email", TEXT), ("is_active", pa.bool_())])


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one module, by id, in the order of the CRM; cells are text by API name, "" for nothing."""

    module: str
    by_id: Mapping[str, Mapping[str, str]]


def fetch(  # noqa: PLR0913, PLR0917 - one call a load
    client: ZohoClient,
    org: Org,
    key_field: str,
    directory: Path,
    patience: Patience,
    targets: Sequence[Target] = TARGETS,
) -> Mapping[str, Records]:
    """Read all modules that the load has to do with, with the fields of `targets`; keep them as tables in `directory`.

    Raises:
        TargetError: the CRM refuses or does not answer.
        StorageError: the tables cannot be written.
    """
    rows = [{"id": user.id, "email": user.email, "is_active": user.is_active} for user in org.users]
    store.write_rows(rows, directory / "users.parquet", USERS)
    return {
        module: _fetched(
            client, module, columns_of(module, org.fields[module], key_field, targets), directory, patience
        )
        if org.has(module)
        else Records(module, {})
        for module in MODULES
    }


def _fetched(client: ZohoClient, module: str, columns: Sequence[str], directory: Path, patience: Patience) -> Records:
    found = {record["id"]: record for record in bulk_read.read(client, module, columns, patience)}
    schema = pa.schema([(name, TEXT) for name in ("id", *columns)])
    store.write_rows(found.values(), directory / f"{module}.parquet", schema)
    return Records(module, found)


def columns_of(
    module: str, fields: Mapping[str, OrgField], key_field: str, targets: Sequence[Target] = TARGETS
) -> list[str]:
    """Return the fields to read of a module: those of its target, our key, owner and times; only what the org has."""
    wanted: Iterable[str] = _LEAD_FIELDS
    for target in targets:
        if target.module == module:
            wanted = (key_field, *_readable(target), *_STAMPS)
    return [name for name in dict.fromkeys(wanted) if name in fields]


def _readable(target: Target) -> list[str]:
    return [field.api_name for field in target.fields if field.kind is not Kind.PARTICIPANTS]
