"""E-mails on their way, one a call: each written into the ledger before it goes, and when it is settled.

An answer that was lost leaves an e-mail in doubt; the next load looks at its record first (`look`), and settles it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import TargetError
from pipeline.load import mail_wire
from pipeline.load.client import UnansweredError, ZohoClient
from pipeline.load.course import LEFT_BY_PERSON, Course
from pipeline.load.decide import PARENT_MISSING, Decision
from pipeline.load.failures import STOPPED, Remedy, remedy_of
from pipeline.load.forecast import LEFT_FOR_ANOTHER_DAY
from pipeline.load.ledger import Ledger
from pipeline.load.ledger_reads import Intent
from pipeline.load.mail_plan import DEAL, RECORD, TRANSPORT
from pipeline.load.mail_rows import Mails
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.send import NOT_SENT, UNANSWERED
from pipeline.load.settle import NOT_CARRIED_OUT
from pipeline.load.values import Reference, Value
from pipeline.load.written import stored
from pipeline.targets import EMAILS

_AT_ONCE, _WITH_FILES = 200, 8  # e-mails whose content is held in memory; where files go with some, up to 10 MB each


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSender:
    """Sends the e-mails of one run. `room`: how many may still go today, None: nobody knows a limit."""

    client: ZohoClient
    ledger: Ledger
    run: int
    mails: Mails
    owners: Callable[[str], str]  # e-mail of a mailbox's user → id of the owner to name, "" for none
    room: Callable[[], int | None]
    course: Course = field(default_factory=Course)

    def send(self, decisions: Sequence[Decision], new_ids: Mapping[Reference, str]) -> dict[str, Outcome]:
        """Send the e-mails that are to go, and return the outcome of each by crm_key.

        Raises:
            TargetError: the CRM cannot be used any more; what was sent is in the ledger.
        """
        outcomes: dict[str, Outcome] = {}
        is_stopped = False
        for decision, row in self._with_content([one for one in decisions if one.action]):
            outcome = self._one(decision, row, new_ids, is_stopped=is_stopped)
            outcomes[decision.crm_key] = outcome
            self.course.went(1)
            is_stopped = is_stopped or _says_stop(outcome)
        return outcomes

    def _with_content(self, wanted: Sequence[Decision]) -> Iterator[tuple[Decision, Mapping[str, Any]]]:
        at_once = _WITH_FILES if self.mails.uploads() else _AT_ONCE
        for start in range(0, len(wanted), at_once):
            some = wanted[start : start + at_once]
            held = self.mails.contents(decision.row.position for decision in some)
            yield from ((decision, held[decision.row.position]) for decision in some)

    def _one(
        self, decision: Decision, row: Mapping[str, Any], new_ids: Mapping[Reference, str], *, is_stopped: bool
    ) -> Outcome:
        written = dict(decision.values)
        place = written[RECORD]
        if isinstance(place, Reference):
            if place not in new_ids:
                return _left(decision, PARENT_MISSING)
            written[RECORD] = new_ids[place]
        if self.course.is_stopped:
            return _left(decision, LEFT_BY_PERSON)
        room = self.room()
        if is_stopped or (room is not None and room < 1 + len(row["files"] or ())):
            return _left(decision, STOPPED if is_stopped else LEFT_FOR_ANOTHER_DAY)
        return self._sent(decision, row, written)

    def _sent(self, decision: Decision, row: Mapping[str, Any], written: Mapping[str, Value]) -> Outcome:
        module, record_id = str(written["module"]), str(written[RECORD])
        deal = written.get(DEAL)
        owner = self.owners(decision.row.owner)
        number = self._planned(decision, mail_wire.body_of(row, str(deal or ""), owner), written)
        self.ledger.intend(number)
        try:
            files, code = mail_wire.uploaded(self.client, row["files"] or ())
            if code:
                refused = Outcome(crm_key=decision.crm_key, result=Result.FAILED, code=code, field="attachments")
                self.ledger.settle(number, [refused])
                return refused
            body = mail_wire.body_of(row, str(deal or ""), owner, files)
            answer = self.client.post(mail_wire.path_of(module, record_id), body)
            outcome = mail_wire.outcome_of(answer, decision.crm_key, record_id)
            if outcome is None:
                outcome = mail_wire.of_duplicate(self.client, decision.crm_key, written)
        except UnansweredError:
            return Outcome(crm_key=decision.crm_key, result=Result.IN_DOUBT, code=UNANSWERED)
        except TargetError:
            lost = Outcome(crm_key=decision.crm_key, result=Result.FAILED, code=NOT_SENT)
            self.ledger.settle(number, [lost])
            raise
        self.ledger.settle(number, [outcome])
        if outcome.result is Result.UNCHANGED:  # it was there: never asked again
            known = (decision.crm_key, outcome.crm_id, decision.row.content_hash)
            self.ledger.remember(self.run, EMAILS.module, [known])
        return outcome

    def _planned(self, decision: Decision, body: Mapping[str, Any], written: Mapping[str, Value]) -> int:
        digest = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        return self.ledger.plan(
            self.run,
            module=EMAILS.module,
            action="associate",
            transport=TRANSPORT.name,
            key_field="",
            digest=digest,
            lines=[(decision.crm_key, "", stored(written), decision.row.content_hash)],
        )


def _left(decision: Decision, code: str) -> Outcome:
    return Outcome(crm_key=decision.crm_key, result=Result.SKIPPED, code=code)


def _says_stop(outcome: Outcome) -> bool:
    return outcome.result is Result.FAILED and remedy_of(outcome.code) is Remedy.STOP


def look(client: ZohoClient, ledger: Ledger) -> int:
    """Settle the e-mails that an earlier run sent without learning the result; return how many.

    Raises:
        TargetError: a record's e-mails cannot be read.
    """
    settled = 0
    for batch in ledger.open_batches():
        if batch.module != EMAILS.module:
            continue
        outcomes = [_seen(client, intent) for intent in batch.intents]
        ledger.settle(batch.batch, outcomes)
        settled += len(outcomes)
    return settled


def _seen(client: ZohoClient, intent: Intent) -> Outcome:
    if mail_wire.is_attached(client, intent.written):
        return Outcome(crm_key=intent.crm_key, crm_id=str(intent.written[RECORD]), result=Result.CREATED)
    return Outcome(crm_key=intent.crm_key, result=Result.FAILED, code=NOT_CARRIED_OUT)
