"""What an extracted row becomes on its way to a ready row: an origin, Zoho values, and all that was changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.clean.cleaned import Change

Row = Mapping[str, Any]  # one row of an extracted table, by column name


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of an event, as in schemas.PERSON; `email` is an address that Zoho takes, or None."""

    role: str
    name: str | None = None
    email: str | None = None
    address_type: str | None = None
    address: str | None = None
    response: str | None = None


Value = str | bool | date | datetime | tuple[Person, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a file belongs to: its mailbox, or none (`mailbox` is "" then), and the zone of its times.

    `addresses`: the mailbox's own, folded, the first one leading; `is_store`: a .pst or .ost, not a CSV;
    `has_private`: private items are asked for; `leaves_out`: the words of [calendar] leave_out.
    """

    path: str
    mailbox: str = ""
    owner: str | None = None
    zone: ZoneInfo
    addresses: tuple[str, ...] = ()
    is_store: bool = False
    has_private: bool = False
    leaves_out: frozenset[str] = frozenset({"cancelled", "declined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one item came from, and the key it keeps in every export of its mailbox."""

    item_id: str
    source_key: str
    file_sha256: str
    folder: str | None
    position: int
    message_class: str | None
    home: Home
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change of the value of one Zoho field."""

    field: str
    change: Change


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an item is left out on purpose: `rule` is a short stable name, `reason` a sentence for a person."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One item as Zoho values by API name (absent means empty), before de-duplication and cutting to length.

    `asides`: labelled lines for Description that stand for values without a field of their own; `company`: a contact's
    company, still a name; `is_surname`: whether Last_Name is one, not a stand-in; `global_id`: of a meeting;
    `is_organizers`: the copy of the one who called the meeting; `circle`: everybody of a meeting, by folded address;
    `occurrence`: the day that its series gave it.
    """

    origin: Origin
    values: Mapping[str, Value]
    changes: tuple[FieldChange, ...] = ()
    exclusion: Exclusion | None = None
    asides: tuple[str, ...] = ()
    company: str | None = None
    is_surname: bool = True
    global_id: str | None = None
    is_organizers: bool = False
    circle: frozenset[str] = frozenset()
    occurrence: date | None = None

    def text(self, api_name: str) -> str | None:
        """Return a value that is text, None for an empty one."""
        value = self.values.get(api_name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One record for the CRM: a cluster of drafts merged. The fields of the schema's READY_PROVENANCE, and values."""

    cluster_key: str
    source_keys: tuple[str, ...]
    item_ids: tuple[str, ...]
    mailbox: str
    owner: str | None
    modified_at: datetime | None
    lead: Origin
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether two items are the same thing, by which rule, on what evidence. `verdict`: same | different | unsure."""

    left: Origin
    right: Origin
    verdict: str
    rule: str
    evidence: str
