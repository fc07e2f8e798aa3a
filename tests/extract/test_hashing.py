"""Hashing begins before it is known what the command line means, and each file is hashed once."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import engine
from pipeline.extract import hashing, inbox


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return what `engine.ahead` was asked to import, instead of starting a process."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(engine, "ahead", lambda *modules: found.append(modules))
    return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the labels of the files that were hashed until now."""
    found: list[str] = []

    def fingerprint(one: inbox.Found) -> str | tuple[str, str]:
        found.append(one.label)
        return real(one)

    real = inbox.fingerprint
    monkeypatch.setattr(inbox, "fingerprint", fingerprint)
    return found


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--project", "P", "extract"], id="the inbox of a project"),
        pytest.param(["--project=P", "extract"], id="with a sign"),
        pytest.param(["extract", "--inbox", "P/data/inbox"], id="a directory"),
        pytest.param(["extract", "--inbox=P/data/inbox/a.csv"], id="a file"),
    ],
)
def test_what_will_be_read_is_hashed_ahead_and_once(
    tmp_path: Path, started: list[tuple[str, ...]], counted: list[str], words: Sequence[str]
) -> None:
    """Whoever asks first hashes; who asks later gets the same answer."""
    place = tmp_path / "data" / "inbox"
    place.mkdir(parents=True)
    (place / "a.csv").write_bytes(b"a,b\n")
    hashing.ahead([word.replace("P", str(tmp_path)) if "=P" in word or word[0] == "P" else word for word in words])
    found = inbox.look(place / "a.csv" if words[-1].endswith("csv") else place)
    with hashing.answers(found, 2) as answers:
        assert list(answers) == [hashlib.sha256(b"a,b\n").hexdigest()]
    assert counted == ["a.csv"]
    assert started == [("pipeline.extract.worker", "pipeline.extract.outlook_csv")]


def test_a_file_that_changed_since_is_hashed_again(tmp_path: Path, counted: list[str]) -> None:
    """An answer is of the file as it was looked at."""
    path = tmp_path / "a.pst"
    path.write_bytes(b"one")
    (before,) = inbox.look(path)
    hashing.answer(before)
    path.write_bytes(b"other")
    (after,) = inbox.look(path)
    assert hashing.answer(after) == hashlib.sha256(b"other").hexdigest()
    assert len(counted) == 2


@pytest.mark.parametrize(
    "words", [["transform"], ["extract", "--inbox"], ["extract", "--inbox", "/no/such/place"], ["extract", "--project"]]
)
def test_a_command_line_without_a_place_does_no_harm(
    tmp_path: Path, started: list[tuple[str, ...]], counted: list[str], words: Sequence[str]
) -> None:
    """What is wrong with it the command says later, in a person's words."""
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        hashing.ahead(words)
    finally:
        os.chdir(before)
    assert not counted
    assert started == ([] if words == ["transform"] else [("pipeline.extract.worker",)])
