"""Damaged stores: only the reader's own errors, in bounded time, whatever the bytes."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from pipeline.extract.content import UnreadableError
from pipeline.extract.pst.direct import DamageError, Item, Store
from tests.pstwriter.layout import Encryption, Form

MixMaker = Callable[..., Path]
CASES = 40  # of each kind and source
SECONDS = 5.0  # a store of this size is read in a twentieth of that


def visit(path: Path, *, is_checked: bool) -> int:
    """Ask a store for everything that it has; give how many items there were."""
    with Store.open(path, is_checked=is_checked, value_limit=1 << 20) as store:
        assert store.facts.nodes >= store.item_count()
        nodes = store.orphans()
        for folder in store.folders():
            nodes += store.items(folder.node) + store.associated(folder.node)
            with suppress(DamageError):
                store.contents(folder.node)
        batch = store.batch(nodes)
        for number in batch.numbers():
            batch.column(number)
        for node in nodes:
            visit_item(store.item(node))
        return store.item_count()


def visit_item(item: Item) -> None:
    """Ask an item for everything that it has, attached messages included."""
    with suppress(DamageError):
        visit_values(item.properties)
    with suppress(DamageError):
        for row in item.recipients():
            visit_values(row)
    with suppress(DamageError):
        for attachment in item.attachments():
            with suppress(DamageError):
                visit_values(attachment.properties)
                assert sum(map(len, attachment.chunks())) >= 0
                if attachment.is_message and item.depth < 2:
                    visit_item(attachment.message())


def visit_values(values: Iterable[int]) -> None:
    """Ask for every value of an item, attachment or row."""
    for number in values:
        with suppress(DamageError):
            values[number]  # type: ignore[index]  # properties or a row: both are mappings


def flipped(data: bytearray, random: Random, places: list[tuple[int, int]]) -> bytearray:
    """Change some bytes, mostly where heads and trailers are."""
    for _ in range(random.choice((1, 3, 10, 60))):
        offset, size = random.choice(places)
        at = offset + random.choice(
            (random.randrange(min(size, 24)), random.randrange(size), size - 1 - random.randrange(min(size, 100)))
        )
        data[at] = random.choice((0, 1, 0x7F, 0xFF, data[at] ^ 1 << random.randrange(8), random.randrange(256)))
    return data


def swapped(data: bytearray, random: Random, places: list[tuple[int, int]]) -> bytearray:
    """Put a block or page where another one was."""
    for _ in range(random.choice((1, 4))):
        (here, size), (there, _) = random.choice(places), random.choice(places)
        data[here : here + size] = data[there : there + size].ljust(size, b"\0")[:size]
    return data


def cut(data: bytearray, random: Random, _places: list[tuple[int, int]]) -> bytearray:
    """Cut the file off somewhere."""
    return data[: random.randrange(len(data))]


def places_of(path: Path, data: bytes) -> list[tuple[int, int]]:
    """Return where blocks and pages are, and their sizes."""
    with Store.open(path) as store:
        trees, page = store.parsed.trees, store.header.form.page
    blocks = list(zip(trees.block_offsets.tolist(), trees.block_sizes.tolist(), strict=True))
    pages = [(at, page) for at in range(0, len(data) - page + 1, page) if data[at + page - 24 : at + page].strip(b"\0")]
    return [*(place for place in blocks if place[1]), *pages[:: max(1, len(pages) // len(blocks))]]


def survives(source: Path, to: Path, change: Callable[..., bytearray], seed: str) -> None:
    """Assert for many changes of a store that reading it ends, and in no other error than the reader's own."""
    original = source.read_bytes()
    places = places_of(source, original)
    for case in range(CASES):
        random = Random(f"{seed} {case}")  # noqa: S311 - chance that repeats
        to.write_bytes(change(bytearray(original), random, places))
        started = time.monotonic()
        with suppress(UnreadableError):
            visit(to, is_checked=bool(case % 4 == 0))
        assert time.monotonic() - started < SECONDS, f"{seed} {case}"


CHANGES = [pytest.param(flipped, id="bytes"), pytest.param(swapped, id="blocks and pages"), pytest.param(cut, id="end")]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("form", list(Form))
def test_written_stores(mixed: MixMaker, tmp_path: Path, form: Form, change: Callable[..., bytearray]) -> None:
    """A written store of any form, damaged in any way, is read as far as it goes."""
    survives(mixed(form, Encryption.PERMUTE, 20), tmp_path / "fuzzed.pst", change, f"{form} {change.__name__}")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["gopst_32bit_ansi", "jl_distlist", "rubymsg_msginmsg"])
def test_real_stores(corpus: Path, tmp_path: Path, name: str, change: Callable[..., bytearray]) -> None:
    """A real store, damaged in any way, is read as far as it goes."""
    survives(corpus / "pst" / f"{name}.pst", tmp_path / "fuzzed.pst", change, f"{name} {change.__name__}")
