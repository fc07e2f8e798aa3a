"""The commands that send, or say what would be sent: load, retry, canary, rehearse, plan."""

import shutil
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import first_use, report, run, sandbox, store
from pipeline.cli import reach, shell
from pipeline.config import Config
from pipeline.errors import EXIT_INTERRUPTED, EXIT_ROWS_FAILED

if TYPE_CHECKING:  # each command imports what only it needs: all of it takes half a second
    from collections.abc import Iterator

    from pipeline.load.course import Course


@shell.app.command(name="load")
def load_(
    context: typer.Context,
    *,
    resend_doubts: Annotated[
        bool, typer.Option(help="You have looked: what is in doubt is not in the CRM. Send it again.")
    ] = False,
) -> None:
    """Send what is ready to the target of [zoho] target: the local sandbox, or a Zoho CRM."""
    _load(context, is_retry=False, resends_doubts=resend_doubts)


def _load(context: typer.Context, *, is_retry: bool, resends_doubts: bool = False) -> None:
    sys.exit(loaded(context, is_retry=is_retry, resends_doubts=resends_doubts))


def loaded(
    context: typer.Context,
    *,
    is_retry: bool,
    resends_doubts: bool = False,
    first: int | None = None,
    config: Config | None = None,
) -> int:
    """Load, show what came of it, and return the exit code."""
    from pipeline import load

    config = config or run.following(context.obj)
    approver = shell.approver()
    with run.holding(config, "load"), reach.connected(config) as connection, drained() as course:
        result = load.run(
            config,
            connection,
            shell.say,
            is_retry=is_retry,
            resends_doubts=resends_doubts,
            approver=approver,
            course=course,
            first=first,
        )
    exit_code = 0 if result.is_clean else EXIT_ROWS_FAILED
    if course.is_stopped:
        exit_code = EXIT_INTERRUPTED
    if result.tables:
        written = report.run_page.write(config, result.tables, shell.screen().language)
        result = replace(result, notes=(*result.notes, f"The whole report: {written.page}"))
    shell.screen().show(result, exit_code)
    return exit_code


@contextmanager
def drained(command: str = "load") -> "Iterator[Course]":
    """Yield the course of a load or rollback: shown while it goes, and ended by Ctrl-C after the request on its way."""
    from pipeline.load import Course

    with shell.screen().steps(command) as looked:
        doing, unit = ("undoing", "records") if command == "rollback" else ("sending", "rows")
        course = Course(lambda done, total: looked(doing, unit, done, total), looked)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if not course.stop():
                raise KeyboardInterrupt
            shell.screen().note(
                "Stopping after what is on its way. Once more stops at once; "
                f"the next {command} then looks there first."
            )

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield course
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@shell.app.command()
def retry(context: typer.Context) -> None:
    """Send again what failed and may succeed now; all else stays as it is."""
    _load(context, is_retry=True)


@shell.app.command()
def canary(
    context: typer.Context,
    rows: Annotated[int, typer.Option(help="So many rows of each module.", min=1)] = 20,
) -> None:
    """Load the first rows of each module for real, read them back, and compare them field by field."""
    from pipeline import load

    exit_code = loaded(context, is_retry=False, first=rows)
    if exit_code == EXIT_INTERRUPTED:
        sys.exit(exit_code)
    config = run.following(context.obj)
    with run.holding(config, "verify"), reach.connected(config) as connection, shell.screen().steps("canary") as told:
        found = load.verify(config, connection, shell.say, observes=True, told=told)
    compared = {"records": sum(found.counts.values()), "different": found.records, "fields": len(found.differences)}
    shell.give("canary", compared, EXIT_ROWS_FAILED if found.records else exit_code)
    shell.say(
        "  What came back is what was sent: make load sends the rest."
        if not found.records
        else "  Find out why before you load the rest; make rollback takes these rows back."
    )
    sys.exit(EXIT_ROWS_FAILED if found.records else exit_code)


@shell.app.command()
def rehearse(
    context: typer.Context,
    org: Annotated[
        str, typer.Argument(help="An org that a plan has looked at: a directory of data/audit, such as crm-1234.")
    ],
) -> None:
    """Carry out the plan in a sandbox that is like an org: its users, fields and records. The org gets nothing."""
    config = run.following(context.obj)
    rehearsing = first_use.rehearsing(config, org)
    directory = reach.sandbox_directory(rehearsing)
    shutil.rmtree(directory, ignore_errors=True)  # each rehearsal begins with the org as it was looked at
    with reach.sandbox_errors(directory), store.writing(directory):
        counts = sandbox.imitate(directory, config.audit / org)
    shell.say(f"rehearse    in a sandbox like {org}: {sum(counts.values()):,} records")
    exit_code = loaded(context, is_retry=False, config=rehearsing)
    last = store.read_json(report.run_page.latest(config) / "run.json")["plan"]
    is_same = (config.audit / org / "plans" / last).is_dir()
    shell.say(
        "  It was the plan that was made for the org." if is_same else "  It was another plan than the one for the org."
    )
    shell.say(f"  {org} got nothing; what failed here would fail there.")
    sys.exit(exit_code)


@shell.app.command()
def plan(context: typer.Context) -> None:
    """Say what a load would do, row by row and field by field. Nothing is sent."""
    from pipeline import load

    config = run.following(context.obj)
    with run.holding(config, "plan"), reach.connected(config) as connection, shell.screen().steps("plan") as told:
        result = load.run(config, connection, shell.say, plans_only=True, course=load.Course(looked=told))
    shell.screen().show(result)
    if result.tables:
        pages = report.plan_page.write(config, result.tables, shell.screen().language)
        shell.say(f"  the plan, row by row: {pages.whole}")
        for one in pages.mailboxes:
            shell.say(f"  for a mailbox's owner to sign: {one}")
