"""Batches: which rows go together, by which transport and why, as which bytes. Pure and deterministic.

Safety before price (design.md section 7): bulk write only where a repeat makes no double and nothing can be set off.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any, Literal, NamedTuple

from pipeline.load import archive, values, written
from pipeline.load.connection import TargetName
from pipeline.load.decide import Decision
from pipeline.load.held import Held, cells_of
from pipeline.load.held import columns_of as held_columns
from pipeline.load.org import Org
from pipeline.load.people import People
from pipeline.load.values import Value
from pipeline.load.written import Line
from pipeline.targets import Kind, Target

_MOST_CSV_BYTES = 24_000_000
_AT_ONCE = 5_000
# Look-ups that bulk write is known to take by id (reference/zoho-api.md 2.3; for tasks nobody has shown it: 2.7)
_BULK_LOOKUPS = frozenset({("Contacts", "Account_Name")})
_NOT_IN_BULK = frozenset({Kind.DATETIME, Kind.PARTICIPANTS})

TransportName = Literal["bulk", "records", "email"]
Preferred = Literal["auto", "bulk", "records"]


@dataclass(frozen=True, slots=True)
class Transport:
    """How a module is sent, why, and whether a repeat is safe (there is a unique key field)."""

    name: TransportName
    reason: str
    key_field: str

    @property
    def is_repeatable(self) -> bool:
        """Whether a create may be sent again without making a double."""
        return bool(self.key_field)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows go at most in one bulk job, and in one call of the records API."""

    bulk: int = 25_000
    records: int = 100


class Item(NamedTuple):
    """One record to write: values in plain form with every reference resolved; `crm_id` "" to create it.

    `owner_id` is "" for an update: an existing record's owner is never changed. `is_stamped`: our key is written too;
    `mailbox`: whose own address is its user.
    """

    crm_key: str
    crm_id: str
    values: Mapping[str, Value]
    owner_id: str
    content_hash: str
    is_stamped: bool
    mailbox: str = ""

    @property
    def written(self) -> Mapping[str, Value]:
        """The values, as the ledger calls them."""
        return self.values


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Records that go in one request, and what is made of them, each once."""

    target: Target
    action: Literal["create", "update"]
    transport: Transport
    items: tuple[Item, ...]

    @property
    def layout(self) -> str:
        """The id of the layout that its records get, "" for none: that of a record that is there is never changed."""
        return self.target.layout if self.action == "create" else ""

    @cached_property
    def columns(self) -> list[str]:
        """The columns of a bulk CSV: our key first, then what finds the record, then the fields with values."""
        shapes = {id(names): names for names in map(_names, self.items)}
        used = set(chain.from_iterable(shapes.values()))
        fields = [field.api_name for field in self.target.fields if field.api_name in used]
        head = [self.transport.key_field]
        return [*head, "id", *fields] if self.action == "update" else [*head, *fields, "Owner"]

    @cached_property
    def csv(self) -> bytes:
        """The CSV of a bulk batch, made column by column."""
        return archive.encode_csv(self.columns, zip(*_columns(self, self.columns), strict=True))

    @cached_property
    def zipped(self) -> bytes:
        """The CSV in a zip, as it is uploaded."""
        return archive.encode_zip(f"{self.target.table}.csv", self.csv)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of what a batch would write, in hex; of a bulk batch that is its CSV, and its layout if any."""
        if self.transport.name == "bulk":
            found = hashlib.sha256(self.csv).hexdigest()
            return _digest([("Layout", self.layout, found)]) if self.layout else found
        rows = ((item.crm_key, item.crm_id, item.owner_id, _listed(item.values)) for item in self.items)
        return _digest(chain(rows, [("Layout", self.layout)] if self.layout else ()))

    @cached_property
    def lines(self) -> list[Line]:
        """What the ledger is told before a batch goes."""
        return written.lines(self.items)

    def make(self) -> None:
        """Make all of it now, where it is not made yet."""
        _ = (self.zipped, self.digest, self.lines)


