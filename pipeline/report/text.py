"""The printed summary of a stage: a table whose every row adds up, then the exclusions by rule, then the notes."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from pipeline.outcome import Account, LoadAccount, PlanAccount, Report
from pipeline.report import speech
from pipeline.report.words import Language

_LOAD = ("module", "to send", "= created", "+ updated", "+ unchanged", "+ skipped", "+ failed", "+ in doubt")
_PLAN = ("module", "rows", "= create", "+ update", "+ unchanged", "+ unsure", "+ skipped", "+ in doubt")
_OFFLINE = {
    "extract": ("table", "seen", "= written", "+ excluded", "+ rejected"),
    "transform": ("table", "seen", "+ made", "= ready", "+ merged", "+ excluded", "+ rejected"),
}

Row = list[int | str]


def summary(report: Report, language: Language = "en") -> list[Table | str]:
    """Return what to print of a report, in order: tables and lines, in a language."""
    lines: list[Table | str] = []
    if report.accounts:
        lines.append(
            _table(_OFFLINE[report.stage], [_offline(report.stage, account) for account in report.accounts], language)
        )
        lines += [f"  {text}" for text in _exclusions(report.accounts)]
    if report.loads:
        lines.append(_table(_LOAD, [_load(account) for account in report.loads], language))
    if report.plans:
        lines.append(_table(_PLAN, [_plan(account) for account in report.plans], language))
    lines += [f"  {note}" for note in report.notes]
    if head := report.facts.get("audit_head"):
        lines.append(f"  Audit head: {head}")
    if report.stage == "plan":
        lines.append(f"plan        hash {report.facts['plan']}; nothing was sent")
    lines += [_last(report)] if report.stage == "load" else []
    return [speech.spoken(line, language) if isinstance(line, str) else line for line in lines]


def _offline(stage: str, account: Account) -> Row:
    excluded = sum(account.excluded.values())
    if stage == "transform":
        return [
            account.table, account.seen, account.made, account.written, account.merged, excluded, account.rejected,
        ]  # fmt: skip
    return [account.table, account.seen, account.written, excluded, account.rejected]


def _load(account: LoadAccount) -> Row:
    settled = [account.created, account.updated, account.unchanged, account.skipped, account.failed, account.in_doubt]
    return [account.module, account.to_send, *settled]


def _plan(account: PlanAccount) -> Row:
    planned = [account.create, account.update, account.unchanged, account.unsure, account.skipped, account.in_doubt]
    return [account.module, account.rows, *planned]


def _exclusions(accounts: Iterable[Account]) -> list[str]:
    return [
        f"excluded {count:,} of {account.table} by rule {rule}"
        for account in accounts
        for rule, count in sorted(account.excluded.items())
        if count
    ]


def _last(report: Report) -> str:
    sent = sum(account.sent for account in report.loads)
    rows = sum(account.to_send for account in report.loads)
    said = f"{sent:,} of {rows:,} rows sent" if sent else f"Nothing to send: {rows:,} rows, none of them new or changed"
    return f"load        {said}; target: {report.target}"


def _table(headings: Sequence[str], rows: Sequence[Row], language: Language) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1))  # fits 80 columns
    for position, heading in enumerate(headings):
        table.add_column(_heading(heading, language), justify="right" if position else "left", no_wrap=True)
    named = [[speech.word(str(name), language) if " " in str(name) else name, *rest] for name, *rest in rows]
    for row in [*named, [speech.word("all", language), *_totals(rows)]]:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else value for value in row))
    return table


def _heading(heading: str, language: Language) -> str:
    """Return a heading, its sign before it, in a language."""
    sign, _, name = heading.rpartition("= ") if "= " in heading else heading.rpartition("+ ")
    return f"{sign}{_}{speech.word(name, language)}"


def _totals(rows: Sequence[Row]) -> Row:
    return [sum(value for value in column if isinstance(value, int)) for column in list(zip(*rows, strict=True))[1:]]
