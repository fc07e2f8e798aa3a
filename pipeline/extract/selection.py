"""Which folders and items are read: rules over plain values, each with the name under which it is counted.

A folder or item that no rule names is read. The rules come from [outlook], or from a [[mailbox]] that has its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.clean.folder import matched

if TYPE_CHECKING:  # pydantic takes a quarter of a second to import, and the workers need no settings
    from pipeline.config import Config

FOLDER_NOT_SELECTED, FOLDER_SKIPPED = "folder_not_selected", "folder_skipped"
CATEGORY_NOT_SELECTED, CATEGORY_SKIPPED = "category_not_selected", "category_skipped"
OUTSIDE_DATES = "outside_date_range"
PRIVATE = "private_item"
HOLIDAY, BIRTHDAY = "outlook_holiday", "contact_birthday"
CONVERSATION = "conversation_history"
# What is left out unless `include` names it → the rule under which it is counted.
UNASKED = {
    "deleted_items": "folder_deleted_items",
    "junk": "folder_junk",
    "drafts": "folder_drafts",
    "outbox": "folder_outbox",
    "sync_issues": "folder_sync_issues",
    "conversation_history": CONVERSATION,
    "rss": "folder_rss",
    "suggested_contacts": "folder_suggested_contacts",
    "recipient_cache": "folder_recipient_cache",
    "holidays": HOLIDAY,
    "birthdays": BIRTHDAY,
    "private": PRIVATE,
}


@dataclass(frozen=True)
class Selection:
    """What of a file is wanted. The default: everything that nobody has to ask for.

    `folders` and `skip_folders`: patterns of paths, of `categories` and `skip_categories` the names; none means all,
    and none. `since` and `until`: the first and the last day, in `time_zone`. `include`: words of UNASKED.
    `has_hashes`: the content of attachments is hashed; `has_files`: that of mail is kept.
    """

    folders: tuple[str, ...] = ()
    skip_folders: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    skip_categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    include: tuple[str, ...] = ()
    has_hashes: bool = False
    has_files: bool = False
    time_zone: str = "UTC"
    _known: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @property
    def key(self) -> list[object]:
        """What tells it from another selection, as JSON: part of what names a cached file."""
        days = [day and day.isoformat() for day in (self.since, self.until)]
        lists = (self.folders, self.skip_folders, self.categories, self.skip_categories)
        return [
            *(list(one) for one in lists),
            *days,
            sorted(set(self.include)),
            self.has_hashes,
            self.time_zone if any(days) else "",
            *(["files"] if self.has_files else []),
        ]

    def wants(self, word: str) -> bool:
        """Whether what is usually left out is asked for; `word` is one of UNASKED."""
        return word in self.include

    # -- folders -------------------------------------------------------------------------------------------------------

    def folder_rule(self, path: str, special: str | None = None) -> str | None:
        """Return the rule that leaves a folder out, None for one that is read; `special`: what it is, of UNASKED.

        A pattern that names a folder names all below it too.
        """
        if special is not None and special in UNASKED and special not in self.include:
            return UNASKED[special]
        if path not in self._known:
            self._known[path] = self._folder_rule(path)
        return self._known[path]

    def _folder_rule(self, path: str) -> str | None:
        if self.folders and matched(path, self.folders) is None:
            return FOLDER_NOT_SELECTED
        return FOLDER_SKIPPED if matched(path, self.skip_folders) is not None else None

    # -- categories ----------------------------------------------------------------------------------------------------

    @property
    def has_categories(self) -> bool:
        """Whether any rule needs the categories of an item."""
        return bool(self.categories or self.skip_categories)

    @cached_property
    def _categories(self) -> tuple[frozenset[str], frozenset[str]]:
        return _folded(self.categories), _folded(self.skip_categories)

    def category_rule(self, categories: Iterable[str] | None) -> str | None:
        """Return the rule that leaves out an item with these categories."""
        wanted, skipped = self._categories
        found = _folded(categories or ())
        if wanted and wanted.isdisjoint(found):
            return CATEGORY_NOT_SELECTED
        return None if skipped.isdisjoint(found) else CATEGORY_SKIPPED

    # -- dates ---------------------------------------------------------------------------------------------------------

    @property
    def has_dates(self) -> bool:
        """Whether any rule needs the dates of an item."""
        return self.since is not None or self.until is not None

    @cached_property
    def _span(self) -> tuple[datetime | None, datetime | None]:
        zone = ZoneInfo(self.time_zone)
        after = None if self.until is None else self.until + timedelta(days=1)
        first, last = (None if day is None else datetime.combine(day, time(), zone) for day in (self.since, after))
        return first and first.astimezone(UTC), last and last.astimezone(UTC)

    def date_rule(self, start: datetime | None, end: datetime | None) -> str | None:
        """Return the rule that leaves out what lies wholly outside the range; None for what has no date at all.

        `end` is None for a moment, datetime.max for what never ends.
        """
        start, end = start or end, end or start
        if start is None or end is None:
            return None
        first, last = self._span
        is_outside = (first is not None and end < first) or (last is not None and start >= last)
        return OUTSIDE_DATES if is_outside else None

    def day_rule(self, day: date | None) -> str | None:
        """Return the rule that leaves out a day without a zone."""
        if day is None:
            return None
        is_outside = (self.since is not None and day < self.since) or (self.until is not None and day > self.until)
        return OUTSIDE_DATES if is_outside else None


EVERYTHING = Selection()


def of(config: "Config", label: str) -> Selection:
    """Return what is wanted of a file of the inbox, by its path there: its mailbox's rules, else those of [outlook]."""
    mailbox = config.mailbox_of(label)
    chosen = {name: getattr(config.outlook, name) for name in _SETTINGS}
    own = {name: getattr(mailbox, name) for name in _SETTINGS} if mailbox else {}
    zone = (mailbox.time_zone if mailbox else "") or config.outlook.time_zone
    return Selection(
        **{**chosen, **{name: one for name, one in own.items() if one is not None}},
        time_zone=zone,
        has_hashes=config.outlook.hash_attachments,
        has_files=config.mail.attachments,
    )


_SETTINGS = ("folders", "skip_folders", "categories", "skip_categories", "since", "until", "include")


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)
