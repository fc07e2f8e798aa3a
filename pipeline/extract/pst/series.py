"""What a recurring task or event repeats, and where it departs from that, as columns of the extracted tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from pipeline.extract.pst import recurrence_blob, recurrence_rule, replaced, words
from pipeline.extract.pst.bag import Bag, Replaced
from pipeline.extract.pst.recurrence_blob import Occurrence, Pattern, RecurrenceError, Series, moment

_MINUTES_OF_DAY = 1440
_YEARS = 10  # of a series without an end, in which its zone is compared
_CUT_OFF = "changed_occurrences_cut_off"
_NO_DATE = "changed_occurrence_without_date"

_NO_RULE: Mapping[str, Any] = {"rrule": None, "recurrence_trouble": None}
_NO_SERIES: Mapping[str, Any] = {**_NO_RULE, "deleted_dates": None, "modified": None}


@dataclass(frozen=True, slots=True)
class Recurring:
    """The blob of a recurring event taken apart, or the fixed word that says why it cannot be."""

    series: Series | None
    trouble: str | None = None

    def years(self, start: datetime) -> tuple[int, int]:
        """Return the first year of the series and the last, at most ten years later."""
        last = moment(self.series.pattern.end) if self.series else None
        limit = start.year + _YEARS
        return start.year, limit if last is None else max(start.year, min(last.year, limit))


def of_event(bag: Bag) -> Recurring | None:
    """Return the recurrence of an appointment, None where it has none or no longer is one."""
    blob = bag.binary("PidLidAppointmentRecur")
    if blob is None or bag.boolean("PidLidRecurring") is False:
        return None
    try:
        return Recurring(recurrence_blob.series(blob, bag.codec))
    except RecurrenceError as error:
        return Recurring(None, error.rule)


def event_columns(
    recurring: Recurring | None, clock: tzinfo | None, attached: Sequence[Replaced], *, is_all_day: bool
) -> tuple[Mapping[str, Any], int]:
    """Return the columns of a series, and how many of the items attached to it as changed occurrences are not its.

    Its times are on its own clock, which is that of `clock` where it is known.
    """
    if recurring is None:
        return _NO_SERIES, len(attached)
    if recurring.series is None:
        return {**_NO_SERIES, "recurrence_trouble": recurring.trouble}, len(attached)
    series = recurring.series
    rule, trouble = _rule(series.pattern, series.start_offset, clock, is_floating=is_all_day)
    known = list(_changed(series))
    if trouble is None and len(known) < len(series.modified):
        trouble = _NO_DATE
    changed, unclaimed = replaced.merged(known, attached, clock, is_cut_off=not series.is_whole)
    moved = {one["original_local"].date() for one in changed}
    found = {
        "rrule": rule,
        "recurrence_trouble": trouble or (None if series.is_whole else _CUT_OFF),
        "deleted_dates": [day for day in _deleted(series) if day not in moved],
        "modified": changed,
    }
    return found, unclaimed


def task_columns(bag: Bag) -> Mapping[str, Any]:
    """Return the columns of a recurring task, whose dates have no zone."""
    blob = bag.binary("PidLidTaskRecurrence")
    if blob is None or bag.boolean("PidLidTaskFRecurring") is False:
        return _NO_RULE
    try:
        rule, trouble = _rule(recurrence_blob.pattern(blob), 0, None, is_floating=True)
    except RecurrenceError as error:
        rule, trouble = None, error.rule
    return {"rrule": rule, "recurrence_trouble": trouble}


def _rule(
    pattern: Pattern, start_offset: int, clock: tzinfo | None, *, is_floating: bool
) -> tuple[str | None, str | None]:
    try:
        return recurrence_rule.rrule(pattern, start_offset, zone=clock, is_floating=is_floating), None
    except RecurrenceError as error:
        return None, error.rule


def _deleted(series: Series) -> list[date]:
    """Return the days of the pattern on which nothing takes place: what was changed is among the deleted ones too."""
    changed = {one.original // _MINUTES_OF_DAY for one in series.modified}
    days = sorted({day // _MINUTES_OF_DAY for day in series.pattern.deleted} - changed)
    return [found.date() for day in days if (found := moment(day * _MINUTES_OF_DAY)) is not None]


def _changed(series: Series) -> Iterator[dict[str, Any]]:
    """Yield the changed occurrences in the order of their original times, without those that have no date."""
    for one in sorted(series.modified, key=lambda one: one.original):
        original, start, end = moment(one.original), moment(one.start), moment(one.end)
        if original is not None and start is not None and end is not None:
            yield {"original_local": original, "start_local": start, "end_local": end, **_differences(one)}


def _differences(one: Occurrence) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "location": one.location,
        "is_all_day": one.is_all_day,
        "busy_status": words.word(one.busy, words.BUSY),
        "has_own_body": one.has_body,
    }
