"""One self-contained page: everything inline, a policy that lets nothing else in, text always escaped.

The policy is `default-src 'none'`; the page's own style and script are let in by their SHA-256. Rows are packed as gzip
in base64, so that a page of 100,000 records stays small and only what is looked at is unpacked.
"""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pipeline import store
from pipeline.report import words
from pipeline.report.words import Language, Pair

BLOCK = 1000  # records that are unpacked together
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@cache
def environment() -> Environment:
    """Return the templates: every value is escaped, and one that is not given is an error."""
    made = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {"t": words.markup, "both": words.both, "words": words.table()["page"]}
    return made


def render(template: str, language: Language, title: Pair, *, scripts: Sequence[str] = (), **values: Any) -> str:  # noqa: ANN401 - what the template shows
    """Return a page.

    Args:
        template: its name.
        language: which of both languages is shown first.
        title: English and Japanese.
        scripts: names of scripts that it needs besides that of every page.
        values: what the template shows.
    """
    style = _part("page.css")
    script = "".join(_part(name) for name in ("page.js", *scripts))
    text: str = (
        environment()
        .get_template(template)
        .render(
            language=language,
            title=title,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own files
            policy=_policy(style, script),
            **values,
        )
    )
    return text


def write(page: str, path: Path) -> Path:
    """Write a page and return where it is.

    Raises:
        StorageError: the file system refuses.
    """
    store.write_text(page, path)
    return path


def embedded(content: Any) -> Markup:  # noqa: ANN401 - any JSON value
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for letter, escaped in _UNSAFE.items():
        text = text.replace(letter, escaped)
    return Markup(text)  # noqa: S704 - nothing in it can end the element


def packed(text: str) -> str:
    """Return a text as gzip in base64, the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), 6, mtime=0)).decode("ascii")


def heads(rows: Sequence[tuple[int, int, int, int]]) -> str:
    """Return what rows are chosen by, equal neighbours counted together, packed."""
    found: list[list[int]] = []
    last: tuple[int, ...] = ()
    for row in rows:
        if row == last:
            found[-1][-1] += 1
        else:
            found.append([*row, 1])
            last = row
    return packed(json.dumps(found, separators=(",", ":")))


def blocks(lines: Sequence[str]) -> list[str]:
    """Return rows, each one line of JSON, in packed blocks."""
    return [packed("\n".join(lines[start : start + BLOCK])) for start in range(0, len(lines), BLOCK)]


def labels(section: str, names: Sequence[str]) -> Mapping[str, Pair]:
    """Return the words for names of rules or codes."""
    return {name: words.pair(section, name) for name in sorted(set(names))}


def _part(name: str) -> str:
    return (Path(__file__).with_name("templates") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
