"""Appointments and meetings.

Source: [MS-OXOCAL] 2.2.1 and 2.2.2; 2.2.10 for the items of changed occurrences.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from tests.pstwriter import keys
from tests.pstwriter.items import Attachment, Item
from tests.pstwriter.mapi import Pair, filetime
from tests.pstwriter.people import CC, TO, Person, names, sender_pairs
from tests.pstwriter.recurrence import Frequency, Modified, Recurrence
from tests.pstwriter.timezone import FOR_SERIES, GREENWICH, Zone

FREE, MAYBE, BUSY, OUT_OF_OFFICE, ELSEWHERE = range(5)
MEETING, RECEIVED, CANCELED = 1, 2, 4
"""Bits of PidLidAppointmentStateFlags."""

_OBJECT_CLASS = bytes.fromhex("040000008200e00074c5b7101a82e008")
_RECURRENCE_TYPES = {Frequency.DAILY: 1, Frequency.WEEKLY: 2, Frequency.MONTHLY: 3, Frequency.YEARLY: 4}
_ENDLESS = date(4500, 8, 31)
_LAST_MINUTE = time(23, 59)
_EXCEPTION_CLASS = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"
_IS_EXCEPTION = 0x2  # of PidTagAttachmentFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment(Item):
    """An appointment; with `recipients`, a meeting.

    Attributes:
        start: When it starts; of a series, its first occurrence. An aware datetime.
        end: When it ends.
        zone: Time zone in which it was made.
        has_zone: Write the zone (stores of other programs often lack it).
        all_day: Whether it takes whole days; start and end are midnights of `zone`.
        location: Where.
        busy: `FREE`, `MAYBE`, `BUSY`, `OUT_OF_OFFICE` or `ELSEWHERE`.
        state: Sum of `MEETING`, `RECEIVED` and `CANCELED`.
        response: The owner's own response, as those of attendees.
        organizer: Who sent the invitation.
        sequence: How often the meeting was changed.
        uid: Sixteen bytes that are the same in every attendee's copy.
        recurrence: The series.
        remind_minutes: Minutes before the start at which to remind.
    """

    kind: ClassVar[str] = "IPM.Appointment"
    start: datetime
    end: datetime
    zone: Zone = GREENWICH
    has_zone: bool = True
    all_day: bool = False
    location: str | None = None
    busy: int = BUSY
    state: int = 0
    response: int = 0
    organizer: Person | None = None
    sequence: int = 0
    uid: bytes | None = None
    recurrence: Recurrence | None = None
    remind_minutes: int | None = None

    def attached(self) -> Sequence[Attachment]:
        """Return the attachments, and the items of those changed occurrences that have more than the series tells."""
        modified = self.recurrence.modified if self.recurrence else ()
        return [*self.attachments, *(self._exception(one) for one in modified if one.body or one.recipients)]

    def _exception(self, one: Modified) -> Attachment:
        """Return the attachment that holds a changed occurrence (2.2.10.1), hidden as Outlook does."""
        item = Appointment(
            message_class=_EXCEPTION_CLASS,
            subject=one.subject or self.subject,
            body=one.body,
            location=one.location or self.location,
            start=self.zone.instant(one.start),
            end=self.zone.instant(one.end),
            zone=self.zone,
            recipients=one.recipients,
            state=MEETING if one.recipients else self.state,
            created_at=self.created_at,
            modified_at=self.modified_at,
        )
        return Attachment(
            name=item.subject or "Untitled",
            item=item,
            is_hidden=True,
            extra=(
                (keys.ATTACH_FLAGS, _IS_EXCEPTION),
                (keys.EXCEPTION_REPLACE_TIME, self.zone.instant(one.original)),
                (keys.EXCEPTION_START, one.start.replace(tzinfo=UTC)),
                (keys.EXCEPTION_END, one.end.replace(tzinfo=UTC)),
            ),
        )

    def own_pairs(self, code_page: str | None) -> Iterator[Pair]:
        """Yield what only appointments have."""
        yield keys.APPOINTMENT_START, self.start
        yield keys.APPOINTMENT_END, self.end
        yield keys.COMMON_START, self.start
        yield keys.COMMON_END, self.end
        yield keys.START_DATE, self.start
        yield keys.END_DATE, self.end
        yield keys.APPOINTMENT_DURATION, (self.end - self.start) // timedelta(minutes=1)
        yield keys.ALL_DAY, self.all_day
        yield keys.LOCATION, self.location
        yield keys.BUSY_STATUS, self.busy
        yield keys.INTENDED_BUSY_STATUS, self.busy
        yield keys.APPOINTMENT_STATE, self.state
        yield keys.RESPONSE_STATUS, self.response
        yield keys.APPOINTMENT_SEQUENCE, self.sequence
        yield keys.REMINDER_SET, self.remind_minutes is not None
        yield keys.REMINDER_MINUTES, self.remind_minutes
        yield from sender_pairs(self.organizer, code_page)
        yield from self._meeting_pairs()
        yield from self._zone_pairs()
        yield from self._series_pairs(code_page or "cp1252")

    def _meeting_pairs(self) -> Iterator[Pair]:
        """Yield what identifies a meeting, and the lines of attendees."""
        if self.uid is not None:
            identity = global_object_id(self.uid, filetime(self.created_at))
            yield keys.GLOBAL_OBJECT_ID, identity
            yield keys.CLEAN_GLOBAL_OBJECT_ID, identity
        if self.recipients:
            invited = [recipient for recipient in self.recipients if not recipient.is_organizer]
            yield keys.ALL_ATTENDEES, "; ".join(recipient.name for recipient in invited)
            yield keys.TO_ATTENDEES, names(invited, TO)
            yield keys.CC_ATTENDEES, names(invited, CC)
            yield keys.WHERE, self.location

    def _zone_pairs(self) -> Iterator[Pair]:
        """Yield the zone: for display, and for a series."""
        if not self.has_zone:
            return
        definition = self.zone.definition(self.start.year)
        yield keys.ZONE_START_DISPLAY, definition
        yield keys.ZONE_END_DISPLAY, definition
        if self.recurrence is not None:
            yield keys.ZONE_RECURRENCE, self.zone.definition(self.start.year, FOR_SERIES)
            yield keys.TIME_ZONE_STRUCT, self.zone.structure()
            yield keys.TIME_ZONE_DESCRIPTION, self.zone.label

    def _series_pairs(self, code_page: str) -> Iterator[Pair]:
        """Yield the series, or that there is none."""
        yield keys.RECURRING, self.recurrence is not None
        if self.recurrence is None:
            yield keys.RECURRENCE_TYPE, 0
            return
        local = self.zone.local(self.start)
        minutes = (self.end - self.start) // timedelta(minutes=1)
        last = self.recurrence.last()
        yield keys.RECURRENCE_TYPE, _RECURRENCE_TYPES[self.recurrence.frequency]
        yield keys.APPOINTMENT_RECURRENCE, self.recurrence.appointment(local.time(), minutes, code_page)
        yield keys.CLIP_START, self.zone.instant(datetime.combine(self.recurrence.first, time()))
        end = datetime.combine(_ENDLESS, _LAST_MINUTE) if last is None else datetime.combine(last, time())
        yield keys.CLIP_END, self.zone.instant(end)


def global_object_id(uid: bytes, created: int, exception: date | None = None) -> bytes:
    """Return the identity of a meeting (2.2.1.27), or of its occurrence on the day `exception`.

    Args:
        uid: What tells it from others.
        created: FILETIME of its making.
        exception: Original day of an occurrence that differs from the series.
    """
    day = struct.pack(">HBB", exception.year, exception.month, exception.day) if exception else bytes(4)
    return _OBJECT_CLASS + day + struct.pack("<Q8xI", created, len(uid)) + uid
