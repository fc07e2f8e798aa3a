"""The help of the command line in the language of the person: its texts are looked up before they are folded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer.main
from rich.cells import cell_len

from pipeline.report import speech, words
from pipeline.report.words import Language

_WIDTH, _COLUMN = 76, 42  # cells of a paragraph, and of the column beside the options
_KEPT = "\b\n"  # what typer takes for: do not fold this
_NO_START = frozenset("、。）)」』ー・,.:;!?")
_HEADINGS = {"Usage: ": "使い方: ", "Options:": "オプション:", "Commands:": "コマンド:", "Arguments:": "引数:"}
_MARKS = {
    "[default: ": "[既定値: ",
    "[required]": "[必須]",
    "Show this message and exit.": "このヘルプを表示して終了します。",
}
_HEADING = re.compile("^(?:" + "|".join(map(re.escape, _HEADINGS)) + ")", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Usage:
    """The command line in one language."""

    command: Any  # a click command, whose type typer keeps to itself
    language: Language

    @staticmethod
    def of(app: typer.Typer, language: Language) -> "Usage":
        """Return the command of an app, whose help speaks a language."""
        command = typer.main.get_command(app)
        if language == "ja":
            _translate(command, language)
        return Usage(command, language)

    def run(self) -> int:
        """Run the command line and return its exit code.

        Raises:
            TyperException: it is wrong; `format_message` says how, in English.
        """
        return int(self.command.main(prog_name="outlook2zoho", standalone_mode=False) or 0)


def asked(arguments: Sequence[str]) -> Language:
    """Return the language that the arguments ask for, before anything else of them is looked at."""
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            named = value or next(iter(arguments[number + 1 :]), "")
            return words.chosen(named if named.casefold().startswith(("en", "ja")) else "")
    return words.chosen()


def misused(said: str) -> str:
    """Return what is wrong with a command line, for who gave make a variable: it names that beside the option.

    `said`: what typer says; its words for values are those of Python.
    """
    for option, variable in _VARIABLES.items():
        said = said.replace(f"'{option}'", f"{variable}= ({option})")
    said = re.sub(r"Value error, ('.*?') does not match the formats? .*", r"\1 is no day (such as 2020-01-31)", said)
    said = re.sub(r"dir ('.*?') does not exist", r"there is no directory \1", said)
    return said.replace(", unable to parse string as an integer", "").rstrip(".") + "."


_VARIABLES = {
    "--project": "PROJECT", "--inbox": "INBOX", "--rows": "ROWS", "--run": "RUN", "--first": "FROM", "--last": "UNTIL",
    "--owner": "OWNER", "--every": "EVERY", "--head": "HEAD", "--what": "WHAT", "--lang": "LANGUAGE",
    "--language": "LANGUAGE",
}  # fmt: skip


def folded(text: str, width: int) -> str:
    """Return a text in lines of so many cells; Japanese has no spaces to fold it at, and its letters take two."""
    lines = [""]
    for letter in text:
        if cell_len(lines[-1] + letter) > width and letter not in _NO_START:
            lines.append("")
        lines[-1] += letter
    return "\n".join(line.strip() for line in lines)


def _translate(command: Any, language: Language) -> None:  # noqa: ANN401 - see Usage
    said = speech.spoken(" ".join((command.help or "").split("\n\n")[0].split()), language)
    command.help = _KEPT + folded(said, _WIDTH)
    command.short_help = _KEPT + folded(said.partition("。")[0], _COLUMN + 12)
    for parameter in command.params:
        if shown := getattr(parameter, "help", None):
            parameter.help = _KEPT + folded(speech.spoken(shown, language), _COLUMN)
        if isinstance(default := getattr(parameter, "show_default", None), str):
            parameter.show_default = speech.spoken(default, language)
    inner = command.get_help
    command.get_help = lambda context: _dressed(inner(context))
    for child in getattr(command, "commands", {}).values():
        _translate(child, language)


def _dressed(page: str) -> str:
    """Return a page of help whose headings and marks are Japanese too."""
    page = _HEADING.sub(lambda found: _HEADINGS[found[0]], page)
    for english, japanese in _MARKS.items():
        page = page.replace(english, japanese)
    return page
