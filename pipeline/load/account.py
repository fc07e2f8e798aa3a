"""The account of a load: rows per module that add up, the notes for a person, and the tables behind them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import store
from pipeline.load import (
    bulk_write,
    course,
    decide,
    failures,
    forecast,
    linking,
    mail_plan,
    match,
    moved,
    planning,
    records,
    send,
    standing,
    values,
)
from pipeline.load.credits import Meter
from pipeline.load.decide import Decision
from pipeline.load.forecast import Cost
from pipeline.load.outcomes import TEXTS, Outcome, Result
from pipeline.load.planning import ModulePlan
from pipeline.load.policy import Remark
from pipeline.load.rows import Row
from pipeline.outcome import LoadAccount
from pipeline.schemas import OUTCOMES, REMARKS

_CODES = {
    match.DELETED: "their records were deleted in the CRM since (delete them in the source too, or restore them there)",
    match.SEVERAL_RECORDS: "several records of the CRM are the same thing; merge them there",
    match.SEVERAL_ROWS: "several rows are the same record, and nothing tells which",
    match.RECORD_TAKEN: "their record is already another row's",
    decide.NO_MODULE: "the org does not have the module, or the token may not see it",
    decide.TOO_LONG: "the value is longer than this org's field",
    decide.MANDATORY_EMPTY: "this org wants a value where they have none",
    decide.STILL_OPEN: "an earlier load sent them, the CRM has not said what became of them, and a repeat could double;"
    " look for them in the CRM, and if they are not there run make load RESEND_DOUBTS=yes",
    course.LEFT_BY_PERSON: "you stopped the load; the next make load goes on with them",
    forecast.LEFT_FOR_ANOTHER_DAY: "the day's credits are spent; the next make load goes on with them",
    failures.STOPPED: "the CRM refused the rows before them for what holds for all; make doctor says what to mend",
    decide.NO_CONTACT: "nobody of that address is a contact (or, for e-mails, a lead) of the CRM or of this run",
    planning.IS_CONTACT: "their address is a contact's already",
    mail_plan.NO_SUCH_RECORD: "data/mail.csv names a record that is not there",
    mail_plan.SEVERAL_SUCH: "data/mail.csv names what several records are called; name one by its id",
    mail_plan.ELSEWHERE: "the CRM has the message on another record, and takes it only once",
    standing.WAITS: "[sync] does not let a sync do that by itself; make load asks for it",
    decide.AFTER_CANARY: "only the first rows go, to be looked at; make load sends the rest",
    decide.NOT_RETRIED: "a retry sends only what failed and may succeed now; make load sends them",
    moved.MOVED: "their records were changed in the CRM since the plan was made; the next load looks at them anew",
    decide.PARENT_MISSING: "the record that they belong to did not come to be",
    send.UNANSWERED: "the CRM gave no clear answer; the next load looks there first",
    records.NOT_CLEAR: "the CRM gave no clear answer; the next load looks there first",
    bulk_write.MISSING: "the result of the bulk job does not speak of them; the next load looks in the CRM",
    bulk_write.STILL_RUNNING: "the bulk job is still running; the next load asks it again",
    bulk_write.JOB_UNKNOWN: "the CRM does not know the bulk job any more; the next load looks in the CRM",
    bulk_write.TOO_MANY_ROWS: "the CRM takes fewer rows in one bulk job; set [zoho] bulk_rows lower and run make load",
    bulk_write.RESULT_UNREADABLE: "the result of the bulk job could not be read; the next load asks again",
}
_RULES = {
    "conflict": "changed by a person after us; what stands in the CRM is kept",
    "value_not_in_picklist": "left out: not among the values of this org's picklist",
    "field_not_in_org": "left out: this org has no such field, or does not use it",
    "parent_not_sent": "left out: the record it points to is not in the CRM",
    "owner_not_active": "set to the fallback owner: the mailbox's owner is no active user of the CRM",
    "too_many_participants": "cut: Zoho takes at most 50 participants",
    "value_of_org": "set to the default of the org's pick list, which lacks ours",
    "deal_not_found": "left out: the CRM has no deal of that name",
    "several_deals": "left out: several deals have that name",
    "several_open_deals": "left out: the contact has several open deals",
    linking.SEVERAL_ADDRESSES: "with an address that several have; who was taken, by which rule, and who else has it is"
    " listed",
    linking.SEVERAL: "not linked: several in the CRM have the name that Outlook gives",
    linking.NOT_FOUND: "not linked: nobody in the CRM has the name that Outlook gives",
    decide.OTHER_RECORD: "not the only one: other records in the CRM are of the same items, which are one now; they"
    " stay, for a person to merge",
    "participant_without_address": "with participants left out who have no e-mail address",
}


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the rows of one module: decisions and their outcomes, in the order of the rows."""

    plan: ModulePlan
    decisions: Sequence[Decision]
    outcomes: Sequence[Outcome]
    late_remarks: tuple[tuple[Decision, Remark], ...] = ()

    @property
    def rows(self) -> Iterator[tuple[Decision, Outcome]]:
        """Each decision with its outcome."""
        return zip(self.decisions, self.outcomes, strict=True)

    def account(self) -> LoadAccount:
        """Return the row account.

        Raises:
            ContractError: the rows do not add up.
        """
        counts = Counter(outcome.result for outcome in self.outcomes)
        return LoadAccount(
            module=self.plan.name,
            to_send=len(self.plan.decisions),
            created=counts[Result.CREATED],
            updated=counts[Result.UPDATED],
            unchanged=counts[Result.UNCHANGED],
            skipped=counts[Result.SKIPPED],
            failed=counts[Result.FAILED],
            in_doubt=counts[Result.IN_DOUBT],
        )

    def remarks(self) -> Iterator[tuple[Decision, Remark]]:
        """Yield every remark with the row it is about."""
        yield from ((decision, remark) for decision in self.decisions for remark in decision.remarks)
        yield from self.late_remarks


