"""Clusters whose drafts agree, merged whole columns at a time: what `dedup` and `merge` make of them, one by one.

Drafts agree when nothing but their address (or, without one, their name) brings them together, their surname is the
same, and so is what belongs together (a name, an address, notes), or only one of them has it. Then each field is the
first that there is, the draft that leads being first. All others are left over, and go through `dedup` and `merge`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas
from pipeline.clean.texts import utf16_length
from pipeline.targets import Kind, Target
from pipeline.transform import dedup, drafts, identity, merge, partition, plain
from pipeline.transform.draft import Home
from pipeline.transform.drafts import chunk, column
from pipeline.transform.index import Rows
from pipeline.transform.partition import Job
from pipeline.transform.plain import Mask
from pipeline.transform.survivorship import USUAL

_DESCRIPTION = "Description"
_NEVER = -62_135_596_800_000_000  # 0001-01-01 in microseconds: as `survivorship` ranks a draft that says no time
_ORDER = [("cluster", "ascending"), ("age", "ascending"), ("is_csv", "ascending"), ("source_key", "ascending")]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What became of drafts that agree.

    `drafts`: one a cluster, in the order of its leading draft, with the values of all; `source_keys`, `item_ids`: of
    each cluster, in order; `changes` and `decisions`: rows of those tables; `rest`: drafts that do not agree.
    """

    drafts: pa.Table
    source_keys: pa.ListArray
    item_ids: pa.ListArray
    changes: pa.Table
    decisions: pa.Table
    rest: pa.Table


def merged(job: Job, rows: pa.Table, lost: frozenset[str]) -> Agreed:
    """Merge the drafts of a bucket that agree; `lost`: accounts that were rejected."""
    cluster = _clusters(job, rows, lost)
    found = _Ranked.of(job, rows, cluster)
    is_good = found.agrees(job.target)
    good = found.where(is_good)
    left = [rows.filter(pa.array(cluster < 0)), found.rows.filter(pa.array(~is_good[found.cluster]))]
    return Agreed(
        drafts=good.survivors(job.target),
        source_keys=good.listed("source_key"),
        item_ids=good.listed("item_id"),
        changes=good.changes(job.target),
        decisions=good.decisions(job),
        rest=drafts.whole(left, rows.schema),
    )


def _clusters(job: Job, rows: pa.Table, lost: frozenset[str]) -> Rows:
    """Return the number of the cluster of each draft, -1 for one that may belong to several or to none."""
    strong, weak = (_codes(keys) for keys in partition.compared(rows))
    is_bare = strong < 0
    between = np.intersect1d(weak[is_bare], weak[~is_bare])
    is_odd = (weak < 0) | np.isin(weak, between) | _is_odd(job, rows, lost)
    found = np.where(is_bare, weak + strong.max(initial=0) + 1, strong)
    odd_ones = np.unique(found[is_odd])
    alone = _alone(found)
    found[np.isin(found, odd_ones) | np.isin(found, alone)] = -1
    return found if job.survivorship == USUAL else np.full(len(found), -1)


def _is_odd(job: Job, rows: pa.Table, lost: frozenset[str]) -> Mask:
    """Return the drafts that need a rule of their own."""
    decided = pa.array(sorted({key for one in job.overrides for key in (one.left, one.right)}), pa.string())
    odd = pc.or_(chunk(rows, "needs_merge"), pc.invert(chunk(rows, "is_surname")))
    odd = pc.or_(odd, pc.is_in(chunk(rows, "source_key"), value_set=decided))
    odd = pc.or_(odd, pc.is_in(chunk(rows, "company_key"), value_set=pa.array(sorted(lost), pa.string())))
    return plain.filled(odd, otherwise=False)


