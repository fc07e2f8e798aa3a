"""Damaged stores: only the reader's own errors, in bounded time and memory, and the items still add up."""

from pathlib import Path

import pytest

from pipeline.extract.pst.direct import DamageError, Store
from tests.fuzz import laws, planted, sources
from tests.fuzz.damage import fuzzed, store_of
from tests.fuzz.image import image_of
from tests.fuzz.laws import Law
from tests.fuzz.runner import run

CASES = 80


@pytest.mark.parametrize("first", [0, CASES])
def test_damaged_stores(tmp_path: Path, first: int) -> None:
    """Real and written stores of every form, damaged in all ways, are read as far as they go; `make fuzz` has more."""
    seeds = range(first, first + CASES)
    ended = list(run(laws.direct, seeds, tmp_path))
    assert {case.seed: case.fault for case in ended if case.fault} == {}
    assert sorted(case.seed for case in ended) == list(seeds)
    assert not all(case.is_skipped for case in ended)


@pytest.mark.parametrize("name", sources.NAMES)
def test_stores_that_are_whole(tmp_path: Path, name: str) -> None:
    """The law holds of every store before it is damaged."""
    data = sources.load(name)
    if data is None:
        pytest.skip("the corpus of real Outlook files (../shared/corpus) is not here")
    path = tmp_path / "whole.pst"
    path.write_bytes(data)
    laws.direct(path, is_checked=True)


@pytest.mark.parametrize(
    ("law", "fault"),
    [
        pytest.param(planted.raises, "KeyError", id="an error that is not the reader's own"),
        pytest.param(planted.hangs, "no end", id="a hang"),
        pytest.param(planted.hungers, "MemoryError", id="memory by an untrusted size"),
        pytest.param(planted.dies, "SIGSEGV", id="a crash"),
    ],
)
def test_violations_are_found(tmp_path: Path, law: Law, fault: str) -> None:
    """Every kind of violation is told with its seed, and the cases after it still run."""
    seeds = [seed for seed in range(60) if store_of(seed) not in sources.REAL][:2]
    ended = list(run(law, seeds, tmp_path, wall=2.0 if law is planted.hangs else 60.0))
    assert [case.seed for case in ended] == seeds
    assert all(fault in str(case.fault) for case in ended)


def test_no_violation(tmp_path: Path) -> None:
    """Cases that break nothing are told once each, whatever the number of workers."""
    ended = list(run(planted.holds, range(55), tmp_path, jobs=2))
    assert sorted(case.seed for case in ended) == list(range(55))
    assert [case for case in ended if case.fault] == []
    assert list(tmp_path.iterdir()) == []


def test_a_case_repeats() -> None:
    """A seed is enough to make a case again, and two seeds differ."""
    seeds = [seed for seed in range(60) if store_of(seed) not in sources.REAL][:6]
    made = [fuzzed(seed) for seed in seeds]
    assert made == [fuzzed(seed) for seed in seeds]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("name", [name for name in sources.NAMES if name not in sources.REAL])
def test_repaired_checksums(tmp_path: Path, name: str) -> None:
    """Damage under a repaired checksum reaches the reader: the block is what it should be, with another content."""
    image = image_of(name)
    assert image is not None
    for place in image.anatomy.blocks:
        image.put(place, image.content(place)[::-1])
    for place in image.anatomy.pages:
        image.put(place, image.content(place))
    image.data[8] ^= 0  # the header too is made right
    image.repair()
    path = tmp_path / "repaired.pst"
    path.write_bytes(image.data)
    rules = set()
    with Store.open(path) as store:
        assert store.header.is_checksum_right
        for place in image.anatomy.blocks:
            try:
                store.blocks.read(place.identifier)
            except DamageError as error:
                rules.add(error.rule)
    assert rules <= {"block_inflate"}
