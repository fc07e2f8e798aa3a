"""What machines read: one line of JSON at the end, or nothing; and nothing personal in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import line

PERSONAL = ("Sekretova", "geheim", "sekretova@kunde.example", "Akte-77", "Projekt-Falke")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose files, folders and values all have names that are personal."""
    directory = tmp_path_factory.mktemp("json")
    inbox = directory / "data" / "inbox" / "Akte-77"
    inbox.mkdir(parents=True)
    rows = [
        '"First Name","Last Name","E-mail Address","Company"',
        '"Eva","Sekretova","sekretova@kunde.example","geheim"',
    ]
    (inbox / "Projekt-Falke.csv").write_text("\n".join([*rows, '"Broken","Sekretova"']), encoding="utf-8")
    (inbox / "Projekt-Falke-2.csv").write_bytes(b"\x00\x01Sekretova")
    return directory


@pytest.fixture(scope="module")
def ended(project: Path) -> dict[str, line.Ended]:
    """Run the whole line for a machine, and a plan before the load."""
    stages = ("extract", "transform", "plan", "load")
    return {stage: line.run(project, "--json", stage) for stage in stages}


@pytest.mark.parametrize("stage", ["extract", "transform", "plan", "load"])
def test_one_line_of_json(stage: str, ended: dict[str, line.Ended]) -> None:
    """Each stage prints one line with its accounts, which add up, and its exit code."""
    found: dict[str, Any] = json.loads(ended[stage].out)
    assert ended[stage].out.count("\n") == 1
    assert (found["format"], found["stage"], found["exit_code"]) == (1, stage, ended[stage].code)
    for one in found["accounts"]:
        assert one["seen"] == one["written"] + one["merged"] + sum(one["excluded"].values()) + one["rejected"]
    assert found["accounts"] or found["plans"] or found["loads"]
    if stage in {"plan", "load"}:
        assert found["facts"]["plan"] == json.loads(ended["plan"].out)["facts"]["plan"]


def test_nothing_personal_is_in_it(ended: dict[str, line.Ended]) -> None:
    """No name of a file or folder, no value of an item is in what a machine reads or in a log of it."""
    read = "".join(one.out + one.err for one in ended.values())
    assert [word for word in PERSONAL if word in read] == []


def test_a_failure_is_json_too(tmp_path: Path) -> None:
    """A machine learns the kind and the exit code of an error; the message is for people, on standard error."""
    failed = line.run(tmp_path, "--json", "transform")
    assert json.loads(failed.out) == {"format": 1, "error": "StageError", "exit_code": failed.code}
    assert "error" in failed.err


def test_quiet_prints_nothing(project: Path, ended: dict[str, line.Ended]) -> None:
    """Asked to be quiet, a command that succeeds prints nothing at all."""
    assert ended
    quiet = line.run(project, "--quiet", "ledger")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    """Pages are in English and Japanese; another language is a wrong option."""
    assert line.run(tmp_path, "--lang", "xx", "transform").code == 2
