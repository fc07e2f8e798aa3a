"""One rollback: settle the past, look at the CRM, plan, ask for approval, carry out, account."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from pipeline.config import Config
from pipeline.errors import PipelineError, StageError
from pipeline.load import bulk_read, ledger, mail_send, org, org_facts, settle, snapshot
from pipeline.load.approval import Approved, Approver
from pipeline.load.bulk_read import Patience
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.course import Course
from pipeline.load.credits import DAY_MINUTES, Meter, of_records, this_minute
from pipeline.load.ledger import Ledger
from pipeline.load.lock import Waiting
from pipeline.load.org import Identity, Org
from pipeline.load.rollback import effects, memory, past, tables, view
from pipeline.load.rollback.carry import Carrier
from pipeline.load.rollback.plan import Form, Reference, Step, hash_of, with_children
from pipeline.load.rollback.tables import Undone
from pipeline.load.snapshot import Records
from pipeline.load.waiting import Pause
from pipeline.targets import TARGETS, chosen

_LOCK_SECONDS = 60.0


def _silent(_line: str) -> None:
    """Say nothing."""


def run(  # noqa: PLR0913 - what a rollback needs, and what the person wants of it
    config: Config,
    connection: Connection,
    number: int,
    say: Callable[[str], None] = _silent,
    *,
    is_dry: bool = False,
    approver: Approver | None = None,
    course: Course | None = None,
) -> Undone:
    """Undo one run: delete what it created, restore what it overwrote, keep and list what must stay.

    Args:
        config: the settings.
        connection: the CRM.
        number: the run, as `runs` lists them.
        say: told which org it is, and the plan before anything is sent.
        is_dry: only plan.
        approver: who approves the plan of a real CRM; None: the environment.
        course: told how far it is, and asked whether to stop; None: nobody is.

    Raises:
        StageError: there is no such run.
        SettingsError: nobody approved exactly this plan of a real CRM.
        TargetError: the CRM refuses the credentials, or cannot be used.
        BusyError: a load is at work on the same org.
        StorageError: ledger or tables cannot be written.
    """
    with requests.Session() as session:
        return run_over(session, config, connection, number, say, is_dry=is_dry, approver=approver, course=course)


def run_over(  # noqa: PLR0913, PLR0917 - what a rollback needs, and its seams
    session: requests.Session,
    config: Config,
    connection: Connection,
    number: int,
    say: Callable[[str], None] = _silent,
    sleep: Callable[[float], None] = time.sleep,
    *,
    is_dry: bool = False,
    approver: Approver | None = None,
    course: Course | None = None,
) -> Undone:
    """Do what `run` does over a session of the caller's; errors as `run`. `sleep`: a seam for tests."""
    meter = Meter()
    client = ZohoClient(session, connection, config.zoho.timeout_seconds, pause=Pause(say, sleep), meter=meter)
    identity = org.identify(client)
    say(f"rollback    run {number} of {connection.target} «{identity.company}», org {identity.zgid}")
    directory = config.audit / f"{connection.target}-{identity.zgid}"
    with ledger.opened(directory, Waiting(_LOCK_SECONDS, say)) as book:
        meter.bulk_read = org_facts.known(config, directory).bulk_read_credits
        meter.add(book.credits(this_minute() - DAY_MINUTES))
        _check_run(book, number)
        work = _Rollback(
            config=config,
            connection=connection,
            client=client,
            ledger=book,
            directory=directory,
            number=number,
            say=say,
            approver=approver or Approver.of_environment(),
            course=course or Course(),
        )
        try:
            result = work.carry_out(identity, is_dry=is_dry)
        except PipelineError:
            book.keep_credits(meter.by_minute)
            raise
        book.keep_credits(meter.by_minute)
        return result


