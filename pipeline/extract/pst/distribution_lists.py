"""IPM.DistList items with their members as columns of `lists` ([MS-OXOCNTC] 2.2.2).

A list is kept twice: its members' entry ids, and beside each a one-off entry id with name and address as they were when
the list was saved. Lists too long for that are one stream of both.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, TypedDict

from pipeline.extract.pst import entry_ids, words
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.people import smtp_in

_STREAM = struct.Struct("<HHIIIIII")  # the fifth is the number of members (2.2.2.2.4)
_SIZE = struct.Struct("<I")
_PARTS = 3  # of a member: entry id, one-off and what nobody uses, each after its size (2.2.2.2.4.1)


def columns(items: Columns, bodies: Sequence[Body]) -> dict[str, Sequence[Any]]:
    """Return the columns of distribution lists that are composed."""
    bags = [items.bag(row) for row in range(len(items))]
    names = (items.values("PidLidDistributionListName"), items.values("PidTagDisplayName"), words.subjects(items))
    return {
        "name": [name or shown or subject for name, shown, subject in zip(*names, strict=True)],
        "members": [
            members(
                bag.binaries("PidLidDistributionListMembers"),
                bag.binaries("PidLidDistributionListOneOffMembers"),
                bag.binary("PidLidDistributionListStream"),
                bag.codec,
            )
            for bag in bags
        ],
        "notes": [body.text for body in bodies],
    }


class Member(TypedDict):
    """A row of schemas.MEMBER."""

    kind: str | None
    name: str | None
    email: str | None
    address_type: str | None
    address: str | None
    position: int | None


def members(entries: Sequence[bytes], one_offs: Sequence[bytes], stream: bytes | None, codec: str) -> list[Member]:
    """Return the members of PidLidDistributionListMembers, ...OneOffMembers and ...Stream, in their order.

    Where there is a stream the others are to be ignored, unless it is damaged and they tell more. A member that says
    nothing of itself is there all the same, without name and address.
    """
    pairs = list(zip_longest(entries, one_offs, fillvalue=b""))
    streamed = list(_streamed(stream or b""))
    return [_member(entry, one_off, codec) for entry, one_off in max(streamed, pairs, key=len)]


def _streamed(stream: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield entry id and one-off of each member, as far as the bytes go whatever number the head says."""
    at, count = _STREAM.size, int.from_bytes(stream[12:16], "little")
    for _ in range(min(count, len(stream) // (_PARTS * _SIZE.size))):
        found = []
        for _ in range(_PARTS):
            size = int.from_bytes(stream[at : at + _SIZE.size], "little")
            found.append(stream[at + _SIZE.size : at + _SIZE.size + size])
            at += _SIZE.size + size
        if at > len(stream):
            return
        yield found[0], found[1]


def _member(entry: bytes, one_off: bytes, codec: str) -> Member:
    wrapped = entry_ids.wrapped(entry)
    known = entry_ids.address(one_off, codec) or entry_ids.address(wrapped.entry_id if wrapped else entry, codec)
    return Member(
        kind=wrapped.kind if wrapped else "address",
        name=known.name if known else None,
        email=smtp_in(known.address) if known and known.kind != "EX" else None,
        address_type=known.kind if known else None,
        address=known.address if known else None,
        position=wrapped.node if wrapped and wrapped.kind in {"contact", "list"} else None,
    )
