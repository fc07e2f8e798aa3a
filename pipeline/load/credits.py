"""What calls cost, and what may be spent: Zoho's credits in a rolling day.

Costs: reference/zoho-api.md 2.8 and 6: 1 a call; insert and update 1 per 10 records; a bulk write job 500. What a bulk
read costs is not sure (L), so it is a setting. Allowances: 6 (H); during a trial the edition says nothing (addendum 8).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.load.guard import Rule

BULK_JOB = 500
RECORDS_A_CREDIT = 10
_MOST_BULK_READ = 10_000
DAY_MINUTES = 1440
# edition → base, per user, most (reference/zoho-api.md 6)
_EDITIONS = {
    "free": (5_000, 0, 5_000),
    "standard": (50_000, 250, 100_000),
    "professional": (50_000, 500, 3_000_000),
    "enterprise": (50_000, 1_000, 5_000_000),
    "zohoone": (50_000, 1_000, 5_000_000),
    "ultimate": (50_000, 2_000, 5_000_000),
    "crmplus": (50_000, 2_000, 5_000_000),
}

_AT_ONCE = {
    "free": 5, "standard": 10, "professional": 15, "enterprise": 20, "zohoone": 20, "ultimate": 25, "crmplus": 25,
}  # fmt: skip


def of_records(count: int) -> int:
    """Return the credits of one call that writes `count` records."""
    return -(-count // RECORDS_A_CREDIT)


def of_call(rule: Rule, body: Mapping[str, Any] | None, bulk_read: int) -> int:
    """Return the credits of a request; `bulk_read`: what starting a bulk read costs in this org."""
    if rule.changes in {"insert", "update"}:
        return of_records(len((body or {}).get("data", ())))
    if rule.changes == "bulk":
        return BULK_JOB
    return bulk_read if is_bulk_read(rule) else 1


def is_bulk_read(rule: Rule) -> bool:
    """Tell whether a request starts a bulk read."""
    return rule.method == "POST" and "read" in rule.path.pattern


def allowance(license_details: Mapping[str, Any]) -> int | None:
    """Return the credits of a rolling day by edition and users; None where the org does not tell."""
    edition = str(license_details.get("paid_type") or "").casefold().replace(" ", "").replace("_", "")
    if license_details.get("trial_type") or edition not in _EDITIONS:
        return None
    base, per_user, most = _EDITIONS[edition]
    return min(base + per_user * int(license_details.get("users_license_purchased") or 0), most)


def at_once(license_details: Mapping[str, Any]) -> int:
    """Return how many calls an org takes at once; the least where its edition does not tell (6, H)."""
    edition = str(license_details.get("paid_type") or "").casefold().replace(" ", "").replace("_", "")
    return _AT_ONCE.get(edition, min(_AT_ONCE.values()))


def this_minute() -> int:
    """Return the minute since 1970."""
    return int(time.time()) // 60


@dataclass(kw_only=True)
class Meter:
    """Counts the credits of this program in one org, minute by minute; other programs spend of the same allowance.

    `by_minute`: minute since 1970 → credits, loaded from and kept in the ledger; `left`: what the org said last is
    left for everybody, None until half is used; `bulk_read`: credits of starting a bulk read;
    `asked_again`: questions whether a bulk job is done beyond the first of each, which no forecast knows;
    `bulk_read_seen`: what starting one took off what is left, where the org told both; other programs may have shared.
    """

    bulk_read: int = 1
    bulk_read_seen: int | None = None
    by_minute: dict[int, int] = field(default_factory=dict)
    left: int | None = None
    calls: int = 0
    spent: int = 0
    asked_again: int = 0

    def count(self, cost: int) -> None:
        """Note one answered call."""
        minute = this_minute()
        self.by_minute[minute] = self.by_minute.get(minute, 0) + cost
        self.calls += 1
        self.spent += cost

    def add(self, earlier: Mapping[int, int]) -> None:
        """Add what earlier runs spent."""
        for minute, cost in earlier.items():
            self.by_minute[minute] = self.by_minute.get(minute, 0) + cost

    def note_left(self, header: str | None) -> None:
        """Note what the org says is left (X-API-CREDITS-REMAINING, once half is used)."""
        self.left = int(header) if header and header.isdigit() else self.left

    def note_bulk_read(self, before: int | None) -> None:
        """Note what a bulk read cost that has just been started, where the org told what was left `before` and now."""
        if before is not None and self.left is not None and before > self.left:
            self.bulk_read_seen = min(before - self.left, self.bulk_read_seen or _MOST_BULK_READ)

    def used(self) -> int:
        """Return the credits of the last 24 hours."""
        since = this_minute() - DAY_MINUTES
        return sum(cost for minute, cost in self.by_minute.items() if minute > since)

    def room(self, allowed: int | None) -> int | None:
        """Return what may still be spent of a day's allowance; None: nobody knows a limit."""
        own = None if allowed is None else max(allowed - self.used(), 0)
        known = [one for one in (own, self.left) if one is not None]
        return min(known) if known else None
