"""The second reader, pypff: what the first cannot read is tried with it, and `--cross-check` holds both together.

It is C, and may crash or hang on a damaged file; so each use is a process of its own with a time limit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.extract import cache, store_parts
from pipeline.extract.cache import Entry
from pipeline.extract.checked import DIFFERENT, ONLY_DIRECT, ONLY_PYPFF, PYPFF, UNREADABLE, Checked
from pipeline.extract.content import Part, Reading, UnreadableError, item_id
from pipeline.extract.pst import look_at, pypff_reader, read_second, store_header, take
from pipeline.extract.pst import opened as opened_directly
from pipeline.extract.pst.bag import Failure, Folder, Item
from pipeline.extract.pst.collect import Collected
from pipeline.extract.pst.direct import DamageError, Properties, Store
from pipeline.extract.pst.parts import Numbers
from pipeline.extract.pst.property_names import Key, shown
from pipeline.extract.pst.survey import NOWHERE, Survey, item_nodes, names
from pipeline.extract.pst.tally import Tally

SECONDS = 600


@dataclass(frozen=True, slots=True)
class Job:
    """A store for the second reader; `nodes`: the items that are wanted of it."""

    path: Path
    reading: Reading
    directory: Path
    nodes: frozenset[int] = frozenset()


def whole(job: Job) -> Entry:
    """Read a store whole into its entry.

    Raises:
        UnreadableError: pypff cannot read it either, or no item of it.
        PipelineError: the entry cannot be written, or does not add up.
    """
    content = read_second(job.path, job.reading)
    if not any(account["written"] or account["excluded"] for account in content.accounts):
        raise UnreadableError("damaged_store", "The second reader reads none of its items either.")
    return cache.save(job.directory, content)


def items(job: Job) -> Part:
    """Read some items, which the first reader could not, as a part of the store of its own.

    Raises:
        UnreadableError: pypff cannot open the store.
        StorageError: the file system refuses.
    """
    place, name = store_parts.scratch(job.directory), "second"
    with store_parts.building(place, name) as tables:
        collected = Collected(job.reading, tables.write, Tally(job.reading.file_sha256, PYPFF))
        folders = _folders(job, place)
        wanted = {one.node: one for one in _walk(job, folders) if isinstance(one, Item)}
        found = [replace(one, folder=folders[node]) for node, one in sorted(wanted.items())]
        take(found, collected)
        return store_parts.keep(place, name, tables, collected, [one.node for one in found])


def _folders(job: Job, place: Path) -> dict[int, Folder]:
    """Return where the first reader found each item: the same path in every account, and the folder's own rules."""
    places = Survey.load(place).places
    with Store.open(job.path, trees=place) as store:
        return {node: places.get(store.item(node).parent, NOWHERE) for node in job.nodes}


def _walk(job: Job, places: Mapping[int, Folder] | None = None) -> Iterator[Folder | Item | Failure]:
    store_header.read(job.path)
    with pypff_reader.opened(job.path) as file:
        wanted = None if places is None else {node: folder.node for node, folder in places.items()}
        yield from pypff_reader.walk(file, job.reading.code_page, lambda _class: wanted is not None, wanted)


# -- both together -----------------------------------------------------------------------------------------------------


def compare(job: Job) -> Checked:
    """Compare items and property values of both readers; what the second cannot read is a finding too.

    Raises:
        UnreadableError: a reader cannot open the store.
    """
    sha256 = job.reading.file_sha256
    findings: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    with opened_directly(job.path) as store:
        places, numbers = look_at(store, job.reading).places, Numbers(names(store))
        missing = set(item_nodes(store).tolist())
        for one in _walk(job):
            if isinstance(one, Item):
                seen[one.folder.path] += 1
                findings += [
                    _finding(sha256, one.folder.path, one.node, *found)
                    for found in _differences(store, numbers, one, missing)
                ]
                missing.discard(one.node)
            elif isinstance(one, Failure):
                found = _finding(sha256, one.folder.path, one.folder.node, UNREADABLE, None)
                place = "" if one.place is None else f"/{one.place}"  # of an item pypff knows no more than that
                findings.append({**found, "item_id": f"{found['item_id']}{place}"})
        for node in sorted(missing):
            folder = places.get(store.item(node).parent)
            findings.append(_finding(sha256, folder.path if folder else "", node, ONLY_DIRECT, None))
    return Checked(tuple(findings), dict(seen))


def _finding(sha256: str, folder: str, node: int, finding: str, name: str | None) -> dict[str, Any]:
    return {
        "file_sha256": sha256,
        "folder": folder,
        "item_id": item_id(sha256, "n", node),
        "node": node,
        "finding": finding,
        "property": name,
    }


def _differences(store: Store, numbers: Numbers, item: Item, known: Iterable[int]) -> Iterator[tuple[str, str | None]]:
    """Yield in what two readings of one item differ."""
    if item.node not in known:
        yield ONLY_PYPFF, None
        return
    try:
        properties = store.item(item.node).properties
    except DamageError:
        yield ONLY_PYPFF, None
        return
    first, second = _values(properties, numbers), item.bag.values
    for key in first.keys() | second.keys():
        one = first.get(key, b"")
        other = second[key].raw if key in second else b""
        if one != other:
            yield DIFFERENT, shown(key)


def _values(properties: Properties, numbers: Numbers) -> dict[Key, bytes]:
    """Return the bytes of every property; of two with one key the first that has a value, as pypff has it."""
    found: dict[Key, bytes] = {}
    for number in properties:
        try:
            stored = properties.raw(number)
        except DamageError:
            continue
        key = numbers.key(number)
        if stored is not None and not found.get(key):
            found[key] = stored[1]
    return found
