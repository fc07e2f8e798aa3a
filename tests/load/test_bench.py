"""The measurement of a load runs, and names its figures with their bars."""

import re
import subprocess
import sys


def test_quick() -> None:
    """With few rows all of it runs: ours, twice, and the SDK by both ways; the second load sends nothing."""
    command = [sys.executable, "-m", "tests.load.bench", "--quick", "--again"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    figures = dict(re.findall(r"^(\S+) = (\d+)", run.stdout, re.MULTILINE))
    assert (figures["load.rows"], figures["load.again_sent"]) == ("400", "0")
    assert {"load.own_rows_per_second", "load.megabytes", "sdk_bulk_write.whole_rows_per_second"} < figures.keys()
