"""A sample store: the folders that Outlook makes in every mailbox, under the names of its language, and what is in them."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.pstwriter.folders import Folder, Role
from tests.pstwriter.items import Item
from tests.pstwriter.store import Store, StoreSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What goes into a store.

    Attributes:
        name: Display name of the store.
        seed: What keys and identifiers are made from.
        names: Name of each special folder.
        items: Items by the special folder that they are in.
        below: Folders of the user's own: the special folder they are in, their name, their items.
    """

    name: str
    seed: int
    names: Mapping[Role, str]
    items: Mapping[Role, Sequence[Item]]
    below: Sequence[tuple[Role, str, Sequence[Item]]] = field(default=())


def write(content: Content) -> bytes:
    """Return the store as a Unicode .pst; the same content is the same bytes."""
    out = io.BytesIO()
    settings = StoreSettings(name=content.name, subtree_name=content.name, seed=content.seed, trim=True)
    with Store(out, settings) as store:
        store.rename(store.deleted, content.names[Role.DELETED])
        folders = {Role.DELETED: store.deleted}
        folders |= {
            role: store.add_folder(name, role=role) for role, name in content.names.items() if role is not Role.DELETED
        }
        for role, items in content.items.items():
            _fill(store, folders[role], items)
        for role, name, items in content.below:
            parent = folders[role]
            _fill(store, store.add_folder(name, parent=parent, container_class=parent.container_class), items)
    return out.getvalue()


def _fill(store: Store, folder: Folder, items: Iterable[Item]) -> None:
    for item in items:
        store.add(folder, item)
