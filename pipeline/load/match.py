"""Which record of the CRM a row is: pure, from the ledger's memory and a snapshot.

In order: the record that the ledger remembers for the row's crm_key; the record that holds the key in its key field;
the natural keys of the target. A weaker claim never takes a record that a stronger one has, and where a natural key
is not enough to tell, the row is not sent but listed.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from pipeline.load import values
from pipeline.load.remembered import Known, Remembered
from pipeline.load.rows import Row
from pipeline.load.snapshot import Records
from pipeline.load.values import Value
from pipeline.targets import Kind, MatchKey, Target

DELETED = "deleted_in_crm"
SEVERAL_RECORDS = "several_records"
SEVERAL_ROWS = "several_rows"
RECORD_TAKEN = "record_taken"
Owners = Mapping[int, str] | Sequence[str]  # by the position of a row
_DATES = frozenset({Kind.DATE, Kind.DATETIME})


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger knows of one module: source_key → crm_key, crm_key → record, and the crm_keys in doubt."""

    keys: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Known] = field(default_factory=dict)
    doubts: frozenset[str] = frozenset()

    def without_texts(self) -> "Memory":
        """Return the memory as it is needed after the plan: what was written is not."""
        if not isinstance(self.records, Remembered):
            return self
        return replace(self, records=self.records.without_texts())


_NOBODY: Mapping[str, Known] = MappingProxyType({})


class Found(NamedTuple):
    """Which record a row is. `crm_id` "" means none yet; `refusal` says why the row cannot be told, "" if it can.

    `others`: the CRM ids of further records that were of items of this row: since then several clusters became one;
    `memory`: what the ledger knows, where it is the ledger that names the record.
    """

    row: Row
    crm_key: str
    crm_id: str = ""
    memory: Mapping[str, Known] = _NOBODY
    refusal: str = ""
    others: tuple[str, ...] = ()

    @property
    def known(self) -> Known | None:
        """What the ledger knows of the record; read when it is asked for, as a million of them would be in memory."""
        return self.memory.get(self.crm_key)


class Index:
    """A snapshot of one module, by key field and by natural keys.

    Args:
        target: whose natural keys are used.
        records: the snapshot.
        key_field: the field that holds our key, "" where the org has none.
        addresses: participants' addresses of the events that could be meant, by id.
        asked: field → update policy, where the settings ask for another than the usual one.
    """

    def __init__(
        self,
        target: Target,
        records: Records,
        key_field: str,
        addresses: Mapping[str, tuple[str, ...]] | None = None,
        asked: Mapping[str, str] | None = None,
    ) -> None:
        self.target = target
        self.records = records
        self.asked = asked or {}
        self.longest: Mapping[str, int] = {}  # UTF-8 bytes of the longest text of a field, where somebody looked
        self._has_key = bool(key_field)
        self._kinds = {field.api_name: field.kind for field in target.fields}
        self._addresses = addresses or {}
        self.key_of = records.of_ids(key_field)
        self.by_key = records.ids_of(key_field)
        self._keys = [_NaturalKey.of(key, self._kinds) for key in target.match]
        self._taken: Container[str] = ()

    def leave_out(self, taken: Container[str]) -> None:
        """Leave records out of the natural keys that a stronger claim has; before anything is looked up by those."""
        self._taken = taken

    @cached_property
    def _natural(self) -> list[dict[tuple[str, ...], list[str]]]:
        """Records by each natural key; made when a row is looked for by one, which of a second load few are."""
        return [self._by_natural(key) for key in self._keys]

    @cached_property
    def _firsts(self) -> list[set[str]]:
        return [{text[0] for text in natural} for natural in self._natural]

    @property
    def is_bare(self) -> bool:
        """Whether no row can be one of its records by a natural key."""
        return not any(self._natural)

    def lacks_key(self, record_id: str) -> bool:
        """Whether the org has a key field that is empty in this record."""
        return self._has_key and not self.key_of[record_id]

    def modified_at(self, record_id: str) -> str:
        """Return when a record was changed last, in plain form; "" where that is not known."""
        return str(values.of_crm(Kind.DATETIME, self.records.by_id[record_id].get("Modified_Time")) or "")

    def plain(self, record_id: str, names: Iterable[str]) -> dict[str, Value]:
        """Return some fields of a record in plain form; participants only where they were asked for."""
        record, kinds = self.records.by_id[record_id], {name: self._kinds[name] for name in names}
        found = {
            name: values.of_crm(kind, record.get(name)) for name, kind in kinds.items() if kind is not Kind.PARTICIPANTS
        }
        if record_id in self._addresses:
            found |= dict.fromkeys(kinds.keys() - found.keys(), self._addresses[record_id] or None)
        return found

    def candidates(self, row: Row, owner_id: str) -> list[str]:
        """Return the records that are the same thing as `row` by the first natural key that has values."""
        if self.is_bare:
            return []
        held = row.values
        for key, natural, firsts in zip(self._keys, self._natural, self._firsts, strict=True):
            if key.speaks(held):
                is_near = values.folded(held.get(key.names[0])) in firsts  # it seldom is: the rest is not looked at
                return natural.get(key.text(held, owner_id), []) if is_near else []
        return []

    def _by_natural(self, key: "_NaturalKey") -> dict[tuple[str, ...], list[str]]:
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        names = [name for name in (*key.names, *key.without) if self._kinds[name] is not Kind.PARTICIPANTS]
        columns = [[values.of_crm(self._kinds[name], cell) for cell in self.records.column(name)] for name in names]
        owners = self.records.column("Owner")
        for record_id, owner, *cells in zip(self.records.by_id, owners, *columns, strict=True):
            if record_id in self._taken:
                continue
            held = dict(zip(names, cells, strict=True))
            if record_id in self._addresses:
                held |= dict.fromkeys(self._kinds.keys() - names, self._addresses[record_id] or None)
            if key.speaks(held):
                found[key.text(held, owner)].append(record_id)
        return found


