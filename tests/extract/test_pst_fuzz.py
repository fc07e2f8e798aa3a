"""Damaged stores become rows as far as they go, and every item of the node tree is accounted for."""

from pathlib import Path

import pytest

from tests.fuzz import laws
from tests.fuzz.laws import Law
from tests.fuzz.runner import run


@pytest.mark.parametrize(
    ("law", "seeds"),
    [
        pytest.param(laws.extract, range(1000, 1060), id="read in one go"),
        pytest.param(laws.parts, range(1100, 1115), id="read part by part, as the command does"),
        pytest.param(laws.rescued, range(90160, 90190), id="with the second reader for what the first cannot read"),
    ],
)
def test_damaged_stores(tmp_path: Path, law: Law, seeds: range) -> None:
    """Real and written stores of every form, damaged in all ways, keep the law of the extract; `make fuzz` has more."""
    ended = list(run(law, seeds, tmp_path))
    assert {case.seed: case.fault for case in ended if case.fault} == {}
    assert sorted(case.seed for case in ended) == list(seeds)
    assert list(tmp_path.iterdir()) == []
