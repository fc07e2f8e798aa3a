"""What the report of a run shows, gathered from the tables: accounts, flow, charts, rejects, quality, certificate."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.report import charts, kept, speech, words
from pipeline.report.charts import AMBER, BLUE, GREEN, GREY, RED, TEAL, Bar, Node
from pipeline.report.words import Pair
from pipeline.store import Manifest
from pipeline.targets import TARGETS, Kind, Target, chosen

RESULTS = ("created", "updated", "unchanged", "skipped", "failed", "in doubt")
_COLOURS = {"created": GREEN, "updated": BLUE, "unchanged": GREY, "skipped": AMBER, "failed": RED, "in doubt": RED}
_COMPANIES = "accounts"
_MOST_BARS = 25
_MOST_MONTHS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The equation of one stage over all its tables."""

    seen: int
    made: int
    written: int
    merged: int
    excluded: int
    rejected: int


def stage(config: Config, name: str, *, beside: bool = False) -> Stage | None:
    """Return the equation of extract or transform; None where its summary is not there.

    Args:
        config: the project.
        name: the stage.
        beside: only of what transform makes besides the items: the companies that contacts name.
    """
    rows = kept.found(config, name).get("accounts", [])
    if not rows:
        return None
    rows = [row for row in rows if (row["table"] == _COMPANIES) == beside]
    return Stage(
        seen=sum(row["seen"] for row in rows),
        made=sum(row.get("made", 0) for row in rows),
        written=sum(row["written"] for row in rows),
        merged=sum(row["merged"] for row in rows),
        excluded=sum(sum(row["excluded"].values()) for row in rows),
        rejected=sum(row["rejected"] for row in rows),
    )


def flow(config: Config, results: Mapping[str, int]) -> Markup:
    """Return the picture of the rows from the files to the CRM; what a summary does not tell is left out."""
    nodes = [
        Node("read", 0, words.pair("page", "flow_read"), TEAL),
        Node("companies", 0, words.pair("page", "flow_companies"), GREY),
        Node("extracted", 1, words.pair("page", "flow_extracted"), TEAL),
        Node("made", 1, words.pair("page", "flow_made"), GREY),
        Node("extract_excluded", 1, words.pair("action", "excluded"), AMBER),
        Node("extract_rejected", 1, words.pair("action", "rejected"), RED),
        Node("ready", 2, words.pair("page", "flow_ready"), TEAL),
        Node("merged", 2, words.pair("flag", "merged"), GREY),
        Node("excluded", 2, words.pair("action", "excluded"), AMBER),
        Node("rejected", 2, words.pair("action", "rejected"), RED),
        *(Node(result, 3, words.pair("result", result), _COLOURS[result]) for result in RESULTS),
    ]
    links: list[tuple[str, str, int]] = []
    extract = stage(config, "extract")
    if extract is not None:
        links += [
            ("read", "extracted", extract.written),
            ("read", "extract_excluded", extract.excluded),
            ("read", "extract_rejected", extract.rejected),
        ]
    for start, one in (
        ("extracted", stage(config, "transform")),
        ("companies", stage(config, "transform", beside=True)),
    ):
        if one is not None:
            ends = {"ready": one.written, "merged": one.merged, "excluded": one.excluded, "rejected": one.rejected}
            made = min(one.made, one.written)  # what series became; of those merged away nobody can say which were made
            links += [("made", "ready", made), *_from(start, ends | {"ready": one.written - made})]
    return charts.flow(nodes, [*links, *(("ready", result, results.get(result, 0)) for result in RESULTS)])


def _from(start: str, ends: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(start, end, rows) for end, rows in ends.items()]


def by_mailbox(config: Config, targets: Sequence[Target], manifest: Manifest) -> list[Bar]:
    """Return ready records by mailbox, stacked by module."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(targets))
    for place, target in enumerate(targets):
        for name, count in _counted(_column(config, manifest, target, "mailbox")):
            counts[name or "–"][place] += count
    return [Bar((name, name), numbers) for name, numbers in sorted(counts.items())]


def by_month(config: Config, targets: Sequence[Target], manifest: Manifest) -> dict[str, list[int]]:
    """Return records by the month of their date, stacked by module; by year where there are too many months."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(targets))
    for place, target in enumerate(targets):
        if name := _date_of(target):
            dates = _column(config, manifest, target, name).drop_null()
            for month, count in _counted(pc.strftime(dates.cast(pa.timestamp("us")), "%Y-%m")):
                counts[str(month)][place] += count
    if len(counts) > _MOST_MONTHS:
        return _by_year(counts, len(targets))
    return {month: counts.get(month, [0] * len(targets)) for month in _months(counts)}


def _date_of(target: Target) -> str:
    """Return the date by which a record is known, "" where there is none: a birthday says nothing of its time."""
    keyed = {name for key in target.match for name in key.fields}
    dates = [one for one in target.fields if one.kind in {Kind.DATE, Kind.DATETIME} and one.api_name in keyed]
    return dates[0].api_name if dates else ""


