"""The way back: events and contacts of a CRM as files that Outlook imports. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from pipeline import store
from pipeline.clean import date as dates
from pipeline.clean import text
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import bulk_read, cards, ics, managers, org
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.ics import Attendee, Event
from pipeline.load.org import Org
from pipeline.targets import CONTACTS, TARGETS, Target, chosen

_STAMPS = ("Owner", "Modified_Time", "Created_Time")
_OF_EVENTS = ("Event_Title", "Start_DateTime", "End_DateTime", "All_day", "Venue", "Description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted: events that touch these days (None: any), of the owner with this e-mail ("": any).

    `language`: of the Outlook that the CSV is for.
    """

    first: date | None = None
    last: date | None = None
    owner: str = ""
    language: str = "en"


def export(config: Config, connection: Connection, wanted: Wanted) -> list[tuple[Path, int]]:
    """Write events.ics, contacts.vcf and contacts.csv below data/export/; return each with how many it holds.

    Raises:
        SettingsError: there is no such language, or no such user.
        TargetError: the CRM refuses or does not answer.
        StorageError: a file cannot be written.
    """
    with requests.Session() as session:
        client = ZohoClient(session, connection, config.zoho.timeout_seconds)
        identity = org.identify(client)
        the_org = org.inspect(client, identity, ("Accounts", "Contacts", "Events"))
        _require_user(the_org, wanted.owner)
        patience = Patience(bulk_read.NEAR if connection.is_loopback else bulk_read.FAR, config.zoho.poll_seconds)
        (target,) = (one for one in chosen(config, TARGETS) if one.table == CONTACTS.table)
        contacts = _contacts(client, the_org, patience, wanted, target)
        table = cards.outlook_csv(contacts, wanted.language, target)
        events = list(_events(client, config, the_org, patience, wanted))
    zones = _zones(config)
    files = (
        ("events.ics", ics.calendar(events, identity.zgid, zones), len(events)),
        ("contacts.vcf", cards.vcards(contacts, target), len(contacts)),
        ("contacts.csv", table, len(contacts)),
    )
    directory = config.project / "data" / "export"
    with store.writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name, content, _ in files:
            (directory / name).write_bytes(content)
    return [(directory / name, count) for name, _, count in files]


def _read(
    client: ZohoClient, the_org: Org, module: str, names: Sequence[str], patience: Patience
) -> list[dict[str, str]]:
    if not the_org.has(module):
        return []
    columns = [name for name in dict.fromkeys((*names, *_STAMPS)) if name in the_org.fields[module]]
    job = bulk_read.start(client, module, columns)
    rows = bulk_read.finish(client, module, job, columns, patience).to_pylist()
    return sorted(rows, key=lambda row: (len(row["id"]), row["id"]))


def _contacts(
    client: ZohoClient, the_org: Org, patience: Patience, wanted: Wanted, target: Target
) -> list[dict[str, str]]:
    """Return the contacts of the owner, with the names of their accounts and managers."""
    accounts = {
        row["id"]: row["Account_Name"] for row in _read(client, the_org, "Accounts", ("Account_Name",), patience)
    }
    columns = (*(one.api_name for one in target.fields), managers.LOOKUP, managers.TEXT)
    rows = _read(client, the_org, "Contacts", columns, patience)
    people = {row["id"]: _name(row) for row in rows}
    found = []
    for row in rows:
        if _is_of(the_org, row, wanted):
            account, manager = (
                (row.get(name) or "").removeprefix("zcrm_") for name in ("Account_Name", managers.LOOKUP)
            )
            named = {
                "Account_Name": accounts.get(account, ""),
                managers.LOOKUP: people.get(manager) or row.get(managers.TEXT) or "",
            }
            found.append({**{name: value or "" for name, value in row.items()}, **named})
    return found


def _name(row: Mapping[str, str]) -> str:
    """Return a person's name as it is written in their language."""
    last, first = row.get("Last_Name") or "", row.get("First_Name") or ""
    return f"{last} {first}".strip() if text.is_japanese(last + first) else f"{first} {last}".strip()


def _require_user(the_org: Org, owner: str) -> None:
    if owner and owner.casefold() not in {user.email.casefold() for user in the_org.users}:
        raise SettingsError(
            f"The CRM has no user {owner}; nothing was written.",
            "OWNER= is the e-mail address of a user of the CRM, active or not.",
        )


