"""What an .ics file says: its events read by vobject, its zones by dateutil, each occurrence with its changes."""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import vobject
from dateutil import tz
from dateutil.rrule import rruleset, rrulestr

Occurrence = tuple[datetime | date, datetime | date, str, frozenset[str]]
Zones = Mapping[str, tzinfo]


def occurrences(content: bytes) -> list[Occurrence]:
    """Return start, end, title and attendees of every occurrence; instants in UTC, whole days as dates."""
    text = content.decode()
    calendar = vobject.readOne(text)
    assert calendar.method.value == "PUBLISH"
    known = tz.tzical(io.StringIO(text.replace("\r\n ", ""))) if "BEGIN:VTIMEZONE" in text else None
    zones = {name: known.get(name) for name in known.keys()} if known else {}  # noqa: SIM118 - no mapping
    events = list(calendar.contents.get("vevent", ()))
    changed = {
        (event.uid.value, _moment(event.recurrence_id, zones)): event
        for event in events
        if hasattr(event, "recurrence_id")
    }
    masters = [event for event in events if not hasattr(event, "recurrence_id")]
    return sorted((one for event in masters for one in _expanded(event, changed, zones)), key=str)


def _expanded(event: Any, changed: Mapping[tuple[str, Any], Any], zones: Zones) -> Iterator[Occurrence]:
    start, end = _moment(event.dtstart, zones), _moment(event.dtend, zones)
    for moment in _moments(event, zones):
        if other := changed.get((event.uid.value, moment)):
            yield _said(other, _moment(other.dtstart, zones), _moment(other.dtend, zones))
        else:
            yield _said(event, moment, moment + (end - start))


def _moments(event: Any, zones: Zones) -> Iterator[Any]:
    """Yield the starts of an event, by the clock of its zone."""
    if not hasattr(event, "rrule"):
        yield _moment(event.dtstart, zones)
        return
    start = event.dtstart.value
    is_day = not isinstance(start, datetime)
    begins = datetime(start.year, start.month, start.day) if is_day else start.replace(tzinfo=None)  # noqa: DTZ001
    rule = rruleset()
    rule.rrule(rrulestr(event.rrule.value, dtstart=begins))
    gone = {_placed(line, day, zones) for line in event.contents.get("exdate", ()) for day in line.value}
    for moment in rule:
        found = moment.date() if is_day else _placed(event.dtstart, moment, zones)
        if found not in gone:
            yield found


def _moment(line: Any, zones: Zones) -> Any:
    return _placed(line, line.value, zones)


def _placed(line: Any, value: Any, zones: Zones) -> Any:
    """Return a wall clock time of a line as an instant; one that is skipped by the offset before (RFC 5545 3.3.5)."""
    if not isinstance(value, datetime):
        return value
    names = line.params.get("X-VOBJ-ORIGINAL-TZID") or line.params.get("TZID")
    zone = zones[names[0]] if names else UTC
    return tz.resolve_imaginary(value.replace(tzinfo=zone)).astimezone(UTC)


def _said(event: Any, start: Any, end: Any) -> Occurrence:
    people = frozenset(line.value.removeprefix("mailto:") for line in event.contents.get("attendee", ()))
    return start, end, event.summary.value, people
