"""A snapshot of an earlier run brought up to date: what was changed or deleted since, where the CRM can tell.

Calls: reference/zoho-api.md 3.6 (If-Modified-Since, H), addendum section 7 (deleted, H/M), and the record count of
Zoho's SDK (M). Where a call is refused, where more was changed than a few pages, or where the counts differ, nothing is
guessed: the module is read anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.load.answers import Answer, items
from pipeline.load.client import ZohoClient

_A_PAGE = 200
_MOST_PAGES = 10  # page numbers reach 2,000 records (3.6, H)
_MOST_FIELDS = 50
_NOTHING = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def caught_up(client: ZohoClient, module: str, held: pa.Table, since: datetime) -> pa.Table | None:
    """Return `held` as the CRM has it now, or None where it must be read anew.

    Args:
        client: the CRM.
        module: the module.
        held: its records as they were at `since`, columns of text, the first one `id`.
        since: the CRM's own time, some minutes before those records were read.

    Raises:
        RetryableError: the CRM does not answer.
    """
    if len(held.column_names) > _MOST_FIELDS:
        return None
    changed = _changed(client, module, held.column_names[1:], since)
    gone = _deleted(client, module, since)
    if changed is None or gone is None or (len(changed) > _A_PAGE and gone):
        return None  # a record deleted while pages are turned moves another one out of sight
    found = _merged(held, changed, gone)
    return found if _count(client, module) == found.num_rows else None


def _changed(client: ZohoClient, module: str, names: Sequence[str], since: datetime) -> list[Mapping[str, Any]] | None:
    found: list[Mapping[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        params: dict[str, str | int] = {
            "fields": ",".join(names),
            "per_page": _A_PAGE,
            "page": page,
            "sort_by": "id",
            "sort_order": "asc",
        }
        answer = client.get(f"/crm/v8/{module}", params, since)
        listed = _listed(answer)
        if listed is None:
            return None
        found += listed
        if not _has_more(answer):
            return found
    return None


def _deleted(client: ZohoClient, module: str, since: datetime) -> list[str] | None:
    answer = client.get(f"/crm/v8/{module}/deleted", {"type": "all", "per_page": _A_PAGE}, since)
    listed = _listed(answer)
    return None if listed is None or _has_more(answer) else [str(one.get("id", "")) for one in listed]


def _count(client: ZohoClient, module: str) -> int | None:
    body = client.get(f"/crm/v8/{module}/actions/count").body
    count = body.get("count") if isinstance(body, Mapping) else None
    return count if isinstance(count, int) else None


def _listed(answer: Answer) -> list[Mapping[str, Any]] | None:
    if answer.status in _NOTHING:
        return []
    return items(answer.body) if answer.is_ok else None


def _has_more(answer: Answer) -> bool:
    info = answer.body.get("info") if isinstance(answer.body, Mapping) else None
    return bool(isinstance(info, Mapping) and info.get("more_records"))


def _merged(held: pa.Table, changed: Sequence[Mapping[str, Any]], gone: Sequence[str]) -> pa.Table:
    if not changed and not gone:
        return held
    rows = {str(one.get("id", "")): one for one in changed}
    lost = pa.array([*rows, *gone], pa.string())
    kept = held.filter(pc.invert(pc.is_in(held.column("id"), value_set=lost)))
    alive = [one for record_id, one in rows.items() if record_id not in set(gone)]
    fresh = [list(_cells(held.column_names, one)) for one in alive]
    columns = [pa.array(column, pa.string()) for column in zip(*fresh, strict=True)]
    added = pa.table(columns, schema=held.schema) if fresh else held.schema.empty_table()
    return pa.concat_tables([kept, added]).sort_by("id")


def _cells(names: Sequence[str], record: Mapping[str, Any]) -> Iterator[str]:
    return (cell_of(record.get(name)) for name in names)


def cell_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value of the records API as bulk read writes it (addendum section 3)."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Mapping():
            return str(value.get("id") or "")
        case list():
            return ";".join(map(cell_of, value))
        case _:
            return str(value)
