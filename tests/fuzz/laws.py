"""The law of reading: what must hold of any bytes whatever. Broken, it is an exception other than the reader's own."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import Attachment, DamageError, Item, Properties, Row, Store

Law = Callable[[Path, bool], None]

_VALUE_LIMIT = 1 << 20
_DEEPEST = 3  # messages within messages that are visited
_ATTACHMENTS = 8  # of an item that are read
_ASSOCIATED = 0x08


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


LAWS: Mapping[str, Law] = {"direct": direct}
"""What is read, by name."""