@dataclass(frozen=True, slots=True)
class _NaturalKey:
    """What is compared. It says nothing where one of `needed` is empty, or one of `without` has a value."""

    names: tuple[str, ...]
    needed: tuple[str, ...]
    without: tuple[str, ...]
    is_within_owner: bool

    @staticmethod
    def of(key: MatchKey, kinds: Mapping[str, Kind]) -> "_NaturalKey":
        """Needed are the first field and every date: no due date never equals another."""
        needed = tuple(name for name in key.fields if name == key.fields[0] or kinds[name] in _DATES)
        return _NaturalKey(tuple(key.fields), needed, tuple(key.only_without), key.within_owner)

    def speaks(self, held: Mapping[str, Value]) -> bool:
        """Tell whether the key says anything of a row or record."""
        for name in self.needed:
            if not held.get(name):
                return False
        return not any(held.get(name) for name in self.without) if self.without else True

    def text(self, held: Mapping[str, Value], owner_id: str) -> tuple[str, ...]:
        """Return what is compared."""
        texts = [values.folded(held.get(name)) for name in self.names]
        return (*texts, values.folded(owner_id)) if self.is_within_owner else tuple(texts)


def find(rows: Sequence[Row], memory: Memory, index: Index, owner_ids: Owners) -> list[Found]:
    """Return, in the order of the rows, which record each one is.

    Args:
        rows: all ready rows of the module.
        memory: the ledger's memory.
        index: the snapshot.
        owner_ids: position of a row → id of the user who would own its record.
    """
    keyed = _keyed(rows, memory, index)
    taken = {found.crm_id for found in keyed if found.crm_id}
    if all(one.crm_id or one.refusal for one in keyed):
        return _contested(keyed, taken)
    index.leave_out(taken)
    if not taken and index.is_bare:
        return keyed  # a CRM without anything that a row could be
    found = [one if one.crm_id or one.refusal else _by_nature(one, index, owner_ids, taken) for one in keyed]
    return _contested(found, taken)


def _keyed(rows: Sequence[Row], memory: Memory, index: Index) -> list[Found]:
    """Give each row its crm_key, and the record that the ledger or the key field names for it."""
    given = _crm_keys(rows, memory, index)
    several = _several(given)
    if not several and not memory.records and not index.by_key:
        return list(map(Found, rows, given))
    named = {name for row in rows if len(row.source_keys) > 1 for name in _names(row, memory)}.intersection(given)
    found = []
    for row, crm_key in zip(rows, given, strict=True):
        known = memory.records.get(crm_key)
        crm_id, refusal = index.by_key.get(crm_key, ""), ""
        if known is not None:
            is_there = known.crm_id in index.records.by_id
            crm_id, refusal = (known.crm_id, "") if is_there else ("", DELETED)
        if crm_key in several:
            crm_id, refusal = "", SEVERAL_ROWS
        others = _others(row, memory, index, named) if len(row.source_keys) > 1 else ()
        held = _NOBODY if known is None else memory.records
        found.append(Found(row=row, crm_key=crm_key, crm_id=crm_id, memory=held, refusal=refusal, others=others))
    return found


