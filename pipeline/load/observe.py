"""What the first rows of a canary tell of the org: each is read again as JSON and held beside what was sent.

Only what was seen is told; of what no row of the run shows, nothing is known. The worst sight of a question counts.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.load import org_facts, values
from pipeline.load.answers import items
from pipeline.load.client import ZohoClient
from pipeline.load.ledger import Ledger
from pipeline.load.mail_plan import ELSEWHERE
from pipeline.load.org import Org, OrgField
from pipeline.load.org_facts import QUESTIONS, Fact
from pipeline.load.rollback.plan import Form
from pipeline.load.values import Value, normal
from pipeline.targets import EMAILS, Kind

_MOST = 20  # records of one module that are read again one by one
_BMP = 0xFFFF
_SOON = 2.0  # seconds between making a record and what may still be the same call
Seen = tuple[str, str, str]  # question, answer, module


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A record of the run: what was sent, and what the CRM holds (None where it refused the record).

    `is_only_made`: the run did nothing to it but make it; `fault`: the field for which it was refused.
    """

    module: str
    transport: str
    written: Mapping[str, Value]
    record: Mapping[str, Any] | None
    crm_key: str = ""
    is_only_made: bool = False
    fault: str = ""


def observe(client: ZohoClient, book: Ledger, the_org: Org, forms: Mapping[str, Form], directory: Path) -> list[Fact]:
    """Look at what the last run wrote, remember what that tells of the org, and return it.

    Raises:
        TargetError: the CRM does not answer.
        StorageError: it cannot be remembered.
    """
    run = _last_run(book)
    sights = list(_sights(client, book, run))
    seen = [one for sight in sights for one in told(sight, _lengths(the_org, sight), forms)]
    seen += [one for sight in sights for one in of_pick_lists(sight, the_org.fields.get(sight.module, {}))]
    seen += [*_of_mails(client, book, run), *_of_credits(client)]
    found = together(seen, run, datetime.now(UTC).isoformat(timespec="seconds"))
    org_facts.keep(directory, found)
    with book.transaction():
        answers = {one.name: one.answer for one in found}
        book.connection.note("org_observed", run=run, **answers)
    return found


def together(seen: Iterable[Seen], run: int, now: str) -> list[Fact]:
    """Return one fact for each question: of its answers the one that is furthest from what is assumed."""
    by_name: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_name[one[0]].append(one)
    return [_fact(name, by_name[name], run, now) for name in QUESTIONS if name in by_name]


def _fact(name: str, seen: Sequence[Seen], run: int, now: str) -> Fact:
    order = list(QUESTIONS[name].answers)
    answer = max((answer for _, answer, _ in seen), key=lambda one: order.index(one) if one in order else 0)
    of_it = [module for _, given, module in seen if given == answer]
    modules = tuple(sorted(set(of_it) - {""}))
    return Fact(name=name, answer=answer, run=run, observed_at=now, records=len(of_it), modules=modules)


def told(sight: Sight, lengths: Mapping[str, int], forms: Mapping[str, Form]) -> Iterator[Seen]:
    """Yield what one record tells; `lengths`: field → length in this org."""
    kinds = forms[sight.module].kinds if sight.module in forms else {}
    if sight.module == "Events":
        yield from _of_event(sight)
    if sight.module == "Tasks" and sight.record is not None and sight.written.get("What_Id"):
        is_kept = _id(sight.record.get("What_Id")) == sight.written["What_Id"]
        yield ("task_account", "kept" if is_kept else "dropped", sight.module)
    yield from _of_texts(sight, kinds, lengths)
    if sight.is_only_made and sight.transport == "records" and sight.record is not None:
        yield ("reply_order", "as sent" if _is_its_own(sight, sight.record, kinds) else "other", sight.module)
    if sight.is_only_made and sight.record is not None and (touched := _is_touched(sight.record)) is not None:
        yield ("automation", "changed by others" if touched else "left alone", sight.module)


def _of_event(sight: Sight) -> Iterator[Seen]:
    written, record = sight.written, sight.record
    if written.get("Who_Id") and written.get("Participants"):
        if record is None and sight.fault == "Who_Id":
            yield ("contact_beside_guests", "refused", sight.module)
        elif record is not None:
            is_kept = _id(record.get("Who_Id")) == written["Who_Id"]
            yield ("contact_beside_guests", "kept" if is_kept else "dropped", sight.module)
    if record is None:
        return
    is_same = all(
        values.of_crm(Kind.DATETIME, str(record.get(name) or "")) == written[name]
        for name in ("Start_DateTime", "End_DateTime")
        if name in written
    )
    if written.get("All_day"):
        yield ("all_day", "as sent" if is_same and record.get("All_day") is True else "changed", sight.module)
    else:
        yield ("times", "as sent" if is_same else "moved", sight.module)
    for guest in record.get("Participants") or ():
        if guest.get("type") == "email":
            shown = [name for name in ("Email", "participant") if "@" in str(guest.get(name) or "")]
            yield ("guest_address", " and ".join(shown) or "nowhere", sight.module)


def _of_texts(sight: Sight, kinds: Mapping[str, Kind], lengths: Mapping[str, int]) -> Iterator[Seen]:
    for name, sent in sight.written.items():
        kind = kinds.get(name, Kind.TEXT)
        if not isinstance(sent, str) or kind is not Kind.TEXT:
            continue
        held = sight.record.get(name) if sight.record is not None else None
        is_whole = normal(kind, sent) == normal(kind, held if isinstance(held, str) else None)
        if sight.transport == "bulk" and "\n" in sent.strip():
            yield ("bulk_line_ends", "kept" if is_whole else "lost", sight.module)
        if sight.record is None:
            continue
        if any(ord(char) > _BMP for char in sent):
            yield ("rare_characters", "kept" if is_whole else "lost", sight.module)
        if len(sent) <= lengths.get(name, 0) < len(sent.encode()):
            yield ("length_unit", "characters" if is_whole else "something shorter", sight.module)


