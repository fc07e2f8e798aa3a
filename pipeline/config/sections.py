"""The sections of the settings, with their types and bounds; a wrong value is told in words that name what is right."""

import difflib
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DateOrder = Literal["", "ymd", "mdy", "dmy"]


class Section(BaseModel):
    """A part of the settings: immutable, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no IANA time zone (such as Asia/Tokyo or Europe/London)") from None
    return name


def _known_code_page(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"'{name}' is no code page that Python knows (such as cp932 or cp1252)") from None
    return name


# What of a mailbox is left out unless it is asked for.
UNASKED = (
    *("private", "deleted_items", "junk", "drafts", "outbox", "sync_issues", "conversation_history", "rss"),
    *("suggested_contacts", "recipient_cache", "holidays", "birthdays"),
)


def _known_unasked(words: Iterable[str] | None) -> Iterable[str] | None:
    for word in words or ():
        if word not in UNASKED:
            near = difflib.get_close_matches(word, UNASKED, n=1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise ValueError(f"'{word}' is nothing that is left out{meant}; there are: {', '.join(UNASKED)}")
    return words


def filled_names(names: Iterable[str] | None) -> Iterable[str] | None:
    """Refuse an empty name or pattern, which would mean everything or nothing."""
    if any(not name.strip() for name in names or ()):
        raise ValueError("a name or pattern is empty; leave it out")
    return names


def _day(value: object) -> object:
    """Take "" for no day, a TOML date as it is, and a text as YYYY-MM-DD."""
    if value == "" or value is None:
        return None
    try:
        return date.fromisoformat(str(value))  # a TOML date too, but no date with a time
    except ValueError:
        raise ValueError(f"'{value}' is no day (such as 2020-01-31)") from None


class _Selection(Section):
    """What of a mailbox is read."""

    since: date | None = None
    until: date | None = None

    _days = field_validator("since", "until", mode="before")(_day)
    _unasked = field_validator("include", check_fields=False)(_known_unasked)
    _names = field_validator("folders", "skip_folders", "categories", "skip_categories", check_fields=False)(
        filled_names
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until}): nothing would be read")
        return self


class Outlook(_Selection):
    """How Outlook's files are to be understood where they do not say it themselves, and what of them is read."""

    time_zone: str
    code_page: str
    date_order: DateOrder
    own_domains: tuple[str, ...]
    folders: tuple[str, ...]
    skip_folders: tuple[str, ...]
    categories: tuple[str, ...]
    skip_categories: tuple[str, ...]
    include: tuple[str, ...]
    hash_attachments: bool

    _zone = field_validator("time_zone")(_known_zone)
    _page = field_validator("code_page")(_known_code_page)


class Mailbox(_Selection):
    """One mailbox: which files are its own, who it is, who owns its records in the CRM, and what of it is read.

    Of the last, what is None is as in [outlook].
    """

    name: str = Field(min_length=1)
    files: tuple[str, ...] = Field(min_length=1)
    addresses: tuple[str, ...] = ()
    owner: str = ""
    time_zone: str = ""
    code_page: str = ""
    date_order: DateOrder = ""
    folders: tuple[str, ...] | None = None
    skip_folders: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    skip_categories: tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        return name and _known_zone(name)

    @field_validator("code_page")
    @classmethod
    def _page(cls, name: str) -> str:
        return name and _known_code_page(name)


class Mapping(Section):
    """A change of what goes to one Zoho field: another source, a constant, a field of the org's own, or nothing.

    What is left empty stays as shipped; for a new field `kind` is text. `values`: of a picklist, ours → the org's.
    Without `field` the org's field of that `label` is meant: one with a Japanese label is called field1 or the like.
    """

    table: str
    field: str = Field(default="", pattern=r"^([A-Za-z]\w{0,99})?$")
    source: str = ""
    constant: str = ""
    kind: Literal["", "text", "email", "phone", "date", "boolean", "picklist"] = ""
    length: int | None = Field(default=None, gt=0, le=32_000)
    values: dict[str, str] = {}
    label: str = ""
    drop: bool = False

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(map(bool, (self.source, self.constant, self.drop))) > 1:
            raise ValueError("give one of source, constant and drop")
        if not self.field and not self.label:
            raise ValueError("give field, the API name, or label, what the CRM calls the field")
        return self


