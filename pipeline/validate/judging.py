"""Who asks great-expectations: this process, or one of its own that starts while others prepare what is asked."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import engine
from pipeline.engine import Crashed, Mapper
from pipeline.errors import StageError
from pipeline.validate import facts
from pipeline.validate.check import Findings, judge
from pipeline.validate.facts import Facts
from pipeline.validate.suite import Suite

Judge = Callable[[Suite, Facts], Findings]
_AT_ONCE = 200_000  # values that are judged in one go


@contextmanager
def judging(*, is_apart: bool) -> Iterator[Judge]:
    """Yield what judges facts as `check.judge` does; apart, in one process, so that the library is loaded once."""
    if not is_apart:
        yield judge
        return
    with engine.started(1, "pipeline.validate.library") as mapper:
        yield partial(_apart, mapper)


def _apart(mapper: Mapper, suite: Suite, found: Facts) -> Findings:
    (result,) = mapper(partial(judge, suite), [found])
    if isinstance(result, Crashed):
        raise StageError(
            "The process that validates died, probably for want of memory.",
            "Close other programs, or set [engine] processes = 1, and run make transform again.",
        )
    return result


def judged(judge: Judge, suite: Suite, parts: Iterable[Facts]) -> Findings:
    """Judge the facts of partitions, as many of them together as fit.

    Raises:
        SettingsError: an expectation is unknown, or cannot be evaluated.
    """
    findings: dict[int, list[pa.Array]] = {}
    for batch in _batches(parts):
        for number, values in judge(suite, facts.joined(batch, suite)).items():
            findings.setdefault(number, []).append(values)
    return {number: pc.unique(pa.concat_arrays(values)) for number, values in findings.items()}


def _batches(parts: Iterable[Facts]) -> Iterator[list[Facts]]:
    batch: list[Facts] = []
    for part in parts:
        if batch and sum(one.size for one in batch) + part.size > _AT_ONCE:
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch
