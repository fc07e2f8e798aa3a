"""Which reader an item of a store came from, and what a comparison of the two came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DIRECT, PYPFF = "direct", "pypff"
ONLY_DIRECT, ONLY_PYPFF, DIFFERENT, UNREADABLE = "only_direct", "only_pypff", "different", "unreadable_by_pypff"


@dataclass(frozen=True, slots=True)
class Checked:
    """What two readers of one store say: `findings` are rows of schemas.CROSS_CHECK, `seen` items by folder."""

    findings: tuple[Mapping[str, Any], ...]
    seen: Mapping[str, int]
