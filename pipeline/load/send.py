"""One batch on its way: written into the ledger before it goes, when it is accepted, and when its rows are settled."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import TargetError
from pipeline.load import bulk_write, records
from pipeline.load.before import Before
from pipeline.load.bulk_read import Patience
from pipeline.load.bulk_write import Refused
from pipeline.load.client import UnansweredError, ZohoClient
from pipeline.load.ledger import Ledger
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.people import People
from pipeline.load.plan import Batch

UNANSWERED = "unanswered"
NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends the batches of one run to one org."""

    client: ZohoClient
    ledger: Ledger
    run: int
    zgid: str
    people: People
    patience: Patience
    before: Before

    def send(self, batch: Batch) -> list[Outcome]:
        """Send a batch by the records API, and return what became of each of its records.

        Raises:
            TargetError: the CRM cannot be used any more; nothing of this batch was carried out.
        """
        number = self.planned(batch)
        outcomes = self._records(number, batch)
        self.settled(number, outcomes)
        return outcomes

    def planned(self, batch: Batch) -> int:
        """Write down a batch that is about to go, with what it overwrites; return its number."""
        number = self.ledger.plan(
            self.run,
            module=batch.target.module,
            action=batch.action,
            transport=batch.transport.name,
            key_field=batch.transport.key_field,
            digest=batch.digest,
            lines=batch.lines,
        )
        if batch.action == "update":
            self.ledger.keep_before(number, self.before.of(batch))
        return number

    def settled(self, number: int, outcomes: list[Outcome]) -> None:
        """Write down what became of a batch."""
        self.ledger.settle(number, outcomes)

    def _records(self, number: int, batch: Batch) -> list[Outcome]:
        self.ledger.intend(number)
        try:
            return records.send(self.client, batch, self.people)
        except UnansweredError:
            return _all(batch, Result.IN_DOUBT, UNANSWERED)
        except TargetError:
            self.ledger.settle(number, _all(batch, Result.FAILED, NOT_SENT))
            raise

    def in_bulk(self, number: int, batch: Batch, meanwhile: Callable[[], None]) -> list[Outcome]:
        """Send a planned batch by bulk write, and return what became of each of its records; that is not settled yet.

        Args:
            number: of the batch in the ledger.
            batch: what to send.
            meanwhile: called when the CRM is at work on it.

        Raises:
            TargetError: the CRM cannot be used any more; nothing of this batch was carried out, or the ledger knows
                the job that goes on.
        """
        file_id = bulk_write.upload(self.client, batch, self.zgid)
        self.ledger.intend(number)
        try:
            job = bulk_write.start(self.client, batch, file_id)
        except UnansweredError:
            return _all(batch, Result.IN_DOUBT, UNANSWERED)
        except TargetError:
            self.ledger.settle(number, _all(batch, Result.FAILED, NOT_SENT))
            raise
        if isinstance(job, Refused):
            return _all(batch, Result.FAILED, job.code, job.field)
        self.ledger.accept(number, job)
        meanwhile()
        return bulk_write.wait(self.client, job, batch.items, batch.transport.key_field, self.patience)


def _all(batch: Batch, result: Result, code: str, field: str = "") -> list[Outcome]:
    return [
        Outcome(crm_key=item.crm_key, crm_id=item.crm_id, result=result, code=code, field=field) for item in batch.items
    ]
