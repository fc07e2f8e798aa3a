"""Runs the command as a user does, in a project directory of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def rows(self, name: str) -> list[int]:
        """Return the numbers of the printed table row that starts with `name`."""
        for line in self.out.splitlines():
            if re.match(rf"{name}\s+[\d,]", line):
                return [int(number.replace(",", "")) for number in line.split()[1:]]
        raise LookupError(f"no row {name!r} in:\n{self.out}")


def command(project: Path, *words: str) -> list[str]:
    """Return the command line, the same interpreter as the tests."""
    return [sys.executable, "-m", "pipeline", "--project", str(project), *words]


def run(project: Path, *words: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run one command to its end, with no terminal and a clean environment of settings."""
    ended = subprocess.run(
        command(project, *words),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
        env=clean_environment() | dict(environment or {}),
        stdin=subprocess.DEVNULL,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def english(text: str) -> list[str]:
    """Return the lines with three English words in a row: what a Japanese run leaves untranslated.

    Not looked at: values in «», records as JSON, and a make of the system that says what ended.
    """
    lines = [one for one in text.splitlines() if not re.match(r"\s*[\"{]|make(\[\d+\])?: ", one)]
    return [one for one in lines if re.search(r"(?:\b[a-z]+'?[a-z]*[,;:]? ){2}[a-z]{2,}\b", re.sub("«.*?»", "", one))]


def clean_environment() -> dict[str, str]:
    """Return this process's environment without our settings and credentials, a make around us, or a language."""
    foreign = ("OUTLOOK2ZOHO_", "ZOHO_", "MAKE", "MFLAGS", "APPROVE", "LANG", "LC_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def whole(project: Path, *extract: str, environment: Mapping[str, str] | None = None) -> list[Ended]:
    """Run extract, transform and load, each of which must succeed."""
    ended = [run(project, "extract", *extract, environment=environment)]
    ended += [run(project, stage, environment=environment) for stage in ("transform", "load")]
    for one in ended:
        assert one.code == 0, one.out + one.err
    return ended


def table(directory: Path, name: str) -> pa.Table:
    """Read all parts of one table of a stage directory."""
    parts = sorted((directory / name).glob("*.parquet"))
    return pa.concat_tables([pq.read_table(part, partitioning=None) for part in parts])
