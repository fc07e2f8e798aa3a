"""Reads a range of the items of a store, batch by batch."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.extract.pst import choice, classes
from pipeline.extract.pst.bag import Failure, Folder
from pipeline.extract.pst.cells import BatchColumns
from pipeline.extract.pst.collect import Collected
from pipeline.extract.pst.direct import DamageError, Store
from pipeline.extract.pst.direct.batch import Batch
from pipeline.extract.pst.parts import Numbers
from pipeline.extract.pst.survey import NOWHERE, Survey, item_nodes, names

UNREADABLE = "unreadable_item"


def read(store: Store, survey: Survey, span: tuple[int, int], collected: Collected) -> None:
    """Read the items of a span of `survey.units` into `collected`."""
    nodes: list[int] = item_nodes(store)[slice(*span)].tolist()
    numbers, places = Numbers(names(store)), survey.places
    for batch in store.batches(nodes):
        _read(batch, numbers, places, survey.fallback, collected)
    collected.flush()


def _read(batch: Batch, numbers: Numbers, places: Mapping[int, Folder], fallback: str, collected: Collected) -> None:
    """Read a batch: what cannot be read, what is left out by its class, and the rest table by table."""
    folders = [places.get(item.parent, NOWHERE) for item in batch.items]
    found = BatchColumns("", batch, numbers, folders, fallback).values("PidTagMessageClass")
    for row, error in sorted(batch.damage.items()):
        collected.fail(_failure(batch.items[row].node.number, folders[row], error))
    rows: dict[str, list[int]] = {}
    fates: _Fates = Counter()
    folder_rule = collected.reading.selection.folder_rule
    rules = {
        folder.node: folder_rule(folder.path, folder.role) for folder in {one.node: one for one in folders}.values()
    }
    for row, message_class in enumerate(found):
        if row in batch.damage:
            continue
        table, rule = classes.table_of(message_class), rules[folders[row].node]
        if table and not rule:
            rows.setdefault(table, []).append(row)
        else:
            fates[folders[row].path, message_class, table, rule or classes.exclusion_of(message_class)] += 1
    for table in sorted(rows):
        chosen = _chosen(batch, rows[table])
        items = BatchColumns(table, chosen, numbers, [folders[row] for row in rows[table]], fallback)
        items.has_hashes = collected.reading.selection.has_hashes
        items.has_files = collected.reading.selection.has_files
        collected.take(_wanted(items, collected, fates))
    for fate, count in fates.items():
        collected.tally.items(*fate, count)


_Fates = Counter[tuple[str, str | None, str | None, str]]  # folder, class, table, rule or ""


def _wanted(items: BatchColumns, collected: Collected, fates: _Fates) -> BatchColumns:
    """Return the items that no rule leaves out, and count all of them."""
    rules = choice.rules(items, collected.reading.selection)
    for folder, name, rule in zip(items.folders, items.values("PidTagMessageClass"), rules, strict=True):
        fates[folder.path, name, items.table, rule or ""] += 1
    return items.chosen([row for row, rule in enumerate(rules) if rule is None]) if any(rules) else items


def _chosen(batch: Batch, rows: Sequence[int]) -> Batch:
    return batch if len(rows) == len(batch.items) else batch.select(rows)


def _failure(node: int, folder: Folder, error: DamageError) -> Failure:
    return Failure(folder=folder, rule=UNREADABLE, reason=error.reason, node=node)
