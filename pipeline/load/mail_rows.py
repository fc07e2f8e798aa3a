"""The ready e-mails: read without their content to plan with, and with it, some at a time, to be sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.load import values
from pipeline.load.rows import Row
from pipeline.store import Manifest
from pipeline.targets import EMAILS, EMAILS_READY, Kind

_LIGHT = (
    *("cluster_key", "mailbox", "owner", "content_hash", "original_message_id", "subject", "date_time", "sent"),
    *("way", "correspondent", "record", "deal", "uploads"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message for one person or record. `row`: what the plan shows of it; the routes as in targets.emails."""

    row: Row
    correspondent: str
    record: str
    deal: str
    uploads: int = 0

    @property
    def message_id(self) -> str:
        """Return the Message-ID."""
        return str(self.row.values["original_message_id"])


@dataclass(frozen=True, slots=True)
class Mails:
    """All ready e-mails, the latest first, and the table files that hold them, with the position each begins at."""

    listed: tuple[Mail, ...] = ()
    files: tuple[tuple[int, Path], ...] = ()

    def uploads(self) -> Mapping[int, int]:
        """Return how many files go with each e-mail that has some, by position."""
        return {mail.row.position: mail.uploads for mail in self.listed if mail.uploads}

    def contents(self, positions: Iterable[int]) -> Mapping[int, Mapping[str, Any]]:
        """Return whole rows of EMAILS_READY by position."""
        wanted = sorted(set(positions))
        found: dict[int, Mapping[str, Any]] = {}
        for (start, path), end in zip(self.files, [*(start for start, _ in self.files[1:]), None], strict=True):
            here = [one for one in wanted if one >= start and (end is None or one < end)]
            if here:
                taken = store.read(path, EMAILS_READY).take([one - start for one in here]).to_pylist()
                found |= dict(zip(here, taken, strict=True))
        return found


def read(directory: Path) -> Mails:
    """Read the ready e-mails of a stage directory, whose files were checked.

    Raises:
        StageError: a table is of another schema.
    """
    manifest = Manifest.of(directory)
    files: list[tuple[int, Path]] = []
    listed: list[Mail] = []
    for path in store.parts(directory, manifest, f"ready/{EMAILS.table}"):
        files.append((len(listed), path))
        listed += _listed(len(listed), store.read(path, EMAILS_READY, list(_LIGHT)).to_pylist())
    return Mails(tuple(sorted(listed, key=_latest_first)), tuple(files))


def _latest_first(mail: Mail) -> tuple[float, str]:
    return -values.seconds_of(mail.row.values["date_time"]), mail.row.cluster_key


def _listed(start: int, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mail]:
    for place, row in enumerate(rows):
        yield Mail(
            row=Row(
                position=start + place,
                cluster_key=row["cluster_key"],
                others=(),
                mailbox=row["mailbox"] or "",
                owner=row["owner"] or "",
                content_hash=row["content_hash"],
                values={
                    "original_message_id": row["original_message_id"],
                    "subject": row["subject"],
                    "date_time": values.of_ready(Kind.DATETIME, row["date_time"]),
                    "sent": row["sent"],
                },
            ),
            correspondent=row["correspondent"] or "",
            record=row["record"] or "",
            deal=row["deal"] or "",
            uploads=row["uploads"] or 0,
        )
