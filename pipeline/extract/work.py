"""The units of work of extract: a whole file, or a part of a store; each is done in a process of its own.

What reads is imported where it is called: the process that hands out the work does without, which saves it a third of
a second.
"""

# ruff: noqa: PLC0415 - as said above
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline import engine
from pipeline.engine import Crashed
from pipeline.errors import PipelineError
from pipeline.extract import cache, inbox
from pipeline.extract.cache import Entry
from pipeline.extract.checked import Checked
from pipeline.extract.content import Content, Part, Reading, Span, UnreadableError
from pipeline.extract.inbox import Found
from pipeline.extract.reader import Reader

if TYPE_CHECKING:
    from pipeline.extract.second_reader import Job

READY = "pipeline.extract.worker"
"""The module that has imported all that a process needs which does the work."""

CRASHED = (
    "crashed",
    "The reader crashed on this file: it is probably damaged. Run Outlook's Inbox Repair Tool (scanpst.exe) on a copy.",
)
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Unit:
    """A file to be read, and where its entry goes; with `span` only that part of a store's items."""

    found: Found
    reading: Reading
    directory: Path
    span: Span | None = None

    @property
    def items(self) -> int:
        """How many items it has, as far as that is known beforehand."""
        return self.span[1] - self.span[0] if self.span else 0


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A file that is put aside, with the reason."""

    rule: str
    reason: str


def split(unit: Unit) -> Sequence[Unit] | Quarantine:
    """Cut a store into parts; what has no parts is whole, with no part to read.

    Raises:
        PipelineError: the file system refuses.
    """
    from pipeline.extract import store_parts

    spans = _guarded(unit, lambda: store_parts.prepare(unit.found.path, unit.reading, unit.directory))
    return spans if isinstance(spans, Quarantine) else [replace(unit, span=span) for span in spans]


def do(reader: Reader, unit: Unit) -> Entry | Part | Quarantine:
    """Read one unit; whatever is wrong with the file is a quarantine, and only what is wrong with us is raised.

    Raises:
        PipelineError: the entry cannot be written, or does not add up.
    """
    from pipeline.extract import store_parts

    span = unit.span
    if span is not None:
        return _guarded(unit, lambda: store_parts.read(unit.found.path, unit.reading, unit.directory, span))
    return _guarded(unit, lambda: _saved(reader, unit))


def _saved(reader: Reader, unit: Unit) -> Entry:
    from pipeline.extract import store_parts

    place = store_parts.scratch(unit.directory)
    shutil.rmtree(place, ignore_errors=True)
    try:
        content = _whole(reader, replace(unit, reading=replace(unit.reading, scratch=place)))
        files = {table: paths for table, (paths, _) in content.files.items()}
        rows = {table: count for table, (_, count) in content.files.items()}
        return cache.save(unit.directory, content, files=files, rows=rows)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Joined:
    """A store of which every part was read: `rescued` is what the second reader could read of what was rejected."""

    unit: Unit
    parts: Sequence[Part]
    rescued: Part | None = None


def rescue(unit: Unit, parts: Sequence[Part]) -> Joined:
    """Have the second reader try the items that the first could not read."""
    if not any(part.rejects for part in parts):
        return Joined(unit, parts)
    from pipeline.extract import second_reader, store_parts

    nodes = store_parts.rejected(parts)
    second = _second(second_reader.items, unit, nodes) if nodes else None
    return Joined(unit, parts, second if isinstance(second, Part) and second.nodes else None)


def join(joined: Joined) -> Entry | Quarantine:
    """Make the entry of a store from its parts.

    Raises:
        PipelineError: the entry cannot be written, or does not add up.
    """
    from pipeline.extract import store_parts

    unit = joined.unit
    if not inbox.is_unchanged(unit.found):
        return Quarantine(*inbox.CHANGING)
    return _guarded(unit, lambda: store_parts.join(unit.reading, unit.directory, joined.parts, joined.rescued))


def try_second(unit: Unit, first: Quarantine) -> Entry | Quarantine:
    """Read a store whole with the second reader, when the first can read nothing of it; else its reason stands.

    Raises:
        PipelineError: the entry cannot be written, or does not add up.
    """
    from pipeline.extract import second_reader

    found = _second(second_reader.whole, unit, frozenset())
    return found if isinstance(found, Entry) else first


def cross_check(unit: Unit) -> Checked | Quarantine:
    """Read a store with both readers, and compare."""
    from pipeline.extract import second_reader

    found = _second(second_reader.compare, unit, frozenset())
    return Quarantine("crashed", f"The second reader gave up: {found.why}.") if isinstance(found, Crashed) else found


def _second(step: "Callable[[Job], Done]", unit: Unit, nodes: frozenset[int]) -> Done | Crashed | Quarantine:
    from pipeline.extract import second_reader

    job = second_reader.Job(unit.found.path, unit.reading, unit.directory, nodes)
    return _guarded(unit, lambda: engine.within(second_reader.SECONDS, step, job))


def _whole(reader: Reader, unit: Unit) -> Content:
    content = reader(unit.found.path, unit.reading)
    if not inbox.is_unchanged(unit.found):
        raise UnreadableError(*inbox.CHANGING)
    return content


def _guarded(unit: Unit, step: Callable[[], Done]) -> Done | Quarantine:
    """Do one step with a file."""
    try:
        return step()
    except UnreadableError as error:
        return Quarantine(error.rule, error.reason)
    except OSError as error:
        return Quarantine("unreadable", f"The file cannot be read ({error.strerror or type(error).__name__}).")
    except MemoryError:
        return Quarantine("too_large", "The file does not fit into the memory of this machine.")
    except PipelineError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect that one odd file brings out must not stop the other forty
        if not inbox.is_unchanged(unit.found):
            return Quarantine(*inbox.CHANGING)
        return Quarantine("reader_failed", f"The reader failed on this file ({_where(error)}). Please report it.")


def _where(error: Exception) -> str:
    """Name the place of a defect without what the file holds."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}" if trace else "somewhere"
    return f"{type(error).__name__} in {place}"
