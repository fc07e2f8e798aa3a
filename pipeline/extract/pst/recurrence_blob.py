"""The blobs of recurring tasks and appointments, taken apart ([MS-OXOCAL] 2.2.1.44).

No count in a blob is trusted: whatever says that it holds more than its bytes is cut off. Times are minutes since
1601-01-01 on the series' own clock, which has no zone here.
"""

import struct
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - counted on the series' own clock
NO_END = 0x5AE980DF
_VERSION, _APPOINTMENT_VERSION = 0x3004, 0x3006
_HIGHLIGHTED = 0x3009  # WriterVersion2 from which extended exceptions begin with a ChangeHighlight
_HEAD = struct.Struct("<HHHHHIII")
_EXCEPTION = struct.Struct("<IIIH")
_WEEK, _MONTH_NTH, _HIJRI_NTH = 1, 3, 11
_NUMBERS = {0: 0, _WEEK: 1, 2: 1, 4: 1, 10: 1, 12: 1, _MONTH_NTH: 2, _HIJRI_NTH: 2}  # PatternType → numbers after it
# OverrideFlags (2.2.1.44.2) in the order of the values that they announce
_SUBJECT, _LOCATION, _BUSY, _ALL_DAY, _BODY = 0x0001, 0x0010, 0x0020, 0x0080, 0x0200
_FIELDS = (_SUBJECT, 0x0002, 0x0004, 0x0008, _LOCATION, _BUSY, 0x0040, _ALL_DAY, 0x0100)
_TEXTS = (_SUBJECT, _LOCATION)


class RecurrenceError(Exception):
    """The blob cannot be used; `rule` is a fixed word that says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """RecurrencePattern (2.2.1.44.1) as it is stored.

    `numbers`: PatternTypeSpecific, none to two of them. `deleted`: midnights of all occurrences that are not where the
    pattern has them, the changed ones too. `start` and `end`: midnights of the first and last day.
    """

    frequency: int
    kind: int
    calendar: int
    first_date_time: int
    period: int
    is_sliding: bool
    numbers: tuple[int, ...]
    end_type: int
    count: int
    first_weekday: int
    deleted: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A changed occurrence (2.2.1.44.2 and 2.2.1.44.4); what is None is as in the series."""

    original: int
    start: int
    end: int
    subject: str | None = None
    location: str | None = None
    busy: int | None = None
    is_all_day: bool | None = None
    has_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """AppointmentRecurrencePattern (2.2.1.44.5); `start_offset` and `end_offset`: minutes of the day.

    `is_whole` is false where the list of changed occurrences is cut off: those before the cut are there.
    """

    pattern: Pattern
    start_offset: int
    end_offset: int
    modified: tuple[Occurrence, ...]
    is_whole: bool


def pattern(blob: bytes) -> Pattern:
    """Take PidLidTaskRecurrence apart.

    Raises:
        RecurrenceError: it is cut off, or of no known version or kind.
    """
    return _pattern(_Cursor(blob))


def series(blob: bytes, codec: str) -> Series:
    """Take PidLidAppointmentRecur apart; `codec` is that of the 8-bit copies of subjects and locations.

    Raises:
        RecurrenceError: its pattern is cut off, or of no known version or kind.
    """
    cursor = _Cursor(blob)
    found = _pattern(cursor)
    start = end = 0
    modified: list[Occurrence] = []
    try:
        _, writer, start, end, count = cursor.unpack(_TAIL)
        flags = _exceptions(cursor, count, modified, codec)
        cursor.skip_block()
        _extend(cursor, flags, modified, has_highlight=writer >= _HIGHLIGHTED)
        is_whole = True
    except RecurrenceError:
        is_whole = False
    return Series(pattern=found, start_offset=start, end_offset=end, modified=tuple(modified), is_whole=is_whole)


_TAIL = struct.Struct("<IIIIH")
_SHORT, _LONG = struct.Struct("<H"), struct.Struct("<I")
_END = struct.Struct("<III")
_SPAN = struct.Struct("<II")


