"""The steps of the stage: every file of the inbox read once, by worker processes, and the tables put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline import engine
from pipeline.engine import Crashed
from pipeline.errors import InputError
from pipeline.extract import assembly, cache, selection, work
from pipeline.extract.assembly import Outcome
from pipeline.extract.cache import Entry
from pipeline.extract.content import Reading
from pipeline.extract.inbox import Found
from pipeline.extract.reader import Reader, is_store, read_file
from pipeline.extract.second_reader import Checked
from pipeline.extract.store_parts import Part
from pipeline.extract.work import Quarantine, Unit
from pipeline.outcome import Report

if TYPE_CHECKING:  # pydantic takes a quarter of a second to import, and the workers need no settings
    from pipeline.config import Config

_LISTED = 8  # reasons that an error shows
_TRIED_AGAIN = ("damaged_store", "damaged_header", "reader_failed")  # what another reader may still make sense of


Digests = Iterable[tuple[Found, str | tuple[str, str]]]
"""Every file with its SHA-256, or with the rule by which it is not read and the reason; one may be waited for."""
Progress = Callable[[int, int], None]
"""Told how many items of stores are read, and of how many."""


def run(config: "Config", digests: Digests, reader: Reader, progress: Progress) -> Report:
    """Read every file into tables, each file once.

    Raises:
        InputError: nothing can be read.
        StorageError: the file system refuses.
    """
    cache.prune(config.work / "cache" / "extract")
    known = [(found, one if isinstance(one, str) else Quarantine(*one)) for found, one in digests]
    first = _first_of_each(known)
    workers = engine.processes(config.engine.processes)
    threads = max(1, workers // max(1, len(first)))
    units = [_unit(config, found, sha256, threads) for sha256, found in first.items()]
    results = _read(workers, units, reader, progress)
    outcomes = [_outcome(found, sha256, first, results) for found, sha256 in known]
    _require_something(config, outcomes)
    checks = _cross_checked(units, results) if config.cross_check else {}
    assembly.write(config, outcomes, checks)
    return assembly.report(config, outcomes, checks)


def _cross_checked(units: Sequence[Unit], results: Mapping[str, Entry | Quarantine]) -> dict[str, Checked | Quarantine]:
    """Compare the two readers of stores, for every store that was read."""
    read = [unit for unit in units if isinstance(results[unit.reading.file_sha256], Entry)]
    return {unit.reading.file_sha256: work.cross_check(unit) for unit in read if is_store(unit.found.path)}


def _first_of_each(digests: Sequence[tuple[Found, str | Quarantine]]) -> dict[str, Found]:
    first: dict[str, Found] = {}
    for found, sha256 in digests:
        if isinstance(sha256, str):
            first.setdefault(sha256, found)
    return first


def _unit(config: "Config", found: Found, sha256: str, threads: int) -> Unit:
    code_page, date_order = assembly.reading_settings(config, found.label)
    chosen = selection.of(config, found.label)
    reading = Reading(file_sha256=sha256, code_page=code_page, date_order=date_order, selection=chosen, threads=threads)
    return Unit(found, reading, cache.directory_of(config.work / "cache" / "extract", reading))


def _read(workers: int, units: Sequence[Unit], reader: Reader, progress: Progress) -> dict[str, Entry | Quarantine]:
    """Return what was read, by SHA-256: from the cache, else by the worker processes."""
    results: dict[str, Entry | Quarantine] = {}
    whole: list[Unit] = []
    parts: dict[str, Sequence[Unit]] = {}
    for unit in units:
        sha256 = unit.reading.file_sha256
        if entry := cache.load(unit.directory):
            results[sha256] = entry
        elif reader is read_file and is_store(unit.found.path):
            found = work.split(unit)
            if isinstance(found, Quarantine):
                results[sha256] = work.try_second(unit, found) if found.rule in _TRIED_AGAIN else found
            else:
                parts[sha256] = found
        else:
            whole.append(unit)
    tasks = [*(part for sha256 in parts for part in parts[sha256]), *whole]
    done: dict[str, list[Entry | Part | Quarantine | Crashed]] = {sha256: [] for sha256 in parts}
    for task, result in zip(tasks, _done(workers, tasks, reader, progress), strict=True):
        done.setdefault(task.reading.file_sha256, []).append(result)
    for unit in units:
        sha256 = unit.reading.file_sha256
        if sha256 in done:
            results[sha256] = _settled(unit, done[sha256], is_split=sha256 in parts)
    return results


def _done(
    workers: int, tasks: Sequence[Unit], reader: Reader, progress: Progress
) -> Iterator[Entry | Part | Quarantine | Crashed]:
    """Yield what came of each task; without any no process is started, as one that begins while this one ends fails."""
    if not tasks:
        return
    total, read = sum(task.items for task in tasks), 0
    with engine.copied(workers, work.__name__) as mapper:
        for task, result in zip(tasks, mapper(partial(work.do, reader), tasks), strict=True):
            read += task.items
            progress(read, total)
            yield result


def _settled(
    unit: Unit, results: Sequence[Entry | Part | Quarantine | Crashed], *, is_split: bool
) -> Entry | Quarantine:
    """Return what became of one file, of which every part has to be read."""
    for result in results:
        if isinstance(result, Crashed):
            return Quarantine(*work.CRASHED)
        if isinstance(result, Quarantine):
            return result
    if is_split:
        return work.join(unit, [result for result in results if isinstance(result, Part)])
    (entry,) = (result for result in results if isinstance(result, Entry))
    return entry


def _outcome(
    found: Found, sha256: str | Quarantine, first: dict[str, Found], results: dict[str, Entry | Quarantine]
) -> Outcome:
    if isinstance(sha256, Quarantine):
        status = "excluded" if found.is_excluded else "quarantined"
        return Outcome(found=found, status=status, rule=sha256.rule, reason=sha256.reason)
    if first[sha256] is not found:
        reason = f"The content is the same as that of {first[sha256].label}; it is read once."
        return Outcome(found=found, status="duplicate", sha256=sha256, rule="same_content", reason=reason)
    result = results[sha256]
    if isinstance(result, Quarantine):
        return Outcome(found=found, status="quarantined", sha256=sha256, rule=result.rule, reason=result.reason)
    return Outcome(found=found, status="read", sha256=sha256, entry=result)


def _require_something(config: "Config", outcomes: Sequence[Outcome]) -> None:
    if any(outcome.entry for outcome in outcomes):
        return
    reasons = [f"{outcome.found.label}: {outcome.reason}" for outcome in outcomes]
    more = [f"and {len(reasons) - _LISTED:,} more"] if len(reasons) > _LISTED else []
    raise InputError(
        f"Nothing in {config.inbox} can be read; the tables of the last extract are as they were.",
        "\n".join([*reasons[:_LISTED], *more]),
    )
