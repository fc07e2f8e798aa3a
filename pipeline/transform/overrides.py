"""What people decided about duplicates: data/overrides.csv of the project, replayed on each run.

Columns: `left` and `right`, two source_keys as they stand in the table `decisions` or in suggestions.csv, and
`verdict`: same | different, or nothing as long as it is not decided; any other column is for the reader. An override
wins over every rule.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.clean import cell
from pipeline.errors import SettingsError

SAME, DIFFERENT = "same", "different"
RULE = "override"
_COLUMNS = {"left", "right", "verdict"}


@dataclass(frozen=True, slots=True, order=True)
class Override:
    """One decision of a person: two items, the smaller key first, are the same thing or are not."""

    left: str
    right: str
    is_same: bool


def path_of(project: Path) -> Path:
    """Return where a project keeps its overrides."""
    return project / "data" / "overrides.csv"


def read(project: Path) -> tuple[Override, ...]:
    """Return the overrides of a project, in the order of their keys; none where there is no file.

    Raises:
        SettingsError: the file cannot be read as such, or decides twice about two items.
    """
    path = path_of(project)
    try:
        text = cell.decoded(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read ({type(error).__name__})") from None
    if missing := _COLUMNS - {*cell.header(text)}:
        raise _wrong(path, f"has no column {', '.join(sorted(missing))}")
    read = [_override(path, line, row) for line, row in cell.rows(text)]
    found = sorted({one for one in read if one is not None})
    pairs = [(one.left, one.right) for one in found]
    if twice := {pair for pair in pairs if pairs.count(pair) > 1}:
        raise _wrong(path, f"says both same and different of {' and '.join(min(twice))}")
    return tuple(found)


def digest(found: Iterable[Override]) -> str:
    """Return a digest of all overrides."""
    return hashlib.sha256(repr(tuple(found)).encode()).hexdigest()


def _override(path: Path, line: int, row: Mapping[str, str]) -> Override | None:
    left, right, verdict = (row[name] for name in ("left", "right", "verdict"))
    if not verdict:
        return None
    if verdict not in {SAME, DIFFERENT}:
        raise _wrong(path, f"line {line}: the verdict is '{verdict}'")
    if not left or not right or left == right:
        raise _wrong(path, f"line {line}: left and right have to be two source_keys")
    return Override(min(left, right), max(left, right), verdict == SAME)


def _wrong(path: Path, what: str) -> SettingsError:
    return SettingsError(
        f"{path}: {what}.", "It needs the columns left, right (source_keys) and verdict (same or different)."
    )
