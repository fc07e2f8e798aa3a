"""Many items at once: the same values as one by one, in every form and with any damage."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from pipeline.extract.pst.direct import DamageError, Store
from pipeline.extract.pst.direct.values import Value
from tests.pstwriter.items import Message
from tests.pstwriter.layout import Encryption, Form
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings

MixMaker = Callable[..., Path]


def one_by_one(store: Store, nodes: list[int]) -> tuple[Counter[int], dict[tuple[int, int], Value], set[int]]:
    """Return how many items have each property, all values by row and number, and the rows with damage."""
    counts: Counter[int] = Counter()
    found: dict[tuple[int, int], Value] = {}
    damaged = set()
    for row, node in enumerate(nodes):
        try:
            properties = store.item(node).properties
        except DamageError:
            damaged.add(row)
            continue
        counts.update(list(properties))
        for number in properties:
            try:
                found[row, number] = properties.get(number)
            except DamageError:
                damaged.add(row)
    return counts, found, damaged


def compare(store: Store) -> None:
    """Assert that a batch of all items gives what each item gives."""
    nodes = [node for folder in store.folders() for node in store.items(folder.node)]
    counts, expected, damaged = one_by_one(store, nodes)
    batch = store.batch(nodes)
    assert batch.numbers() == counts
    columns = {number: batch.column(number) for number in counts}
    assert columns == {number: [expected.get((row, number)) for row in range(len(nodes))] for number in counts}
    assert set(batch.damage) == damaged
    assert batch.column(0x7FFE) == [None] * len(nodes)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("encryption", list(Encryption))
def test_same_as_alone(mixed: MixMaker, form: Form, encryption: Encryption) -> None:
    """Each column has for each item the value that the item itself gives."""
    with Store.open(mixed(form, encryption)) as store:
        compare(store)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("form", list(Form))
def test_same_with_damage(mixed: MixMaker, tmp_path: Path, form: Form, seed: int) -> None:
    """With damaged heaps, tags and values both ways agree on what is lost and what is left, checksums heeded or not."""
    random = Random(f"{form} {seed}")  # noqa: S311 - chance that repeats
    source = mixed(form, Encryption.NONE)
    data = bytearray(source.read_bytes())
    with Store.open(source) as store:
        trees = store.parsed.trees
        places = list(zip(trees.block_offsets.tolist(), trees.block_sizes.tolist(), strict=True))
    for offset, size in random.sample(places, len(places) // 3):
        at = random.choice(
            (random.randrange(min(size, 40)), random.randrange(size), max(0, size - random.randrange(1, 80)))
        )
        data[offset + at] = random.choice((0, 1, 0xFF, data[offset + at] ^ 1 << random.randrange(8)))
    path = tmp_path / "damaged.pst"
    path.write_bytes(data)
    with Store.open(path, is_checked=bool(seed % 2)) as store:
        compare(store)


def test_unusual_texts(tmp_path: Path) -> None:
    """Texts with characters of two units, of all lengths, and larger than a heap holds are whole."""
    texts = ["𠮷野家", "a" * 5000, "", "é", "絵文字 🎌 と漢字", "x", "𩸽" * 3000, "\ufffd"]
    path = tmp_path / "a.pst"
    with path.open("wb") as out, Writer(out, StoreSettings()) as writer:
        folder = writer.add_folder("Items")
        nodes = [writer.add(folder, Message(subject="s", body=text)) for text in texts]
    with Store.open(path) as store:
        compare(store)
        assert [text or "" for text in store.batch(nodes).column(0x1000)] == texts


def test_none(mixed: MixMaker) -> None:
    """A batch of no items has no properties."""
    with Store.open(mixed()) as store:
        batch = store.batch([])
        assert (batch.numbers(), batch.column(0x37), batch.damage) == ({}, [], {})


@pytest.mark.parametrize("form", list(Form))
def test_batches(mixed: MixMaker, form: Form) -> None:
    """Many items come in batches of their order, none lost or twice."""
    with Store.open(mixed(form)) as store:
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        batches = list(store.batches(nodes * 20))
        assert [item.node.number for batch in batches for item in batch.items] == nodes * 20
        assert max(len(batch.items) for batch in batches) == (512 if form is Form.OST4K else 1000)


def test_in_the_order_given(mixed: MixMaker) -> None:
    """Rows are in the order in which the items were asked for, and an item may be asked for twice."""
    with Store.open(mixed()) as store:
        nodes = [node for folder in store.folders() for node in store.items(folder.node)]
        wanted = [nodes[9], nodes[2], nodes[9]]
        assert store.batch(wanted).column(0x300B) == [store.item(node).properties.get(0x300B) for node in wanted]