def _check_run(book: Ledger, number: int) -> None:
    if book.connection.execute("SELECT 1 FROM runs WHERE run = ?", (number,)).fetchone() is None:
        raise StageError(f"There is no run {number} of this org.", "make rollback without RUN= lists the runs.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """The plan of a rollback, and what it was made from."""

    steps: tuple[Step, ...]
    references: tuple[Reference, ...]
    unseen: tuple[str, ...]
    forms: Mapping[str, Form]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rollback:
    """One rollback in one org, whose ledger is held."""

    config: Config
    connection: Connection
    client: ZohoClient
    ledger: Ledger
    directory: Path
    number: int
    say: Callable[[str], None]
    approver: Approver
    course: Course

    def carry_out(self, identity: Identity, *, is_dry: bool) -> Undone:
        patience = Patience(
            bulk_read.NEAR if self.connection.is_loopback else bulk_read.FAR, self.config.zoho.poll_seconds
        )
        running = settle.ask_jobs(self.client, self.ledger, patience)
        the_org = org.inspect(self.client, identity, snapshot.MODULES, chosen(self.config, TARGETS))
        held = self._held(the_org, patience)
        settle.look(self.ledger, _complete(held), running, the_org)
        mail_send.look(self.client, self.ledger)
        past.settle(self.ledger, self.client, the_org, held, self._forms(the_org))
        planned = self._planned(the_org, held, patience)
        digest = hash_of(planned.steps)
        result = Undone(
            run=self.number, plan=digest, rows=tuple((step, "planned") for step in planned.steps), unseen=planned.unseen
        )
        for line in tables.plan_lines(result, _credits(planned.steps, self._most)):
            self.say(line)
        if is_dry:
            return result
        return self._carried_out(planned, result, self._approved(planned.steps, digest))

    @property
    def _most(self) -> int:
        return self.config.zoho.record_rows

    def _carried_out(self, planned: _Planned, result: Undone, approved: Approved | None) -> Undone:
        doomed = frozenset(step.effect.crm_id for step in planned.steps if step.action == "delete")
        self.client.may_delete = doomed
        rollback = memory.start(self.ledger, self.number, result.plan, approved)
        carrier = Carrier(
            client=self.client,
            ledger=self.ledger,
            rollback=rollback,
            kinds={module: form.kinds for module, form in planned.forms.items()},
            order=list(planned.forms)[::-1],
            most=self._most,
            course=self.course,
        )
        rows = tuple(carrier.all(planned.steps, planned.references))
        done = Undone(run=self.number, plan=result.plan, rows=rows, unseen=planned.unseen)
        path = tables.write(done, self.directory / "rollbacks" / str(rollback))
        memory.end(self.ledger, rollback)
        for line in tables.done_lines(done, path):
            self.say(line)
        return done

    def _forms(self, the_org: Org) -> dict[str, Form]:
        """Return the forms of all modules that are loaded or were, parents first."""
        return past.forms(chosen(self.config, TARGETS), the_org, self._modules())

    def _modules(self) -> list[str]:
        query = "SELECT DISTINCT module FROM batches WHERE run = ? ORDER BY module"
        return [module for (module,) in self.ledger.connection.execute(query, (self.number,))]

    def _held(self, the_org: Org, patience: Patience) -> dict[str, Records]:
        """Read the modules that the run wrote to, and those in which an event's participants are found."""
        touched = {module for module in self._modules() if the_org.has(module)}
        touched |= {batch.module for batch in self.ledger.open_batches() if the_org.has(batch.module)}
        touched |= {module for module in memory.intended_modules(self.ledger) if the_org.has(module)}
        people = {"Contacts", snapshot.LEADS} if "Events" in touched else set()
        names = {
            module: [*form.names, *self._key_of(the_org, module), *view.ADDRESSES]
            for module, form in self._forms(the_org).items()
            if module in touched | people
        }
        if "Events" in touched and the_org.has(snapshot.LEADS):
            names.setdefault(snapshot.LEADS, [*view.ADDRESSES])
        return view.records(self.client, the_org, names, patience, self.course.looked)

    def _key_of(self, the_org: Org, module: str) -> tuple[str, ...]:
        """Return the field that holds our key in a module, none where there is no such field."""
        key = the_org.key_of(module, self.config.zoho.key_field)
        return (key,) if key else ()

    def _planned(self, the_org: Org, held: Mapping[str, Records], patience: Patience) -> _Planned:
        forms, people = self._forms(the_org), view.people(held, the_org.users)
        by_key = {
            module: {record.get(key, ""): record_id for record_id, record in one.by_id.items()}
            for module, one in held.items()
            for key in self._key_of(the_org, module)
        }
        found = effects.of_run(self.ledger, self.number, by_key)
        steps = past.decided(self.client, found, held, forms, people)
        parents = frozenset(step.effect.crm_id for step in steps if step.action == "delete")
        seen = view.pointing(self.client, held, parents, patience, self.course.looked) if parents else view.Seen((), ())
        invited = view.invited(self.ledger, steps, people)
        attached = view.attached(self.ledger, self.number, parents)
        references = (*seen.references, *invited, *attached)
        return _Planned(
            steps=tuple(with_children(steps, references)), references=references, unseen=seen.unseen, forms=forms
        )

    def _approved(self, steps: Sequence[Step], digest: str) -> Approved | None:
        """Return who approves exactly this rollback; the sandbox asks nothing."""
        counts = Counter(step.action for step in steps)
        if self.connection.target == "sandbox" or not counts["delete"] + counts["restore"]:
            return None
        return self.approver.approve(
            digest,
            f"The rollback of run {self.number} of org {self.directory.name}: {counts['delete']:,} records to delete, "
            f"{counts['restore']:,} to restore",
            look="make rollback with DRY_RUN=yes",
        )


def _complete(held: Mapping[str, Records]) -> Mapping[str, Records]:
    """Return records by module, none for a module that was not read."""
    return {module: held.get(module, Records(module, {})) for module in {*held, *snapshot.MODULES}}


def _credits(steps: Iterable[Step], most: int) -> int:
    """Return the credits that carrying out costs: a call a batch, and one per ten records restored."""
    total = 0
    for (_, action), count in Counter((one.effect.module, one.action) for one in steps).items():
        full, rest = divmod(count, most)
        if action == "restore":
            total += full * of_records(most) + (of_records(rest) if rest else 0)
        elif action == "delete":
            total += full + bool(rest)
    return total
