"""The child process of `running`: serves until its standard input ends; says in one JSON line where it listens."""

import argparse
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.server import serving

_STOP_SECONDS = 10.0


def main() -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="pipeline.sandbox")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it stops us when it has finished
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    os.umask(0o077)
    try:
        with serving(options.directory, options.port) as endpoint:
            _say(asdict(endpoint))
            while os.read(sys.stdin.fileno(), 1024):
                pass
            _end_soon()
    except SandboxError as error:
        _say({"error": {"message": error.message, "hint": error.hint}})
        return 1
    return 0


def _end_soon() -> None:
    """See to it that this process ends though a request hangs; the database survives that."""
    watchdog = threading.Timer(_STOP_SECONDS, os._exit, args=(1,))
    watchdog.daemon = True
    watchdog.start()


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
