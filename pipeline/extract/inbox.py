"""Finds the input files, in one order everywhere; looks at each without trusting its name, and follows no link."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

_CHUNK = 4 << 20  # with smaller ones a thread waits for the interpreter longer than it reads and hashes
# What lies about in directories and is no mail: by name, in lower case.
_OF_THE_SYSTEM = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\\x0d", "$recycle.bin", "system volume information"}
_NOTES = (".md", ".toml")
_OFFICE_LOCK = "~$"
CHANGING = (
    "changing",
    "The file changed while it was read: it is still being copied, or Outlook has it open. Close that and run again.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of the inbox. `label`: its path below the inbox, with /; `rule` and `reason`: why it is not read."""

    path: Path
    label: str
    size: int
    modified_ns: int
    rule: str = ""
    reason: str = ""

    @property
    def is_excluded(self) -> bool:
        """Whether it is no input at all, by a named rule; otherwise one with a rule is quarantined."""
        return self.rule in EXCLUSIONS


EXCLUSIONS = {
    "system_file": "a file of the operating system or of Office, not of Outlook",
    "hidden_file": "a hidden file",
    "note_file": "notes or settings (.md, .toml), no input",
}


def look(inbox: Path) -> list[Found]:
    """Return every file below `inbox`, or `inbox` itself when it is a file, sorted by path.

    Raises:
        InputError: there is nothing at that path, or nothing in it.
    """
    if not inbox.exists():
        raise InputError(
            f"There is no file or directory {inbox}.", "Give INBOX= a directory with Outlook files, or one file."
        )
    if not inbox.is_dir():
        return [_look_at(inbox.resolve(), _label(inbox.name))]
    found = sorted(_below(inbox, ""), key=lambda entry: os.fsencode(entry.label))
    if not found:
        raise InputError(
            f"{inbox} is empty.",
            "Put .pst, .ost or .csv files of Outlook into it, or name another place with INBOX=.",
        )
    return found


def _below(directory: Path, above: str) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        reason = f"This directory cannot be listed ({error.strerror}). Mend its rights and run again."
        yield Found(directory, above.rstrip("/") or directory.name, 0, 0, "unreadable", reason)
        return
    for entry in entries:
        label = above + _label(entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), label + "/")
        else:
            yield _look_at(Path(entry.path), label)


def _label(name: str) -> str:
    r"""Return a file name that can be stored and printed: bytes that are no UTF-8 and control characters as \xNN."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _look_at(path: Path, label: str) -> Found:
    try:
        seen = path.lstat()
    except OSError as error:
        return Found(path, label, 0, 0, "unreadable", f"It cannot be looked at ({error.strerror}).")
    rule, reason = _exclusion(label) or _refusal(seen.st_mode) or ("", "")
    return Found(path, label, seen.st_size, seen.st_mtime_ns, rule, reason)


def _exclusion(label: str) -> tuple[str, str] | None:
    parts = label.casefold().split("/")
    rule = ""
    if any(part in _OF_THE_SYSTEM for part in parts) or parts[-1].startswith(_OFFICE_LOCK):
        rule = "system_file"
    elif any(part.startswith(".") for part in parts):
        rule = "hidden_file"
    elif parts[-1].endswith(_NOTES):
        rule = "note_file"
    return (rule, EXCLUSIONS[rule]) if rule else None


def _refusal(mode: int) -> tuple[str, str] | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode):
        return "symbolic_link", "This is a link, and links are not followed; put the file itself into the inbox."
    return "not_a_file", "This is a pipe, socket or device, not a file."


def is_unchanged(found: Found) -> bool:
    """Whether the file is still what it was when it was found: nothing is copying it or writing to it."""
    try:
        seen = found.path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and (seen.st_size, seen.st_mtime_ns) == (found.size, found.modified_ns)


def fingerprint(found: Found) -> str | tuple[str, str]:
    """Return the SHA-256 of a file's content, in hex, or the rule by which it is not read with the reason."""
    if found.rule:
        return found.rule, found.reason
    try:
        sha256 = digest(found)
    except OSError as error:
        return "unreadable", f"The file cannot be opened ({error.strerror}). Mend its rights and run again."
    return sha256 if is_unchanged(found) else CHANGING


def digest(found: Found) -> str:
    """Return the SHA-256 of a file's content, in hex; links and pipes that took its place are not opened.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    hashed = hashlib.sha256()
    with os.fdopen(handle, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