def _is_of(the_org: Org, row: Mapping[str, str], wanted: Wanted) -> bool:
    return not wanted.owner or _owner(the_org, row).casefold() == wanted.owner.casefold()


def _owner(the_org: Org, row: Mapping[str, str]) -> str:
    return next((user.email for user in the_org.users if user.id == row.get("Owner")), "")


def _events(client: ZohoClient, config: Config, the_org: Org, patience: Patience, wanted: Wanted) -> Iterator[Event]:
    """Yield the events that are wanted, each with its participants, which only reading it by itself gives."""
    owners = {
        one.owner.casefold(): ZoneInfo(one.time_zone) for one in reversed(config.mailbox) if one.owner and one.time_zone
    }
    key = the_org.key_of("Events", config.zoho.key_field)
    for row in _read(client, the_org, "Events", (*_OF_EVENTS, key) if key else _OF_EVENTS, patience):
        owner = _owner(the_org, row)
        zone = owners.get(owner.casefold(), ZoneInfo(config.outlook.time_zone))
        event = _event(row, owner, (zone, *_zones(config)), row.get(key) or "")
        if event is not None and _is_of(the_org, row, wanted) and _is_on(event, wanted):
            yield replace(event, attendees=tuple(_attendees(client, row["id"])))


def _zones(config: Config) -> list[ZoneInfo]:
    """Return the zones of the mailboxes, then that of those that name none."""
    named = [one.time_zone for one in config.mailbox if one.time_zone]
    return [ZoneInfo(name) for name in dict.fromkeys((*named, config.outlook.time_zone))]


def _event(row: Mapping[str, str], owner: str, zones: Sequence[ZoneInfo], key: str) -> Event | None:
    """Return an event without its attendees, None for one without times; `zones`: its owner's first."""
    start, end = _instant(row.get("Start_DateTime")), _instant(row.get("End_DateTime"))
    if start is None or end is None:
        return None
    is_all_day = (row.get("All_day") or "").casefold() == "true"
    return Event(
        crm_id=row["id"],
        key=key,
        title=row.get("Event_Title") or "",
        start=start,
        end=max(start, end),
        venue=row.get("Venue") or "",
        description=row.get("Description") or "",
        owner=owner,
        zone=zones[0],
        modified_at=_instant(row.get("Modified_Time")) or start,
        days=whole_days(start, end, zones, is_ours=bool(key)) if is_all_day else None,
    )


def whole_days(start: datetime, end: datetime, zones: Sequence[ZoneInfo], *, is_ours: bool) -> tuple[date, date]:
    """Return the first of whole days, and the day after the last.

    The CRM holds the midnight of some zone: the first of `zones` in which it is one. Where it is one in none, an event
    of ours is of a store that had its own zone: the nearest midnight of UTC is on its day, up to 12 hours ahead.
    """
    known = (zone for zone in zones if dates.midnight(dates.day_of(start, zone), zone) == start)
    zone = next(known, ZoneInfo("Etc/UTC") if is_ours else zones[0])
    first = dates.day_of(start, zone)
    return first, max(dates.day_of(end, zone), first + timedelta(days=1))


def _is_on(event: Event, wanted: Wanted) -> bool:
    """Whether an event touches the days; one that ends at midnight does not touch the day that begins then."""
    if event.days:
        begins, ends = event.days[0], event.days[1] - timedelta(days=1)
    else:
        begins = event.start.astimezone(event.zone).date()
        ends = max(begins, (event.end.astimezone(event.zone) - timedelta(microseconds=1)).date())
    return (wanted.last is None or begins <= wanted.last) and (wanted.first is None or ends >= wanted.first)


def _instant(moment: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return None if found is None else found.astimezone(UTC)


def _attendees(client: ZohoClient, record_id: str) -> Iterator[Attendee]:
    body: Any = client.get(f"/crm/v8/Events/{record_id}").body
    data = body.get("data") if isinstance(body, dict) else None
    for one in (data[0].get("Participants") if data else None) or []:
        mark = str(one.get("participant") or "")
        address = str(one.get("Email") or "") or (mark if "@" in mark else "")
        if address:
            yield Attendee(address, str(one.get("name") or ""))
