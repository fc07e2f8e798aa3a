"""What pypff (of libpff-python) gives of any object: its properties undecoded, and why it failed."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.extract.pst import property_names
from pipeline.extract.pst.bag import Value
from pipeline.extract.pst.property_names import Key

NamedKeys = Mapping[int, tuple[str, int | str]]

# What the binding raises on damaged data: it is C, and a damaged length is an allocation that fails.
READ_ERRORS = (OSError, MemoryError, RuntimeError, ValueError, OverflowError)
_CAUSE = re.compile(r"libpff_\w+: ([^.]+)")


def named_keys(file: Any) -> NamedKeys:  # noqa: ANN401 - untyped C
    """Return what a file's own numbers for named properties stand for; nothing where their map is damaged."""
    try:
        found = entries(file.name_to_id_map, {})
    except READ_ERRORS:
        return {}
    streams = [found[tag].raw if tag in found else b"" for tag in (0x0002, 0x0003, 0x0004)]
    return property_names.parse(*streams)


def entries(thing: Any, names: NamedKeys) -> dict[Key, Value]:  # noqa: ANN401 - untyped C
    """Return the properties of a pypff object; of two with one key the first that has a value."""
    found: dict[Key, Value] = {}
    if thing is None or not thing.number_of_record_sets:
        return found
    return record(thing.get_record_set(0), names)


def record(record_set: Any, names: NamedKeys) -> dict[Key, Value]:  # noqa: ANN401 - untyped C
    """Return the properties of a set of them, as `entries` does."""
    found: dict[Key, Value] = {}
    for entry in record_set.entries:
        key = names.get(entry.entry_type, entry.entry_type)
        if key not in found or not found[key].raw:
            found[key] = Value(entry.value_type, entry.data or b"")
    return found


def cause(error: BaseException) -> str:
    """Return the innermost cause of libpff's chain; it holds numbers and names of structures, no personal data."""
    if isinstance(error, MemoryError):
        return "a size in it is impossible"
    found = _CAUSE.search(str(error))
    return found[1].strip()[:200] if found else "libpff gives no cause"
