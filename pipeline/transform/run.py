"""The stage: extracted tables in, ready tables out, every row accounted for. Offline and pure."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import engine, schemas, store, validate
from pipeline.clean.text import fold
from pipeline.config import Config
from pipeline.engine import Told, tell_nobody
from pipeline.outcome import Account, Report
from pipeline.targets import CASES, CONTACTS, EMAILS, EVENTS, LEADS, ON_REQUEST, TARGETS, TASKS, Target, chosen
from pipeline.transform import (
    columns,
    events,
    exclude,
    homes,
    identity,
    keys,
    leads,
    limits,
    mail,
    mail_choice,
    mail_list,
    mail_picks,
    overrides,
    people,
    repairs,
    series,
    tables,
    tasks,
)
from pipeline.transform.dedup import Cluster, Deduplicated, deduplicate
from pipeline.transform.draft import Decision, Draft, FieldChange, Home, Origin, Ready, Row
from pipeline.transform.identity import Identity, Rules
from pipeline.transform.merge import Merged, merge
from pipeline.transform.occurrences import Window
from pipeline.transform.partition import Job
from pipeline.transform.people import People
from pipeline.transform.survivorship import Survivorship

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
    windows: Mapping[str, Window]
    overrides: tuple[overrides.Override, ...]
    repairs: repairs.Repairs
    survivorship: Survivorship
    mail: mail_list.MailList
    told: Told


_STEPS = {
    "partition.places": "finding contacts",
    "partition.mapped": "cleaning contacts",
    "bucket.move": "gathering contacts",
    "companies.close": "merging accounts",
    "bucket.close": "merging contacts",
    "managers._wanted": "linking managers",
    "suggest.hinted": "looking for likely duplicates",
}


def run(config: Config, told: Told = tell_nobody) -> Report:
    """Make ready/ out of extracted/, with rejects, decisions, changes and exclusions; `told`: how far it is.

    Raises:
        StageError: extract did not run, or its tables are damaged.
        SettingsError: a suite of the project is not one.
        InputError: too many rows are rejected, or a rule that stops the run is broken.
    """
    manifest = store.Manifest.of(config.extracted)
    store.checked(config.extracted, manifest)
    extracted = {name: _read(config, manifest, name, schema) for name, schema in _INPUT.items()}
    context = _context(config, extracted, told)
    with store.building(config.transformed) as stage:
        done = _people(context, config, manifest, stage)
        mails = _mail(context, config, manifest, stage)
        outputs = (
            _leads(context, config, manifest, stage, mails),
            *_outputs(context, extracted),
            _cases(context, mails),
        )
        _write(stage, outputs, mails.rows, first_part=done.parts)
        made = (*done.accounts, *(output.account for output in outputs if _is_shown(output)))
        limits.check_shares(stage.building, (*made, mails.emails), config.validation.max_reject_shares)
        mended = limits.repair_notes(stage.building, context.repairs)
        unmapped = {CONTACTS.table: done.unmapped, **_unmapped(context, extracted)}
        stage.finish(
            "transform",
            inputs={"extract": manifest.key},
            settings=_digest(config, context),
            facts=_facts(config, context.homes, unmapped),
        )
    mail_accounts = (*((mails.emails,) if mails.emails.seen else ()), mails.messages)
    others = (*mail_accounts, _unloaded("lists", manifest.rows("lists"), exclude.LISTS))
    notes = (*done.notes, *(note for output in outputs for note in output.notes), *mails.notes)
    notes = (*notes, *mended, *_unmapped_note(unmapped))
    return Report(stage="transform", accounts=(*made, *others), notes=notes)


def _is_shown(output: Output) -> bool:
    """Tell whether a table has anything to say: leads and cases only where something was to become one."""
    return bool(output.account.seen) or output.target.table not in ON_REQUEST


def _unloaded(table: str, rows: int, rule: str) -> Account:
    """Return the account of a table of which nothing is loaded."""
    return Account(table=table, seen=rows, written=0, excluded={rule: rows})


def _unmapped(context: _Context, extracted: Mapping[str, pa.Table]) -> dict[str, Mapping[str, int]]:
    targets = [context.targets[one.table] for one in (TASKS, EVENTS)]
    return {target.table: columns.unmapped(target, extracted[target.source]) for target in targets}


_INPUT: dict[str, pa.Schema] = {
    "files": schemas.FILES,
    "tasks": schemas.TASKS,
    "events": schemas.EVENTS,
}


def _read(config: Config, manifest: store.Manifest, name: str, schema: pa.Schema) -> pa.Table:
    return store.read_all(config.extracted, manifest, name, schema)


def _context(config: Config, extracted: Mapping[str, pa.Table], told: Told) -> _Context:
    targets = {target.table: target for target in (*chosen(config, TARGETS), EMAILS)}
    known = homes.homes(config, extracted["files"], extracted["events"].select(["file_sha256", "time_zone"]))
    return _Context(
        config=config,
        targets=targets,
        homes=known,
        windows=series.windows(config, known, _changed_at(extracted)),
        suites=validate.fitted(validate.suites(config.project), targets),
        own_domains=homes.own_domains(config, homes.public_mail_domains()),
        aliases=homes.aliases(config),
        overrides=overrides.read(config.project),
        repairs=repairs.read(config.project),
        survivorship=Survivorship.read(config.survivorship, targets.values()),
        mail=mail_list.read(config.project),
        told=told,
    )


def _changed_at(extracted: Mapping[str, pa.Table]) -> list[datetime]:
    """Return the last change of tasks and events; where no item says when it was changed, the last start."""
    changed = [pc.max(extracted[name].column("modified_at")).as_py() for name in ("events", "tasks")]
    found = [moment for moment in changed if moment is not None]
    started = pc.max(extracted["events"].column("start_at")).as_py()
    return found or ([started] if started is not None else [])


def _people(context: _Context, config: Config, manifest: store.Manifest, stage: store.Stage) -> People:
    """Make accounts and contacts, on worker processes where there is more than one partition."""
    parts = people.parts_of(store.parts(config.extracted, manifest, CONTACTS.source))
    buckets = max(1, -(-manifest.rows(CONTACTS.source) // people.ROWS_OF_BUCKET))
    with tempfile.TemporaryDirectory(dir=stage.building, prefix=".scratch") as scratch:
        job = Job(
            target=context.targets[CONTACTS.table],
            homes=context.homes,
            own_domains=context.own_domains,
            scratch=Path(scratch),
            buckets=buckets,
            overrides=context.overrides,
            repairs=context.repairs,
            survivorship=context.survivorship,
            legal_forms=config.accounts.legal_forms,
            leads=config.leads if leads.is_wanted(config.leads) else None,
        )
        units = max(len(parts), buckets)
        is_apart = min(engine.processes(config.engine.processes), units) > 1
        with (
            engine.mapper(config.engine.processes, units=units, address=config.engine.cluster) as mapper,
            validate.judging(is_apart=is_apart) as judge,
        ):
            setting = people.Setting(
                targets=context.targets,
                suites=context.suites,
                place=stage.building,
                share=config.validation.max_reject_share,
                judge=judge,
                suggests=config.duplicates.suggest,
                links=config.contacts.link_managers,
            )
            telling = engine.telling(mapper, context.told, _STEPS, manifest.rows(CONTACTS.source))
            return people.run(job, setting, parts, telling)


def _mail(context: _Context, config: Config, manifest: store.Manifest, stage: store.Stage) -> mail.Output:
    """Make e-mails, which are written, and cases of the messages that the settings choose."""
    setting = mail_picks.Setting(
        rules=mail_choice.Rules(mail=config.mail, cases=config.cases, listed=context.mail),
        homes=context.homes,
        own=frozenset(context.aliases),
        own_domains=context.own_domains,
    )
    making = mail.Making(
        suite=context.suites[EMAILS.table],
        cases=context.targets[CASES.table],
        per_conversation=config.cases.per == "conversation",
        makes_leads=config.mail.without_contact == "lead",
        place=stage.building,
        share=config.validation.max_reject_share,
        has_files=config.mail.attachments,
        told=context.told,
        repairs=context.repairs,
    )
    return mail.run(store.parts(config.extracted, manifest, "messages"), manifest.rows("messages"), setting, making)


def _leads(
    context: _Context, config: Config, manifest: store.Manifest, stage: store.Stage, mails: mail.Output
) -> Output:
    """Make leads of the contacts that rules want as leads, and of people of mail whom nobody knows."""
    target = context.targets[LEADS.table]
    setting = leads.Setting(rules=config.leads, own_domains=context.own_domains, public=homes.public_mail_domains())
    found = leads.rows(store.parts(config.extracted, manifest, CONTACTS.source), config.leads, target)
    items, mended = context.repairs.items(CONTACTS.source, leads.items(found, context.homes))
    drafts = [leads.draft(row, origin, setting, target) for row, origin in items]
    drafts += leads.of_mail(
        mails.strangers, _known(context, stage) if mails.strangers else frozenset(), setting, target
    )
    return _plain(context, LEADS, drafts, identity.contacts, identity.CONTACT_RULES, mended=mended)


def _known(context: _Context, stage: store.Stage) -> frozenset[str]:
    """Return the folded addresses of the ready contacts."""
    schema, names = context.targets[CONTACTS.table].schema(), ("Email", "Secondary_Email")
    columns_of = [name for name in names if name in schema.names]
    directory = stage.path(f"ready/{CONTACTS.table}").parent
    parts = [store.read(path, schema, columns_of) for path in sorted(directory.glob("*.parquet"))]
    return frozenset(
        fold(address) for part in parts for name in columns_of for address in part.column(name).to_pylist() if address
    )


def _cases(context: _Context, mails: mail.Output) -> Output:
    return _validated(
        context,
        context.targets[CASES.table],
        mails.cases,
        seen=mails.case_messages,
        decisions=mails.case_decisions,
        changes=mails.case_changes,
    )


def _outputs(context: _Context, extracted: Mapping[str, pa.Table]) -> tuple[Output, ...]:
    return (
        _tasks(context, extracted),
        _events(context, extracted),
    )


def _tasks(context: _Context, extracted: Mapping[str, pa.Table]) -> Output:
    target = context.targets[TASKS.table]
    items, mended = _items(context, target, extracted)
    drafts = [tasks.draft(row, origin, target) for row, origin in engine.counted(items, context.told, "cleaning tasks")]
    return _plain(context, TASKS, drafts, identity.tasks, identity.TASK_RULES, mended=mended)


def _events(context: _Context, extracted: Mapping[str, pa.Table]) -> Output:
    """Make events: every series expanded, then mapped and de-duplicated like the rest."""
    target = context.targets[EVENTS.table]
    items, mended = _items(context, target, extracted)
    found = series.singles(
        items,
        context.windows,
        lambda row, at: exclude.event(row, at.home, is_empty=False) is not None,
        events.is_organizers,
    )
    drafts = [
        events.draft(one.row, one.origin, context.aliases, target, notes=one.notes, exclusion=one.exclusion)
        for one in engine.counted(found, context.told, "cleaning events")
    ]
    output = _plain(
        context, EVENTS, drafts, identity.events, identity.EVENT_RULES, made=len(found) - len(items), mended=mended
    )
    return replace(output, notes=(*output.notes, *series.notes(found, context.windows)))


def _items(
    context: _Context, target: Target, extracted: Mapping[str, pa.Table]
) -> tuple[list[tuple[Row, Origin]], list[_Change]]:
    """Return the rows of a target's table with their origins, as people mended them, and what they changed."""
    rows: list[Row] = extracted[target.source].select([*columns.ORIGIN, *columns.used(target)]).to_pylist()
    pairs = list(zip(rows, keys.origins(target.source, rows, context.homes), strict=True))
    return context.repairs.items(target.source, engine.counted(pairs, context.told, f"reading {target.table}"))