def of_pick_lists(sight: Sight, fields: Mapping[str, OrgField]) -> Iterator[Seen]:
    """Yield whether the org took a value of a pick list whose two texts differ: the value itself, or what it shows."""
    for name, sent in sight.written.items():
        choices = fields[name].choices if name in fields else ()
        pair = next((one for one in choices if sent in one and one[0] != one[1]), None)
        if pair is None:
            continue
        was_actual = sent == pair[0]
        if sight.record is not None and sight.record.get(name) is not None:
            yield ("pick_lists", "actual" if was_actual else "display", sight.module)
        elif sight.record is None and sight.fault == name:
            yield ("pick_lists", "display" if was_actual else "actual", sight.module)


def _is_its_own(sight: Sight, record: Mapping[str, Any], kinds: Mapping[str, Kind]) -> bool:
    """Tell whether the record that an answer named is the one that was sent: by our key, else by most of its texts."""
    texts = {name: one for name, one in sight.written.items() if isinstance(one, str)}
    same = [
        normal(kinds.get(name, Kind.TEXT), one) == normal(kinds.get(name, Kind.TEXT), record.get(name))
        for name, one in texts.items()
        if not isinstance(record.get(name), dict)
    ]
    return sight.crm_key in record.values() or 2 * sum(same) >= len(same)


def _is_touched(record: Mapping[str, Any]) -> bool | None:
    """Tell whether somebody changed a record after it was made; None where the CRM does not say."""
    try:
        made, changed = (datetime.fromisoformat(str(record[name])) for name in ("Created_Time", "Modified_Time"))
    except (KeyError, ValueError):
        return None
    is_later = (changed - made).total_seconds() > _SOON
    return is_later or _id(record.get("Created_By")) != _id(record.get("Modified_By"))


def _id(held: object) -> str:
    return str(held.get("id") or "") if isinstance(held, Mapping) else str(held or "")


def _lengths(the_org: Org, sight: Sight) -> dict[str, int]:
    fields = the_org.fields.get(sight.module, {})
    return {name: one.length for name, one in fields.items() if one.length}


def _last_run(book: Ledger) -> int:
    (run,) = book.connection.execute("SELECT coalesce(max(run), 0) FROM runs").fetchone()
    return int(run)


_WRITTEN = """
    SELECT b.module, b.transport, b.action, i.crm_key, i.crm_id, i.written, i.result, coalesce(i.field, '')
    FROM batches b JOIN intents i USING (batch) WHERE b.run = ? AND b.state != 'planned' ORDER BY b.batch, i.crm_key
"""


def _sights(client: ZohoClient, book: Ledger, run: int) -> Iterator[Sight]:
    """Yield the records of a run, those first that tell most."""
    rows = [row for row in book.connection.execute(_WRITTEN, (run,)) if row[0] != EMAILS.module]
    times: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        times[row[0], row[3]] += 1
    chosen: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -len(row[5])):
        if len(chosen[row[0]]) < _MOST:
            chosen[row[0]].append(row)
    for module, transport, action, crm_key, crm_id, written, result, fault in (
        row for some in chosen.values() for row in some
    ):
        is_there = bool(crm_id) and result in {"created", "updated"}
        yield Sight(
            module=module,
            transport=transport,
            written={name: values.restored(value) for name, value in _json(written).items()},
            record=_record(client, module, crm_id) if is_there else None,
            crm_key=crm_key,
            is_only_made=action == "create" and times[module, crm_key] == 1,
            fault=fault,
        )


def _json(text: str) -> dict[str, Any]:
    return dict(json.loads(text))


def _record(client: ZohoClient, module: str, crm_id: str) -> Mapping[str, Any] | None:
    found = items(client.get(f"/crm/v8/{module}/{crm_id}").body)
    return found[0] if found else None


def _of_mails(client: ZohoClient, book: Ledger, run: int) -> Iterator[Seen]:
    """Yield what the e-mails of a run tell: one message on several records, and how they read back."""
    query = """
        SELECT json_extract(i.written, '$.original_message_id'), json_extract(i.written, '$.module'), i.crm_id,
               i.result, i.code
        FROM batches b JOIN intents i USING (batch) WHERE b.run = ? AND b.module = ? ORDER BY b.batch
    """
    places: dict[str, set[str]] = defaultdict(set)
    attached: dict[tuple[str, str], None] = {}
    for message, module, crm_id, result, code in book.connection.execute(query, (run, EMAILS.module)):
        if code == ELSEWHERE:
            yield ("message_on_several", "refused", "")
        if result == "created":
            places[message].add(crm_id)
            attached[module, crm_id] = None
    yield from (("message_on_several", "accepted", "") for records in places.values() if len(records) > 1)
    for module, crm_id in list(attached)[:1]:
        body = client.get(f"/crm/v8/{module}/{crm_id}/Emails").body
        listed = body.get("Emails") if isinstance(body, Mapping) else None
        if listed:
            is_shown = any(one.get("original_message_id") for one in listed)
            yield ("message_id", "shown" if is_shown else "hidden", module)


def _of_credits(client: ZohoClient) -> Iterator[Seen]:
    """Yield what a bulk read of this look cost, where the CRM said before and after what is left."""
    if client.meter.bulk_read_seen:
        yield ("bulk_read_credits", str(client.meter.bulk_read_seen), "")
