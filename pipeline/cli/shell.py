"""What every command shares: the program, its options, and the screen that says what they come to."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import report
from pipeline.report.screen import Screen

if TYPE_CHECKING:  # each command imports what only it needs: all of it takes half a second
    from pipeline.load.approval import Approver

_screen = Screen()
app = typer.Typer(
    name="outlook2zoho",
    help="Moves Outlook contacts, tasks, calendar and mail into Zoho CRM, every row accounted for.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # or [zoho] in a help text would be taken for markup
    pretty_exceptions_enable=False,
)


audit = typer.Typer(help="The audit log: what was done, in entries that betray every change.", no_args_is_help=True)
app.add_typer(audit, name="audit")


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
    show_on(Screen.of(is_json=as_json, is_quiet=quiet, language=language))
    context.obj = project


def screen() -> Screen:
    """Return the screen of this command."""
    return _screen


def show_on(chosen: Screen) -> None:
    """Have all of this command shown on a screen."""
    global _screen  # noqa: PLW0603 - one command a process
    _screen = chosen


def say(line: str) -> None:
    """Say a line to a person."""
    screen().say(line)


def give(command: str, facts: Mapping[str, str | int], exit_code: int = 0) -> None:
    """Tell a machine what a command that is no stage came to."""
    if screen().reader == "machine":
        screen().give(report.machine.listing(command, facts, exit_code))


def approver() -> "Approver":
    """Return who approves a plan: the environment, or the person at the terminal."""
    from pipeline import load

    return load.Approver.of_environment(screen().ask if screen().is_asked else None)
