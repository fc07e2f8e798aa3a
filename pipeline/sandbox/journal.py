"""The last requests, kept in memory for tests: what was sent, what was answered."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

_MOST_BYTES = 32 * 1024 * 1024
_MOST_OF_ONE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and the status of its answer (0: none was sent)."""

    number: int
    at: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int


class Journal:
    """A bounded list of requests; the oldest give way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._count = 0

    def add(self, at: int, request: tuple[str, str, str], headers: Mapping[str, str], body: bytes, status: int) -> None:
        """Note a request (method, path, query string); of the body at most 1 MB is kept."""
        with self._lock:
            self._count += 1
            entry = Entry(self._count, at, *request, headers, body[:_MOST_OF_ONE], status)
            self._entries.append(entry)
            self._bytes += len(entry.body) + 1_000
            while self._bytes > _MOST_BYTES:
                self._bytes -= len(self._entries.popleft().body) + 1_000

    def entries(self, after: int = 0) -> list[Entry]:
        """Return the requests with a number above `after`, in order."""
        with self._lock:
            return [entry for entry in self._entries if entry.number > after]
