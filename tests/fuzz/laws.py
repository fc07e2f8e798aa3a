"""The laws of reading: what must hold of any bytes whatever. A broken one is an exception other than the reader's."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyarrow as pa

from pipeline import schemas, store
from pipeline.extract import pst, second_reader, store_parts
from pipeline.extract.cache import Entry
from pipeline.extract.content import Content, Reading, UnreadableError
from pipeline.extract.pst import unit
from pipeline.extract.pst.direct import Attachment, DamageError, Item, Properties, Row, Store

Law = Callable[[Path, bool], None]

_VALUE_LIMIT = 1 << 20
_DEEPEST = 3  # messages within messages that are visited
_ATTACHMENTS = 8  # of an item that are read
_READING = Reading(file_sha256="0" * 64, code_page="cp932", date_order="")


def direct(path: Path, is_checked: bool) -> None:  # noqa: FBT001 - one of the case's two settings
    """Read everything that the direct reader can be asked for.

    Nothing but UnreadableError ends it, items add up, and both ways to an item's properties give the same.
    """
    with suppress(UnreadableError), Store.open(path, is_checked=is_checked, value_limit=_VALUE_LIMIT) as store:
        nodes = _every_item(store)
        for folder in store.folders():
            with suppress(DamageError):
                assert len(set(store.contents(folder.node))) == len(store.contents(folder.node))
        for batch in store.batches(nodes):
            columns = {number: batch.column(number) for number in batch.numbers()}
            for row, item in enumerate(batch.items):
                _agree(item, {number: column[row] for number, column in columns.items()}, row in batch.damage)
        for node in nodes:
            _visit(store.item(node))


def _every_item(store: Store) -> list[int]:
    """Return the nodes of all items, each of which is in one folder or an orphan, and of all hidden items."""
    folders = [folder.node for folder in store.folders()]
    items = [node for folder in folders for node in store.items(folder)] + store.orphans()
    assert len(items) == len(set(items)) == store.item_count() <= store.facts.nodes
    hidden = [node for folder in folders for node in store.associated(folder)]
    assert len(hidden) == len(set(hidden))
    assert set(folders).isdisjoint(items)
    return [*items, *hidden]


def _agree(item: Item, row: Mapping[int, object], is_damaged: bool) -> None:  # noqa: FBT001 - what the batch says
    """Assert that a row of a batch has what the item itself has, or that both say that it is damaged."""
    alone: dict[int, object] = {}
    has_damage = False
    try:
        numbers = list(item.properties)
    except DamageError:
        assert is_damaged
        return
    for number in numbers:
        try:
            alone[number] = item.properties.get(number)
        except DamageError:
            has_damage = True
            alone[number] = None
    assert is_damaged == has_damage
    there = {number: value for number, value in row.items() if value is not None}
    expected = {number: value for number, value in alone.items() if value is not None}
    assert there == expected or repr(there) == repr({number: expected[number] for number in there})  # a NaN is unequal


def _visit(item: Item) -> None:
    """Ask an item for everything that it has, attached messages included."""
    with suppress(DamageError):
        _ask(item.properties)
    with suppress(DamageError):
        for row in item.recipients():
            _ask(row)
    with suppress(DamageError):
        for attachment in item.attachments()[:_ATTACHMENTS]:
            with suppress(DamageError):
                _visit_attachment(attachment)


def _visit_attachment(attachment: Attachment) -> None:
    _ask(attachment.properties)
    with suppress(DamageError):
        assert attachment.length() != -1
    with suppress(DamageError):
        for chunk in attachment.chunks():
            assert len(chunk) < 1 << 17
    if attachment.is_message and attachment.item.depth < _DEEPEST:
        _visit(attachment.message())


def _ask(values: Properties | Row) -> None:
    """Ask for every value of an item, attachment or row, each way."""
    assert len(values) == len(set(values))
    for number in values:
        assert values.type_of(number) is not None
        with suppress(DamageError):
            _plain(values[number])
        with suppress(DamageError):
            assert values.raw(number) is not None


def _plain(value: object) -> None:
    """Assert that a value is one of the few kinds that there are."""
    members: Iterable[object] = value if isinstance(value, list) else (value,)
    assert all(isinstance(one, str | bytes | int | float | bool | list | None) for one in members)


def extract(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - the extract always checks
    """Read a store into rows, and hold them and the accounts against the node tree: every node became something."""
    with suppress(UnreadableError):
        content = pst.read(path, _READING)
        with Store.open(path) as store:
            _add_up(content, store.item_count())


def _add_up(content: Content, nodes: int) -> None:
    """Assert that seen = written + excluded + rejected, that rows and rejects are so many, and that no node is left."""
    totals: Counter[str] = Counter()
    written: Counter[str | None] = Counter()
    for account in content.accounts:
        assert account["seen"] == account["written"] + account["excluded"] + account["rejected"]
        totals.update({fate: account[fate] for fate in ("written", "excluded", "rejected")})
        written[account["table"]] += account["written"]
    rows = {table: list(_nodes_of(table, rows)) for table, rows in content.rows.items()}
    assert +written == Counter({table: len(found) for table, found in rows.items() if found})
    assert totals["rejected"] == len(content.rejects)
    rejected = [reject["item_id"] for reject in content.rejects if reject["rule"] == unit.UNREADABLE]
    assert totals["written"] + totals["excluded"] + len(rejected) == nodes
    explained = [*chain.from_iterable(rows.values()), *rejected]
    assert len(explained) == len(set(explained))


def _nodes_of(table: str, rows: object) -> Iterator[str]:
    """Yield the items of which a table has rows, having held the table to its schema."""
    assert isinstance(rows, pa.Table)
    assert rows.schema.equals(schemas.EXTRACTED[table])
    rows.validate(full=True)
    yield from rows.column("item_id").to_pylist()


def parts(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - the extract always checks
    """Read a store as the command does, part by part through files; it gives what one reading gives, or neither can."""
    directory = path.with_suffix(".entry")
    try:
        spans = store_parts.prepare(path, _READING, directory)
    except UnreadableError:
        return
    try:
        read = [store_parts.read(path, _READING, directory, span) for span in spans]
        entry = store_parts.join(_READING, directory, read)
        content = pst.read(path, _READING)
        assert {table: count for table, count in entry.rows.items() if table in content.rows and count} == {
            table: len(rows) for table, rows in content.rows.items() if len(rows)
        }
        assert list(entry.accounts) == list(content.accounts)
    finally:
        for left in (directory, store_parts.scratch(directory)):
            shutil.rmtree(left, ignore_errors=True)


def rescued(path: Path, is_checked: bool) -> None:  # noqa: ARG001, FBT001 - the extract always checks
    """Read a store as the command does, with the second reader where the first fails; it adds up, or neither can."""
    directory = path.with_suffix(".entry")
    job = second_reader.Job(path, _READING, directory)
    try:
        with suppress(UnreadableError):
            entry = _by_both(job)
            certified = pa.concat_tables(
                [store.read(place, schemas.CERTIFICATE) for place in entry.paths("certificate")]
            ).to_pylist()
            verdicts = ("written", "excluded", "rejected")
            for name in verdicts:
                assert sum(row[name] for row in certified) == sum(account[name] for account in entry.accounts)
            assert sum(entry.rows.get(table, 0) for table in schemas.EXTRACTED) == sum(
                account["written"] for account in entry.accounts
            )
    finally:
        for left in (directory, store_parts.scratch(directory)):
            shutil.rmtree(left, ignore_errors=True)


def _by_both(job: second_reader.Job) -> Entry:
    try:
        spans = store_parts.prepare(job.path, job.reading, job.directory)
    except UnreadableError:
        return second_reader.whole(job)
    read = [store_parts.read(job.path, job.reading, job.directory, span) for span in spans]
    nodes = store_parts.rejected(read)
    second = None
    if nodes:
        with suppress(UnreadableError):
            second = second_reader.items(replace(job, nodes=nodes))
    return store_parts.join(job.reading, job.directory, read, second if second and second.nodes else None)


LAWS: Mapping[str, Law] = {"direct": direct, "extract": extract, "parts": parts, "rescued": rescued}
"""What is read, by name."""
