"""The properties of an item attached to another, of which pypff gives only the bytes of its first block.

The binding has no call for such an item ([MS-PST] 2.4.6.2.2 says where it is); what it gives as data is the block that
holds the item's heap. What lies outside of that block (people, a long text) stays out of reach.
"""

from collections.abc import Mapping

from pipeline.extract.pst.bag import Value
from pipeline.extract.pst.direct import DamageError, Properties
from pipeline.extract.pst.direct.node import Node
from pipeline.extract.pst.property_names import Key

LARGEST = 65_536  # bytes of a block in any form of store


class _OneBlock:
    """The blocks of a store of which one is known."""

    hid_shift = 16  # with one block, how the numbers of blocks and allocations are split makes no difference
    value_limit = LARGEST

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def read(self, _block: int) -> bytes:
        """Return the block."""
        return self._raw

    def subnodes(self, _block: int) -> Mapping[int, tuple[int, int]]:
        """Return none."""
        return {}


def properties(raw: bytes, names: Mapping[int, tuple[str, int | str]]) -> dict[Key, Value]:
    """Return the properties whose values are in the block; none where it is damaged or there are more blocks."""
    found: dict[Key, Value] = {}
    try:
        stored = Properties(Node(_OneBlock(raw), 0, 4, 0))  # type: ignore[arg-type]  # what a heap asks of blocks
    except DamageError:
        return {}
    for number in stored:
        try:
            one = stored.raw(number)
        except DamageError:
            continue
        if one is not None:
            found.setdefault(names.get(number, number), Value(*one))
    return found
