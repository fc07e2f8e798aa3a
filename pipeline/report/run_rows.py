"""The rows of a run as its page lists them: what became of each, why, and what was remarked, to search and to page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.report import page, words
from pipeline.report.plan_rows import FLAGS, LEFT_OUT, Record
from pipeline.store import Manifest
from pipeline.targets import EMAILS, EMAILS_READY, Target

_MOST = 200_000  # of a longer run only the rows are listed that somebody may want to look at
_FINE = frozenset({"created", "updated", "unchanged"})
_CALLED = {"Contacts": ("Last_Name", "First_Name"), "Leads": ("Last_Name", "First_Name"), "Emails": ("subject",)}
_WORDS = ("empty", "ours", "kept", "none_found")
_Key = tuple[str, str]  # module and cluster_key
_Remark = tuple[str, str, str | None, str | None]  # field, rule, our value, the CRM's


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the page needs: how rows are chosen, and the rows themselves, packed."""

    kinds: Sequence[Mapping[str, Any]]
    modules: Sequence[words.Pair]
    mailboxes: Sequence[str]
    facts: Markup
    heads: str
    blocks: Sequence[str]


def listed(
    config: Config, run: Mapping[str, Any], directory: Path, targets: Sequence[Target], results: Sequence[str]
) -> Listed:
    """Return the rows of the run in `directory`; `results`: all that may become of a row.

    Raises:
        StageError: a table is missing or damaged.
    """
    records = list(_records(config, directory, (*targets, EMAILS)))
    modules = list({one["module"]: one for one in run["modules"] if not one["title"]}.values())
    place = {one["module"]: number for number, one in enumerate(modules)}
    mailboxes = sorted({one.mailbox for one in records if one.mailbox})
    numbers = [
        (
            place.get(one.module, -1),
            mailboxes.index(one.mailbox) if one.mailbox else -1,
            results.index(one.action),
        )
        for one in records
    ]
    return Listed(
        kinds=_kinds(records, results),
        modules=[words.label(one) for one in modules],
        mailboxes=mailboxes,
        facts=page.embedded(_for_script(records, modules, mailboxes, targets, results)),
        heads=page.heads([(*three, one.flags) for three, one in zip(numbers, records, strict=True)]),
        blocks=page.blocks([one.line(*three) for three, one in zip(numbers, records, strict=True)]),
    )


def _kinds(records: Sequence[Record], results: Sequence[str]) -> list[dict[str, Any]]:
    there = {one.action for one in records}
    found = [
        {"value": f"a{number}", "label": words.pair("result", name)}
        for number, name in enumerate(results)
        if name in there
    ]
    if any(one.flags & LEFT_OUT for one in records):
        found.append({"value": f"f{FLAGS['left_out']}", "label": words.pair("flag", "left_out")})
    return found


def _for_script(
    records: Sequence[Record],
    modules: Sequence[Mapping[str, Any]],
    mailboxes: Sequence[str],
    targets: Sequence[Target],
    results: Sequence[str],
) -> dict[str, Any]:
    fields = {
        target.module: {field.api_name: [field.label_en, field.label_ja] for field in target.fields}
        for target in targets
    }
    codes = {one.code for one in records if one.code}
    return {
        "block": page.BLOCK,
        "modules": [{"label": words.label(one), "fields": fields.get(one["module"], {})} for one in modules],
        "mailboxes": mailboxes,
        "actionNames": results,
        "actions": [words.pair("result", name) for name in results],
        "rules": page.labels("rule", sorted({remark[1] for one in records for remark in one.remarks})),
        "codes": {code: words.table()["code"].get(code) or words.pair("rule", code) for code in sorted(codes)},
        "words": {key: words.pair("page", key) for key in _WORDS},
    }


def _records(config: Config, directory: Path, targets: Sequence[Target]) -> Iterator[Record]:
    outcomes = store.read(directory / "outcomes.parquet", schemas.OUTCOMES)
    remarks: dict[_Key, list[_Remark]] = defaultdict(list)
    for row in store.read(directory / "remarks.parquet", schemas.REMARKS).to_pylist():
        remarks[row["module"], row["cluster_key"]].append((row["field"], row["rule"], row["ours"], row["theirs"]))
    is_whole = outcomes.num_rows <= _MOST
    called = _called(config, targets)
    names = ("module", "cluster_key", "crm_id", "result", "code", "field")
    for module, key, crm_id, result, code, at in zip(
        *(outcomes.column(name).to_pylist() for name in names), strict=True
    ):
        said = remarks.get((module, key), [])
        if is_whole or said or result not in _FINE:
            title, mailbox = called.get((module, key), ("", ""))
            yield Record(
                module=module,
                mailbox=mailbox,
                action=result,
                title=title,
                hint=crm_id or "",
                code=code or "",
                at=at or "",
                remarks=said,
                flags=LEFT_OUT if said else 0,
            )


def _called(config: Config, targets: Sequence[Target]) -> dict[_Key, tuple[str, str]]:
    """Return what each ready record is called, and whose mailbox it is of."""
    manifest = Manifest.of(config.transformed)
    found: dict[_Key, tuple[str, str]] = {}
    for target in targets:
        names = _CALLED.get(target.module, target.names[:1])
        schema = EMAILS_READY if target is EMAILS else target.schema()
        for path in store.parts(config.transformed, manifest, f"ready/{target.table}"):
            table = store.read(path, schema, ["cluster_key", "mailbox", *names])
            for row in table.to_pylist():
                title = " ".join(str(row[name]) for name in names if row[name])
                found[target.module, row["cluster_key"]] = (title, row["mailbox"] or "")
    return found
