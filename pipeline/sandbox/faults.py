"""Faults that tests switch on, call by call: what a real CRM and the network between do to a client now and then.

A fault names the calls it meets (method, path, how many of them pass first, how many it meets) and what happens:

* before the work: `throttled` (429), `status` (any status, the gateway's page as body), `expired_token` (401, and every
  live token is dead), `dropped` (the connection ends), `hanging` (no answer while the client waits);
* after the work: `answer_dropped`, `answer_hanging`, `answer_status` (the work is done, the answer is another status),
  `answer_cut` (it ends before its time), `answer_garbled` (it is no JSON), `answer_empty`;
* of result files: `zip_cut`, `rows_reversed`, `rows_missing` (every second one);
* of changes that come late: `late` (the connection ends, and the request is carried out `seconds` later by the
  sandbox's clock), `job_late` (a bulk job has its id at once, is unknown when asked for, and commits `seconds` later);
* of bulk jobs: `job_failed` (as a whole), `job_halved` (fails after half of its rows), `rows_unprocessed` (every second
  one), `job_slow` (running until `seconds` later).

Sources: zoho-api 2.4, 2.5, 6; design.md section 8.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

BEFORE = frozenset({"throttled", "status", "expired_token", "dropped", "hanging"})
AFTER = frozenset({"answer_dropped", "answer_hanging", "answer_status", "answer_cut", "answer_garbled", "answer_empty"})
FILES = frozenset({"zip_cut", "rows_reversed", "rows_missing"})
LATE = frozenset({"late"})
JOBS = frozenset({"job_late", "job_failed", "job_halved", "rows_unprocessed", "job_slow"})
NAMES = BEFORE | AFTER | FILES | LATE | JOBS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `path`: a pattern of the whole path; `skip`: calls that pass first; `times`: calls it meets."""

    name: str
    method: str = ".*"
    path: str = ".*"
    skip: int = 0
    times: int = 1
    status: int = 503
    seconds: int = 0

    def is_meant(self, method: str, path: str) -> bool:
        """Tell whether a call is one of those it names."""
        return bool(re.fullmatch(self.method, method) and re.fullmatch(self.path, path))


@dataclass(frozen=True, slots=True)
class Deferred:
    """A request that is carried out later, by the clock of the sandbox."""

    due_at: int
    scope: Mapping[str, Any]
    body: bytes


@dataclass
class Faults:
    """The faults that are switched on, and what they have put off."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _faults: list[Fault] = field(default_factory=list)
    _deferred: list[Deferred] = field(default_factory=list)
    met: int = 0

    def switch_on(self, *faults: Fault) -> None:
        """Add faults; of several that mean the same call the first one counts."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Switch all faults off, and forget what was put off."""
        with self._lock:
            self._faults.clear()
            self._deferred.clear()
            self.met = 0

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that meets this call, and count the call."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.times > 0 and fault.is_meant(method, path):
                    left = replace(fault, skip=fault.skip - 1) if fault.skip else replace(fault, times=fault.times - 1)
                    self._faults[place] = left
                    self.met += not fault.skip
                    return None if fault.skip else fault
        return None

    def defer(self, due_at: int, scope: Mapping[str, Any], body: bytes) -> None:
        """Put a request off."""
        with self._lock:
            self._deferred.append(Deferred(due_at, scope, body))

    def due(self, now: int) -> Iterator[Deferred]:
        """Yield what is to be carried out now, each once."""
        with self._lock:
            ripe = [one for one in self._deferred if one.due_at <= now]
            self._deferred = [one for one in self._deferred if one.due_at > now]
        yield from ripe


def of_json(given: Mapping[str, Any]) -> Fault:
    """Read one fault.

    Raises:
        TypeError, ValueError: it is none.
    """
    fault = Fault(**given)
    if fault.name not in NAMES:
        raise ValueError(f"no such fault: {fault.name}; known: {', '.join(sorted(NAMES))}")
    re.compile(fault.method + fault.path)
    return fault
