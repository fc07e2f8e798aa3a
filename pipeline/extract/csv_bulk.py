"""Contacts out of a CSV in bulk: whole columns of text at once, for files that are CSV to the letter (RFC 4180).

A file with a stray quote, a ragged row, an empty line, or bytes that are no text takes the long way of `outlook_csv`;
for all others both give the same.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas
from pipeline.clean import texts
from pipeline.extract import csv_values
from pipeline.extract.csv_blocks import File, NotInBulkError, Span, has_bytes
from pipeline.extract.csv_dates import LAST_BIRTH_YEAR, LAST_YEAR, Calendar
from pipeline.extract.csv_language import words
from pipeline.extract.csv_sheet import LEFTOVERS, Leftover, below
from pipeline.extract.csv_tables import CLASSES, EMAILS, contact_key

_KEY = ("email1", "surname", "given_name", "company", "display_name")
_NOT_TEXT = {"item_id", "raw_key", "file_sha256", "folder", "position", "message_class"}


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of one span: their table, how many are blank, how many have a value per column of the header."""

    table: pa.Table
    blank: int
    counts: Counter[int]


def read(file: File, calendar: Calendar, file_sha256: str, filled: set[str], span: Span) -> Read:
    """Return CONTACTS of one span; `filled`: the e-mail columns that have a cell anywhere in the file.

    Raises:
        NotInBulkError: the file is one for the long way.
    """
    batch = file.rows(span, [str(place) for place in range(len(file.header.columns))])
    block = _Block(file, batch, calendar, span.first)
    return Read(block.table(file_sha256, filled), batch.num_rows - len(block.positions), block.counts)


