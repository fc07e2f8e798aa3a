"""The command `outlook2zoho`: sub-commands and exit codes; only its screen prints (`pipeline.report.screen`).

Exit codes: see `pipeline.errors`.
"""

import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import SecretStr
from typer.exceptions import TyperException

from pipeline import config as settings
from pipeline import first_use, report, run, sandbox, store
from pipeline.config import Config
from pipeline.errors import (
    EXIT_INTERRUPTED,
    EXIT_ROWS_FAILED,
    BusyError,
    ContractError,
    PipelineError,
    RetryableError,
    TargetError,
)
from pipeline.first_use import Desk
from pipeline.report.screen import Screen

if TYPE_CHECKING:  # each command imports what only it needs: all of it takes half a second
    from pipeline.load.approval import Approver
    from pipeline.load.connection import Connection
    from pipeline.load.course import Course

_screen = Screen()
app = typer.Typer(
    name="outlook2zoho",
    help="Moves Outlook contacts, tasks, calendar and mail into Zoho CRM, every row accounted for.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # or [zoho] in a help text would be taken for markup
    pretty_exceptions_enable=False,
)


audit_ = typer.Typer(help="The audit log: what was done, in entries that betray every change.", no_args_is_help=True)
app.add_typer(audit_, name="audit")


@app.callback()
def _options(
    context: typer.Context,
    project: Annotated[
        Path,
        typer.Option(
            help="Directory of one customer's migration: pipeline.toml, .env, data/.",
            show_default="here",
            exists=True,
            file_okay=False,
        ),
    ] = Path(),
    *,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON at the end, without personal data.")
    ] = False,
    language: Annotated[
        str, typer.Option("--lang", help="Language of messages and pages: en or ja.", show_default="that of the locale")
    ] = "",
) -> None:
    if language and language[:2].casefold() not in {"en", "ja"}:
        raise typer.BadParameter("the languages are en and ja", param_hint="--lang")
    global _screen  # noqa: PLW0603 - one command a process
    _screen = Screen.of(is_json=as_json, is_quiet=quiet, language=language)
    context.obj = project


@app.command()
def init(
    context: typer.Context,
    inbox: Annotated[
        Path | None, typer.Option(help="A directory or one file.", show_default="data/inbox, else the sample")
    ] = None,
) -> None:
    """Begin a project: draft pipeline.toml from the inbox, ask the rest, and connect the CRM."""
    config = settings.load(context.obj, inbox)
    desk = _desk()
    _say(f"init        {desk.word('reading')}: {config.inbox}")
    if config.is_sample:
        _say(f"  {desk.word('sample')}")
    with _screen.progress("init        reading stores:") as progress:
        report.kept.keep(config, run.offline("extract", config, progress=progress))
    first_use.write_draft(config, desk)
    config = settings.load(context.obj, inbox)
    if config.zoho.target == "crm" or os.environ.get(first_use.CODE):
        _connect(config, desk)
    if config.zoho.target == "crm" and first_use.is_connected(config) and desk.agrees("ask_key"):
        doctor(context, create_key=True)
    if desk.agrees("ask_plan"):
        extract(context, inbox)
        transform(context)
        plan(context)
    _say(f"  {desk.word('next')}")


def _desk() -> Desk:
    asks = {"ask": _screen.ask, "ask_secretly": _screen.ask_secretly} if _screen.is_asked else {}
    return Desk(say=_say, language=_screen.language, **asks)


def _connect(config: Config, desk: Desk) -> None:
    from pipeline.load import grant

    def exchange(client_id: str, client_secret: str, code: str) -> str:
        return grant.exchange(config, grant.Client(client_id, client_secret), code)

    first_use.connect(config, desk, exchange, grant.console(config.zoho.data_center), grant.SCOPES)


@app.command()
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
    _say(
        f"extract     reading {config.inbox}"
        + (" (the sample; put your files into data/inbox)" if config.is_sample else "")
    )
    with _screen.progress("extract     reading stores:") as progress:
        result = run.offline("extract", config, progress=progress)
    report.kept.keep(config, result)
    _screen.show(result)
    if page := report.certificate.write(config):
        _say(f"  completeness certificate, folder by folder: {page}")


