"""`python -m pipeline` is the command `outlook2zoho`."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from pipeline.errors import EXIT_INTERRUPTED


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End before anything was begun: an interrupt while the program is still being imported is no traceback."""
    sys.stderr.write("error  Interrupted before anything was begun.\n")
    sys.stderr.flush()
    os._exit(EXIT_INTERRUPTED)


def main() -> None:
    """Run the command line, its errors and exit codes those of `pipeline.cli`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    if "extract" in sys.argv[1:]:
        from pipeline.extract import hashing  # noqa: PLC0415 - only now can an interrupt do no harm

        hashing.ahead(sys.argv[1:])  # what it starts takes as long as importing all that this process needs itself
    from pipeline.cli import main as command  # noqa: PLC0415 - likewise

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    finally:
        gc.freeze()  # all ends with the process: no need to look through it for what could be let go


if __name__ == "__main__":
    main()
