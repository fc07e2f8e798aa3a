"""What carrying out a plan will cost, before anything is sent: credits, calls, time."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.load import credits as prices
from pipeline.load import moved
from pipeline.load.credits import Meter
from pipeline.load.plan import Batch, Sizes, TransportName

LEFT_FOR_ANOTHER_DAY = "left_for_another_day"
# A job took a minute or two for up to 12,000 rows (reference/zoho-api-addendum.md 1 g); a call takes about this long.
_JOB_SECONDS = 60.0
_CALL_SECONDS = 0.5
_CALLS_A_JOB = 3  # upload, one question for the state, the result; each further question is one more
_FREE_OF_JOB = _CALLS_A_JOB  # one credit each


@dataclass(frozen=True, slots=True)
class Cost:
    """Credits and calls; `jobs` of the calls start a bulk write."""

    credits: int = 0
    calls: int = 0
    jobs: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Return both together."""
        return Cost(self.credits + other.credits, self.calls + other.calls, self.jobs + other.jobs)

    @property
    def minutes(self) -> int:
        """Return about how long it takes against a CRM far away, at least one minute."""
        return max(round((self.jobs * _JOB_SECONDS + self.calls * _CALL_SECONDS) / 60), 1)


@dataclass(frozen=True, slots=True)
class Purse:
    """What a run that is spread over days may still spend today; `allowed` None: it is not spread."""

    meter: Meter
    allowed: int | None

    def affords(self, batch: Batch) -> bool:
        """Tell whether a batch may go today."""
        room = None if self.allowed is None else self.meter.room(self.allowed)
        return room is None or of_batch(batch.transport.name, batch.action, len(batch.items)).credits <= room


def of_batch(transport: TransportName, action: str, rows: int) -> Cost:
    """Return the cost of one batch; records to update are looked at just before."""
    if transport == "email":
        return Cost(rows, rows)
    looks = moved.calls_for(rows) if action == "update" else 0
    if transport == "records":
        return Cost(prices.of_records(rows) + looks, 1 + looks)
    return Cost(prices.BULK_JOB + _FREE_OF_JOB + looks, _CALLS_A_JOB + 1 + looks, 1)


def of_rows(transport: TransportName, creates: int, updates: int, sizes: Sizes) -> Cost:
    """Return the cost of sending so many rows of one module."""
    if transport == "email":
        return of_batch(transport, "create", creates + updates)
    most = sizes.bulk if transport == "bulk" else sizes.records
    total = Cost()
    for action, count in (("create", creates), ("update", updates)):
        full, rest = divmod(count, most)
        one, last = of_batch(transport, action, most), of_batch(transport, action, rest)
        total += Cost(one.credits * full, one.calls * full, one.jobs * full) + (last if rest else Cost())
    return total


def total(costs: Iterable[Cost]) -> Cost:
    """Return all together."""
    return sum(costs, Cost())
