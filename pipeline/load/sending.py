"""Carries out a plan: module by module, parents first, batch by batch, and learns what came of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipeline.load import plan
from pipeline.load.account import Settled
from pipeline.load.course import LEFT_BY_PERSON, Course
from pipeline.load.decide import PARENT_MISSING, Decision, orphaned
from pipeline.load.failures import STOPPED, Remedy, remedy_of
from pipeline.load.forecast import LEFT_FOR_ANOTHER_DAY, Purse
from pipeline.load.held import Held
from pipeline.load.ledger import Ledger
from pipeline.load.mail_send import MailSender
from pipeline.load.moved import Watch
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.overlap import Overlap
from pipeline.load.plan import Batch, Item, Sizes
from pipeline.load.planning import ModulePlan
from pipeline.load.policy import Remark
from pipeline.load.send import Sender
from pipeline.load.snapshot import LEADS
from pipeline.load.values import Reference, Value
from pipeline.targets import ACCOUNTS, CONTACTS, Kind

Send = Callable[[Batch], list[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Carries out the plans of one run. `unsettled`: module and crm_key of what was not sent, or failed."""

    sender: Sender
    ledger: Ledger
    sizes: Sizes
    run: int
    purse: Purse
    watch: Watch
    mail: MailSender
    course: Course = field(default_factory=Course)
    unsettled: set[tuple[str, str]] = field(default_factory=set)
    pointed: set[str] = field(default_factory=set)

    def all(self, plans: Sequence[ModulePlan]) -> list[Settled]:
        """Send every module, parents first; ids of new records fill the look-ups of what follows."""
        new_ids: dict[Reference, str] = {}
        self.course.begin(sum(bool(decision.action) for one in plans for decision in one.decisions))
        self.pointed.update(_pointed_at(plans))
        return [(self._mails if one.is_mail else self._module)(one, new_ids) for one in plans]

    def _mails(self, one: ModulePlan, new_ids: Mapping[Reference, str]) -> Settled:
        outcomes = self.mail.send(one.decisions, new_ids)
        return Settled(one, one.decisions, [_outcome(decision, outcomes) for decision in one.decisions])

    def _module(self, one: ModulePlan, new_ids: dict[Reference, str]) -> Settled:
        self._remember(one)
        decisions = [_with_id(one, decision, new_ids) for decision in one.decisions] if one.title else one.decisions
        lookups = frozenset(field.api_name for field in one.target.fields if field.kind is Kind.LOOKUP)
        lost = _Resolving(new_ids, lookups).lost(decisions)
        orphans = {decision.crm_key: name for decision, held in lost if (name := orphaned(one.target, decision, held))}
        if one.title:
            orphans |= {decision.crm_key: "" for decision in decisions if self._is_too_soon(one, decision)}
        picked = [decision for decision in decisions if decision.action and decision.crm_key not in orphans]
        outcomes = {
            crm_key: Outcome(crm_key=crm_key, result=Result.SKIPPED, code=PARENT_MISSING, field=lost)
            for crm_key, lost in orphans.items()
        }
        for sent in self._carried_out(one, self._batches(one, picked, _Resolving(new_ids, lookups))):
            outcomes |= {outcome.crm_key: outcome for outcome in sent}
        found = [_outcome(decision, outcomes) for decision in decisions]
        late = tuple(
            (decision, Remark(rule="parent_not_sent", field=name))
            for decision, held in lost
            for name in decision.values
            if name not in held
        )
        settled = Settled(one, decisions, found, late)
        self._learn(settled, new_ids)
        return settled

    def _carried_out(self, one: ModulePlan, batches: Iterator[Batch]) -> Iterator[list[Outcome]]:
        """Send the batches of a module, and yield what became of each."""
        if one.transport.name != "bulk":
            yield from self._one_by_one(batches, self.sender.send)
            return
        with Overlap(self.sender, batches) as overlap:
            yield from self._one_by_one(overlap, overlap.send)

    def _one_by_one(self, batches: Iterable[Batch], send: Send) -> Iterator[list[Outcome]]:
        is_stopped = False
        for batch in batches:
            if self.course.is_stopped:
                sent = _left(batch, LEFT_BY_PERSON)
            elif is_stopped:
                sent = _left(batch, STOPPED)
            elif not self.purse.affords(batch):
                sent = _left(batch, LEFT_FOR_ANOTHER_DAY)
            else:
                sent = self._sent(batch, send)
                is_stopped = _says_stop(sent)
            self.course.went(len(batch.items))
            yield sent

    def _batches(self, one: ModulePlan, picked: Sequence[Decision], resolving: "_Resolving") -> Iterator[Batch]:
        """Yield the batches of a module; what is sent is made only then, so that one batch of it is in memory."""
        most = self.sizes.bulk if one.transport.name == "bulk" else self.sizes.records
        for action in ("create", "update"):
            found = ((decision, resolving.held(decision)) for decision in picked if decision.action == action)
            items = (_item(one, decision, held) for decision, held in found if held or _is_stamped(one, decision))
            while part := list(islice(items, most)):
                yield from plan.batches(one.target, one.transport, part, self.sizes)

    def _is_too_soon(self, one: ModulePlan, decision: Decision) -> bool:
        """Tell whether a second pass finds its record not made, or not settled by the first one."""
        is_unmade = decision.action == "update" and not decision.crm_id
        return is_unmade or (one.target.module, decision.crm_key) in self.unsettled

    def _sent(self, batch: Batch, send: Send) -> list[Outcome]:
        """Send what of a batch is still as the plan saw it."""
        batch, moved = self.watch.still(batch)
        sent = send(batch) if batch.items else []
        self.watch.note(batch.target.module, sent)
        return [*sent, *moved]

    def _remember(self, one: ModulePlan) -> None:
        """Give crm_keys once and for all, and note which records were there before us."""
        module = one.target.module
        kept = [decision for decision in one.decisions if decision.action or decision.crm_id]
        keys = one.memory.keys
        given = ((key, decision.crm_key) for decision in kept for key in decision.row.source_keys)
        self.ledger.give_keys(module, (pair for pair in given if keys.get(pair[0]) != pair[1]))
        self.ledger.agree(module, [(one.crm_key, one.agreed) for one in kept if one.agreed])
        matched = [
            (decision.crm_key, decision.crm_id, decision.row.content_hash)
            for decision in kept
            if decision.crm_id and decision.crm_key not in one.memory.records
        ]
        self.ledger.remember(self.run, module, matched)

    def _learn(self, settled: Settled, new_ids: dict[Reference, str]) -> None:
        module, done = settled.plan.target.module, {Result.CREATED, Result.UPDATED, Result.UNCHANGED}
        self.unsettled.update(
            (module, decision.crm_key)
            for decision, outcome in settled.rows
            if decision.action and outcome.result not in done
        )
        if module not in self.pointed:
            return
        made = [pair for pair in settled.rows if pair[0].action == "create" and pair[1].crm_id]
        new_ids |= {Reference(module, decision.crm_key): outcome.crm_id for decision, outcome in made}
        people = _addressed(settled)
        if module == CONTACTS.module:
            self.sender.people.add_contacts(people)
        elif module == LEADS:
            self.sender.people.add_leads(people)


