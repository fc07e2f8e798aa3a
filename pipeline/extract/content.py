"""What a reader makes of one Outlook file: rows of the extracted tables, and the account of everything it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.extract.selection import EVERYTHING, Selection

Row = Mapping[str, Any]  # one row of a table of schemas.py, by column name; a missing column is null
Span = tuple[int, int]
"""First and last place, exclusive, of a part among the items of a store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is to be read, from the settings of its mailbox.

    `file_sha256` goes into every row; `code_page` is of 8-bit text whose item names none; `date_order` is "ymd",
    "mdy", "dmy" or "" where the file must give the evidence itself; `selection`: what of it is read. `scratch`: where a
    large table may be written file by file; `threads` that one reader may use.
    """

    file_sha256: str
    code_page: str
    date_order: str
    selection: Selection = EVERYTHING
    scratch: Path | None = None
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file, read to its end.

    `kind`, `language` and `encoding` as in schemas.FILES; `rows`: extracted table → rows, or the whole table;
    `accounts`, `columns` and `rejects`: rows of the tables of that name (schemas.ACCOUNTS, COLUMNS, REJECTS). For
    every folder and message class the accounts must show seen = written + excluded + rejected. `certificate` of a
    store: rows of schemas.CERTIFICATE. `files`: tables that are written already, with how many rows they have.
    """

    kind: str
    language: str | None = None
    encoding: str | None = None
    rows: Mapping[str, Sequence[Row] | pa.Table] = field(default_factory=dict)
    accounts: Sequence[Row] = ()
    columns: Sequence[Row] = ()
    rejects: Sequence[Row] = ()
    certificate: Sequence[Row] = ()
    files: Mapping[str, tuple[Sequence[Path], int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was read of one part of a store.

    `files`: table → file name → SHA-256; `rows`: table → how many; the rest as in `pst.collect`. `nodes`: of a part
    that the second reader read, the items that it could read.
    """

    directory: Path
    files: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, int]
    tally: Mapping[str, Any]
    rejects: Sequence[Mapping[str, Any]]
    directory_of_people: Mapping[str, str]
    unresolved: Mapping[str, Sequence[str]]
    nodes: Sequence[int] = ()


class UnreadableError(Exception):
    """The file is not what it claims, or is damaged as a whole: it is quarantined and the others go on.

    `rule` is a short stable name, `reason` a sentence for a person that says what the file looks like instead.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(rule, reason)
        self.rule = rule
        self.reason = reason


def item_id(file_sha256: str, kind: str, position: int) -> str:
    """Return where an item was read: `kind` "n" for a node of a store (in hex), "r" for a row of a CSV."""
    return f"{file_sha256[:16]}:{kind}{position:x}" if kind == "n" else f"{file_sha256[:16]}:{kind}{position}"


def item_ids(file_sha256: str, nodes: Sequence[int]) -> list[str]:
    """Return where items of a store were read, as `item_id` does."""
    start = f"{file_sha256[:16]}:n"
    return [f"{start}{node:x}" for node in nodes]
