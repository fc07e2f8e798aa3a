"""Participants of the events that could be meant: bulk read does not give them, so they are asked one by one.

Only for events that a natural key could find, and for known ones whose participants changed in the source.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.engine import Told, counted, tell_nobody
from pipeline.load import values
from pipeline.load.client import ZohoClient
from pipeline.load.match import Memory
from pipeline.load.people import People, addresses_of
from pipeline.load.rows import Row
from pipeline.load.snapshot import Records
from pipeline.load.values import Value
from pipeline.targets import Kind, Target


def needed(target: Target, rows: Iterable[Row], memory: Memory, records: Records) -> list[str]:
    """Return the ids of the records whose participants must be known to decide about `rows`."""
    field = next((one.api_name for one in target.fields if one.kind is Kind.PARTICIPANTS), "")
    if not field:
        return []
    index = _by_title(target, records)
    found: set[str] = set()
    for row in rows:
        known = next((memory.records[key] for key in _keys(row, memory) if key in memory.records), None)
        if known is None:
            found.update(index.get(_title(target, row.values), ()))
        elif _changed(row.values.get(field), known.written.get(field)) and known.crm_id in records.by_id:
            found.add(known.crm_id)
    return sorted(found)


def _changed(ours: Value, written: Value) -> bool:
    return values.normal(Kind.PARTICIPANTS, ours) not in {None, values.normal(Kind.PARTICIPANTS, written)}


def _keys(row: Row, memory: Memory) -> list[str]:
    return sorted({memory.keys[key] for key in row.source_keys if key in memory.keys})


def _by_title(target: Target, records: Records) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for record_id, record in records.by_id.items():
        plain = {one.api_name: values.of_crm(one.kind, record.get(one.api_name)) for one in target.fields}
        found.setdefault(_title(target, plain), []).append(record_id)
    return found


def _title(target: Target, held: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the fields of the natural keys, without participants and without owner."""
    names = dict.fromkeys(name for key in target.match for name in key.fields)
    return tuple(values.folded(held.get(name)) for name in names if target.field(name).kind is not Kind.PARTICIPANTS)


def ask(  # noqa: PLR0913, PLR0917 - whom, about what, and who gets the news
    client: ZohoClient,
    module: str,
    ids: Iterable[str],
    known: Mapping[str, str],
    met: dict[str, list[Any]],
    told: Told = tell_nobody,
) -> dict[str, tuple[str, ...]]:
    """Return the participants' addresses of records by id.

    Args:
        client: the CRM.
        module: Events.
        ids: the records.
        known: id → address of contacts, leads and users.
        met: gets the participants of each record as the CRM gives them.
        told: how far it is; each record is a call.

    Raises:
        TargetError: the CRM does not answer.
    """
    found = {}
    for record_id in counted(list(ids), told, "asking for participants", "events"):
        body = client.get(f"/crm/v8/{module}/{record_id}").body
        data = body.get("data") if isinstance(body, Mapping) else None
        participants = (data[0].get("Participants") if isinstance(data, list) and data else None) or []
        met[record_id] = participants
        found[record_id] = addresses_of(participants, known)
    return found


def spelled(rows: Iterable[Row], people: People) -> dict[str, str]:
    """Return id → address of everybody in the rows as the rows spell it: an alias or a second address, perhaps."""
    found: dict[str, str] = {}
    for row in rows:
        addresses = row.values.get("Participants")
        for address in addresses if isinstance(addresses, tuple) else ():
            known = people.find(address, row.mailbox)
            if known is not None and isinstance(known.id, str):
                found.setdefault(known.id, address)
    return found


def as_written(written: Value, people: People) -> dict[str, str]:
    """Return id → address of whoever has an address that was written, as it was written: an alias or a second one."""
    named = written if isinstance(written, tuple) else ()
    return {str(one.id): address for address in named for one in people.candidates(address)}


def note(people: People, done: Iterable[Row]) -> list[str]:
    """Say who the participants of the events that were written are in the CRM."""
    counts: Counter[str] = Counter()
    for row in done:
        addresses = row.values.get("Participants")
        listed = people.participants(addresses if isinstance(addresses, tuple) else (), row.mailbox)
        counts.update(one["type"] for one in listed)
    if not counts:
        return []
    kinds = {"contact": "contact", "lead": "lead", "user": "user"}
    shown = ", ".join(f"{counts[kind]:,} {word}{'s' * (counts[kind] != 1)}" for kind, word in kinds.items())
    return [
        f"Events: {counts.total():,} participants: {shown}, {counts['email']:,} by address only; nobody was invited."
    ]


def addresses(contacts: Records, leads: Records, users: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return id → main address of everybody the CRM knows."""
    found = dict(users)
    for records in (leads, contacts):
        found |= {record_id: record["Email"] for record_id, record in records.by_id.items() if record.get("Email")}
    return found
