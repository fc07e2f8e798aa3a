"""What the CRM holds when a rollback is planned: the records of the run, and everything that points to them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Told, counted, tell_nobody
from pipeline.errors import RetryableError, TargetError
from pipeline.load import bulk_read
from pipeline.load.answers import items
from pipeline.load.bulk_read import Patience
from pipeline.load.cells import Cells
from pipeline.load.client import ZohoClient
from pipeline.load.ledger import Ledger
from pipeline.load.org import Org, OrgField, User
from pipeline.load.rollback.plan import Reference, Step
from pipeline.load.snapshot import LEADS, READING, Records
from pipeline.targets import EMAILS

_STAMPS = ("Created_By", "Modified_By", "Modified_Time")
ADDRESSES = ("Email", "Secondary_Email")
_LOOKUPS = frozenset({"lookup", "multi_module_lookup", "multiselectlookup"})
_PEOPLE = frozenset({"Contacts", LEADS})
_PAGE = 200
_MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Which records point to which, and the modules that could not be looked at."""

    references: tuple[Reference, ...]
    unseen: tuple[str, ...]


def records(
    client: ZohoClient,
    org: Org,
    names: Mapping[str, Iterable[str]],
    patience: Patience,
    told: Told = tell_nobody,
) -> dict[str, Records]:
    """Read modules with the named fields, who changed them, and all that they point to; only what the org has.

    Raises:
        TargetError: the CRM refuses or does not answer.
    """
    columns = {module: _columns(org.fields.get(module, {}), wanted) for module, wanted in names.items()}
    jobs = {module: bulk_read.start(client, module, listed) for module, listed in columns.items()}
    return {
        module: Records(module, Cells(bulk_read.finish(client, module, job, columns[module], patience)))
        for module, job in counted(list(jobs.items()), told, READING, "modules")
    }


def _columns(fields: Mapping[str, OrgField], wanted: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys([*wanted, *_STAMPS, *lookups(fields)]) if name in fields]


def lookups(fields: Mapping[str, OrgField]) -> list[str]:
    """Return the fields that may point to other records."""
    return [name for name, one in fields.items() if one.data_type in _LOOKUPS]


def people(known: Mapping[str, Records], users: Iterable[User]) -> dict[str, str]:
    """Return id → address of whoever may be a participant: a case has an address too, and is nobody's guest."""
    found = {user.id: user.email for user in users}
    for module in _PEOPLE & known.keys():
        for record_id, record in known[module].by_id.items():
            if address := next((record[name] for name in ADDRESSES if record.get(name)), ""):
                found[record_id] = address
    return found


def pointing(
    client: ZohoClient,
    known: Mapping[str, Records],
    parents: frozenset[str],
    patience: Patience,
    told: Told = tell_nobody,
) -> Seen:
    """Return what points to any of `parents`, in every module of the org.

    Args:
        client: the CRM.
        known: modules that were read with their look-ups.
        parents: ids of records that are to be deleted.
        patience: how long a bulk read is waited for.
        told: how far it is.

    Raises:
        TargetError: the CRM does not answer.
    """
    found: list[Reference] = []
    unseen: list[str] = []
    every = [*known, *(name for name in _modules(client) if name not in known)]
    for module in counted(every, told, "looking for what belongs to the records", "modules"):
        rows = known[module].by_id if module in known else _read(client, module, patience)
        if rows is None:
            unseen.append(module)
        elif isinstance(rows, Cells):
            found += _in_columns(module, rows.table, parents)
        else:
            found += _references(module, rows.values(), parents)
    return Seen(tuple(found), tuple(unseen))


def invited(ledger: Ledger, steps: Iterable[Step], known_people: Mapping[str, str]) -> tuple[Reference, ...]:
    """Return the events of ours whose participants a rollback would delete; no other call tells participants."""
    doomed: dict[str, list[str]] = {}
    for step in steps:
        if step.action == "delete" and (address := known_people.get(step.effect.crm_id)):
            doomed.setdefault(address.casefold(), []).append(step.effect.crm_id)
    if not doomed:
        return ()
    rows = ledger.connection.execute(
        "SELECT crm_id, json_extract(written, '$.Participants') FROM records"
        " WHERE module = 'Events' AND json_extract(written, '$.Participants') IS NOT NULL"
    )
    return tuple(
        Reference("Events", record_id, "Participants", parent)
        for record_id, listed in rows
        for address in json.loads(listed)
        for parent in doomed.get(address.casefold(), ())
    )


def attached(ledger: Ledger, run: int, parents: frozenset[str]) -> Iterator[Reference]:
    """Yield the e-mails that other runs attached to records: those would go with them."""
    query = "SELECT crm_key, crm_id FROM records WHERE module = ? AND run != ?"
    for crm_key, record_id in ledger.connection.execute(query, (EMAILS.module, run)):
        if record_id in parents:
            yield Reference(EMAILS.module, crm_key, "Emails", record_id)


def _in_columns(module: str, table: pa.Table, parents: frozenset[str]) -> Iterator[Reference]:
    wanted = pa.array([*parents, *(f"zcrm_{one}" for one in parents)], pa.string())
    for name in table.column_names:
        if name != "id":
            met = table.select(["id", name]).filter(pc.is_in(table.column(name), value_set=wanted))
            for record_id, parent in zip(met.column(0).to_pylist(), met.column(1).to_pylist(), strict=True):
                yield Reference(module, record_id, name, parent.removeprefix("zcrm_"))


def _references(module: str, rows: Iterable[Mapping[str, Any]], parents: frozenset[str]) -> Iterator[Reference]:
    for row in rows:
        for name, cell in row.items():
            value = cell.get("id") if isinstance(cell, Mapping) else cell
            if name != "id" and isinstance(value, str) and value.removeprefix("zcrm_") in parents:
                yield Reference(module, str(row["id"]), name, value.removeprefix("zcrm_"))


def _modules(client: ZohoClient) -> list[str]:
    body = client.get("/crm/v8/settings/modules").body
    listed = body.get("modules", []) if isinstance(body, Mapping) else []
    return [str(one["api_name"]) for one in listed if one.get("api_supported", True) and one.get("api_name")]


def _read(client: ZohoClient, module: str, patience: Patience) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the records of a module with their look-ups, nothing for one without any; None where it cannot be read."""
    answer = client.get("/crm/v8/settings/fields", {"module": module})
    fields = answer.body.get("fields", []) if answer.is_ok and isinstance(answer.body, Mapping) else []
    names = [str(one["api_name"]) for one in fields if one.get("data_type") in _LOOKUPS]
    if not names:
        return {}
    try:
        job = bulk_read.start(client, module, names)
    except RetryableError:
        raise
    except TargetError:  # not every module has bulk read (notes have not): then page by page
        return _paged(client, module, names)
    return Cells(bulk_read.finish(client, module, job, names, patience))


def _paged(client: ZohoClient, module: str, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]] | None:
    found: dict[str, Mapping[str, Any]] = {}
    token: dict[str, str | int] = {}
    for _ in range(_MOST_PAGES):
        answer = client.get(f"/crm/v8/{module}", {"fields": ",".join(names), "per_page": _PAGE, **token})
        if answer.status == HTTPStatus.NO_CONTENT:
            return found
        listed = items(answer.body)
        if not answer.is_ok or listed is None:
            return None
        found |= {str(one["id"]): one for one in listed}
        info = answer.body.get("info") or {}
        if not info.get("more_records") or not info.get("next_page_token"):
            return found
        token = {"page_token": str(info["next_page_token"])}
    return None
