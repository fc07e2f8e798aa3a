"""The words of the pages, in English and in Japanese, from one file; and which of the two a person wants."""

import locale
import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

Language = Literal["en", "ja"]
Pair = tuple[str, str]


@cache
def table() -> Mapping[str, Mapping[str, Pair]]:
    """Return section → key → (English, Japanese)."""
    text = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    return {
        section: {key: (pair[0], pair[1]) for key, pair in held.items()}
        for section, held in tomllib.loads(text).items()
    }


def pair(section: str, key: str) -> Pair:
    """Return both words; of a rule or code that has none, its name."""
    return table()[section].get(key) or (key, key)


def markup(key: str, section: str = "page") -> Markup:
    """Return a word for a page that shows one of both languages.

    Raises:
        KeyError: the page has no such word.
    """
    english, japanese = table()[section][key] if section == "page" else pair(section, key)
    return both(english, japanese)


def both(english: str, japanese: str) -> Markup:
    """Return a text in two languages, of which a page shows one."""
    if english == japanese:
        return Markup("<span>{}</span>").format(english)
    return Markup('<span lang="en">{}</span><span lang="ja">{}</span>').format(english, japanese)


def label(module: Mapping[str, Any]) -> Pair:
    """Return what a module of plan.json or run.json is called; of a second pass, with what that is for."""
    english, japanese = module["label_en"], module["label_ja"]
    if not module["title"]:
        return english, japanese
    second = pair("pass", module["title"])
    return f"{english}: {second[0]}", f"{japanese}: {second[1]}"


def known(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is known of the org as a page shows it: the question, its answer, and whose word that is."""
    return [
        {**row, "label": markup(row["name"], "fact"), "answer": markup(str(row["answer"]), "answer")} for row in rows
    ]


def chosen(asked: str = "") -> Language:
    """Return the language of a person: the one `asked` for, else that of the locale, LANGUAGE first as in gettext."""
    names = (asked, *(os.environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")))
    named = next((name for name in names if name), "") or (locale.getlocale()[0] or "")
    return "ja" if named.casefold().startswith("ja") else "en"
