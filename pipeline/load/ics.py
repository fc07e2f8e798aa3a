"""Events of the CRM as an iCalendar file (RFC 5545) that Outlook imports, and that mails nobody.

METHOD is PUBLISH, and no attendee is asked for an answer. RFC 5546 3.2.1 would have a published event without
attendees; Outlook shows them and asks nothing of them, which is what is wanted here. A single event is in UTC, a series
on its clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, vCalAddress
from icalendar import Event as Component

from pipeline.load import series_back, vtimezone

_PRODUCT = "-//outlook2zoho//EN"
_ROLE = "REQ-PARTICIPANT"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who takes part."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the CRM; `zone` is that of its owner, `key` ours, "" for none.

    `days`: of a whole day the first, and the day after the last; None for an event with hours.
    """

    crm_id: str
    key: str
    title: str
    start: datetime
    end: datetime
    venue: str
    description: str
    owner: str
    zone: ZoneInfo
    modified_at: datetime
    days: tuple[date, date] | None = None
    attendees: tuple[Attendee, ...] = ()

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.days[1] - self.days[0] if self.days else self.end - self.start

    def at(self, zone: ZoneInfo) -> datetime:
        """Return the start on a clock; of whole days the midnight that begins the first."""
        if self.days:
            return datetime.combine(self.days[0], time())
        return self.start.astimezone(zone).replace(tzinfo=None, fold=0)

    @property
    def shape(self) -> tuple[object, ...]:
        """What the occurrences of a series have in common."""
        return self.days is None, self.length, self.title, self.venue, self.description, self.attendees


def calendar(events: Iterable[Event], zgid: str, zones: Sequence[ZoneInfo]) -> bytes:
    """Return the events as the bytes of an .ics file; the same events are the same bytes.

    Args:
        events: what to write.
        zgid: the org, so that ids are the world's.
        zones: clocks that a series may have been made on, besides its owner's, the likeliest first.
    """
    file = Calendar()
    for name, value in (("prodid", _PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH")):
        file.add(name, value)
    singles, groups = _grouped(events)
    parts = [part for group in groups for part in _series(group, zgid, zones)]
    parts += [_component(one, f"{one.crm_id}@{zgid}.invalid") for one in singles]
    years = [one.start.year for group in groups for one in group]
    for name in sorted({zone for part in parts if (zone := str(part["dtstart"].params.get("TZID", "")))} - {"UTC"}):
        file.add_component(vtimezone.component(ZoneInfo(name), min(years) - 1, max(years) + 2))
    for part in parts:
        file.add_component(part)
    return bytes(file.to_ical())


def _grouped(events: Iterable[Event]) -> tuple[list[Event], list[list[Event]]]:
    """Return single events, and those of each series in the order of their days."""
    singles: list[Event] = []
    groups: defaultdict[str, dict[date, Event]] = defaultdict(dict)
    for event in sorted(events, key=lambda one: (one.start, one.crm_id)):
        known = series_back.of_key(event.key)
        if known is None or known[1] in groups[known[0]]:
            singles.append(event)
        else:
            groups[known[0]][known[1]] = event
    lonely = [next(iter(found.values())) for found in groups.values() if len(found) == 1]
    series = [[found[day] for day in sorted(found)] for found in groups.values() if len(found) > 1]
    return singles + lonely, series


def _series(group: Sequence[Event], zgid: str, zones: Sequence[ZoneInfo]) -> Iterator[Component]:
    """Yield a series and its changed occurrences; single events where no rule gives its days."""
    days = [known[1] for one in group if (known := series_back.of_key(one.key))]
    rule = series_back.rule_of(days)
    if rule is None:
        yield from (_component(one, f"{one.crm_id}@{zgid}.invalid") for one in group)
        return
    zone, clock = _clock(group, days, zones)
    shape = series_back.most_common(one.shape for one in group)
    regular = [
        one.shape == shape and one.at(zone) == datetime.combine(day, clock)
        for one, day in zip(group, days, strict=True)
    ]
    model = next((one for one, is_so in zip(group, regular, strict=True) if is_so), None)
    if model is None:
        yield from (_component(one, f"{one.crm_id}@{zgid}.invalid") for one in group)
        return
    uid = f"{group[0].key[:32]}@{zgid}.invalid"
    whole = _component(model, uid)
    _place(whole, model, datetime.combine(days[0], clock), zone)
    parts = [part.partition("=")[::2] for part in rule.rrule.split(";")]
    whole.add("rrule", {name.lower(): value.split(",") for name, value in parts})
    for day in rule.missing:
        whole.add("exdate", _moment(model, datetime.combine(day, clock), zone))
    yield whole
    for one, day, is_so in zip(group, days, regular, strict=True):
        if not is_so:
            changed = _component(one, uid)
            changed.add("recurrence-id", _moment(model, datetime.combine(day, clock), zone))
            yield changed


def _clock(group: Sequence[Event], days: Sequence[date], zones: Sequence[ZoneInfo]) -> tuple[ZoneInfo, time]:
    """Return the zone in which most occurrences are on their days at the same time, and that time."""
    found = []
    for zone in dict.fromkeys((group[0].zone, *zones)):
        times = [moment.time() for one, day in zip(group, days, strict=True) if (moment := one.at(zone)).date() == day]
        common = series_back.most_common(times) if times else time()
        if isinstance(common, time):
            found.append((times.count(common), zone, common))
    _, zone, clock = max(found, key=lambda one: one[0])
    return zone, clock


def _moment(model: Event, wall_clock: datetime, zone: ZoneInfo) -> date | datetime:
    return wall_clock.date() if model.days else wall_clock.replace(tzinfo=zone)


def _place(part: Component, model: Event, start: datetime, zone: ZoneInfo) -> None:
    """Put a series at its first day."""
    for name in ("dtstart", "dtend"):
        del part[name]
    part.add("dtstart", _moment(model, start, zone))
    part.add("dtend", _moment(model, start + model.length, zone))


def _component(one: Event, uid: str) -> Component:
    part = Component()
    part.add("uid", uid)
    part.add("dtstamp", one.modified_at.astimezone(UTC))
    first, last = one.days or (one.start.astimezone(UTC), one.end.astimezone(UTC))
    part.add("dtstart", first)
    part.add("dtend", last)
    for name, value in (("summary", one.title), ("location", one.venue), ("description", one.description)):
        if value:
            part.add(name, value)
    if one.owner:
        part.add("organizer", vCalAddress(f"mailto:{one.owner}"))
    for attendee in one.attendees:
        part.add("attendee", _address(attendee), encode=False)
    return part


def _address(attendee: Attendee) -> vCalAddress:
    found = vCalAddress(f"mailto:{attendee.address}")
    parameters: Mapping[str, Any] = {"ROLE": _ROLE, "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE", "CN": attendee.name}
    for name, value in parameters.items():
        if value:
            found.params[name] = value
    return found
