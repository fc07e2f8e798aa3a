"""The stage: extracted tables in, ready tables out, every row accounted for. Offline and pure."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline import engine, schemas, store, validate
from pipeline.clean.text import fold
from pipeline.config import Config
from pipeline.engine import Told, tell_nobody
from pipeline.outcome import Account, Report
from pipeline.targets import CASES, CONTACTS, EMAILS, EVENTS, LEADS, ON_REQUEST, TASKS, Target
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
    mail_picks,
    people,
    series,
    steps,
    tables,
    tasks,
)
from pipeline.transform.context import Context, digest, read_context
from pipeline.transform.draft import Home, Origin, Row
from pipeline.transform.outputs import Change, Output, of_drafts, of_ready
from pipeline.transform.partition import Job, Part
from pipeline.transform.people import People

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
    parts = people.parts_of(store.parts(config.extracted, manifest, CONTACTS.source))
    extracted = {name: _read(config, manifest, name, schema) for name, schema in _INPUT.items()}
    context = read_context(config, extracted, told)
    with store.building(config.transformed) as stage:
        with steps.workers(config.engine, max(len(parts), _buckets(manifest)), people.__name__) as (mapper, judge):
            done = _people(context, config, manifest, stage, parts, mapper, judge)
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
        rejects = limits.reject_notes(stage.building, config.transformed / "rejects")
        said = (*limits.override_notes(stage.building, context.overrides), *limits.namesake_notes(stage.building))
        unmapped = {CONTACTS.table: done.unmapped, **_unmapped(context, extracted)}
        stage.finish(
            "transform",
            inputs={"extract": manifest.key},
            settings=digest(config, context),
            facts=_facts(config, context.homes, unmapped),
        )
    mail_accounts = (*((mails.emails,) if mails.emails.seen else ()), mails.messages)
    others = (*mail_accounts, _unloaded("lists", manifest.rows("lists"), exclude.LISTS))
    notes = (*done.notes, *(note for output in outputs for note in output.notes), *mails.notes)
    notes = (*notes, *rejects, *mended, *said, *_unmapped_note(unmapped))
    return Report(stage="transform", accounts=(*made, *others), notes=notes)


def _is_shown(output: Output) -> bool:
    """Tell whether a table has anything to say: leads and cases only where something was to become one."""
    return bool(output.account.seen) or output.target.table not in ON_REQUEST


def _unloaded(table: str, rows: int, rule: str) -> Account:
    """Return the account of a table of which nothing is loaded."""
    return Account(table=table, seen=rows, written=0, excluded={rule: rows})


def _unmapped(context: Context, extracted: Mapping[str, pa.Table]) -> dict[str, Mapping[str, int]]:
    targets = [context.targets[one.table] for one in (TASKS, EVENTS)]
    return {target.table: columns.unmapped(target, extracted[target.source]) for target in targets}


_INPUT: dict[str, pa.Schema] = {
    "files": schemas.FILES,
    "tasks": schemas.TASKS,
    "events": schemas.EVENTS,
}


def _read(config: Config, manifest: store.Manifest, name: str, schema: pa.Schema) -> pa.Table:
    return store.read_all(config.extracted, manifest, name, schema)


def _buckets(manifest: store.Manifest) -> int:
    return max(1, -(-manifest.rows(CONTACTS.source) // people.ROWS_OF_BUCKET))


def _people(  # noqa: PLR0913, PLR0917 - what it is made of, and who makes it
    context: Context,
    config: Config,
    manifest: store.Manifest,
    stage: store.Stage,
    parts: Sequence[Part],
    mapper: engine.Mapper,
    judge: validate.Judge,
) -> People:
    """Make accounts and contacts."""
    with tempfile.TemporaryDirectory(dir=stage.building, prefix=".scratch") as scratch:
        job = Job(
            target=context.targets[CONTACTS.table],
            homes=context.homes,
            own_domains=context.own_domains,
            scratch=Path(scratch),
            buckets=_buckets(manifest),
            overrides=context.overrides,
            repairs=context.repairs,
            survivorship=context.survivorship,
            legal_forms=config.accounts.legal_forms,
            leads=config.leads if leads.is_wanted(config.leads) else None,
            by_address_alone=_by_address_alone(config),
        )
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


def _mail(context: Context, config: Config, manifest: store.Manifest, stage: store.Stage) -> mail.Output:
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
    context: Context, config: Config, manifest: store.Manifest, stage: store.Stage, mails: mail.Output
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
    told = partial(identity.contacts, by_address_alone=_by_address_alone(context.config))
    return of_drafts(context, LEADS, drafts, told, identity.CONTACT_RULES, mended=mended)


def _by_address_alone(config: Config) -> bool:
    return config.duplicates.one_address_several_surnames == "merge"


def _known(context: Context, stage: store.Stage) -> frozenset[str]:
    """Return the folded addresses of the ready contacts."""
    schema, names = context.targets[CONTACTS.table].schema(), ("Email", "Secondary_Email")
    columns_of = [name for name in names if name in schema.names]
    directory = stage.path(f"ready/{CONTACTS.table}").parent
    parts = [store.read(path, schema, columns_of) for path in sorted(directory.glob("*.parquet"))]
    return frozenset(
        fold(address) for part in parts for name in columns_of for address in part.column(name).to_pylist() if address
    )


def _cases(context: Context, mails: mail.Output) -> Output:
    return of_ready(
        context,
        context.targets[CASES.table],
        mails.cases,
        seen=mails.case_messages,
        decisions=mails.case_decisions,
        changes=mails.case_changes,
    )


def _outputs(context: Context, extracted: Mapping[str, pa.Table]) -> tuple[Output, ...]:
    return (
        _tasks(context, extracted),
        _events(context, extracted),
    )


def _tasks(context: Context, extracted: Mapping[str, pa.Table]) -> Output:
    target = context.targets[TASKS.table]
    items, mended = _items(context, target, extracted)
    drafts = [tasks.draft(row, origin, target) for row, origin in engine.counted(items, context.told, "cleaning tasks")]
    return of_drafts(context, TASKS, drafts, identity.tasks, identity.TASK_RULES, mended=mended)


def _events(context: Context, extracted: Mapping[str, pa.Table]) -> Output:
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
    output = of_drafts(
        context, EVENTS, drafts, identity.events, identity.EVENT_RULES, made=len(found) - len(items), mended=mended
    )
    return replace(output, notes=(*output.notes, *series.notes(found, context.windows)))


def _items(
    context: Context, target: Target, extracted: Mapping[str, pa.Table]
) -> tuple[list[tuple[Row, Origin]], list[Change]]:
    """Return the rows of a target's table with their origins, as people mended them, and what they changed."""
    rows: list[Row] = extracted[target.source].select([*columns.ORIGIN, *columns.used(target)]).to_pylist()
    pairs = list(zip(rows, keys.origins(target.source, rows, context.homes), strict=True))
    return context.repairs.items(target.source, engine.counted(pairs, context.told, f"reading {target.table}"))


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


def _unmapped_note(unmapped: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Say which columns hold values that nothing in the CRM takes yet."""
    found = [f"{table}.{column} {count}" for table, counts in unmapped.items() for column, count in counts.items()]
    return (f"values without a field in the CRM yet: {', '.join(found)}",) if found else ()
