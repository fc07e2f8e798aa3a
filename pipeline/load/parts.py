"""What one load is made of: who looks, who plans and who sends, as the settings and the org have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.config import Config
from pipeline.load import (
    plan,
)
from pipeline.load.before import Before
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.course import Course
from pipeline.load.forecast import Cost, Purse
from pipeline.load.ledger import Ledger
from pipeline.load.mail_rows import Mails
from pipeline.load.mail_send import MailSender
from pipeline.load.moved import Watch
from pipeline.load.org import Identity, Org
from pipeline.load.org_facts import OrgFacts
from pipeline.load.people import People, own_of
from pipeline.load.plan import Sizes
from pipeline.load.planned import Facts
from pipeline.load.planning import ModulePlan, Planner
from pipeline.load.rollback import past
from pipeline.load.send import Sender
from pipeline.load.sending import Sending
from pipeline.load.snapshot import LEADS, Records, Taking
from pipeline.targets import EMAILS, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the CRM holds before a load; `found_again`: rows of an interrupted load that were looked up there."""

    org: Org
    held: Mapping[str, Records]
    found_again: int
    patience: Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A whole plan. `of_records`: what it costs but for mail; `forecast`: credits of the run; `allowed`: of the day."""

    plans: list[ModulePlan]
    of_records: Cost
    forecast: int
    allowed: int | None
    facts: Facts
    before: Before


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Makes the parts of one load into one org, whose ledger is held."""

    config: Config
    connection: Connection
    client: ZohoClient
    ledger: Ledger
    course: Course
    facts: OrgFacts

    def taking(self, identity: Identity, patience: Patience) -> Taking:
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

    @property
    def sizes(self) -> Sizes:
        """How many rows go in one request."""
        zoho = self.config.zoho
        return Sizes(zoho.bulk_rows, zoho.record_rows if self.facts.is_assumed("reply_order") else 1)

    def planner(self, run_number: int, the_org: Org, held: Mapping[str, Records], targets: Sequence[Target]) -> Planner:
        """Return who plans the modules."""
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
            sizes=self.sizes,
            preferred=zoho.transport,
            policies=self.config.policy,
            people=self._people_of(the_org, held),
            told=self.course.looked,
            has_contact_beside_guests=self.facts.is_assumed("contact_beside_guests"),
        )

    def _people_of(self, the_org: Org, held: Mapping[str, Records]) -> People:
        return People(held["Contacts"], held[LEADS], the_org.users, own_of(self.config.mailbox, the_org))

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

    def sending(self, number: int, looked: Looked, made: Made, mails: Mails) -> Sending:
        """Return who carries a plan out."""
        is_spread = self.config.zoho.over_allowance == "spread"
        return Sending(
            sender=self._sender(number, looked.org, made.before, looked.patience),
            ledger=self.ledger,
            sizes=self.sizes,
            run=number,
            purse=Purse(self.client.meter, made.allowed if is_spread else None),
            watch=Watch(self.client, looked.held),
            mail=self._mail_sender(number, mails, looked.org, made.allowed),
            course=self.course,
        )
