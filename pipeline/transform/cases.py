"""Chosen messages → ready cases: one of each message, or one of each conversation. Never merged by Subject.

A case belongs to the contact who wrote the message; load finds it by address, and lists cases without one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.clean import text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.targets import Target
from pipeline.transform import emails, fields
from pipeline.transform.draft import FieldChange, Origin, Ready
from pipeline.transform.filling import Filling
from pipeline.transform.mail_choice import address_of, writer
from pipeline.transform.mail_content import subject
from pipeline.transform.mail_picks import Pick
from pipeline.transform.repairs import NO_REPAIRS, Repairs

SAME_CONVERSATION = "same_conversation"
_INDEX_HEAD = 44  # hex digits: 22 bytes name the conversation, the rest its branches ([MS-OXOMSG] 2.2.1.3)
_OWN = frozenset({"Subject", "Related_To", "Email", "Description", "Status", "Case_Origin"})
_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """The messages of one case, the first one first; each with its copies, the one that leads first."""

    messages: tuple[tuple[Pick, ...], ...]

    @property
    def first(self) -> Pick:
        """Return the message that the case is made of."""
        return self.messages[0][0]


def cases(picks: Iterable[Pick], *, per_conversation: bool) -> list[Case]:
    """Return the cases of the messages chosen for them, in the order of their first messages' keys."""
    copies: defaultdict[str, list[Pick]] = defaultdict(list)
    for pick in picks:
        if pick.choice.is_case:
            copies[pick.origin.source_key].append(pick)
    messages = [tuple(sorted(found, key=lambda pick: pick.rank)) for found in copies.values()]
    groups = _conversations(messages) if per_conversation else [[one] for one in messages]
    found = [Case(tuple(sorted(group, key=_age))) for group in groups]
    return sorted(found, key=lambda case: case.first.origin.source_key)


def _age(copies: Sequence[Pick]) -> tuple[datetime, str]:
    return _sent_at(copies[0]) or _LATE, copies[0].origin.source_key


def _sent_at(pick: Pick) -> datetime | None:
    found: datetime | None = pick.row["sent_at"] or pick.row["received_at"]
    return found


def _conversations(messages: Sequence[tuple[Pick, ...]]) -> list[list[tuple[Pick, ...]]]:
    """Put messages together that name each other, or have one conversation index."""
    root: dict[str, str] = {}

    def top(token: str) -> str:
        while root.setdefault(token, token) != token:
            token = root[token]
        return token

    for copies in messages:
        first, *others = [top(token) for token in _tokens(copies[0])]
        root |= dict.fromkeys(others, first)
    groups: defaultdict[str, list[tuple[Pick, ...]]] = defaultdict(list)
    for copies in messages:
        groups[top(copies[0].origin.source_key)].append(copies)
    return list(groups.values())


def _tokens(pick: Pick) -> list[str]:
    """Return what ties a message to others: itself, what it answers, its conversation."""
    row = pick.row
    named = f"{row['message_id'] or ''} {row['in_reply_to'] or ''} {row['references'] or ''}".split()
    index = (row["conversation_index"] or "")[:_INDEX_HEAD]
    ids = [f"id {one}" for one in dict.fromkeys(named)]
    return [pick.origin.source_key, *ids, *([f"index {index}"] if len(index) == _INDEX_HEAD else [])]


def ready(
    case: Case, body: str | None, target: Target, repairs: Repairs = NO_REPAIRS
) -> tuple[Ready, list[tuple[Origin, FieldChange]]]:
    """Return the record of a case and what was changed on the way; `body`: the text of its first message."""
    first = case.first
    whole = {**first.row, "body_text": body, "body_html": None}
    row, mended = repairs.row(target.source, first.origin.source_key, whole)
    body = row["body_text"]
    filling = Filling(target, is_japanese=text.is_japanese(row["subject"]) or text.is_japanese((body or "")[:2000]))
    filling.put("Subject", subject(row, target.field("Subject").length))
    address = address_of(writer(row))
    if address is not None:
        filling.take("Related_To", address)
        filling.take("Email", address)
    filling.put("Description", _description(case, body, target, is_japanese=filling.is_japanese))
    fields.put(
        (one for one in target.fields if one.is_custom and one.source and one.api_name not in _OWN), row, filling
    )
    fields.put_constants(target, filling)
    picks = [pick for copies in case.messages for pick in copies]
    changed = [pick.origin.modified_at for pick in picks if pick.origin.modified_at]
    record = Ready(
        cluster_key=first.origin.source_key,
        source_keys=tuple(sorted({pick.origin.source_key for pick in picks})),
        item_ids=tuple(sorted(pick.origin.item_id for pick in picks)),
        mailbox=first.origin.home.mailbox,
        owner=first.origin.home.owner,
        modified_at=max(changed, default=None),
        lead=first.origin,
        values=filling.values,
    )
    return record, [(first.origin, change) for change in (*mended, *filling.changes)]


def _description(case: Case, body: str | None, target: Target, *, is_japanese: bool) -> Cleaned:
    """Return the text of the first message, cut so that the list of later ones fits below."""
    found = text.lines(body)
    later = [_line(copies[0]) for copies in case.messages[1:]]
    length = target.field("Description").length
    if not later:
        return found.then(text.fit(found.value, length))
    tail = "\n".join(["その後のメール:" if is_japanese else "Later messages:", *later])
    tail = text.fit(tail, length).value or ""
    room = None if length is None else max(length - text.utf16_length(tail) - 2, 0)
    fitted = found.then(text.fit(found.value, room))
    whole = f"{fitted.value}\n\n{tail}" if fitted.value else tail
    return fitted.then(Cleaned(whole, (Change(SAME_CONVERSATION, None, tail),)))


def _line(pick: Pick) -> str:
    sent_at, person = _sent_at(pick), writer(pick.row)
    shown = sent_at.astimezone(pick.origin.home.zone).strftime("%Y-%m-%d %H:%M") if sent_at else "—"
    name = text.line((person or {}).get("name") or address_of(person)).value
    return f"- {shown} {name or '—'}: {text.line(pick.row['subject']).value or '—'}"


def decisions(found: Iterable[Case]) -> list[dict[str, object]]:
    """Return rows of schemas.DECISIONS for copies of one message, and for later messages of one conversation."""
    rows = []
    for case in found:
        key = case.first.origin.source_key
        for copies in case.messages:
            rows += [
                emails.decision("cases", key, (copies[0].origin, one.origin), emails.SAME, one.row["message_id"] or "")
                for one in copies[1:]
            ]
        rows += [
            emails.decision(
                "cases", key, (case.first.origin, copies[0].origin), SAME_CONVERSATION, _evidence(copies[0].row)
            )
            for copies in case.messages[1:]
        ]
    return rows


def _evidence(row: Mapping[str, str | None]) -> str:
    return row["in_reply_to"] or row["references"] or (row["conversation_index"] or "")[:_INDEX_HEAD]
