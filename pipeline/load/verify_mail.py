"""The e-mails on records, read again: which are gone, and which are kept otherwise than they were sent.

A record is asked once for all its e-mails, whatever was attached to it. What the CRM does not show (the content) cannot
be compared.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.engine import Told, counted, tell_nobody
from pipeline.load import mail_wire, values
from pipeline.load.client import ZohoClient
from pipeline.load.difference import CHANGED, EMPTIED, MISSING, Difference
from pipeline.load.mail_plan import DEAL, MODULE, RECORD
from pipeline.load.remembered import Known
from pipeline.load.values import Value
from pipeline.targets import EMAILS

_Shown = Mapping[str, Any]


def differences(client: ZohoClient, known: Mapping[str, Known], told: Told = tell_nobody) -> Iterator[Difference]:
    """Yield what is not as it was sent.

    Args:
        client: the CRM.
        known: crm_key → what the ledger keeps of an e-mail.
        told: how far it is; each record is a call.

    Raises:
        TargetError: the e-mails of a record cannot be read.
    """
    by_record: defaultdict[tuple[str, str], dict[str, Known]] = defaultdict(dict)
    for crm_key, one in known.items():
        by_record[str(one.written[MODULE]), str(one.written[RECORD])][crm_key] = one
    for (module, record_id), mails in counted(list(by_record.items()), told, "reading e-mails", "records"):
        listed = mail_wire.emails(client, module, record_id)
        for crm_key, one in mails.items():
            found = next((each for each in listed.mails if mail_wire.is_same(each, one.written)), None)
            if found is not None:
                yield from _changed(crm_key, record_id, one.written, found)
            elif listed.is_whole:
                yield Difference(module=EMAILS.module, crm_key=crm_key, crm_id=record_id, what=MISSING)


def _changed(crm_key: str, record_id: str, written: Mapping[str, Value], found: _Shown) -> Iterator[Difference]:
    """Yield the fields that differ: subject, direction, time, and the deal it was linked to."""
    linked = found.get("linked_record") or {}
    pairs: tuple[tuple[str, Value, Value], ...] = (
        ("subject", _text(written.get("subject")), _text(found.get("subject"))),
        ("sent", written.get("sent"), found.get("sent")),
        ("date_time", written.get("date_time"), _text(found.get("time"))),
        (DEAL, _text(written.get(DEAL)), _text(linked.get("id"))),
    )
    for name, ours, theirs in pairs:
        is_same = mail_wire.is_same_time(theirs, ours) if name == "date_time" else ours == theirs
        if ours is not None and not is_same:
            what = EMPTIED if theirs is None else CHANGED
            yield Difference(
                module=EMAILS.module, crm_key=crm_key, crm_id=record_id, what=what, field=name, ours=ours, theirs=theirs
            )


def _text(value: object) -> Value:
    return values.normal_text(str(value)) if value else None
