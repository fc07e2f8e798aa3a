"""What the program says to people: every sentence in its source, as a template whose values are {1}, {2}, ...

A sentence is any text of the source with two English words in a row. What is none, although it looks like one, is
listed here with its reason, so that a new message cannot be missed: it is found without being registered anywhere.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path

from pipeline.report import speech

ROOT = Path(__file__).parents[2]
_PROSE = re.compile(r"[A-Za-z]{2,}[,:;.]? \(?[a-z]{1,}|[a-z0-9)}][,:;.]? [a-z]{2,}|[a-z]{2,}[,:;.]? [A-Za-z{]")
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|WITH|REPLACE|ATTACH|PRAGMA|BEGIN|DROP|FROM)\b")
_NAMES = re.compile(r"[a-z_0-9.,' ]*(?:[a-z]_[a-z]|[a-z]\.[a-z_])[a-z_0-9.,' ()]*")
_HELP = {"command", "callback"}

# What is no speech to a person at the keyboard: a module, or a part of a text after its `:`; and why.
NO_SPEECH: Mapping[str, str] = {
    "clean/": "words of values, in many languages",
    "targets/accounts.py": "labels of the CRM",
    "targets/people.py": "labels of the CRM",
    "load/disk.py:unable to open": "an answer of SQLite",
    "targets/contacts.py": "labels of the CRM",
    "targets/leads.py": "labels of the CRM",
    "targets/events.py": "labels of the CRM",
    "targets/tasks.py": "values of the CRM",
    "targets/emails.py": "labels of the CRM",
    "targets/listing.py": "the page of fields, which has both languages",
    "config/listing.py": "the page of settings",
    "schemas/": "names of columns",
    "sandbox/": "answers of the local CRM, as Zoho words them",
    "extract/pst/direct/": "what is wrong with a byte of a store, for who repairs it; its rule has words",
    "extract/pst/ignored_properties.py": "the table columns, for who extends the reader",
    "extract/pst/properties.py": "names of columns",
    "extract/pst/mapping.py": "a defect of ours, met in a worker",
    "extract/pst/bag.py": "a defect of ours, met in a worker",
    "extract/pst/tally.py": "the table columns, for who extends the reader",
    "extract/pst/choice.py": "words of Outlook in many languages",
    "extract/pst/time_zone_names.py": "names of time zones",
    "extract/csv_language.py": "a header file of ours that is wrong",
    "transform/columns.py": "names of columns, and the table columns",
    "transform/leads.py": "labels in Description",
    "transform/contacts.py": "labels in Description",
    "transform/events.py": "values of the CRM",
    "transform/cases.py": "labels in Description",
    "transform/mail_content.py": "what stands in the CRM for a missing subject",
    "load/guard.py": "named inside the message of a defect of ours",
    "report/words.py": "mark-up",
    "report/charts.py": "mark-up",
    "report/dossier.py:Dossier of one load": "both languages",
    "report/dossier.py:plan/  ": "both languages",
    "report/dossier.py:no plan:": "both languages",
    "report/certificate.py": "both languages",
    "report/usage.py": "both languages",
    "report/__init__.py": "the words of Python for what a module lacks",
    "report/screen.py:[bold red]": "mark-up",
    "cli/looking.py:audit verify": "the name of a command",
    "config/__init__.py:Value error": "taken off",
    "extract/inbox.py:system volume information": "the name of a directory",
    "extract/pst/survey.py:/(": "the name that stands for a folder",
    "extract/signature.py:(?i)": "a pattern",
    "extract/work.py: in \1": "the place of a defect",
    "extract/work.py: line \1": "the place of a defect",
    "load/client.py:Zoho-oauthtoken": "a header",
    "load/ledger_reads.py:tuple[": "a type",
    "load/managers.py:Report": "labels of the CRM",
    "load/attendance.py:\1,\2 \1\2": "a part of a sentence, word by word",
    "transform/mail.py:\1,\2 \1\2": "a part of a sentence, which is in [composed]",
    "transform/mail.py:\1\2 of \1\2": "a part of a sentence, which is in [composed]",
    "load/org_facts.py:zoho-api.md": "the source of a fact",
    "transform/mail_files.py": "a value in the table changes",
    "transform/near.py": "evidence in the table of suggestions",
    "load/tokens.py:Access Denied": "an answer of Zoho",
    "targets/cases.py": "labels of the CRM",
}


def sentences() -> dict[str, str]:
    """Return every sentence that the program may say → where (the first place)."""
    found: dict[str, str] = {}
    words = speech.catalogue()["words"]
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        name = _name(path)
        for line, text in _texts(path):
            for sentence in _sentences(text):
                if not _is_excused(name, text) and sentence.lstrip("+ ") not in words:
                    found.setdefault(sentence, f"pipeline/{name}:{line}")
    return found


def whys() -> set[str]:
    """Return the reasons of the rules in the suites."""
    paths = (ROOT / "expectations").glob("*.json")
    return {why for path in paths for why in _whys(json.loads(path.read_text(encoding="utf-8")))}


def is_used(excuse: str) -> bool:
    """Return whether a module has what it is excused for."""
    module, _, part = excuse.partition(":")
    paths = [path for path in (ROOT / "pipeline").rglob("*.py") if _name(path).startswith(module)]
    return any(part in text and any(_sentences(text)) for path in paths for _, text in _texts(path))


@cache
def _texts(path: Path) -> list[tuple[int, str]]:
    return list(_said(ast.parse(path.read_text(encoding="utf-8"))))


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "pipeline").as_posix()


def _is_excused(name: str, text: str) -> bool:
    parts = (one.partition(":") for one in NO_SPEECH)
    return any(name.startswith(module) and (not part or part in text) for module, _, part in parts)


def _sentences(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        sentence = speech.framed(_numbered(line))[1]
        bare = speech.PLACE.sub("x", sentence)
        if _PROSE.search(bare) and not _SQL.match(text) and not _NAMES.fullmatch(bare):
            yield sentence


def _numbered(line: str) -> str:
    """Return a line with its values numbered."""
    numbers = iter(range(1, 100))
    return re.sub("\1(,?)\2", lambda found: f"{{{next(numbers)}{':,' if found[1] else ''}}}", line)


def _said(tree: ast.Module) -> Iterator[tuple[int, str]]:
    skipped = _no_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and _is_command(node):
            yield node.lineno, " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        if id(node) in skipped or not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            continue
        alternatives = _alternatives(node)
        if alternatives:
            skipped |= {id(part) for part in ast.walk(node)} - _inside(node)
            for text in alternatives:
                yield node.lineno, text


def _is_command(node: ast.FunctionDef) -> bool:
    calls = [one.func for one in node.decorator_list if isinstance(one, ast.Call)]
    return any(isinstance(one, ast.Attribute) and one.attr in _HELP for one in calls)


def _no_texts(tree: ast.Module) -> set[int]:
    """Return the nodes that are no texts: what stands by itself (docstrings) and format specifications."""
    found = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            found |= {id(part) for part in ast.walk(node.format_spec)}
    return found


def _inside(node: ast.AST) -> set[int]:
    """Return the nodes of values in a text: what they hold is said by itself."""
    values: list[ast.AST] = [
        one.value for one in ast.walk(node) if isinstance(one, ast.FormattedValue) and not _alternatives(one.value)
    ]
    values += [one for one in _terms(node) if not _alternatives(one)]
    return {id(part) for value in values for part in ast.walk(value)}


def _terms(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _terms(node.left)
        yield from _terms(node.right)
    else:
        yield node


def _alternatives(node: ast.AST) -> list[str]:
    """Return the texts that an expression may be, values as marks; none when it is no text of the source."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        sides = [_alternatives(node.body), _alternatives(node.orelse)]
        return [*sides[0], *sides[1]] if all(sides) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in product(*map(_part, node.values))]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_alternatives(one) for one in (node.left, node.right)]
        if any(sides):
            return ["".join(parts) for parts in product(*(side or ["\1\2"] for side in sides))]
    return []


