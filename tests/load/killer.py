"""Runs loads in children of its own and kills them: a program, so that a child has no threads but its own.

Arguments: the project directory and how to reach the sandbox, as JSON. Each line of the input is a delay in seconds;
each line of the output says what became of the load, `killed` or its exit code, and after how many seconds.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import requests

from pipeline import config as settings
from pipeline import sandbox
from pipeline.errors import TargetError
from pipeline.load.stage import run_over
from tests.load.world import Crm

_LOOK_SECONDS = 0.05  # between two looks whether it has ended by itself


def loaded(project: Path, crm: Crm) -> int:
    """Load once; return the exit code."""
    with requests.Session() as session:
        try:
            report = run_over(session, settings.load(project, project), crm.connection)
        except TargetError:
            return 4
    return 0 if report.is_clean else 9


def killed(project: Path, crm: Crm, delay: float) -> str:
    """Start a load, and kill it after a delay."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(loaded(project, crm))
    while (left := delay - (time.monotonic() - started)) > 0:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return f"{os.WEXITSTATUS(status)} {time.monotonic() - started}"
        time.sleep(min(left, _LOOK_SECONDS))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    how = "killed" if os.WIFSIGNALED(status) else str(os.WEXITSTATUS(status))
    return f"{how} {time.monotonic() - started}"


def main() -> None:
    """Kill as often as the input says."""
    project, crm = Path(sys.argv[1]), Crm(sandbox.Endpoint(**json.loads(sys.argv[2])))
    for line in sys.stdin:
        sys.stdout.write(killed(project, crm, float(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
