"""Puts the tables of all files together into the stage directory, and adds them up."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import schemas, store
from pipeline.extract import cache, inbox, selection
from pipeline.extract.cache import Entry
from pipeline.extract.checked import DIFFERENT, ONLY_DIRECT, ONLY_PYPFF, PYPFF, UNREADABLE, Checked
from pipeline.extract.inbox import Found
from pipeline.extract.work import Quarantine
from pipeline.outcome import Account, Report

if TYPE_CHECKING:  # pydantic takes a quarter of a second to import, and the workers need no settings
    from pipeline.config import Config

STAGE = "extract"
_OTHER = "other items"
_SHOWN = 3  # names in a note
_LISTED = 20  # files that are put aside, each a note of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file. `status` as in schemas.FILES; `entry` of a file that was read."""

    found: Found
    status: str
    sha256: str | None = None
    rule: str = ""
    reason: str = ""
    entry: Entry | None = None


Checks = Mapping[str, Checked | Quarantine]
"""SHA-256 of a store → what its two readers say, or why the second could not be asked."""


def write(config: "Config", outcomes: Sequence[Outcome], checks: Checks) -> store.Manifest:
    """Write the stage directory.

    Raises:
        StorageError: the file system refuses.
    """
    rows = _file_rows(outcomes)
    with store.building(config.extracted) as stage:
        store.write_rows(rows, stage.path("files"), schemas.FILES)
        for table in cache.TABLES:
            paths = [path for outcome in outcomes if outcome.entry for path in outcome.entry.paths(table)]
            for part, path in enumerate(paths):
                store.copy(path, stage.path(table, part))
        if checks:
            _write_checks(stage, outcomes, checks)
        return stage.finish(
            STAGE,
            inputs={"inbox": _digest(rows)},
            settings=_digest(_settings(config, outcomes)),
            facts=_facts(config, outcomes),
        )


def _write_checks(stage: store.Stage, outcomes: Sequence[Outcome], checks: Checks) -> None:
    """Write what the second reader saw: into the certificate, and where it differs from the first."""
    done = {sha256: check for sha256, check in checks.items() if isinstance(check, Checked)}
    store.write_rows(
        (row for check in done.values() for row in check.findings), stage.path("cross_check"), schemas.CROSS_CHECK
    )
    paths = [path for outcome in outcomes if outcome.entry for path in outcome.entry.paths("certificate")]
    for part, path in enumerate(paths):
        rows = store.read(path, schemas.CERTIFICATE).to_pylist()
        seen = [
            {**row, "by_pypff": check.seen.get(row["folder"], 0)} if (check := done.get(row["file_sha256"])) else row
            for row in rows
        ]
        stage.path("certificate", part).unlink()  # it may be the cache's own file, by another name
        store.write_rows(seen, stage.path("certificate", part), schemas.CERTIFICATE)


def report(config: "Config", outcomes: Sequence[Outcome], checks: Checks) -> Report:
    """Add up what was read, in the order of the tables."""
    accounts: dict[str, Counter[str]] = defaultdict(Counter)
    excluded: dict[str, Counter[str]] = defaultdict(Counter)
    for account in _accounts(outcomes):
        table = account["table"] or _OTHER
        accounts[table].update({name: account[name] for name in ("seen", "written", "rejected")})
        excluded[table].update({account["rule"]: account["excluded"]} if account["excluded"] else {})
    others = sorted(name for name in accounts.keys() - schemas.EXTRACTED.keys() if accounts[name]["seen"])
    return Report(
        stage=STAGE,
        accounts=tuple(
            Account(
                table=table,
                seen=accounts[table]["seen"],
                written=accounts[table]["written"],
                excluded=dict(sorted(excluded[table].items())),
                rejected=accounts[table]["rejected"],
            )
            for table in (*schemas.EXTRACTED, *others)
        ),
        notes=(
            *_file_notes(config, outcomes),
            *_item_notes(config, outcomes),
            *_second_notes(outcomes),
            *_check_notes(config, outcomes, checks),
        ),
    )