def choose(  # noqa: PLR0913 - all that the choice hangs on
    target: Target,
    org: Org,
    key_field: str,
    target_name: TargetName,
    checked: Iterable[str],
    *,
    takes_lines: bool = True,
) -> Transport:
    """Return how a module is sent, and why.

    Args:
        target: the module.
        org: what the org takes.
        key_field: the configured field for our key.
        target_name: whether the CRM is real.
        checked: modules whose workflow rules the operator has checked.
        takes_lines: whether bulk write keeps texts of several lines, as far as anybody knows.
    """
    module = target.module
    key = org.key_of(module, key_field)
    if not key:
        reason = f"{module} has no unique field {key_field}, so each row is sent at most once"
        return Transport("records", reason, "")
    if not target.is_bulk or module not in org.bulk_modules:
        return Transport("records", f"bulk write does not take {module}", key)
    if _unproven(target):
        return Transport("records", f"bulk write is not known to take {', '.join(_unproven(target))}", key)
    if not takes_lines and any(field.has_lines for field in target.fields):
        return Transport("records", f"bulk write does not keep texts of several lines here, and {module} has some", key)
    if target_name == "crm" and module not in checked:
        reason = f"bulk write cannot suppress workflow rules, and {module} is not in [zoho] workflows_checked"
        return Transport("records", reason, key)
    return Transport("bulk", f"{module} has the unique field {key}", key)


def cheaper(safe: Transport, bulk: int, records: int, preferred: Preferred) -> Transport:
    """Return bulk write, which is safe, or the records API where that is cheaper or the settings ask for it.

    Args:
        safe: bulk write, with the reason why it is safe.
        bulk: credits of bulk write.
        records: credits of the records API.
        preferred: what the settings ask for.
    """
    if preferred == "bulk":
        dearer = f", {bulk:,} credits instead of {records:,}" if bulk > records else ""
        return replace(safe, reason=f'{safe.reason}, and [zoho] transport = "bulk"{dearer}')
    if preferred == "records":
        dearer = f": {records:,} credits instead of {bulk:,}" if records > bulk else ""
        return Transport("records", f'[zoho] transport = "records"{dearer}', safe.key_field)
    if records <= bulk:
        return Transport("records", f"it costs {records:,} credits, bulk write would cost {bulk:,}", safe.key_field)
    return replace(safe, reason=f"{safe.reason}; it costs {bulk:,} credits, the records API would cost {records:,}")


def by_records(target: Target, known: Transport) -> Transport:
    """Return the records API as the way of a second pass over a module that is sent in the `known` way."""
    names = ", ".join(target.names)
    return Transport("records", f"{names} can be written only when the records have ids", known.key_field)


def _unproven(target: Target) -> list[str]:
    return [
        field.api_name
        for field in target.fields
        if field.kind in _NOT_IN_BULK
        or (field.kind is Kind.LOOKUP and (target.module, field.api_name) not in _BULK_LOOKUPS)
    ]


def batches(target: Target, transport: Transport, items: Sequence[Item], most: Sizes) -> Iterator[Batch]:
    """Yield the batches of a module: creates first, then updates, each in the order of the rows."""
    rows = most.bulk if transport.name == "bulk" else most.records
    for action in ("create", "update"):
        chosen = [item for item in items if bool(item.crm_id) == (action == "update")]
        for start in range(0, len(chosen), rows):
            part = tuple(chosen[start : start + rows])
            yield from _fitting(Batch(target=target, action=action, transport=transport, items=part))


def _fitting(batch: Batch) -> Iterator[Batch]:
    """Halve a bulk batch until its CSV is small enough."""
    if batch.transport.name == "records" or len(batch.items) == 1 or len(batch.csv) <= _MOST_CSV_BYTES:
        yield batch
        return
    middle = len(batch.items) // 2
    for items in (batch.items[:middle], batch.items[middle:]):
        half = Batch(target=batch.target, action=batch.action, transport=batch.transport, items=items)
        yield from _fitting(half)


def _names(item: Item) -> Mapping[str, object]:
    """Return the names of the fields of an item; many share one."""
    return item.values.places if isinstance(item.values, Held) else item.values


