"""Reads again what was loaded, and reports field by field what the CRM holds otherwise than it was sent."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from pipeline import store
from pipeline.config import Config
from pipeline.engine import Told, counted, tell_nobody
from pipeline.load import (
    attendance,
    bulk_read,
    ledger,
    observe,
    org,
    org_facts,
    snapshot,
    values,
    verify_mail,
)
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.credits import DAY_MINUTES, Meter, this_minute
from pipeline.load.difference import CHANGED, EMPTIED, MISSING, Difference
from pipeline.load.ledger import Ledger
from pipeline.load.lock import Waiting
from pipeline.load.org import Org
from pipeline.load.people import People, addresses_of, own_of
from pipeline.load.remembered import Known
from pipeline.load.rollback import past, view
from pipeline.load.rollback.plan import Form
from pipeline.load.snapshot import LEADS, Records
from pipeline.load.values import Value, normal
from pipeline.load.waiting import Pause
from pipeline.load.written import NOTHING
from pipeline.schemas import DIFFERENCES
from pipeline.targets import EMAILS, TARGETS, Kind, chosen

_LOCK_SECONDS = 60.0


def _silent(_line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was read again: records by module, and what differs; `tables`: where that is written.

    `bare`: by module, records of the CRM that rows were matched with, and that were given no value (at most the key).
    """

    counts: Mapping[str, int]
    differences: tuple[Difference, ...]
    tables: Path
    bare: Mapping[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records differ in a field, or are missing."""
        return len({(one.module, one.crm_key) for one in self.differences})


def verify(
    config: Config,
    connection: Connection,
    say: Callable[[str], None] = _silent,
    *,
    observes: bool = False,
    told: Told = tell_nobody,
) -> Verified:
    """Read again every record that a load wrote, and compare it with what was written last.

    `observes`: also learn from the last run what only the org can tell (see `org_facts`), and remember it;
    `told`: how far it is.

    Raises:
        TargetError: the CRM refuses the credentials, or cannot be used.
        BusyError: a load is at work on the same org.
        StorageError: the tables cannot be written.
    """
    with requests.Session() as session:
        meter = Meter()
        pause = Pause(say, time.sleep)
        client = ZohoClient(session, connection, config.zoho.timeout_seconds, pause=pause, meter=meter)
        identity = org.identify(client)
        say(f"verify      {connection.target} «{identity.company}», org {identity.zgid}")
        directory = config.audit / f"{connection.target}-{identity.zgid}"
        pauses = bulk_read.NEAR if connection.is_loopback else bulk_read.FAR
        with ledger.opened(directory, Waiting(_LOCK_SECONDS, say)) as book:
            meter.bulk_read = org_facts.known(config, directory).bulk_read_credits
            meter.add(book.credits(this_minute() - DAY_MINUTES))
            the_org = org.inspect(client, identity, snapshot.MODULES, chosen(config, TARGETS))
            reading = _Reading(config, client, book, the_org, Patience(pauses, config.zoho.poll_seconds), told)
            found = reading.all(directory / "verified")
            if observes:
                forms = past.forms(chosen(config, TARGETS), the_org)
                observe.observe(client, book, the_org, forms, directory)
            book.keep_credits(meter.by_minute)
    for line in lines(found):
        say(line)
    if observes:
        for line in org_facts.said(org_facts.known(config, directory)):
            say(line)
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads what was loaded into one org."""

    config: Config
    client: ZohoClient
    ledger: Ledger
    org: Org
    patience: Patience
    told: Told = tell_nobody

    def all(self, tables: Path) -> Verified:
        forms = past.forms(chosen(self.config, TARGETS), self.org)
        known = {module: _written(self.ledger, module) for module in forms if self.org.has(module)}
        known = {module: found for module, found in known.items() if found}
        held = view.records(self.client, self.org, self._columns(known), self.patience, self.told)
        differences = tuple(
            one for module, found in known.items() for one in self._module(module, found, held, forms[module])
        )
        if mails := _written(self.ledger, EMAILS.module):
            known[EMAILS.module] = mails
            differences += tuple(verify_mail.differences(self.client, mails, self.told))
        counts = {module: len(found) for module, found in known.items()}
        bare = {module: sum(one.stored == NOTHING for one in self.ledger.records(module).values()) for module in forms}
        result = Verified(counts=counts, differences=differences, tables=tables / "differences.parquet", bare=bare)
        store.write_rows((_row(one) for one in differences), result.tables, DIFFERENCES)
        with self.ledger.transaction():
            facts = {"records": sum(counts.values()), "different": result.records, "fields": len(differences)}
            self.ledger.connection.note("verified", **facts)
        return result

    def _columns(self, known: Mapping[str, Mapping[str, Known]]) -> dict[str, Sequence[str]]:
        columns: dict[str, Sequence[str]] = {
            module: [
                name
                for name in dict.fromkeys(name for one in found.values() for name in one.written)
                if name != "Participants"
            ]
            for module, found in known.items()
        }
        if any("Participants" in one.written for found in known.values() for one in found.values()):
            for module in ("Contacts", LEADS):
                if self.org.has(module):
                    columns[module] = [*columns.get(module, ()), *view.ADDRESSES]
        return columns

    def _module(
        self, module: str, known: Mapping[str, Known], held: Mapping[str, Records], form: Form
    ) -> Iterator[Difference]:
        guests = self._guests(module, known, held)
        for crm_key, one in counted(list(known.items()), self.told, f"comparing {module}", "records"):
            record = held[module].by_id.get(one.crm_id)
            if record is None:
                yield Difference(module=module, crm_key=crm_key, crm_id=one.crm_id, what=MISSING)
                continue
            for name, ours in one.written.items():
                kind = form.kinds.get(name, Kind.TEXT)
                theirs = guests.get(one.crm_id) if kind is Kind.PARTICIPANTS else values.of_crm(kind, record.get(name))
                if normal(kind, ours) != normal(kind, theirs):
                    yield Difference(
                        module=module,
                        crm_key=crm_key,
                        crm_id=one.crm_id,
                        what=CHANGED if normal(kind, theirs) is not None else EMPTIED,
                        field=name,
                        ours=ours,
                        theirs=theirs,
                        modified_at=str(values.of_crm(Kind.DATETIME, record.get("Modified_Time")) or ""),
                        by=record.get("Modified_By", ""),
                    )

    def _guests(
        self, module: str, known: Mapping[str, Known], held: Mapping[str, Records]
    ) -> dict[str, tuple[str, ...]]:
        """Return the participants of events; no bulk read shows them, so each is a call of its own."""
        written = {
            one.crm_id: one.written["Participants"]
            for one in known.values()
            if "Participants" in one.written and one.crm_id in held[module].by_id
        }
        sources = {name: held.get(name, Records(name, {})) for name in ("Contacts", LEADS)}
        everybody = view.people(sources, self.org.users)
        people = People(sources["Contacts"], sources[LEADS], self.org.users, own_of(self.config.mailbox, self.org))
        met: dict[str, list[Any]] = {}
        attendance.ask(self.client, module, written, everybody, met, self.told)
        return {
            crm_id: addresses_of(met[crm_id], {**everybody, **attendance.as_written(ours, people)})
            for crm_id, ours in written.items()
        }


def _written(book: Ledger, module: str) -> dict[str, Known]:
    return {key: one for key, one in book.records(module).items() if one.stored != NOTHING}


def _row(one: Difference) -> dict[str, str | None]:
    return {
        "module": one.module,
        "crm_key": one.crm_key,
        "crm_id": one.crm_id,
        "what": one.what,
        "field": one.field or None,
        "ours": _text(one.ours),
        "theirs": _text(one.theirs),
        "modified_at": one.modified_at or None,
        "modified_by": one.by or None,
    }


def _text(value: Value) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(values.storable(value), ensure_ascii=False)


def lines(found: Verified) -> list[str]:
    """Return what was found as lines: counts, times and names of fields, no value of any record."""
    told = [line for module, count in found.counts.items() for line in _module_lines(module, count, found.differences)]
    told += [
        f"  {module}: {count:,} more in the CRM hold no value of ours, at most the key: nothing to compare"
        for module, count in found.bare.items()
        if count
    ]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    total = sum(found.counts.values())
    told.append(f"verify      {total:,} records read again at {now}, {found.records:,} of them not as they were sent")
    return [*told, f"  field by field: {found.tables}"] if found.differences else told


def _module_lines(module: str, count: int, differences: Sequence[Difference]) -> Iterator[str]:
    own = [one for one in differences if one.module == module]
    odd = {one.crm_key for one in own}
    missing = sum(one.what == MISSING for one in own)
    same, changed = count - len(odd), len(odd) - missing
    yield f"  {module}: {count:,} loaded = {same:,} as sent + {changed:,} changed + {missing:,} missing"
    for (name, what), number in sorted(Counter((one.field, one.what) for one in own if one.field).items()):
        times = sorted(one.modified_at for one in own if (one.field, one.what) == (name, what) and one.modified_at)
        when = " to ".join(dict.fromkeys((times[0], times[-1]))) if times else "the CRM does not say when"
        yield f"    {name} {what} in {number:,}; records changed last: {when}"
