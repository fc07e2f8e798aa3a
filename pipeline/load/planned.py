"""The plan as tables, for people: what would be done with every row, old and new value of every field, and why not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline import store
from pipeline.load import mail_plan, org_facts, plan_tables
from pipeline.load.before import Before
from pipeline.load.forecast import Cost
from pipeline.load.org_facts import OrgFacts
from pipeline.load.planning import ModulePlan, layouts_of
from pipeline.outcome import PlanAccount, Report
from pipeline.schemas import PLAN, PLAN_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a plan says of itself: its hash, which CRM it is for, which ready tables it is of, and what it costs.

    `spent`: credits that looking at the org took; `room`: what may still be spent today, None where nobody knows;
    `mails_a_day`: how many e-mails may go in 24 hours; `credits_a_day`: how many credits may be spent in them; None
    where nobody knows; `known`: what a canary found.
    """

    digest: str
    target: str
    zgid: str
    company: str
    ready: str
    cost: Cost
    spent: int
    room: int | None
    mails_a_day: int | None = None
    credits_a_day: int | None = None
    known: OrgFacts = field(default_factory=OrgFacts)


def changes(plans: Sequence[ModulePlan]) -> int:
    """Return how many records a plan would write."""
    return sum(bool(decision.action) for one in plans for decision in one.decisions)


def sentence(plans: Sequence[ModulePlan], facts: Facts) -> str:
    """Return what a plan would do to which org, as a sentence without its end."""
    creates = sum(decision.action == "create" for one in plans for decision in one.decisions)
    return (
        f"The plan for «{facts.company}», org {facts.zgid}: {creates} records to create, {changes(plans) - creates} to "
        f"update, for {facts.cost.credits:,} credits in {facts.cost.calls:,} calls, about {facts.cost.minutes:,} min"
    )


def report(plans: Sequence[ModulePlan], facts: Facts, target: str, tables: Path) -> Report:
    """Return the report of a plan that is not carried out."""
    counts = [(one.name, Counter(map(plan_tables.action_of, one.decisions))) for one in plans]
    cost = facts.cost
    notes = [f"To send: {cost.credits:,} credits, {cost.calls:,} calls, about {cost.minutes:,} min."]
    notes += [f"{name}: new records get the layout {layout}." for name, layout in layouts_of(plans).items()]
    mails = [one for one in plans if one.is_mail]
    notes += mail_plan.note(changes(mails), sum(one.files for one in mails), facts.mails_a_day, facts.credits_a_day)
    if facts.room is not None and cost.credits > facts.room:
        notes.append(f"Only {facts.room:,} credits are left of the org's day: spread it over days, wait, or buy more.")
    notes += org_facts.notes(facts.known)
    return Report(
        stage="plan",
        plans=tuple(
            PlanAccount(
                module=module,
                rows=sum(count.values()),
                create=count["create"],
                update=count["update"],
                unchanged=count["unchanged"],
                unsure=count["unsure"],
                skipped=count["skipped"],
                in_doubt=count["in doubt"],
            )
            for module, count in counts
        ),
        notes=tuple(notes),
        target=target,
        facts={
            "target": facts.target,
            "org": facts.zgid,
            "plan": facts.digest,
            "credits": cost.credits,
            "calls": cost.calls,
            "minutes": cost.minutes,
        },
        tables=tables,
    )


def write(plans: Sequence[ModulePlan], before: Before, facts: Facts, directory: Path) -> None:
    """Write a plan as tables, plan.json with its totals, and moment.json with what is true only now.

    The same plan gives the same bytes, but for moment.json.

    Raises:
        StorageError: the disk is full or may not be written.
    """
    store.write(plan_tables.rows(plans), directory / "plan.parquet", PLAN)
    store.write(plan_tables.fields(plans, before), directory / "fields.parquet", PLAN_FIELDS)
    store.write_json(_summary(plans, facts), directory / "plan.json")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    moment = {"made_at": now, "spent": facts.spent, "room": facts.room, "known": org_facts.rows(facts.known)}
    store.write_json(moment, directory / "moment.json")


def _summary(plans: Sequence[ModulePlan], facts: Facts) -> dict[str, object]:
    layouts = layouts_of(plans)
    return {
        "hash": facts.digest,
        "target": facts.target,
        "zgid": facts.zgid,
        "company": facts.company,
        "ready": facts.ready,
        "credits": facts.cost.credits,
        "calls": facts.cost.calls,
        "minutes": facts.cost.minutes,
        "modules": [
            {
                "module": one.name,
                "title": one.title,
                "label_en": one.target.label_en,
                "label_ja": one.target.label_ja,
                "table": one.target.table,
                "transport": one.transport.name,
                "reason": one.transport.reason,
                "is_repeatable": one.transport.is_repeatable,
                "rows": dict(sorted(Counter(plan_tables.action_of(decision) for decision in one.decisions).items())),
                **({"layout": layouts[one.name]} if one.name in layouts else {}),
                "fields": {field.api_name: [field.label_en, field.label_ja] for field in one.target.fields},
            }
            for one in plans
        ],
    }
