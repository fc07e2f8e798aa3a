"""The named properties of a store: its own numbers (0x8000 and up) → set and name ([MS-PST] 2.4.7)."""

import struct
import uuid
from collections.abc import Mapping

# A property: its tag, or the set and the number or string that name it.
Key = int | tuple[str, int | str]

FIRST_NAMED = 0x8000
PUBLIC_STRINGS = "PS_PUBLIC_STRINGS"
ADDRESS = "PSETID_Address"
TASK = "PSETID_Task"
APPOINTMENT = "PSETID_Appointment"
COMMON = "PSETID_Common"
MEETING = "PSETID_Meeting"
_SETS = {
    "00020328-0000-0000-c000-000000000046": "PS_MAPI",
    "00020329-0000-0000-c000-000000000046": PUBLIC_STRINGS,
    "00020386-0000-0000-c000-000000000046": "PS_INTERNET_HEADERS",
    "00062002-0000-0000-c000-000000000046": APPOINTMENT,
    "00062003-0000-0000-c000-000000000046": TASK,
    "00062004-0000-0000-c000-000000000046": ADDRESS,
    "00062008-0000-0000-c000-000000000046": COMMON,
    "0006200a-0000-0000-c000-000000000046": "PSETID_Log",
    "0006200e-0000-0000-c000-000000000046": "PSETID_Note",
    "00062014-0000-0000-c000-000000000046": "PSETID_Report",
    "00062040-0000-0000-c000-000000000046": "PSETID_Sharing",
    "00062041-0000-0000-c000-000000000046": "PSETID_PostRss",
    "23239608-685d-4732-9c55-4c95cb4e8e33": "PSETID_XmlExtractedEntities",
    "4442858e-a9e3-4e80-b900-317a210cc15b": "PSETID_UnifiedMessaging",
    "6ed8da90-450b-101b-98da-00aa003f1305": MEETING,
    "71035549-0739-4dcb-9163-00f0580dbbdf": "PSETID_AirSync",
    "96357f7f-59e1-47d0-99a7-46515c183b54": "PSETID_Attachment",
    "11000e07-b51b-40d6-af21-caa85edab1d0": "PSETID_CalendarAssistant",
    "41f28f13-83f4-4114-a584-eedb5a6b0bff": "PSETID_Messaging",
}
_ENTRY = struct.Struct("<IHH")
_GUID_LENGTH = 16
_PS_MAPI, _PS_PUBLIC_STRINGS, _FIRST_GUID = 1, 2, 3


def parse(guids: bytes, entries: bytes, strings: bytes) -> Mapping[int, tuple[str, int | str]]:
    """Return what each number of the file stands for, from the GUID, entry and string streams (0x0002 to 0x0004).

    An entry that points outside its streams is left out. Of two entries for one number the first counts.
    """
    found: dict[int, tuple[str, int | str]] = {}
    whole = len(entries) - len(entries) % _ENTRY.size
    for number, kind, index in _ENTRY.iter_unpack(entries[:whole]):
        property_set = _set(guids, kind >> 1)
        name = _string(strings, number) if kind & 1 else number
        if property_set is not None and name is not None:
            found.setdefault(FIRST_NAMED + index, (property_set, name))
    return found


def named(names: Mapping[int, tuple[uuid.UUID, int | str]]) -> dict[int, tuple[str, int | str]]:
    """Return what numbers stand for with the sets by their names, where they have one."""
    return {number: (_SETS.get(str(guid), str(guid)), name) for number, (guid, name) in names.items()}


def _set(guids: bytes, index: int) -> str | None:
    if index == _PS_MAPI:
        return "PS_MAPI"
    if index == _PS_PUBLIC_STRINGS:
        return PUBLIC_STRINGS
    start = (index - _FIRST_GUID) * _GUID_LENGTH
    raw = guids[start : start + _GUID_LENGTH] if start >= 0 else b""
    if len(raw) < _GUID_LENGTH:
        return None
    guid = str(uuid.UUID(bytes_le=raw))
    return _SETS.get(guid, guid)


def _string(strings: bytes, offset: int) -> str | None:
    if offset + 4 > len(strings):
        return None
    (length,) = struct.unpack_from("<I", strings, offset)
    raw = strings[offset + 4 : offset + 4 + length]
    return raw.decode("utf-16-le", "replace").rstrip("\0") if len(raw) == length and length else None


def shown(key: Key) -> str:
    """Return how a property without a known name is called in the tables."""
    if isinstance(key, int):
        return f"0x{key:04X}"
    property_set, name = key
    return f"{property_set} 0x{name:04X}" if isinstance(name, int) else f'{property_set} "{name}"'
