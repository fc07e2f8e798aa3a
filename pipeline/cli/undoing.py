"""The commands that take back or remove: rollback, wipe."""

import sys
from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import run
from pipeline.cli import loading, reach, shell
from pipeline.errors import EXIT_INTERRUPTED, EXIT_ROWS_FAILED


@shell.app.command()
def rollback(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Option("--run", help="The run to take back.", show_default="none: list the runs", min=1)
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Take back one load: delete what it created, restore what it overwrote, and list what stays and why."""
    from pipeline import load

    config = settings.load(context.obj)
    if number is None:
        for line in load.rollback.listing(config):
            shell.say(line)
        return
    approver = shell.approver()
    with run.holding(config, "rollback"), reach.connected(config) as connection, loading.drained("rollback") as course:
        result = load.rollback.run(
            config, connection, number, shell.say, is_dry=dry_run, approver=approver, course=course
        )
    exit_code = 0 if result.is_clean else EXIT_ROWS_FAILED
    if course.is_stopped:
        exit_code = EXIT_INTERRUPTED
    shell.give("rollback", result.facts(), exit_code)
    sys.exit(exit_code)


@shell.app.command()
def wipe(
    context: typer.Context,
    what: Annotated[
        str, typer.Option("--what", help="work, old, keys or all.", show_default="none: list what is held")
    ] = "",
    *,
    confirm: Annotated[bool, typer.Option("--confirm", help="Remove it, for good.")] = False,
) -> None:
    """Remove personal data that is kept here: work data, old values, keys, or all. The CRM is not touched."""
    from pipeline.load import wipe as wiping

    config = settings.load(context.obj)
    if what:
        wiping.check(what)
    with run.holding(config, "wipe"):
        if not confirm or not what:
            shell.say("wipe        what is held here; nothing was removed")
            for line in wiping.lines(wiping.holdings(config)):
                shell.say(line)
            shell.say("  To remove one for good: make wipe WHAT=... CONFIRM=yes")
            return
        wiping.wipe(config, what, shell.say)
    shell.give("wipe", {"what": what})