def notes(settled: Sequence[Settled], found_again: int, directory: Path) -> list[str]:
    """Return the notes of a load: reasons with counts, no value of any record."""
    lines = [f"{_rows(found_again)} of an interrupted load looked up in the CRM first."] if found_again else []
    lines += [line for one in settled for line in _module_notes(one)]
    is_told = any(outcome.result not in _SILENT for one in settled for outcome in one.outcomes)
    if is_told or any(True for one in settled for _ in one.remarks()):
        lines.append(f"Row by row: {directory / 'outcomes.parquet'}, and {directory / 'remarks.parquet'} for fields.")
    return lines


def left(settled: Iterable[Settled]) -> int:
    """Return how many rows were left for a later load, which may send them though nothing else changes."""
    return sum(outcome.code in _LEFT for one in settled for outcome in one.outcomes)


def credit_notes(planned: int, meter: Meter, allowed: int | None, sending: Cost) -> list[str]:
    """Return what the run cost; nothing where nothing was to be sent.

    Args:
        planned: credits of the whole run, known when its plan was.
        meter: what it took.
        allowed: the org's credits in 24 hours, None where nobody knows.
        sending: the forecast of sending alone.
    """
    if not sending.calls:
        return []
    of_day = f"; the org has {allowed:,} in 24 hours" if allowed else ""
    again = f", and {meter.asked_again:,} for asking again whether bulk jobs were done" if meter.asked_again else ""
    return [f"Credits: {meter.spent:,} spent, {planned:,} forecast, reading the CRM included{again}{of_day}."]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _module_notes(one: Settled) -> Iterator[str]:
    module = one.plan.name
    sent = sum(bool(decision.action) for decision in one.decisions)
    if sent:
        yield f"{module}: {_rows(sent)} sent by {_WAYS[one.plan.transport.name]}: {one.plan.transport.reason}."
    told = Counter(
        (outcome.result, outcome.code, outcome.field) for outcome in one.outcomes if outcome.result not in _SILENT
    )
    for (result, code, field), count in sorted(told.items()):
        at = f" ({field})" if field else ""
        what = _CODES.get(code) or f"refused by the CRM; {failures.remedy_of(code)}"
        yield f"{module}: {count:,} {'row' if count == 1 else 'rows'} {result}: {code}{at}, {what}."
    for (rule, field), count in sorted(Counter((remark.rule, remark.field) for _, remark in one.remarks()).items()):
        yield f"{module}: {field} of {count:,} {'row' if count == 1 else 'rows'} {_RULES[rule]}."


