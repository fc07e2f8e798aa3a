"""The line: the stages in their order, one run at a time in a project directory."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from pipeline import config as settings
from pipeline import store
from pipeline.config import Config
from pipeline.errors import BusyError, StageError
from pipeline.outcome import Report

# What needs no CRM, in order; load comes last and needs a connection (see cli). A stage is imported when it runs:
# transform alone takes as long to import as a mailbox takes to read.
OFFLINE = ("extract", "transform")


def following(project: Path) -> Config:
    """Return the settings of a stage that goes on from what extract read: the sample's own only for the sample.

    Raises:
        SettingsError: a setting is wrong.
    """
    config = settings.load(project)
    try:
        is_sample = store.Manifest.of(config.extracted).facts.get("is_sample")
    except StageError:  # the stage itself says what is missing
        return config
    return settings.load(project, is_sample=bool(is_sample))


def trace(config: Config) -> str:
    """Return a digest of what a sync depends on: files of the inbox by name, size and time of change, and settings.

    Raises:
        StorageError: the inbox may not be read.
    """
    root = config.inbox
    with store.writing(root):
        files = [root] if root.is_file() else [path for path in sorted(root.rglob("*")) if path.is_file()]
        own = [config.project / name for name in ("data/overrides.csv", "data/mail.csv")]
        own += sorted((config.project / "expectations").glob("*.json"))
        stats = [(str(path), path.stat()) for path in (*files, *(one for one in own if one.is_file()))]
    found = [(name, one.st_size, one.st_mtime_ns) for name, one in stats]
    return hashlib.sha256(repr((found, config.model_dump_json(), version("outlook2zoho"))).encode()).hexdigest()


def is_done(config: Config, traced: str) -> bool:
    """Return whether the last sync saw exactly this, and left nothing to be done."""
    try:
        return _note(config).read_text(encoding="utf-8") == traced
    except OSError:
        return False


def note_done(config: Config, traced: str) -> None:
    """Remember that a sync saw this and left nothing to be done; "" forgets.

    Raises:
        StorageError: the work directory may not be written.
    """
    with store.writing(_note(config)):
        _note(config).parent.mkdir(parents=True, exist_ok=True)
        _note(config).write_text(traced, encoding="utf-8")


def _note(config: Config) -> Path:
    return config.work / "synced"


def stage(name: str) -> Callable[..., Report]:
    """Return the function of a stage that needs no CRM, for a caller who holds the project."""
    function: Callable[..., Report] = import_module(f"pipeline.{name}").run
    return function


def offline(name: str, config: Config, **options: object) -> Report:
    """Run one stage that needs no CRM, holding the project meanwhile; `options` are those of its `run`.

    Raises:
        BusyError: another run holds the project.
        PipelineError: whatever stops the stage.
    """
    with holding(config, name):
        return stage(name)(config, **options)


@contextmanager
def holding(config: Config, command: str) -> Iterator[None]:
    """Hold the project for one command; the system lets go when the process ends, however it ends.

    Raises:
        BusyError: another run holds it.
        StorageError: the work directory may not be written.
    """
    path = config.work / ".lock"
    with store.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{command} (process {os.getpid()})".encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 200, 0).decode(errors="replace") or "unknown"
        raise BusyError(
            f"Another run is at work in this project: {holder}.",
            f"Wait until it has ended, or stop it. (The lock is {path}; it goes with the process.)",
        ) from None
