"""Walks an Outlook store through pypff (of libpff-python) and hands on its folders and items undecoded.

Each step around a trap of the binding is from reference/pypff.md: one damaged item must not end its folder, named
properties are looked up by the file's own map, nothing is asked by type, no text is decoded by libpff.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypff

from pipeline.extract.pst import code_pages, parts, pypff_parts, special_folders, store_header, values
from pipeline.extract.pst.bag import Bag, Failure, Folder, Found, Item, Value
from pipeline.extract.pst.direct import DamageError
from pipeline.extract.pst.direct import Folder as Listed
from pipeline.extract.pst.direct.node import type_of
from pipeline.extract.pst.direct.store import MESSAGE_STORE, SEARCH_FOLDER
from pipeline.extract.pst.property_names import Key
from pipeline.extract.pst.pypff_records import READ_ERRORS, NamedKeys, cause, entries, named_keys
from pipeline.extract.pst.values import MULTIPLE_BINARY, STRING8

_MAX_DEPTH = 100
_NAME, _CONTAINER_CLASS = 0x3001, 0x3613
_MAX_HINTS = 50  # items asked for the code page of the folder names
_HINTS_PER_FOLDER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A folder as pypff has it; `parent` is its place in the list of nodes, or -1."""

    pypff_folder: Any
    number: int
    parent: int
    depth: int
    entries: Mapping[Key, Value]


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a store and close it again.

    Raises:
        UnreadableError: libpff cannot open it.
    """
    file = pypff.file()
    try:
        file.open(str(path))  # a Path is a TypeError
    except READ_ERRORS as error:
        raise store_header.reason_of(str(error)) from error
    try:
        yield file
    finally:
        file.close()


def walk(
    file: Any,  # noqa: ANN401 - untyped C
    code_page: str,
    has_parts: Callable[[str | None], bool],
    wanted: Mapping[int, int] | None = None,
) -> Iterator[Found]:
    """Yield every folder, then its items and what of it could not be read.

    `code_page` is the codec of 8-bit text that names none; recipients and attachments are read for the message
    classes for which `has_parts`. `wanted`: the nodes of the items to be read, if not all, and of their folders.

    Raises:
        UnreadableError: there is no folder to begin with.
    """
    names = named_keys(file)
    nodes, failures = _nodes(file, names)
    paths = _paths(nodes, _folder_codec(nodes, names, code_page))
    roles = special_folders.roles(_Whole(file, nodes), [_listed(node, nodes) for node in nodes])
    yield from (
        Failure(folder=Folder(node=nodes[at].number, path=paths[at]), rule="unreadable_folder", reason=reason)
        for at, reason in failures
    )
    for node, path in zip(nodes, paths, strict=True):
        folder = Folder(node=node.number, path=path, role=roles.get(node.number))
        yield folder
        if wanted is None or node.number in wanted.values():
            yield from _items(node, folder, _Context(names, code_page, has_parts, wanted))


@dataclass(frozen=True, slots=True)
class _Context:
    names: NamedKeys
    code_page: str
    has_parts: Callable[[str | None], bool]
    wanted: Mapping[int, int] | None


# -- folders ----------------------------------------------------------------------------------------------------------


def _nodes(file: Any, names: NamedKeys) -> tuple[list[_Node], list[tuple[int, str]]]:  # noqa: ANN401 - untyped C
    """Return all folders, each after its parent, and (place in the list, reason) of what hides others."""
    nodes = [_root(file, names)]
    failures: list[tuple[int, str]] = []
    seen = {node.number for node in nodes}
    waiting = list(range(len(nodes)))
    while waiting:
        at = waiting.pop()
        children, reasons = _children(nodes[at], at, names)
        failures += [(at, reason) for reason in reasons]
        fresh = [child for child in children if child.number not in seen]
        seen |= {child.number for child in fresh}
        waiting += reversed(range(len(nodes), len(nodes) + len(fresh)))
        nodes += fresh
    return nodes, failures


def _root(file: Any, names: NamedKeys) -> _Node:  # noqa: ANN401 - untyped C
    try:
        return _node(file.root_folder, parent=-1, depth=0, names=names)
    except (*READ_ERRORS, AttributeError) as error:  # AttributeError: there is none
        raise store_header.damaged("Its list of folders cannot be read") from error


def _node(folder: Any, *, parent: int, depth: int, names: NamedKeys) -> _Node:  # noqa: ANN401 - untyped C
    return _Node(
        pypff_folder=folder, number=folder.identifier, parent=parent, depth=depth, entries=entries(folder, names)
    )


class _Whole:
    """The store as what tells special folders asks it."""

    def __init__(self, file: Any, nodes: Sequence[_Node]) -> None:  # noqa: ANN401 - untyped C
        self._file = file
        self._folders = {node.number: node.entries for node in nodes}

    def properties(self, number: int, /) -> "_Asked":
        """Return the properties of a folder or of the store itself."""
        try:
            found = entries(self._file.message_store, {}) if number == MESSAGE_STORE else self._folders[number]
        except (*READ_ERRORS, AttributeError, KeyError) as error:
            raise DamageError("node_missing", f"pypff cannot read node {number:#x}.") from error
        return _Asked(found)


class _Asked:
    """Properties, of which those that hold entry ids are asked for."""

    def __init__(self, found: Mapping[Key, Value]) -> None:
        self._found = found

    def get(self, number: int, /) -> bytes | list[bytes] | None:
        """Return bytes, or a list of them."""
        value = self._found.get(number)
        if value is None:
            return None
        return values.binaries(value.raw) if value.wire_type == MULTIPLE_BINARY else value.raw


def _listed(node: _Node, nodes: Sequence[_Node]) -> Listed:
    """Return a folder as the direct reader lists it, as far as its role goes."""
    stored = node.entries.get(_CONTAINER_CLASS)
    return Listed(
        node=node.number,
        parent=nodes[node.parent].number if node.parent >= 0 else node.number,
        container_class=values.text(stored.raw, stored.wire_type, "ascii") if stored else None,
        is_search=type_of(node.number) == SEARCH_FOLDER,
    )


def _children(node: _Node, at: int, names: NamedKeys) -> tuple[list[_Node], list[str]]:
    try:
        count = node.pypff_folder.number_of_sub_folders
    except READ_ERRORS as error:
        return [], [f"The list of the folder's sub-folders is damaged ({cause(error)})."]
    if count and node.depth >= _MAX_DEPTH:
        return [], [f"Its {count} sub-folders lie deeper than {_MAX_DEPTH} levels, which no mailbox does."]
    children, reasons = [], []
    for index in range(count):
        try:
            child = node.pypff_folder.get_sub_folder(index)
            children.append(_node(child, parent=at, depth=node.depth + 1, names=names))
        except READ_ERRORS as error:
            reasons.append(f"Sub-folder {index + 1} of {count} is damaged ({cause(error)}).")
    return children, reasons


def _paths(nodes: Sequence[_Node], codec: str) -> list[str]:
    r"""Return the path of every folder; / and \ inside a name are written \/ and \\."""
    paths: list[str] = []
    for node in nodes:
        if node.parent < 0:
            paths.append("/")
            continue
        name = Bag(node.entries, codec).text("PidTagDisplayName") or f"({node.number:#x})"
        escaped = name.replace("\\", "\\\\").replace("/", "\\/")
        paths.append(f"{paths[node.parent].rstrip('/')}/{escaped}" if node.parent else f"/{escaped}")
    return paths


def _folder_codec(nodes: Sequence[_Node], names: NamedKeys, code_page: str) -> str:
    """Return the code page of folder names: they name none, so it is the one most items of the file name."""
    if all(node.entries[_NAME].wire_type != STRING8 for node in nodes if _NAME in node.entries):
        return code_page
    votes: Counter[str] = Counter()
    for node in nodes:
        if votes.total() < _MAX_HINTS:
            votes.update(_hints(node.pypff_folder, names))
    return min(votes, key=lambda codec: (-votes[codec], codec), default=code_page)


def _hints(folder: Any, names: NamedKeys) -> Iterator[str]:  # noqa: ANN401 - untyped C
    try:
        for index in range(min(folder.number_of_sub_messages, _HINTS_PER_FOLDER)):
            codec = _codec(entries(folder.get_sub_message(index), names), "")
            yield from (codec,) if codec else ()
    except READ_ERRORS:
        return


# -- items ------------------------------------------------------------------------------------------------------------


def _items(node: _Node, folder: Folder, context: _Context) -> Iterator[Item | Failure]:
    try:
        count = node.pypff_folder.number_of_sub_messages
    except READ_ERRORS as error:
        yield Failure(folder=folder, rule="unreadable_folder", reason=_lost_folder(node, error))
        return
    for index in range(count):
        try:
            message = node.pypff_folder.get_sub_message(index)
            if context.wanted is None or message.identifier in context.wanted:
                yield _item(message, folder, context)
        except READ_ERRORS as error:
            reason = (
                f"Item {index + 1} of {count} in this folder is damaged, or has a form that the reader does not know "
                f"({cause(error)})."
            )
            yield Failure(folder=folder, rule="unreadable_item", reason=reason, place=index + 1)


def _lost_folder(node: _Node, error: BaseException) -> str:
    count = Bag(node.entries, "ascii").integer("PidTagContentCount")
    holds = f"the folder itself says that it holds {count}" if count is not None else "the folder does not say how many"
    return f"The list of the folder's items is damaged; {holds} ({cause(error)})."


def _item(message: Any, folder: Folder, context: _Context) -> Item:  # noqa: ANN401 - untyped C
    properties = entries(message, context.names)
    if not properties:
        raise OSError("libpff_item: the item has no properties")
    bag = Bag(properties, _codec(properties, context.code_page))
    message_class = bag.text("PidTagMessageClass")
    found = pypff_parts.of(message, bag.codec, context.names) if context.has_parts(message_class) else parts.NONE
    return Item(
        node=message.identifier,
        folder=folder,
        bag=bag,
        message_class=message_class,
        recipients=found.recipients,
        attachments=found.attachments,
        replaced=found.replaced,
        troubles=found.troubles,
    )


def _codec(properties: Mapping[Key, Value], fallback: str) -> str:
    bag = Bag(properties, "ascii")
    return code_pages.text_codec(bag.integer("PidTagMessageCodepage"), bag.integer("PidTagMessageLocaleId"), fallback)
