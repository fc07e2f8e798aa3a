"""Contacts out of a CSV in bulk: whole columns of text at once, for files that are CSV to the letter (RFC 4180).

A file with a stray quote, a ragged row, an empty line, or bytes that are no text takes the long way of `outlook_csv`;
for all others both give the same.
"""

import mmap
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from pipeline import schemas
from pipeline.clean import texts
from pipeline.extract import csv_values
from pipeline.extract.csv_dates import LAST_BIRTH_YEAR, LAST_YEAR, Calendar
from pipeline.extract.csv_language import Header, words
from pipeline.extract.csv_tables import CLASSES, contact_key
from pipeline.extract.csv_text import utf8_blocks

_BLOCK = 1 << 24  # bytes that are parsed, or looked at, in one go; no row may be longer
UTF8 = {"utf-8", "utf-8-sig"}
_UTF8_BOM = b"\xef\xbb\xbf"
_EMAILS = ("email1", "email2", "email3")
_KEY = ("email1", "surname", "given_name", "company", "display_name")
_NOT_TEXT = {"item_id", "raw_key", "file_sha256", "folder", "position", "message_class"}
Byte = npt.NDArray[np.uint8]
Result = TypeVar("Result")


class NotInBulkError(Exception):
    """The file is one for the long way."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole rows of a file that are looked at in one go: where they start and end, and the number of the first row."""

    start: int
    end: int
    first: int


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of one span: their table, how many are blank, how many have a value per column of the header."""

    table: pa.Table
    blank: int
    counts: Counter[int]


@dataclass(frozen=True, slots=True)
class File:
    """A CSV as UTF-8 bytes, its header, its rows in spans, and on how many threads they are looked at."""

    data: bytes | memoryview
    header: Header
    spans: tuple[Span, ...]
    threads: int = 1

    def places(self, target: str) -> list[int]:
        """Return the numbers of the columns of a target, in the order of the language file."""
        found = [
            (column.rank, place)
            for place, column in enumerate(self.header.columns)
            if column.verdict == "used" and column.target == target
        ]
        return [place for _, place in sorted(found)]

    def cells(self, targets: Sequence[str]) -> dict[str, set[str]]:
        """Return every different cell of the columns of some targets.

        Raises:
            NotInBulkError: the file is one for the long way.
        """
        places = {target: self.places(target) for target in targets}
        wanted = sorted({str(place) for found in places.values() for place in found})
        cells: dict[str, set[str]] = {target: set() for target in targets}
        for found in self.each(partial(self._unique, wanted)) if wanted else ():
            for target, of in places.items():
                for place in of:
                    cells[target].update(found[str(place)].to_pylist())
        return cells

    def _unique(self, wanted: list[str], span: Span) -> dict[str, pa.Array]:
        batch = self.rows(span, wanted)
        return {name: pc.unique(batch.column(name)) for name in wanted}

    def each(self, function: Callable[[Span], Result]) -> Iterator[Result]:
        """Yield `function(span)` for every span, in order, not more of them at once than there are threads.

        Raises:
            NotInBulkError: the file is one for the long way.
        """
        if self.threads <= 1 or len(self.spans) <= 1:
            yield from map(function, self.spans)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: deque[Future[Result]] = deque()
            for span in self.spans:
                if len(waiting) == self.threads:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(function, span))
            while waiting:
                yield waiting.popleft().result()

    def rows(self, span: Span, columns: list[str]) -> pa.RecordBatch:
        """Return the rows of a span, columns named by their numbers.

        Raises:
            NotInBulkError: the file is one for the long way.
        """
        names = [str(place) for place in range(len(self.header.columns))]
        try:
            found = csv.read_csv(
                pa.BufferReader(pa.py_buffer(memoryview(self.data)[span.start : span.end])),
                csv.ReadOptions(use_threads=False, block_size=span.end - span.start + 1, column_names=names),
                csv.ParseOptions(delimiter=self.header.delimiter, newlines_in_values=True, ignore_empty_lines=False),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, include_columns=columns
                ),
            )
        except pa.ArrowInvalid as error:
            raise NotInBulkError from error
        return pa.RecordBatch.from_arrays([_whole(found.column(name)) for name in columns], columns)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def contents(path: Path) -> bytes | memoryview:
    """Return the bytes of a file, of a large one without holding them all.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= _BLOCK:
            return file.read()
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def in_utf8(data: bytes | memoryview, encoding: str, scratch: Path | None) -> bytes | memoryview:
    """Return a file as UTF-8; a large one by way of the directory `scratch`, so that it is never held whole.

    Raises:
        NotInBulkError: the file has bytes that are no text in its encoding.
        OSError: the copy cannot be written.
    """
    if encoding in UTF8:
        return data
    try:
        if scratch is None or len(data) <= _BLOCK:
            return b"".join(utf8_blocks(data, encoding))
        scratch.mkdir(parents=True, exist_ok=True)
        copy = scratch / "text.csv"
        with copy.open("wb") as file:
            file.writelines(utf8_blocks(data, encoding))
        found = contents(copy)
        copy.unlink()  # what is mapped stays as long as it is needed
    except UnicodeDecodeError:
        raise NotInBulkError from None
    return found


