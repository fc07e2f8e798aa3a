"""The commands that need no CRM: extract, transform, and the files to mend what was rejected."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import report, run
from pipeline.cli import shell


@shell.app.command()
def extract(
    context: typer.Context,
    inbox: Annotated[
        Path | None,
        typer.Option(
            help="A directory (searched recursively) or one file.", show_default="data/inbox, else the sample"
        ),
    ] = None,
    *,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Read every store with the second reader too, and compare.")
    ] = False,
) -> None:
    """Read Outlook files (.pst, .ost, .csv) into tables."""
    config = settings.load(context.obj, inbox).model_copy(update={"cross_check": cross_check})
    shell.say(
        f"extract     reading {config.inbox}"
        + (" (the sample; put your files into data/inbox)" if config.is_sample else "")
    )
    with shell.screen().progress("extract     reading stores:") as progress:
        result = run.offline("extract", config, progress=progress)
    report.kept.keep(config, result)
    shell.screen().show(result)
    if page := report.certificate.write(config):
        shell.say(f"  completeness certificate, folder by folder: {page}")


@shell.app.command()
def transform(context: typer.Context) -> None:
    """Clean, de-duplicate and validate what extract read."""
    config = run.following(context.obj)
    shell.say("transform   cleaning, de-duplicating, validating")
    with shell.screen().steps("transform") as told:
        result = run.offline("transform", config, told=told)
    report.kept.keep(config, result)
    shell.screen().show(result)
    if found := report.suggestions.write(config):
        path, lines = found
        count = f"the first {lines:,}" if lines == report.suggestions.MOST else f"{lines:,}"
        shell.say(f"  likely duplicates to decide on, {count}: {path}; lines with a verdict go into data/overrides.csv")


@shell.app.command()
def repair(context: typer.Context) -> None:
    """Write what transform rejected as CSV and .xlsx, for a person to mend; the next transform takes it."""
    from pipeline.report import rejected_rows
    from pipeline.report import repair as repairing

    config = run.following(context.obj)
    paths, items = repairing.write(config)
    for rows in rejected_rows.write(config, repairing.directory(config) / "rows"):
        shell.say(f"repair      {rows.count:,} of the rows of {rows.source}, which extract rejected: {rows.path}")
        shell.say(
            "            Mend them in a text editor, put the file beside that one into the inbox, run make extract."
        )
    if damaged := rejected_rows.of_stores(config):
        shell.say(f"repair      {damaged:,} items of stores, which extract rejected: damaged in the file itself")
        shell.say(
            "            Run Outlook's Inbox Repair Tool on a copy, put that into the inbox instead, run make extract."
        )
    if not items:
        shell.say("repair      nothing that transform rejected can be mended here")
        shell.give("repair", {"items": 0})
        return
    shell.say(f"repair      {items:,} rejected items: {paths[0]} and {paths[1].name}")
    shell.say(
        "            Mend the columns that `edit` names, save one of them below data/repaired, run make transform."
    )
    shell.give("repair", {"items": items})