class _Cursor:
    """Reads on through bytes; past their end is an error, never a shorter value."""

    __slots__ = ("at", "blob")

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.blob):
            raise RecurrenceError("cut_off")
        part = self.blob[self.at : end]
        self.at = end
        return part

    def unpack(self, form: struct.Struct) -> tuple[int, ...]:
        return form.unpack(self.take(form.size))

    def short(self) -> int:
        return self.unpack(_SHORT)[0]

    def long(self) -> int:
        return self.unpack(_LONG)[0]

    def longs(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.take(4 * count))

    def skip_block(self) -> None:
        self.take(self.long())


def _pattern(cursor: _Cursor) -> Pattern:
    reader, _, frequency, kind, calendar, first, period, sliding = cursor.unpack(_HEAD)
    if reader != _VERSION:
        raise RecurrenceError("unknown_version")
    if kind not in _NUMBERS:
        raise RecurrenceError("unknown_pattern")
    numbers = cursor.longs(_NUMBERS[kind])
    end_type, count, first_weekday = cursor.unpack(_END)
    deleted = cursor.longs(cursor.long())
    cursor.longs(cursor.long())  # the days that changed occurrences moved to, which those say better
    start, end = cursor.unpack(_SPAN)
    return Pattern(
        frequency=frequency,
        kind=kind,
        calendar=calendar,
        first_date_time=first,
        period=period,
        is_sliding=bool(sliding),
        numbers=numbers,
        end_type=end_type,
        count=count,
        first_weekday=first_weekday,
        deleted=deleted,
        start=start,
        end=end,
    )


def _exceptions(cursor: _Cursor, count: int, found: list[Occurrence], codec: str) -> list[int]:
    """Add every ExceptionInfo to `found`, and return their flags."""
    flags = []
    for _ in range(count):
        start, end, original, override = cursor.unpack(_EXCEPTION)
        values = {field: _field(cursor, field, codec) for field in _FIELDS if override & field}
        flags.append(override)
        found.append(
            Occurrence(
                original=original,
                start=start,
                end=end,
                subject=_text(values.get(_SUBJECT)),
                location=_text(values.get(_LOCATION)),
                busy=_number(values.get(_BUSY)),
                is_all_day=bool(values[_ALL_DAY]) if _ALL_DAY in values else None,
                has_body=bool(override & _BODY),
            )
        )
    return flags


def _field(cursor: _Cursor, field: int, codec: str) -> str | int:
    """Read one value; a text is preceded by its length with and without a terminator."""
    if field not in _TEXTS:
        return cursor.long()
    cursor.short()
    return cursor.take(cursor.short()).decode(codec, "replace").rstrip("\0")


def _text(value: str | int | None) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: str | int | None) -> int | None:
    return value if isinstance(value, int) else None


def _extend(cursor: _Cursor, flags: list[int], found: list[Occurrence], *, has_highlight: bool) -> None:
    """Replace the 8-bit texts of `found` by the Unicode ones of the ExtendedExceptions."""
    for place, override in enumerate(flags):
        if has_highlight:
            cursor.skip_block()
        cursor.skip_block()
        if not override & (_SUBJECT | _LOCATION):
            continue
        cursor.take(12)  # start, end and original start once more
        old = found[place]
        subject = _wide(cursor) if override & _SUBJECT else old.subject
        location = _wide(cursor) if override & _LOCATION else old.location
        cursor.skip_block()
        found[place] = replace(old, subject=subject, location=location)


def _wide(cursor: _Cursor) -> str:
    return cursor.take(2 * cursor.short()).decode("utf-16-le", "replace").rstrip("\0")


def moment(minutes: int) -> datetime | None:
    """Return minutes since 1601 as a wall clock time; None for Outlook's "no date" (4500 and later)."""
    found = EPOCH + timedelta(minutes=minutes)
    return found if found.year < _END_OF_TIME_YEAR else None


_END_OF_TIME_YEAR = 4500
