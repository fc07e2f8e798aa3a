"""What closing a bucket means for any table: its ready rows and side tables are written, then held to their suite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas, store, validate
from pipeline.targets import Target
from pipeline.transform import tables
from pipeline.transform.draft import Origin
from pipeline.transform.partition import Job

Leads = Callable[[pa.Array], Mapping[str, Origin]]
"""Given keys of ready rows, returns the item that leads each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is the same for all buckets of a table. `target`: what is made; `job.target`: of what drafts.

    `lost`: accounts that were rejected; `place`: where ready tables are built; `first_part`: of the side tables.
    """

    job: Job
    target: Target
    suite: validate.Suite
    place: Path
    first_part: int = 0
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Closed:
    """What a bucket gave: rows that became records, the records, and what their suite has to be asked about them."""

    seen: int
    records: int
    facts: validate.Facts


@dataclass(frozen=True, slots=True)
class Settled:
    """What validation says of a bucket; `keys` of the rejected records."""

    verdict: validate.Verdict
    keys: frozenset[str]


def write(closing: Closing, bucket: int, table: pa.Table) -> None:
    """Write the ready rows of a bucket; of an empty one only the first has a file."""
    path = _path(closing, bucket)
    if table.num_rows or bucket == 0:
        store.write(table.combine_chunks(), path, closing.target.schema())
    else:
        path.unlink(missing_ok=True)


def write_sides(closing: Closing, bucket: int, found: Mapping[str, pa.Table], *, has_all: bool) -> None:
    """Write parts of side tables by name; `has_all`: empty ones too."""
    for name, table in found.items():
        if table.num_rows or has_all:
            path = closing.place / name / f"part-{closing.first_part + bucket:05d}.parquet"
            store.write(table.combine_chunks(), path, getattr(schemas, name.upper()))


def settle(closing: Closing, findings: validate.Findings, bucket: int, leads: Leads) -> Settled:
    """Take the rows that break a rule out of a bucket, and write them to rejects."""
    path = _path(closing, bucket)
    schema = closing.target.schema()
    table = store.read(path, schema).combine_chunks() if path.is_file() else schema.empty_table()
    verdict = validate.settle(table, closing.suite, findings)
    failing = pa.array(sorted({failure.cluster_key for failure in verdict.failures}), pa.string())
    if len(failing):
        write(closing, bucket, table.filter(pc.invert(pc.is_in(table.column("cluster_key"), value_set=failing))))
        rejects = tables.rejects(closing.target.table, verdict.failures, leads(failing))
        write_sides(closing, bucket, {"rejects": tables.sorted_table(rejects, schemas.REJECTS)}, has_all=False)
    return Settled(verdict, frozenset(failing.to_pylist()))


def _path(closing: Closing, bucket: int) -> Path:
    return closing.place / "ready" / closing.target.table / f"part-{bucket:05d}.parquet"