def _addressed(settled: Settled) -> list[tuple[object, str]]:
    """Return addresses and ids of people who were made or got an address: main addresses first."""
    done = {Result.CREATED, Result.UPDATED}
    return [
        (decision.values.get(name), record_id)
        for name in ("Email", "Secondary_Email")
        for decision, outcome in settled.rows
        if outcome.result in done and (record_id := outcome.crm_id or decision.crm_id)
    ]


def _pointed_at(plans: Sequence[ModulePlan]) -> Iterator[str]:
    """Yield the modules whose new ids something needs: look-ups, a second pass, participants, mail."""
    for one in plans:
        kinds = {field.api_name: field.kind for field in one.target.fields}
        if one.title:
            yield one.target.module
        if one.decisions and (one.is_mail or Kind.PARTICIPANTS in kinds.values()):
            yield from (ACCOUNTS.module, CONTACTS.module, LEADS)
        lookups = [name for name, kind in kinds.items() if kind is Kind.LOOKUP]
        values = (decision.values.get(name) for name in lookups for decision in one.decisions)
        yield from {value.module for value in values if isinstance(value, Reference)}


def _with_id(one: ModulePlan, decision: Decision, new_ids: Mapping[Reference, str]) -> Decision:
    """Return a decision of a second pass with the id that the first one was given for its record."""
    if decision.action != "update" or decision.crm_id:
        return decision
    return decision._replace(crm_id=new_ids.get(Reference(one.target.module, decision.crm_key), ""))


def _left(batch: Batch, code: str) -> list[Outcome]:
    return [Outcome(crm_key=item.crm_key, crm_id=item.crm_id, result=Result.SKIPPED, code=code) for item in batch.items]


def _says_stop(sent: Sequence[Outcome]) -> bool:
    """Tell whether a whole batch was refused for what no other batch of the module would be spared either."""
    return all(one.result is Result.FAILED and remedy_of(one.code) is Remedy.STOP for one in sent)


@dataclass(frozen=True, slots=True)
class _Resolving:
    """Puts ids in the place of references: those of the records that this run has made."""

    new_ids: Mapping[Reference, str]
    lookups: frozenset[str]

    def held(self, decision: Decision) -> Mapping[str, Value]:
        """Return the values with ids for references; a look-up whose record did not come to be is left out."""
        held = decision.values
        if self.lookups.isdisjoint(held.places if isinstance(held, Held) else held):
            return held
        pairs = held.items()
        found = {name: self.new_ids.get(value) if isinstance(value, Reference) else value for name, value in pairs}
        return {name: value for name, value in found.items() if value is not None}

    def lost(self, decisions: Sequence[Decision]) -> list[tuple[Decision, Mapping[str, Value]]]:
        """Return the decisions of which a look-up came to nothing, with what is left of their values."""
        if not self.lookups:
            return []
        chosen = ((decision, self.held(decision)) for decision in decisions)
        return [(decision, held) for decision, held in chosen if len(held) < len(decision.values)]


def _item(one: ModulePlan, decision: Decision, held: Mapping[str, Value]) -> Item:
    row = decision.row
    owner_id = one.owner_ids[row.position] if decision.action == "create" else ""
    is_stamped = _is_stamped(one, decision)
    return Item(decision.crm_key, decision.crm_id, held, owner_id, row.content_hash, is_stamped, row.mailbox)


def _is_stamped(one: ModulePlan, decision: Decision) -> bool:
    """Whether our key is written: into a new record, and into one that has none yet."""
    return bool(one.transport.key_field) and (decision.action == "create" or decision.crm_id in one.unstamped)


def _outcome(decision: Decision, outcomes: Mapping[str, Outcome]) -> Outcome:
    if decision.action:
        return outcomes.get(decision.crm_key) or Outcome(decision.crm_key, Result.UNCHANGED, decision.crm_id)
    return Outcome(decision.crm_key, decision.result, decision.crm_id, decision.code, decision.fault)
