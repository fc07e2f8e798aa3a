"""The report of a run, as a page and as text: every row from the file to the CRM, and what was left out and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.report import certificate, charts, page, run_facts, run_rows, speech, words
from pipeline.report.run_facts import RESULTS
from pipeline.report.words import Language
from pipeline.store import Manifest
from pipeline.targets import TARGETS, chosen

_STORE_NUMBERS = ("in_tree", "lost", "written", "excluded", "rejected", "unexplained")
_FOLDER_COLOURS = (charts.TEAL, charts.AMBER, charts.RED)
_GOOD = frozenset({"created", "updated", "unchanged"})


@dataclass(frozen=True, slots=True)
class Written:
    """Where the report of a run is."""

    page: Path
    text: Path


def latest(config: Config) -> Path:
    """Return the directory of the run that ended last, of any org.

    Raises:
        StageError: there is none.
    """
    runs = [path.parent for path in config.audit.glob("*/runs/*/run.json")]
    if not runs:
        raise StageError("There is no run to report on yet.", "Run make load first.")
    return max(runs, key=lambda path: (store.read_json(path / "run.json")["ended_at"], path.name))


def write(config: Config, directory: Path, language: Language) -> Written:
    """Write the report of the run in `directory` beside its tables.

    Args:
        config: the project, whose tables the run sent.
        directory: the run.
        language: which is shown first, and in which the text is.

    Raises:
        StageError: the tables were made anew since the run, or one is damaged.
        StorageError: the file system refuses.
    """
    run = store.read_json(directory / "run.json")
    transformed = Manifest.of(config.transformed)
    if transformed.key != run["ready"]:
        raise StageError(
            "transform ran again since that run: the tables that it sent are no longer there.",
            f"The report that was written at its end is in {directory}.",
        )
    shown = _shown(config, run, directory, transformed)
    title = words.pair("page", "run_report")
    listed = run_rows.listed(config, run, directory, chosen(config, TARGETS), RESULTS)
    text = page.render(
        "run.html",
        language,
        title,
        scripts=["rows.js"],
        listed=listed,
        facts=listed.facts,
        heads=listed.heads,
        blocks=listed.blocks,
        **shown,
    )
    written = page.write(text, directory / "report.html")
    plain = directory / "report.txt"
    store.write_text("\n".join(_text(shown, language)) + "\n", plain)
    return Written(written, plain)


def _shown(config: Config, run: Mapping[str, Any], directory: Path, transformed: Manifest) -> dict[str, Any]:
    targets = chosen(config, TARGETS)
    modules = [
        {
            **one,
            "total": sum(one["rows"].values()),
            "why": speech.both(one["reason"]),
            "label": words.label(one),
        }
        for one in run["modules"]
    ]
    totals: Counter[str] = Counter()
    for one in modules:
        totals.update(one["rows"])
    folders, more = run_facts.by_folder(config) if config.extracted.is_dir() else ([], 0)
    months = run_facts.by_month(config, targets, transformed)
    plan = directory.parent.parent / "plans" / run["plan"]
    approved = run["approved"] and {**run["approved"], "at": run_facts.shown(run["approved"]["at"])}
    return {
        "head": run["audit_head"],
        "run": {**run, "is_clean": not (totals["failed"] or totals["in doubt"]), "approved": approved},
        "results": RESULTS,
        "modules": modules,
        "totals": totals,
        "codes": _codes(directory, run),
        "flow": run_facts.flow(config, totals),
        "module_names": [words.both(target.label_en, target.label_ja) for target in targets],
        "colours": charts.SERIES,
        "by_mailbox": charts.bars(run_facts.by_mailbox(config, targets, transformed)),
        "by_month": charts.columns(months) if months else "",
        "by_folder": charts.bars(folders, _FOLDER_COLOURS),
        "folder_colours": _FOLDER_COLOURS,
        "more_folders": more,
        "dropped": run_facts.dropped(config, transformed) if config.extracted.is_dir() else [],
        "notes": [(note, speech.spoken(note, "ja")) for note in run["notes"]],
        "known": words.known(run.get("known", ())),
        "time_line": run_facts.time_line(config, run, plan),
        "stores": _stores(config),
        "unread": _unread(config),
        "store_numbers": _STORE_NUMBERS,
        "quality": run_facts.quality(config, transformed),
    }


def _codes(directory: Path, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return why rows were not sent, failed or are in doubt, with how many."""
    label_of = {one["module"]: words.both(*words.label(one)) for one in run["modules"]}
    table = store.read(directory / "outcomes.parquet", schemas.OUTCOMES, ["module", "result", "code", "field"])
    counts = Counter(
        (row["module"], row["result"], row["code"] or "", row["field"] or "")
        for row in table.to_pylist()
        if row["result"] not in _GOOD
    )
    return [
        {
            "module": label_of.get(module, module),
            "result": result,
            "code": code,
            "field": field,
            "what": words.markup(code, "code") if code in words.table()["code"] else "",
            "count": count,
        }
        for (module, result, code, field), count in sorted(counts.items())
    ]


