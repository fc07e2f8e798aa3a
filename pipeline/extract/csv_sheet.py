"""The data rows of one CSV as columns of raw cells, and what is noted about a row on the way to its table."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from pipeline.extract.content import item_id
from pipeline.extract.csv_language import Header

Cells = Sequence[str]
LEFTOVERS = "leftovers"
Leftover = Mapping[str, str]  # schemas.LEFTOVER


def written(cells: Cells, header: Header) -> str:
    """Return the cells of one row as the CSV they came from."""
    line = io.StringIO()
    csv.writer(line, delimiter=header.delimiter).writerow(cells)
    return line.getvalue()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows that could be split: `cells` by column of the header, `positions` the number of each row in the file."""

    header: Header
    positions: tuple[int, ...]
    cells: tuple[Cells, ...]

    def of(self, target: str) -> list[tuple[str, Cells]]:
        """Return header and cells of every column of a target, in the order of the language file."""
        found = [
            (column.rank, column.source, cells)
            for column, cells in zip(self.header.columns, self.cells, strict=True)
            if column.verdict == "used" and column.target == target
        ]
        return [(source, cells) for _, source, cells in sorted(found, key=lambda entry: entry[0])]

    def raw(self, target: str) -> Cells:
        """Return the cells of the first column of a target; "" where there is none."""
        columns = self.of(target)
        return columns[0][1] if columns else [""] * len(self.positions)

    def written(self, row: int) -> str:
        """Return a row as the CSV it came from."""
        return written([cells[row] for cells in self.cells], self.header)

    def where(self, keep: Sequence[bool]) -> "Sheet":
        """Return only the rows that are to be kept."""
        if all(keep):
            return self
        kept = [row for row, wanted in enumerate(keep) if wanted]
        return replace(
            self,
            positions=tuple(self.positions[row] for row in kept),
            cells=tuple([cells[row] for row in kept] for cells in self.cells),
        )


@dataclass(slots=True)
class Draft:
    """A table in the making: columns of values, and the raw cells of each row that have no column of their own.

    Those are shown below its notes or body as "<header>: <cell>", and listed, so that nothing is lost silently.
    """

    sheet: Sheet
    values: dict[str, Sequence[Any]] = field(default_factory=dict)
    leftovers: dict[int, list[Leftover]] = field(default_factory=dict)

    def leave(self, row: int, target: str, source: str, cell: str) -> None:
        """Keep a raw cell that no column holds."""
        left = {"column": target, "header": source, "cell": cell.strip()}
        self.leftovers.setdefault(row, []).append(left)

    def put(
        self,
        target: str,
        value_of: Callable[[str], Any],
        *,
        of: str = "",
        is_blank: Callable[[str], bool] | None = None,
    ) -> None:
        """Fill a column from the cells of target `of` (itself); each different cell is looked at once.

        A cell that has no value although it is not blank (by `is_blank`; whatever is not space) is left over.
        """
        found = self.chosen(of or target)
        if found is None or not any(found[1]):
            return
        source, cells = found
        meanings = {cell: value_of(cell) for cell in set(cells)}
        self.values[target] = [meanings[cell] for cell in cells]
        lost = {cell for cell, value in meanings.items() if value is None and cell.strip()}
        lost = {cell for cell in lost if not (is_blank and is_blank(cell))}
        for row, cell in enumerate(cells) if lost else ():
            if cell in lost:
                self.leave(row, of or target, source, cell)

    def chosen(self, target: str) -> tuple[str, Cells] | None:
        """Return header and cells of a target; of several columns the first filled; the others are left over."""
        columns = self.sheet.of(target)
        if len(columns) <= 1:
            return columns[0] if columns else None
        cells = list(columns[0][1])
        for source, further in columns[1:]:
            for row, cell in enumerate(further):
                if not cells[row].strip():
                    cells[row] = cell
                elif cell.strip() and cell.strip() != cells[row].strip():
                    self.leave(row, target, source, cell)
        return columns[0][0], cells

    def table(self, schema: pa.Schema, notes: str) -> pa.Table:
        """Return the finished table; leftovers go below the text of column `notes`."""
        count = len(self.sheet.positions)
        self.values[notes] = _below(self.values.get(notes) or [None] * count, self.leftovers)
        if self.leftovers:
            self.values[LEFTOVERS] = [self.leftovers.get(row) for row in range(count)]
        arrays = [
            pa.array(self.values[column.name], column.type)
            if column.name in self.values
            else pa.nulls(count, column.type)
            for column in schema
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


def _below(texts: Sequence[str | None], leftovers: Mapping[int, Iterable[Leftover]]) -> Sequence[str | None]:
    if not leftovers:
        return texts
    filled = list(texts)
    for row, left in leftovers.items():
        filled[row] = below(filled[row], left)
    return filled


def below(text: str | None, left: Iterable[Leftover]) -> str:
    """Return a text with cells that no column holds below it."""
    return "\n".join([*([text] if text else []), *(f"{one['header']}: {one['cell']}" for one in left)])


def identity(draft: Draft, file_sha256: str, message_class: str) -> None:
    """Fill the columns that say where the items were read."""
    positions = draft.sheet.positions
    draft.values |= {
        "item_id": [item_id(file_sha256, "r", position) for position in positions],
        "file_sha256": [file_sha256] * len(positions),
        "folder": [""] * len(positions),
        "position": positions,
        "message_class": [message_class] * len(positions),
    }