def opened(data: bytes | memoryview, encoding: str, header: Header, threads: int = 1) -> File:
    """Return a CSV of contacts that can be read in bulk.

    Raises:
        NotInBulkError: the file is one for the long way.
    """
    if header.kind != "contacts" or encoding not in UTF8 or data[-1:] == b"\x1a":
        raise NotInBulkError
    return File(data, header, tuple(_spans(np.frombuffer(data, np.uint8), ord(header.delimiter))), threads)


def _spans(data: Byte, delimiter: int) -> Iterator[Span]:
    """Yield the rows behind the header in spans of about a block.

    Raises:
        NotInBulkError: a quotation mark neither opens a cell nor closes one nor is doubled inside one, a line ends
            otherwise than others, there are NUL bytes, or a row is longer than a block.
    """
    ends: list[tuple[int, int]] = []  # of the last row of each block: where it ends, how many rows end before or there
    quotes = rows = 0
    header = 0
    for start in range(0, len(data), _BLOCK):
        marks, breaks = _looked_at(data, start, delimiter, quotes)
        quotes += marks
        if not len(breaks):
            continue
        header = header or int(breaks[0])
        rows += len(breaks)
        ends.append((int(breaks[-1]), rows))
    if quotes % 2 or not header:
        raise NotInBulkError
    if ends[-1][0] < len(data):
        ends.append((len(data), rows + 1))
    begin, before = header, 1
    for end, count in ends:
        if end - begin > 2 * _BLOCK:
            raise NotInBulkError
        if end > begin:
            yield Span(begin, end, before)
        begin, before = end, count


def _looked_at(data: Byte, start: int, delimiter: int, before: int) -> tuple[int, npt.NDArray[np.int64]]:
    """Return how many quotation marks a block has, and where each row that ends in it does; `before`: marks."""
    block = data[start : start + _BLOCK]
    quotes = np.flatnonzero(block == ord('"')) + start
    is_opening = (np.arange(len(quotes)) + before) % 2 == 0
    returns = np.flatnonzero(block == ord("\r")) + start + 1
    breaks = np.flatnonzero(block == ord("\n")) + start
    is_strict = (
        _are(data, np.where(is_opening, quotes - 1, quotes + 1), [delimiter, *b'\r\n"'])
        and block.all()
        and (not len(returns) or (returns[-1] < len(data) and bool((data[returns] == ord("\n")).all())))
    )
    if not is_strict:
        raise NotInBulkError
    is_inside = (np.searchsorted(quotes, breaks) + before) % 2 == 1
    return len(quotes), breaks[~is_inside] + 1


def _are(data: Byte, places: npt.NDArray[np.int64], wanted: list[int]) -> bool:
    """Return whether each of some places holds one of some bytes, or is before or behind the data."""
    is_out = (places < 0) | (places >= len(data)) | ((places == len(_UTF8_BOM) - 1) & _has_mark(data))
    return bool((is_out | np.isin(data[np.where(is_out, 0, places)], wanted)).all())


def _has_mark(data: Byte) -> bool:
    return data[: len(_UTF8_BOM)].tobytes() == _UTF8_BOM


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
        self._cells = {place: column for place, column in enumerate(batch.columns) if _has_bytes(column)}
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
        self._left: list[tuple[str, npt.NDArray[np.int64], pa.Array]] = []
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
        for email in _EMAILS:
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
            self._left.append((self.file.header.columns[place].source, at, self._cells[place].take(pa.array(at))))

    def _leftovers(self) -> None:
        """Write what has no column of its own below the notes."""
        if not self._left:
            return
        lines: dict[int, list[str]] = {}
        for source, rows, cells in self._left:
            for row, cell in zip(rows.tolist(), cells.to_pylist(), strict=True):
                lines.setdefault(row, []).append(f"{source}: {cell.strip()}")
        notes = self.values.get("notes", self._nulls)
        left = sorted(lines)
        before = notes.take(pa.array(left)).to_pylist()
        below = ["\n".join([*([text] if text else []), *lines[row]]) for row, text in zip(left, before, strict=True)]
        mask = np.zeros(len(self.positions), np.bool_)
        mask[left] = True
        self.values["notes"] = pc.replace_with_mask(notes, pa.array(mask), pa.array(below, pa.string()))

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


def _has_bytes(column: pa.Array) -> bool:
    return bool(pc.sum(pc.binary_length(column)).as_py())