def _several(texts: Sequence[str]) -> frozenset[str]:
    """Return the texts that stand more than once; there seldom is one."""
    if len(set(texts)) == len(texts):
        return frozenset()
    return frozenset(text for text, count in Counter(texts).items() if count > 1)


def _names(row: Row, memory: Memory) -> set[str]:
    """Return the keys that items of a row have or had."""
    return {name for key in row.source_keys for name in (key, memory.keys.get(key, key))}


def _others(row: Row, memory: Memory, index: Index, given: Container[str]) -> tuple[str, ...]:
    """Return the records in the CRM of those keys that items of a row have or had, and that no row has any more."""
    keys = {name for name in _names(row, memory) if name not in given}
    known = {memory.records[key].crm_id if key in memory.records else index.by_key.get(key, "") for key in keys}
    return tuple(sorted(crm_id for crm_id in known if crm_id in index.records.by_id))


def _crm_keys(rows: Sequence[Row], memory: Memory, index: Index) -> list[str]:
    """Return the crm_key of each row: the remembered one, whatever joined or left the cluster, else a new one."""
    if not memory.keys and not index.by_key:
        return [row.cluster_key for row in rows]
    claims = [(row, key) for row in rows if (key := _claimed(row, memory, index)) != row.cluster_key and key]
    wanted = {key for _, key in claims}
    claims += [(row, row.cluster_key) for row in rows if _claims_own(row, memory, index, wanted)]
    given = {row.position: crm_key for crm_key, row in _holders(claims).items()}
    return [given.get(row.position, row.cluster_key) for row in rows]


def _claimed(row: Row, memory: Memory, index: Index) -> str:
    """Return the key that a row claims by its items, "" for none."""
    if not row.others:
        found = memory.keys.get(row.cluster_key)
        return found or (row.cluster_key if row.cluster_key in index.by_key else "")
    named = [key for key in row.source_keys if key in memory.keys or key in index.by_key]
    known = {memory.keys[key] for key in named if key in memory.keys} or set(named)
    return min(known, key=lambda key: (key not in memory.records, key)) if known else ""


def _claims_own(row: Row, memory: Memory, index: Index, wanted: Container[str]) -> bool:
    """Tell whether a row claims the key that it gave, and so does another row, which is looked at first: few do."""
    return row.cluster_key in wanted and _claimed(row, memory, index) == row.cluster_key


def _holders(claims: list[tuple[Row, str]]) -> dict[str, Row]:
    """Return which row has each key that rows claim.

    Of the parts of a cluster that fell apart, the one with the item that gave the key keeps it. The others fall back on
    a key of their own; one that they gave before they take back from whoever was left with it.
    """
    held: dict[str, Row] = {}
    waiting = list(claims)
    while waiting:
        row, crm_key = waiting.pop()
        other = held.setdefault(crm_key, row)
        if other is not row:
            first, last = sorted((row, other), key=lambda one: (crm_key not in one.source_keys, one.cluster_key))
            held[crm_key] = first
            if last.cluster_key != crm_key:
                waiting.append((last, last.cluster_key))
    return held


def _by_nature(one: Found, index: Index, owner_ids: Owners, taken: Container[str]) -> Found:
    candidates = index.candidates(one.row, owner_ids[one.row.position])
    if not candidates:
        return one
    free = [record_id for record_id in candidates if record_id not in taken]
    if len(free) > 1:
        return one._replace(refusal=SEVERAL_RECORDS)
    if not free:
        return one
    return one._replace(crm_id=free[0], crm_key=index.key_of.get(free[0]) or one.crm_key)


def _contested(found: list[Found], taken: Container[str]) -> list[Found]:
    """Refuse rows that are the same record: by a natural key all of them, else all but the first."""
    several = _several([one.crm_id for one in found if one.crm_id])
    if not several:
        return found
    seen: set[str] = set()
    settled = []
    for one in found:
        if one.crm_id in several and one.crm_id not in taken:
            settled.append(one._replace(crm_id="", refusal=SEVERAL_ROWS))
        elif one.crm_id in seen:
            settled.append(one._replace(crm_id="", refusal=RECORD_TAKEN))
        else:
            settled.append(one)
        if one.crm_id:
            seen.add(one.crm_id)
    return settled
