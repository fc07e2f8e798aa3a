"""The measurement of a load runs, and names its figures with their bars."""

import re
import subprocess
import sys


def test_quick() -> None:
    """With few rows all of it runs: ours, and the SDK by both ways."""
    command = [sys.executable, "-m", "tests.load.bench", "--quick"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    figures = dict(re.findall(r"^(\S+) = (\d+)", run.stdout, re.MULTILINE))
    assert figures["load.rows"] == "400"
    assert {"load.own_rows_per_second", "load.megabytes", "sdk_bulk_write.whole_rows_per_second"} < figures.keys()
