"""An IPM.Appointment as a row of `events` ([MS-OXOCAL], reference/mapi-properties.md)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from pipeline.extract.pst import people, replaced, series, time_zones, words
from pipeline.extract.pst.bag import Bag, Item
from pipeline.extract.pst.bodies import Body
from pipeline.extract.pst.columns import Columns
from pipeline.extract.pst.people import Person

_MEETING, _CANCELLED = 0x1, 0x4  # PidLidAppointmentStateFlags
_EXCEPTION_DATE = slice(16, 20)  # of PidLidGlobalObjectId: year, month and day of the occurrence
_OBJECT_ID_LENGTH = 40
_LONGEST = 366 * 24 * 60  # minutes
_UNCLAIMED = "unclaimed"  # of a row's cells the one that is no column: how many attached items are nobody's


def columns(items: Columns, bodies: Sequence[Body]) -> dict[str, Sequence[Any]]:
    """Return the columns of events that are composed of several properties."""
    flags = items.values("PidLidAppointmentStateFlags")
    starts, ends = _times(items)
    rows = [_row(*one) for one in zip(items.items(), flags, starts, ends, strict=True)]
    items.noted[replaced.UNCLAIMED] += sum(row.pop(_UNCLAIMED) for row in rows)
    return {
        "subject": words.subjects(items),
        "start_at": starts,
        "end_at": ends,
        "body": [body.text for body in bodies],
        "location": words.first_of(items, "PidLidLocation", "PidLidWhere"),
        "busy_status": words.words(items.values("PidLidBusyStatus"), words.BUSY),
        "is_meeting": [None if flag is None else bool(flag & _MEETING) for flag in flags],
        "is_cancelled": [None if flag is None else bool(flag & _CANCELLED) for flag in flags],
        "response": words.words(items.values("PidLidResponseStatus"), people.RESPONSES),
        "global_object_id": object_ids(items),
        "occurrence_date": list(map(_occurrence_date, items.values("PidLidGlobalObjectId"))),
        "reminder_at": words.first_of(items, "PidLidReminderSignalTime", "PidLidReminderTime"),
        **words.turned(rows),
    }


def _times(items: Columns) -> tuple[Sequence[datetime | None], Sequence[datetime | None]]:
    """Return when each event begins and ends."""
    starts = words.first_of(items, "PidLidAppointmentStartWhole", "PidTagStartDate", "PidLidCommonStart")
    ends = words.first_of(items, "PidLidAppointmentEndWhole", "PidTagEndDate", "PidLidCommonEnd")
    lengths = items.values("PidLidAppointmentDuration")
    cells = zip(starts, ends, lengths, strict=True)
    return starts, [end or _after(start, minutes) for start, end, minutes in cells]


def _row(item: Item, flags: int | None, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Return the columns of an event that its zone, its recurrence and its people give."""
    organizer, attendees = _people(item, is_meeting=bool((flags or 0) & _MEETING))
    when, unclaimed = _when(item, start, end)
    return {**when, "organizer": organizer, "attendees": attendees, _UNCLAIMED: unclaimed}


def _when(item: Item, start: datetime | None, end: datetime | None) -> tuple[dict[str, Any], int]:
    """Return instants, zone, recurrence, and for whole days the dates, which only the item's own zone can tell."""
    bag = item.bag
    recurring = series.of_event(bag)
    zone = time_zones.of_item(bag, _years(start, end, recurring), is_series=recurring is not None)
    is_all_day = bag.boolean("PidLidAppointmentSubType") is True
    clock = zone.clock if zone is not None else None
    recurrence, unclaimed = series.event_columns(recurring, clock, item.replaced, is_all_day=is_all_day)
    return {
        "start_date": _day(start, clock) if is_all_day else None,
        "end_date": _day(end, clock) if is_all_day else None,
        "time_zone": zone.name if zone is not None else None,
        "time_zone_rules": zone.rules if zone is not None else None,
        **recurrence,
    }, unclaimed


def _years(start: datetime | None, end: datetime | None, recurring: series.Recurring | None) -> tuple[int, int]:
    if start is None:
        return time_zones.ANY_YEAR, time_zones.ANY_YEAR
    if recurring is not None:
        return recurring.years(start)
    return start.year, start.year if end is None else min(max(start.year, end.year), start.year + 1)


def _day(midnight: datetime | None, clock: tzinfo | None) -> date | None:
    """Return the date that the instant of a local midnight means."""
    if midnight is None or clock is None:
        return None
    return words.nearest_date(midnight.astimezone(clock).replace(tzinfo=None))


def _after(start: datetime | None, minutes: int | None) -> datetime | None:
    if start is None or minutes is None or not 0 <= minutes <= _LONGEST:
        return None
    return start + timedelta(minutes=minutes)


def object_ids(items: Columns) -> list[str | None]:
    """Return PidLidCleanGlobalObjectId of each item in hex; made from PidLidGlobalObjectId where it has only that."""
    both = zip(items.values("PidLidCleanGlobalObjectId"), items.values("PidLidGlobalObjectId"), strict=True)
    return [clean.hex() if clean else _cleaned(whole) for clean, whole in both]


def _cleaned(whole: bytes | None) -> str | None:
    if not whole or len(whole) < _OBJECT_ID_LENGTH:
        return None
    cleaned = bytearray(whole)
    cleaned[_EXCEPTION_DATE] = bytes(4)
    return cleaned.hex()


def _occurrence_date(whole: bytes | None) -> date | None:
    """Return the day in PidLidGlobalObjectId of an occurrence by itself ([MS-OXOCAL] 2.2.1.27), else None."""
    if not whole or len(whole) < _OBJECT_ID_LENGTH:
        return None
    high, low, month, day = whole[_EXCEPTION_DATE]
    try:
        return date(high << 8 | low, month, day)
    except ValueError:
        return None


def _people(item: Item, *, is_meeting: bool) -> tuple[Person | None, list[Person]]:
    """Return organizer and attendees: the row marked as organizer, else whom the item says it represents."""
    marked = [row for row in item.recipients if people.is_organizer(row)]
    attendees = [
        people.recipient(row, people.ATTENDEE_ROLES, "required")
        for row in item.recipients
        if not people.is_organizer(row)
    ] or ([] if item.recipients else _named_attendees(item.bag))
    if marked:
        organizer = people.recipient(marked[0], {}, "organizer")
        return organizer, attendees
    if not (is_meeting or attendees):
        return None, []  # an appointment has no organizer, though its properties name who saved it
    represented = people.named(item.bag, "PidTagSentRepresenting", "organizer")
    return represented, [person for person in attendees if not _is_same(person, represented)]


def _named_attendees(bag: Bag) -> list[Person]:
    return [
        *people.from_names(bag.text("PidLidToAttendeesString"), "required"),
        *people.from_names(bag.text("PidLidCcAttendeesString"), "optional"),
    ]


def _is_same(person: Person, organizer: Person | None) -> bool:
    if organizer is None:
        return False
    addresses = (person["address"], organizer["address"])
    return all(addresses) and str(addresses[0]).casefold() == str(addresses[1]).casefold()
