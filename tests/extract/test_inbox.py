"""Which files the inbox holds, and which of them are input."""

import os
import socket
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.extract import inbox


def _make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def test_files_are_found_in_one_order(tmp_path: Path) -> None:
    """Every file below the inbox, sorted by its path, with / between."""
    _make(tmp_path, "b/x.pst", "b.csv", "a/z/y.csv", "連絡先.csv", "B.csv")
    assert [found.label for found in inbox.look(tmp_path)] == ["B.csv", "a/z/y.csv", "b.csv", "b/x.pst", "連絡先.csv"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (".DS_Store", "hidden_file"),
        ("a/.git/config", "hidden_file"),
        ("._mail.pst", "hidden_file"),
        ("Thumbs.db", "system_file"),
        ("a/desktop.ini", "system_file"),
        ("~$contacts.csv", "system_file"),
        ("README.ja.md", "note_file"),
        ("sample.toml", "note_file"),
        ("readme.csv", ""),
        ("mail.PST", ""),
        ("no suffix", ""),
    ],
)
def test_what_is_no_input(tmp_path: Path, name: str, rule: str) -> None:
    """Files of the system, hidden ones and notes are listed, and left out by a named rule."""
    _make(tmp_path, name)
    (found,) = inbox.look(tmp_path)
    assert found.rule == rule
    assert found.is_excluded is bool(rule)


def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    """They are listed with a reason, and neither followed nor opened."""
    away = tmp_path / "away"
    _make(away, "secret.csv")
    box = tmp_path / "inbox"
    box.mkdir()
    (box / "a.csv").symlink_to(away / "secret.csv")
    (box / "b").symlink_to(away, target_is_directory=True)
    os.mkfifo(box / "c.pst")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(box / "d.ost"))
        found = inbox.look(box)
    assert [(entry.label, entry.rule) for entry in found] == [
        ("a.csv", "symbolic_link"),
        ("b", "symbolic_link"),
        ("c.pst", "not_a_file"),
        ("d.ost", "not_a_file"),
    ]
    assert not any(entry.is_excluded for entry in found)


def test_a_link_that_took_the_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    """Between two looks nothing is trusted."""
    _make(tmp_path, "a.csv", "b.txt")
    found = inbox.look(tmp_path)[0]
    found.path.unlink()
    found.path.symlink_to(tmp_path / "b.txt")
    assert not inbox.is_unchanged(found)
    with pytest.raises(OSError, match=r"symbolic|links"):
        inbox.digest(found)


def test_a_file_that_grows_is_seen(tmp_path: Path) -> None:
    """Size and time of the second look must be those of the first."""
    _make(tmp_path, "a.csv")
    (found,) = inbox.look(tmp_path)
    assert inbox.is_unchanged(found)
    found.path.write_text("more", encoding="utf-8")
    assert not inbox.is_unchanged(found)
    found.path.unlink()
    assert not inbox.is_unchanged(found)


def test_a_name_that_is_no_text_can_be_stored(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 and control characters are shown as such."""
    try:
        (tmp_path / os.fsdecode(b"a\xff\n.csv")).write_text("x", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has only names that are text")
    (found,) = inbox.look(tmp_path)
    assert found.label == "a\\xff\\x0a.csv"


def test_one_file_is_an_inbox(tmp_path: Path) -> None:
    """INBOX= may name a file."""
    _make(tmp_path, "a.csv")
    assert [found.label for found in inbox.look(tmp_path / "a.csv")] == ["a.csv"]


def test_no_inbox(tmp_path: Path) -> None:
    """A path with nothing there, or nothing in it, says so."""
    with pytest.raises(InputError, match="no file or directory"):
        inbox.look(tmp_path / "nowhere")
    with pytest.raises(InputError, match="empty"):
        inbox.look(tmp_path)
