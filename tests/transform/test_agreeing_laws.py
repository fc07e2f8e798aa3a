"""What is merged whole columns at a time is what is merged one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import schemas, store
from pipeline.targets import CONTACTS
from pipeline.transform import agreeing, bucket, contacts, drafts, partition, tables
from pipeline.transform.closing import Closing
from pipeline.transform.draft import Home, Origin
from pipeline.transform.overrides import Override
from pipeline.transform.partition import Job
from pipeline.validate import Suite
from tests import builders
from tests.builders import Row

HOMES = {
    "a" * 64: Home(path="a.csv", mailbox="sato", owner="sato@crm.example", zone=ZoneInfo("Asia/Tokyo")),
    "b" * 64: Home(path="b.pst", mailbox="dana", zone=ZoneInfo("Asia/Tokyo"), is_store=True),
}
KEYS = [f"{number:032x}" for number in range(8)]


def _some(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


CONTACT = st.fixed_dictionaries(
    {},
    optional={
        "surname": _some("Grant", "GRANT", "佐藤", ", "),
        "given_name": _some("Ann", "花"),
        "email1": _some("a@b.example", "A@b.example", "c@d.example"),
        "email2": _some("x@b.example"),
        "job_title": _some("Head", "HEAD", "部長"),
        "company": _some("Kaede", "ＫＡＥＤＥ", "みどり"),
        "business_street": _some("1 Elm Row", "2 Elm Row"),
        "business_city": _some("Kent", "津市"),
        "notes": _some("met", "met in 2001", "n" * 31_990),
        "categories": _some(["VIP"], ["Zoho"]),
        "birthday_date": _some(datetime(2000, 1, 2, tzinfo=UTC).date()),
        "mobile_phone": _some("03-0000-0001", "０３", "ask"),
    },
)
AT = _some(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
DECIDED = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.booleans()), max_size=1)
ROWS = st.lists(st.tuples(CONTACT, AT, st.sampled_from(sorted(HOMES))), min_size=1, max_size=len(KEYS))


def _job(overrides: Sequence[Override] = ()) -> Job:
    return Job(
        target=CONTACTS, homes=HOMES, own_domains=frozenset(), scratch=Path(), buckets=1, overrides=tuple(overrides)
    )


def _closing(job: Job, lost: frozenset[str]) -> Closing:
    suite = Suite(table="contacts", rules=(), digest="")
    return Closing(job=job, target=CONTACTS, suite=suite, place=Path(), lost=lost)


def _table(found: list[tuple[Row, datetime | None, str]]) -> pa.Table:
    """Return drafts as they come into a bucket."""
    made = []
    for number, (row, changed, sha) in enumerate(found):
        (whole,) = builders.rows("contacts", row)
        draft = contacts.draft(whole, _origin(number, changed, sha), frozenset())
        made.append(drafts.row_of(draft, CONTACTS, "distinct", needs_merge=partition._is_long(draft, CONTACTS)))
    return store.table_of(made, drafts.schema(CONTACTS))


def _origin(number: int, changed: datetime | None, sha: str) -> Origin:
    item = f"item{(number * 5) % len(KEYS)}"
    return replace(
        builders.origin(), item_id=item, source_key=KEYS[number], file_sha256=sha, home=HOMES[sha], modified_at=changed
    )


def _found(closing: Closing, table: pa.Table, agreed: agreeing.Agreed | None) -> tuple[object, ...]:
    """Return everything that becomes of drafts, with those that agree in bulk or not."""
    rest = table if agreed is None else agreed.rest
    merged = bucket._merged(drafts.of_rows(rest, HOMES), closing)
    ready = tables.ready(merged.ready, CONTACTS).to_pylist()
    changes = tables.changes("contacts", merged.changes)
    leads = {one.cluster_key: one.lead.item_id for one in merged.ready}
    decisions: list[dict[str, Any]] = list(merged.decisions)
    if agreed is not None:
        ready += bucket._agreed(closing, agreed).to_pylist()
        changes += agreed.changes.to_pylist()
        decisions += agreed.decisions.to_pylist()
        keys = [one[0] for one in agreed.source_keys.to_pylist()]
        leads |= dict(zip(keys, agreed.drafts.column("item_id").to_pylist(), strict=True))
    return (*(sorted(map(str, rows)) for rows in (ready, changes, decisions)), leads)


@settings(max_examples=60, deadline=None)
@given(found=ROWS, decided=DECIDED, is_lost=st.booleans())
def test_in_bulk_as_one_by_one(
    found: list[tuple[Row, datetime | None, str]], decided: list[tuple[str, str, bool]], *, is_lost: bool
) -> None:
    """Records, changes, decisions and leading items are the same whether those that agree are merged in bulk or not."""
    table = _table(found)
    overrides = [Override(min(a, b), max(a, b), same) for a, b, same in decided if a != b]
    lost = frozenset(table.column("company_key").drop_null().to_pylist()[:1]) if is_lost else frozenset()
    job = _job(overrides)
    closing = _closing(job, lost)
    expected = _found(closing, table, None)
    assert _found(closing, table, agreeing.merged(job, table, lost)) == expected


def test_copies_with_one_field_more_or_other_agree() -> None:
    """What most duplicates are like is merged in bulk; or the law above would hold for nothing."""
    person: Row = {"surname": "佐藤", "given_name": "花", "email1": "a@b.example", "job_title": "部長", "notes": "met"}
    other: Row = {**person, "job_title": "Head", "notes": None, "mobile_phone": "03-0000-0001"}
    sha = min(HOMES)
    agreed = agreeing.merged(_job(), _table([(person, None, sha), (other, None, max(HOMES))]), frozenset())
    assert agreed.rest.num_rows == 0
    (row,) = agreed.drafts.to_pylist()
    assert (row["=Title"], row["=Description"], row["=Mobile"]) == ("Head", "met", "03-0000-0001")
    assert agreed.changes.column("old").to_pylist() == ["部長"]
    assert agreed.decisions.schema == schemas.DECISIONS
    assert agreed.decisions.column("rule").to_pylist() == ["same_email", "owner_of_latest_change"]
