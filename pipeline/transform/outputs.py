"""Drafts of one table → what became of it: de-duplicated, merged, validated, and each row accounted for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline import validate
from pipeline.outcome import Account
from pipeline.targets import Target
from pipeline.transform import tables
from pipeline.transform.context import Context
from pipeline.transform.dedup import Cluster, Deduplicated, deduplicate
from pipeline.transform.draft import Decision, Draft, FieldChange, Origin, Ready
from pipeline.transform.identity import Identity, Rules
from pipeline.transform.merge import Merged, merge

Change = tuple[Origin, FieldChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What became of one ready table: the records to write, and every row of the other tables."""

    target: Target
    table: pa.Table
    account: Account
    rows: Mapping[str, Sequence[dict[str, object]]]
    notes: tuple[str, ...] = ()


def of_drafts(  # noqa: PLR0913 - what a table is made of
    context: Context,
    shipped: Target,
    drafts: Sequence[Draft],
    identities: Callable[[Sequence[Draft]], list[Identity]],
    rules: Rules,
    *,
    made: int = 0,
    mended: Sequence[Change] = (),
) -> Output:
    """De-duplicate, merge and validate the drafts of a table.

    `made`: how many of them stand for no row of their own (occurrences of a series); `mended`: what people changed.
    """
    kept = [draft for draft in drafts if draft.exclusion is None]
    found = deduplicate(kept, identities(kept), rules, context.overrides)
    target = context.targets[shipped.table]
    merged = [merge(cluster, target, context.survivorship) for cluster in found.clusters]
    return _output(context, target, drafts, found, merged, [one.ready for one in merged], mended, made)


def _output(  # noqa: PLR0913, PLR0917 - the steps of one table, brought together
    context: Context,
    target: Target,
    drafts: Sequence[Draft],
    found: Deduplicated,
    merged: Sequence[Merged],
    ready: Sequence[Ready],
    changes: Iterable[Change],
    made: int,
) -> Output:
    decided: list[Decision] = [*found.decisions, *(decision for one in merged for decision in one.decisions)]
    return of_ready(
        context,
        target,
        ready,
        seen=len(drafts) - made,
        made=made,
        decisions=tables.decisions(target.table, decided, _cluster_keys(found.clusters)),
        changes=[*_own_changes(drafts), *(change for one in merged for change in one.changes), *changes],
        excluded=[draft for draft in drafts if draft.exclusion is not None],
    )


def _own_changes(drafts: Iterable[Draft]) -> list[Change]:
    return [(draft.origin, change) for draft in drafts if draft.exclusion is None for change in draft.changes]


def _cluster_keys(clusters: Iterable[Cluster]) -> dict[str, str]:
    return {draft.origin.source_key: cluster[0].origin.source_key for cluster in clusters for draft in cluster}


def of_ready(  # noqa: PLR0913 - what a table consists of
    context: Context,
    target: Target,
    ready: Sequence[Ready],
    *,
    seen: int,
    made: int = 0,
    decisions: Sequence[dict[str, object]],
    changes: Iterable[Change],
    excluded: Sequence[Draft] = (),
) -> Output:
    """Validate ready rows, and account for all that they were made of."""
    table = tables.ready(ready, target)
    share = context.config.validation.max_reject_share
    verdict = validate.check(table, context.suites[target.table], max_reject_share=share)
    rejected = {failure.cluster_key for failure in verdict.failures}
    written = table.filter(
        pa.array([key not in rejected for key in table.column("cluster_key").to_pylist()], pa.bool_())
    )
    account = Account(
        table=target.table,
        seen=seen,
        made=made,
        written=written.num_rows,
        merged=seen + made - len(excluded) - len(ready),
        excluded=dict(sorted(Counter(d.exclusion.rule for d in excluded if d.exclusion is not None).items())),
        rejected=len(rejected),
    )
    rows = {
        "rejects": tables.rejects(target.table, verdict.failures, {one.cluster_key: one.lead for one in ready}),
        "decisions": decisions,
        "changes": tables.changes(target.table, changes),
        "exclusions": tables.exclusions(target.table, excluded),
    }
    return Output(target=target, table=written, account=account, rows=rows, notes=verdict.warnings)