_WAYS = {"bulk": "bulk write", "records": "the records API", "email": "associate_email"}
_LEFT = frozenset(
    {
        course.LEFT_BY_PERSON,
        decide.AFTER_CANARY,
        forecast.LEFT_FOR_ANOTHER_DAY,
        standing.WAITS,
        failures.STOPPED,
        moved.MOVED,
    }
)
_SILENT = frozenset({Result.CREATED, Result.UPDATED, Result.UNCHANGED})


def written(settled: Iterable[Settled], module: str) -> Iterator[Row]:
    """Yield the rows of a module that were created or updated."""
    done = {Result.CREATED, Result.UPDATED}
    for one in settled:
        if one.plan.target.module == module:
            yield from (decision.row for decision, outcome in one.rows if outcome.result in done)


def write(settled: Iterable[Settled], directory: Path) -> None:
    """Write every outcome and remark of a run as tables.

    Raises:
        StorageError: the disk is full or may not be written.
    """
    listed = list(settled)
    outcomes = pa.concat_tables([OUTCOMES.empty_table(), *map(_outcomes, listed)])
    store.write(outcomes, directory / "outcomes.parquet", OUTCOMES)
    del outcomes
    store.write_rows(
        (_remark_row(one, decision, remark) for one in listed for decision, remark in one.remarks()),
        directory / "remarks.parquet",
        REMARKS,
    )


def describe(settled: Iterable[Settled], facts: Mapping[str, Any], directory: Path) -> None:
    """Write run.json: what the run was, and per module what became of its rows and why it went its way.

    Raises:
        StorageError: the disk is full or may not be written.
    """
    modules = [
        {
            "module": one.plan.name,
            "title": one.plan.title,
            "label_en": one.plan.target.label_en,
            "label_ja": one.plan.target.label_ja,
            "table": one.plan.target.table,
            "transport": one.plan.transport.name,
            "reason": one.plan.transport.reason,
            "rows": dict(sorted(Counter(TEXTS[outcome.result] for outcome in one.outcomes).items())),
        }
        for one in settled
    ]
    store.write_json({**facts, "modules": modules}, directory / "run.json")


def _outcomes(one: Settled) -> pa.Table:
    decisions, outcomes = one.decisions, one.outcomes
    columns = {  # each becomes an array at once: no two lists of all rows are in memory
        "module": pa.repeat(one.plan.target.module, len(outcomes)),
        "cluster_key": pa.array([decision.row.cluster_key for decision in decisions], pa.string()),
        "crm_key": pa.array([outcome.crm_key for outcome in outcomes], pa.string()),
        "crm_id": pa.array([outcome.crm_id or decision.crm_id or None for decision, outcome in one.rows], pa.string()),
        "result": pa.array([TEXTS[outcome.result] for outcome in outcomes], pa.string()),
        "code": pa.array([outcome.code or None for outcome in outcomes], pa.string()),
        "field": pa.array([outcome.field or None for outcome in outcomes], pa.string()),
    }
    return pa.table(columns, schema=OUTCOMES)


def _remark_row(one: Settled, decision: Decision, remark: Remark) -> dict[str, str | None]:
    return {
        "module": one.plan.target.module,
        "cluster_key": decision.row.cluster_key,
        "crm_key": decision.crm_key,
        "rule": remark.rule,
        "field": remark.field,
        "ours": _text(remark.ours),
        "theirs": _text(remark.theirs),
    }


def _text(value: values.Value) -> str | None:
    if value is None:
        return None
    return "; ".join(value) if isinstance(value, tuple) else values.as_cell(value) or str(values.storable(value))