def _part(node: ast.expr) -> list[str]:
    if not isinstance(node, ast.FormattedValue):
        return _alternatives(node)
    if isinstance(node.value, ast.IfExp) and (found := _alternatives(node.value)):
        return found
    if isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult) and _alternatives(node.value.left):
        return ["", *_alternatives(node.value.left)]  # the s of a plural
    spec = ast.unparse(node.format_spec) if node.format_spec else ""
    return ["\1,\2" if re.search(r"[,%df]'$", spec) else "\1\2"]


def _whys(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(why := content.get("why"), str):
            yield why
        for value in content.values():
            yield from _whys(value)
    elif isinstance(content, list):
        for value in content:
            yield from _whys(value)


def lacking() -> list[str]:
    """Return what messages.ja.toml lacks, for who added a message: where it is said, and the line that it needs."""
    known = speech.catalogue()["said"]
    return [f"{where}\n    {_entry(one)}" for one, where in sentences().items() if one not in known]


def _entry(sentence: str) -> str:
    escaped = sentence.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" = ""'


ADVICE = (
    "These messages have no Japanese yet. Add their lines, with the Japanese between the last quotation marks, to\n"
    "[said] of pipeline/report/messages.ja.toml. What to do with a text that is no message: pipeline/guide/extending.md"
)

if __name__ == "__main__":
    if found := lacking():
        sys.exit("\n".join([ADVICE, *found]))
