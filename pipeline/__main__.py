"""`python -m pipeline` is the command `outlook2zoho`."""

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


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    from pipeline.cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
