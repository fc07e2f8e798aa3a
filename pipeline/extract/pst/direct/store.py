"""A whole store: its facts, folders and items by node ([MS-PST] 2.4)."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from pipeline.extract.pst.direct import trees as tree_index
from pipeline.extract.pst.direct.batch import Batch
from pipeline.extract.pst.direct.blocks import Blocks
from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.facts import Facts, Folder
from pipeline.extract.pst.direct.header import Header, read_header
from pipeline.extract.pst.direct.items import Item
from pipeline.extract.pst.direct.named import NAME_MAP, NamedProperties, read_named
from pipeline.extract.pst.direct.node import Node, type_of
from pipeline.extract.pst.direct.property_context import Properties
from pipeline.extract.pst.direct.source import Source
from pipeline.extract.pst.direct.table_context import Table
from pipeline.extract.pst.direct.trees import Array, Parsed, Trees

MESSAGE_STORE, ROOT_FOLDER = 0x21, 0x122  # special nodes (2.4.1)
FOLDER, SEARCH_FOLDER, MESSAGE, ASSOCIATED = 0x02, 0x03, 0x04, 0x08  # types of nodes (2.2.2.1)
_CONTENTS = 0x0E  # NID_TYPE_CONTENTS_TABLE: the number of the folder with this type
_TYPE = 0x1F
_NAME, _CONTENT_COUNT, _CONTAINER_CLASS = 0x3001, 0x3602, 0x3613
_PASSWORD = 0x67FF  # PidTagPstPassword: a checksum of the password, 0 for none
_CODE_PAGE_EVIDENCE = (0x3FFD, 0x66C3, 0x3FF1, 0x6705)  # message code page, code page, locale, sort locale
VALUE_LIMIT = 32 << 20
_BATCH, _BATCH_BYTES = 1000, 32 << 20  # items, and bytes of their blocks before they are taken apart


class Store:
    """An Outlook store, open for reading."""

    def __init__(self, source: Source, header: Header, parsed: Parsed, *, is_checked: bool, value_limit: int) -> None:
        self._source = source
        self._is_wide = header.form.is_wide
        self.header = header
        self.parsed = parsed
        self.blocks = Blocks(source, header, parsed.trees, is_checked=is_checked, value_limit=value_limit)

    @classmethod
    def open(
        cls, path: Path, *, trees: Path | None = None, is_checked: bool = True, value_limit: int = VALUE_LIMIT
    ) -> Self:
        """Open a store and read both trees, or map those that `trees.save` wrote for this very file from `trees`.

        A store opened with mapped trees knows nothing of lost pages: that is for whoever parsed them to report.
        `is_checked`: whether checksums of pages and blocks must match. `value_limit`: bytes that a single value may
        have; larger ones, and attachments of any size, are read in pieces.

        Raises:
            UnreadableError: this is no store, or one of which nothing can be read.
        """
        source = Source(path)
        try:
            header = read_header(source)
            if trees is None:
                parsed = tree_index.parse(source, header, is_checked=is_checked)
            else:
                parsed = Parsed(trees=Trees.load(trees), lost_nodes=(), lost_blocks=())
            return cls(source, header, parsed, is_checked=is_checked, value_limit=value_limit)
        except BaseException:
            source.close()
            raise

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what was not read yet can no longer be."""
        self._source.close()

    # -- the store as a whole ------------------------------------------------------------------------------------------

    @cached_property
    def facts(self) -> Facts:
        """What is known of the store as a whole."""
        damage = [] if self._named[1] is None else [self._named[1]]
        password, code_pages = None, {}
        try:
            properties = self.properties(MESSAGE_STORE)
            password = properties.get(_PASSWORD)
            code_pages = {number: properties.get(number) for number in _CODE_PAGE_EVIDENCE}
        except DamageError as error:
            damage.append(error)
        trees = self.parsed.trees
        return Facts(
            header=self.header,
            size=self._source.size,
            nodes=len(trees.nodes),
            blocks=len(trees.blocks),
            lost_nodes=self.parsed.lost_nodes,
            lost_blocks=self.parsed.lost_blocks,
            has_password=bool(password) if isinstance(password, int) else None,
            code_pages=tuple((number, page) for number, page in code_pages.items() if isinstance(page, int)),
            damage=tuple(damage),
        )

    @cached_property
    def _named(self) -> tuple[NamedProperties, DamageError | None]:
        return read_named(self._node(NAME_MAP))

    @property
    def named(self) -> NamedProperties:
        """The store's own numbers for named properties; none where their map is damaged, which `facts` tell."""
        return self._named[0]

    def _node(self, number: int) -> Node | None:
        trees = self.parsed.trees
        at = trees.place_of(number)
        return None if at is None else Node(self.blocks, number, int(trees.node_data[at]), int(trees.node_subnodes[at]))

    def node(self, number: int) -> Node:
        """Return a node.

        Raises:
            DamageError: the store has none of this number.
        """
        found = self._node(number)
        if found is None:
            raise DamageError("node_missing", f"Node {number:#x} is not in the store's index.")
        return found

    def properties(self, number: int) -> Properties:
        """Return the properties of a node that has some: a folder, an item, the store itself (0x21).

        Raises:
            DamageError: there is no such node, or it has no properties that can be read.
        """
        return Properties(self.node(number))

    # -- folders -------------------------------------------------------------------------------------------------------

    def folders(self) -> list[Folder]:
        """Return all folders by node, search folders too."""
        trees = self.parsed.trees
        places = np.flatnonzero(np.isin(trees.nodes & _TYPE, (FOLDER, SEARCH_FOLDER)))
        parents = dict(zip(trees.nodes[places].tolist(), trees.node_parents[places].tolist(), strict=True))
        rooted = _rooted(parents)
        return [self._folder(node, parent, is_orphan=node not in rooted) for node, parent in parents.items()]

    def _folder(self, node: int, parent: int, *, is_orphan: bool) -> Folder:
        is_search = type_of(node) == SEARCH_FOLDER
        try:
            properties = self.properties(node)
            name, count, kind = (properties.get(number) for number in (_NAME, _CONTENT_COUNT, _CONTAINER_CLASS))
        except DamageError as error:
            return Folder(node=node, parent=parent, is_search=is_search, is_orphan=is_orphan, damage=error)
        return Folder(
            node=node,
            parent=parent,
            name=name if isinstance(name, str | bytes) else None,
            content_count=count if isinstance(count, int) else None,
            container_class=kind if isinstance(kind, str | bytes) else None,
            is_search=is_search,
            is_orphan=is_orphan,
        )

    def contents(self, folder: int) -> list[int]:
        """Return the items that a folder's contents table names, in the order of the table's index.

        Raises:
            DamageError: there is no such table, or it cannot be read.
        """
        return list(Table(self.node(folder & ~_TYPE | _CONTENTS), is_wide=self._is_wide).index)

    # -- items ---------------------------------------------------------------------------------------------------------

    def items(self, folder: int) -> list[int]:
        """Return the nodes of all items whose parent is `folder`, ascending, whether its table names them or not."""
        return _of_type(self.parsed.trees.children(folder), MESSAGE)

    def associated(self, folder: int) -> list[int]:
        """Return the nodes of a folder's hidden items (views, rules, forms), ascending."""
        return _of_type(self.parsed.trees.children(folder), ASSOCIATED)

    def orphans(self) -> list[int]:
        """Return the nodes of the items whose parent is no folder of this store, ascending."""
        trees = self.parsed.trees
        is_item = (trees.nodes & _TYPE) == MESSAGE
        folders = trees.nodes[np.isin(trees.nodes & _TYPE, (FOLDER, SEARCH_FOLDER))]
        lost: list[int] = trees.nodes[is_item & ~np.isin(trees.node_parents, folders)].tolist()
        return lost

    def item_count(self) -> int:
        """Return the number of items in the node tree, orphans included: what must be accounted for."""
        return int(np.count_nonzero((self.parsed.trees.nodes & _TYPE) == MESSAGE))

    def item(self, number: int) -> Item:
        """Return an item by its node.

        Raises:
            DamageError: the store has no such node.
        """
        trees = self.parsed.trees
        at = trees.place_of(number)
        if at is None:
            raise DamageError("node_missing", f"Node {number:#x} is not in the store's index.")
        node = Node(self.blocks, number, int(trees.node_data[at]), int(trees.node_subnodes[at]))
        return Item(node, int(trees.node_parents[at]), is_wide=self._is_wide)

    def batch(self, numbers: Iterable[int]) -> Batch:
        """Return some items, to be read together; `batches` knows how many are good.

        Raises:
            DamageError: the store has no such node.
        """
        wanted = np.fromiter(numbers, dtype=np.uint32)
        trees = self.parsed.trees
        at = np.searchsorted(trees.nodes, wanted)
        if np.any(at == len(trees.nodes)) or np.any(trees.nodes[at] != wanted):
            raise DamageError("node_missing", "A node of the batch is not in the store's index.")
        cells = (wanted, trees.node_data[at], trees.node_subnodes[at], trees.node_parents[at])
        items = [
            Item(Node(self.blocks, number, data, subnodes), parent, is_wide=self._is_wide)
            for number, data, subnodes, parent in zip(*(cell.tolist() for cell in cells), strict=True)
        ]
        return Batch(items, self.header.form.hid_shift)

    def batches(self, numbers: Sequence[int]) -> Iterator[Batch]:
        """Yield any number of items in batches that are large enough to be fast and need some 100 MB at the worst.

        Raises:
            DamageError: the store has no such node.
        """
        size = min(_BATCH, _BATCH_BYTES // self.header.form.capacity)
        for start in range(0, len(numbers), size):
            yield self.batch(numbers[start : start + size])


def _of_type(nodes: Array, kind: int) -> list[int]:
    found: list[int] = nodes[(nodes & _TYPE) == kind].tolist()
    return found


def _rooted(parents: dict[int, int]) -> set[int]:
    """Return the folders from which a chain of parents leads to the root, in time that does not grow with the depth."""
    rooted, lost = {ROOT_FOLDER} & parents.keys(), set[int]()
    for start in parents:
        chain = []
        on_the_way: set[int] = set()
        node = start
        while node not in rooted and node not in lost and node in parents and node not in on_the_way:
            on_the_way.add(node)
            chain.append(node)
            node = parents[node]
        (rooted if node in rooted else lost).update(chain)
    return rooted
