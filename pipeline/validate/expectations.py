"""The only place that touches great-expectations: in memory, no files, no network, nothing printed.

It costs 1.5 s and 200 MB to import, so it is imported where a suite is run and nowhere else.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.validate.suite import KEY, Suite

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold: the keys of the rows that break it, none for a rule of the table as a whole."""

    keys: tuple[str, ...]


def run(frame: "pd.DataFrame", suite: Suite) -> list[Broken | None]:
    """Run every rule of a suite over a frame with the column KEY; None for a rule that holds.

    Raises:
        SettingsError: a rule is unknown to great-expectations, or cannot be evaluated.
    """
    with _quiet():
        results = _validated(frame, suite)
    # each rule carries its number, as results may be reordered
    by_number = sorted(results, key=lambda result: int(result.expectation_config.meta["number"]))
    return [_broken(result, suite) for result in by_number]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's warnings about its own imports, and its log lines with values in them, to itself."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _validated(frame: "pd.DataFrame", suite: Suite) -> list[Any]:
    from pipeline.validate import library  # noqa: PLC0415 - see the module's docstring

    settings = library.base.DataContextConfig(
        store_backend_defaults=library.base.InMemoryStoreBackendDefaults(),
        progress_bars=library.base.ProgressBarsConfig(globally=False),
    )
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": [KEY]}
    try:
        rules = [library.ExpectationConfiguration(**rule).to_domain_obj() for rule in _configurations(suite)]
        context = library.gx.get_context(mode="ephemeral", project_config=settings)
        asset = context.data_sources.add_pandas("ready").add_dataframe_asset(suite.table)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        found = batch.validate(library.gx.ExpectationSuite(name=suite.table, expectations=rules), result_format=wanted)
    except (library.GreatExpectationsError, ValueError, TypeError) as error:
        raise SettingsError(
            f"expectations/{suite.table}.json cannot be run: {error}",
            "Mend that suite: an expectation is unknown, or its arguments do not fit.",
        ) from None
    return list(found.results)


def _configurations(suite: Suite) -> Iterator[Mapping[str, Any]]:
    for number, rule in enumerate(suite.rules):
        yield {"type": rule.type, "kwargs": dict(rule.arguments), "meta": {"number": number}}


def _broken(result: Any, suite: Suite) -> Broken | None:  # noqa: ANN401 - great-expectations ships no types
    if result.success:
        return None
    listed = result.result.get("unexpected_index_list")
    if listed is None and _raised(result.exception_info):
        raise SettingsError(
            f"expectations/{suite.table}.json: {result.expectation_config.type} could not be evaluated.",
            "Mend that rule: its column or its arguments do not fit.",
        )
    return Broken(tuple(str(row[KEY]) for row in listed or ()))


def _raised(exception_info: Mapping[str, Any]) -> bool:
    nested = [value for value in exception_info.values() if isinstance(value, Mapping)]
    return any(info.get("raised_exception") for info in (exception_info, *nested))
