"""The commands that tell: of the last load, of the org, and of what the CRM holds."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import report, run
from pipeline.cli import reach, shell
from pipeline.errors import ContractError, TargetError


@shell.app.command(name="report")
def report_(context: typer.Context) -> None:
    """Write the report of the last load anew, as a page and as text."""
    config = run.following(context.obj)
    written = report.run_page.write(config, report.run_page.latest(config), shell.screen().language)
    shell.say(f"report      {written.page}")
    shell.say(f"            {written.text}")
    shell.give("report", {"written": 2})


@shell.app.command()
def dossier(context: typer.Context) -> None:
    """Put the proof of the last load into one zip: hashes, settings, plan, results, report, certificate, audit log."""
    config = run.following(context.obj)
    last = report.run_page.latest(config)
    shell.say(f"dossier     {report.dossier.write(config, last)}")
    shell.give("dossier", {"written": 1})


@shell.audit.command(name="verify")
def verify_log(
    context: typer.Context,
    head: Annotated[str, typer.Option(help="A head that a report shows: it has to be in the log.")] = "",
) -> None:
    """Check that nobody changed, removed, added or moved an entry of an audit log."""
    from pipeline.load import audit

    found = audit.check(settings.load(context.obj), head)
    for line in audit.lines(found, head):
        shell.say(line)
    exit_code = 0 if all(one.is_sound for one in found) else ContractError.exit_code
    for one in found:
        facts: dict[str, str | int] = {
            "org": one.org,
            "entries": one.verdict.entries,
            "head": one.verdict.head,
            "sound": int(one.is_sound),
        }
        shell.give("audit verify", facts, exit_code)
    sys.exit(exit_code)


@shell.app.command()
def verify(context: typer.Context) -> None:
    """Read again what was loaded, and say field by field what is not as it was sent. Changes nothing."""
    from pipeline import load

    config = settings.load(context.obj)
    with run.holding(config, "verify"), reach.connected(config) as connection, shell.screen().steps("verify") as told:
        found = load.verify(config, connection, shell.say, told=told)
    facts = {"records": sum(found.counts.values()), "different": found.records, "fields": len(found.differences)}
    shell.give("verify", facts)


@shell.app.command()
def why(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A record's id in the CRM, its Outlook_Key, or an e-mail address.")],
) -> None:
    """Say from which file, folder, item and columns a record of the CRM came, and through which rules and requests."""
    from pipeline.load import why as asking

    found = asking.ask(settings.load(context.obj), what)
    for one in found:
        for line in asking.lines(one):
            shell.say(line)
    shell.give("why", {"records": len(found), "fields": sum(len(one.fields) for one in found)})


@shell.app.command()
def doctor(
    context: typer.Context,
    *,
    create_key: Annotated[bool, typer.Option(help="Create the key field in the modules that lack it.")] = False,
) -> None:
    """Look at the org before a load: what stands in its way, and what to do. Changes nothing unless asked to."""
    from pipeline import load

    config = settings.load(context.obj)
    with reach.connected(config) as connection:
        findings = load.examine(config, connection, creates_key=create_key)
    for line in load.lines(findings):
        shell.say(line)
    counts = {str(level): sum(one.level is level for one in findings) for level in load.Level}
    exit_code = TargetError.exit_code if counts[load.Level.BAD] else 0
    shell.give("doctor", counts, exit_code)
    if exit_code:
        sys.exit(exit_code)


@shell.app.command()
def ledger(context: typer.Context) -> None:
    """Write the ledger of each org as Parquet and CSV."""
    from pipeline import load

    directories = list(load.export(settings.load(context.obj)))
    for directory in directories:
        shell.say(f"ledger      written to {directory}")
    shell.give("ledger", {"orgs": len(directories)})


@shell.app.command()
def export(
    context: typer.Context,
    first: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only events of this day and later.")
    ] = None,
    last: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only events until this day.")] = None,
    owner: Annotated[str, typer.Option(help="Only what the user with this e-mail owns.")] = "",
    language: Annotated[str, typer.Option(help="Of the Outlook that the CSV is for: en, ja, de, ...")] = "en",
) -> None:
    """Write events and contacts of the CRM as files that Outlook imports. Nobody is mailed."""
    from pipeline import load

    config = settings.load(context.obj)
    wanted = load.way_back.Wanted(
        first=first.date() if first else None, last=last.date() if last else None, owner=owner, language=language
    )
    with reach.connected(config) as connection:
        written = load.way_back.export(config, connection, wanted)
    for path, count in written:
        shell.say(f"export      {count:,} in {path}")
    shell.give("export", {"files": len(written), "items": sum(count for _, count in written)})


@shell.app.command()
def mail_find(
    context: typer.Context, text: Annotated[str, typer.Argument(help="A word of a subject, name or address.")]
) -> None:
    """Print messages and records of the CRM that a word finds, as lines for data/mail.csv."""
    from pipeline import load

    config = run.following(context.obj)
    for line in (*load.find.messages(config, text), *load.find.records(config, text)):
        shell.screen().give(line)
