"""Extracted calendar items → drafts of Events."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipeline.clean import date, email, text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.clean.text import fold
from pipeline.targets import EVENTS, Target
from pipeline.transform import exclude, fields
from pipeline.transform.draft import Draft, Exclusion, Home, Origin, Person, Row
from pipeline.transform.filling import Filling
from pipeline.transform.tasks import title

ALL_DAY_MOVED = "all_day_in_zone_of_mailbox"
ALL_DAY_END = "all_day_ends_next_day"
NO_ADDRESS = "participant_without_address"
UNRESOLVED = "exchange_address_unresolved"
RESOURCE = "resource_is_no_participant"
ROOM = "room_as_location"
# What Outlook calls them in its calendar; "busy" is what an appointment is unless somebody says otherwise.
_SHOWN_AS = {
    "free": ("Free", "空き時間"),
    "tentative": ("Tentative", "仮の予定"),
    "out_of_office": ("Out of Office", "外出中"),
    "elsewhere": ("Working Elsewhere", "他の場所で仕事中"),
}


def draft(  # noqa: PLR0913 - an item, and what is known of it
    row: Row,
    origin: Origin,
    aliases: Mapping[str, str],
    target: Target = EVENTS,
    *,
    notes: Iterable[Change] = (),
    exclusion: Exclusion | None = None,
) -> Draft:
    """Map one row of schemas.EVENTS (its columns that columns.used names).

    `aliases`: folded address of a mailbox → the mailbox's main one; `notes`: of the series that the row is of;
    `exclusion`: why it is left out, where that is known before.
    """
    filling = Filling(target, is_japanese=text.is_japanese(row["subject"]))
    body, location = text.lines(row["body"]), text.line(row["location"])
    filling.put("Event_Title", title(text.line(row["subject"]), body.value, location.value))
    filling.note("Start_DateTime", *notes)
    filling.put("Description", body)
    filling.take("All_day", bool(row["is_all_day"]))
    _times(row, origin.home, filling)
    people = _people(row)
    _venue(location, people, filling)
    _participants(people, filling)
    _shown_as(row, target, filling)
    fields.put((field for field in target.fields if field.is_custom and field.source), row, filling)
    fields.put_asides(target, row, filling)
    fields.note_leftovers(target, row, filling)
    is_empty = not people and filling.values.keys().isdisjoint({"Event_Title", "Venue", "Description"})
    fields.put_constants(target, filling)
    return Draft(
        origin=origin,
        values=filling.values,
        changes=tuple(filling.changes),
        exclusion=exclusion or exclude.event(row, origin.home, is_empty=is_empty),
        asides=tuple(filling.asides),
        global_id=row["global_object_id"],
        is_organizers=_is_organizers(row, people, origin.home),
        circle=_circle(people, origin.home, aliases),
        occurrence=row["occurrence_date"],
    )


def is_organizers(row: Row, origin: Origin) -> bool:
    """Whether an item is the copy of the one who called the meeting."""
    return _is_organizers(row, _people(row), origin.home)


def _venue(location: Cleaned, people: Iterable[Person], filling: Filling) -> None:
    """Take the location; where there is none, the rooms and things that were booked."""
    filling.put("Venue", location)
    booked = [text.line(person.name or person.address).value for person in people if person.role == "resource"]
    rooms = "; ".join(dict.fromkeys(name for name in booked if name))
    if location.value is None and rooms:
        filling.put("Venue", Cleaned(rooms, (Change(ROOM, None, rooms),)))


def _shown_as(row: Row, target: Target, filling: Filling) -> None:
    """Say in Description how the time is shown, for which Zoho has no field; a free whole day is Outlook's default."""
    status = row["busy_status"]
    is_usual = status not in _SHOWN_AS or (status == "free" and row["is_all_day"])
    if not is_usual and all(field.source != "busy_status" for field in target.fields):
        shown = _SHOWN_AS[status][filling.is_japanese]
        filling.aside("Show As", "公開方法", shown, fields.NO_FIELD)


def _times(row: Row, home: Home, filling: Filling) -> None:
    start, end = (_all_day if row["is_all_day"] else _timed)(row, home, filling)
    if start is not None:
        filling.take("Start_DateTime", start)
    if end is not None:
        filling.take("End_DateTime", end)


def _timed(row: Row, home: Home, filling: Filling) -> tuple[datetime | None, datetime | None]:
    start = _instant(row, "start", "Start_DateTime", home, filling)
    end = _instant(row, "end", "End_DateTime", home, filling)
    local = row["end_local"]
    if start is not None and end is not None and end < start and local is not None:
        end = date.instant(local, home.zone, is_second=True)
    return start, end


