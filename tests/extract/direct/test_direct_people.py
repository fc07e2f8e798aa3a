"""The recipients of an item taken apart at once: what each row gives, cell by cell, whatever is damaged."""

from pathlib import Path
from random import Random

import pytest

from pipeline.extract.pst import parts
from pipeline.extract.pst.bag import Bag, DecodedBag, Value, read
from pipeline.extract.pst.direct import DamageError, Item, Store
from pipeline.extract.pst.properties import BY_KEY
from tests.extract.direct.conftest import MixMaker
from tests.pstwriter.layout import Encryption, Form

NUMBERS = parts._OF_RECIPIENTS


def _by_row(item: Item) -> list[tuple[dict[int, tuple[int, bytes]], bool]]:
    """Return the cells of each row, asked one by one, and whether one of them is damaged."""
    found = []
    for row in item.recipients():
        cells, is_damaged = dict[int, tuple[int, bytes]](), False
        for number in NUMBERS:
            try:
                cell = row.raw(number)
            except DamageError:
                is_damaged = True
                continue
            if cell is not None:
                cells[number] = cell
        found.append((cells, is_damaged))
    return found


def _compare(store: Store) -> int:
    """Assert that both ways give the same for every item; return how many rows there were."""
    rows = 0
    for node in (node for folder in store.folders() for node in store.items(folder.node)):
        item = store.item(node)
        try:
            expected = _by_row(item)
        except DamageError:
            with pytest.raises(DamageError):
                list(item.people(NUMBERS))
            continue
        assert [(cells, damage is not None) for cells, damage in item.people(NUMBERS)] == expected
        for cells, _ in expected:
            _compare_bags(cells)
        rows += len(expected)
    return rows


def _compare_bags(cells: dict[int, tuple[int, bytes]]) -> None:
    """Assert that what was decoded at once is what is decoded when it is asked for."""
    once, when_asked = parts._person(cells, "cp932"), Bag({key: Value(*cell) for key, cell in cells.items()}, "cp932")
    names = [BY_KEY[number].name for number in NUMBERS]
    assert [read(once, name) for name in names] == [read(when_asked, name) for name in names]
    assert (once.values, once.codec) == (when_asked.values, "cp932")


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("encryption", list(Encryption))
def test_same_as_row_by_row(mixed: MixMaker, form: Form, encryption: Encryption) -> None:
    """Each recipient has the cells that its row gives."""
    with Store.open(mixed(form, encryption)) as store:
        assert _compare(store) > 20


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("form", list(Form))
def test_same_with_damage(mixed: MixMaker, tmp_path: Path, form: Form, seed: int) -> None:
    """With bits flipped in every fifth block both ways agree on what is lost and what is left."""
    random = Random(f"{form} {seed}")  # noqa: S311 - chance that repeats
    source = mixed(form, Encryption.NONE)
    data = bytearray(source.read_bytes())
    with Store.open(source) as store:
        trees = store.parsed.trees
        places = list(zip(trees.block_offsets.tolist(), trees.block_sizes.tolist(), strict=True))
    for offset, size in random.sample(places, len(places) // 5):
        data[offset + random.randrange(size)] ^= 1 << random.randrange(8)
    path = tmp_path / "damaged.pst"
    path.write_bytes(data)
    with Store.open(path, is_checked=False) as store:
        _compare(store)


@pytest.mark.parametrize(
    ("kind", "raw", "is_decoded"),
    [
        pytest.param(0x001F, "Ann\0".encode("utf-16-le"), True, id="a text with a 0 at its end"),
        pytest.param(0x001F, b"", True, id="no text"),
        pytest.param(0x001F, b"A\0\x00\xd8", True, id="half a surrogate pair"),
        pytest.param(0x001F, b"A\0B", True, id="half a character"),
        pytest.param(0x001E, "安藤".encode("cp932"), False, id="a text of 8 bits"),
        pytest.param(0x0102, b"A\0", False, id="bytes under the number of a text"),
        pytest.param(0x101F, b"\1\0\0\0\x08\0\0\0A\0", False, id="several texts"),
    ],
)
def test_what_is_unusual_is_decoded_when_it_is_asked_for(kind: int, raw: bytes, *, is_decoded: bool) -> None:
    """Only what has the usual types is decoded at once; every text is the same either way."""
    cells = {0x3001: (kind, raw), 0x0C15: (0x0003, b"\1\0\0\0")}
    _compare_bags(cells)
    assert isinstance(parts._person(cells, "cp932"), DecodedBag) == is_decoded
