"""Which columns and words Outlook's CSV has in which language: csv_headers/*.toml, and how a header row is recognised.

Sources: reference/outlook-csv/headers-*.md. Adding a language is adding one file.
"""

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

from pipeline import schemas

Value = TypeVar("Value")
Kind = Literal["contacts", "calendar", "tasks"]
KINDS: tuple[Kind, ...] = ("contacts", "calendar", "tasks")
TABLES: Mapping[Kind, str] = {"contacts": "contacts", "calendar": "events", "tasks": "tasks"}

# Names a header may stand for besides the columns of the extracted table → the column that its value becomes part of.
_REMINDER = {"reminder_date": "reminder_local", "reminder_time": "reminder_local"}
PARTS: Mapping[Kind, Mapping[str, str]] = {
    "contacts": {f"{place}_address": f"{place}_street" for place in ("business", "home", "other")},
    "calendar": {
        "start_date": "start_local",
        "start_time": "start_local",
        "end_date": "end_local",
        "end_time": "end_local",
        **dict.fromkeys(("required_attendees", "optional_attendees", "meeting_resources"), "attendees"),
        **_REMINDER,
    },
    "tasks": _REMINDER,
}
# A table is of a kind only if, for each of these groups, one column is there: "Name" or "Subject" alone prove nothing.
_PROOF: Mapping[Kind, tuple[frozenset[str], ...]] = {
    "contacts": (frozenset({"surname", "given_name", "email1"}),),
    "calendar": (frozenset({"subject"}), frozenset({"start_date"}), frozenset({"end_date", "start_time"})),
    "tasks": (frozenset({"subject"}), frozenset({"due_date", "status", "percent_complete", "completed_date"})),
}
ENGLISH = "en"  # some languages' exports have English names among their own
_LEAST_KNOWN = 0.5  # share of the named columns that must be known


def folded(text: str) -> str:
    """Return `text` as headers and words are compared: whatever width, case and spaces it was written with."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'")
    return "".join(plain.casefold().split())


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a CSV: its header as found, and what is done with it.

    `verdict`: used | ignored | unmapped; `target` is a column of the table or one of PARTS when used, why when
    ignored, else "". `rank` orders the columns of one target.
    """

    source: str
    verdict: str
    target: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Language:
    """One file of csv_headers: `columns` and `ignored` by kind and folded header, `words` by list and folded word."""

    code: str
    name: str
    code_pages: tuple[str, ...]
    date_order: str
    columns: Mapping[Kind, Mapping[str, tuple[str, ...]]]
    ignored: Mapping[Kind, Mapping[str, str]]
    words: Mapping[str, Mapping[str, str]]

    def described(self, kind: Kind, cells: Sequence[str]) -> tuple[Column, ...]:
        """Say what becomes of every column of a header row of `kind`."""
        times = Counter[str]()
        described = []
        for place, cell in enumerate(cells, start=1):
            word = folded(cell)
            source = cell.strip() or f"(column {place})"
            found = self.described_as(kind, source, word, times[word])
            described.append(found or _english().described_as(kind, source, word, times[word]) or _unmapped(source))
            times[word] += 1
        return tuple(described)

    def knows(self, kind: Kind, cell: str) -> bool:
        """Whether a header is one of this language's own; those of English count in every language."""
        return folded(cell) in self.columns[kind] or folded(cell) in self.ignored[kind]

    def described_as(self, kind: Kind, source: str, word: str, time: int) -> Column | None:
        """Say what becomes of one column that occurs for the `time`th time, None for a name that is not of here."""
        if word in self.ignored[kind]:
            return Column(source, "ignored", self.ignored[kind][word])
        targets = self.columns[kind].get(word)
        if targets is None:
            return None
        return Column(source, "used", targets[min(time, len(targets) - 1)], list(self.columns[kind]).index(word))


def _unmapped(source: str) -> Column:
    return Column(source, "unmapped", "")


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised header row."""

    kind: Kind
    language: Language
    delimiter: str
    columns: tuple[Column, ...]

    @property
    def known(self) -> int:
        """How many columns are known."""
        return sum(column.verdict != "unmapped" for column in self.columns)

    @property
    def own(self) -> int:
        """How many columns the language itself knows."""
        return sum(self.language.knows(self.kind, column.source) for column in self.columns)

    @property
    def is_proven(self) -> bool:
        """Whether the columns can only be an Outlook export of this kind."""
        targets = {column.target for column in self.columns if column.verdict == "used"}
        named = sum(not column.source.startswith("(") for column in self.columns)
        return self.known >= _LEAST_KNOWN * named and all(targets & group for group in _PROOF[self.kind])


@cache
def _english() -> Language:
    return next(language for language in languages() if language.code == ENGLISH)


@cache
def languages() -> tuple[Language, ...]:
    """Return every language, in the order of their codes."""
    folder = files("pipeline.extract").joinpath("csv_headers")
    return tuple(
        language_of(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    )


def language_of(code: str, content: Mapping[str, Any]) -> Language:
    """Build a language from the content of its file.

    Raises:
        ValueError: a header stands for a column that the table does not have.
    """
    return Language(
        code=code,
        name=content["name"],
        code_pages=tuple(content["code_pages"]),
        date_order=content["date_order"],
        columns={kind: _columns(code, kind, content[kind]["columns"]) for kind in KINDS},
        ignored={kind: _folded_keys(content[kind].get("ignored", {})) for kind in KINDS},
        words={
            name: {folded(word): meaning for meaning, words in entry.items() for word in words}
            for name, entry in content["words"].items()
        },
    )


def _columns(code: str, kind: Kind, entries: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    allowed = {*schemas.EXTRACTED[TABLES[kind]].names, *PARTS[kind]}
    columns = {header: (entry,) if isinstance(entry, str) else tuple(entry) for header, entry in entries.items()}
    if unknown := {target for targets in columns.values() for target in targets} - allowed:
        raise ValueError(f"{code}.toml, {kind}: no such columns: {sorted(unknown)}")
    return _folded_keys(columns)


def _folded_keys(entries: Mapping[str, Value]) -> dict[str, Value]:
    return {folded(header): value for header, value in entries.items()}


def words(language: Language, name: str) -> dict[str, str]:
    """Return folded word → meaning of one list: the words of `language` first, then those of all others.

    An Outlook in one language writes another's words where its add-ins or its Windows are of another language.
    """
    known: dict[str, str] = {}
    for each in (language, *languages()):
        for word, meaning in each.words.get(name, {}).items():
            known.setdefault(word, meaning)
    return known


def recognised(cells: Iterable[str], delimiter: str) -> Header | None:
    """Return what a header row is, or None when it is none of Outlook's in any known language."""
    listed = list(cells)
    found = [
        Header(kind, language, delimiter, language.described(kind, listed))
        for language in languages()
        for kind in KINDS
    ]
    proven = [header for header in found if header.is_proven]
    return max(proven, key=lambda header: (header.own, header.known, header.language.code == ENGLISH), default=None)
