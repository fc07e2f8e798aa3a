"""The plan of one load: what is to be done with every row of every module, before anything is sent."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.config import Mail as MailSettings
from pipeline.engine import Told, tell_nobody
from pipeline.load import (
    addressbook,
    attendance,
    failures,
    forecast,
    layouts,
    linking,
    mail_plan,
    managers,
    mandatory,
    match,
    plan,
    settle,
)
from pipeline.load import decide as deciding
from pipeline.load.addressbook import AddressBook
from pipeline.load.client import ZohoClient
from pipeline.load.decide import Decision
from pipeline.load.forecast import Cost
from pipeline.load.form import Links
from pipeline.load.ledger import Ledger
from pipeline.load.mail_rows import Mails
from pipeline.load.match import Found, Index, Memory
from pipeline.load.org import Org
from pipeline.load.people import People
from pipeline.load.plan import Preferred, Sizes, Transport
from pipeline.load.policy import Remark
from pipeline.load.rows import Ready, Row
from pipeline.load.snapshot import LEADS, Records
from pipeline.load.values import Reference
from pipeline.targets import CONTACTS, EMAILS, Target
from pipeline.targets import LEADS as LEADS_TARGET
from pipeline.targets.target import CONTACT_BY_ADDRESS

IS_CONTACT = "is_a_contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlan:
    """What is to be done with the rows of one module.

    `owner_ids`: position of a row → owner of a new record; `unstamped`: records without our key; `title`: what it is
    called where a module has two plans; `uploads`: position of an e-mail → files that go with it.
    """

    target: Target
    transport: Transport
    decisions: tuple[Decision, ...]
    owner_ids: match.Owners
    unstamped: frozenset[str]
    memory: Memory
    title: str = ""
    uploads: Mapping[int, int] = field(default_factory=dict)

    @property
    def files(self) -> int:
        """How many files are to be uploaded."""
        return sum(self.uploads.get(one.row.position, 0) for one in self.decisions if one.action)

    @property
    def name(self) -> str:
        """What the plan is called: no two plans of a load share it."""
        return self.title or self.target.module

    @property
    def is_mail(self) -> bool:
        """Whether it is of e-mails, which are sent one by one."""
        return self.transport.name == "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans the modules of one load in load order; reads, and writes only into the ledger.

    `participants`: of the events that had to be asked for, as the CRM gave them.
    """

    client: ZohoClient
    ledger: Ledger
    run: int
    org: Org
    snapshot: Mapping[str, Records]
    transports: Mapping[str, Transport]
    fallback_owner: str
    sizes: Sizes
    preferred: Preferred
    policies: Mapping[str, str]
    people: People
    has_contact_beside_guests: bool = True
    told: Told = tell_nobody
    participants: dict[str, list[Any]] = field(default_factory=dict)

    def plan(self, ready: Ready) -> list[ModulePlan]:
        """Return the plans of all modules, parents first."""
        doubts = settle.doubts(self.ledger)
        links: dict[str, dict[str, str | Reference | None]] = {}
        plans = []
        looked_up = {field.lookup for target in ready.targets if ready.tables[target.module] for field in target.fields}
        has_managers = any(row.manager for row in ready.tables.get(CONTACTS.module, ()))
        are_by_address = CONTACT_BY_ADDRESS in looked_up or LEADS_TARGET.module in ready.tables
        known = linking.directory(self.people, ready.tables, has_contact_beside_guests=self.has_contact_beside_guests)
        done, total = 0, sum(len(ready.tables[target.module]) for target in ready.targets)
        for target in ready.targets:
            self.told("planning", "rows", done, total)
            done += len(ready.tables[target.module])
            rows = linking.linked(target, ready.tables[target.module], known, links)
            one = self._module(
                target,
                replace(ready, tables={**ready.tables, target.module: tuple(rows)}),
                links,
                doubts.get(target.module, frozenset()),
            )
            if target.table == LEADS_TARGET.table:
                one = replace(one, decisions=tuple(_unless_contact(each, links) for each in one.decisions))
            known.add(target, self.snapshot[target.module], one.decisions)
            if target.table in looked_up or (target.table == CONTACTS.table and has_managers):
                links[target.table] = {decision.row.cluster_key: _link(target, decision) for decision in one.decisions}
            if target.table == CONTACTS.table and are_by_address:
                links[CONTACT_BY_ADDRESS] = dict(addressbook.addresses_of(target.module, self.snapshot, one.decisions))
            made = [one]
            if target.module == CONTACTS.module and has_managers:
                made.append(self._managers(one, links))
            plans += [replace(each, memory=each.memory.without_texts()) for each in made]
        self.told("planning", "rows", total, total)
        return plans

    def _managers(self, first: ModulePlan, links: Links) -> ModulePlan:
        """Return the plan of the second pass over contacts: whom they report to."""
        module = first.target.module
        org_fields = self.org.fields.get(module, {})
        target = managers.target_of(org_fields)
        second = managers.SecondPass(
            target=target,
            org_fields=org_fields,
            records=self.snapshot[module],
            memory=first.memory,
            links=links,
            policies=self._policies(module),
        )
        return ModulePlan(
            target=target,
            transport=plan.by_records(target, self.transports[module]),
            decisions=tuple(second.decisions(first.decisions)),
            owner_ids=first.owner_ids,
            unstamped=frozenset(),
            memory=first.memory,
            title=managers.TITLE,
        )

    def _module(self, target: Target, ready: Ready, links: Links, doubts: frozenset[str]) -> ModulePlan:
        rows = ready.tables[target.module]
        target = mandatory.completed(target, self.org.fields.get(target.module, {}))
        if self.org.has(target.module):
            target = layouts.resolved(target, self.org.layouts.get(target.module))
        owners = {owner: self._owner(owner) for owner in {row.owner for row in rows}}
        owner_ids = [owners[row.owner] for row in rows]
        memory = Memory(self.ledger.keys(target.module), self.ledger.records(target.module), doubts)
        index = self._index(target, rows, memory)
        index.longest = ready.longest.get(target.module, {})
        if fresh := [one for one in index.by_key.items() if one[0] not in memory.records]:
            self.ledger.claim(target.module, self.run, fresh)
            memory = replace(memory, records=self.ledger.records(target.module))
        if self.org.has(target.module):
            found = match.find(rows, memory, index, owner_ids)
            settle.close_found(self.ledger, target.module, [one for one in found if one.crm_key in doubts])
            org_fields = self.org.fields[target.module]
            ownerless = {owner for owner in owners if owner and not self.org.user_id(owner)}
            decided = deciding.decided(_drained(found), index, org_fields, links, doubts)
            decisions = tuple(_owned(one) if one.row.owner in ownerless else one for one in decided)
        else:
            decisions = tuple(deciding.without_module(row) for row in rows)
        return ModulePlan(
            target=target,
            transport=self._cheapest(self.transports[target.module], decisions),
            decisions=decisions,
            owner_ids=owner_ids,
            unstamped=frozenset(record_id for record_id, key in index.key_of.items() if not key),
            memory=memory,
        )

    def _cheapest(self, safe: Transport, decisions: Sequence[Decision]) -> Transport:
        """Return the cheaper way among the safe ones; the records API is always safe where bulk write is."""
        if safe.name != "bulk":
            return safe
        counts = Counter(decision.action for decision in decisions)
        bulk = forecast.of_rows("bulk", counts["create"], counts["update"], self.sizes)
        records = forecast.of_rows("records", counts["create"], counts["update"], self.sizes)
        return plan.cheaper(safe, bulk.credits, records.credits, self.preferred)

    def _index(self, target: Target, rows: Sequence[Row], memory: Memory) -> Index:
        records = self.snapshot[target.module]
        ids = attendance.needed(target, rows, memory, records)
        users = [(user.id, user.email) for user in self.org.users]
        known = attendance.addresses(self.snapshot["Contacts"], self.snapshot[LEADS], users) if ids else {}
        known |= attendance.spelled(rows, self.people) if ids else {}
        asked = attendance.ask(self.client, target.module, ids, known, self.participants, self.told)
        return Index(target, records, self.transports[target.module].key_field, asked, self._policies(target.module))

    def _policies(self, module: str) -> dict[str, str]:
        """Return field → update policy of a module, where the settings ask for one."""
        parted = ((name.partition("."), policy) for name, policy in self.policies.items())
        return {field: policy for (named, _, field), policy in parted if named == module}

    def _owner(self, owner: str) -> str:
        """Return the id of the mailbox's CRM user, else of the fallback, else of the token's user."""
        named = (self.org.user_id(email) for email in (owner, self.fallback_owner) if email)
        return next((user_id for user_id in named if user_id), self.org.current_user)


