"""Which series are expanded, over which days, and into what: the calendar as single events, every row accounted for.

One series row becomes n events: n - 1 rows are made, and `seen + made = ready + merged + excluded + rejected`. A series
of which nothing is in the window stays one row, excluded by a rule.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from pipeline.clean.cleaned import Change
from pipeline.config import Config
from pipeline.transform import exclude, occurrences
from pipeline.transform.draft import Exclusion, Home, Origin, Row
from pipeline.transform.occurrences import Occurrence, Window

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1601, 1, 1), date(4500, 8, 31)  # of Outlook
_MONTHS, _SHORTEST = 12, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One event to be drafted: an item as it is, an occurrence, or a series that is left out for `exclusion`."""

    row: Row
    origin: Origin
    notes: tuple[Change, ...] = ()
    exclusion: Exclusion | None = None
    is_made: bool = False  # one occurrence of a series


@dataclass(frozen=True, slots=True)
class _Series:
    row: Row
    origin: Origin
    window: Window
    is_organizers: bool

    @property
    def meeting(self) -> str:
        """The id that all copies of a meeting share, "" for none."""
        return (self.row["global_object_id"] or "").casefold()

    def occurrences(self, window: Window | None = None) -> list[Occurrence]:
        return occurrences.of_series(self.row, self.origin, window or self.window)


def windows(config: Config, homes: Mapping[str, Home], changed_at: Iterable[datetime]) -> dict[str, Window]:
    """Return the window of every file: by the settings, around the last change in the export, never by the clock.

    Args:
        config: the settings.
        homes: the home of every file.
        changed_at: when items of the export were changed, or took place where that is not known.
    """
    middle = max(changed_at, default=_NEVER).date()
    months = config.calendar.series_months
    first = config.calendar.series_from or _moved(middle, -months)
    last = config.calendar.series_until or _moved(middle, months)
    return {sha256: _of_mailbox(config, home, first, last) for sha256, home in homes.items()}


def _of_mailbox(config: Config, home: Home, first: date, last: date) -> Window:
    mailbox = config.mailbox_of(home.path)
    since = (mailbox and mailbox.since) or config.outlook.since or _FIRST_DAY
    until = (mailbox and mailbox.until) or config.outlook.until or _LAST_DAY
    return Window(max(first, since), min(last, until))


def _moved(day: date, months: int) -> date:
    """Return the day so many months later; at most the 28th, so that it is in every month."""
    number = day.year * _MONTHS + day.month - 1 + months
    if number < _FIRST_DAY.year * _MONTHS:
        return _FIRST_DAY
    return date(number // _MONTHS, number % _MONTHS + 1, min(day.day, _SHORTEST))


def singles(
    items: Sequence[tuple[Row, Origin]],
    spans: Mapping[str, Window],
    is_left_out: Callable[[Row, Origin], bool],
    is_organizers: Callable[[Row, Origin], bool],
) -> list[Single]:
    """Return the items with every series expanded, in the order of the items.

    Of several copies of a series in the files of one mailbox the one changed last counts. Where the organizer's copy is
    in the export, only the days that it has take place.

    Args:
        items: rows of schemas.EVENTS with their origins.
        spans: the window of each file.
        is_left_out: whether an item is excluded whole by another rule.
        is_organizers: whether it is the copy of the one who called the meeting.
    """
    whole = [(row, at) for row, at in items if _is_series(row) and not is_left_out(row, at)]
    latest, keys = _latest(whole)
    series = {
        at.source_key: _Series(row, replace(at, source_key=key), spans[at.file_sha256], is_organizers(row, at))
        for (row, at), key in zip(whole, keys, strict=True)
        if at.source_key in latest
    }
    leading = {one.meeting: one for one in series.values() if one.is_organizers and one.meeting}
    skipped = {at.source_key for _, at in whole} - latest
    found: list[Single] = []
    for row, at in items:
        if at.source_key in skipped:
            found.append(Single(row=row, origin=at, exclusion=exclude.OLDER_SERIES))
        elif one := series.get(at.source_key):
            found += _expanded(one, leading.get(one.meeting))
        else:
            found.append(Single(row=row, origin=at))
    return found


def notes(found: Iterable[Single], spans: Mapping[str, Window]) -> tuple[str, ...]:
    """Say how many events came of how many series, and of which days."""
    made = [one.row["item_id"] for one in found if one.is_made]
    if not made:
        return ()
    first, last = min(one.first for one in spans.values()), max(one.last for one in spans.values())
    return (f"{len(set(made))} series became {len(made)} events, of the days {first} to {last} (see [calendar])",)


def _is_series(row: Row) -> bool:
    """Whether a row repeats; one that does not say when it starts goes on as it is, and is rejected for that."""
    return bool(row["is_recurring"]) and any(row[f"start_{kind}"] is not None for kind in ("at", "date", "local"))


def _latest(whole: Sequence[tuple[Row, Origin]]) -> tuple[set[str], list[str]]:
    """Return the source_keys of the series that count, and for each series the key that its occurrences have.

    The one changed last takes the key of the first of its copies, so that it keeps it when the others are gone.
    """
    copies: defaultdict[tuple[str, str], list[Origin]] = defaultdict(list)
    for row, at in whole:
        copies[at.home.mailbox, row["global_object_id"] or at.source_key].append(at)
    latest: set[str] = set()
    keys: dict[str, str] = {}
    for group in copies.values():
        newest = max(group, key=lambda at: (at.modified_at or _NEVER, at.home.path))
        kept = [at for at in group if at.file_sha256 == newest.file_sha256]
        latest |= {at.source_key for at in kept}
        first = min(group, key=lambda at: (at.home.path, at.position))
        if len(kept) == 1:
            keys[newest.source_key] = first.source_key
    return latest, [keys.get(at.source_key, at.source_key) for _, at in whole]


def _expanded(one: _Series, leading: _Series | None) -> list[Single]:
    found = one.occurrences()
    if found and leading is not None and leading is not one:
        days = {other.row["occurrence_date"] for other in leading.occurrences(one.window)}
        kept = [each for each in found if each.row["occurrence_date"] in days]
        if not kept:
            return [Single(row=one.row, origin=one.origin, exclusion=exclude.NOT_ORGANIZERS)]
        found = kept
    if not found:
        return [Single(row=one.row, origin=one.origin, exclusion=exclude.OUTSIDE)]
    return [Single(row=each.row, origin=each.origin, notes=each.notes, is_made=True) for each in found]
