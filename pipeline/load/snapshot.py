"""What the CRM holds before the load: keys, and the fields that could be overwritten.

Read whole by bulk read, all modules at once; a later load brings it up to date where the CRM can tell what was changed
since, for a day (a setting). It is kept as tables with the time it was read at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from pipeline import store
from pipeline.engine import Told, counted, tell_nobody
from pipeline.errors import StageError
from pipeline.load import bulk_read, catch_up
from pipeline.load.bulk_read import Patience
from pipeline.load.cells import Cells
from pipeline.load.client import ZohoClient
from pipeline.load.org import Org, OrgField, key_field_of
from pipeline.schemas import TEXT
from pipeline.targets import CASES, TARGETS, Kind, Target

LEADS, DEALS = "Leads", "Deals"
MODULES = tuple(dict.fromkeys((*(target.module for target in TARGETS), LEADS, DEALS, CASES.module)))
USERS = pa.schema([("id", TEXT), ("email", TEXT), ("is_active", pa.bool_())])
_STAMPS = ("Owner", "Created_Time", "Modified_Time")
_OTHERS = {  # of modules that the load writes nothing into
    LEADS: ("Email", "Secondary_Email", "Last_Name", "First_Name", "Company"),
    DEALS: ("Deal_Name", "Account_Name", "Contact_Name", "Stage"),
}
_SECOND = {"Contacts": ("Reporting_To", "Reports_To")}  # written in a second pass, so they are no fields of the target
_CATCHING_UP, READING = "looking for what changed in the CRM", "reading the CRM"
_OVERLAP = timedelta(minutes=10)  # of two readings: what was committed late, and clocks that differ


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one module, by id; cells are text by API name, "" for nothing.

    `read_at`: when the module was read whole, None where nobody read it; `is_anew`: by this run.
    """

    module: str
    by_id: Mapping[str, Mapping[str, str]]
    read_at: datetime | None = None
    is_anew: bool = True

    def column(self, name: str) -> list[str]:
        """Return one field of all records, in the order of `by_id`."""
        if isinstance(self.by_id, Cells):
            return self.by_id.column(name)
        return [record.get(name, "") for record in self.by_id.values()]

    def of_ids(self, name: str) -> Mapping[str, str]:
        """Return id → text of one field."""
        if isinstance(self.by_id, Cells):
            return self.by_id.of_ids(name)
        return dict(zip(self.by_id, self.column(name), strict=True))

    def ids_of(self, name: str) -> Mapping[str, str]:
        """Return text → id of one field, where it has a value; of several records with one text the last one."""
        if isinstance(self.by_id, Cells):
            return self.by_id.ids_of(name)
        return {text: record_id for record_id, text in self.of_ids(name).items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of one module: its records, when they were read whole, and the CRM's time they are true for."""

    table: pa.Table
    full_at: datetime
    true_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How a snapshot is taken: by whom, how long jobs are waited for, and how old a kept one may be."""

    client: ZohoClient
    patience: Patience
    answered_at: datetime | None
    most_age: timedelta
    told: Told = tell_nobody

    def tables(self, columns: Mapping[str, Sequence[str]], kept: Mapping[str, Kept]) -> dict[str, Kept]:
        """Return all modules: brought up to date, else read whole; whole ones are read side by side.

        Raises:
            TargetError: the CRM refuses or does not answer.
        """
        found = {
            module: self._caught_up(module, names, kept.get(module))
            for module, names in counted(list(columns.items()), self.told, _CATCHING_UP, "modules")
        }
        missing = [module for module, one in found.items() if one is None]
        jobs = {module: bulk_read.start(self.client, module, columns[module]) for module in missing}
        now = datetime.now(UTC)
        for module, job in counted(list(jobs.items()), self.told, READING, "modules"):
            table = bulk_read.finish(self.client, module, job, columns[module], self.patience)
            found[module] = Kept(table=table, full_at=now, true_at=self.answered_at)
        return {module: one for module, one in found.items() if one is not None}

    def _caught_up(self, module: str, columns: Sequence[str], kept: Kept | None) -> Kept | None:
        if kept is None or kept.true_at is None or kept.table.column_names != ["id", *columns]:
            return None
        if not timedelta() <= datetime.now(UTC) - kept.full_at < self.most_age:
            return None
        table = catch_up.caught_up(self.client, module, kept.table, kept.true_at - _OVERLAP)
        if table is None or table is kept.table:
            return kept if table is kept.table else None
        return Kept(table=table, full_at=kept.full_at, true_at=self.answered_at)


def fetch(
    taking: Taking, org: Org, key_field: str, directory: Path, targets: Sequence[Target] = TARGETS
) -> Mapping[str, Records]:
    """Read all modules that the load has to do with, with the fields of `targets`; keep them as tables in `directory`.

    Raises:
        TargetError: the CRM refuses or does not answer.
        StorageError: the tables cannot be written.
    """
    columns = {
        module: columns_of(module, org.fields[module], key_field, targets) for module in MODULES if org.has(module)
    }
    kept = restored(directory)
    found = taking.tables(columns, kept)
    if any(one is not kept.get(module) for module, one in found.items()):
        keep(directory, found, kept, org)
    held = {module: _records(module, found.pop(module, None), _full_at(kept, module)) for module in MODULES}
    kept.clear()
    pa.default_memory_pool().release_unused()  # pages and tables: what is left of them are columns
    return held


def _records(module: str, one: Kept | None, full_at: datetime | None) -> Records:
    if one is None:
        return Records(module, {})
    cells = Cells(one.table)
    pa.default_memory_pool().release_unused()
    return Records(module, cells, one.full_at, is_anew=one.full_at != full_at)


def _full_at(kept: Mapping[str, Kept], module: str) -> datetime | None:
    return kept[module].full_at if module in kept else None


def keep(directory: Path, found: Mapping[str, Kept], kept: Mapping[str, Kept], org: Org) -> None:
    """Put the tables in the place of the old ones, all at once; those that are as they were are not written again."""
    with store.building(directory) as stage:
        for module, one in found.items():
            if module in kept and kept[module].table is one.table:
                store.copy(_place(directory, module), stage.path(module))
            else:
                store.write_built(one.table, stage.path(module))
        rows = [{"id": user.id, "email": user.email, "is_active": user.is_active} for user in org.users]
        store.write_built(store.table_of(rows, USERS), stage.path("users"))
        stage.finish("snapshot", inputs={}, facts={"modules": {name: _facts(one) for name, one in found.items()}})


def _place(directory: Path, module: str) -> Path:
    stage = store.Stage(directory)
    return directory / stage.path(module).relative_to(stage.building)


def _facts(one: Kept) -> dict[str, object]:
    true_at = one.true_at.isoformat() if one.true_at else ""
    return {"columns": one.table.column_names, "read_at": one.full_at.isoformat(), "true_at": true_at}


def restored(directory: Path) -> dict[str, Kept]:
    """Return what an earlier run kept; nothing where there is nothing, or it is damaged."""
    try:
        manifest = store.Manifest.of(directory)
        store.checked(directory, manifest)
        return {
            module: Kept(
                table=store.read_all(directory, manifest, module, _schema(facts["columns"])),
                full_at=datetime.fromisoformat(facts["read_at"]),
                true_at=datetime.fromisoformat(facts["true_at"]) if facts["true_at"] else None,
            )
            for module, facts in manifest.facts["modules"].items()
        }
    except (StageError, KeyError, ValueError, TypeError):
        return {}


def _schema(names: Sequence[str]) -> pa.Schema:
    return pa.schema([(name, TEXT) for name in names])


def columns_of(
    module: str, fields: Mapping[str, OrgField], key_field: str, targets: Sequence[Target] = TARGETS
) -> list[str]:
    """Return the fields to read of a module: those of its target, our key, owner and times; only what the org has."""
    wanted: Iterable[str] = _OTHERS.get(module, ())
    for target in (CASES, *targets):
        if target.module == module:
            wanted = (key_field, key_field_of(module, key_field), *_readable(target))
    return [name for name in dict.fromkeys((*wanted, *_SECOND.get(module, ()), *_STAMPS)) if name in fields]


def _readable(target: Target) -> list[str]:
    return [field.api_name for field in target.fields if field.kind is not Kind.PARTICIPANTS]
