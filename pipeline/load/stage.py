"""One load: identify the org, settle the past, snapshot, plan, send module by module, account."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import (
    account,
    attendance,
    bulk_read,
    canary,
    ledger,
    mail_rows,
    mail_send,
    org,
    org_facts,
    origins,
    plan,
    planned,
    planning,
    rows,
    settle,
    snapshot,
    wipe,
)
from pipeline.load.approval import Approver
from pipeline.load.before import Before
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.course import Course
from pipeline.load.credits import DAY_MINUTES, Meter, this_minute
from pipeline.load.forecast import Cost, Purse
from pipeline.load.ledger import Ledger
from pipeline.load.lock import Waiting
from pipeline.load.mail_rows import Mails
from pipeline.load.mail_send import MailSender
from pipeline.load.moved import Watch
from pipeline.load.org import Identity, Org
from pipeline.load.org_facts import OrgFacts
from pipeline.load.people import Own, People
from pipeline.load.plan import Sizes
from pipeline.load.planned import Facts
from pipeline.load.planning import ModulePlan, Planner
from pipeline.load.rollback import past
from pipeline.load.rows import Ready
from pipeline.load.send import Sender
from pipeline.load.sending import Sending
from pipeline.load.snapshot import LEADS, Records, Taking
from pipeline.load.standing import Standing
from pipeline.load.waiting import Pause
from pipeline.outcome import Report
from pipeline.targets import EMAILS, Target

_LOCK_SECONDS = 60.0  # another load of the org is waited for that long


def _silent(_line: str) -> None:
    """Say nothing."""


def _target(connection: Connection, identity: Identity) -> str:
    return f"{connection.target} «{identity.company}», org {identity.zgid}"


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
    say(f"{'plan  ' if plans_only else 'load  '}      {'for' if plans_only else 'to'} {_target(connection, identity)}")
    directory = config.audit / f"{connection.target}-{identity.zgid}"
    with ledger.opened(directory, Waiting(_LOCK_SECONDS, say)) as memory:
        known = org_facts.known(config, directory)
        _check_times(known, ready)
        meter.bulk_read = known.bulk_read_credits
        meter.add(memory.credits(this_minute() - DAY_MINUTES))
        load = _Load(
            config=config,
            connection=connection,
            client=client,
            ledger=memory,
            directory=directory,
            approver=approver or Approver.of_environment(),
            plans_only=plans_only,
            standing=standing if connection.target == "crm" else None,
            is_retry=is_retry,
            resends_doubts=resends_doubts,
            course=course or Course(),
            first=first,
            facts=known,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """One load into one org, whose ledger is held."""

    config: Config
    connection: Connection
    client: ZohoClient
    ledger: Ledger
    directory: Path
    approver: Approver
    plans_only: bool
    standing: Standing | None
    is_retry: bool
    resends_doubts: bool
    course: Course
    first: int | None
    facts: OrgFacts

    def carry_out(self, ready: Ready, mails: Mails, identity: Identity) -> Report:
        run_number = self.ledger.start_run(ready.key)
        patience = Patience(
            bulk_read.NEAR if self.connection.is_loopback else bulk_read.FAR, self.config.zoho.poll_seconds
        )
        running = settle.ask_jobs(self.client, self.ledger, patience)
        the_org = org.inspect(self.client, identity, snapshot.MODULES)
        org.keep_fields(the_org, self.directory)
        self._check_view(the_org)
        taking = self._taking(identity, patience)
        held = snapshot.fetch(taking, the_org, self.config.zoho.key_field, self.directory / "snapshot", ready.targets)
        found_again = settle.look(self.ledger, held, running, the_org) + mail_send.look(self.client, self.ledger)
        past.settle(self.ledger, self.client, the_org, held, past.forms(ready.targets, the_org))
        if self.resends_doubts:
            settle.give_up(self.ledger, running)
        planner = self._planner(run_number, the_org, held, ready.targets)
        plans = self._wanted(planner.plan(ready), mails, held)
        expected = planning.cost_of(plans, self._sizes())
        of_records = planning.cost_of([one for one in plans if not one.is_mail], self._sizes())
        forecast = self.client.meter.spent + expected.credits
        allowed = self.config.zoho.credits_a_day or the_org.credits_a_day
        digest = planning.hash_of(plans)
        facts = self._facts(digest, identity, ready, expected, allowed)
        before = Before(held, planner.participants)
        if self.plans_only:
            return self._only_planned(run_number, plans, before, facts)
        self._check_affordable(of_records, allowed)
        self._approve(run_number, plans, before, facts)
        self.ledger.note_plan(run_number, digest)
        origins.keep(self.config, self.directory, ready.key, (*ready.targets, EMAILS))
        sender = self._sender(run_number, the_org, before, patience)
        purse = Purse(self.client.meter, allowed if self.config.zoho.over_allowance == "spread" else None)
        sending = Sending(
            sender=sender,
            ledger=self.ledger,
            sizes=self._sizes(),
            run=run_number,
            purse=purse,
            watch=Watch(self.client, held),
            mail=self._mail_sender(run_number, mails, the_org, allowed),
            course=self.course,
        )
        settled = sending.all(plans)
        self.ledger.keep_credits(self.client.meter.by_minute)
        tables = self.directory / "runs" / str(run_number)
        account.write(settled, tables)
        self.ledger.end_run(run_number)
        wipe.expire(self.ledger, self.directory, self.config.retention.old_values_days)
        done: dict[str, str | int] = {
            "target": self.connection.target,
            "org": identity.zgid,
            "run": run_number,
            "plan": digest,
            "credits": self.client.meter.spent,
            "credits_forecast": forecast,
            "audit_head": self.ledger.head,
            "left": account.left(settled),
        }
        notes = (
            *account.notes(settled, found_again, tables),
            *attendance.note(sender.people, account.written(settled, "Events")),
            *account.credit_notes(forecast, self.client.meter.spent, allowed, expected),
            *org_facts.notes(self.facts),
        )
        account.describe(settled, done | self._history(run_number, ready, identity) | {"notes": notes}, tables)
        return Report(
            stage="load",
            loads=tuple(one.account() for one in settled),
            notes=notes,
            target=_target(self.connection, identity),
            facts=done,
            tables=tables,
        )

    def _check_view(self, the_org: Org) -> None:
        """Refuse a real CRM of which the token's user may see only a part, unless the settings accept that."""
        if self.connection.target == "crm" and not (the_org.is_admin or self.config.zoho.accept_partial_view):
            raise SettingsError(
                "The token's user is no administrator: what it cannot see would be made twice. Nothing was sent.",
                "Use an administrator's token, or set [zoho] accept_partial_view = true if it sees all that matters.",
            )

    def _wanted(self, plans: list[ModulePlan], mails: Mails, held: Mapping[str, Records]) -> list[ModulePlan]:
        """Add what becomes of mail, and leave of all plans what this load is for: a retry, first rows, a sync."""
        if mails.listed:
            plans.append(
                planning.of_mails(
                    mails,
                    plans,
                    held,
                    self.ledger,
                    self.config.mail,
                    is_on_several=self.facts.is_assumed("message_on_several"),
                )
            )
        if self.is_retry:
            plans = [planning.of_failed(one, self.ledger.failed(one.target.module)) for one in plans]
        if self.first:
            plans = canary.of_first(plans, self.first)
        return self.standing.within(plans) if self.standing else plans

    def _history(self, run_number: int, ready: Ready, identity: Identity) -> dict[str, Any]:
        """Return when a run took place, on what, and who approved it."""
        started, ended = self.ledger.run_times(run_number)
        approval = self.ledger.approval(run_number)
        return {
            "company": identity.company,
            "ready": ready.key,
            "known": org_facts.rows(self.facts),
            "started_at": started,
            "ended_at": ended,
            "approved": dict(zip(("plan", "by", "at", "way"), approval, strict=True)) if approval else None,
        }

    def _taking(self, identity: Identity, patience: Patience) -> Taking:
        """Return how the snapshot is taken; anew, where something is still open: what came of it must be seen."""
        is_open = self.ledger.open_batches() or past.is_open(self.ledger)
        hours = 0.0 if is_open else self.config.zoho.snapshot_hours
        return Taking(
            client=self.client,
            patience=patience,
            answered_at=identity.answered_at,
            most_age=timedelta(hours=hours),
            told=self.course.looked,
        )

    def _sizes(self) -> Sizes:
        return Sizes(self.config.zoho.bulk_rows, self.config.zoho.record_rows)

    def _check_affordable(self, expected: Cost, allowed: int | None) -> None:
        """Refuse a plan above what is left of the day, unless it is to be spread over days."""
        room = self.client.meter.room(allowed)
        if room is None or expected.credits <= room or self.config.zoho.over_allowance == "spread":
            return
        self.ledger.keep_credits(self.client.meter.by_minute)
        raise SettingsError(
            f"The plan costs {expected.credits:,} credits ({expected.calls:,} calls), and {room:,} are left of the "
            f"org's {allowed or room:,} in 24 hours. Nothing was sent.",
            'Set [zoho] over_allowance = "spread" and run make load once a day, wait, or buy API credits.',
        )

    def _planner(
        self, run_number: int, the_org: Org, held: Mapping[str, Records], targets: Sequence[Target]
    ) -> Planner:
        zoho = self.config.zoho
        return Planner(
            client=self.client,
            ledger=self.ledger,
            run=run_number,
            org=the_org,
            snapshot=held,
            transports={
                target.module: plan.choose(
                    target,
                    the_org,
                    zoho.key_field,
                    self.connection.target,
                    zoho.workflows_checked,
                    takes_lines=self.facts.is_assumed("bulk_line_ends"),
                )
                for target in targets
            },
            fallback_owner=self.config.owners.fallback,
            sizes=self._sizes(),
            preferred=zoho.transport,
            policies=self.config.policy,
            people=self._people_of(the_org, held),
            told=self.course.looked,
            has_contact_beside_guests=self.facts.is_assumed("contact_beside_guests"),
        )

    def _people_of(self, the_org: Org, held: Mapping[str, Records]) -> People:
        own = [
            Own(
                mailbox.name,
                frozenset(address.strip().casefold() for address in mailbox.addresses),
                (the_org.user_id(mailbox.owner) if mailbox.owner else None) or "",
            )
            for mailbox in self.config.mailbox
        ]
        return People(held["Contacts"], held[LEADS], the_org.users, own)

    def _sender(self, run_number: int, the_org: Org, before: Before, patience: Patience) -> Sender:
        held = before.records
        return Sender(
            client=self.client,
            ledger=self.ledger,
            run=run_number,
            zgid=the_org.zgid,
            people=self._people_of(the_org, held),
            patience=patience,
            before=before,
        )

    def _mail_sender(self, run_number: int, mails: Mails, the_org: Org, allowed: int | None) -> MailSender:
        """Return who sends e-mails: those of a mailbox are its user's, where the token may say so."""
        most = self.config.mail.most_a_day
        since = datetime.now(UTC) - timedelta(days=1)

        def room() -> int | None:
            of_credits = self.client.meter.room(allowed)
            of_mails = most - self.ledger.created_since(EMAILS.module, since) if most else None
            return min((one for one in (of_credits, of_mails) if one is not None), default=None)

        return MailSender(
            client=self.client,
            ledger=self.ledger,
            run=run_number,
            mails=mails,
            owners=lambda email: (the_org.user_id(email) if email and the_org.is_admin else None) or "",
            room=room,
            course=self.course,
        )

    def _facts(self, digest: str, identity: Identity, ready: Ready, expected: Cost, allowed: int | None) -> Facts:
        return Facts(
            digest=digest,
            target=self.connection.target,
            zgid=identity.zgid,
            company=identity.company,
            ready=ready.key,
            cost=expected,
            spent=self.client.meter.spent,
            room=self.client.meter.room(allowed),
            known=self.facts,
            credits_a_day=allowed,
            mails_a_day=min((one for one in (self.config.mail.most_a_day, allowed) if one), default=None),
        )

    def _write_plan(self, plans: Sequence[ModulePlan], before: Before, facts: Facts) -> Path:
        tables = self.directory / "plans" / facts.digest
        planned.write(plans, before, facts, tables)
        return tables

    def _only_planned(self, run_number: int, plans: Sequence[ModulePlan], before: Before, facts: Facts) -> Report:
        """Write what would be done; of the org nothing is changed."""
        self.ledger.keep_credits(self.client.meter.by_minute)
        self.ledger.end_run(run_number)
        return planned.report(
            plans, facts, f"{facts.target} «{facts.company}», org {facts.zgid}", self._write_plan(plans, before, facts)
        )

    def _approve(self, run_number: int, plans: Sequence[ModulePlan], before: Before, facts: Facts) -> None:
        """A person approves exactly this plan before a real CRM is changed (design.md section 7).

        Raises:
            SettingsError: nobody does.
        """
        if self.connection.target == "sandbox" or not planned.changes(plans):
            return
        self._write_plan(plans, before, facts)
        sentence = planned.sentence(plans, facts)
        if self.standing and self.approver.given != facts.digest:
            approved = self.standing.approve(planned.changes(plans), sentence)
        else:
            approved = self.approver.approve(facts.digest, sentence)
        self.ledger.note_approval(run_number, facts.digest, approved.by, approved.way)
