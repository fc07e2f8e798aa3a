"""Time as the sandbox sees it: the machine's, moved by what a test has set."""

import sqlite3
import threading
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline.sandbox.storage import meta, set_meta


class Clock:
    """Seconds since 1970, as the machine counts them plus an offset that tests turn and the database keeps."""

    def __init__(self, offset: int = 0) -> None:
        self._lock = threading.Lock()
        self._offset = offset

    @classmethod
    def of(cls, db: sqlite3.Connection) -> "Clock":
        """Go on from where the clock was turned to."""
        return cls(int(meta(db, "clock_offset")))

    def now(self) -> int:
        """Return the current second."""
        with self._lock:
            return int(time.time()) + self._offset

    def advance(self, db: sqlite3.Connection, seconds: int) -> int:
        """Turn the clock by `seconds` (back if negative) and return the new time."""
        with self._lock:
            self._offset += seconds
            set_meta(db, "clock_offset", str(self._offset))
        return self.now()


def shown(second: int, zone: ZoneInfo) -> str:
    """Write an instant as Zoho does, such as 2026-05-20T09:00:00+09:00 (zoho-api 3.1, H)."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone).isoformat(timespec="seconds")