def _second_notes(outcomes: Sequence[Outcome]) -> list[str]:
    """Say which items came from the second reader."""
    notes = []
    for outcome in outcomes:
        accounts = outcome.entry.accounts if outcome.entry else ()
        count = sum(account["written"] + account["excluded"] for account in accounts if account["reader"] == PYPFF)
        label = outcome.found.label
        if accounts and all(account["reader"] == PYPFF for account in accounts):
            notes.append(
                f"{label}: its index cannot be read; pypff read {count:,} items, whether that is all cannot be told."
                " Run Outlook's Inbox Repair Tool (scanpst.exe) on a copy of it, or give the original file"
            )
        elif count:
            notes.append(f"{label}: {count:,} items were read by the second reader, pypff")
    return notes


def _check_notes(config: "Config", outcomes: Sequence[Outcome], checks: Checks) -> list[str]:
    """Say in what the two readers of each store differ."""
    labels = {outcome.sha256: outcome.found.label for outcome in outcomes if outcome.entry}
    notes = []
    for sha256, check in checks.items():
        label = labels.get(sha256, sha256[:16])
        if isinstance(check, Quarantine):
            notes.append(f"cross-check: {label}: {check.reason}")
            continue
        counts = Counter(str(finding["finding"]) for finding in check.findings)
        found = ", ".join(f"{count:,} {_FINDINGS[name]}" for name, count in sorted(counts.items()))
        notes.append(f"cross-check: {label}: {sum(check.seen.values()):,} items by pypff; {found or 'no difference'}")
    if any(isinstance(check, Checked) and check.findings for check in checks.values()):
        notes.append(f"where the readers differ: the table {config.extracted / 'cross_check'}")
    return notes


_FINDINGS = {
    ONLY_DIRECT: "items that only the direct reader reads",
    ONLY_PYPFF: "items that only pypff reads",
    DIFFERENT: "property values that differ",
    UNREADABLE: "items or folders that pypff cannot read",
}


def _accounts(outcomes: Iterable[Outcome]) -> Iterable[Mapping[str, Any]]:
    return (account for outcome in outcomes if outcome.entry for account in outcome.entry.accounts)


def _file_rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "file_no": number,
            "path": outcome.found.label,
            "file_sha256": outcome.sha256,
            "bytes": outcome.found.size,
            "kind": outcome.entry.kind if outcome.entry else "unknown",
            "language": outcome.entry.language if outcome.entry else None,
            "encoding": outcome.entry.encoding if outcome.entry else None,
            "status": outcome.status,
            "rule": outcome.rule,
            "reason": outcome.reason or None,
            "items": outcome.entry.items if outcome.entry else 0,
        }
        for number, outcome in enumerate(outcomes, start=1)
    ]


def _settings(config: "Config", outcomes: Iterable[Outcome]) -> list[list[object]]:
    labels = [outcome.found.label for outcome in outcomes]
    return [[label, *reading_settings(config, label), selection.of(config, label).key] for label in labels]


def reading_settings(config: "Config", label: str) -> tuple[str, str]:
    """Return code page and date order of a file: its mailbox's, else those of [outlook]."""
    mailbox = config.mailbox_of(label)
    code_page = mailbox.code_page if mailbox else ""
    date_order = mailbox.date_order if mailbox else ""
    return code_page or config.outlook.code_page, date_order or config.outlook.date_order


