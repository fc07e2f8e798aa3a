"""What people mended in rejected items: data/repaired/*.csv and *.xlsx of the project, taken on each run.

The files are those of `make repair`: `source_key` says which item, `edit` which of its columns are taken from the line.
So a mended item is the same item, whatever export it comes from. An empty cell of a column to edit empties the value.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas
from pipeline.clean import cell
from pipeline.clean.cleaned import Change
from pipeline.errors import SettingsError
from pipeline.transform.draft import FieldChange, Origin, Row

RULE = "repaired_by_a_person"
_NEEDED = ("source_key", "table", "edit")
_OF = {  # whose items they are
    "accounts": "contacts",
    "contacts": "contacts",
    "leads": "contacts",
    "tasks": "tasks",
    "events": "events",
    "cases": "messages",
    "emails": "messages",
}
_MOST_BYTES = 50_000_000
_WRITER, _RECIPIENT = "from", "to"  # the role of a person whose address was written into a cell
_TRUE, _FALSE = {"true", "1", "yes", "はい"}, {"false", "0", "no", "いいえ"}
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Repairs:
    """Extracted table → source_key → column → value."""

    of: Mapping[str, Mapping[str, _Values]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Digest of all repairs."""
        return hashlib.sha256(repr(self.of).encode()).hexdigest()

    @property
    def keys(self) -> frozenset[str]:
        """The source_keys of all items that were mended."""
        return frozenset(key for items in self.of.values() for key in items)

    def row(self, table: str, key: str, row: Row) -> tuple[Row, tuple[FieldChange, ...]]:
        """Return an extracted row as mended, and what that changed."""
        mended = self.of.get(table, {}).get(key)
        if mended is None:
            return row, ()
        return {**row, **mended}, tuple(
            FieldChange(name, Change(RULE, shown(row.get(name)), shown(value))) for name, value in mended.items()
        )

    def items(
        self, table: str, items: Iterable[tuple[Row, Origin]]
    ) -> tuple[list[tuple[Row, Origin]], list[tuple[Origin, FieldChange]]]:
        """Return extracted rows with their origins as mended, and what that changed."""
        whole: list[tuple[Row, Origin]] = []
        changes: list[tuple[Origin, FieldChange]] = []
        for row, origin in items:
            mended, made = self.row(table, origin.source_key, row)
            whole.append((mended, origin))
            changes += [(origin, change) for change in made]
        return whole, changes

    def table(self, name: str, table: pa.Table, keys: pa.Array) -> tuple[pa.Table, list[dict[str, object]]]:
        """Return an extracted table, whose rows have these source_keys, as mended, and rows of schemas.CHANGES."""
        known = self.of.get(name, {})
        if not known:
            return table, []
        places = pc.indices_nonzero(pc.is_in(keys, value_set=pa.array(sorted(known), pa.string()))).to_pylist()
        rows = {place: (keys[place].as_py(), table.slice(place, 1).to_pylist()[0]) for place in places}
        changes = []
        for place, (key, row) in rows.items():
            rows[place] = (key, mended := self.row(name, key, row)[0])
            changes += [_change(name, key, row, column, mended[column]) for column in known[key]]
        for column in {column for key, _ in rows.values() for column in known[key] if column in table.schema.names}:
            values = table.column(column).to_pylist()
            for place, (_, row) in rows.items():
                values[place] = row[column]
            at = table.schema.get_field_index(column)
            table = table.set_column(at, column, pa.array(values, table.schema.field(column).type))
        return table.combine_chunks(), changes


NO_REPAIRS = Repairs()


def _change(table: str, key: str, row: Row, column: str, new: object) -> dict[str, object]:
    return {
        "table": table,
        "item_id": row["item_id"],
        "source_key": key,
        "field": column,
        "old": shown(row.get(column)),
        "new": shown(new),
        "rule": RULE,
    }


def directory(project: Path) -> Path:
    """Return where a project keeps what people mended."""
    return project / "data" / "repaired"