class _Block:
    """The rows of one block on their way to a table."""

    def __init__(self, file: File, batch: pa.RecordBatch, calendar: Calendar, first: int) -> None:
        self.file, self.calendar = file, calendar
        self._cells = {place: column for place, column in enumerate(batch.columns) if has_bytes(column)}
        trimmed = {place: pc.utf8_trim_whitespace(column) for place, column in self._cells.items()}
        is_row = np.zeros(batch.num_rows, np.bool_)
        for column in trimmed.values():
            is_row |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
        positions = np.arange(first, first + batch.num_rows)
        if not is_row.all():
            kept = pa.array(is_row)
            positions = positions[is_row]
            self._cells = {place: column.filter(kept) for place, column in self._cells.items()}
            trimmed = {place: column.filter(kept) for place, column in trimmed.items()}
        self.positions = pa.array(positions)
        self.texts = {place: pc.if_else(pc.equal(column, ""), None, column) for place, column in trimmed.items()}
        self.counts = Counter({place: len(column) - column.null_count for place, column in self.texts.items()})
        self.values: dict[str, pa.Array] = {}
        self._left: list[tuple[int, npt.NDArray[np.int64], pa.Array]] = []
        self._nulls = pa.nulls(len(positions), pa.string())

    def table(self, file_sha256: str, filled: set[str]) -> pa.Table:
        """Return CONTACTS of this block; the order of steps is that of csv_tables.contacts."""
        count = len(self.positions)
        self._identity(file_sha256)
        for place in ("business", "home", "other"):
            self._street(place)
        self._date("birthday_date", LAST_BIRTH_YEAR)
        self._date("anniversary_date", LAST_YEAR)
        language = self.file.header.language
        self._put("categories", partial(csv_values.items, separators=";,"))
        for name in ("sensitivity", "importance"):
            self._put(name, partial(csv_values.word, words=words(language, name)))
        self._put("is_private", partial(csv_values.boolean, words=words(language, "boolean")))
        self._put("gender", partial(csv_values.word, words=words(language, "gender")), is_blank=lambda _: True)
        for one in schemas.CONTACTS:
            if one.type == schemas.TEXT and one.name not in self.values and one.name not in _NOT_TEXT:
                place_ = self._only(one.name)
                if place_ is not None:
                    self.values[one.name] = self.texts[place_]
        for email in EMAILS:
            self._address_type(email, is_filled=email in filled)
        self._leftovers()
        arrays = [self._array(one, count) for one in schemas.CONTACTS]
        return pa.Table.from_arrays(arrays, schema=schemas.CONTACTS)

    def _array(self, one: pa.Field, count: int) -> pa.Array:
        if one.name in self.values:
            return self.values[one.name].cast(one.type)
        return self._nulls if one.type == schemas.TEXT else pa.nulls(count, one.type)

    def _only(self, target: str) -> int | None:
        """Return the one column of a target that has a value in this block, None where there is none."""
        places = self.file.places(target)
        if len(places) > 1:
            raise NotInBulkError
        return places[0] if places and places[0] in self.texts else None

    def _identity(self, file_sha256: str) -> None:
        count = len(self.positions)
        numbers = self.positions.cast(pa.string())
        self.values |= {
            "item_id": pc.binary_join_element_wise(f"{file_sha256[:16]}:r", numbers, ""),
            "raw_key": self._keys(),
            "file_sha256": pa.array([file_sha256] * count, pa.string()),
            "folder": pa.array([""] * count, pa.string()),
            "position": self.positions,
            "message_class": pa.array([CLASSES["contacts"]] * count, pa.string()),
        }

    def _raw(self, place: int | None) -> pa.Array:
        """Return the cells of a column as they stand."""
        if place is None or place not in self._cells:
            return pa.array([""] * len(self.positions), pa.string())
        return self._cells[place]

    def _keys(self) -> pa.Array:
        """Return raw_key of every row, as csv_tables makes it."""
        first = [places[0] if (places := self.file.places(target)) else None for target in _KEY]
        raws = [self._raw(place) for place in first]
        usual = pc.binary_join_element_wise('["csv-contact"', *(texts.quoted(raw) for raw in raws), ", ")
        usual = pc.binary_join_element_wise(usual, "]", "")
        odd = np.ones(len(self.positions), np.bool_)
        for place in first:
            if place in self.texts:
                odd &= pc.is_null(self.texts[place]).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(odd)
        if not len(rows):
            return usual
        at = pa.array(rows)
        whole = [self._raw(place).take(at).to_pylist() for place in range(len(self.file.header.columns))]
        parts = [raw.take(at).to_pylist() for raw in raws]
        exact = [contact_key([p[n] for p in parts], [w[n] for w in whole]) for n in range(len(rows))]
        return pc.replace_with_mask(usual, pa.array(odd), pa.array(exact, pa.string()))

    def _street(self, kind: str) -> None:
        lines = self.file.places(f"{kind}_street")
        whole = self.file.places(f"{kind}_address")
        if not lines and not whole:
            return
        joined = self._nulls
        filled = [self.texts[place] for place in lines if place in self.texts]
        if filled:
            first = pa.array([""] * len(self.positions), pa.string())
            text = pc.binary_join_element_wise(first, *filled, "\n", null_handling="skip")
            joined = pc.utf8_slice_codeunits(text, start=1)
            joined = pc.if_else(pc.equal(joined, ""), None, joined)
        for place in whole:
            if place in self.texts:
                left = pc.and_(pc.is_valid(joined), pc.is_valid(self.texts[place]))
                self._leave(place, left.to_numpy(zero_copy_only=False))
                joined = pc.coalesce(joined, self.texts[place])
        self.values[f"{kind}_street"] = joined

    def _date(self, target: str, last_year: int) -> None:
        self._put(target, partial(self.calendar.date, last_year=last_year), is_blank=self.calendar.is_blank)

    def _put(
        self, target: str, value_of: Callable[[str], Any], *, is_blank: Callable[[str], bool] | None = None
    ) -> None:
        """Fill a column; each different cell is looked at once, and one without a meaning is left over."""
        place = self._only(target)
        if place is None:
            return
        encoded = pc.dictionary_encode(self._cells[place])
        cells = encoded.dictionary.to_pylist()
        meanings = [value_of(cell) for cell in cells]
        self.values[target] = pa.array(meanings, schemas.CONTACTS.field(target).type).take(encoded.indices)
        lost = [
            value is None and bool(cell.strip()) and not (is_blank and is_blank(cell))
            for cell, value in zip(cells, meanings, strict=True)
        ]
        if any(lost):
            self._leave(place, np.array(lost)[encoded.indices.to_numpy()])

    def _leave(self, place: int, rows: npt.NDArray[np.bool_]) -> None:
        at = np.flatnonzero(rows)
        if len(at):
            self._left.append((place, at, self._cells[place].take(pa.array(at))))

    def _leftovers(self) -> None:
        """Write what has no column of its own below the notes."""
        if not self._left:
            return
        found: dict[int, list[Leftover]] = {}
        for place, rows, cells in self._left:
            named = self.file.header.columns[place]
            for row, cell in zip(rows.tolist(), cells.to_pylist(), strict=True):
                left = {"column": named.target, "header": named.source, "cell": cell.strip()}
                found.setdefault(row, []).append(left)
        notes = self.values.get("notes", self._nulls)
        rows_ = sorted(found)
        before = notes.take(pa.array(rows_)).to_pylist()
        texts_ = [below(text, found[row]) for row, text in zip(rows_, before, strict=True)]
        mask = np.zeros(len(self.positions), np.bool_)
        mask[rows_] = True
        self.values["notes"] = pc.replace_with_mask(notes, pa.array(mask), pa.array(texts_, pa.string()))
        of_rows = [found.get(row) for row in range(len(self.positions))]
        self.values[LEFTOVERS] = pa.array(of_rows, schemas.CONTACTS.field(LEFTOVERS).type)

    def _address_type(self, email: str, *, is_filled: bool) -> None:
        if not is_filled:
            return
        addresses = self.values.get(email, self._nulls)
        stated = self.values.get(f"{email}_type", self._nulls)
        usual = pc.if_else(pc.is_valid(addresses), pc.utf8_upper(stated), None)
        bare = pc.and_(pc.is_valid(addresses), pc.is_null(stated))
        if pc.any(bare).as_py():
            exact = [csv_values.address_type(one, None) for one in addresses.filter(bare).to_pylist()]
            usual = pc.replace_with_mask(usual, bare, pa.array(exact, pa.string()))
        self.values[f"{email}_type"] = usual
