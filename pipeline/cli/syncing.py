"""The command that brings what is new, once or again and again."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import run
from pipeline.cli import reach, shell
from pipeline.errors import EXIT_ROWS_FAILED, BusyError, PipelineError


@shell.app.command()
def sync(
    context: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, a pass every so many seconds, until Ctrl-C.")] = False,
    every: Annotated[int, typer.Option(help="Seconds between two passes.", min=1)] = 300,
) -> None:
    """Bring what is new in the inbox to the CRM, under the standing approval of [sync]; quiet where nothing is."""
    if not watch:
        sys.exit(_pass(context.obj))
    told = ""
    while True:
        told = watched_pass(context.obj, told)
        time.sleep(every)


def watched_pass(project: Path, told: str) -> str:
    """Do one pass of a watch; what goes wrong is said, once while it stays the same, and the next pass tries again."""
    try:
        _pass(project)
    except BusyError:  # somebody is at work here: the next pass sees what is left
        return told
    except PipelineError as error:
        if error.message != told:
            shell.screen().fail(error.message, error.hint, type(error).__name__, error.exit_code)
        return error.message
    return ""


def _pass(project: Path) -> int:
    """Do one pass of a sync and return its exit code."""
    from pipeline import load

    config = settings.load(project)
    with run.holding(config, "sync"):
        traced = run.trace(config)
        if run.is_done(config, traced):
            return 0
        extracted = run.stage("extract")(config)
        run.stage("transform")(config)
        with reach.connected(config) as connection:
            lines: list[str] = []
            standing = load.Standing(config.sync)
            result = load.run(config, connection, lines.append, approver=shell.approver(), standing=standing)
        is_done = result.is_clean and not result.facts["left"]
        run.note_done(config, traced if is_done else "")
    exit_code = 0 if result.is_clean else EXIT_ROWS_FAILED
    if any(one.sent for one in result.loads) or not is_done:
        for line in (*lines, *(note for note in extracted.notes if "quarantined" in note)):
            shell.say(line)
        shell.screen().show(result, exit_code)
    return exit_code
