"""One load: identify the org, settle the past, snapshot, plan, send module by module, account."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, Unpack

import requests

from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import (
    ledger,
    mail_rows,
    org,
    org_facts,
    rows,
)
from pipeline.load.approval import Approver
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.course import Course
from pipeline.load.credits import DAY_MINUTES, Meter, this_minute
from pipeline.load.loading import Load, target_of
from pipeline.load.lock import Waiting
from pipeline.load.mail_rows import Mails
from pipeline.load.org_facts import OrgFacts
from pipeline.load.parts import Parts
from pipeline.load.rows import Ready
from pipeline.load.standing import Standing
from pipeline.load.waiting import Pause
from pipeline.outcome import Report

_LOCK_SECONDS = 60.0  # another load of the org is waited for that long


def _silent(_line: str) -> None:
    """Say nothing."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the cyclic collector off: of millions of small objects none is in a cycle, and looking takes a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Wishes(TypedDict, total=False):
    """What a person may want of a load.

    `is_retry`: send again only what failed and is worth it. `resends_doubts`: a person's word that what is in doubt
    never came to be: it is sent again. `approver`: who approves the plan of a real CRM; without: the environment.
    `plans_only`: send nothing, only write what would be done. `standing`: of a sync: in a real CRM only what it covers
    is done. `course`: told how far it is, and asked whether to stop. `first`: send only so many rows of each module,
    with the records that they point to.
    """

    is_retry: bool
    resends_doubts: bool
    approver: Approver | None
    plans_only: bool
    standing: Standing | None
    course: Course | None
    first: int | None


def run(
    config: Config, connection: Connection, say: Callable[[str], None] = _silent, **wishes: Unpack[Wishes]
) -> Report:
    """Send the ready tables to a CRM and return what became of every row.

    Writes below data/audit/<target>-<zgid>/: the ledger, the snapshot, and the tables of the run.

    Args:
        config: the settings.
        connection: the CRM.
        say: told which org it is before anything is sent, and of every long wait.
        wishes: see `Wishes`.

    Raises:
        StageError: there are no ready tables, or they are stale or damaged.
        SettingsError: a real CRM would get the sample, files without a mailbox, or what nobody approved.
        TargetError: the CRM refuses the credentials, or cannot be used.
        BusyError: another load is at work on the same org.
        StorageError: ledger or tables cannot be written.
    """
    with requests.Session() as session, _without_collector():
        return run_over(session, config, connection, say, **wishes)


def run_over(
    session: requests.Session,
    config: Config,
    connection: Connection,
    say: Callable[[str], None] = _silent,
    sleep: Callable[[float], None] = time.sleep,
    **wishes: Unpack[Wishes],
) -> Report:
    """Do what `run` does over a session of the caller's, which nobody else may use; errors as `run`.

    `sleep`: waits before a request is repeated; a seam for tests.
    """
    ready, mails = _read(config, connection)
    client = ZohoClient(session, connection, config.zoho.timeout_seconds, pause=Pause(say, sleep), meter=Meter())
    identity = org.identify(client)
    plans_only = wishes.get("plans_only", False)
    say(
        f"{'plan  ' if plans_only else 'load  '}      {'for' if plans_only else 'to'} {target_of(connection, identity)}"
    )
    directory = config.audit / f"{connection.target}-{identity.zgid}"
    with ledger.opened(directory, Waiting(_LOCK_SECONDS, say)) as memory:
        known = org_facts.known(config, directory)
        _check_times(known, ready)
        _go_on_counting(client.meter, memory, known)
        parts = Parts(
            config=config,
            connection=connection,
            client=client,
            ledger=memory,
            course=wishes.get("course") or Course(),
            facts=known,
        )
        return _load(parts, directory, wishes).carry_out(ready, mails, identity)


def _read(config: Config, connection: Connection) -> tuple[Ready, Mails]:
    """Return what is to be loaded, once nothing speaks against it."""
    ready, mails = rows.read(config), mail_rows.read(config.transformed)
    _check_modules(config.zoho.workflows_checked, ready)
    _check_policies(config.policy, ready)
    if connection.target == "crm":
        rows.check_real(ready, (mail.row for mail in mails.listed))
    return ready, mails


def _go_on_counting(meter: Meter, memory: ledger.Ledger, known: OrgFacts) -> None:
    """Let a meter begin with the credits that earlier runs spent today."""
    meter.bulk_read = known.bulk_read_credits
    meter.add(memory.credits(this_minute() - DAY_MINUTES))


def _load(parts: Parts, directory: Path, wishes: Wishes) -> Load:
    return Load(
        parts=parts,
        directory=directory,
        approver=wishes.get("approver") or Approver.of_environment(),
        plans_only=wishes.get("plans_only", False),
        standing=wishes.get("standing") if parts.connection.target == "crm" else None,
        is_retry=wishes.get("is_retry", False),
        resends_doubts=wishes.get("resends_doubts", False),
        first=wishes.get("first"),
    )


def _check_policies(policies: Mapping[str, str], ready: Ready) -> None:
    """Refuse a policy for a field that nothing goes into: it would have no effect, and nobody would know why."""
    names = {f"{target.module}.{name}" for target in ready.targets for name in target.names}
    if unknown := sorted(policies.keys() - names):
        raise SettingsError(
            f"[policy] names {', '.join(unknown)}, which is no field that is loaded; nothing was sent.",
            'Write module and field as Zoho does, in quotes: "Contacts.Phone" = "always".',
        )


def _check_times(known: OrgFacts, ready: Ready) -> None:
    """Refuse events where the org does not keep their instants: nobody may come at the wrong time."""
    if ready.tables.get("Events") and known.answer("times") == "moved":
        raise SettingsError(
            "A canary found that this org does not keep the instants of events as they are sent. Nothing was sent.",
            'See the differences of that run (make verify). [org] times = "as sent" loads them in spite of it.',
        )


def _check_modules(checked: Sequence[str], ready: Ready) -> None:
    """Refuse a misspelt module: its rows would go the slower way, and nobody would know why."""
    modules = [target.module for target in ready.targets]
    if unknown := sorted(set(checked) - set(modules)):
        raise SettingsError(
            f"[zoho] workflows_checked names {', '.join(unknown)}, which is nothing that is loaded; nothing was sent.",
            f"The modules are {', '.join(modules)}, written just so.",
        )