def read(project: Path) -> Repairs:
    """Return the repairs of a project, none where there is no file; the file that comes last by name wins.

    Raises:
        SettingsError: a file cannot be read as such, or a cell does not fit its column.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(directory(project).glob("*")):
        if path.suffix.lower() in _READERS and not path.name.startswith((".", "~")):
            for line, row in _rows(path):
                table, key, values = _repair(path, line, row)
                found.setdefault(table, {}).setdefault(key, {}).update(values)
    return Repairs({table: {key: items[key] for key in sorted(items)} for table, items in sorted(found.items())})


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            raise _wrong(path, "is a link, or too large to be a file of rejects")
        rows = list(_READERS[path.suffix.lower()](path))
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise _wrong(path, f"cannot be read ({type(error).__name__})") from None
    if rows and (missing := [name for name in _NEEDED if name not in rows[0][1]]):
        raise _wrong(path, f"has no column {', '.join(missing)}")
    return iter(rows)


def _of_csv(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    return cell.rows(cell.decoded(path.read_bytes()))


def _of_xlsx(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - a fifth of a second, and seldom needed

    sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    lines = sheet.iter_rows(values_only=True)
    names = [_text(value) for value in next(lines, ())]
    for number, line in enumerate(lines, start=2):
        cells = dict(zip(names, (_text(value) for value in (*line, *[None] * len(names))), strict=False))
        if any(cells.values()):
            yield number, cells


_READERS = {".csv": _of_csv, ".xlsx": _of_xlsx}


def _text(value: object) -> str:
    """Return what a cell of a spreadsheet says: a date that was typed as it is written here, a number as its digits."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value == datetime.combine(value, datetime.min.time()) else str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else cell.plain(str(value).strip())


def _repair(path: Path, line: int, row: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
    table = _OF.get(row["table"], "")
    if not table or not row["source_key"]:
        raise _wrong(path, f"line {line}: '{row['table']}' is no table with items, or the source_key is missing")
    schema = schemas.EXTRACTED[table]
    values = {}
    for name in row["edit"].split():
        if name not in schema.names or name not in row or not is_editable(schema.field(name).type):
            raise _wrong(path, f"line {line}: there is no column {name} that can be edited")
        try:
            values[name] = of_cell(row[name], schema.field(name).type)
        except ValueError:
            raise _wrong(path, f"line {line}: '{row[name]}' does not fit the column {name}") from None
    return table, row["source_key"], values


def is_editable(kind: pa.DataType) -> bool:
    """Return whether a column of this type can stand in a cell; people stand there by their addresses."""
    if pa.types.is_list(kind):
        return kind.value_type in {schemas.TEXT, schemas.PERSON}
    return kind == schemas.PERSON or not (pa.types.is_struct(kind) or pa.types.is_binary(kind))


def of_cell(text: str, kind: pa.DataType) -> Any:  # noqa: ANN401 - of the column's type
    """Return the value that a cell stands for; "" is none.

    Raises:
        ValueError: it does not fit the type.
    """
    if not text:
        return None
    if kind == schemas.PERSON:
        return _person(_WRITER, text)
    if pa.types.is_list(kind):
        parts = [part.strip() for part in text.split(";") if part.strip()]
        return [_person(_RECIPIENT, part) for part in parts] if kind.value_type == schemas.PERSON else parts
    if pa.types.is_boolean(kind):
        return _truth(text)
    if pa.types.is_temporal(kind):
        return _time(text.replace("/", "-"), kind)
    return _number(text, kind)


def _person(role: str, address: str) -> dict[str, str | None]:
    return {**dict.fromkeys(field.name for field in schemas.PERSON), "role": role, "email": address}


def _number(text: str, kind: pa.DataType) -> int | float | str:
    if pa.types.is_integer(kind):
        return int(text)
    return float(text) if pa.types.is_floating(kind) else text


def _time(text: str, kind: pa.DataType) -> date:
    """Return a day, an instant (in UTC where it names no zone), or a time on the clock of the mailbox."""
    if pa.types.is_date(kind):
        return date.fromisoformat(text)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if kind.tz and found.tzinfo else found.replace(tzinfo=UTC if kind.tz else None)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def shown(value: object) -> str | None:
    """Return a value as a cell shows it, None for none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(text for one in value if (text := shown(one))) or None
    if isinstance(value, Mapping):
        return shown(value["email"] or value["address"])
    return value.isoformat() if isinstance(value, date) else str(value)


def _wrong(path: Path, what: str) -> SettingsError:
    return SettingsError(
        f"{path}: {what}.", "Mend that file, or make a new one with make repair; see data/README.md for what it needs."
    )
