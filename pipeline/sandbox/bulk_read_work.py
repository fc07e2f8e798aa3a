"""What a bulk read job does: `{job}.csv` in a zip, ordered by id (zoho-api 3.6; addendum 3)."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pipeline.sandbox.conditions import of_criteria
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.jobs import COMPLETED, Job
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.stored import Record, select
from pipeline.sandbox.switches import positions


def do(crm: Crm, job: Job) -> Mapping[str, Any]:
    """Do the job, streaming; return its outcome."""
    columns, rows = job.request["columns"], job.request["rows"]
    module = crm.catalog().module(job.request["module"])
    with crm.storage.reading() as db:
        where = of_criteria(module, job.request["criteria"], crm.org.zone)
        condition = f"({where.sql}) ORDER BY id LIMIT ? OFFSET ?"
        bounds = (*where.parameters, rows + 1, (job.request["page"] - 1) * rows)
        records = select(db, module.api_name, condition, bounds)
        renderer = Renderer(db, crm.catalog(), module, crm.org.zone)
        switches = positions(db)
        mark = "" if switches.is_at("bulk_read_prefix", "none") else switches.text("bulk_read_prefix")
        links = frozenset(name for name, field in module.fields.items() if field.is_lookup)
        cells = (
            [
                f"{mark}{record.id}",
                *(_marked(renderer.cell(record, column), mark if column in links else "") for column in columns),
            ]
            for record in islice(records, rows)
        )
        count = _write(crm, job, [switches.text("bulk_read_id"), *columns], cells)
        has_more = _is_left(records)
    return {"state": COMPLETED, "count": count, "more_records": has_more}


def _marked(cell: str, mark: str) -> str:
    return mark + cell if cell else cell


def _write(crm: Crm, job: Job, header: list[str], lines: Iterator[list[str]]) -> int:
    count = 0
    with (
        zipfile.ZipFile(crm.results / f"{job.id}.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{job.id}.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        for line in lines:
            writer.writerow(line)
            count += 1
    return count


def _is_left(records: Iterator[Record]) -> bool:
    return next(records, None) is not None