def _plain(  # noqa: PLR0913 - what a table is made of
    context: _Context,
    shipped: Target,
    drafts: Sequence[Draft],
    identities: Callable[[Sequence[Draft]], list[Identity]],
    rules: Rules,
    *,
    made: int = 0,
    mended: Sequence[_Change] = (),
) -> Output:
    kept = [draft for draft in drafts if draft.exclusion is None]
    found = deduplicate(kept, identities(kept), rules, context.overrides)
    target = context.targets[shipped.table]
    merged = [merge(cluster, target, context.survivorship) for cluster in found.clusters]
    return _output(context, target, drafts, found, merged, [one.ready for one in merged], mended, made)


def _output(  # noqa: PLR0913, PLR0917 - the steps of one table, brought together
    context: _Context,
    target: Target,
    drafts: Sequence[Draft],
    found: Deduplicated,
    merged: Sequence[Merged],
    ready: Sequence[Ready],
    changes: Iterable[_Change],
    made: int,
) -> Output:
    decided: list[Decision] = [*found.decisions, *(decision for one in merged for decision in one.decisions)]
    return _validated(
        context,
        target,
        ready,
        seen=len(drafts) - made,
        made=made,
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
    made: int = 0,
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


_SIDE_TABLES: dict[str, pa.Schema] = {
    "rejects": schemas.REJECTS,
    "decisions": schemas.DECISIONS,
    "changes": schemas.CHANGES,
    "exclusions": schemas.EXCLUSIONS,
}


def _write(
    stage: store.Stage, outputs: Iterable[Output], more: Mapping[str, Sequence[dict[str, object]]], first_part: int
) -> None:
    """Write the ready tables, and the side tables with the rows of `more` besides theirs."""
    done = tuple(outputs)
    for output in done:
        store.write(output.table, stage.path(f"ready/{output.target.table}"), output.target.schema())
    for name, schema in _SIDE_TABLES.items():
        rows = [row for one in (*(output.rows for output in done), more) for row in one[name]]
        store.write(tables.sorted_table(rows, schema), stage.path(name, first_part), schema)


def _facts(config: Config, homes: Mapping[str, Home], unmapped: Mapping[str, object]) -> dict[str, object]:
    return {
        "is_sample": config.is_sample,
        "mailboxes": [{"name": mailbox.name, "owner": mailbox.owner} for mailbox in config.mailbox],
        "files_without_mailbox": sum(1 for home in homes.values() if not home.mailbox),
        "unmapped": unmapped,
    }


def _digest(config: Config, context: _Context) -> str:
    shaping = {
        "outlook": config.outlook.model_dump(mode="json"),
        "mailbox": [mailbox.model_dump(mode="json") for mailbox in config.mailbox],
        "calendar": config.calendar.model_dump(mode="json"),
        "mapping": [mapping.model_dump(mode="json") for mapping in config.mapping],
        "survivorship": config.survivorship,
        "contacts": config.contacts.model_dump(mode="json"),
        "accounts": config.accounts.model_dump(mode="json"),
        "duplicates": config.duplicates.model_dump(mode="json"),
        "validation": config.validation.model_dump(mode="json"),
        "suites": {name: suite.digest for name, suite in context.suites.items()},
        "fields": [
            [target.table, field.api_name, field.length, field.values]
            for target in context.targets.values()
            for field in target.fields
        ],
        "repairs": context.repairs.digest,
        "overrides": overrides.digest(context.overrides),
        "mail": [config.mail.model_dump(mode="json"), config.cases.model_dump(mode="json"), context.mail.digest],
        "leads": config.leads.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _unmapped_note(unmapped: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Say which columns hold values that nothing in the CRM takes yet."""
    found = [f"{table}.{column} {count}" for table, counts in unmapped.items() for column, count in counts.items()]
    return (f"values without a field in the CRM yet: {', '.join(found)}",) if found else ()