def _columns(batch: Batch, names: Sequence[str]) -> list[list[str]]:
    """Return the cells column by column: our key, what finds the record, and the values."""
    is_update = batch.action == "update"
    fields = names[2:] if is_update else names[1:-1]
    keys = [item.crm_key if item.is_stamped else "" for item in batch.items]
    ids = [item.crm_id if is_update else item.owner_id for item in batch.items]
    columns = [
        [value if isinstance(value, str) else values.as_cell(value) for value in column]
        for column in held_columns([item.values for item in batch.items], fields)
    ]
    return [keys, ids, *columns] if is_update else [keys, *columns, ids]


def mappings_of(batch: Batch) -> list[dict[str, Any]]:
    """Return the field_mappings of a bulk batch: look-ups by id, dates with their format, at last the layout."""
    columns = [_mapping(batch.target, name, index) for index, name in enumerate(batch.columns)]
    return [*columns, {"api_name": "Layout", "default_value": {"value": batch.layout}}] if batch.layout else columns


def _mapping(target: Target, name: str, index: int) -> dict[str, Any]:
    kinds = {field.api_name: field.kind for field in target.fields}
    extra = {}
    if name == "Owner" or kinds.get(name) is Kind.LOOKUP:
        extra = {"find_by": "id"}
    elif kinds.get(name) is Kind.DATE:
        extra = {"format": "yyyy-MM-dd"}
    return {"api_name": name, "index": index, **extra}


def body_of(batch: Batch, people: People) -> dict[str, Any]:
    """Return the JSON body of a records API batch; nothing in it may set anything off or mail anybody."""
    return {
        "data": [_record(batch, item, people) for item in batch.items],
        "trigger": [],
        "skip_feature_execution": [{"name": "cadences"}],
    }


def _record(batch: Batch, item: Item, people: People) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for field in batch.target.fields:
        value = item.values.get(field.api_name)
        if isinstance(value, tuple):
            record[field.api_name] = people.participants(value, item.mailbox)
        elif value is not None:
            record[field.api_name] = values.as_json(field.kind, value)
    if "What_Id" in record:
        record["$se_module"] = "Accounts"  # mandatory with What_Id (zoho-api.md 3.5)
    if item.is_stamped:
        record[batch.transport.key_field] = item.crm_key
    record |= {"id": item.crm_id} if item.crm_id else {"Owner": {"id": item.owner_id}}
    record |= {"Layout": {"id": batch.layout}} if batch.layout else {}
    return record | ({"$send_notification": False} if batch.target.module == "Events" else {})


def plan_hash(planned: Mapping[str, Iterable[tuple[Decision, str]]], layouts: Mapping[str, str] | None = None) -> str:
    """Return the SHA-256 of a plan: every change of every module, with the owner; a person approves exactly this.

    `layouts`: plan → id of the layout that its new records get; a plan without one has the digest it always had.
    """
    return _digest(chain(_changes(planned), (("Layout", pair) for pair in (layouts or {}).items())))


def _changes(planned: Mapping[str, Iterable[tuple[Decision, str]]]) -> Iterator[tuple[Any, ...]]:
    """Yield every change with a number for the names of its fields; at last the names, by number."""
    shapes: dict[tuple[str, ...], int] = {}
    known: dict[int, int] = {}
    for module, decisions in planned.items():
        for one, owner_id in decisions:
            if not one.action:
                continue
            places = one.values.places if isinstance(one.values, Held) else one.values
            number = known.get(id(places), -1)
            if number < 0:
                number = known[id(places)] = shapes.setdefault(tuple(places), len(shapes))
            yield module, one.action, one.crm_key, one.crm_id, owner_id, number, cells_of(one.values)
    yield from shapes


def _listed(held: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Return the values with their names, which stand in the order of the module's fields."""
    return tuple(zip(held, cells_of(held), strict=True))


def _digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """Hash rows, some thousand at once; the text of a row, in which every value is quoted, means one row only."""
    found = hashlib.sha256()
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        found.update(repr(some).encode("utf-8", "surrogatepass"))
        found.update(b"\n")
    return found.hexdigest()
