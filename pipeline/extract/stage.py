"""The steps of the stage: every file of the inbox read once, by worker processes, and the tables put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pipeline import engine
from pipeline.engine import Crashed, Mapper
from pipeline.errors import InputError
from pipeline.extract import assembly, cache, selection, work
from pipeline.extract.assembly import Outcome
from pipeline.extract.cache import Entry
from pipeline.extract.checked import Checked
from pipeline.extract.content import Part, Reading
from pipeline.extract.inbox import Found
from pipeline.extract.reader import Reader, is_store, read_file
from pipeline.extract.work import Joined, Quarantine, Unit
from pipeline.outcome import Report

if TYPE_CHECKING:  # pydantic takes a quarter of a second to import, and the workers need no settings
    from pipeline.config import Config

Result = TypeVar("Result")
_LISTED = 20  # reasons that an error shows
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
    missing: list[Unit] = []
    for unit in units:
        if entry := cache.load(unit.directory):
            results[unit.reading.file_sha256] = entry
        else:
            missing.append(unit)
    if missing:
        with engine.copied(workers, work.READY) as mapper:
            results |= _done(mapper, missing, reader, progress)
    return results


def _done(mapper: Mapper, units: Sequence[Unit], reader: Reader, progress: Progress) -> dict[str, Entry | Quarantine]:
    """Return what came of each file, by SHA-256: stores are split, read in parts, and joined."""
    stores = [unit for unit in units if reader is read_file and is_store(unit.found.path)]
    split: dict[str, Sequence[Unit] | Quarantine] = {
        _key(unit): _not_crashed(found) for unit, found in zip(stores, mapper(work.split, stores), strict=True)
    }
    parts = [part for found in split.values() if not isinstance(found, Quarantine) for part in found]
    tasks = [*parts, *(unit for unit in units if _key(unit) not in split)]
    read: dict[str, list[Entry | Part | Quarantine]] = {_key(unit): [] for unit in units}
    done, total = 0, sum(task.items for task in tasks)
    for task, result in zip(tasks, mapper(partial(work.do, reader), tasks), strict=True):
        read[_key(task)].append(_not_crashed(result))
        done += task.items
        progress(done, total)
    return dict(_settled(mapper, units, split, read))


def _key(unit: Unit) -> str:
    return unit.reading.file_sha256


def _not_crashed(result: Result | Crashed) -> Result | Quarantine:
    return Quarantine(*work.CRASHED) if isinstance(result, Crashed) else result


def _settled(
    mapper: Mapper,
    units: Sequence[Unit],
    split: Mapping[str, Sequence[Unit] | Quarantine],
    read: Mapping[str, Sequence[Entry | Part | Quarantine]],
) -> Iterator[tuple[str, Entry | Quarantine]]:
    """Yield what became of each file; of a store every part has to be read."""
    whole: list[Joined] = []
    for unit in units:
        found, results = split.get(_key(unit)), read[_key(unit)]
        failed = next((one for one in results if isinstance(one, Quarantine)), None)
        if isinstance(found, Quarantine):
            yield _key(unit), work.try_second(unit, found) if found.rule in _TRIED_AGAIN else found
        elif failed is not None:
            yield _key(unit), failed
        elif found is not None:
            whole.append(work.rescue(unit, [one for one in results if isinstance(one, Part)]))
        else:
            yield _key(unit), next(one for one in results if isinstance(one, Entry))
    for joined, entry in zip(whole, mapper(work.join, whole), strict=True):
        yield _key(joined.unit), _not_crashed(entry)


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
    more = [f"and {len(reasons) - _LISTED:,} more"] if len(reasons) > _LISTED + 1 else []
    raise InputError(
        f"Nothing in {config.inbox} can be read; the tables of the last extract are as they were.",
        "\n".join([*(reasons[:_LISTED] if more else reasons), *more]),
    )
