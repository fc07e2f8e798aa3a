"""Bulk batches one after another; what needs no CRM is done while the CRM is at work on one of them, on another core.

While a job runs, the batch before it is settled in the ledger, and the next one is made and written down there. A
process that ends meanwhile loses nothing: the ledger knows the job of a batch that is not settled, and of one that is
only planned nothing was sent. The two threads never use the ledger at once: each waits for the other.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from pipeline.load.outcomes import Outcome
from pipeline.load.plan import Batch


class InBulk(Protocol):
    """Who sends a batch in bulk; see `Sender`."""

    def planned(self, batch: Batch) -> int:
        """Write a batch down, and return its number."""

    def in_bulk(self, number: int, batch: Batch, meanwhile: Callable[[], None]) -> list[Outcome]:
        """Send it, and return what became of its records."""

    def settled(self, number: int, outcomes: list[Outcome]) -> None:
        """Write that down."""


class _Ahead(NamedTuple):
    """A batch that is made; `number`: in the ledger, None where it is not written down yet."""

    batch: Batch
    number: int | None


class Overlap:
    """Yields batches, and sends the one that it yielded last, whole or what is left of it."""

    def __init__(self, sender: InBulk, batches: Iterator[Batch]) -> None:
        self._sender = sender
        self._batches = batches
        self._other = ThreadPoolExecutor(max_workers=1)
        self._following: Future[_Ahead | None] | None = None
        self._ahead: _Ahead | None = None
        self._sent: list[tuple[int, list[Outcome]]] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the other core, and settle what was sent, whatever went wrong after it."""
        self._other.shutdown(wait=True)
        if error is None or isinstance(error, Exception):
            self._settle(self._taken())

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches."""
        while (ahead := self._next()) is not None:
            self._ahead = ahead
            yield ahead.batch

    def send(self, batch: Batch) -> list[Outcome]:
        """Send a batch, and return what became of its records; it is settled later.

        Raises:
            TargetError: as of `Sender.send`.
        """
        number = self._ahead.number if self._ahead and self._ahead.batch is batch else None
        if number is None:
            number = self._sender.planned(batch)
        outcomes = self._sender.in_bulk(number, batch, self._meanwhile)
        self._sent.append((number, outcomes))
        return outcomes

    def _next(self) -> _Ahead | None:
        """Return the next batch, made while the last one was on its way; where none was, it is made when it is sent."""
        following, self._following = self._following, None
        if following:
            return following.result()
        self._settle(self._taken())
        batch = next(self._batches, None)
        return None if batch is None else _Ahead(batch, None)

    def _meanwhile(self) -> None:
        self._following = self._other.submit(self._aside, self._taken())

    def _aside(self, sent: list[tuple[int, list[Outcome]]]) -> _Ahead | None:
        """Settle what was sent, and make the next batch; one of updates is written down when it was looked at again."""
        self._settle(sent)
        batch = next(self._batches, None)
        if batch is None:
            return None
        batch.make()
        return _Ahead(batch, self._sender.planned(batch) if batch.action == "create" else None)

    def _taken(self) -> list[tuple[int, list[Outcome]]]:
        sent, self._sent = self._sent, []
        return sent

    def _settle(self, sent: list[tuple[int, list[Outcome]]]) -> None:
        for number, outcomes in sent:
            self._sender.settled(number, outcomes)
