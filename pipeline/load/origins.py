"""Where the records of a load came from, kept beside the ledger: work data may be deleted, the question stays.

Per ready tables that were loaded: those tables, decisions and changes as transform wrote them (hard links: no room
is taken while work data is there), and of every extracted item its file, folder, position, and which columns had a
value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.schemas import EXTRACTED, FILES
from pipeline.store import Manifest, Stage
from pipeline.targets import Kind, Target

_ITEM = ("item_id", "file_sha256", "folder", "position", "message_class")
_LINKED = ("decisions", "changes")
HAS = "has_"


def place(directory: Path, ready: str) -> Path:
    """Return where the origins of ready tables with that manifest key are kept, for one org."""
    return directory / "origins" / ready[:16]


def keep(config: Config, directory: Path, ready: str, targets: Sequence[Target]) -> None:
    """Keep where the rows of the ready tables came from; nothing is done where that was kept before.

    Args:
        config: the settings.
        directory: the memory of one org.
        ready: the key of their manifest.
        targets: the project's targets.

    Raises:
        StageError: tables are damaged.
        StorageError: the disk is full or may not be written.
    """
    if (place(directory, ready) / store.MANIFEST).exists():
        return
    manifest = Manifest.of(config.transformed)
    with store.writing(directory):
        place(directory, ready).parent.mkdir(parents=True, exist_ok=True)
    with store.building(place(directory, ready)) as stage:
        for name in (*(f"ready/{target.table}" for target in targets), *_LINKED):
            for part, path in enumerate(store.parts(config.transformed, manifest, name)):
                store.copy(path, stage.path(name, part))
        _keep_items(config, stage, targets)
        stage.finish("origins", inputs={"transform": ready}, facts={"fields": _fields(targets)})


def _fields(targets: Iterable[Target]) -> dict[str, Any]:
    """Return what every field is made of: module → table, source, and field → column and constant."""
    return {
        target.module: {
            "table": target.table,
            "source": target.source,
            "emails": [one.api_name for one in target.fields if one.kind is Kind.EMAIL],
            "columns": {one.api_name: one.source for one in target.fields},
            "constants": {one.api_name: one.constant for one in target.fields if one.constant},
        }
        for target in targets
    }


def _keep_items(config: Config, stage: Stage, targets: Sequence[Target]) -> None:
    try:
        extracted = Manifest.of(config.extracted)
    except StageError:  # load may run where extract did not: the item's id says file and position all the same
        return
    for part, path in enumerate(store.parts(config.extracted, extracted, "files")):
        store.copy(path, stage.path("files", part))
    for source in dict.fromkeys(target.source for target in targets):
        schema = EXTRACTED[source]
        wanted = {one.source for target in targets if target.source == source for one in target.fields if one.source}
        columns = [name for name in schema.names if name in wanted]
        for part, (path, group) in enumerate(_groups(config, extracted, source)):
            table = store.read_group(path, group, schema, [*_ITEM, *(name for name in columns if name not in _ITEM)])
            store.write_built(_item_rows(table, columns), stage.path(f"items/{source}", part))


def _groups(config: Config, extracted: Manifest, source: str) -> Iterator[tuple[Path, int]]:
    for path in store.parts(config.extracted, extracted, source):
        yield from ((path, group) for group in range(store.groups(path)))


def _item_rows(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    flags = {f"{HAS}{name}": pc.is_valid(table.column(name)) for name in columns}
    return pa.table({name: table.column(name) for name in _ITEM} | flags)


class Origins:
    """What is kept of one load's ready tables."""

    def __init__(self, directory: Path, ready: str) -> None:
        """Open it.

        Raises:
            StageError: nothing is kept of those tables, or it is damaged.
        """
        self._directory = place(directory, ready)
        self._manifest = Manifest.of(self._directory)
        self.fields: Mapping[str, Any] = self._manifest.facts["fields"]

    def rows(self, module: str, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Return the ready rows of a module by their cluster_keys."""
        if module not in self.fields:
            return []
        return store.where(self._parts(f"ready/{self.fields[module]['table']}"), "cluster_key", keys)

    def with_email(self, address: str) -> Iterator[tuple[str, str]]:
        """Yield module and cluster_key of the ready rows that have an address, whatever its case."""
        wanted = address.casefold()
        for module, known in self.fields.items():
            for path in self._parts(f"ready/{known['table']}") if known["emails"] else ():
                for name in known["emails"]:
                    held = store.read_some(path, [name])
                    is_meant = pc.equal(pc.utf8_lower(held.column(0)), wanted) if held.num_columns else None
                    if is_meant is not None and pc.any(is_meant).as_py():
                        keys = store.read_some(path, ["cluster_key"]).filter(is_meant)
                        yield from ((module, key) for key in keys.column(0).to_pylist())

    def decisions(self, table: str, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Return what was decided about the clusters of a table."""
        return [one for one in store.where(self._parts("decisions"), "cluster_key", keys) if one["table"] == table]

    def changes(self, table: str, items: Iterable[str]) -> list[dict[str, Any]]:
        """Return what was changed in the values of items on their way to a table."""
        return [one for one in store.where(self._parts("changes"), "item_id", items) if one["table"] == table]

    def items(self, source: str, items: Iterable[str]) -> list[dict[str, Any]]:
        """Return file, folder and position of items, and which columns had a value."""
        return store.where(self._parts(f"items/{source}"), "item_id", items)

    def files(self) -> dict[str, dict[str, Any]]:
        """Return the files of the inbox by SHA-256."""
        listed = store.read_all(self._directory, self._manifest, "files", FILES).to_pylist()
        return {one["file_sha256"]: one for one in listed if one["file_sha256"] and one["status"] == "read"}

    def _parts(self, name: str) -> list[Path]:
        return store.parts(self._directory, self._manifest, name)
