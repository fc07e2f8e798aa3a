"""The benchmark measures what it says, and runs from the command line."""

import re
import sys
from pathlib import Path

import pytest

from tests.bench import figures, measure, tools
from tests.bench.__main__ import main
from tests.bench.figures import Plan
from tests.bench.measure import Cost
from tests.bench.stores import Mix

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
BUSY = "import time\nwhile time.process_time() < 0.5: pass"
LARGE = "import time; held = b'1' * (200 << 20); time.sleep(0.5)"


def test_memory_of_processes_below() -> None:
    """Memory counts wherever in the tree of processes it is."""
    assert 200 << 20 < measure.run([sys.executable, "-c", PARENT, LARGE]).memory < 300 << 20


def test_processor_time_of_processes_below() -> None:
    """So does processor time."""
    cost = measure.run([sys.executable, "-c", PARENT, BUSY])
    assert cost.cpu >= 0.5
    assert cost.wall >= 0.5


def test_a_command_that_fails() -> None:
    """What did not end well is no measurement, and says why."""
    with pytest.raises(RuntimeError, match="ended with 3:\nno store"):
        measure.run([sys.executable, "-c", "import sys; sys.stderr.write('no store'); sys.exit(3)"])


def test_figures() -> None:
    """Medians of the wall time are compared, and the highest memory counts."""
    plan = Plan(
        mixed=Mix("mixed", 30),
        contacts=Mix("contacts", 10),
        small=Mix("contacts", 5),
        large=Mix("contacts", 50),
        runs=3,
    )

    def took(*seconds: float) -> list[Cost]:
        return [Cost(one, one, int(one * (1 << 20))) for one in seconds]

    costs = {
        plan.mixed: {tools.OURS: took(1, 9, 2), tools.PYPFF: took(9), tools.READPST: took(4, 5, 3)},
        plan.contacts: {tools.OURS: took(1), tools.PYPFF: took(13, 11, 12)},
        plan.small: {tools.OURS: took(5)},
        plan.large: {tools.OURS: took(60)},
    }
    assert list(figures.lines(plan, costs)) == [
        "30 mixed items: wall of ours / readpst = 0.50 (bar: at most 0.5)",
        "10 contacts: wall of pypff / ours = 12.0 (bar: at least 12)",
        "time per item, 50 contacts / 5 contacts = 1.20 (bar: at most 1.3)",
        "anonymous memory of ours, all processes = 60 MB (bar: at most 400 MB)",
    ]


def test_a_quick_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it runs, ends with the figures, and leaves nothing but the stores."""
    assert main(["--quick", "--without", tools.PYPFF, "--cache", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [
        line
        for line in lines[-2:]
        if not re.fullmatch(r".+ = [\d.]+( MB)? \(bar: at (most|least) [\d.]+( MB)?\)", line)
    ] == []
    assert {path.suffix for path in tmp_path.iterdir()} == {".pst"}
