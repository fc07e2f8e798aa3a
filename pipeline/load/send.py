"""One batch on its way: written into the ledger before it goes, when it is accepted, and when its rows are settled."""

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
        """Send a batch, and return what became of each of its records.

        Raises:
            TargetError: the CRM cannot be used any more; nothing of this batch was carried out, or the ledger knows
                the job that goes on.
        """
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
        outcomes = self._bulk(number, batch) if batch.transport.name == "bulk" else self._records(number, batch)
        self.ledger.settle(number, outcomes)
        return outcomes

    def _records(self, number: int, batch: Batch) -> list[Outcome]:
        self.ledger.intend(number)
        try:
            return records.send(self.client, batch, self.people)
        except UnansweredError:
            return _all(batch, Result.IN_DOUBT, UNANSWERED)
        except TargetError:
            self.ledger.settle(number, _all(batch, Result.FAILED, NOT_SENT))
            raise

    def _bulk(self, number: int, batch: Batch) -> list[Outcome]:
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
        return bulk_write.wait(self.client, job, batch.items, batch.transport.key_field, self.patience)


def _all(batch: Batch, result: Result, code: str, field: str = "") -> list[Outcome]:
    return [
        Outcome(crm_key=item.crm_key, crm_id=item.crm_id, result=result, code=code, field=field) for item in batch.items
    ]
