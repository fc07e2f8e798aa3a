"""Records that were changed in the CRM between the plan and the moment its updates go: those rows are left out.

`Modified_Time` is read again just before a batch goes (design.md section 7). A record that this run has itself written
has another one by now: of that, the fields to be written are compared with what the plan was made of.

Calls: reference/zoho-api.md 3.6; `ids` is a parameter of Zoho's SDK (M): what an answer leaves out is asked for by
itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.load import values
from pipeline.load.answers import items
from pipeline.load.catch_up import cell_of
from pipeline.load.client import ZohoClient
from pipeline.load.outcomes import Outcome, Result
from pipeline.load.plan import Batch, Item
from pipeline.load.snapshot import Records
from pipeline.targets import Kind

MOVED = "moved_since"
A_CALL = 100
_STAMP = "Modified_Time"


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks whether records still are as the plan saw them; `touched`: by module, those that this run has written."""

    client: ZohoClient
    snapshot: Mapping[str, Records]
    touched: dict[str, set[str]] = field(default_factory=dict)

    def still(self, batch: Batch) -> tuple[Batch, list[Outcome]]:
        """Return the batch without the rows whose records were changed since, and what becomes of those.

        Raises:
            RetryableError: the CRM does not answer; nothing of the batch was sent.
        """
        if batch.action == "create":
            return batch, []
        now = {record_id: record for part in _parts(batch.items) for record_id, record in self._asked(batch, part)}
        moved = {item.crm_key for item in batch.items if self._is_moved(batch, item, now.get(item.crm_id))}
        if not moved:
            return batch, []
        kept = tuple(item for item in batch.items if item.crm_key not in moved)
        left = [
            Outcome(crm_key=item.crm_key, crm_id=item.crm_id, result=Result.SKIPPED, code=MOVED)
            for item in batch.items
            if item.crm_key in moved
        ]
        return replace(batch, items=kept), left

    def note(self, module: str, outcomes: Sequence[Outcome]) -> None:
        """Remember which records this run has written."""
        self.touched.setdefault(module, set()).update(one.crm_id for one in outcomes if one.crm_id)

    def _asked(self, batch: Batch, part: Sequence[Item]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        module, own = batch.target.module, self.touched.get(batch.target.module, set())
        names = {name for item in part if item.crm_id in own for name in item.values}
        kinds = {one.api_name: one.kind for one in batch.target.fields}
        fields = [_STAMP, *sorted(name for name in names if kinds[name] is not Kind.PARTICIPANTS)]
        ids = [item.crm_id for item in part]
        params: dict[str, str | int] = {"ids": ",".join(ids), "fields": ",".join(fields), "per_page": A_CALL}
        listed = items(self.client.get(f"/crm/v8/{module}", params).body) or []
        found = {str(one.get("id", "")): one for one in listed}
        for record_id in ids:
            record = found.get(record_id) or self._one(module, record_id)
            if record is not None:
                yield record_id, record

    def _one(self, module: str, record_id: str) -> Mapping[str, Any] | None:
        listed = items(self.client.get(f"/crm/v8/{module}/{record_id}").body)
        return listed[0] if listed else None

    def _is_moved(self, batch: Batch, item: Item, now: Mapping[str, Any] | None) -> bool:
        if now is None:
            return True
        seen = self.snapshot[batch.target.module].by_id.get(item.crm_id, {})
        if item.crm_id not in self.touched.get(batch.target.module, set()):
            return _instant(seen.get(_STAMP)) not in {None, _instant(cell_of(now.get(_STAMP)))}
        kinds = {one.api_name: one.kind for one in batch.target.fields}
        asked = [name for name in item.values if kinds[name] is not Kind.PARTICIPANTS]
        return any(_plain(kinds[name], seen.get(name)) != _plain(kinds[name], cell_of(now.get(name))) for name in asked)


def calls_for(updates: int) -> int:
    """Return how many calls, of one credit each, it takes to look at so many records."""
    return -(-updates // A_CALL)


def _parts(listed: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (listed[start : start + A_CALL] for start in range(0, len(listed), A_CALL))


def _instant(text: str | None) -> values.Value:
    return values.of_crm(Kind.DATETIME, text)


def _plain(kind: Kind, text: str | None) -> values.Value:
    return values.normal(kind, values.of_crm(kind, text))
