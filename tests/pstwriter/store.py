"""A whole store: the nodes that every store has, its folders, and the items put into them.

Source: [MS-PST] 2.4 and 2.7.1. What belongs to a folder is written when the store is closed; items are written as they
come, so that memory does not grow with them but for the entries of the indexes.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self

from tests.pstwriter import keys, tables
from tests.pstwriter.blocks import Subnode
from tests.pstwriter.contexts import Columns, Properties, Table, property_context
from tests.pstwriter.folders import CONTAINER_CLASSES, Folder, Role, root_pairs, store_pairs
from tests.pstwriter.items import Attachment, Item
from tests.pstwriter.layout import LAYOUTS, Encryption, Form
from tests.pstwriter.mapi import Codec, Pair
from tests.pstwriter.named import NameMap
from tests.pstwriter.nodes import NodeDatabase, NodeOptions

MESSAGE_STORE, NAME_MAP, ROOT_FOLDER = 0x21, 0x61, 0x122
ATTACHMENT_TABLE, RECIPIENT_TABLE = 0x671, 0x692
_SEARCH_QUEUE, _SEARCH_LIST, _SEARCH_DOMAIN = 0x1E1, 0x201, 0x261
_SPAM_FOLDER, _SPAM_QUEUE, _SPAM_CRITERIA, _SPAM_CONTENTS = 0x2223, 0x2226, 0x2227, 0x2230
_FOLDER, _MESSAGE, _ATTACHMENT, _ASSOCIATED_MESSAGE = 0x02, 0x04, 0x05, 0x08
_HIERARCHY, _CONTENTS, _ASSOCIATED = 0x0D, 0x0E, 0x0F
_KNOWN_FOLDERS = 0xFF  # PidTagValidFolderMask
_TEXT_LIMIT = 255  # characters of a text that a contents table keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How to write a store.

    Attributes:
        form: Unicode .pst, ANSI .pst, or .ost with 4K pages.
        encryption: Encoding of data blocks. Left out: that of Outlook's .pst files, and none in the 4K form, because
            libpff misreads larger data that is both permuted and compressed (it decodes the compressed size only).
        code_page: Python codec of the text of an ANSI store.
        is_lossy: Write "?" for what the code page lacks, as Outlook does, in place of an error.
        name: Display name of the store.
        seed: All that is not given is made from it: keys and identifiers.
        compress: Deflate data blocks where that makes them smaller (4K form only).
        trim: Let the file end with its last used page, not with its last allocation map.
        subtree_name: Name of the folder under which all visible folders are.
    """

    form: Form = Form.UNICODE
    encryption: Encryption | None = None
    code_page: str = "cp1252"
    is_lossy: bool = False
    name: str = "Outlook data file"
    seed: int = 0
    compress: bool = True
    trim: bool = False
    subtree_name: str = "Top of Outlook data file"


