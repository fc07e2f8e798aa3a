"""What is known of a store and of its folders before any item is read."""

from dataclasses import dataclass

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.header import Header
from pipeline.extract.pst.direct.pages import LostPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a store before any item is read.

    `header`: as the file says it; `size` in bytes; `nodes` and `blocks`: how many there are; `lost_nodes` and
    `lost_blocks`: pages of the two trees that could not be used. `has_password` is None where the store does not say
    it. `code_pages`: those of PidTagMessageCodepage, PidTagCodePageId, PidTagMessageLocaleId and PidTagSortLocaleId
    that the store has, by number. `damage`: what else of the store as a whole could not be read.
    """

    header: Header
    size: int
    nodes: int
    blocks: int
    lost_nodes: tuple[LostPage, ...]
    lost_blocks: tuple[LostPage, ...]
    has_password: bool | None
    code_pages: tuple[tuple[int, int], ...]
    damage: tuple[DamageError, ...]

    @property
    def is_truncated(self) -> bool:
        """Whether the file is shorter than its header says."""
        return self.size < self.header.declared_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder; texts of 8 bits are bytes. `damage`: why name, count and class could not be read.

    `is_orphan`: no chain of parents leads from it to the root folder.
    """

    node: int
    parent: int
    name: str | bytes | None = None
    content_count: int | None = None
    container_class: str | bytes | None = None
    is_search: bool = False
    is_orphan: bool = False
    damage: DamageError | None = None
