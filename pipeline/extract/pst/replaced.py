"""Changed occurrences of a series: what its blob says of them, and what the items attached to it say.

The blob ([MS-OXOCAL] 2.2.1.44.2) has times, subject and location; body and attendees are in an item of its own, which
is attached to the series (2.2.10). Where the blob is cut off, such an item gives the whole occurrence.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from pipeline.extract.pst import bodies, people, words
from pipeline.extract.pst.bag import Replaced
from pipeline.extract.pst.values import without_prefix_mark

UNCLAIMED = "an item attached to a series as a changed occurrence, of which the series does not know"
_DELETED = 0x20  # recipExceptionalDeleted of PidTagRecipientFlags (2.2.4.10.1): asked to the series, not to this one
_OWN: Mapping[str, Any] = {"body": None, "attendees": None}
Row = Mapping[str, Any]


def merged(
    modified: Sequence[Row], replaced: Sequence[Replaced], clock: tzinfo | None, *, is_cut_off: bool
) -> tuple[list[dict[str, Any]], int]:
    """Return the changed occurrences with body and attendees of their own, by day, and how many items nobody claims.

    Args:
        modified: structs of schemas.OCCURRENCE without those two columns.
        replaced: the items attached to the series.
        clock: that of the series, None where it is not known.
        is_cut_off: whether `modified` may lack some.
    """
    found = {one["original_local"].date(): {**one, **_OWN} for one in modified}
    starts = {one["start_local"]: day for day, one in found.items()}
    unclaimed = 0
    for one in replaced:
        day = _day(one, clock, starts)
        if day in found:
            found[day] |= _own(one)
        elif is_cut_off and day is not None and clock is not None and (whole := _whole(one, clock)):
            found[day] = whole
        else:
            unclaimed += 1
    return [found[day] for day in sorted(found)], unclaimed


def _day(one: Replaced, clock: tzinfo | None, starts: Mapping[datetime, date]) -> date | None:
    """Return the day that the series gave an occurrence: by the time it replaces, else by that at which it starts."""
    replaces = _replaces(one)
    if replaces is not None and clock is not None:
        return _local(replaces, clock).date()
    start = one.attachment.instant("PidTagExceptionStartTime")
    return starts.get(start.replace(tzinfo=None)) if start is not None else None


def _replaces(one: Replaced) -> datetime | None:
    """Return when the occurrence would have begun (2.2.10.1.6, or 2.2.10.2.5 where the attachment does not say)."""
    return one.attachment.instant("PidTagExceptionReplaceTime") or one.item.instant("PidLidExceptionReplaceTime")


def _local(moment: datetime, clock: tzinfo) -> datetime:
    return moment.astimezone(clock).replace(tzinfo=None, fold=0)


def _own(one: Replaced) -> dict[str, Any]:
    """Return body and attendees; those of the series where the item has none."""
    listed = [row for row in one.recipients if not (row.integer("PidTagRecipientFlags") or 0) & _DELETED]
    attendees = [
        people.recipient(row, people.ATTENDEE_ROLES, "required") for row in listed if not people.is_organizer(row)
    ]
    return {
        "body": bodies.of_item(one.item, wants_html=False).text,
        "attendees": attendees if one.recipients else None,
    }


def _whole(one: Replaced, clock: tzinfo) -> dict[str, Any] | None:
    """Return an occurrence of which only its item is known; None where that has no times."""
    item = one.item
    times = [item.instant("PidLidAppointmentStartWhole"), item.instant("PidLidAppointmentEndWhole")]
    original, start, end = (None if moment is None else _local(moment, clock) for moment in (_replaces(one), *times))
    if original is None or start is None or end is None:
        return None
    own = _own(one)
    return {
        "original_local": original,
        "start_local": start,
        "end_local": end,
        "subject": without_prefix_mark(item.text("PidTagSubject")) or item.text("PidTagNormalizedSubject"),
        "location": item.text("PidLidLocation"),
        "busy_status": words.word(item.integer("PidLidBusyStatus"), words.BUSY),
        "is_all_day": item.boolean("PidLidAppointmentSubType"),
        "has_own_body": own["body"] is not None,
        **own,
    }
