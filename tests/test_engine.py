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
    with engine.MAPPER as mapper:
        for number in mapper(_own_number, [1]):
            print(number, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("mapper", ["mapper(2, units=2, module='tests.test_engine')", "copied(1, 'tests.test_engine')"])
def test_workers_end_with_a_killed_parent(tmp_path: Path, mapper: str) -> None:
    """A run that is killed outright leaves no process behind."""
    (tmp_path / "killed.py").write_text(_KILLED.replace("MAPPER", mapper))
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "killed.py")],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    worker = Path("/proc") / ended.stdout.strip()
    end = time.monotonic() + 30
    while worker.exists() and "Z" not in (worker / "stat").read_text():
        assert time.monotonic() < end, "the worker is still there"
        time.sleep(0.05)


def _write(path: Path) -> str:
    path.write_text("", encoding="utf-8")
    return os.environ["OPENBLAS_NUM_THREADS"]


def test_copies_write_with_the_rights_of_their_parent(tmp_path: Path) -> None:
    """The process that is copied may have started under other rights; what its copies write is the parent's."""
    before = os.umask(0o022)
    try:
        engine.ahead("tests.test_engine")
        os.umask(0o077)
        with engine.copied(2, "tests.test_engine") as mapper:
            threads = list(mapper(_write, [tmp_path / "one", tmp_path / "two"]))
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())] == [0o600, 0o600]
    assert threads == ["1", "1"] or not engine.copies._FORKS
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_a_copy_that_dies_costs_its_unit_only() -> None:
    """Units that kill their process yield Crashed; all others their result."""
    with engine.copied(2, "tests.test_engine") as mapper:
        results = list(mapper(_deadly, range(7)))
    assert [number for number, result in enumerate(results) if isinstance(result, engine.Crashed)] == [2, 5]


_INTERRUPTED = """
import os, signal, time
from pipeline import engine
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    engine.ahead("pipeline.extract.work")
    time.sleep(SECONDS)
    os.killpg(0, signal.SIGINT)
    with engine.copied(1, "pipeline.extract.work") as mapper:
        print(*mapper(abs, [-1]))
"""


@pytest.mark.parametrize("seconds", ["0.1", "0.2", "0.4"])
def test_an_interrupt_while_the_copied_process_starts_is_no_traceback(tmp_path: Path, seconds: str) -> None:
    """Ctrl-C reaches the whole group of processes: what it means is decided by the parent alone."""
    (tmp_path / "interrupted.py").write_text(_INTERRUPTED.replace("SECONDS", seconds))
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "interrupted.py")],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        start_new_session=True,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr, ended.returncode) == ("1\n", "", 0)
