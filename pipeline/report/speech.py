"""What the program says, in the language of the person who reads it: the English of the source, or its Japanese.

The source says everything in English, where it happens; tables, logs and what machines read stay as they are said.
Only where something is shown to a person is it looked up in `messages.ja.toml`: a sentence there is a template whose
values are {1}, {2}, ... in the order of the English one ({1:,} is a number). The values of what was said are taken out
by the template, and put into the Japanese one; a value that is a sentence itself is looked up in its turn, and what
is quoted in «» never. What has no Japanese is shown as it was said.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markupsafe import Markup
from rich.cells import cell_len

from pipeline.report import words
from pipeline.report.words import Language

FILE = Path(__file__).with_name("messages.ja.toml")
PLACE = re.compile(r"\{(\d+)(:[,w])?\}")
_NUMBER = r"( *-?[\d,.]+%?)"
_TEXT = r"(.*?)"
_FRAME = re.compile(r"(\s*(?:[a-z]+(?:-[a-z]+)?\s{2,})?)(.*?)(\s*)", re.DOTALL)
_COUNTED = re.compile(r"\b(\d[\d,]*) ([a-z]+(?: doubt)?)\b")
_ALTERNATIVES = re.compile(r"[\w.'-]+(?:, [\w.'-]+)* or [\w.'-]+")
_LEAST_LETTERS = 6  # of a template that a value is held against: less could be anything
_LEAST_AFTER_MARK = 4  # of one that begins with a comma or the like


def framed(line: str) -> tuple[str, str, str]:
    """Return what stands before a sentence (its indent, the name of the stage), the sentence, and the space after."""
    found = _FRAME.fullmatch(line)
    return (found[1], found[2], found[3]) if found else ("", line, "")


def spoken(text: str, language: Language) -> str:
    """Return what the source says, in a language; every line by itself."""
    return _singular(text) if language == "en" else "\n".join(_line(line) for line in text.split("\n"))


def both(text: str) -> Markup:
    """Return what the source says for a page, which shows one of both languages."""
    return words.both(_singular(text), spoken(text, "ja"))


def _singular(text: str) -> str:
    """Return English whose counts of one are in the singular; what is quoted in «» stays."""
    parts = re.split("(«.*?»)", text)
    return "".join(part if part.startswith("«") else _ONE.sub(_of_one, part) for part in parts)


def _of_one(found: re.Match[str]) -> str:
    return " ".join(("1", found[1], *(["was"] if found[2] else [])))


_ONE = re.compile(r"(?<![\d,.:-])\b1 ((?:rejected )?(?:credit|call|record|item))s\b( were\b)?")


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return the file: its sections `said`, `composed` and `words`, English → Japanese."""
    content: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return content


def word(text: str, language: Language) -> str:
    """Return a word of a table or a count in a language; one that has none stays as it is."""
    return text if language == "en" else _catalogue().words.get(text, text)


@dataclass(frozen=True)
class Template:
    """A sentence with places for values, and its Japanese."""

    english: str
    japanese: str

    @cached_property
    def literals(self) -> Sequence[str]:
        """Return what stands between the places."""
        return [part for part in _parts(self.english) if part]

    @cached_property
    def letters(self) -> int:
        """Return how many letters are its own."""
        return sum(letter.isalpha() for part in self.literals for letter in part)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what takes the values out."""
        places = [_NUMBER if found[2] == ":," else _TEXT for found in PLACE.finditer(self.english)]
        parts = [re.escape(part) for part in _parts(self.english)]
        return re.compile("".join(map("".join, zip(parts, [*places, ""], strict=True))), re.DOTALL)

    @property
    def is_safe(self) -> bool:
        """Whether a value may be held against it: one that looks like it by chance is not to be met with."""
        is_told = self.letters >= (_LEAST_LETTERS if self.english[0] not in ",;:" else _LEAST_AFTER_MARK)
        return is_told or all(found[2] == ":," for found in PLACE.finditer(self.english))

    def values(self, text: str) -> Sequence[str] | None:
        """Return the values in a text; None when it is not of this template."""
        place = 0
        for literal in self.literals:  # cheaper than a pattern, and most fail here
            place = text.find(literal, place) + len(literal)
            if place < len(literal):
                return None
        found = self.pattern.fullmatch(text)
        return found.groups() if found else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The Japanese of sentences without values, of templates (those with most letters first), and of words."""

    plain: Mapping[str, str]
    templates: Sequence[Template]
    words: Mapping[str, str]


