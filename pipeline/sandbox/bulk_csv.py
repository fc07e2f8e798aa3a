"""The CSV inside an uploaded zip (zoho-api 2.2)."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.files import MOST_BYTES
from pipeline.sandbox.switches import Positions

MOST_COLUMNS = 200
_DELIMITERS = ",;:|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open CSV: its header, and its rows still to be read."""

    header: Sequence[str]
    rows: Iterator[list[str]]


def member(path: Path, file_names: Sequence[str], switches: Positions) -> str:
    """Return the name of the CSV in the zip that a job means.

    Raises:
        Refusal: FILE_NOT_FOUND, FILE_NOT_SUPPORTED, or the CSV is above 25 MB (2.2, 2.3).
    """
    with zipfile.ZipFile(path) as archive:
        inside = [info.filename for info in archive.infolist() if not info.is_dir()]
        wanted = file_names[0] if file_names else (inside[0] if len(inside) == 1 else "")
        if wanted not in inside:
            raise Refusal(400, "FILE_NOT_FOUND", f"file {wanted} is not found in the zip")
        if not wanted.lower().endswith(".csv"):
            raise Refusal(400, "FILE_NOT_SUPPORTED", "only csv files are supported")
        limit = MOST_BYTES if switches.is_at("csv_size", "limited") else MOST_BYTES * 40
        if archive.getinfo(wanted).file_size > limit:
            raise Refusal(400, "INVALID_DATA", "Import file size should be less than 25 mb.")
    return wanted


@contextmanager
def opened(path: Path, name: str, encoding: str, switches: Positions) -> Iterator[Sheet]:
    """Open the CSV `name` of a zip; the delimiter is found in the header (2.2, H).

    Raises:
        Refusal: the file has no header, or is not text in that encoding.
    """
    with zipfile.ZipFile(path) as archive, archive.open(name) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, newline="")
        first = _first_line(text)
        if switches.is_at("csv_bom", "dropped"):
            first = first.removeprefix("\ufeff")
        if not first.strip():
            raise Refusal(400, "INVALID_DATA", "the file has no header")
        delimiter = max(_DELIMITERS, key=first.count)
        header = next(_parsed([first], delimiter))
        yield Sheet(header, _rows(text, delimiter, switches))


def _first_line(text: io.TextIOWrapper) -> str:
    try:
        return text.readline()
    except UnicodeDecodeError:
        raise Refusal(400, "INVALID_FORMAT", "the file is not in the given character encoding") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise Refusal(400, "INVALID_FILE_FORMAT", "the zip is damaged") from None


def _rows(text: io.TextIOWrapper, delimiter: str, switches: Positions) -> Iterator[list[str]]:
    if switches.is_at("csv_newlines", "kept"):
        rows = _parsed(text, delimiter)
    else:
        rows = (next(_parsed([line], delimiter), []) for line in text)
    return (row for row in rows if row)


def _parsed(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    return iter(csv.reader(lines, delimiter=delimiter))