def _drained(found: list[Found]) -> Iterator[Found]:
    """Yield what was found, and let go of it: there may be a million, and what comes of them needs the room."""
    found.reverse()
    while found:
        yield found.pop()


def _owned(decision: Decision) -> Decision:
    """Remark that a new record does not get the owner that its mailbox names."""
    if decision.action != "create":
        return decision
    remark = Remark(rule="owner_not_active", field="Owner", ours=decision.row.owner)
    return decision._replace(remarks=(*decision.remarks, remark))


def _link(target: Target, decision: Decision) -> str | Reference | None:
    if decision.action == "create":
        return Reference(target.module, decision.crm_key)
    return decision.crm_id or None


def _unless_contact(decision: Decision, links: Links) -> Decision:
    """Return the decision on a lead: whose address a contact has, that is no lead any more."""
    address = str(decision.row.values.get("Email") or "").strip().casefold()
    if decision.action != "create" or not links.get(CONTACT_BY_ADDRESS, {}).get(address):
        return decision
    return deciding.left_out(decision)._replace(code=IS_CONTACT)


def of_mails(  # noqa: PLR0913 - what e-mails go to, and by which rules
    mails: Mails,
    plans: Sequence[ModulePlan],
    snapshot: Mapping[str, Records],
    ledger: Ledger,
    settings: MailSettings,
    *,
    is_on_several: bool = True,
) -> ModulePlan:
    """Return the plan of the e-mails, which go to the records that are there and those that `plans` makes.

    `is_on_several`: whether the org takes one message on several records, as far as anybody knows.
    """
    planned = {one.target.module: one.decisions for one in reversed(plans)}  # the first pass of two
    book = AddressBook(
        addresses={
            module: addressbook.addresses_of(module, snapshot, planned.get(module, ()))
            for module in (CONTACTS.module, LEADS)
        },
        snapshot=snapshot,
        names=addressbook.names_of(snapshot, planned),
    )
    memory = Memory(ledger.keys(EMAILS.module), ledger.records(EMAILS.module), frozenset())
    planner = mail_plan.Planner(
        book=book,
        settings=settings,
        known=memory.records,
        elsewhere=ledger.refused(EMAILS.module, mail_plan.ELSEWHERE),
        is_on_several=is_on_several,
    )
    decisions = planner.decisions(mails.listed)
    return ModulePlan(
        target=EMAILS,
        transport=mail_plan.TRANSPORT,
        decisions=decisions,
        owner_ids={decision.row.position: "" for decision in decisions},
        unstamped=frozenset(),
        memory=memory,
        uploads=mails.uploads(),
    )


