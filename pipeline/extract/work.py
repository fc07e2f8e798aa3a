"""The unit of work of extract: one file, read in a process of its own into its cache entry."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.extract import cache, inbox
from pipeline.extract.cache import Entry
from pipeline.extract.content import Reading, UnreadableError
from pipeline.extract.inbox import Found
from pipeline.extract.reader import Reader

CHANGING = (
    "changing",
    "The file changed while it was read: it is still being copied, or Outlook has it open. Close that and run again.",
)
CRASHED = (
    "crashed",
    "The reader crashed on this file: it is probably damaged. Run Outlook's Inbox Repair Tool (scanpst.exe) on a copy.",
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One file to be read, and where its entry goes."""

    found: Found
    reading: Reading
    directory: Path


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A file that is put aside, with the reason."""

    rule: str
    reason: str


def do(reader: Reader, unit: Unit) -> Entry | Quarantine:
    """Read one file; whatever is wrong with it is a quarantine, and only what is wrong with us is raised.

    Raises:
        PipelineError: the entry cannot be written, or does not add up.
    """
    try:
        content = reader(unit.found.path, unit.reading)
    except UnreadableError as error:
        return Quarantine(error.rule, error.reason)
    except OSError as error:
        return Quarantine("unreadable", f"The file cannot be read ({error.strerror or type(error).__name__}).")
    except MemoryError:
        return Quarantine("too_large", "The file does not fit into the memory of this machine.")
    except PipelineError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect that one odd file brings out must not stop the other forty
        return Quarantine("reader_failed", f"The reader failed on this file ({_where(error)}). Please report it.")
    if not inbox.is_unchanged(unit.found):
        return Quarantine(*CHANGING)
    return cache.save(unit.directory, content)


def _where(error: Exception) -> str:
    """Name the place of a defect without what the file holds."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}" if trace else "somewhere"
    return f"{type(error).__name__} in {place}"
