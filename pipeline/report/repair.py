"""Rejected items as a CSV and as a workbook for a person to mend: what `make transform` then takes from data/repaired.

Each line is an item: who it is and what is wrong, `edit` names the columns to mend, which stand filled beside it. Cells
that a spreadsheet would change or run are guarded (`clean.cell`), in both files alike.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from pipeline import schemas, store
from pipeline.clean import cell
from pipeline.config import Config
from pipeline.store import Manifest
from pipeline.targets import EMAILS, TARGETS, Target, chosen

_FRAME = ("source_key", "table", "rule", "reason", "edit")
_SHOWN = {
    "contacts": ("surname", "given_name", "email1", "company"),
    **dict.fromkeys(("tasks", "events", "messages"), ("subject",)),
}
_LOCAL = {"start_at": "start_local", "end_at": "end_local"}  # of a CSV: times on the wall clock
_OF = {
    "accounts": "contacts",
    "contacts": "contacts",
    "leads": "contacts",
    "tasks": "tasks",
    "events": "events",
    "cases": "messages",
    "emails": "messages",
}
_WIDTH = 24
_Row = Mapping[str, str | None]


def directory(config: Config) -> Path:
    """Return where the files are written."""
    return config.work / "repair"


def write(config: Config) -> tuple[list[Path], int]:
    """Write the items that transform rejected; return the files, none for none, and how many items there are.

    Raises:
        StageError: transform did not run, or extract ran again since.
        StorageError: the file system refuses.
    """
    manifest = Manifest.of(config.transformed)
    rows = sorted(_rows(config, manifest), key=lambda row: (row["table"] or "", row["source_key"] or ""))
    paths = [directory(config) / "rejects.csv", directory(config) / "rejects.xlsx"]
    with store.writing(paths[0]):
        for path in paths:
            path.unlink(missing_ok=True)
        if not rows:
            return [], 0
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        header = _header(rows)
        lines = [[cell.guarded(row.get(name)) for name in header] for row in rows]
        _write_csv(paths[0], header, lines)
        _write_workbook(paths[1], header, lines)
    return paths, len(rows)


def _rows(config: Config, manifest: Manifest) -> Iterator[_Row]:
    rejects = store.read_all(config.transformed, manifest, "rejects", schemas.REJECTS).to_pylist()
    files = store.read_all(config.extracted, Manifest.of(config.extracted), "files", schemas.FILES)
    paths = dict(zip(files.column("file_sha256").to_pylist(), files.column("path").to_pylist(), strict=True))
    targets = {target.table: target for target in (*chosen(config, TARGETS), EMAILS)}
    by_item: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for reject in rejects:
        if reject["source_key"] and reject["table"] in _OF:
            by_item.setdefault((reject["table"], reject["item_id"]), []).append(reject)
    items = _items(config, by_item)
    for (table, item_id), found in by_item.items():
        item = items.get((_OF[table], item_id))
        if item is None:  # a lead that was made of an address on a message: there is no row to mend
            continue
        place = f"{paths.get(found[0]['file_sha256'], '')} {found[0]['folder'] or ''} {found[0]['position']}"
        yield _row(targets[table], found, item, " ".join(place.split()))


def _items(config: Config, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the extracted rows of items, by table and item_id."""
    ids: dict[str, list[str]] = {}
    for table, item_id in wanted:
        ids.setdefault(_OF[table], []).append(item_id)
    manifest = Manifest.of(config.extracted)
    found = {}
    for table, listed in ids.items():
        for path in store.parts(config.extracted, manifest, table):
            whole = store.read(path, schemas.EXTRACTED[table])
            rows = whole.filter(pc.is_in(whole.column("item_id"), value_set=pa.array(listed)))
            found.update({(table, row["item_id"]): row for row in rows.to_pylist()})
    return found


def _row(target: Target, rejects: Sequence[Mapping[str, Any]], item: Mapping[str, Any], place: str) -> _Row:
    """Return the line of an item: the columns to mend are the sources of the fields at fault."""
    fields = {name for reject in rejects for name in reject["field"].split(", ")}
    sources = [field.source for field in target.fields if field.api_name in fields and field.source in item]
    edit = [_LOCAL[name] if _is_local(name, item) else name for name in dict.fromkeys(sources)]
    return {
        "source_key": rejects[0]["source_key"],
        "table": target.table,
        "rule": ", ".join(dict.fromkeys(reject["rule"] for reject in rejects)),
        "reason": "; ".join(dict.fromkeys(reject["reason"] for reject in rejects)),
        "edit": " ".join(edit),
        **{name: shown(item[name]) for name in edit},
        **{f"({name})": shown(item[name]) for name in _SHOWN[_OF[target.table]]},
        "(where)": place,
    }


def _is_local(name: str, item: Mapping[str, Any]) -> bool:
    return name in _LOCAL and item[name] is None and item[_LOCAL[name]] is not None


def shown(value: object) -> str | None:
    """Return a value as a cell shows it, None for none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return shown(value["email"] or value["address"])
    return "; ".join(shown(one) or "" for one in value) if isinstance(value, list) else str(value)


def _header(rows: Iterable[_Row]) -> list[str]:
    """Return the columns: the frame, what is to be mended, what is only shown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    mended = [name for name in names if name not in _FRAME and not name.startswith("(")]
    return [*_FRAME, *mended, *(name for name in names if name.startswith("("))]


def _write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)


def _write_workbook(path: Path, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Write a sheet whose every cell is text, so that nothing is taken for a number or a date when it is edited."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("rejects")
    sheet.freeze_panes = "A2"
    for number in range(len(header)):
        sheet.column_dimensions[_letters(number)].width = _WIDTH
    for line in (header, *lines):
        cells = [WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)) for text in line]
        for one in cells:
            one.number_format = "@"
        sheet.append(cells)
    book.save(path)


def _letters(number: int) -> str:
    """Return the name of a column, counted from 0."""
    head, tail = divmod(number, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + tail)