def cost_of(plans: Sequence[ModulePlan], sizes: Sizes) -> Cost:
    """Return what sending a whole plan costs."""
    counts = [(one.transport.name, Counter(decision.action for decision in one.decisions)) for one in plans]
    rows = forecast.total(forecast.of_rows(name, count["create"], count["update"], sizes) for name, count in counts)
    files = sum(one.files for one in plans)
    return rows + Cost(files, files)


def of_failed(one: ModulePlan, failed: Mapping[str, tuple[str, str]]) -> ModulePlan:
    """Return the plan of a retry: only rows that failed when they went last, and that are worth it."""
    decisions = tuple(
        decision if not decision.action or _is_worth_it(decision, failed) else deciding.left_out(decision)
        for decision in one.decisions
    )
    return replace(one, decisions=decisions)


def _is_worth_it(decision: Decision, failed: Mapping[str, tuple[str, str]]) -> bool:
    if decision.crm_key not in failed:
        return False
    code, content_hash = failed[decision.crm_key]
    return failures.is_worth_it(code, is_changed=content_hash != decision.row.content_hash)


def hash_of(plans: Sequence[ModulePlan]) -> str:
    """Return the digest of a whole plan."""
    return plan.plan_hash({one.name: _with_owners(one) for one in plans}, layouts_of(plans))


def _with_owners(one: ModulePlan) -> Iterator[tuple[Decision, str]]:
    for decision in one.decisions:
        yield decision, one.owner_ids[decision.row.position] if decision.action == "create" else ""


def layouts_of(plans: Sequence[ModulePlan]) -> dict[str, str]:
    """Return plan → id of the layout that it gives to new records; nothing of a plan that makes none."""
    listed = [one for one in plans if one.target.layout]
    return {one.name: one.target.layout for one in listed if any(each.action == "create" for each in one.decisions)}
