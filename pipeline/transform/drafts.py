"""Drafts of contacts as columns: the table that goes from the map of a partition to the buckets, and back to objects.

Per row: where it is from, its values by API name (Description without asides), and what de-duplication looks at.
"""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.company import LegalForms
from pipeline.schemas import INSTANT, TEXT
from pipeline.targets import ARROW_TYPES, Kind, Target
from pipeline.transform import keys
from pipeline.transform.draft import Draft, Home, Origin, Row

ORIGIN: list[tuple[str, pa.DataType]] = [
    ("source_key", TEXT),
    ("item_id", TEXT),
    ("file_sha256", TEXT),
    ("folder", TEXT),
    ("position", pa.int64()),
    ("message_class", TEXT),
    ("created_at", INSTANT),
    ("modified_at", INSTANT),
]
# asides: lines; company_key: of the account; needs_merge: a value is too long as it stands.
_FRAME: list[tuple[str, pa.DataType]] = [
    *ORIGIN,
    ("asides", TEXT),
    ("company", TEXT),
    ("company_key", TEXT),
    ("is_surname", pa.bool_()),
    ("needs_merge", pa.bool_()),
]
FRAME = tuple(name for name, _ in _FRAME)
_PREFIX = "="  # before the API names, so that none is taken for a column of the frame


def column(api_name: str) -> str:
    """Return the name of the column that holds a field."""
    return f"{_PREFIX}{api_name}"


def schema(target: Target) -> pa.Schema:
    """Return the schema of drafts of a target; a look-up has no column, it is made later."""
    values = [(column(one.api_name), ARROW_TYPES[one.kind]) for one in target.fields if one.kind is not Kind.LOOKUP]
    return pa.schema([*_FRAME, *values])


def row_of(draft: Draft, target: Target, legal_forms: LegalForms, *, needs_merge: bool) -> Row:
    """Return a draft as a row of its table."""
    origin = draft.origin
    values = {column(name): value for name, value in draft.values.items() if name in target.names}
    return {
        **{name: getattr(origin, name) for name in FRAME[: len(ORIGIN)]},
        "asides": "\n".join(draft.asides) or None,
        "company": draft.company,
        "company_key": None if draft.company is None else keys.company_key(draft.company, legal_forms),
        "is_surname": draft.is_surname,
        "needs_merge": needs_merge,
        **values,
    }


def of_rows(table: pa.Table, homes: Mapping[str, Home]) -> list[Draft]:
    """Return the rows of a table of drafts as objects, without their changes, which were noted before."""
    return [_draft(row, homes[row["file_sha256"]]) for row in table.to_pylist()]


def _draft(row: Row, home: Home) -> Draft:
    values = {name[1:]: value for name, value in row.items() if value is not None and name.startswith(_PREFIX)}
    return Draft(
        origin=origin(row, home),
        values=values,
        asides=tuple(row["asides"].split("\n")) if row["asides"] else (),
        company=row["company"],
        is_surname=row["is_surname"],
    )


def origin(row: Row, home: Home) -> Origin:
    """Return where a row of drafts is from."""
    return Origin(
        item_id=row["item_id"],
        source_key=row["source_key"],
        file_sha256=row["file_sha256"],
        folder=row["folder"],
        position=row["position"],
        message_class=row["message_class"],
        home=home,
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


def whole(tables: Iterable[pa.Table], expected: pa.Schema) -> pa.Table:
    """Return all tables as one, each column in one chunk."""
    listed: Sequence[pa.Table] = [table for table in tables if table.num_rows]
    return pa.concat_tables(listed).combine_chunks() if listed else expected.empty_table()


def chunk(table: pa.Table, name: str) -> pa.Array:
    """Return a column of a table as one array."""
    found = table.column(name)
    if found.num_chunks == 1:
        return found.chunk(0)
    return pa.concat_arrays(found.chunks) if found.num_chunks else pa.array([], found.type)


def joined(parts: Sequence[pa.Array], separator: str) -> pa.Array:
    """Join texts row by row, leaving out nulls; null where all are."""
    first = pa.array([""] * len(parts[0]), pa.string())  # a row of nulls only would have no result at all
    text = pc.binary_join_element_wise(first, *parts, separator, null_handling="skip")
    text = pc.utf8_slice_codeunits(text, start=len(separator))
    return pc.if_else(pc.equal(text, ""), None, text)