def _facts(config: "Config", outcomes: Sequence[Outcome]) -> dict[str, Any]:
    classes = Counter[str]()
    for account in _accounts(outcomes):
        classes[account["message_class"] or ""] += account["seen"]
    statuses = Counter(outcome.status for outcome in outcomes)
    return {
        "is_sample": config.is_sample,
        "inbox": "sample" if config.is_sample else config.inbox.resolve().name,
        "classes": {name: count for name, count in sorted(classes.items()) if count},
        "files": dict(sorted(statuses.items())),
    }


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _file_notes(config: "Config", outcomes: Sequence[Outcome]) -> list[str]:
    notes = [note for status in ("quarantined", "duplicate") for note in _listed(config, status, outcomes)]
    for rule, why in inbox.EXCLUSIONS.items():
        labels = [outcome.found.label for outcome in outcomes if outcome.rule == rule]
        if labels and not config.is_sample:
            notes.append(f"no input: {_some(labels)}: {why}")
    if idle := _idle(config, outcomes):
        notes.append(f"no file of this inbox is of the [[mailbox]] {idle}; do its `files` name what it is meant for?")
    homeless = [
        outcome.found.label for outcome in outcomes if outcome.entry and not config.mailbox_of(outcome.found.label)
    ]
    if homeless:
        belong = "1 of the files read belongs" if len(homeless) == 1 else f"{len(homeless)} of the files read belong"
        notes.append(f"{belong} to no [[mailbox]] of pipeline.toml ({_some(homeless)}); a real CRM does not take such")
    return notes


def _idle(config: "Config", outcomes: Sequence[Outcome]) -> str:
    """Return the mailboxes of which nothing is there: what is meant for a misspelt one belongs to nobody."""
    used = {mailbox.name for outcome in outcomes if (mailbox := config.mailbox_of(outcome.found.label))}
    idle = [mailbox.name for mailbox in config.mailbox if mailbox.name not in used]
    return "" if config.is_sample else _some(idle)


def _listed(config: "Config", status: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Say of each file with that status why, as far as a person would read."""
    found = [outcome for outcome in outcomes if outcome.status == status]
    most = _shown(len(found), _LISTED)
    notes = [f"{status}: {outcome.found.label}: {outcome.reason}" for outcome in found[:most]]
    rest = len(found) - most
    return notes + (
        [f"{status}: {rest:,} more; the table {config.extracted / 'files'} has them all"] if rest > 0 else []
    )


def _some(labels: Sequence[str]) -> str:
    most = _shown(len(labels), _SHOWN)
    return ", ".join(labels[:most]) + (f" and {len(labels) - most:,} more" if len(labels) > most else "")


def _shown(count: int, most: int) -> int:
    """Return how many of `count` are named: nobody should have to look up a single one that is left."""
    return count if count <= most + 1 else most


def _rejected(outcome: Outcome) -> Counter[tuple[str, str]]:
    counts = Counter[tuple[str, str]]()
    for account in outcome.entry.accounts if outcome.entry else ():
        counts[account["table"] or _OTHER, account["rule"]] += account["rejected"]
    return +counts


def _item_notes(config: "Config", outcomes: Sequence[Outcome]) -> list[str]:
    rejected = [
        f"rejected: {outcome.found.label}: {count:,} of {table} by the rule {rule}"
        for outcome in outcomes
        for (table, rule), count in sorted(_rejected(outcome).items())
    ]
    most = _shown(len(rejected), _SHOWN)
    notes = rejected[:most]
    if rejected:
        rest = f"and {len(rejected) - most:,} more like these; " if len(rejected) > most else ""
        notes.append(f"{rest}which rows and why: the table {config.extracted / 'rejects'}")
    notes += [
        f"cut off: {outcome.found.label} ends in the middle of a row; that row is rejected, those before it are kept"
        for outcome in outcomes
        if outcome.entry and any(account["rule"] == "truncated" for account in outcome.entry.accounts)
    ]
    notes += [
        f"columns that nobody decided about: {outcome.found.label}: {_some(outcome.entry.undecided)}"
        for outcome in outcomes
        if outcome.entry and outcome.entry.undecided
    ]
    unmapped = sum(outcome.entry.unmapped for outcome in outcomes if outcome.entry)
    if unmapped:
        notes.append(
            "1 column or property with values has no place in the CRM; the table columns names it"
            if unmapped == 1
            else f"{unmapped} columns or properties with values have no place in the CRM; the table columns lists them"
        )
    return notes
