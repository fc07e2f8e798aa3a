"""The chain: an entry is a line, the SHA-256 of the line before and of its own text, then the text. Pure.

    <64 hex digits> {"at":"2026-05-20T00:00:00+00:00","event":"settled","n":7,...}

Whatever byte is changed, and whatever line is taken out, put in or moved, a hash does not fit any more. That lines
were cut off at the end cannot be seen from the log alone: for that, an older head has to be found in it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

FIRST = "0" * 64  # stands for the line before the first
_HASH = 64


def line(previous: str, entry: Mapping[str, object]) -> str:
    """Return the line of an entry, without its end.

    Args:
        previous: the hash of the line before, `FIRST` for none.
        entry: what happened; JSON values only.
    """
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return f"{_hash(previous.encode(), text.encode())} {text}"


def hash_of(one: str) -> str:
    """Return the hash that a line begins with."""
    return one[:_HASH]


def is_linked(previous: bytes, one: bytes) -> bool:
    """Tell whether a line, without its end, is whole and follows the line with that hash."""
    return one[_HASH : _HASH + 1] == b" " and one[:_HASH] == _hash(previous, one[_HASH + 1 :]).encode()


def _hash(previous: bytes, text: bytes) -> str:
    return hashlib.sha256(previous + b" " + text).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a log shows. `broken_at`: the first line that does not fit, 0 for none; `entries`: lines before it.

    `is_head_found`: whether the given head is one of the lines; None where none was given.
    """

    entries: int
    head: str
    broken_at: int = 0
    is_head_found: bool | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found; without a head the end is not proven even then."""
        return not self.broken_at and self.is_head_found is not False


def verify(content: bytes, wanted: str = "") -> Verdict:
    """Check a log from its first byte to its last.

    Args:
        content: the log.
        wanted: the head that a report or a dossier shows, "" for none.
    """
    *listed, rest = content.split(b"\n")
    previous, is_found = FIRST.encode(), wanted == FIRST
    for number, one in enumerate(listed, start=1):
        if not is_linked(previous, one):
            return _verdict(number - 1, previous, wanted, number, is_found=is_found)
        previous = one[:_HASH]
        is_found = is_found or previous.decode() == wanted
    return _verdict(len(listed), previous, wanted, len(listed) + 1 if rest else 0, is_found=is_found)


def _verdict(entries: int, head: bytes, wanted: str, broken_at: int, *, is_found: bool) -> Verdict:
    return Verdict(
        entries=entries,
        head=head.decode(),
        broken_at=broken_at,
        is_head_found=is_found if wanted else None,
    )