@app.command()
def transform(context: typer.Context) -> None:
    """Clean, de-duplicate and validate what extract read."""
    config = run.following(context.obj)
    _say("transform   cleaning, de-duplicating, validating")
    with _screen.steps("transform") as told:
        result = run.offline("transform", config, told=told)
    report.kept.keep(config, result)
    _screen.show(result)
    if found := report.suggestions.write(config):
        path, lines = found
        count = f"the first {lines:,}" if lines == report.suggestions.MOST else f"{lines:,}"
        _say(f"  likely duplicates to decide on, {count}: {path}; lines with a verdict go into data/overrides.csv")


@app.command(name="load")
def load_(
    context: typer.Context,
    *,
    resend_doubts: Annotated[
        bool, typer.Option(help="You have looked: what is in doubt is not in the CRM. Send it again.")
    ] = False,
) -> None:
    """Send what is ready to the target of [zoho] target: the local sandbox, or a Zoho CRM."""
    _load(context, is_retry=False, resends_doubts=resend_doubts)


@app.command()
def retry(context: typer.Context) -> None:
    """Send again what failed and may succeed now; all else stays as it is."""
    _load(context, is_retry=True)


@app.command()
def canary(
    context: typer.Context,
    rows: Annotated[int, typer.Option(help="So many rows of each module.", min=1)] = 20,
) -> None:
    """Load the first rows of each module for real, read them back, and compare them field by field."""
    from pipeline import load

    exit_code = _loaded(context, is_retry=False, first=rows)
    if exit_code == EXIT_INTERRUPTED:
        sys.exit(exit_code)
    config = run.following(context.obj)
    with run.holding(config, "verify"), _connected(config) as connection, _screen.steps("canary") as told:
        found = load.verify(config, connection, _say, observes=True, told=told)
    compared = {"records": sum(found.counts.values()), "different": found.records, "fields": len(found.differences)}
    _give("canary", compared, EXIT_ROWS_FAILED if found.records else exit_code)
    _say(
        "  What came back is what was sent: make load sends the rest."
        if not found.records
        else "  Find out why before you load the rest; make rollback takes these rows back."
    )
    sys.exit(EXIT_ROWS_FAILED if found.records else exit_code)


@app.command()
def rehearse(
    context: typer.Context,
    org: Annotated[
        str, typer.Argument(help="An org that a plan has looked at: a directory of data/audit, such as crm-1234.")
    ],
) -> None:
    """Carry out the plan in a sandbox that is like an org: its users, fields and records. The org gets nothing."""
    config = run.following(context.obj)
    rehearsing = first_use.rehearsing(config, org)
    directory = _sandbox_directory(rehearsing)
    shutil.rmtree(directory, ignore_errors=True)  # each rehearsal begins with the org as it was looked at
    with _sandbox_errors(directory), store.writing(directory):
        counts = sandbox.imitate(directory, config.audit / org)
    _say(f"rehearse    in a sandbox like {org}: {sum(counts.values()):,} records")
    exit_code = _loaded(context, is_retry=False, config=rehearsing)
    last = store.read_json(report.run_page.latest(config) / "run.json")["plan"]
    is_same = (config.audit / org / "plans" / last).is_dir()
    _say(
        "  It was the plan that was made for the org." if is_same else "  It was another plan than the one for the org."
    )
    _say(f"  {org} got nothing; what failed here would fail there.")
    sys.exit(exit_code)


@app.command()
def plan(context: typer.Context) -> None:
    """Say what a load would do, row by row and field by field. Nothing is sent."""
    from pipeline import load

    config = run.following(context.obj)
    with run.holding(config, "plan"), _connected(config) as connection, _screen.steps("plan") as told:
        result = load.run(config, connection, _say, plans_only=True, course=load.Course(looked=told))
    _screen.show(result)
    if result.tables:
        pages = report.plan_page.write(config, result.tables, _screen.language)
        _say(f"  the plan, row by row: {pages.whole}")
        for one in pages.mailboxes:
            _say(f"  for a mailbox's owner to sign: {one}")


def _load(context: typer.Context, *, is_retry: bool, resends_doubts: bool = False) -> None:
    sys.exit(_loaded(context, is_retry=is_retry, resends_doubts=resends_doubts))


