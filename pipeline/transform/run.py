"""The stage: extracted tables in, ready tables out, every row accounted for. Offline and pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from pipeline import schemas, store, validate
from pipeline.config import Config
from pipeline.outcome import Account, Report
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TARGETS, TASKS, Target, chosen
from pipeline.transform import columns, contacts, events, exclude, homes, identity, keys, link, tables, tasks
from pipeline.transform.dedup import Cluster, Deduplicated, deduplicate
from pipeline.transform.draft import Decision, Draft, FieldChange, Home, Origin, Ready, Row
from pipeline.transform.identity import Identity, Rules
from pipeline.transform.merge import Merged, merge

_Change = tuple[Origin, FieldChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What became of one ready table: the records to write, and every row of the other tables."""

    target: Target
    table: pa.Table
    account: Account
    rows: Mapping[str, Sequence[dict[str, object]]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    config: Config
    homes: Mapping[str, Home]
    targets: Mapping[str, Target]
    suites: Mapping[str, validate.Suite]
    own_domains: frozenset[str]
    aliases: Mapping[str, str]


def run(config: Config) -> Report:
    """Make ready/ out of extracted/, with rejects, decisions, changes and exclusions.

    Raises:
        StageError: extract did not run, or its tables are damaged.
        SettingsError: a suite of the project is not one.
        InputError: too many rows are rejected, or a rule that stops the run is broken.
    """
    manifest = store.Manifest.of(config.extracted)
    store.checked(config.extracted, manifest)
    extracted = {name: _read(config, manifest, name, schema) for name, schema in _INPUT.items()}
    context = _context(config, extracted)
    outputs = _outputs(context, extracted)
    messages = manifest.rows("messages")
    unmapped = {
        target.table: columns.unmapped(target, extracted[target.source])
        for target in context.targets.values()
        if target is not context.targets[ACCOUNTS.table]
    }
    with store.building(config.transformed) as stage:
        _write(stage, outputs)
        stage.finish(
            "transform",
            inputs={"extract": manifest.key},
            settings=_digest(config, context.suites),
            facts=_facts(config, context.homes, unmapped),
        )
    others = (_unloaded("messages", messages, exclude.MAIL), _unloaded("lists", manifest.rows("lists"), exclude.LISTS))
    notes = (*(note for output in outputs for note in output.notes), *_unmapped_note(unmapped))
    return Report(stage="transform", accounts=(*(output.account for output in outputs), *others), notes=notes)


def _unloaded(table: str, rows: int, rule: str) -> Account:
    """Return the account of a table of which nothing is loaded."""
    return Account(table=table, seen=rows, written=0, excluded={rule: rows})


_INPUT: dict[str, pa.Schema] = {
    "files": schemas.FILES,
    "contacts": schemas.CONTACTS,
    "tasks": schemas.TASKS,
    "events": schemas.EVENTS,
}


def _read(config: Config, manifest: store.Manifest, name: str, schema: pa.Schema) -> pa.Table:
    return store.read_all(config.extracted, manifest, name, schema)


def _context(config: Config, extracted: Mapping[str, pa.Table]) -> _Context:
    targets = {target.table: target for target in chosen(config, TARGETS)}
    return _Context(
        config=config,
        targets=targets,
        homes=homes.homes(config, extracted["files"], extracted["events"].select(["file_sha256", "time_zone"])),
        suites=validate.fitted(validate.suites(config.project), targets),
        own_domains=homes.own_domains(config, homes.public_mail_domains()),
        aliases=homes.aliases(config),
    )


def _outputs(context: _Context, extracted: Mapping[str, pa.Table]) -> tuple[Output, ...]:
    people = _drafts(
        context,
        CONTACTS,
        extracted,
        lambda row, at, target: contacts.draft(row, at, context.own_domains, target),
    )
    companies, accounts = _accounts(context, people)
    return (
        companies,
        _contacts(context, people, accounts),
        _plain(context, TASKS, _drafts(context, TASKS, extracted, tasks.draft), identity.tasks, identity.TASK_RULES),
        _plain(
            context,
            EVENTS,
            _drafts(
                context,
                EVENTS,
                extracted,
                lambda row, at, target: events.draft(row, at, context.aliases, target),
            ),
            identity.events,
            identity.EVENT_RULES,
        ),
    )


def _drafts(
    context: _Context,
    shipped: Target,
    extracted: Mapping[str, pa.Table],
    draft: Callable[[Row, Origin, Target], Draft],
) -> list[Draft]:
    target = context.targets[shipped.table]
    rows: list[Row] = extracted[target.source].select([*columns.ORIGIN, *columns.used(target)]).to_pylist()
    origins = keys.origins(target.source, rows, context.homes)
    return [draft(row, origin, target) for row, origin in zip(rows, origins, strict=True)]


def _accounts(context: _Context, people: Sequence[Draft]) -> tuple[Output, frozenset[str]]:
    """Return the accounts, and the keys of those that may be linked to."""
    kept = [draft for draft in people if draft.exclusion is None]
    found = link.companies(kept)
    cluster_keys = {draft.origin.source_key: keys.company_key(draft.company or "") for draft in kept}
    output = _validated(
        context,
        context.targets[ACCOUNTS.table],
        found.accounts,
        seen=found.spellings,
        decisions=tables.decisions("accounts", found.decisions, cluster_keys),
        changes=link.spelling_changes(kept, found.accounts),
    )
    return output, frozenset(output.table.column("cluster_key").to_pylist())


def _contacts(context: _Context, people: Sequence[Draft], accounts: frozenset[str]) -> Output:
    kept = [draft for draft in people if draft.exclusion is None]
    found = deduplicate(kept, identity.contacts(kept), identity.CONTACT_RULES)
    target = context.targets[CONTACTS.table]
    merged = [merge(cluster, target) for cluster in found.clusters]
    looked_up = [link.lookups(cluster) for cluster in found.clusters]
    named = [_with_account(one.ready, key) for one, (key, _) in zip(merged, looked_up, strict=True)]
    linked, dropped = link.linked(named, accounts)
    changes = [*(change for _, lost in looked_up for change in lost), *dropped]
    return _output(context, target, people, found, merged, linked, changes)


def _with_account(ready: Ready, account: str | None) -> Ready:
    return ready if account is None else replace(ready, values={**ready.values, link.LOOKUP: account})


def _plain(
    context: _Context,
    shipped: Target,
    drafts: Sequence[Draft],
    identities: Callable[[Sequence[Draft]], list[Identity]],
    rules: Rules,
) -> Output:
    kept = [draft for draft in drafts if draft.exclusion is None]
    found = deduplicate(kept, identities(kept), rules)
    target = context.targets[shipped.table]
    merged = [merge(cluster, target) for cluster in found.clusters]
    return _output(context, target, drafts, found, merged, [one.ready for one in merged], [])


def _output(  # noqa: PLR0913, PLR0917 - the steps of one table, brought together
    context: _Context,
    target: Target,
    drafts: Sequence[Draft],
    found: Deduplicated,
    merged: Sequence[Merged],
    ready: Sequence[Ready],
    changes: Iterable[_Change],
) -> Output:
    decided: list[Decision] = [*found.decisions, *(decision for one in merged for decision in one.decisions)]
    return _validated(
        context,
        target,
        ready,
        seen=len(drafts),
        decisions=tables.decisions(target.table, decided, _cluster_keys(found.clusters)),
        changes=[*_own_changes(drafts), *(change for one in merged for change in one.changes), *changes],
        excluded=[draft for draft in drafts if draft.exclusion is not None],
    )


def _own_changes(drafts: Iterable[Draft]) -> list[_Change]:
    return [(draft.origin, change) for draft in drafts if draft.exclusion is None for change in draft.changes]


def _cluster_keys(clusters: Iterable[Cluster]) -> dict[str, str]:
    return {draft.origin.source_key: cluster[0].origin.source_key for cluster in clusters for draft in cluster}


def _validated(  # noqa: PLR0913 - what a table consists of
    context: _Context,
    target: Target,
    ready: Sequence[Ready],
    *,
    seen: int,
    decisions: Sequence[dict[str, object]],
    changes: Iterable[_Change],
    excluded: Sequence[Draft] = (),
) -> Output:
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
        written=written.num_rows,
        merged=seen - len(excluded) - len(ready),
        excluded=dict(sorted(Counter(d.exclusion.rule for d in excluded if d.exclusion is not None).items())),
        rejected=len(rejected),
    )
    rows = {
        "rejects": tables.rejects(target.table, verdict.failures, ready),
        "decisions": decisions,
        "changes": tables.changes(target.table, changes),
        "exclusions": tables.exclusions(target.table, excluded),
    }
    return Output(target=target, table=written, account=account, rows=rows, notes=verdict.warnings)


