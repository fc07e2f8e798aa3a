"""A CSV that is one to the letter (RFC 4180), as UTF-8, in spans of whole rows, found block by block from its bytes."""

import mmap
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from pipeline.extract.csv_language import Header
from pipeline.extract.csv_text import utf8_blocks

_BLOCK = 1 << 24  # bytes that are parsed, or looked at, in one go; no row may be longer
UTF8 = {"utf-8", "utf-8-sig"}
_UTF8_BOM = b"\xef\xbb\xbf"
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

    def cells(self, targets: Sequence[str], others: Sequence[str] = ()) -> tuple[set[str], set[str]]:
        """Return every different cell of the columns of some targets, and those of `others` that have any cell.

        Raises:
            NotInBulkError: the file is one for the long way.
        """
        listed = {str(place) for target in targets for place in self.places(target)}
        named = {str(place): target for target in others for place in self.places(target)}
        cells, filled = set[str](), set[str]()
        for unique, there in self.each(partial(self._seen, listed, set(named))) if listed or named else ():
            cells.update(unique)
            filled.update(named[name] for name in there)
        return cells, filled

    def _seen(self, listed: set[str], named: set[str], span: Span) -> tuple[set[str], list[str]]:
        batch = self.rows(span, sorted(listed | named))
        unique = (pc.unique(batch.column(name)).to_pylist() for name in listed)
        return {cell for found in unique for cell in found}, [name for name in named if has_bytes(batch.column(name))]

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


def has_bytes(column: pa.Array) -> bool:
    """Return whether any cell of a column is not empty."""
    return bool(pc.sum(pc.binary_length(column)).as_py())


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
