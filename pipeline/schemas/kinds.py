"""The types that columns have."""

import sys
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _WithoutPandas(MetaPathFinder):
    """Refuses to import pandas."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        """Raise ImportError for pandas, leave all others to the next finder."""
        if fullname == "pandas":
            raise ImportError(fullname)


def _spare_pandas() -> None:
    """Keep `pa.array` from importing pandas to see whether a list is a Series: 0.3 s and 40 MB in each process.

    Arrow tries that import once, and goes on without it; `to_pandas` imports it all the same.
    """
    refuses = _WithoutPandas()
    sys.meta_path.insert(0, refuses)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(refuses)


_spare_pandas()

TEXT = pa.string()
DATE = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
WALL_CLOCK = pa.timestamp("us")


def columns(names: str, kind: pa.DataType = TEXT) -> list[tuple[str, pa.DataType]]:
    """Return columns of one type, by their names in a row."""
    return [(name, kind) for name in names.split()]


# A person of an event or message. role: organizer | required | optional | resource | to | cc | bcc;
# email is an SMTP address or null; address what the item has (X.500 too);
# The response is one of none | organizer | tentative | accepted | declined | not_responded
PERSON = pa.struct(
    [("role", TEXT), ("name", TEXT), ("email", TEXT), ("address_type", TEXT), ("address", TEXT), ("response", TEXT)]
)
