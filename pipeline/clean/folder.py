r"""Paths of folders: "/" parts the names, "\/" is one inside a name; patterns name folders and all below them."""

import fnmatch
from collections.abc import Sequence

_INSIDE = "\0"  # stands for a / inside a name


def matched(path: str | None, patterns: Sequence[str]) -> str | None:
    """Return the highest folder on the path that a pattern names, None for none; case does not count.

    A pattern that begins with "/" begins at the top; one that is only a name means a folder of that name anywhere.
    """
    if not path or not patterns:
        return None
    plain = path.replace("\\/", _INSIDE)
    folded = plain.casefold()
    ends = [*[place for place, sign in enumerate(folded) if sign == "/"][1:], len(folded)]
    found = next((end for end in ends if any(_fits(folded[:end], pattern) for pattern in patterns)), None)
    if found is None:
        return None
    # casefold may change the length: count names, not letters
    names = plain.split("/")[: folded[:found].count("/") + 1]
    return "/".join(names).replace(_INSIDE, "\\/")


def name(path: str) -> str:
    """Return the name of a folder: the last part of its path."""
    return path.replace("\\/", _INSIDE).rpartition("/")[2].replace(_INSIDE, "/")


def _fits(folded: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(folded, _anchored(pattern))


def _anchored(pattern: str) -> str:
    folded = pattern.replace("\\/", _INSIDE).casefold().rstrip("/")
    return folded if folded.startswith(("/", "*")) else f"*/{folded}"
