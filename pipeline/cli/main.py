"""The command line as a whole: every end of it is one message and its exit code."""

import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from typer.exceptions import TyperException

from pipeline import report
from pipeline.cli import shell
from pipeline.errors import EXIT_INTERRUPTED, PipelineError
from pipeline.report.screen import Screen


def main() -> None:
    """Run the command line; every expected error ends in one message and its exit code."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    shell.show_on(Screen(language=report.usage.asked(sys.argv[1:])))
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
        sys.exit(report.usage.Usage.of(shell.app, shell.screen().language).run())
    except SystemExit as end:
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):  # typer's own output, a help text, found nobody
            raise SystemExit(0) from None
        raise end from None
    finally:
        shell.screen().end()


def _fail(message: str, hint: str, code: int, error: str = "Interrupted") -> NoReturn:
    shell.screen().fail(message, hint, error, code)
    sys.exit(code)


def _misused(error: TyperException) -> NoReturn:
    """Say what is wrong with a command line; one without a command gets the help."""
    said = error.format_message()
    if "\n" in said:
        shell.screen().give(said)
        sys.exit(error.exit_code)
    _fail(report.usage.misused(said), "See outlook2zoho --help.", error.exit_code, "Usage")


def _defect(error: Exception) -> tuple[str, str, int]:
    """Say where the program failed without what it was working on."""
    frames = traceback.extract_tb(error.__traceback__)
    here = Path(__file__).parents[1]
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(here)] or frames[-1:]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return (
        f"A defect of outlook2zoho: {type(error).__name__} at {place}. Earlier tables and the ledger are safe.",
        "Please report this line. It holds no data of yours.",
        PipelineError.exit_code,
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