def _loaded(
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
    approver = _approver()
    with run.holding(config, "load"), _connected(config) as connection, _sent() as course:
        result = load.run(
            config,
            connection,
            _say,
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
        written = report.run_page.write(config, result.tables, _screen.language)
        result = replace(result, notes=(*result.notes, f"The whole report: {written.page}"))
    _screen.show(result, exit_code)
    return exit_code


@contextmanager
def _sent(command: str = "load") -> "Iterator[Course]":
    """Yield the course of a load or rollback: shown while it goes, and ended by Ctrl-C after the request on its way."""
    from pipeline.load import Course

    with _screen.steps(command) as looked:
        doing, unit = ("undoing", "records") if command == "rollback" else ("sending", "rows")
        course = Course(lambda done, total: looked(doing, unit, done, total), looked)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if not course.stop():
                raise KeyboardInterrupt
            _screen.note(
                "Stopping after what is on its way. Once more stops at once; "
                f"the next {command} then looks there first."
            )

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield course
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@app.command(name="report")
def report_(context: typer.Context) -> None:
    """Write the report of the last load anew, as a page and as text."""
    config = run.following(context.obj)
    written = report.run_page.write(config, report.run_page.latest(config), _screen.language)
    _say(f"report      {written.page}")
    _say(f"            {written.text}")
    _give("report", {"written": 2})


@app.command()
def dossier(context: typer.Context) -> None:
    """Put the proof of the last load into one zip: hashes, settings, plan, results, report, certificate, audit log."""
    config = run.following(context.obj)
    last = report.run_page.latest(config)
    _say(f"dossier     {report.dossier.write(config, last)}")
    _give("dossier", {"written": 1})


@app.command()
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
        told = _watched_pass(context.obj, told)
        time.sleep(every)


@app.command()
def mail_find(
    context: typer.Context, text: Annotated[str, typer.Argument(help="A word of a subject, name or address.")]
) -> None:
    """Print messages and records of the CRM that a word finds, as lines for data/mail.csv."""
    from pipeline import load

    config = run.following(context.obj)
    for line in (*load.find.messages(config, text), *load.find.records(config, text)):
        _screen.give(line)


def _watched_pass(project: Path, told: str) -> str:
    """Do one pass of a watch; what goes wrong is said, once while it stays the same, and the next pass tries again."""
    try:
        _pass(project)
    except BusyError:  # somebody is at work here: the next pass sees what is left
        return told
    except PipelineError as error:
        if error.message != told:
            _screen.fail(error.message, error.hint, type(error).__name__, error.exit_code)
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
        with _connected(config) as connection:
            lines: list[str] = []
            standing = load.Standing(config.sync)
            result = load.run(config, connection, lines.append, approver=_approver(), standing=standing)
        is_done = result.is_clean and not result.facts["left"]
        run.note_done(config, traced if is_done else "")
    exit_code = 0 if result.is_clean else EXIT_ROWS_FAILED
    if any(one.sent for one in result.loads) or not is_done:
        for line in (*lines, *(note for note in extracted.notes if "quarantined" in note)):
            _say(line)
        _screen.show(result, exit_code)
    return exit_code


@app.command()
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
            _say(line)
        return
    approver = _approver()
    with run.holding(config, "rollback"), _connected(config) as connection, _sent("rollback") as course:
        result = load.rollback.run(config, connection, number, _say, is_dry=dry_run, approver=approver, course=course)
    exit_code = 0 if result.is_clean else EXIT_ROWS_FAILED
    if course.is_stopped:
        exit_code = EXIT_INTERRUPTED
    _give("rollback", result.facts(), exit_code)
    sys.exit(exit_code)


@audit_.command(name="verify")
def verify_log(
    context: typer.Context,
    head: Annotated[str, typer.Option(help="A head that a report shows: it has to be in the log.")] = "",
) -> None:
    """Check that nobody changed, removed, added or moved an entry of an audit log."""
    from pipeline.load import audit

    found = audit.check(settings.load(context.obj), head)
    for line in audit.lines(found, head):
        _say(line)
    exit_code = 0 if all(one.is_sound for one in found) else ContractError.exit_code
    for one in found:
        facts: dict[str, str | int] = {
            "org": one.org,
            "entries": one.verdict.entries,
            "head": one.verdict.head,
            "sound": int(one.is_sound),
        }
        _give("audit verify", facts, exit_code)
    sys.exit(exit_code)


@app.command()
def verify(context: typer.Context) -> None:
    """Read again what was loaded, and say field by field what is not as it was sent. Changes nothing."""
    from pipeline import load

    config = settings.load(context.obj)
    with run.holding(config, "verify"), _connected(config) as connection, _screen.steps("verify") as told:
        found = load.verify(config, connection, _say, told=told)
    facts = {"records": sum(found.counts.values()), "different": found.records, "fields": len(found.differences)}
    _give("verify", facts)


@app.command()
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
    with run.holding(config, "wipe"):
        if not confirm or not what:
            _say("wipe        what is held here; nothing was removed")
            for line in wiping.lines(wiping.holdings(config)):
                _say(line)
            _say("  To remove one for good: make wipe WHAT=... CONFIRM=yes")
            return
        wiping.wipe(config, what, _say)
    _give("wipe", {"what": what})


@app.command()
def why(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A record's id in the CRM, its Outlook_Key, or an e-mail address.")],
) -> None:
    """Say from which file, folder, item and columns a record of the CRM came, and through which rules and requests."""
    from pipeline.load import why as asking

    found = asking.ask(settings.load(context.obj), what)
    for one in found:
        for line in asking.lines(one):
            _say(line)
    _give("why", {"records": len(found), "fields": sum(len(one.fields) for one in found)})


@app.command()
def doctor(
    context: typer.Context,
    *,
    create_key: Annotated[bool, typer.Option(help="Create the key field in the modules that lack it.")] = False,
) -> None:
    """Look at the org before a load: what stands in its way, and what to do. Changes nothing unless asked to."""
    from pipeline import load

    config = settings.load(context.obj)
    with _connected(config) as connection:
        findings = load.examine(config, connection, creates_key=create_key)
    for line in load.lines(findings):
        _say(line)
    counts = {str(level): sum(one.level is level for one in findings) for level in load.Level}
    exit_code = TargetError.exit_code if counts[load.Level.BAD] else 0
    _give("doctor", counts, exit_code)
    if exit_code:
        sys.exit(exit_code)


@app.command()
def repair(context: typer.Context) -> None:
    """Write what transform rejected as CSV and .xlsx, for a person to mend; the next transform takes it."""
    from pipeline.report import rejected_rows
    from pipeline.report import repair as repairing

    config = run.following(context.obj)
    paths, items = repairing.write(config)
    for rows in rejected_rows.write(config, repairing.directory(config) / "rows"):
        _say(f"repair      {rows.count:,} rows of {rows.source} that extract rejected: {rows.path}")
        _say("            Mend them in a text editor, put the file beside that one into the inbox, run make extract.")
    if not items:
        _say("repair      nothing that transform rejected can be mended here")
        _give("repair", {"items": 0})
        return
    _say(f"repair      {items:,} rejected items: {paths[0]} and {paths[1].name}")
    _say("            Mend the columns that `edit` names, save one of them below data/repaired, run make transform.")
    _give("repair", {"items": items})


@app.command()
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
    with _connected(config) as connection:
        written = load.way_back.export(config, connection, wanted)
    for path, count in written:
        _say(f"export      {count:,} in {path}")
    _give("export", {"files": len(written), "items": sum(count for _, count in written)})


@app.command()
def ledger(context: typer.Context) -> None:
    """Write the ledger of each org as Parquet and CSV."""
    from pipeline import load

    directories = list(load.export(settings.load(context.obj)))
    for directory in directories:
        _say(f"ledger      written to {directory}")
    _give("ledger", {"orgs": len(directories)})


@app.command(name="sandbox")
def sandbox_(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Run the local Zoho CRM by itself, for any Zoho client, until Ctrl-C."""
    config = settings.load(context.obj)
    with _sandbox_errors(_sandbox_directory(config)):
        sandbox.serve(_sandbox_directory(config), port, _announce)


@app.command()
def sandbox_like(
    context: typer.Context,
    org: Annotated[str, typer.Argument(help="An org that a plan or load has looked at: a directory of data/audit.")],
) -> None:
    """Make the sandbox of [sandbox] name like an org, to rehearse a migration: its users, fields and records."""
    config = settings.load(context.obj)
    directory = _sandbox_directory(config)
    with _sandbox_errors(directory), store.writing(directory):
        counts = sandbox.imitate(directory, config.audit / org)
    _say(f"sandbox     {directory} is like {org}: {sum(counts.values()):,} records")
    for module, count in counts.items():
        _screen.give(f"  {module}: {count:,}")


@app.command()
def sandbox_show(
    context: typer.Context,
    module: Annotated[str, typer.Argument(help="API name of a module, such as Contacts.")] = "Contacts",
) -> None:
    """Print what the sandbox holds, one record a line."""
    config = settings.load(context.obj)
    with _sandbox_errors():
        for line in sandbox.show(_sandbox_directory(config), module):
            _screen.give(line)


def main() -> None:
    """Run the command line; every expected error ends in one message and its exit code."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    global _screen  # noqa: PLW0603 - one command a process
    _screen = Screen(language=report.usage.asked(sys.argv[1:]))
    try:
        _run()
    except SystemExit as end:  # typer returns this code for a KeyboardInterrupt
        if end.code != EXIT_INTERRUPTED:
            raise
        _fail("Interrupted. What was complete is kept; the same command goes on from there.", "", EXIT_INTERRUPTED)
    except TyperException as error:
        _misused(error)
    except PipelineError as error:
        _fail(error.message, error.hint, error.exit_code, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback, which may hold personal data
        _fail(*_defect(error), type(error).__name__)


def _run() -> None:
    """Run the command; a reader of its output that has gone (such as head) is no failure."""
    try:
        sys.exit(report.usage.Usage.of(app, _screen.language).run())
    except SystemExit as end:
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):  # typer's own output, a help text, found nobody
            raise SystemExit(0) from None
        raise end from None
    finally:
        _screen.end()


@contextmanager
def _connected(config: Config) -> "Iterator[Connection]":
    """Yield how to reach the target; the sandbox runs only meanwhile."""
    from pipeline.load.connection import Connection

    if config.zoho.target == "crm":
        yield Connection.of_crm(config, settings.credentials(config.project))
        return
    directory = _sandbox_directory(config)
    with _sandbox_errors(directory), store.writing(directory), sandbox.running(directory) as endpoint:
        yield Connection(
            target="sandbox",
            accounts_url=endpoint.base_url,
            api_url=endpoint.base_url,
            upload_url=endpoint.base_url,
            client_id=endpoint.client_id,
            client_secret=SecretStr(endpoint.client_secret),
            refresh_token=SecretStr(endpoint.refresh_token),
        )


@contextmanager
def _sandbox_errors(written: Path | None = None) -> Iterator[None]:
    """Say what stopped the sandbox; where it writes to `written`, a full disk is the first thing to look for."""
    try:
        yield
    except RetryableError:  # as the load sees it, a CRM whose disk is full is one that is busy
        if written:
            store.check_room(written)
        raise
    except sandbox.SandboxError as error:
        if written:
            store.check_room(written)
        raise TargetError(error.message, error.hint) from error


def _sandbox_directory(config: Config) -> Path:
    return config.sandboxes / config.sandbox.name


def _announce(endpoint: sandbox.Endpoint) -> None:
    _say(f"Local Zoho CRM «{endpoint.company}», until Ctrl-C:")
    for name in ("base_url", "zgid", "client_id", "client_secret", "refresh_token"):
        _say(f"  {name:<14} {getattr(endpoint, name)}")


def _say(line: str) -> None:
    _screen.say(line)


def _give(command: str, facts: Mapping[str, str | int], exit_code: int = 0) -> None:
    """Tell a machine what a command that is no stage came to."""
    if _screen.reader == "machine":
        _screen.give(report.machine.listing(command, facts, exit_code))


def _approver() -> "Approver":
    from pipeline import load

    return load.Approver.of_environment(_screen.ask if _screen.is_asked else None)


def _fail(message: str, hint: str, code: int, error: str = "Interrupted") -> NoReturn:
    _screen.fail(message, hint, error, code)
    sys.exit(code)


def _misused(error: TyperException) -> NoReturn:
    """Say what is wrong with a command line; one without a command gets the help."""
    said = error.format_message()
    if "\n" in said:
        _screen.give(said)
        sys.exit(error.exit_code)
    _fail(f"{said.rstrip('.')}.", "See outlook2zoho --help.", error.exit_code, "Usage")


def _defect(error: Exception) -> tuple[str, str, int]:
    """Say where the program failed without what it was working on."""
    frames = traceback.extract_tb(error.__traceback__)
    here = Path(__file__).parent
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(here)] or frames[-1:]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return (
        f"A defect of outlook2zoho: {type(error).__name__} at {place}. Earlier tables and the ledger are safe.",
        "Please report this line. It holds no data of yours.",
        PipelineError.exit_code,
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
