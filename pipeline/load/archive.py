"""CSV and zip, both ways: the same bytes for the same rows, and nothing decoded without a cap.

Format: reference/zoho-api.md 2.2, addendum section 1 e: commas, LF, minimal quotes, UTF-8 without BOM.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from pipeline.errors import TargetError

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the bytes do not depend on the clock
_MOST_ENTRIES = 10
_LONGEST_CELL = 131_072  # characters; Zoho's longest field has 50,000: a longer cell is a quote that never closes
_MOST_BYTES = 1 << 30
_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 22
_FETCHES = 3  # downloads are rationed: ten a minute (3.6)


def encode_csv(header: Sequence[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def encode_zip(name: str, content: bytes) -> bytes:
    """Return a zip of one file."""
    buffer = io.BytesIO()
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # the same on every platform
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, content, compresslevel=6)
    return buffer.getvalue()


def fetched(download: Callable[[str], bytes], url: str) -> pa.Table:
    """Return the rows of a result file as columns of text, fetched anew where what came is damaged.

    Raises:
        TargetError: it was damaged each time; or whatever the download raises.
    """
    for _ in range(_FETCHES - 1):
        content = download(url)
        try:
            return decode_table(decode_zip(content))
        except TargetError:
            continue
    return decode_table(decode_zip(download(url)))


def decode_zip(content: bytes) -> bytes:
    """Return the CSV of a result zip.

    Raises:
        TargetError: it is no zip, has more or larger files than any result has, or none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.casefold().endswith(".csv")]
            if not 0 < len(entries) <= _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise _odd("has no result file or too much in it")
            with archive.open(entries[0]) as file:
                data = file.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise _odd("is damaged") from error
    if len(data) > _MOST_BYTES:
        raise _odd("has too much in it")
    return data


def decode_csv(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV by lower-cased header; a BOM is skipped, missing cells are "".

    Raises:
        TargetError: it is no CSV in UTF-8.
    """
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        header = [name.strip().casefold() for name in next(reader, [])]
        rows = [row for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _odd("holds no CSV that can be read") from error
    if any(len(cell) > _LONGEST_CELL for row in rows for cell in row):
        raise _odd("holds no CSV that can be read")
    return [dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in rows]


def decode_table(content: bytes) -> pa.Table:
    """Return the rows of a CSV as columns of text, by lower-cased header; read as `decode_csv` does, many times faster.

    Raises:
        TargetError: it is no CSV in UTF-8.
    """
    content = content.removeprefix(_BOM)
    head = content.partition(b"\n")[0]
    names = [name.strip().casefold() for name in head.decode("utf-8", "replace").split(",")]
    if len(set(names)) != len(names) or b'"' in head or "\ufffd" in "".join(names):
        return _of_rows(decode_csv(content))
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1, block_size=_BLOCK),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:  # a line with more or fewer cells, or worse
        return _of_rows(decode_csv(content))
    if any((pc.max(pc.utf8_length(column)).as_py() or 0) > _LONGEST_CELL for column in table.columns):
        raise _odd("holds no CSV that can be read")
    return table


def _of_rows(rows: Sequence[dict[str, str]]) -> pa.Table:
    names = list(rows[0]) if rows else []
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})


def _odd(what: str) -> TargetError:
    return TargetError(f"The result zip that the CRM sent {what}.", "Run the same command again; it is fetched anew.")
