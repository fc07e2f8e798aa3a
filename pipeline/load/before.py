"""What the CRM holds in the fields that a batch of updates overwrites: kept in the ledger, to be restored from."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.load import values
from pipeline.load.plan import Batch, Item
from pipeline.load.snapshot import Records
from pipeline.targets import Kind

Participants = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Before:
    """The CRM as it was when the load was planned.

    `participants`: id of an event → its participants as the CRM gave them; asked for wherever they may be overwritten.
    """

    records: Mapping[str, Records]
    participants: Mapping[str, Participants]

    def of(self, batch: Batch) -> Iterable[tuple[str, str]]:
        """Yield crm_key and old values of every record that a batch of updates changes, as JSON in plain form."""
        kinds = {field.api_name: field.kind for field in batch.target.fields}
        for item in batch.items:
            yield item.crm_key, json.dumps(self._held(batch, item, kinds), ensure_ascii=False, sort_keys=True)

    def _held(self, batch: Batch, item: Item, kinds: Mapping[str, Kind]) -> dict[str, Any]:
        record = self.records[batch.target.module].by_id.get(item.crm_id, {})
        names = [*item.values, *([batch.transport.key_field] if item.is_stamped else [])]
        return {
            name: plain_people(self.participants.get(item.crm_id, ()))
            if kinds.get(name) is Kind.PARTICIPANTS
            else values.storable(values.of_crm(kinds.get(name, Kind.TEXT), record.get(name)))
            for name in names
        }


def plain_people(participants: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return participants as the CRM takes them back: kind, and id or address."""
    return [
        {"type": str(one.get("type") or "email"), "participant": str(one.get("participant") or one.get("Email") or "")}
        for one in participants
    ]
