"""The page of all settings, made of defaults.toml (values and words) and the sections (types and bounds)."""

import json
import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config import Config

DEFAULTS = Path(__file__).parents[1] / "defaults.toml"
_SETTING = re.compile(r"(?P<name>\w+) = (?P<value>\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[^#]*?)\s*(?:#\s?(?P<said>.*))?")
_TYPES = {str: "text", bool: "true or false", int: "whole number", float: "number", date: "day (YYYY-MM-DD)"}
_HEAD = """\
# Settings

Every setting with its default; made of [defaults.toml](../defaults.toml) by `make settings`.

Put what differs into `pipeline.toml` of your project directory, or into the environment:
`OUTLOOK2ZOHO_ZOHO__TARGET=crm` sets `[zoho] target`; a list is written there as JSON. A setting that there is not is
refused, with the nearest names. Credentials are no settings: they are `ZOHO_CLIENT_ID`, `ZOHO_CLIENT_SECRET` and
`ZOHO_REFRESH_TOKEN`, in the environment or in `.env`.
"""


@dataclass(slots=True)
class Setting:
    """One setting as defaults.toml has it."""

    name: str
    value: str
    said: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """One section: what is said before it and within it, its settings, and an example in comments."""

    name: str
    said: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    example: list[str] = field(default_factory=list)


def sections() -> list[Section]:
    """Return the sections of defaults.toml, in order; those of which there is only an example too."""
    found: list[Section] = []
    for block in DEFAULTS.read_text(encoding="utf-8").split("\n\n")[1:]:
        found += _of_block(block.strip("\n").splitlines())
    return found


def _of_block(lines: list[str]) -> Iterator[Section]:
    section = Section("")
    for line in lines:
        plain = line.removeprefix("# ")
        if head := re.fullmatch(r"(?:# )?\[\[?([\w.]+)\]?\]", line):
            section.name = head[1]
            if line.startswith("#"):
                section.example.append(plain)
        elif line.startswith("#"):
            is_example = bool(section.example) or (section.settings and re.match(r'"[\w.]+" = ', plain))
            (section.example if is_example else section.said).append(plain)
        elif line.startswith(" "):
            section.settings[-1].said.append(line.strip().removeprefix("#").strip())
        elif found := _SETTING.fullmatch(line):
            section.settings.append(Setting(found["name"], found["value"].strip(), [found["said"] or ""]))
    yield section


def markdown() -> str:
    """Return the page."""
    return _HEAD + "".join(_section(section) for section in sections())


def _section(section: Section) -> str:
    model = _model(section.name)
    parts = [f"\n## [{section.name}]\n"]
    if section.said:
        parts.append(f"\n{' '.join(section.said)}\n")
    if section.settings:
        parts.append("\n| setting | default | what it may be | what it is |\n|---|---|---|---|\n")
        parts += [_row(setting, model) for setting in section.settings]
    if section.example:
        parts.append("\n```toml\n" + "\n".join(section.example) + "\n```\n")
    return "".join(parts)


def _row(setting: Setting, model: Mapping[str, FieldInfo]) -> str:
    kind = _kind(model[setting.name]) if setting.name in model else "list of criteria"
    said = " ".join(filter(None, setting.said)).replace("|", "\\|").replace("<", "&lt;")
    return f"| `{setting.name}` | `{setting.value}` | {kind} | {said} |\n"


def _model(name: str) -> Mapping[str, FieldInfo]:
    """Return the fields of a section; of one with free names none."""
    info = Config.model_fields.get(name)
    if info is None:
        return {}
    for kind in (info.annotation, *get_args(info.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind.model_fields
    return {}


def _kind(info: FieldInfo) -> str:
    bounds = [
        f"{word} {json.dumps(getattr(one, name))}"
        for one in info.metadata
        for name, word in _BOUNDS.items()
        if hasattr(one, name)
    ]
    return " ".join([_type(info.annotation), *bounds])


_BOUNDS = {"gt": "above", "ge": "from", "le": "to", "lt": "below"}


def _type(kind: Any) -> str:  # noqa: ANN401 - any annotation
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{json.dumps(one)}`" for one in inner)
    if origin is tuple:
        return "list of texts"
    if origin in {Union, types.UnionType}:
        return " or ".join(_type(one) for one in inner if one is not type(None))
    return _TYPES.get(kind, "table")


def defaults() -> dict[str, Any]:
    """Return defaults.toml as values."""
    return tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