def _instant(row: Row, which: str, api_name: str, home: Home, filling: Filling) -> datetime | None:
    """Return the item's instant, else its wall clock time in the zone of the mailbox."""
    known: datetime | None = row[f"{which}_at"]
    local: datetime | None = row[f"{which}_local"]
    if known is not None or local is None:
        return known
    found = date.instant(local, home.zone)
    if rule := date.oddity(local, home.zone):
        filling.note(api_name, Change(rule, f"{local.isoformat(' ')} {home.zone.key}", found.isoformat()))
    return found


def _all_day(row: Row, home: Home, filling: Filling) -> tuple[datetime | None, datetime | None]:
    """Keep the dates: read in the item's own zone, written as midnights of the mailbox's; the end is exclusive."""
    first, last = (_day(row, which, home) for which in ("start", "end"))
    if first is None:
        return None, None
    start = date.midnight(first, home.zone)
    if last is None or last <= first:
        end = date.midnight(first + timedelta(days=1), home.zone)
        filling.note("End_DateTime", Change(ALL_DAY_END, None if last is None else last.isoformat(), end.isoformat()))
    else:
        end = date.midnight(last, home.zone)
        _note_moved(row, "end", "End_DateTime", end, filling)
    _note_moved(row, "start", "Start_DateTime", start, filling)
    return start, end


def _day(row: Row, which: str, home: Home) -> Any:  # noqa: ANN401 - date | None, from a row
    local, known = row[f"{which}_local"], row[f"{which}_at"]
    if row[f"{which}_date"] is not None:
        return row[f"{which}_date"]
    if known is not None:
        return date.day_of(known, date.zone(row["time_zone"]) or home.zone)
    return None if local is None else local.date()


def _note_moved(row: Row, which: str, api_name: str, new: datetime, filling: Filling) -> None:
    old: datetime | None = row[f"{which}_at"]
    if old is not None and old != new:
        filling.note(api_name, Change(ALL_DAY_MOVED, old.isoformat(), new.isoformat()))


def _people(row: Row) -> list[Person]:
    """Return the organizer and the attendees, with addresses as cleaned."""
    found: Iterable[Mapping[str, Any] | None] = (row["organizer"], *(row["attendees"] or ()))
    return [_person(person) for person in found if person and (person["name"] or person["email"] or person["address"])]


def _person(person: Mapping[str, Any]) -> Person:
    found = email.clean(person["email"] or person["address"])
    return Person(**{**person, "role": person["role"] or "required", "email": found.value})


def _participants(people: list[Person], filling: Filling) -> None:
    """Take everybody with an address; who has none stays in Description by name, rooms and things do not."""
    for person in people:
        shown = text.line(person.name or person.address).value
        if person.role == "resource":
            filling.note("Participants", Change(RESOURCE, shown, None))
        elif person.email is None:
            is_exchange = (person.address_type or "").upper() == "EX"
            filling.note("Participants", Change(UNRESOLVED if is_exchange else NO_ADDRESS, shown, None))
            label = ("Organizer", "主催者") if person.role == "organizer" else ("Participant", "参加者")
            filling.aside(*label, shown, "moved_to_description")
    known = {fold(person.email): person for person in reversed(people) if person.email and person.role != "resource"}
    if known:
        filling.take("Participants", tuple(reversed(known.values())))


def _is_organizers(row: Row, people: list[Person], home: Home) -> bool:
    """Whether this is the copy of the one who called the meeting.

    A CSV gives the organizer by name only. There, the copy that does not list its own mailbox among those invited is
    the organizer's: Outlook lists everybody else.
    """
    called = {fold(person.email) for person in people if person.role == "organizer" and person.email}
    if row["response"] == "organizer" or not called.isdisjoint(home.addresses):
        return True
    invited = {fold(person.email) for person in people if person.role in {"required", "optional"} and person.email}
    return not called and bool(invited) and bool(home.addresses) and invited.isdisjoint(home.addresses)


def _circle(people: list[Person], home: Home, aliases: Mapping[str, str]) -> frozenset[str]:
    """Return everybody of a meeting by folded address, else name, the mailbox too; empty when nobody was invited.

    So the organizer's copy and an attendee's copy have the same circle, though neither names its own mailbox. A room
    shows in the organizer's copy only, and an organizer without an address is as a rule the mailbox itself.
    """
    met = [person for person in people if person.role != "resource"]
    known = {aliases.get(fold(person.email), fold(person.email)) for person in met if person.email}
    named = {f"name:{fold(person.name)}" for person in met if not person.email and person.role != "organizer"}
    own = set(home.addresses[:1])
    return frozenset(known | named | own) if (known | named) - own else frozenset()