class Store:
    """A store being written; `with Store(out, settings) as store:` closes it at the end of the block."""

    def __init__(self, out: BinaryIO, settings: StoreSettings) -> None:
        """Begin a store in a seekable binary file that is open for writing and empty."""
        self.settings = settings
        self._layout = LAYOUTS[settings.form]
        self._code_page = settings.code_page if settings.form is Form.ANSI else None
        self._names = NameMap()
        self.codec = Codec(self._code_page, self._names.identifier, is_lossy=settings.is_lossy)
        for key in keys.FIRST_NAMED:
            self.codec.identifier(key)
        self._nodes = NodeDatabase(
            out,
            self._layout,
            NodeOptions(
                encryption=_encryption(settings),
                compress=settings.compress and settings.form is Form.OST4K,
                trim=settings.trim,
                unique=int.from_bytes(self._key("unique")[:4]),
            ),
        )
        self._record_key = self._key("store")
        self._columns: dict[str, Columns] = {}
        self._empty_tables: dict[str, tuple[int, int]] = {}
        self._special: dict[Role, Folder] = {}
        self._keys = 0
        self._root = Folder(node=ROOT_FOLDER, parent=ROOT_FOLDER, name="")
        top = self._root
        if settings.form is Form.OST4K:
            top = self.add_folder("Root - Mailbox", parent=self._root)
        self._subtree = self.add_folder(settings.subtree_name, parent=top)
        self._finder = self.add_folder("Search Root", parent=self._root)
        self.deleted = self.add_folder("Deleted Items", role=Role.DELETED)

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store unless an exception is on its way out."""
        if kind is None:
            self.close()

    def add_folder(
        self,
        name: str,
        *,
        parent: Folder | None = None,
        role: Role | None = None,
        container_class: str | None = None,
        extra: Iterable[Pair] = (),
    ) -> Folder:
        """Add a folder below `parent` (default: at the top of what a user sees).

        Args:
            name: Display name.
            parent: Folder of this store.
            role: What special folder it is; one folder of a store at most has it.
            container_class: Container class, where it is not that of the role.
            extra: Further properties of the folder.

        Raises:
            ValueError: Another folder already has the role.
        """
        above = parent or self._subtree
        folder = Folder(
            node=self._nodes.new_node(_FOLDER),
            parent=above.node,
            name=name,
            container_class=container_class or (CONTAINER_CLASSES.get(role, "IPF.Note") if role else None),
            extra=tuple(extra),
        )
        if role and self._special.setdefault(role, folder) is not folder and role is not Role.DELETED:
            raise ValueError(f"{name}: another folder is already {role}")
        above.children.append(folder)
        return folder

    def rename(self, folder: Folder, name: str) -> None:
        """Give a folder another name; "Deleted Items", which the store makes itself, may need one."""
        folder.name = name

    def add(self, folder: Folder, item: Item) -> int:
        """Write an item into a folder and return its node identifier."""
        node = self._nodes.new_node(_MESSAGE)
        properties, data, subnodes = self._write_item(item)
        self._nodes.add_node(node, data, subnodes, folder.node)
        if folder.contents is None:
            folder.contents = self._table("contents")
        folder.contents.add(node, self._shortened(properties))
        folder.unread += not item.is_read
        return node

    def add_associated(self, folder: Folder, item: Item) -> int:
        """Write a hidden item (a view, a rule, a setting) into a folder and return its node identifier."""
        node = self._nodes.new_node(_ASSOCIATED_MESSAGE)
        properties, data, subnodes = self._write_item(item)
        self._nodes.add_node(node, data, subnodes, folder.node)
        if folder.associated is None:
            folder.associated = self._table("associated")
        folder.associated.add(node, properties)
        return node

    def add_orphan(self, item: Item, parent: int) -> int:
        """Write an item whose parent is a node that need not exist; return its node identifier."""
        node = self._nodes.new_node(_MESSAGE)
        _, data, subnodes = self._write_item(item)
        self._nodes.add_node(node, data, subnodes, parent)
        return node

    def entry_id(self, node: int) -> bytes:
        """Return the entry identifier of a node of this store ([MS-PST] 2.4.3.2)."""
        return bytes(4) + self._record_key + struct.pack("<I", node)

    def close(self) -> None:
        """Write folders, the store's own nodes, and the indexes."""
        self._add_search_folder()
        self._write_folder(self._root)
        self._add_context(MESSAGE_STORE, self._store_pairs())
        self._add_templates()
        data, subnodes = property_context(self._nodes.blocks, self._layout, self._names.properties())
        self._nodes.add_node(NAME_MAP, data, subnodes)
        self._nodes.close()

    def _key(self, *what: object) -> bytes:
        """Return sixteen bytes made from the seed."""
        return hashlib.blake2b(repr((self.settings.seed, *what)).encode(), digest_size=16).digest()

    def _write_item(self, item: Item) -> tuple[Properties, int, int]:
        """Write an item's properties, recipients and attachments; return the properties and two block identifiers."""
        blocks = self._nodes.blocks
        properties = self.codec.encode(item.pairs(self._code_page))
        search_key = self.codec.identifier(keys.SEARCH_KEY)
        if search_key not in properties:
            self._keys += 1
            properties |= self.codec.encode([(keys.SEARCH_KEY, self._key("item", self._keys))])
        subnodes: list[Subnode] = []
        size = sum([len(value) if isinstance(value, bytes) else 4 for _, value in properties.values()])
        if item.recipients:
            subnodes.append((RECIPIENT_TABLE, *self._recipients(item)))
        if attached := item.attached():
            size += self._add_attachments(attached, subnodes)
        properties |= self.codec.encode([(keys.MESSAGE_SIZE, size), *item.extra])
        for key, value in item.extra:
            if value is None:
                properties.pop(self.codec.identifier(key), None)
        return properties, *property_context(blocks, self._layout, properties, subnodes)

    def _recipients(self, item: Item) -> tuple[int, int]:
        """Write the table of recipients."""
        table = self._table("recipients")
        for number, recipient in enumerate(item.recipients):
            table.add(number, self.codec.encode(recipient.pairs(self._code_page)))
        return table.finish()

    def _add_attachments(self, attachments: Iterable[Attachment], subnodes: list[Subnode]) -> int:
        """Write attachments and their table into `subnodes`; return their size in bytes."""
        table = self._table("attachments")
        total = 0
        for number, attachment in enumerate(attachments, 0x401):
            node = number << 5 | _ATTACHMENT
            properties, data, below = self._write_attachment(attachment)
            table.add(node, properties)
            subnodes.append((node, data, below))
            total += int(properties[self.codec.identifier(keys.ATTACH_SIZE)][1])
        subnodes.append((ATTACHMENT_TABLE, *table.finish()))
        return total

    def _write_attachment(self, attachment: Attachment) -> tuple[Properties, int, int]:
        """Write one attachment; return its properties and two block identifiers."""
        pairs = list(attachment.pairs())
        subnodes: list[Subnode] = []
        if attachment.item is None:
            size = len(attachment.data)
            pairs.append((keys.ATTACH_DATA, attachment.data))
        else:
            inner, data, below = self._write_item(attachment.item)
            size = int(inner[self.codec.identifier(keys.MESSAGE_SIZE)][1])
            node = 0x10001 << 5 | _MESSAGE
            subnodes.append((node, data, below))
            pairs.append((keys.ATTACH_OBJECT, struct.pack("<II", node, size)))
        properties = self.codec.encode([*pairs, (keys.ATTACH_SIZE, size)])
        return properties, *property_context(self._nodes.blocks, self._layout, properties, subnodes)

    def _shortened(self, properties: Properties) -> Properties:
        """Return what a contents table keeps of an item: long texts are cut."""
        limit = _TEXT_LIMIT * (2 if self.codec.is_unicode else 1)
        texts = (keys.SUBJECT, keys.CONVERSATION_TOPIC, keys.DISPLAY_TO, keys.DISPLAY_CC, keys.REPRESENTING_NAME)
        cut = {}
        for identifier in map(self.codec.identifier, texts):
            kind, value = properties.get(identifier, (0, 0))
            if isinstance(value, bytes) and len(value) > limit:
                cut[identifier] = (kind, self._cut(value, limit))
        return {**properties, **cut} if cut else properties

    def _cut(self, text: bytes, limit: int) -> bytes:
        """Cut stored text to `limit` bytes without halving a character."""
        codec = self._code_page or "utf-16-le"
        return text[:limit].decode(codec, "ignore").encode(codec)

    def _table(self, name: str) -> Table:
        """Begin a table of one of the known shapes."""
        if name not in self._columns:
            self._columns[name] = tables.columns(self.codec, tables.SHAPES[name])
        return Table(self._nodes.blocks, self._layout, self._columns[name])

    def _finished(self, table: Table | None, name: str) -> tuple[int, int]:
        """Write a table, or share the empty one of that shape; return two block identifiers."""
        if table is not None:
            return table.finish()
        if name not in self._empty_tables:
            self._empty_tables[name] = self._table(name).finish()
            return self._empty_tables[name]
        data, subnodes = self._empty_tables[name]
        return self._nodes.blocks.share(data), subnodes

    def _add_context(self, node: int, pairs: Iterable[Pair], parent: int = 0) -> None:
        """Write a node that has nothing but properties."""
        data, subnodes = property_context(self._nodes.blocks, self._layout, self.codec.encode(pairs))
        self._nodes.add_node(node, data, subnodes, parent)

    def _write_folder(self, top: Folder) -> None:
        """Write a folder's four nodes, then those of all folders below it."""
        waiting = [top]
        for folder in waiting:
            waiting.extend(folder.children)
            pairs = [*folder.pairs(), *self._special_pairs(folder)]
            self._add_context(folder.node, pairs, folder.parent)
            if folder.is_search:
                continue
            base = folder.node & ~0x1F
            self._nodes.add_node(base | _HIERARCHY, *self._hierarchy(folder))
            self._nodes.add_node(base | _CONTENTS, *self._finished(folder.contents, "contents"))
            self._nodes.add_node(base | _ASSOCIATED, *self._finished(folder.associated, "associated"))

    def _hierarchy(self, folder: Folder) -> tuple[int, int]:
        """Write the table of the folders right below one."""
        table = self._table("hierarchy") if folder.children else None
        if table is not None:
            for child in folder.children:
                table.add(child.node, self.codec.encode(child.pairs()))
        return self._finished(table, "hierarchy")

    def _special_pairs(self, folder: Folder) -> Iterator[Pair]:
        """Yield the places of the special folders, for the two folders that keep them."""
        if folder is self._root or folder is self._special.get(Role.INBOX):
            yield from root_pairs(self._special_entry_ids())

    def _special_entry_ids(self) -> dict[Role, bytes]:
        """Return the entry identifiers of the special folders."""
        return {role: self.entry_id(folder.node) for role, folder in self._special.items()}

    def _store_pairs(self) -> Iterator[Pair]:
        """Yield the properties of the message store (2.4.3)."""
        yield keys.RECORD_KEY, self._record_key
        yield keys.DISPLAY_NAME, self.settings.name
        yield keys.VALID_FOLDERS, _KNOWN_FOLDERS
        yield keys.SUBTREE_ENTRY_ID, self.entry_id(self._subtree.node)
        yield keys.FINDER_ENTRY_ID, self.entry_id(self._finder.node)
        yield keys.REPLICATION_HISTORY, struct.pack("<I16sI", 1, self._key("replica"), 1)
        yield keys.REPLICATION_FLAGS, 0
        yield keys.PASSWORD, 0
        yield from store_pairs(self._special_entry_ids())

    def _add_search_folder(self) -> None:
        """Add the search folder that every store has, with its three nodes."""
        self._root.children.append(
            Folder(node=_SPAM_FOLDER, parent=ROOT_FOLDER, name="SPAM Search Folder 2", is_search=True)
        )
        self._nodes.add_node(_SPAM_QUEUE, 0)
        self._add_context(_SPAM_CRITERIA, [(keys.FAKE_SENT_COUNT, 0)])
        self._nodes.add_node(_SPAM_CONTENTS, *self._finished(None, "search contents"))

    def _add_templates(self) -> None:
        """Add the empty tables that serve as patterns, and the lists of searches."""
        for node, name in tables.TEMPLATES.items():
            self._nodes.add_node(node, *self._finished(None, name))
        self._nodes.add_node(_SEARCH_QUEUE, 0)
        self._nodes.add_node(_SEARCH_LIST, self._nodes.blocks.data(struct.pack("<I", _SPAM_FOLDER)))
        self._nodes.add_node(_SEARCH_DOMAIN, 0)


def _encryption(settings: StoreSettings) -> Encryption:
    """Return the encoding that the settings ask for."""
    if settings.encryption is not None:
        return settings.encryption
    return Encryption.NONE if settings.form is Form.OST4K else Encryption.PERMUTE
