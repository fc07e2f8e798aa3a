"""The plan as pages: one for the person who answers for the load, and one for each mailbox, for its owner to sign."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.report import page, plan_rows, speech, words
from pipeline.report.plan_rows import FLAGS, Record
from pipeline.report.words import Language
from pipeline.store import Manifest
from pipeline.targets import TARGETS, chosen

ACTIONS = ("create", "update", "unchanged", "unsure", "skipped", "in doubt")
_DROPPED = ("rejected", "excluded")


@dataclass(frozen=True, slots=True)
class Counted:
    """A row of a table: what it is of, and how many records by action."""

    label: Any
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return how many records there are."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Box:
    """What a plan does for one mailbox: counts by module, and who owns the records."""

    label: str
    owners: Sequence[str]
    rows: Sequence[Counted]


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the pages of a plan are."""

    whole: Path
    mailboxes: Sequence[Path]


def write(config: Config, directory: Path, language: Language) -> Pages:
    """Write the pages of the plan in `directory` beside its tables, and return where they are.

    Raises:
        StageError: the plan is of other ready tables than there are now, or a table is damaged.
        StorageError: the file system refuses.
    """
    facts = store.read_json(directory / "plan.json") | store.read_json(directory / "moment.json")
    if Manifest.of(config.transformed).key != facts["ready"]:
        raise StageError("transform ran again since the plan was made.", "Run make plan again.")
    records = plan_rows.read(config, directory, chosen(config, TARGETS))
    whole = page.write(_page(config, facts, records, language, ""), directory / "plan.html")
    names = sorted({one.mailbox for one in records if one.mailbox})
    for stale in directory.glob("mailbox-*.html"):
        stale.unlink()
    pages = [
        page.write(
            _page(config, facts, [one for one in records if one.mailbox == name], language, name),
            directory / f"mailbox-{number:02}-{_plain(name)}.html",
        )
        for number, name in enumerate(names, 1)
    ]
    return Pages(whole, pages)


def _plain(name: str) -> str:
    """Return a name as part of a file name."""
    return re.sub(r"[^\w-]+", "-", name)[:40].strip("-") or "mailbox"


def _page(config: Config, facts: Mapping[str, Any], records: Sequence[Record], language: Language, only: str) -> str:
    modules = [one["module"] for one in facts["modules"]]
    mailboxes = sorted({one.mailbox for one in records if one.mailbox})
    numbers = [_numbers(one, modules, mailboxes) for one in records]
    prefix = words.pair("page", "plan_for" if only else "plan")
    title = (f"{prefix[0]} {only}", f"{prefix[1]}: {only}") if only else prefix
    return page.render(
        "plan.html",
        language,
        title,
        scripts=["rows.js"],
        plan=_shown(config, facts, records, only),
        facts=page.embedded(_for_script(facts, records, mailboxes)),
        heads=page.heads([(*three, one.flags) for three, one in zip(numbers, records, strict=True)]),
        blocks=page.blocks([one.line(*three) for three, one in zip(numbers, records, strict=True)]),
    )


def _numbers(one: Record, modules: Sequence[str], mailboxes: Sequence[str]) -> tuple[int, int, int]:
    return (
        modules.index(one.module) if one.module in modules else -1,
        mailboxes.index(one.mailbox) if one.mailbox else -1,
        (*ACTIONS, *_DROPPED).index(one.action),
    )


def _for_script(facts: Mapping[str, Any], records: Sequence[Record], mailboxes: Sequence[str]) -> dict[str, Any]:
    rules = {remark[1] for one in records for remark in one.remarks}
    rules |= {note[2] for one in records for note in one.notes}
    codes = {one.code for one in records if one.code}
    names = [*ACTIONS, *_DROPPED]
    return {
        "block": page.BLOCK,
        "modules": [{"label": words.label(one), "fields": one["fields"]} for one in facts["modules"]],
        "mailboxes": mailboxes,
        "actionNames": names,
        "actions": [words.pair("action", name) for name in names],
        "rules": page.labels("rule", sorted(rules)),
        "codes": {code: words.table()["code"].get(code) or words.pair("rule", code) for code in sorted(codes)},
        "words": {key: words.pair("page", key) for key in _WORDS},
    }


