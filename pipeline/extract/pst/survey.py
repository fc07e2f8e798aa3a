"""What is known of a store before its items are read: folders with their paths, and how the work is cut into units."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.extract.pst import code_pages, property_names, special_folders
from pipeline.extract.pst.bag import Failure
from pipeline.extract.pst.bag import Folder as Place
from pipeline.extract.pst.direct import DamageError, Folder, Store
from pipeline.extract.pst.direct.store import MESSAGE, ROOT_FOLDER
from pipeline.extract.pst.direct.trees import Array

UNIT = 4096
"""Most items that are read in one go."""
_SHARED = 4  # processors that shall have equally much to do; more than that end at nearly one time anyway
ORPHANS = "/(items without a folder)"
NOWHERE = Place(node=0, path=ORPHANS)
_MAX_DEPTH = 100  # of folders in each other, which no mailbox has
_TOO_DEEP = "/(folders deeper than 100 levels)"
_FILE = "survey.json"
_TYPE = 0x1F
_MAX_HINTS, _HINTS_PER_FOLDER = 50, 3  # items that are asked for the code page of folder names
_CODE_PAGE, _LOCALE = 0x3FFD, 0x3FF1


def cut(items: int) -> list[tuple[int, int]]:
    """Cut so many items into units of one size, in a number that two or four processors can share.

    It depends on nothing but how many items there are: neither do the tables, then.
    """
    units = -(-items // UNIT)
    if units > 1:
        units = -(-units // _SHARED) * _SHARED
    ends = [items * unit // units for unit in range(units + 1)] if units else []
    return list(pairwise(ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFacts:
    """A folder, and what the store says of its items.

    `in_tree`: items whose parent it is, of the node tree; `hidden`: associated ones among those that are not shown;
    `listed`: rows of its contents table, None where that cannot be read; `counted`: PidTagContentCount; `role`: what it
    is, of `special_folders.folders`.
    """

    node: int
    path: str
    in_tree: int
    hidden: int
    listed: int | None
    counted: int | None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A store without its items.

    `kind` as in schemas.FILES; `fallback`: the codec of 8-bit text that names none; `items`: how many there are;
    `failures`: what is lost that no item's node would show (node of the folder, rule, reason, node of the item).
    """

    kind: str
    fallback: str
    items: int
    folders: tuple[FolderFacts, ...]
    failures: tuple[tuple[int, str, str, int | None], ...]

    @property
    def places(self) -> dict[int, Place]:
        """The folders by node."""
        return {folder.node: Place(node=folder.node, path=folder.path, role=folder.role) for folder in self.folders}

    @property
    def units(self) -> Sequence[tuple[int, int]]:
        """First and last (exclusive) place of each unit among the items' nodes in ascending order."""
        return cut(self.items)

    def lost(self) -> Iterator[Failure]:
        """Yield what is lost that no item's node would show."""
        places = self.places
        for folder, rule, reason, node in self.failures:
            yield Failure(folder=places[folder], rule=rule, reason=reason, node=node)

    def save(self, directory: Path) -> None:
        """Write the survey beside the trees.

        Raises:
            OSError: the disk does not take it.
        """
        (directory / _FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> "Survey":
        """Read what `save` wrote."""
        content = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        folders = tuple(FolderFacts(**folder) for folder in content["folders"])
        failures = tuple(tuple(failure) for failure in content["failures"])
        return cls(**{**content, "folders": folders, "failures": failures})


def item_nodes(store: Store) -> Array:
    """Return the nodes of all items of the node tree, ascending (u32)."""
    nodes = store.parsed.trees.nodes
    found: Array = nodes[(nodes & _TYPE) == MESSAGE]
    return found


def survey(store: Store, code_page: str) -> Survey:
    """Look at everything of an open store but its items; `code_page` is the codec of 8-bit text that names none."""
    everything = store.folders()
    roles = special_folders.folders(store, everything)
    folders = [folder for folder in everything if not folder.is_search]
    paths = _paths(folders, _folder_codec(store, folders, code_page))
    orphans = store.orphans()
    facts, failures = [], []
    for folder in folders:
        listed, lost = _listed(store, folder)
        failures += [(folder.node, *failure) for failure in lost]
        facts.append(replace(_facts(store, folder, paths[folder.node], listed), role=roles.get(folder.node)))
    if orphans or ROOT_FOLDER not in paths:
        facts.append(FolderFacts(node=0, path=ORPHANS, in_tree=len(orphans), hidden=0, listed=None, counted=None))
    lost_pages = [(facts[0].node, "lost_index_page", page.reason, None) for page in store.parsed.lost_nodes]
    return Survey(
        kind=_kind(store),
        fallback=code_page,
        items=store.item_count(),
        folders=tuple(facts),
        failures=(*failures, *lost_pages),
    )


def _kind(store: Store) -> str:
    header = store.header
    return header.kind if header.kind != "pst" else f"pst-{'unicode' if header.form.is_wide else 'ansi'}"


def _facts(store: Store, folder: Folder, path: str, listed: int | None) -> FolderFacts:
    return FolderFacts(
        node=folder.node,
        path=path,
        in_tree=len(store.items(folder.node)),
        hidden=len(store.associated(folder.node)),
        listed=listed,
        counted=folder.content_count,
    )


def _listed(store: Store, folder: Folder) -> tuple[int | None, list[tuple[str, str, int | None]]]:
    """Return how many items a folder's table lists, and those that are not in the node tree."""
    if folder.node == ROOT_FOLDER and not len(store.parsed.trees.children(folder.node)):
        return None, []
    try:
        listed = store.contents(folder.node)
    except DamageError:
        return None, []  # the items are found by their parent all the same, so this costs nothing
    nodes = store.parsed.trees.nodes
    named = np.array(listed, dtype=np.uint32)
    missing = named[nodes[np.minimum(np.searchsorted(nodes, named), len(nodes) - 1)] != named]
    reason = "The folder lists this item, but the store's index has no such node: it was lost with a part of the index."
    return len(listed), [("missing_item", reason, int(node)) for node in missing]


def _paths(folders: Sequence[Folder], codec: str) -> Mapping[int, str]:
    r"""Return the path of every folder by node; / and \ inside a name are written \/ and \\."""
    known = {folder.node: folder for folder in folders}
    paths: dict[int, str] = {ROOT_FOLDER: "/"} if ROOT_FOLDER in known else {}
    depths = {ROOT_FOLDER: 0}
    for start in folders:
        chain: dict[int, Folder] = {}
        folder: Folder | None = start
        while folder is not None and folder.node not in paths and folder.node not in chain:
            chain[folder.node] = folder
            folder = known.get(folder.parent)
        for one in reversed(chain.values()):
            depths[one.node] = depths.get(one.parent, 0) + 1
            above = paths.get(one.parent, "") if depths[one.node] <= _MAX_DEPTH else _TOO_DEEP
            paths[one.node] = _path(one, above, codec)
    return paths


def _path(folder: Folder, above: str, codec: str) -> str:
    name = folder.name.decode(codec, "replace") if isinstance(folder.name, bytes) else folder.name
    name = (name or "").rstrip("\0") or f"({folder.node:#x})"
    escaped = name.replace("\\", "\\\\").replace("/", "\\/")
    return f"{above.rstrip('/')}/{escaped}"


def _folder_codec(store: Store, folders: Sequence[Folder], code_page: str) -> str:
    """Return the code page of folder names: they name none, so it is the one most items of the file name."""
    if not any(isinstance(folder.name, bytes) for folder in folders):
        return code_page
    votes: Counter[str] = Counter()
    for folder in folders:
        for node in store.items(folder.node)[:_HINTS_PER_FOLDER]:
            if votes.total() < _MAX_HINTS and (codec := _codec_of(store, node)):
                votes[codec] += 1
    return min(votes, key=lambda codec: (-votes[codec], codec), default=code_page)


def _codec_of(store: Store, node: int) -> str:
    try:
        properties = store.item(node).properties
        pages: list[Any] = [properties.get(_CODE_PAGE), properties.get(_LOCALE)]
    except DamageError:
        return ""
    page, locale = (one if isinstance(one, int) else None for one in pages)
    return code_pages.text_codec(page, locale, "")


def names(store: Store) -> Mapping[int, tuple[str, int | str]]:
    """Return what the store's own numbers for named properties stand for; nothing where their map is damaged."""
    return property_names.named(store.named.names)
