"""The steps of one load: settle the past, look, plan, have it approved, send, account for every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.load import (
    account,
    attendance,
    bulk_read,
    canary,
    layouts,
    mail_send,
    org,
    org_facts,
    origins,
    planned,
    planning,
    settle,
    snapshot,
    wipe,
)
from pipeline.load.account import Settled
from pipeline.load.approval import Approver
from pipeline.load.before import Before
from pipeline.load.bulk_read import Patience
from pipeline.load.connection import Connection
from pipeline.load.forecast import Cost
from pipeline.load.mail_rows import Mails
from pipeline.load.org import Identity, Org
from pipeline.load.parts import Looked, Made, Parts
from pipeline.load.planned import Facts
from pipeline.load.planning import ModulePlan
from pipeline.load.rollback import past
from pipeline.load.rows import Ready
from pipeline.load.snapshot import Records
from pipeline.load.standing import Standing
from pipeline.outcome import Report
from pipeline.targets import EMAILS


def target_of(connection: Connection, identity: Identity) -> str:
    """Return what the first and the last line of a load call the CRM."""
    return f"{connection.target} «{identity.company}», org {identity.zgid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load into one org, whose ledger is held."""

    parts: Parts
    directory: Path
    approver: Approver
    plans_only: bool
    standing: Standing | None
    is_retry: bool
    resends_doubts: bool
    first: int | None

    def carry_out(self, ready: Ready, mails: Mails, identity: Identity) -> Report:
        """Look at the org, plan, have the plan approved, send it, and account for every row."""
        number = self.parts.ledger.start_run(ready.key)
        looked = self._looked(ready, identity)
        made = self._made(number, looked, ready, mails, identity)
        if self.plans_only:
            return self._only_planned(number, made)
        self._check_affordable(made)
        self._approve(number, made)
        self.parts.ledger.note_plan(number, made.facts.digest)
        origins.keep(self.parts.config, self.directory, ready.key, (*ready.targets, EMAILS))
        sending = self.parts.sending(number, looked, made, mails)
        settled = sending.all(made.plans)
        self.parts.ledger.keep_credits(self.parts.client.meter.by_minute)
        attended = attendance.note(sending.sender.people, account.written(settled, "Events"))
        found_again, made = looked.found_again, replace(made, before=Before({}, {}))
        del sending, looked  # what the CRM held; the tables of the run want the room
        tables = self.directory / "runs" / str(number)
        account.write(settled, tables)
        self.parts.ledger.end_run(number)
        wipe.expire(self.parts.ledger, self.directory, self.parts.config.retention.old_values_days)
        notes = (
            *account.notes(settled, found_again, tables),
            *attended,
            *account.credit_notes(made.forecast, self.parts.client.meter, made.allowed, made.facts.cost),
            *org_facts.notes(self.parts.facts),
        )
        done = self._done(number, made, settled)
        account.describe(settled, done | self._history(number, ready, identity) | {"notes": notes}, tables)
        return Report(
            stage="load",
            loads=tuple(one.account() for one in settled),
            notes=notes,
            target=target_of(self.parts.connection, identity),
            facts=done,
            tables=tables,
        )

    def _looked(self, ready: Ready, identity: Identity) -> Looked:
        """Settle what earlier runs left open, and read what the CRM holds."""
        patience = Patience(
            bulk_read.NEAR if self.parts.connection.is_loopback else bulk_read.FAR, self.parts.config.zoho.poll_seconds
        )
        running = settle.ask_jobs(self.parts.client, self.parts.ledger, patience)
        the_org = org.inspect(self.parts.client, identity, snapshot.MODULES, ready.targets)
        org.keep_fields(the_org, self.directory)
        self._check_view(the_org)
        for target in ready.targets:
            if the_org.has(target.module):
                layouts.resolved(target, the_org.layouts.get(target.module))
        if self.parts.facts.answer("pick_lists") == "display":
            the_org = the_org.by_display()
        taking = self.parts.taking(identity, patience)
        held = snapshot.fetch(
            taking, the_org, self.parts.config.zoho.key_field, self.directory / "snapshot", ready.targets
        )
        found_again = settle.look(self.parts.ledger, held, running, the_org) + mail_send.look(
            self.parts.client, self.parts.ledger
        )
        past.settle(self.parts.ledger, self.parts.client, the_org, held, past.forms(ready.targets, the_org))
        if self.resends_doubts:
            settle.give_up(self.parts.ledger, running)
        return Looked(org=the_org, held=held, found_again=found_again, patience=patience)

    def _made(self, number: int, looked: Looked, ready: Ready, mails: Mails, identity: Identity) -> Made:
        """Make the plan, and say what it costs."""
        planner = self.parts.planner(number, looked.org, looked.held, ready.targets)
        plans = self._wanted(planner.plan(ready), mails, looked.held)
        expected = planning.cost_of(plans, self.parts.sizes)
        allowed = self.parts.config.zoho.credits_a_day or looked.org.credits_a_day
        return Made(
            plans=plans,
            of_records=planning.cost_of([one for one in plans if not one.is_mail], self.parts.sizes),
            forecast=self.parts.client.meter.spent + expected.credits,
            allowed=allowed,
            facts=self._facts(planning.hash_of(plans), identity, ready, expected, allowed),
            before=Before(looked.held, planner.participants),
        )

    def _done(self, number: int, made: Made, settled: Sequence[Settled]) -> dict[str, str | int]:
        return {
            "target": self.parts.connection.target,
            "org": made.facts.zgid,
            "run": number,
            "plan": made.facts.digest,
            "credits": self.parts.client.meter.spent,
            "credits_forecast": made.forecast,
            "audit_head": self.parts.ledger.head,
            "left": account.left(settled),
        }

    def _check_view(self, the_org: Org) -> None:
        """Refuse a real CRM of which the token's user may see only a part, unless the settings accept that."""
        if self.parts.connection.target == "crm" and not (
            the_org.is_admin or self.parts.config.zoho.accept_partial_view
        ):
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
                    self.parts.ledger,
                    self.parts.config.mail,
                    is_on_several=self.parts.facts.is_assumed("message_on_several"),
                )
            )
        if self.is_retry:
            plans = [planning.of_failed(one, self.parts.ledger.failed(one.target.module)) for one in plans]
        if self.first:
            plans = canary.of_first(plans, self.first)
        return self.standing.within(plans) if self.standing else plans

    def _history(self, run_number: int, ready: Ready, identity: Identity) -> dict[str, Any]:
        """Return when a run took place, on what, and who approved it."""
        started, ended = self.parts.ledger.run_times(run_number)
        approval = self.parts.ledger.approval(run_number)
        return {
            "company": identity.company,
            "ready": ready.key,
            "known": org_facts.rows(self.parts.facts),
            "started_at": started,
            "ended_at": ended,
            "approved": dict(zip(("plan", "by", "at", "way"), approval, strict=True)) if approval else None,
        }

    def _check_affordable(self, made: Made) -> None:
        """Refuse a plan above what is left of the day, unless it is to be spread over days."""
        room, expected = self.parts.client.meter.room(made.allowed), made.of_records
        if room is None or expected.credits <= room or self.parts.config.zoho.over_allowance == "spread":
            return
        self.parts.ledger.keep_credits(self.parts.client.meter.by_minute)
        raise SettingsError(
            f"The plan costs {expected.credits:,} credits ({expected.calls:,} calls), and {room:,} are left of the "
            f"org's {made.allowed or room:,} in 24 hours. Nothing was sent.",
            'Set [zoho] over_allowance = "spread" and run make load once a day, wait, or buy API credits.',
        )

    def _facts(self, digest: str, identity: Identity, ready: Ready, expected: Cost, allowed: int | None) -> Facts:
        return Facts(
            digest=digest,
            target=self.parts.connection.target,
            zgid=identity.zgid,
            company=identity.company,
            ready=ready.key,
            cost=expected,
            spent=self.parts.client.meter.spent,
            room=self.parts.client.meter.room(allowed),
            known=self.parts.facts,
            credits_a_day=allowed,
            mails_a_day=min((one for one in (self.parts.config.mail.most_a_day, allowed) if one), default=None),
        )

    def _write_plan(self, made: Made) -> Path:
        tables = self.directory / "plans" / made.facts.digest
        planned.write(made.plans, made.before, made.facts, tables)
        return tables

    def _only_planned(self, number: int, made: Made) -> Report:
        """Write what would be done; of the org nothing is changed."""
        self.parts.ledger.keep_credits(self.parts.client.meter.by_minute)
        self.parts.ledger.end_run(number)
        target = f"{made.facts.target} «{made.facts.company}», org {made.facts.zgid}"
        return planned.report(made.plans, made.facts, target, self._write_plan(made))

    def _approve(self, number: int, made: Made) -> None:
        """A person approves exactly this plan before a real CRM is changed (design.md section 7).

        Raises:
            SettingsError: nobody does.
        """
        changes, facts = planned.changes(made.plans), made.facts
        if self.parts.connection.target == "sandbox" or not changes:
            return
        self._write_plan(made)
        sentence = planned.sentence(made.plans, facts)
        if self.standing and self.approver.given != facts.digest:
            approved = self.standing.approve(changes, sentence)
        else:
            approved = self.approver.approve(facts.digest, sentence)
        self.parts.ledger.note_approval(number, facts.digest, approved.by, approved.way)