_WORDS = ("empty", "ours", "kept", "none_found", "cut_value", "merged_with", "maybe_same")


def _shown(config: Config, facts: Mapping[str, Any], records: Sequence[Record], only: str) -> dict[str, Any]:
    counts = Counter((one.mailbox, one.module, one.action) for one in records)
    boxes = [_box(config, facts, counts, name) for name in sorted({one.mailbox for one in records})]
    kinds = [(f"a{number}", words.pair("action", name)) for number, name in enumerate((*ACTIONS, *_DROPPED))]
    kinds += [(f"f{bit}", words.pair("flag", name)) for name, bit in FLAGS.items()]
    present = {f"a{(*ACTIONS, *_DROPPED).index(one.action)}" for one in records}
    present |= {f"f{bit}" for bit in FLAGS.values() if any(one.flags & bit for one in records)}
    return {
        **{key: facts[key] for key in ("hash", "target", "zgid", "company", "credits", "calls", "minutes", "room")},
        "made_at": facts["made_at"].replace("T", " ").replace("+00:00", " UTC"),
        "only": only,
        "owners": [owner for box in boxes for owner in box.owners] if only else [],
        "actions": ACTIONS,
        "by_module": _by_module(facts, counts, None),
        "by_mailbox": boxes,
        "sheets": [box for box in boxes if box.rows and (only or box.label)],
        "ways": [
            {**one, "label": words.both(*words.label(one)), "reason": speech.both(one["reason"])}
            for one in facts["modules"]
        ],
        "not_undone": _not_undone(facts),
        "known": words.known(facts.get("known", ())),
        "left_out": _left_out(facts, records),
        "kinds": [{"value": value, "label": label} for value, label in kinds if value in present],
        "modules": [words.label(one) for one in facts["modules"]],
        "mailboxes": sorted({one.mailbox for one in records if one.mailbox}),
    }


def _by_module(
    facts: Mapping[str, Any], counts: Mapping[tuple[str, str, str], int], mailbox: str | None
) -> list[Counted]:
    found = []
    for one in facts["modules"]:
        by_action: Counter[str] = Counter()
        for (box, module, action), count in counts.items():
            if module == one["module"] and action in ACTIONS and mailbox in {None, box}:
                by_action[action] += count
        row = Counted(words.both(*words.label(one)), {action: by_action[action] for action in ACTIONS})
        if row.total or mailbox is None:
            found.append(row)
    return found


def _box(config: Config, facts: Mapping[str, Any], counts: Mapping[tuple[str, str, str], int], name: str) -> Box:
    owners = [one.owner for one in config.mailbox if one.name == name and one.owner]
    return Box(name or "–", owners, _by_module(facts, counts, name))


def _not_undone(facts: Mapping[str, Any]) -> list[str]:
    """Return what rollback cannot take back of this plan, as keys of words."""
    found = []
    writes = {one["module"]: one["rows"] for one in facts["modules"]}
    if any(rows.get("create") for rows in writes.values()):
        found.append("undo_create")
    if any(rows.get("update") for rows in writes.values()):
        found.append("undo_update")
    if any(writes.get("Events", {}).get(action) for action in ("create", "update")):
        found.append("undo_events")
    if writes.get("Emails", {}).get("create"):
        found.append("undo_emails")
    if any(one["transport"] == "bulk" for one in facts["modules"]) and facts["target"] == "crm":
        found.append("undo_bulk")
    return found or ["undo_nothing"]


def _left_out(facts: Mapping[str, Any], records: Sequence[Record]) -> list[dict[str, Any]]:
    label_of = {one["module"]: words.both(*words.label(one)) for one in facts["modules"]}
    counts = Counter((one.module, one.action, one.code) for one in records if one.action in _DROPPED)
    return [
        {"label": label_of.get(module, "–"), "action": action, "rule": rule, "count": count}
        for (module, action, rule), count in sorted(counts.items())
    ]
