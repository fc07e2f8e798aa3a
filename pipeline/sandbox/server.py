"""Serving one directory: lock, database, port, worker, until told to stop."""

import errno
import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from pipeline.sandbox import bulk_read_work, bulk_write_work, jobs, org
from pipeline.sandbox.app import application
from pipeline.sandbox.clock import Clock
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.errors import SandboxError
from pipeline.sandbox.org import Endpoint
from pipeline.sandbox.storage import Storage, opened

HOST = "127.0.0.1"
_LOCK = "sandbox.lock"
_START_SECONDS = 30.0


@contextmanager
def serving(directory: Path, port: int) -> Iterator[Endpoint]:
    """Serve `directory` on 127.0.0.1 while the block runs; port 0 takes a free one.

    Raises:
        SandboxError: the directory cannot be written, another process serves it, the port is taken.
    """
    with _prepared(directory), _bound(port) as listener, _storage(directory) as storage:
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        with storage.reading() as db:
            own, clock = org.read(db), Clock.of(db)
        crm = Crm(directory, storage, own, clock, base_url)
        worker = jobs.Worker(crm, {"write": bulk_write_work.do, "read": bulk_read_work.do})
        worker.start()
        try:
            with _listening(crm, listener):
                yield own.endpoint(base_url)
        finally:
            worker.stop()


@contextmanager
def _prepared(directory: Path) -> Iterator[None]:
    """Make the directory and hold its lock; a dead process holds none."""
    try:
        for path in (directory / "uploads", directory / "results"):
            path.mkdir(parents=True, exist_ok=True)
        lock = (directory / _LOCK).open("a")
    except OSError as error:
        hint = "Mend the rights of that directory, or make room on the disk."
        raise SandboxError(f"The sandbox cannot write to {directory} ({error.strerror}).", hint) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            hint = "Stop the other one (Ctrl-C where it runs), or choose another name in [sandbox]."
            raise SandboxError(f"Another process already serves the sandbox {directory}.", hint) from None
        yield


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    # Named TCP, or asyncio does not switch Nagle's algorithm off and each answer waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            hint = "Stop what listens there, or take port 0 for a free one." if is_taken else "Take another port."
            raise SandboxError(f"The sandbox cannot listen on {HOST}:{port} ({reason}).", hint) from None
        yield listener


@contextmanager
def _storage(directory: Path) -> Iterator[Storage]:
    storage = opened(directory)
    try:
        with storage.writing() as db:
            if not org.exists(db):
                org.create(db, int(time.time()))
        yield storage
    finally:
        storage.close()


@contextmanager
def _listening(crm: Crm, listener: socket.socket) -> Iterator[None]:
    """Run the HTTP server in a thread, where it leaves the process's signals alone."""
    config = uvicorn.Config(
        application(crm),
        http=crm.connections.protocol(),
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="http")
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise SandboxError("The sandbox's HTTP server did not start.", "Run the same command again.")
        time.sleep(0.005)
