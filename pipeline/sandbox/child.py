"""A sandbox in a process of its own, for the time of a `with` block."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.org import Endpoint

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


@contextmanager
def running(directory: Path, port: int = 0) -> Iterator[Endpoint]:
    """Run a sandbox of `directory` as a child process while the block runs; port 0 takes a free one.

    The child ends when its standard input does, so it never outlives this process; Ctrl-C does not reach it first.

    Raises:
        SandboxError: it did not start: the directory cannot be written, another one serves it, the port is taken.
    """
    command = [sys.executable, "-m", "pipeline.sandbox", "--directory", str(directory.absolute()), "--port", str(port)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as child,  # noqa: S603 - our own program
    ):
        try:
            yield _endpoint(child, errors)
        finally:
            _stop(child)


def _endpoint(child: subprocess.Popen[bytes], errors: IO[bytes]) -> Endpoint:
    """Wait for the line in which the child says where it listens, or why it does not."""
    line = _first_line(child)
    try:
        said = json.loads(line)
    except ValueError:
        raise SandboxError(
            f"The sandbox did not start{_last_words(child, errors)}.", "Run the same command again."
        ) from None
    if "error" in said:
        raise SandboxError(said["error"]["message"], said["error"]["hint"])
    return Endpoint(**said)


def _first_line(child: subprocess.Popen[bytes]) -> bytes:
    lines: Queue[bytes] = Queue()
    stream = child.stdout
    if stream is None:
        return b""
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=_START_SECONDS)
    except Empty:
        child.kill()
        return lines.get()


def _last_words(child: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    child.wait()
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return f" (exit {child.returncode}{': ' + lines[-1] if lines else ''})"


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child's input and wait; a child that does not listen is killed, which its database survives."""
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
