"""What is to be done with every ready e-mail: to which record it goes, or why it does not. Pure.

A message is attached to a record once, whichever of the record's addresses it went to.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.config import Mail as Settings
from pipeline.load.addressbook import CONTACTS, AddressBook, Place
from pipeline.load.decide import NO_CONTACT, Decision
from pipeline.load.mail_rows import Mail
from pipeline.load.outcomes import Result
from pipeline.load.plan import Transport
from pipeline.load.policy import Remark
from pipeline.load.remembered import Known
from pipeline.load.snapshot import DEALS
from pipeline.load.values import Reference, Value

NO_SUCH_RECORD, SEVERAL_SUCH = "record_not_found", "record_not_clear"
SAME_RECORD = "same_record"
ELSEWHERE = "on_another_record"
MODULE, RECORD, DEAL = "module", "record", "linked_record"  # in what is written down of an e-mail
TRANSPORT = Transport("email", "one message per call, and what is attached cannot be taken back", "Message-ID")


def note(count: int, files: int, per_day: int | None, allowed: int | None = None) -> list[str]:
    """Return what the e-mails of a plan cost: calls, credits, days.

    Args:
        count: e-mails to attach.
        files: what is uploaded for them.
        per_day: how many may go in 24 hours, None where nobody knows.
        allowed: how many credits may be spent in 24 hours, None where nobody knows; each file takes one too.
    """
    if not count:
        return []
    by_credits = allowed * count // (count + files) if allowed else None
    per_day = min((one for one in (per_day, by_credits) if one), default=None)
    number = -(-count // per_day) if per_day else 0
    days = "" if not per_day else f", so about {number:,} day{'s' * (number != 1)} at {per_day:,} a day"
    of, calls = f" with {files:,} file{'s' * (files != 1)}" if files else "", count + files
    return [f"Emails: {count:,} to attach{of}, in {calls:,} calls for {calls:,} credits{days}; the most recent first."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans the e-mails of one load.

    `known`: crm_key → what the ledger knows was attached; `elsewhere`: crm_keys that the CRM has on another record;
    `is_on_several`: whether one message may be attached to several records.
    """

    book: AddressBook
    settings: Settings
    known: Mapping[str, Known]
    elsewhere: Collection[str] = ()
    is_on_several: bool = True

    def decisions(self, mails: Iterable[Mail]) -> tuple[Decision, ...]:
        """Return what is to be done with each e-mail, in the order given."""
        done: set[tuple[str, str, str | Reference]] = set()
        for one in self.known.values():
            if self.book.is_there(one.crm_id):
                message = str(one.written.get("original_message_id"))
                done |= {(message, str(one.written.get(MODULE)), one.crm_id), (message, "", "")}
        return tuple(self._one(mail, done) for mail in mails)

    def _one(self, mail: Mail, done: set[tuple[str, str, str | Reference]]) -> Decision:
        base = Decision(row=mail.row, crm_key=mail.row.cluster_key)
        known = self.known.get(base.crm_key)
        if known is not None and self.book.is_there(known.crm_id):
            return base._replace(crm_id=known.crm_id)
        if base.crm_key in self.elsewhere:
            return base._replace(result=Result.SKIPPED, code=ELSEWHERE)
        deal, remarks = self._named_deal(mail)
        places = self._places(mail, deal)
        if len(places) != 1:
            return base._replace(result=Result.SKIPPED, code=_refusal(mail, places), remarks=remarks)
        (place,) = places
        if (mail.message_id, place.module, place.id) in done:
            own = place.id if isinstance(place.id, str) else ""
            return base._replace(crm_id=own, code=SAME_RECORD)
        somewhere = (mail.message_id, "", "")
        if not self.is_on_several and somewhere in done:
            return base._replace(result=Result.SKIPPED, code=ELSEWHERE)
        done |= {somewhere, (mail.message_id, place.module, place.id)}
        if not deal and not remarks:
            deal, remarks = self._open_deal(place)
        wanted: dict[str, Value] = {**mail.row.values, MODULE: place.module, RECORD: place.id}
        if deal and place.module != DEALS:
            wanted[DEAL] = deal
        return base._replace(action="create", values=wanted, remarks=remarks)

    def _places(self, mail: Mail, deal: str) -> list[Place]:
        """Return the records that are meant; where nobody is known, the deal that a rule names."""
        if mail.record:
            return self.book.of_record(mail.record)
        found = self.book.of_address(mail.correspondent)
        if found is not None:
            return [found]
        return [Place(DEALS, deal)] if deal else []

    def _named_deal(self, mail: Mail) -> tuple[str, tuple[Remark, ...]]:
        """Return the deal that a folder or category names; exactly one of that name, else none, and a remark."""
        if not mail.deal:
            return "", ()
        found = self.book.deals_named(mail.deal)
        if len(found) == 1:
            return found[0], ()
        return "", (Remark(rule="several_deals" if found else "deal_not_found", field=DEAL, ours=mail.deal),)

    def _open_deal(self, place: Place) -> tuple[str, tuple[Remark, ...]]:
        if not self.settings.only_open_deal or place.module != CONTACTS:
            return "", ()
        found = self.book.open_deals(place.id, self.settings.closed_stages)
        if len(found) > 1:
            return "", (Remark(rule="several_open_deals", field=DEAL),)
        return (found[0] if found else ""), ()


def _refusal(mail: Mail, places: Collection[Place]) -> str:
    if not mail.record:
        return NO_CONTACT
    return SEVERAL_SUCH if places else NO_SUCH_RECORD
