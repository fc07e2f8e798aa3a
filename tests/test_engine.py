"""`map_units`: in order, on any number of processes, and a process that dies costs its own unit only."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import engine


def _square(number: int) -> int:
    time.sleep(0.002 * (5 - number % 5))
    return number * number


def _deadly(number: int) -> int:
    if number in (2, 5):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _failing(number: int) -> int:
    if number == 1:
        raise ValueError(number)
    return number


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_come_in_the_order_of_the_units(workers: int) -> None:
    """The order of results does not depend on which unit is done first, nor on the number of processes."""
    assert list(engine.map_units(_square, range(9), workers=workers)) == [n * n for n in range(9)]


def test_a_process_that_dies_costs_its_unit_only() -> None:
    """Units that kill their process yield Crashed; all others their result."""
    results = list(engine.map_units(_deadly, range(7), workers=2))
    assert [number for number, result in enumerate(results) if isinstance(result, engine.Crashed)] == [2, 5]
    assert [result for result in results if not isinstance(result, engine.Crashed)] == [0, 1, 3, 4, 6]


def test_an_exception_of_the_function_is_raised_here() -> None:
    """What a unit raises is not hidden: it stops the map."""
    with pytest.raises(ValueError, match="1"):
        list(engine.map_units(_failing, range(3), workers=2))


def test_no_units_no_processes() -> None:
    """An empty list of units gives an empty list of results."""
    assert list(engine.map_units(_square, [], workers=2)) == []


@pytest.mark.parametrize(("wanted", "least"), [(3, 3), (0, 1)])
def test_processes(wanted: int, least: int) -> None:
    """A wanted number is taken as it is; 0 means one per processor."""
    assert engine.processes(wanted) >= least


def _own_number(_unit: int) -> int:
    return os.getpid()


_KILLED = """
import os, signal
from pipeline import engine
from tests.test_engine import _own_number
if __name__ == "__main__":
    for number in engine.map_units(_own_number, [1], workers=1):
        print(number, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    """A run that is killed outright leaves no process behind."""
    (tmp_path / "killed.py").write_text(_KILLED)
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "killed.py")],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    worker = Path("/proc") / ended.stdout.strip()
    end = time.monotonic() + 30
    while worker.exists() and "Z" not in (worker / "stat").read_text():
        assert time.monotonic() < end, "the worker is still there"
        time.sleep(0.05)
