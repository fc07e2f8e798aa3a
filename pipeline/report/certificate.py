"""The completeness certificate as a page that can be filed: one table a store, in English and Japanese.

It says of every file what became of it, so that nobody files it in the belief that a store is on it which was not read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.report import words
from pipeline.report.words import Pair

_COLUMNS = (
    ("folder", "folder", "フォルダー"),
    ("in_tree", "in the index", "索引のアイテム"),
    ("lost", "+ lost", "失われたもの"),
    ("written", "= written", "書き出し"),
    ("excluded", "+ excluded", "除外"),
    ("rejected", "+ rejected", "拒否"),
    ("unexplained", "unexplained", "説明できないもの"),
    ("hidden", "hidden", "非表示のもの"),
    ("listed", "listed by the folder", "フォルダーの一覧"),
    ("counted", "counted by the folder", "フォルダーの件数"),
    ("by_pypff", "seen by pypff", "pypff で読めたもの"),
)
NUMBERS = [name for name, *_ in _COLUMNS[1:]]
_MOST_REJECTS = 500  # of a store that are listed one by one: a page is to be opened and printed
_SECOND = "pypff"


@dataclass(frozen=True, slots=True)
class Line:
    """A folder and its numbers; None where a number is not known."""

    folder: str
    cells: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Excluded:
    """How many items of a folder a rule leaves out."""

    folder: str
    rule: str
    words: Pair
    count: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item, or what should have been one, that could not be read; `item` is empty where no node names it."""

    folder: str
    item: str
    rule: str
    words: Pair
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A store on the page.

    `unlisted`: rejects beyond those that are listed; `by_second`: items read by pypff; `has_index`: whether it is known
    what there should be.
    """

    path: str
    sha256: str
    rows: Sequence[Line]
    totals: Sequence[int | None]
    excluded: Sequence[Excluded]
    rejected: Sequence[Rejected]
    unlisted: int
    by_second: int
    has_index: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of which no item was read."""

    path: str
    reason: str


def write(config: Config) -> Path | None:
    """Write the page of what extract read and return where it is; None when no store was read.

    Raises:
        StageError: extract did not run.
        StorageError: the file system refuses.
    """
    stores = certified(config)
    if not stores:
        return None
    environment = Environment(
        loader=PackageLoader("pipeline.report"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("certificate.html").render(
        stores=stores,
        unread=unread(config),
        headings=[(english, japanese) for _, english, japanese in _COLUMNS],
    )
    path = config.work / "reports" / "certificate.html"
    with store.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    return path


def certified(config: Config) -> list[Certified]:
    """Return what extract accounts for, store by store.

    Raises:
        StageError: extract did not run.
    """
    manifest = store.Manifest.of(config.extracted)
    read = {name: _read(config, manifest, name) for name in _SCHEMAS}
    paths = {row["file_sha256"]: row["path"] for row in reversed(read["files"]) if row["status"] == "read"}
    digests = dict.fromkeys(row["file_sha256"] for row in read["certificate"])
    return [
        _certified(paths[sha256], sha256, *(_of(read[name], sha256) for name in ("certificate", "accounts", "rejects")))
        for sha256 in sorted(digests, key=lambda sha256: str(paths[sha256]))
    ]


_SCHEMAS = {
    "certificate": schemas.CERTIFICATE,
    "accounts": schemas.ACCOUNTS,
    "files": schemas.FILES,
    "rejects": schemas.REJECTS,
}


def unread(config: Config) -> list[Unread]:
    """Return the files of the inbox that were not read, and why.

    Raises:
        StageError: extract did not run.
    """
    files = _read(config, store.Manifest.of(config.extracted), "files")
    return [Unread(row["path"], row["reason"] or row["status"]) for row in files if row["status"] != "read"]


def _read(config: Config, manifest: store.Manifest, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.read_all(config.extracted, manifest, name, _SCHEMAS[name]).to_pylist()
    return rows


def _of(rows: Iterable[Mapping[str, Any]], sha256: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["file_sha256"] == sha256]


def _certified(
    path: str,
    sha256: str,
    rows: Sequence[Mapping[str, Any]],
    accounts: Sequence[Mapping[str, Any]],
    rejects: Sequence[Mapping[str, Any]],
) -> Certified:
    return Certified(
        path=path,
        sha256=sha256,
        rows=[Line(row["folder"], [row[name] for name in NUMBERS]) for row in rows],
        totals=[_total([row[name] for row in rows]) for name in NUMBERS],
        excluded=_excluded(accounts),
        rejected=[_rejected(row) for row in rejects[:_MOST_REJECTS]],
        unlisted=max(0, len(rejects) - _MOST_REJECTS),
        has_index=all(row["in_tree"] is not None for row in rows),
        by_second=sum(row["written"] + row["excluded"] for row in accounts if row["reader"] == _SECOND),
    )


def _rejected(row: Mapping[str, Any]) -> Rejected:
    return Rejected(
        row["folder"] or "", row["item_id"] or "", row["rule"], words.pair("rule", row["rule"]), row["reason"] or ""
    )


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _excluded(accounts: Sequence[Mapping[str, Any]]) -> list[Excluded]:
    counts: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        counts[account["folder"], account["rule"]] += account["excluded"]
    return [
        Excluded(folder, rule, words.pair("rule", rule), count) for (folder, rule), count in sorted((+counts).items())
    ]
