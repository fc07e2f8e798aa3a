"""All records of a module by Bulk Read, 200,000 a page.

Calls and result: reference/zoho-api.md 3.6, addendum section 3.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import RetryableError, TargetError
from pipeline.load import archive
from pipeline.load.answers import Answer, items
from pipeline.load.client import ZohoClient, failed

# A CRM far away is asked as a person of patience would (addendum section 1 g); one on this machine is quick.
FAR = (5.0, 5.0, 10.0, 10.0, 15.0, 30.0)
NEAR = (0.02, 0.05, 0.1, 0.2, 0.5)
_PREFIX = "zcrm_"  # of ids in Zoho's other exports; whether bulk read has it is not sure (addendum section 3, M)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a job is waited for: pauses in seconds (the last one repeats) up to `limit` seconds in all."""

    pauses: tuple[float, ...]
    limit: float
    pause: Callable[[float], None] = time.sleep

    def waits(self) -> Iterator[None]:
        """Yield at once, then after each pause, until the limit is reached."""
        yield
        spent, number = 0.0, 0
        while spent < self.limit:
            wait = self.pauses[min(number, len(self.pauses) - 1)]
            self.pause(wait)
            spent, number = spent + wait, number + 1
            yield


def start(client: ZohoClient, module: str, fields: Sequence[str]) -> str:
    """Ask for every record of a module; return the id of the job that reads them.

    Raises:
        TargetError: the CRM refused.
    """
    return _created(client, module, {"module": {"api_name": module}, "fields": ["id", *fields], "page": 1})


def finish(client: ZohoClient, module: str, job: str, fields: Sequence[str], patience: Patience) -> pa.Table:
    """Return every record of a module: `id` and the asked fields by their API names; all as text, "" for nothing.

    Args:
        client: the CRM.
        module: the module.
        job: what `start` returned.
        fields: those of `start`.
        patience: how long it is waited for.

    Raises:
        RetryableError: the CRM did not finish in time.
        TargetError: it refused, or what it sent cannot be read.
    """
    schema = pa.schema([(name, pa.string()) for name in ("id", *fields)])
    pages = [schema.empty_table()]
    while job:
        result = _awaited(client, module, job, patience)
        if result.get("count") != 0:  # downloads are rationed: ten a minute
            found = archive.fetched(client.download, str(result["download_url"]))
            _check_complete(module, result, found.num_rows)
            pages.append(_named(found, schema))
            del found
            pa.default_memory_pool().release_unused()  # the page as it came is as large as what is kept of it
        more = {"page_token": result["next_page_token"]} if result.get("more_records") else None
        job = _created(client, module, more) if more else ""
    return pa.concat_tables(pages)


def _named(found: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the asked columns; their letter case is not sure (addendum section 3, M)."""
    held = {name.casefold(): place for place, name in enumerate(found.column_names)}
    if "id" not in held:
        raise TargetError("The CRM read out records without their ids.", "Run the same command again.")
    nothing = pa.chunked_array([pa.array([""] * found.num_rows, pa.string())])
    columns = [found.column(held[name.casefold()]) if name.casefold() in held else nothing for name in schema.names]
    if found.num_rows and str(columns[0][0]).startswith(_PREFIX):
        columns = [pc.replace_substring_regex(column, rf"^{_PREFIX}(\d+)$", r"\1") for column in columns]
    return pa.table(columns, schema=schema)


def _check_complete(module: str, result: Mapping[str, Any], found: int) -> None:
    """Refuse a page with other than the promised number of records: a record not seen could be made twice."""
    promised = result.get("count")
    if isinstance(promised, int) and promised != found:
        raise RetryableError(
            f"The CRM promised {promised} {module} and sent {found}; nothing was sent.", "Run the same command again."
        )


def _created(client: ZohoClient, module: str, query: Mapping[str, Any]) -> str:
    answer = client.post("/crm/bulk/v8/read", {"query": query, "file_type": "csv"})
    details = (_first(answer) or {}).get("details")
    if not answer.is_ok or not isinstance(details, Mapping):
        failed(answer, f"reading the records of {module}")
    return str(details["id"])


def _awaited(client: ZohoClient, module: str, job: str, patience: Patience) -> Mapping[str, Any]:
    for _ in patience.waits():
        answer = client.get(f"/crm/bulk/v8/read/{job}")
        state = _first(answer)
        if not answer.is_ok or state is None:
            failed(answer, f"waiting for the records of {module}")
        result = state.get("result")
        if str(state.get("state", "")).upper() == "COMPLETED" and isinstance(result, Mapping):
            return result
        if str(state.get("state", "")).upper().startswith("FAIL"):
            raise TargetError(f"The CRM could not read out its {module}.", "Run the same command again.")
    raise RetryableError(f"The CRM did not read out its {module} in time.", "Run the same command again later.")


def _first(answer: Answer) -> Mapping[str, Any] | None:
    listed = items(answer.body)
    return listed[0] if listed else None
