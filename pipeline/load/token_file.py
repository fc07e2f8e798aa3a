"""The access token in a file that all processes of a user share, one at a time.

Zoho gives at most ten tokens in ten minutes, and a sixteenth live one kills the oldest (reference/zoho-api.md 1.4):
two loads, a doctor and a sync of one org use the same token. The file is for its user only (0600), lies below
data/audit, and is named by a digest of the credentials, so that other credentials never find it.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import store


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, the API's address, and when it ends (seconds since 1970, with a margin).

    `scope`: what it may do, as Zoho writes it, "" where it did not say.
    """

    value: str
    api_url: str
    ends_at: float
    scope: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it has not ended."""
        return time.time() < self.ends_at


def place(directory: Path, *credentials: str) -> Path:
    """Return the file of a token by the credentials that it is of."""
    digest = hashlib.sha256(json.dumps(credentials).encode()).hexdigest()
    return directory / f"{digest[:16]}.token"


def shared(path: Path, refused: str, fetch: Callable[[], Token]) -> Token:
    """Return the token that another process left, unless it has ended or was `refused`; else fetch and leave one.

    Raises:
        StorageError: the file cannot be written; or whatever `fetch` raises, which leaves the file as it was.
    """
    with _alone(path) as handle:
        known = _read(handle)
        if known is not None and known.is_good and known.value != refused:
            return known
        token = fetch()
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(asdict(token)).encode(), 0)
        return token


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    with store.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _read(handle: int) -> Token | None:
    """Return what the file holds; a half-written or foreign content is nothing."""
    try:
        found = json.loads(os.pread(handle, 1 << 16, 0))
        scope = str(found.get("scope", ""))
        return Token(str(found["value"]), str(found["api_url"]), float(found["ends_at"]), scope)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
