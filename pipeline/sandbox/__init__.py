"""A local Zoho CRM over real HTTP on loopback: the default target of a load, and what every load test runs against.

It shares no code with what it tests. Its rules come from the reference pages zoho-api.md and zoho-api-addendum.md (the
newer, "add."): each cites its section and how sure it is (H, M, L); what is not sure is a switch, see switches.py.
"""

import time
from collections.abc import Callable
from pathlib import Path

from pipeline.sandbox.child import running
from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.likeness import imitate
from pipeline.sandbox.org import Endpoint
from pipeline.sandbox.showing import show

__all__ = ["Endpoint", "SandboxError", "imitate", "running", "serve", "show"]

_LONG = 3600.0


def serve(directory: Path, port: int, announce: Callable[[Endpoint], None]) -> None:
    """Serve `directory` until Ctrl-C; `announce` is told where, once it listens. Port 0 takes a free one.

    Raises:
        SandboxError: the directory cannot be written, another process serves it, the port is taken.
    """
    from pipeline.sandbox.server import serving  # noqa: PLC0415 - the web server is only loaded where it serves

    try:
        with serving(directory, port) as endpoint:
            announce(endpoint)
            while True:
                time.sleep(_LONG)
    except KeyboardInterrupt:
        return
