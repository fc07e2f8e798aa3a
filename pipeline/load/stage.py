"""One load: identify the org, settle the past, snapshot, plan, send module by module, account."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

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


def run(  # noqa: PLR0913 - what a load needs, and what the person wants of it
    config: Config,
    connection: Connection,
    say: Callable[[str], None] = _silent,
    *,
    is_retry: bool = False,
    resends_doubts: bool = False,
    approver: Approver | None = None,
    plans_only: bool = False,
    standing: Standing | None = None,
    course: Course | None = None,
    first: int | None = None,
) -> Report:
    """Send the ready tables to a CRM and return what became of every row.

    Writes below data/audit/<target>-<zgid>/: the ledger, the snapshot, and the tables of the run.

    Args:
        config: the settings.
        connection: the CRM.
        say: told which org it is before anything is sent, and of every long wait.
        is_retry: send again only what failed and is worth it.
        resends_doubts: a person's word that what is in doubt never came to be: it is sent again.
        approver: who approves the plan of a real CRM; None: the environment.
        plans_only: send nothing, only write what would be done.
        first: send only so many rows of each module, with the records that they point to; None: all.
        course: told how far it is, and asked whether to stop; None: nobody is, it goes to its end.
        standing: of a sync: in a real CRM only what it covers is done.

    Raises:
        StageError: there are no ready tables, or they are stale or damaged.
        SettingsError: a real CRM would get the sample, files without a mailbox, or what nobody approved.
        TargetError: the CRM refuses the credentials, or cannot be used.
        BusyError: another load is at work on the same org.
        StorageError: ledger or tables cannot be written.
    """
    with requests.Session() as session, _without_collector():
        return run_over(
            session,
            config,
            connection,
            say,
            is_retry=is_retry,
            resends_doubts=resends_doubts,
            approver=approver,
            plans_only=plans_only,
            standing=standing,
            course=course,
            first=first,
        )


def run_over(  # noqa: PLR0913 - what a load needs, and its seams
    session: requests.Session,
    config: Config,
    connection: Connection,
    say: Callable[[str], None] = _silent,
    sleep: Callable[[float], None] = time.sleep,
    *,
    is_retry: bool = False,
    resends_doubts: bool = False,
    approver: Approver | None = None,
    plans_only: bool = False,
    standing: Standing | None = None,
    course: Course | None = None,
    first: int | None = None,
) -> Report:
    """Do what `run` does over a session of the caller's, which nobody else may use; errors as `run`.

    `sleep`: waits before a request is repeated; a seam for tests.
    """
    ready, mails = rows.read(config), mail_rows.read(config.transformed)
    _check_modules(config.zoho.workflows_checked, ready)
    _check_policies(config.policy, ready)
    if connection.target == "crm":
        rows.check_real(ready, (mail.row for mail in mails.listed))
    meter = Meter()
    client = ZohoClient(session, connection, config.zoho.timeout_seconds, pause=Pause(say, sleep), meter=meter)
    identity = org.identify(client)
    say(
        f"{'plan  ' if plans_only else 'load  '}      {'for' if plans_only else 'to'} {target_of(connection, identity)}"
    )
    directory = config.audit / f"{connection.target}-{identity.zgid}"
    with ledger.opened(directory, Waiting(_LOCK_SECONDS, say)) as memory:
        known = org_facts.known(config, directory)
        _check_times(known, ready)
        meter.bulk_read = known.bulk_read_credits
        meter.add(memory.credits(this_minute() - DAY_MINUTES))
        parts = Parts(
            config=config,
            connection=connection,
            client=client,
            ledger=memory,
            course=course or Course(),
            facts=known,
        )
        load = Load(
            parts=parts,
            directory=directory,
            approver=approver or Approver.of_environment(),
            plans_only=plans_only,
            standing=standing if connection.target == "crm" else None,
            is_retry=is_retry,
            resends_doubts=resends_doubts,
            first=first,
        )
        return load.carry_out(ready, mails, identity)


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