def _stores(config: Config) -> list[dict[str, Any]]:
    if not config.extracted.is_dir():
        return []
    place = {name: certificate.NUMBERS.index(name) for name in _STORE_NUMBERS}
    return [
        {"path": one.path, "sha256": one.sha256, "numbers": [one.totals[place[name]] for name in _STORE_NUMBERS]}
        for one in certificate.certified(config)
    ]


def _unread(config: Config) -> list[tuple[str, tuple[str, str]]]:
    """Return the files that were not read, each with the reason in both languages."""
    if not config.extracted.is_dir():
        return []
    return [(one.path, (one.reason, speech.spoken(one.reason, "ja"))) for one in certificate.unread(config)]


def _text(shown: Mapping[str, Any], language: Language) -> Iterable[str]:
    """Yield the lines of the report as text."""
    which = 1 if language == "ja" else 0
    run = shown["run"]

    def word(key: str, section: str = "page") -> str:
        return words.pair(section, key)[which]

    yield word("run_report")
    yield f"{word('target')}: {word(run['target'])} «{run['company']}», {word('org')} {run['org']}"
    yield f"{word('run')}: {run['run']}"
    yield f"{word('hash')}: {run['plan']}"
    by = f"{run['approved']['by']} ({run['approved']['at']})" if run["approved"] else word("no_approval")
    yield f"{word('approved_by')}: {by}"
    yield f"{word('credits_used')}: {run['credits']:,} ({run['credits_forecast']:,})"
    if shown["head"]:
        yield f"{word('audit_head')}: {shown['head']}"
    yield from ("", word("results"))
    for one in shown["modules"]:
        parts = " + ".join(f"{one['rows'].get(result, 0):,} {word(result, 'result')}" for result in RESULTS)
        yield f"  {one['label'][which]}: {one['total']:,} {word('to_send')} = {parts}"
    if shown["dropped"]:
        yield from ("", word("dropped"))
    for stage, verdict, rule, count in shown["dropped"]:
        yield f"  {stage}: {count:,} {word(verdict, 'action')}, {rule} ({word(rule, 'rule')})"
    if shown["notes"]:
        yield from ("", word("notes"))
    yield from (f"  {note[which]}" for note in shown["notes"])
    yield from ("", word("time_line"))
    yield from (f"  {at}  {label[which]}" for label, at in shown["time_line"])
    if shown["unread"]:
        yield from ("", word("unread"))
    yield from (f"  {path}: {reason[which]}" for path, reason in shown["unread"])
    yield from ("", word("certificate"))
    for one in shown["stores"] or ():
        numbers = zip(_STORE_NUMBERS, one["numbers"], strict=True)
        yield f"  {one['path']}: " + ", ".join(f"{word(name)} {value or 0:,}" for name, value in numbers)
    if not shown["stores"]:
        yield f"  {word('no_store')}"
