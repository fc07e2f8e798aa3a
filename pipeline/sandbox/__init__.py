"""A local Zoho CRM over real HTTP on loopback: the default target of a load, and what every load test runs against.

It shares no code with what it tests. Its rules come from the reference pages zoho-api.md and zoho-api-addendum.md (the
newer, "add."): each cites its section and how sure it is (H, M, L); what is not sure is a switch, see switches.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.sandbox.child import running
from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.org import Endpoint

__all__ = ["Endpoint", "SandboxError", "imitate", "running", "serve", "show"]

_LONG = 3600.0


def imitate(directory: Path, source: Path) -> Mapping[str, int]:
    """Make the sandbox of `directory` like the org that `source` tells of: see `likeness.imitate`."""
    from pipeline.sandbox import likeness  # noqa: PLC0415 - what only one command needs, no other waits for

    return likeness.imitate(directory, source)


def show(directory: Path, module: str) -> Iterator[str]:
    """Yield the records of a module, a JSON line each: see `showing.show`."""
    from pipeline.sandbox import showing  # noqa: PLC0415 - likewise

    return showing.show(directory, module)


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