_SIDE_TABLES: dict[str, pa.Schema] = {
    "rejects": schemas.REJECTS,
    "decisions": schemas.DECISIONS,
    "changes": schemas.CHANGES,
    "exclusions": schemas.EXCLUSIONS,
}


def _write(stage: store.Stage, outputs: Iterable[Output]) -> None:
    done = tuple(outputs)
    for output in done:
        store.write(output.table, stage.path(f"ready/{output.target.table}"), output.target.schema())
    for name, schema in _SIDE_TABLES.items():
        rows = [row for output in done for row in output.rows[name]]
        store.write(tables.sorted_table(rows, schema), stage.path(name), schema)


def _facts(config: Config, homes: Mapping[str, Home], unmapped: Mapping[str, object]) -> dict[str, object]:
    return {
        "is_sample": config.is_sample,
        "mailboxes": [{"name": mailbox.name, "owner": mailbox.owner} for mailbox in config.mailbox],
        "files_without_mailbox": sum(1 for home in homes.values() if not home.mailbox),
        "unmapped": unmapped,
    }


def _digest(config: Config, suites: Mapping[str, validate.Suite]) -> str:
    shaping = {
        "outlook": config.outlook.model_dump(mode="json"),
        "mailbox": [mailbox.model_dump(mode="json") for mailbox in config.mailbox],
        "mapping": [mapping.model_dump(mode="json") for mapping in config.mapping],
        "validation": config.validation.model_dump(mode="json"),
        "suites": {name: suite.digest for name, suite in suites.items()},
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _unmapped_note(unmapped: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Say which columns hold values that nothing in the CRM takes yet."""
    found = [f"{table}.{column} {count}" for table, counts in unmapped.items() for column, count in counts.items()]
    return (f"values without a field in the CRM yet: {', '.join(found)}",) if found else ()