# Calendar items that can be left out: [calendar] leave_out.
LEAVABLE = ("cancelled", "declined", "tentative", "free")


class Calendar(Section):
    """How series become events, and which calendar items are left out."""

    series_months: int = Field(ge=0, le=240)
    series_from: date | None
    series_until: date | None
    leave_out: tuple[Literal["cancelled", "declined", "tentative", "free"], ...]

    _days = field_validator("series_from", "series_until", mode="before")(_day)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.series_from and self.series_until and self.series_from > self.series_until:
            raise ValueError(f"series_from ({self.series_from}) is after series_until ({self.series_until})")
        return self


class Owners(Section):
    """Who owns a record whose mailbox has no CRM user."""

    fallback: str


class Validation(Section):
    """When a table has too many rejects to go on."""

    max_reject_share: float = Field(ge=0, le=1)
    max_reject_shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}


class Accounts(Section):
    """When two names are one company's; see pipeline.clean.company."""

    legal_forms: Literal["distinct", "spelling", "ignored"]


class Contacts(Section):
    """What is made of contacts besides their fields."""

    link_managers: bool


CRITERIA = ("last_modified", "first_modified", "store", "csv", "longest")
_OF_MAILBOX = "mailbox:"


def known_criteria(chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Refuse a criterion of [survivorship] that there is not."""
    for word in (word for words in chosen.values() for word in words):
        if word not in CRITERIA and not word.startswith(_OF_MAILBOX):
            near = difflib.get_close_matches(word, CRITERIA, n=1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise ValueError(f"'{word}' is no criterion{meant}; there are: {', '.join(CRITERIA)}, {_OF_MAILBOX}<name>")
    return chosen


class Duplicates(Section):
    """What is made of contacts that may be the same."""

    suggest: bool
    one_address_several_surnames: Literal["apart", "merge"]


class Zoho(Section):
    """Which CRM is loaded, and its addresses where they are not the usual ones."""

    target: Literal["sandbox", "crm"]
    data_center: Literal["com", "eu", "in", "jp", "com.au", "com.cn", "ca", "sa", "uk"]
    key_field: str = Field(pattern=r"^[A-Za-z]\w{0,99}$")
    upload_url: str
    api_url: str
    accounts_url: str
    timeout_seconds: float = Field(gt=0)
    poll_seconds: float = Field(gt=0)
    bulk_rows: int = Field(gt=0, le=25_000)
    record_rows: int = Field(gt=0, le=100)
    transport: Literal["auto", "bulk", "records"]
    credits_a_day: int = Field(ge=0)
    bulk_read_credits: int = Field(ge=0, le=10_000)
    snapshot_hours: float = Field(ge=0, le=168)
    over_allowance: Literal["refuse", "spread"]
    accept_partial_view: bool
    workflows_checked: tuple[str, ...]


class Org(Section):
    """Which way the org is where Zoho's pages leave it open; "auto" is what a canary found."""

    contact_beside_guests: Literal["auto", "kept", "dropped", "refused"]
    message_on_several: Literal["auto", "accepted", "refused"]
    bulk_line_ends: Literal["auto", "kept", "lost"]
    times: Literal["auto", "as sent", "moved"]
    pick_lists: Literal["auto", "actual", "display"]
    reply_order: Literal["auto", "as sent", "other"]


class Retention(Section):
    """How long old values are kept, in days; 0 is until they are wiped."""

    old_values_days: int = Field(ge=0, le=36_500)


class Sandbox(Section):
    """Which local CRM is used."""

    name: str

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            raise ValueError("use letters, digits, - and _ only, at most 40")
        return name


class Engine(Section):
    """How the work is spread: over processes of this machine, or, of transform, over a Dask cluster that is there."""

    kind: Literal["processes", "dask"]
    address: str
    processes: int = Field(ge=0, le=256)

    @model_validator(mode="after")
    def _has_address(self) -> Self:
        if self.kind == "dask" and not self.address:
            raise ValueError('kind = "dask" needs the address of the scheduler (such as tcp://host:8786)')
        return self

    @property
    def cluster(self) -> str:
        """The address of the cluster to use, "" for none."""
        return self.address if self.kind == "dask" else ""
