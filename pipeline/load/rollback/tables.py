"""What a rollback does and did, as lines for a person and as a table; and the list of runs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import store
from pipeline.load.course import LEFT_BY_PERSON
from pipeline.load.ledger import Ledger
from pipeline.load.rollback import carry, plan
from pipeline.load.rollback.plan import Step
from pipeline.schemas import ROLLBACK

_WHY = {
    plan.IN_DOUBT: "nobody knows yet whether the CRM made them; run make load, which looks, then roll back again",
    plan.NOT_PROVEN: "found by their names only, so that they may be somebody else's",
    plan.LATER_RUN: "changed by a later run; roll that one back first",
    plan.CHANGED: "hold something else than was written: somebody changed them since",
    plan.CHANGED_BY: "changed by another user since",
    plan.HAS_CHILDREN: "records that stay belong to them",
    plan.OLD_VALUE_UNKNOWN: "what was written is not in the ledger any more: wiped, or of an older version",
    plan.IRREVERSIBLE: "what is attached to a record that was there before cannot be taken back",
    plan.GONE: "not there any more",
    carry.NOT_CLEAR: "the CRM gave no clear answer; run make rollback again, which looks first",
    LEFT_BY_PERSON: "you stopped it before; the same command goes on",
    carry.CHILD_LEFT: "what belongs to them could not be removed",
    carry.REFUSED: "refused by the CRM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A rollback: its plan, or what became of it.

    `rows`: each step with "planned", "" for done, or a code; `unseen`: modules in which nobody could look for children.
    """

    run: int
    plan: str
    rows: tuple[tuple[Step, str], ...]
    unseen: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed; what the plan says is kept is no failure."""
        return all(code in {"", "planned"} for _, code in self.rows)

    def facts(self) -> dict[str, str | int]:
        """Return the rollback in numbers, for machines."""
        counts = Counter(step.action for step, _ in self.rows)
        failed = sum(code not in {"", "planned"} for _, code in self.rows)
        kept = sum(bool(step.kept) for step, _ in self.rows)
        return {
            "run": self.run,
            "plan": self.plan,
            "delete": counts["delete"],
            "restore": counts["restore"],
            "kept": kept,
            "failed": failed,
        }


def plan_lines(result: Undone, cost: int) -> list[str]:
    """Return the plan as lines: counts and reasons, no value of any record."""
    counts = Counter((step.effect.module, step.action) for step, _ in result.rows)
    modules = dict.fromkeys(step.effect.module for step, _ in result.rows)
    lines = [
        f"  {module}: {counts[module, 'delete']:,} to delete, {counts[module, 'restore']:,} to restore, "
        f"{counts[module, 'keep']:,} kept, {counts[module, 'none']:,} with nothing to do"
        for module in modules
    ]
    lines += _kept_lines(result)
    if result.unseen:
        lines.append(f"  not looked at for records that belong to them: {', '.join(result.unseen)}")
    if any(step.action in {"delete", "restore"} for step, _ in result.rows):
        lines.append(f"  deleted records stay 60 days in the CRM's recycle bin; it costs {cost:,} credits")
        return [*lines, f"  plan {result.plan}"]
    return [*lines, "  nothing to undo"]


def _kept_lines(result: Undone) -> Iterator[str]:
    told = Counter(
        (step.effect.module, one.why, one.field)
        for step, _ in result.rows
        for one in step.kept
    )  # fmt: skip
    for (module, why, name), count in sorted(told.items()):
        at = f" ({name})" if name else ""
        yield f"  kept: {count:,} of {module}{at}: {why}, {_WHY.get(why, 'see the table')}"


def done_lines(result: Undone, tables: Path) -> list[str]:
    """Return what became of a rollback as lines."""
    counts = Counter((step.effect.module, step.action, code) for step, code in result.rows)
    done = {action: sum(n for (_, one, code), n in counts.items() if one == action and not code) for action in _ACTED}
    codes = Counter((step.effect.module, code) for step, code in result.rows if code)
    lines = [
        f"  {module}: {count:,} not undone: {code}, {_WHY.get(code, 'refused by the CRM')}"
        for (module, code), count in sorted(codes.items())
    ]
    kept = sum(bool(step.kept) for step, _ in result.rows)
    lines.append(
        f"rollback    {done['delete']:,} deleted, {done['restore']:,} restored, {kept:,} kept or not undone"
        + (f"; row by row: {tables}" if kept or codes else "")
    )
    return lines


_ACTED = ("delete", "restore")


def write(result: Undone, directory: Path) -> Path:
    """Write what became of every record as a table; return its file.

    Raises:
        StorageError: the disk is full or may not be written.
    """
    path = directory / "rollback.parquet"
    store.write_rows((row for step, code in result.rows for row in _rows(step, code)), path, ROLLBACK)
    return path


def _rows(step: Step, code: str) -> Iterator[dict[str, str | None]]:
    row = {
        "module": step.effect.module,
        "crm_key": step.effect.crm_key,
        "crm_id": step.effect.crm_id or None,
        "action": step.action,
        "result": {"": "done", "planned": "planned"}.get(code, "failed"),
        "code": None if code in {"", "planned"} else code,
    }
    for name in step.values:
        yield row | {"field": name, "why": "restored"}
    for one in step.kept:
        yield row | {"field": one.field or None, "why": one.why, "detail": one.detail or None}
    if not step.values and not step.kept:
        yield row


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of an org as the ledger knows it. `undone_at`: when it was rolled back, "" for never."""

    number: int
    started_at: str
    ended_at: str
    counts: str
    undone_at: str


def runs(ledger: Ledger) -> list[Run]:
    """Return the runs that sent something, the last one first."""
    db = ledger.connection
    counted: dict[int, list[str]] = {}
    rows = db.execute(
        "SELECT b.run, b.module, i.result, count(*) FROM batches b JOIN intents i USING (batch)"
        " WHERE b.state != 'planned' GROUP BY b.run, b.module, i.result ORDER BY min(b.batch)"
    )
    for run, module, result, count in rows:
        counted.setdefault(run, []).append(f"{module} {count:,} {result or 'in doubt'}")
    undone = dict(db.execute("SELECT run, max(coalesce(ended_at, '')) FROM rollbacks GROUP BY run"))
    found = db.execute("SELECT run, started_at, coalesce(ended_at, '') FROM runs ORDER BY run DESC")
    return [
        Run(number=run, started_at=start, ended_at=end, counts=", ".join(counted[run]), undone_at=undone.get(run, ""))
        for run, start, end in found
        if run in counted
    ]


def run_lines(listed: list[Run]) -> list[str]:
    """Return the list of runs as lines."""
    lines = []
    for one in listed:
        end = f", ended {one.ended_at}" if one.ended_at else ", interrupted"
        undone = f"; rolled back {one.undone_at}" if one.undone_at else ""
        lines.append(f"  RUN={one.number}  {one.started_at}{end}: {one.counts}{undone}")
    return lines or ["  no run has sent anything yet"]
