"""The completeness certificate as a page that can be filed: one table a store, in English and Japanese."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from pipeline import schemas, store
from pipeline.config import Config

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


@dataclass(frozen=True, slots=True)
class Line:
    """A folder and its numbers; None where a number is not known."""

    folder: str
    cells: Sequence[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A store on the page."""

    path: str
    sha256: str
    rows: Sequence[Line]
    totals: Sequence[int | None]
    rules: Sequence[tuple[str, int]]
    rejects: Sequence[tuple[str, int]]


def write(config: Config) -> Path | None:
    """Write the page of what extract read and return where it is; None when there was no store.

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
        stores=stores, headings=[(english, japanese) for _, english, japanese in _COLUMNS]
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
    read = {name: _read(config, manifest, name) for name in ("certificate", "accounts", "files")}
    paths = {row["file_sha256"]: row["path"] for row in reversed(read["files"]) if row["status"] == "read"}
    digests = dict.fromkeys(row["file_sha256"] for row in read["certificate"])
    return [
        _certified(paths[sha256], sha256, _of(read["certificate"], sha256), _of(read["accounts"], sha256))
        for sha256 in sorted(digests, key=lambda sha256: str(paths[sha256]))
    ]


_SCHEMAS = {"certificate": schemas.CERTIFICATE, "accounts": schemas.ACCOUNTS, "files": schemas.FILES}


def _read(config: Config, manifest: store.Manifest, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.read_all(config.extracted, manifest, name, _SCHEMAS[name]).to_pylist()
    return rows


def _of(rows: Iterable[Mapping[str, Any]], sha256: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["file_sha256"] == sha256]


def _certified(
    path: str, sha256: str, rows: Sequence[Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]]
) -> Certified:
    lines = [Line(row["folder"], [row[name] for name in NUMBERS]) for row in rows]
    return Certified(
        path=path,
        sha256=sha256,
        rows=lines,
        totals=[_total([row[name] for row in rows]) for name in NUMBERS],
        rules=_counts(accounts, "excluded"),
        rejects=_counts(accounts, "rejected"),
    )


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _counts(accounts: Sequence[Mapping[str, Any]], verdict: str) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for account in accounts:
        counts[account["rule"]] += account[verdict]
    return sorted((+counts).items())