def _by_year(counts: Mapping[str, Sequence[int]], size: int) -> dict[str, list[int]]:
    years: dict[str, list[int]] = defaultdict(lambda: [0] * size)
    for month, numbers in sorted(counts.items()):
        years[month[:4]] = [a + b for a, b in zip(years[month[:4]], numbers, strict=True)]
    return years


def _months(counts: Iterable[str]) -> list[str]:
    """Return every month from the first to the last; where they lie too far apart, only those that have something."""
    there = sorted(counts)
    if not there:
        return []
    first, last = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (there[0], there[-1]))
    if last - first >= _MOST_MONTHS:
        return there
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]


def _column(config: Config, manifest: Manifest, target: Target, name: str) -> pa.ChunkedArray:
    paths = store.parts(config.transformed, manifest, f"ready/{target.table}")
    chunks = [store.read(path, target.schema(), [name]).column(name) for path in paths]
    kind = target.schema().field(name).type
    return pa.chunked_array([part for chunk in chunks for part in chunk.chunks], type=kind)


def _counted(column: pa.ChunkedArray) -> list[tuple[Any, int]]:
    return [(pair["values"], pair["counts"]) for pair in pc.value_counts(column).to_pylist()]


def by_folder(config: Config) -> tuple[list[Bar], int]:
    """Return items by file and folder (written, excluded, rejected), the largest ones, and how many are not shown."""
    extracted = Manifest.of(config.extracted)
    files = store.read_all(config.extracted, extracted, "files", schemas.FILES).to_pylist()
    paths = {row["file_sha256"]: row["path"] for row in files if row["status"] == "read"}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in store.read_all(config.extracted, extracted, "accounts", schemas.ACCOUNTS).to_pylist():
        name = f"{paths.get(row['file_sha256'], '')} {row['folder']}".strip()
        held = counts[name]
        counts[name] = [held[0] + row["written"], held[1] + row["excluded"], held[2] + row["rejected"]]
    ranked = sorted((Bar((name, name), numbers) for name, numbers in counts.items()), key=lambda bar: -bar.total)
    filled = [bar for bar in ranked if bar.total]
    return filled[:_MOST_BARS], max(len(filled) - _MOST_BARS, 0)


def dropped(config: Config, transformed: Manifest) -> list[tuple[str, str, str, int]]:
    """Return what was excluded and rejected: stage, verdict, rule, count."""
    counts: Counter[tuple[str, str, str]] = Counter()
    extracted = Manifest.of(config.extracted)
    for row in store.read_all(config.extracted, extracted, "accounts", schemas.ACCOUNTS).to_pylist():
        for verdict in ("excluded", "rejected"):
            counts["extract", verdict, row["rule"]] += row[verdict]
    for account in kept.found(config, "transform").get("accounts", []):
        for rule, count in account["excluded"].items():
            counts["transform", "excluded", rule] += count
    for row in store.read_all(config.transformed, transformed, "rejects", schemas.REJECTS).to_pylist():
        counts["transform", "rejected", row["rule"]] += 1
    return [(*key, count) for key, count in sorted(counts.items()) if count]


def quality(config: Config, transformed: Manifest) -> list[dict[str, Any]]:
    """Return every rule that a ready table had to keep, and how many rows broke it."""
    from pipeline import validate  # noqa: PLC0415 - takes a second to import
    from pipeline.validate.suite import LENGTH  # noqa: PLC0415 - likewise

    rejects = store.read_all(config.transformed, transformed, "rejects", schemas.REJECTS).to_pylist()
    broken = Counter((row["table"], row["rule"], row["field"] or "") for row in rejects)
    targets = {target.table: target for target in chosen(config, TARGETS)}
    return [
        {
            "table": words.both(targets[table].label_en, targets[table].label_ja),
            "rule": rule.name,
            "field": ", ".join(name.removesuffix(LENGTH) for name in rule.columns),
            "severity": str(rule.severity),
            "why": speech.both(rule.why),
            "broken": max(broken[table, rule.name, name.removesuffix(LENGTH)] for name in (*rule.columns, "")),
        }
        for table, suite in validate.fitted(validate.suites(config.project), targets).items()
        for rule in suite.rules
    ]


def time_line(config: Config, run: Mapping[str, Any], plan: Path) -> list[tuple[Pair, str]]:
    """Return what happened when, first things first; of the tables of a stage the time when they were written."""
    found = [(words.pair("page", "run_started"), run["started_at"]), (words.pair("page", "run_ended"), run["ended_at"])]
    for name, directory in (("extract", config.extracted), ("transform", config.transformed)):
        if (path := directory / store.MANIFEST).is_file():
            found.append((words.pair("page", f"{name}_ended"), _written_at(path)))
    if (plan / "moment.json").is_file():
        found.append((words.pair("page", "plan_made"), store.read_json(plan / "moment.json")["made_at"]))
    if run["approved"]:
        found.append((words.pair("page", "approved_at"), run["approved"]["at"]))
    return sorted(((label, shown(at)) for label, at in found if at), key=lambda one: one[1])


def _written_at(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def shown(at: str) -> str:
    """Return an instant as a person reads it."""
    return at.replace("T", " ").replace("+00:00", " UTC")
