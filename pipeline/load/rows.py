"""The rows to send: ready tables, checked against their manifests, as plain values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.config import Config
from pipeline.errors import SettingsError, StageError
from pipeline.load import columns, values
from pipeline.load.held import Shapes
from pipeline.load.policy import Remark
from pipeline.load.values import Value
from pipeline.store import Manifest
from pipeline.targets import ON_REQUEST, TARGETS, Kind, Target, chosen

MANAGER = "manager_crm_key"


class Row(NamedTuple):
    """One row of a ready table. `position` is its place there; `values` holds only fields that have a value.

    `others`: its source_keys, where it has others than its cluster_key; `manager`: of a contact, the cluster_key of the
    one that it reports to, "" for none.
    """

    position: int
    cluster_key: str
    others: tuple[str, ...]
    mailbox: str
    owner: str
    content_hash: str
    values: Mapping[str, Value]
    modified_at: str = ""  # in plain form, "" where the item does not say
    unaddressed: int = 0  # participants without an SMTP address, whom Zoho cannot take
    manager: str = ""
    remarks: tuple[Remark, ...] = ()  # on what look-ups point to

    @property
    def source_keys(self) -> tuple[str, ...]:
        """The source_keys of its items."""
        return self.others or (self.cluster_key,)


@dataclass(frozen=True, slots=True)
class Ready:
    """All rows, by module in load order, the key of the manifest they are from, and the project's own targets.

    `is_sample`: they are made of the committed sample; `longest`: by module and field, UTF-8 bytes of the longest text.
    """

    key: str
    tables: Mapping[str, tuple[Row, ...]]
    targets: tuple[Target, ...] = TARGETS
    is_sample: bool = False
    longest: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read(config: Config) -> Ready:
    """Read what transform made.

    Raises:
        StageError: there is nothing, it was changed since, or extract ran again after it.
    """
    manifest = Manifest.of(config.transformed)
    _check_fresh(config, manifest)
    store.checked(config.transformed, manifest)
    targets = tuple(
        target
        for target in chosen(config, TARGETS)
        if target.table not in ON_REQUEST or manifest.rows(f"ready/{target.table}")
    )
    longest: dict[str, dict[str, int]] = {target.module: {} for target in targets}
    tables = {target.module: tuple(_rows(config, manifest, target, longest[target.module])) for target in targets}
    targets = tuple(_used(target, tables[target.module]) for target in targets)
    pa.default_memory_pool().release_unused()  # the tables are not needed any more
    return Ready(manifest.key, tables, targets, is_sample=bool(manifest.facts.get("is_sample")), longest=longest)


def _used(target: Target, rows: Iterable[Row]) -> Target:
    """Return a target of bulk write without the look-ups of load that no row has: bulk is not known to take them."""
    made = {one.api_name for one in target.fields if one.kind is Kind.LOOKUP and not one.source}
    if not made or not target.is_bulk:
        return target
    idle = made - {name for row in rows for name in made if name in row.values}
    return replace(target, fields=tuple(one for one in target.fields if one.api_name not in idle))


def _check_fresh(config: Config, manifest: Manifest) -> None:
    if config.extracted.is_dir() and manifest.inputs.get("extract") != Manifest.of(config.extracted).key:
        raise StageError("extract ran again since transform did: the ready tables are stale.", "Run make transform.")


def _rows(config: Config, manifest: Manifest, target: Target, longest: dict[str, int]) -> Iterator[Row]:
    """Yield the rows of a table, and note in `longest` how long its texts are."""
    position = 0
    for path in store.parts(config.transformed, manifest, f"ready/{target.table}"):
        for batch in store.read(path, target.schema()).to_batches():
            for name in batch.schema.names:
                if pa.types.is_string(batch.column(name).type):
                    most = pc.max(pc.binary_length(batch.column(name))).as_py() or 0
                    longest[name] = max(longest.get(name, 0), most)
            yield from _of_batch(target, position, batch)
            position += batch.num_rows


def _of_batch(target: Target, start: int, batch: pa.RecordBatch) -> Iterator[Row]:
    """Yield the rows of a batch, made column by column; a column without any value costs nothing."""
    filled = [one for one in target.fields if batch.column(one.api_name).null_count < batch.num_rows]
    plain = [columns.plain(one.kind, batch.column(one.api_name)) for one in filled]
    cells: Iterable[tuple[Value, ...]] = zip(*plain, strict=True) if plain else [()] * batch.num_rows
    cluster_keys = columns.texts(batch, "cluster_key")
    return map(
        Row,
        range(start, start + batch.num_rows),
        cluster_keys,
        columns.others(batch, cluster_keys),
        columns.texts(batch, "mailbox"),
        columns.texts(batch, "owner"),
        columns.texts(batch, "content_hash"),
        map(Shapes([one.api_name for one in filled]).held, cells),
        [str(value or "") for value in columns.plain(Kind.DATETIME, batch.column("modified_at"))],
        _unaddressed(batch, [one.api_name for one in filled if one.kind is Kind.PARTICIPANTS]),
        columns.texts(batch, MANAGER),
    )


def _unaddressed(batch: pa.RecordBatch, names: Sequence[str]) -> list[int]:
    """Return how many participants of each row have no address."""
    found = [0] * batch.num_rows
    for name in names:
        for place, people in enumerate(batch.column(name).to_pylist()):
            found[place] += sum(not person["email"] for person in people or ())
    return found


def of_mapping(target: Target, position: int, row: Mapping[str, Any]) -> Row:
    """Return one row of the ready table of `target`."""
    found = {field.api_name: values.of_ready(field.kind, row[field.api_name]) for field in target.fields}
    people = [row[field.api_name] or [] for field in target.fields if field.kind is Kind.PARTICIPANTS]
    return Row(
        position=position,
        cluster_key=row["cluster_key"],
        others=tuple(row["source_keys"] or ()),
        mailbox=row["mailbox"] or "",
        owner=row["owner"] or "",
        content_hash=row["content_hash"] or "",
        modified_at=str(values.of_ready(Kind.DATETIME, row["modified_at"]) or ""),
        values={name: value for name, value in found.items() if value is not None},
        unaddressed=sum(not person["email"] for persons in people for person in persons),
        manager=row.get(MANAGER) or "",
    )


def check_real(ready: Ready, others: Iterable[Row] = ()) -> None:
    """Refuse what no real CRM may get: the made-up people of the sample, and rows of which nobody knows whose they are.

    Raises:
        SettingsError: there are such rows.
    """
    if ready.is_sample:
        raise SettingsError(
            "The ready tables are those of the sample, and the target is a real Zoho CRM; nothing was sent.",
            "Put your files into data/inbox (or name them with INBOX=), then run make extract transform load.",
        )
    strays = sum(not row.mailbox for rows in ready.tables.values() for row in rows)
    strays += sum(not row.mailbox for row in others)
    if strays:
        raise SettingsError(
            f"{strays} ready rows come from files without a [[mailbox]]; nothing was sent.",
            "Name a mailbox for every file in pipeline.toml (see defaults.toml), then run make extract transform load.",
        )
