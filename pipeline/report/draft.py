"""A first pipeline.toml, drafted from what extract read: whose each file is, in which zone, and what is in it."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.report import words
from pipeline.report.words import Language
from pipeline.store import Manifest

_TABLES = ("contacts", "tasks", "events", "messages", "lists")
_LIKELY = 0.1  # of the times that the main address occurs; a rarer one is no alias


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One mailbox as it is guessed.

    `patterns`: of its files; `addresses`: by how often they sent or organised, the main one first; `zone`: of its own
    appointments, "" where nothing tells; `items`: table → count; `owned_by`: whom a person named.
    """

    name: str
    patterns: tuple[str, ...]
    files: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    zone: str = ""
    items: Mapping[str, int] = field(default_factory=dict)
    owned_by: str | None = None

    @property
    def owner(self) -> str:
        """Return who owns its records: who was named, else its main address."""
        if self.owned_by is not None:
            return self.owned_by
        return self.addresses[0] if self.addresses else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said besides the mailboxes."""

    target: str = "sandbox"
    data_center: str = "com"
    fallback: str = ""


def of_extracted(config: Config) -> list[Draft]:
    """Return the mailboxes that the files seem to be of, by name.

    Raises:
        StageError: extract did not run.
    """
    manifest = Manifest.of(config.extracted)
    files = _table(config, manifest, "files", schemas.FILES, ["path", "file_sha256", "status"]).to_pylist()
    digests = {row["path"]: row["file_sha256"] for row in files if row["status"] in {"read", "duplicate"}}
    groups: dict[str, list[str]] = defaultdict(list)
    for path in sorted(digests):
        groups[_group(path)].append(path)
    found = _Found.of(config, manifest)
    names = _names(groups)
    return [
        _draft(names[group], group, paths, {digests[path] for path in paths}, found) for group, paths in groups.items()
    ]


def _group(path: str) -> str:
    """Return what files of one mailbox have in common: their directory below the inbox, else their own name."""
    directory, slash, _ = path.partition("/")
    return f"{directory}/" if slash else path


def _names(groups: Iterable[str]) -> dict[str, str]:
    """Return a name of its own for each group."""
    given: dict[str, str] = {}
    for group in groups:
        plain = group.rstrip("/").rpartition(".")[0] if not group.endswith("/") and "." in group else group.rstrip("/")
        number, name = 2, plain
        while name in given.values():
            name, number = f"{plain}-{number}", number + 1
        given[group] = name
    return given


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tables say, by SHA-256 of the file: addresses, zones and items."""

    addresses: Mapping[str, Counter[str]]
    zones: Mapping[str, Counter[str]]
    items: Mapping[str, Counter[str]]

    @staticmethod
    def of(config: Config, manifest: Manifest) -> "_Found":
        addresses: dict[str, Counter[str]] = defaultdict(Counter)
        zones: dict[str, Counter[str]] = defaultdict(Counter)
        items: dict[str, Counter[str]] = defaultdict(Counter)
        for name in _TABLES:
            column = _table(config, manifest, name, schemas.EXTRACTED[name], ["file_sha256"]).column(0)
            for one in column.value_counts().to_pylist():
                items[one["values"]][name] += one["counts"]
        wanted = ["file_sha256", "time_zone", "organizer", "response", "is_meeting"]
        for row in _table(config, manifest, "events", schemas.EVENTS, wanted).to_pylist():
            if row["time_zone"]:
                zones[row["file_sha256"]][row["time_zone"]] += 1
            if row["response"] == "organizer":
                _count(addresses, row["file_sha256"], row["organizer"])
        wanted = ["file_sha256", "folder_role", "sender"]
        for row in _table(config, manifest, "messages", schemas.MESSAGES, wanted).to_pylist():
            if row["folder_role"] == "sent_items":
                _count(addresses, row["file_sha256"], row["sender"])
        return _Found(addresses, zones, items)


def _count(addresses: Mapping[str, Counter[str]], sha256: str, person: Mapping[str, Any] | None) -> None:
    if person and person["email"]:
        addresses[sha256][person["email"].strip().casefold()] += 1


def _draft(name: str, group: str, paths: Sequence[str], digests: Iterable[str], found: _Found) -> Draft:
    addresses: Counter[str] = Counter()
    zones: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for sha256 in digests:
        addresses.update(found.addresses.get(sha256, {}))
        zones.update(found.zones.get(sha256, {}))
        items.update(found.items.get(sha256, {}))
    ranked = sorted(addresses.items(), key=lambda one: (-one[1], one[0]))
    likely = tuple(address for address, count in ranked if count >= ranked[0][1] * _LIKELY)
    return Draft(
        name=name,
        patterns=(_escaped(group) + ("*" if group.endswith("/") else ""),),
        files=tuple(paths),
        addresses=likely,
        zone=min(zones, key=lambda zone: (-zones[zone], zone), default=""),
        items={name: items[name] for name in _TABLES if items[name]},
    )


def _escaped(text: str) -> str:
    """Return a pattern that means just this text."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _table(config: Config, manifest: Manifest, name: str, schema: pa.Schema, columns: list[str]) -> pa.Table:
    paths = store.parts(config.extracted, manifest, name)
    tables = [store.read(path, schema, columns) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table().select(columns)


def toml(config: Config, drafts: Sequence[Draft], answers: Answers, language: Language) -> str:
    """Return the text of pipeline.toml, with what is not sure as a question in a comment."""

    def said(key: str) -> str:
        return words.pair("draft", key)[1 if language == "ja" else 0]

    lines = [f"# {said('head')}", f"# {said('all')}", "", "[outlook]"]
    lines += [f"time_zone = {_text(config.outlook.time_zone)}", f"own_domains = []  # {said('domains')}"]
    for one in drafts:
        lines += ["", *_mailbox(one, config.outlook.time_zone, counted(one, language) or "-", said)]
    lines += ["", "[owners]", f"fallback = {_text(answers.fallback)}  # {said('fallback')}"]
    lines += ["", "[zoho]", f"target = {_text(answers.target)}  # {said('target')}"]
    lines += [f"data_center = {_text(answers.data_center)}  # {said('data_center')}"]
    return "\n".join(lines) + "\n"


def counted(one: Draft, language: Language) -> str:
    """Return how many items of each kind a mailbox has, such as `3 contacts, 1 task` or `連絡先 3、仕事 1`."""
    kinds = [(words.pair("draft", f"of_{name}"), count) for name, count in one.items.items()]
    if language == "ja":
        return "、".join(f"{name} {count:,}" for (_, name), count in kinds)
    return ", ".join(f"{count:,} {name.removesuffix('s') if count == 1 else name}" for (name, _), count in kinds)


def _mailbox(one: Draft, zone: str, found: str, said: Callable[[str], str]) -> list[str]:
    comment = "; ".join(_plain(name) for name in one.files[:5]) + ("; …" if len(one.files) > 5 else "")  # noqa: PLR2004 - a line's worth
    return [
        f"# {said('files')}: {found} ({comment})",
        "[[mailbox]]",
        f"name = {_text(one.name)}  # {said('name')}",
        f"files = {_list(one.patterns)}",
        f"addresses = {_list(one.addresses)}  # {said('addresses') if one.addresses else said('no_address')}",
        f"owner = {_text(one.owner)}  # {said('owner')}",
        f"time_zone = {_text(one.zone or zone)}  # {said('zone') if one.zone else said('no_zone')}",
    ]


def _plain(text: str) -> str:
    """Return a text as it may stand in a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _text(value: str) -> str:
    """Return a basic string of TOML; those of JSON are, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