@cache
def _catalogue() -> Catalogue:
    content = catalogue()
    said = {**content["said"], **content["composed"]}
    templates = [Template(english, japanese) for english, japanese in said.items() if PLACE.search(english)]
    plain = {english: japanese for english, japanese in said.items() if not PLACE.search(english)}
    return Catalogue(plain, sorted(templates, key=lambda one: -one.letters), content["words"])


def _parts(template: str) -> list[str]:
    return PLACE.sub("\0", template).split("\0")


def _line(line: str) -> str:
    before, sentence, after = framed(line)
    found = _found(sentence) or _begun(sentence) or _ended(sentence)
    return line if found is None and not before else f"{_stage(before)}{sentence if found is None else found}{after}"


def _stage(before: str) -> str:
    """Return the name before a sentence, in Japanese and as wide where it is a word; commands keep theirs."""
    name = before.strip()
    told = _catalogue().words.get(name)
    return before.replace(name, told + " " * (len(name) - cell_len(told))) if told else before


def _found(sentence: str, *, is_value: bool = False) -> str | None:
    """Return the Japanese of a sentence, None where there is none."""
    catalogue = _catalogue()
    if sentence in catalogue.plain:
        return catalogue.plain[sentence]
    for one in catalogue.templates:
        if (one.is_safe or not is_value) and (values := one.values(sentence)) is not None:
            return PLACE.sub(lambda place: _put(place, values), one.japanese)
    return None


def _put(place: re.Match[str], values: Sequence[str]) -> str:
    value = values[int(place[1]) - 1]
    return _worded(value) if place[2] == ":w" else _value(value)


def _worded(value: str) -> str:
    """Return a word in Japanese, or a list such as `3 created, 4 updated` or `French, German` with its words so."""
    words_ = _catalogue().words
    parts = value.split(", ")
    if all(part in words_ for part in parts):
        return "、".join(words_[part] for part in parts)
    if any(found[2] in words_ for found in _COUNTED.finditer(value)):
        counted = _COUNTED.sub(lambda found: f"{words_.get(found[2], found[2])} {found[1]}", value)
        return counted.replace(", ", "、")
    return re.sub(r"\b[a-z]+(?: doubt)?\b", lambda found: words_.get(found[0], found[0]), value)


def _value(value: str) -> str:
    if value.startswith("«") or " " not in value:
        return value
    if _ALTERNATIVES.fullmatch(value):
        return value.replace(" or ", ", ").replace(", ", "、")
    before, sentence, after = framed(value)
    found = _found(sentence, is_value=True) or _ended(sentence) or _listed(sentence)
    return value if found is None else f"{before}{found}{after}"


def _begun(text: str) -> str | None:
    """Return a clause that a capital or its last mark made something else, in Japanese; None where it has none."""
    if not text.endswith((".", ":")):
        return None
    found = _found(text[0].lower() + text[1:-1], is_value=True)
    return None if found is None else found + (":" if text.endswith(":") else "。")


def _listed(text: str) -> str | None:
    """Return clauses with semicolons between them in Japanese; None where not one has any."""
    parts = text.split("; ")
    found = [_found(part, is_value=True) for part in parts]
    return "; ".join(new or old for new, old in zip(found, parts, strict=True)) if any(found) else None


def _ended(text: str) -> str | None:
    """Return a text whose end is a sentence, after a name and a colon, in Japanese; None where it has none."""
    for colon in re.finditer(": ", text):
        if (found := _found(text[colon.end() :], is_value=True)) is not None:
            return text[: colon.end()] + found
    return None
