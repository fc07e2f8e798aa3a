"""What a command prints, and for whom: a person, a machine (one line of JSON), or nobody."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from textwrap import indent
from typing import Literal, TextIO

from rich.console import Console
from rich.markup import escape

from pipeline.engine import Told
from pipeline.outcome import Report
from pipeline.report import machine, progress, speech, text, words
from pipeline.report.progress import Progress
from pipeline.report.words import Language

For = Literal["person", "machine", "nobody"]


@contextmanager
def _unheard(stream: TextIO) -> Iterator[None]:
    """Go on when the reader of our output (such as head) has enough: the work is done all the same."""
    try:
        yield
    except BrokenPipeError:
        _discard(stream)


def _discard(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class _Console(Console):
    """A console that goes on when its reader has gone."""

    def on_broken_pipe(self) -> None:
        """Discard what else would be written; rich would end the program."""
        _discard(sys.stderr if self.stderr else sys.stdout)


@dataclass(frozen=True, slots=True)
class Screen:
    """Prints for one reader in one language; errors are for people, whoever reads the rest."""

    reader: For = "person"
    language: Language = "en"

    @staticmethod
    def of(*, is_json: bool, is_quiet: bool, language: str) -> "Screen":
        """Return the screen that the options ask for."""
        return Screen("machine" if is_json else "nobody" if is_quiet else "person", words.chosen(language))

    @property
    def is_asked(self) -> bool:
        """Whether there is a person at a terminal who can be asked."""
        return self.reader == "person" and sys.stdin.isatty() and sys.stdout.isatty()

    def say(self, line: str) -> None:
        """Print a line for a person."""
        if self.reader == "person":
            _Console(highlight=False, soft_wrap=True).print(escape(self.spoken(line)))

    def spoken(self, text: str) -> str:
        """Return what the source says in the language of the person."""
        return speech.spoken(text, self.language)

    def show(self, report: Report, exit_code: int = 0) -> None:
        """Print the summary of a stage."""
        if self.reader == "machine":
            self.give(machine.summary(report, exit_code))
        elif self.reader == "person":
            console = _Console(highlight=False, soft_wrap=True)
            for line in text.summary(report, self.language):
                console.print(escape(line) if isinstance(line, str) else line)

    def give(self, line: str) -> None:
        """Print what a machine reads: as it is, not folded to the terminal's width."""
        with _unheard(sys.stdout):
            print(line)  # noqa: T201 - see above

    @staticmethod
    def end() -> None:
        """Write what is still on its way to the reader, who may have gone."""
        for stream in (sys.stdout, sys.stderr):
            with _unheard(stream):
                stream.flush()

    def ask(self, question: str) -> str:
        """Put a question to the person at the terminal; "" for no answer."""
        try:
            return input(self.spoken(question))
        except EOFError:
            return ""

    def ask_secretly(self, question: str) -> str:
        """Put a question whose answer is not shown; "" for no answer."""
        try:
            return getpass.getpass(self.spoken(question))
        except EOFError:
            return ""

    def fail(self, message: str, hint: str, error: str, exit_code: int) -> None:
        """Say what went wrong: to a person always, and to a machine without anything personal."""
        if self.reader == "machine":
            self.give(machine.failure(error, exit_code))
        console = _Console(stderr=True, highlight=False, soft_wrap=True)
        head = "エラー" if self.language == "ja" else "error"
        console.print(f"[bold red]{head}[/]  {escape(self.spoken(message))}")
        if hint:
            console.print(indent(escape(self.spoken(hint)), " " * 7))

    def note(self, line: str) -> None:
        """Print a line for a person from within a signal handler, where nothing may be buffered."""
        if self.reader == "person":
            os.write(sys.stderr.fileno(), f"\n{self.spoken(line)}\n".encode())

    @contextmanager
    def steps(self, command: str) -> Iterator[Told]:
        """Yield what is to be told of the steps of a command: each has a bar, or lines, of its own, until it is done.

        Between two steps the screen is free: for other lines, and for questions.
        """
        with ExitStack() as stack:
            current: list[tuple[str, Progress]] = []

            def told(what: str, unit: str, done: int, total: int) -> None:
                if total and (not current or current[0][0] != what):
                    stack.close()
                    current[:] = [(what, stack.enter_context(self.progress(f"{command:<12}{what}:", unit)))]
                if current:
                    current[0][1](done, total)
                if done >= total:
                    stack.close()
                    current.clear()

            yield told

    @contextmanager
    def progress(self, what: str, unit: str = "items") -> Iterator[Progress]:
        """Yield what is to be told of the progress of `what`; it is shown to people only."""
        if self.reader != "person":
            yield _silent
            return
        with progress.shown(_Console(stderr=True, highlight=False), self.spoken(what), unit, self.spoken) as told:
            yield told


def _silent(_done: int, _total: int) -> None:
    """Show nothing."""
