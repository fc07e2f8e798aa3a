"""What people decided about single messages: data/mail.csv of the project, replayed on each run.

Columns: `message`, a Message-ID or an item_id; `as`: email | case | both | nothing; and, if wanted, `record`: what the
e-mail is attached to instead of its people: an id, "Deals:123", a name, or an address. Other columns are for readers.
`make mail-find TEXT=...` prints lines for it. A line wins over every rule of [mail] and [cases].
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import SettingsError

EMAIL, CASE, BOTH, NOTHING = "email", "case", "both", "nothing"
_WAYS = (EMAIL, CASE, BOTH, NOTHING)
_COLUMNS = {"message", "as"}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a message is to become, and the records that were chosen for it."""

    way: str
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailList:
    """The decisions by message, and a digest of them."""

    by_message: Mapping[str, Listed] = field(default_factory=dict)
    digest: str = ""

    def of(self, message_id: str | None, item_id: str) -> Listed | None:
        """Return what was decided about a message, None for nothing."""
        return self.by_message.get(message_id or "") or self.by_message.get(item_id)


def path_of(project: Path) -> Path:
    """Return where a project keeps its list."""
    return project / "data" / "mail.csv"


def read(project: Path) -> MailList:
    """Return the list of a project; nothing where there is no file.

    Raises:
        SettingsError: the file cannot be read as such.
    """
    path = path_of(project)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return MailList()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read ({type(error).__name__})") from None
    rows = csv.DictReader(text.splitlines())
    if missing := _COLUMNS - {*(rows.fieldnames or ())}:
        raise _wrong(path, f"has no column {', '.join(sorted(missing))}")
    found: dict[str, Listed] = {}
    for line, row in enumerate(rows, start=2):
        message, listed = _line(path, line, row)
        found[message] = _joined(path, line, found.get(message), listed)
    return MailList(found, hashlib.sha256(repr(sorted(found.items(), key=str)).encode()).hexdigest())


def _line(path: Path, line: int, row: Mapping[str, str | None]) -> tuple[str, Listed]:
    message, way, record = ((row.get(name) or "").strip() for name in ("message", "as", "record"))
    if not message:
        raise _wrong(path, f"line {line}: names no message")
    if way not in _WAYS:
        raise _wrong(path, f"line {line}: as is '{way}'")
    if record and way in {CASE, NOTHING}:
        raise _wrong(path, f"line {line}: a record is chosen for an e-mail only, and as is '{way}'")
    return message, Listed(way, (record,) if record else ())


def _joined(path: Path, line: int, before: Listed | None, after: Listed) -> Listed:
    """Return both decisions about one message as one: several lines name several records."""
    if before is None or before == after:
        return after
    if before.way != after.way:
        raise _wrong(path, f"line {line}: the message was said to be '{before.way}' before")
    return Listed(after.way, tuple(dict.fromkeys((*before.records, *after.records))))


def _wrong(path: Path, what: str) -> SettingsError:
    return SettingsError(
        f"{path}: {what}.",
        "It needs the columns message (Message-ID or item_id) and as (email, case, both or nothing); record if wanted.",
    )
