"""Chosen messages → ready e-mails: a row for each message and person, or for each record that was chosen for it.

The same Message-ID is one message, whoever has a copy; the sender's own copy leads.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.clean.text import fold
from pipeline.targets import EMAILS
from pipeline.transform import keys
from pipeline.transform.draft import FieldChange, Origin, Row
from pipeline.transform.mail_content import Content
from pipeline.transform.mail_files import Files
from pipeline.transform.mail_picks import Pick

SAME = "same_message_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One message on its way to one record. `address`: whose record it is; `record`: one that a person chose."""

    key: str
    address: str | None
    record: str | None
    copies: tuple[Pick, ...]  # the one that leads first

    @property
    def lead(self) -> Pick:
        """Return the copy that is sent."""
        return self.copies[0]


def attachments(picks: Iterable[Pick]) -> list[Attachment]:
    """Return every message with every person or record, once, in the order of their keys."""
    found: defaultdict[str, list[tuple[Pick, str | None, str | None]]] = defaultdict(list)
    for pick in picks:
        for record in pick.choice.records:
            found[keys.source_key("emails", pick.origin.source_key, "record", record)].append((pick, None, record))
        for address in pick.people:
            key = keys.source_key("emails", pick.origin.source_key, "address", fold(address))
            found[key].append((pick, address, None))
    return [_attachment(key, found[key]) for key in sorted(found)]


def _attachment(key: str, held: Sequence[tuple[Pick, str | None, str | None]]) -> Attachment:
    ranked = sorted(held, key=lambda one: one[0].rank)
    _, address, record = ranked[0]
    return Attachment(key=key, address=address, record=record, copies=tuple(pick for pick, _, _ in ranked))


def ready(one: Attachment, content: Content, files: Files) -> dict[str, Any]:
    """Return the row of EMAILS_READY."""
    lead, values = one.lead, content.values
    deal = next((pick.deal for pick in one.copies if pick.deal), None)
    routes = (one.address, one.record, deal)
    sent = [values.get(name) for name in EMAILS.names]
    return {
        "cluster_key": one.key,
        "source_keys": [one.key],
        "item_ids": sorted({pick.origin.item_id for pick in one.copies}),
        "mailbox": lead.origin.home.mailbox or None,
        "owner": lead.origin.home.owner,
        "modified_at": lead.origin.modified_at,
        "content_hash": keys.content_hash((*sent, *routes)),
        **{name: _arrow(value) for name, value in zip(EMAILS.names, sent, strict=True)},
        "way": lead.choice.way,
        "correspondent": one.address,
        "record": one.record,
        "deal": deal,
        "attachments": len(lead.row["attachments"] or ()),
        "uploads": len(files.chosen),
        "files": list(files.chosen) or None,
    }


def _arrow(value: Any) -> Any:  # noqa: ANN401 - a cell
    return [asdict(person) for person in value] if isinstance(value, tuple) else value


def decisions(found: Iterable[Attachment]) -> list[dict[str, object]]:
    """Return rows of schemas.DECISIONS for the copies that were one."""
    return [
        decision("emails", one.key, (one.lead.origin, other.origin), SAME, one.lead.row["message_id"] or "")
        for one in found
        for other in one.copies[1:]
    ]


def decision(table: str, cluster_key: str, pair: tuple[Origin, Origin], rule: str, evidence: str) -> dict[str, object]:
    """Return a row of schemas.DECISIONS that says that two items are one."""
    left, right = pair
    return {
        "table": table,
        "cluster_key": cluster_key,
        "left_item_id": left.item_id,
        "right_item_id": right.item_id,
        "left_key": left.source_key,
        "right_key": right.source_key,
        "verdict": "same",
        "rule": rule,
        "evidence": evidence,
    }


def content_of(pick: Pick, row: Row) -> Content:
    """Return the fields of a message; `row`: with its body_text and body_html, as a person mended it."""
    return Content(row, pick.origin.home, sent=pick.is_sent)


def changes(pick: Pick, content: Content) -> list[tuple[Origin, FieldChange]]:
    """Return what was changed of a message, by its origin."""
    return [(pick.origin, change) for change in content.changes]


def by_place(found: Iterable[Attachment]) -> Mapping[tuple[str, int], list[Attachment]]:
    """Return the attachments by the partition that has their bodies, in the order of the partitions."""
    placed: defaultdict[tuple[str, int], list[Attachment]] = defaultdict(list)
    for one in found:
        placed[str(one.lead.path), one.lead.group].append(one)
    return dict(sorted(placed.items()))