def _codes(values: pa.Array) -> Rows:
    """Return a number per different value, -1 for null."""
    found: Rows = pc.fill_null(pc.dictionary_encode(values).indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _alone(numbers: Rows) -> Rows:
    values, counts = np.unique(numbers, return_counts=True)
    found: Rows = values[counts == 1]
    return found


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Drafts by cluster and, within, the one that leads first; `cluster` counts from 0, `starts`: where each begins."""

    homes: Sequence[Home]  # of each file, by the code in `files`
    files: Rows
    rows: pa.Table
    cluster: Rows
    starts: Rows

    @staticmethod
    def of(job: Job, rows: pa.Table, cluster: Rows) -> "_Ranked":
        """Order the drafts that have a cluster."""
        kept = rows.filter(pa.array(cluster >= 0)).combine_chunks()
        files = pc.dictionary_encode(chunk(kept, "file_sha256"))
        homes = [job.homes[sha] for sha in files.dictionary.to_pylist()]
        codes = files.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        is_csv = np.array([not home.is_store for home in homes], np.bool_)
        keys = {
            "cluster": pa.array(cluster[cluster >= 0]),
            "age": pc.negate(pc.fill_null(chunk(kept, "modified_at").cast(pa.int64()), _NEVER)),
            "is_csv": pa.array(is_csv[codes].astype(np.int8)),
            "source_key": chunk(kept, "source_key"),
        }
        order = pc.sort_indices(pa.table(keys), sort_keys=_ORDER)
        numbers = cluster[cluster >= 0][order.to_numpy()]
        return _Ranked(homes, codes[order.to_numpy()], kept.take(order).combine_chunks(), *_numbered(numbers))

    def where(self, is_kept: Mask) -> "_Ranked":
        """Return only some of the clusters."""
        mask = is_kept[self.cluster]
        rows = self.rows.filter(pa.array(mask)).combine_chunks()
        return _Ranked(self.homes, self.files[mask], rows, *_numbered(self.cluster[mask]))

    def get(self, name: str) -> pa.Array:
        """Return a column."""
        return chunk(self.rows, name)

    def agrees(self, target: Target) -> Mask:
        """Return which clusters agree."""
        odd = np.zeros(len(self.cluster), np.bool_)
        for group in merge.groups(target):
            odd |= self._contradicts([column(name) for name in group], is_text=target.field(group[0]).kind in _TEXTS)
        for alone in ("company_key", "asides", column(_DESCRIPTION)):
            odd |= self._is_second(alone)
        odd |= self._differs(plain.folded(self.get(column("Last_Name"))))
        good = np.ones(len(self.starts), np.bool_)
        good[self.cluster[odd]] = False
        return good & self._has_room(target)

    def _contradicts(self, group: Sequence[str], *, is_text: bool) -> Mask:
        """Return the drafts of which a group of fields is neither that of the leading one nor empty.

        A single field of text may differ: the first that there is stands.
        """
        there = [name for name in group if name in self.rows.schema.names]
        if len(there) == 1 and is_text:
            return np.zeros(len(self.cluster), np.bool_)
        is_other = [self._differs(self.get(name)) for name in there]
        has = [plain.has(self.get(name)) for name in there]
        found: Mask = np.logical_or.reduce(is_other) & np.logical_or.reduce(has)
        return found

    def _differs(self, values: pa.Array) -> Mask:
        """Return which drafts have another value than the leading one, null being one."""
        if values.null_count == len(values):
            return np.zeros(len(values), np.bool_)
        lead = values.take(pa.array(self.starts[self.cluster]))
        is_same = plain.filled(pc.equal(values, lead), otherwise=False) | (~plain.has(values) & ~plain.has(lead))
        return ~is_same

    def _is_second(self, name: str) -> Mask:
        """Return which drafts have another value than the first that there is in their cluster."""
        if name not in self.rows.schema.names:
            return np.zeros(len(self.cluster), np.bool_)
        values = self.get(name)
        return plain.filled(pc.not_equal(values, values.take(self._first(values, each=True))), otherwise=False)

    def _first(self, values: pa.Array, *, each: bool = False) -> pa.Array:
        """Return where each cluster (each draft) finds the first value of its cluster, null where there is none."""
        at = np.flatnonzero(plain.has(values))
        clusters, first = np.unique(self.cluster[at], return_index=True)
        found = np.full(len(self.starts), -1)
        found[clusters] = at[first]
        wanted = found[self.cluster] if each else found
        return pa.array(np.maximum(wanted, 0), mask=wanted < 0)

    def _has_room(self, target: Target) -> Mask:
        """Return the clusters whose notes and asides fit into their field together."""
        length = next((one.length for one in target.fields if one.api_name == _DESCRIPTION), None)
        if length is None:
            return np.ones(len(self.starts), np.bool_)
        texts = [self.get(column(_DESCRIPTION)), self.get("asides")]
        notes, asides = (pc.fill_null(utf16_length(text.take(self._first(text))), 0) for text in texts)
        return plain.filled(pc.less_equal(pc.add(pc.add(notes, asides), 2), length), otherwise=True)

    def survivors(self, target: Target) -> pa.Table:
        """Return a draft per cluster: where the leading one is from, and of each value the first there is."""
        lead = self.rows.take(pa.array(self.starts))
        values = {"asides", "company_key", *(column(one.api_name) for one in target.fields)}
        arrays = [
            self.get(name).take(self._first(self.get(name))) if name in values else chunk(lead, name)
            for name in self.rows.schema.names
        ]
        return pa.Table.from_arrays(arrays, schema=self.rows.schema)

    def listed(self, name: str) -> pa.ListArray:
        """Return the values of each cluster, in order."""
        keys = pa.table({"cluster": pa.array(self.cluster), name: self.get(name)})
        order = pc.sort_indices(keys, sort_keys=[("cluster", "ascending"), (name, "ascending")])
        ends = np.append(self.starts, len(self.cluster)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), self.get(name).take(order))

    def changes(self, target: Target) -> pa.Table:
        """Return rows of schemas.CHANGES: values that gave way to another."""
        found = [schemas.CHANGES.empty_table()]
        for name, *others in merge.groups(target):
            if not others and target.field(name).kind in _TEXTS:
                found.append(self._lost(target, name))
        return pa.concat_tables(found)

    def _lost(self, target: Target, api_name: str) -> pa.Table:
        values = self.get(column(api_name))
        rows = np.flatnonzero(self._is_second(column(api_name)))
        at = pa.array(rows)
        old, new = values.take(at), values.take(self._first(values, each=True).take(at))
        is_spelling = pc.equal(plain.folded(old), plain.folded(new))
        fixed = {"table": target.table, "field": api_name}
        own = {
            "rule": pc.if_else(is_spelling, merge.SPELLING, merge.LOST),
            **{name: pa.array([text] * len(at), pa.string()) for name, text in fixed.items()},
            **{name: self.get(name).take(at) for name in ("item_id", "source_key")},
            "old": old,
            "new": new,
        }
        return pa.Table.from_arrays([own[name] for name in schemas.CHANGES.names], schema=schemas.CHANGES)

    def decisions(self, job: Job) -> pa.Table:
        """Return rows of schemas.DECISIONS: who is the same by which rule, and whose the record is."""
        strong, weak = partition.compared(self.rows)
        first = self._smallest()
        others = np.ones(len(self.cluster), np.bool_)
        others[first] = False
        rows = np.flatnonzero(others)
        rules = identity.CONTACT_RULES
        is_weak = ~plain.has(strong)[rows]
        names = identity.shown(weak.take(pa.array(rows[is_weak])))
        evidence = pc.replace_with_mask(strong.take(pa.array(rows)), pa.array(is_weak), names)
        rule = pc.if_else(pa.array(is_weak), rules.weak, rules.strong)
        same = self._decided(job, first[self.cluster[rows]], rows, rule, evidence)
        return pa.concat_tables([same, self._owners(job, first)])

    def _smallest(self) -> Rows:
        """Return which draft of each cluster has the smallest source_key: the key of the record."""
        keys = pa.table({"cluster": pa.array(self.cluster), "source_key": self.get("source_key")})
        order = pc.sort_indices(keys, sort_keys=[("cluster", "ascending"), ("source_key", "ascending")]).to_numpy()
        found: Rows = order[self.starts].astype(np.int64)
        return found

    def _owners(self, job: Job, first: Rows) -> pa.Table:
        """Return whose record it became, where several mailboxes had a say."""
        mailboxes = np.unique([home.mailbox for home in self.homes], return_inverse=True)[1]
        own = mailboxes[self.files] if len(self.files) else self.files
        several = np.unique(self.cluster[own != own[self.starts[self.cluster]]]) if len(own) else self.starts[:0]
        lead = self.starts[several]
        names = [home.owner or home.mailbox for home in self.homes]
        evidence = pa.array([names[code] for code in self.files[lead].tolist()], pa.string())
        rule = pa.array([merge.OWNER] * len(lead), pa.string())
        return self._decided(job, first[several], lead, rule, evidence)

    def _decided(self, job: Job, left: Rows, right: Rows, rule: pa.Array, evidence: pa.Array) -> pa.Table:
        ends = {"left": pa.array(left), "right": pa.array(right)}
        fixed = {"table": job.target.table, "verdict": dedup.SAME}
        own = {
            **{name: pa.array([text] * len(left), pa.string()) for name, text in fixed.items()},
            **{f"{end}_item_id": self.get("item_id").take(at) for end, at in ends.items()},
            **{f"{end}_key": self.get("source_key").take(at) for end, at in ends.items()},
            "cluster_key": self.get("source_key").take(ends["left"]),
            "rule": rule,
            "evidence": evidence,
        }
        return pa.Table.from_arrays([own[name] for name in schemas.DECISIONS.names], schema=schemas.DECISIONS)


_TEXTS = {Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.PICKLIST}


def _numbered(cluster: Rows) -> tuple[Rows, Rows]:
    """Return numbers from 0 for clusters that stand together, and where each begins."""
    if not len(cluster):
        return cluster, cluster
    is_first: npt.NDArray[np.bool_] = np.concatenate(([True], cluster[1:] != cluster[:-1]))
    return np.cumsum(is_first) - 1, np.flatnonzero(is_first)
