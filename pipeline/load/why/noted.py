"""What the last load noted of a record's fields: kept, left out, or set to something else. Read only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.schemas import OUTCOMES, REMARKS


def last(directory: Path, module: str, crm_key: str) -> tuple[int, tuple[Mapping[str, Any], ...]]:
    """Return the last run that had a record among its rows, and what it noted of the record's fields; 0 for no run.

    Args:
        directory: the memory of an org.
        module: of the record.
        crm_key: of the record.

    Raises:
        StageError: a table of a run is damaged.
    """
    runs = sorted((int(path.name) for path in (directory / "runs").glob("*") if path.name.isdigit()), reverse=True)
    for run in runs:
        if _of(directory / "runs" / str(run) / "outcomes.parquet", OUTCOMES, module, crm_key, list(_NAMED)):
            return run, _of(directory / "runs" / str(run) / "remarks.parquet", REMARKS, module, crm_key)
    return 0, ()


_NAMED = ("module", "crm_key")  # of a million outcomes the rest takes most of the time


def _of(
    path: Path, schema: pa.Schema, module: str, crm_key: str, names: list[str] | None = None
) -> tuple[Mapping[str, Any], ...]:
    if not path.is_file():
        return ()
    table = store.read(path, schema, names)
    return tuple(table.filter((pc.field("module") == module) & (pc.field("crm_key") == crm_key)).to_pylist())
