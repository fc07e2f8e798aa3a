"""Which mailbox, owner and time zone the rows of a file have (design.md section 4); never the machine's zone."""

from collections.abc import Mapping
from importlib import resources
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipeline.clean import date
from pipeline.clean.text import fold
from pipeline.config import Config, Mailbox
from pipeline.transform.draft import Home

_STORES = ("pst", "ost")


def homes(config: Config, files: pa.Table, events: pa.Table) -> dict[str, Home]:
    """Return the home of every file that was read, by SHA-256.

    `files`: schemas.FILES; `events`: columns file_sha256 and time_zone of schemas.EVENTS. One content in two places
    of the inbox was read once, and belongs to the first of them by path.
    """
    zones = _appointment_zones(events)
    found: dict[str, Home] = {}
    for file in sorted(files.to_pylist(), key=lambda file: (file["status"] != "read", file["path"])):
        sha256 = file["file_sha256"]
        if sha256 is not None and sha256 not in found:
            found[sha256] = _home(config, file["path"], file["kind"], zones.get(sha256))
    return found


def public_mail_domains() -> frozenset[str]:
    """Return the mail domains that many people share, from the list shipped with the package."""
    text = resources.files(__package__).joinpath("public_mail_domains.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def aliases(config: Config) -> dict[str, str]:
    """Return folded address of a mailbox → that mailbox's main one."""
    known = {address: own[0] for own in map(_addresses, reversed(config.mailbox)) for address in own}
    return dict(sorted(known.items()))


def own_domains(config: Config, public: frozenset[str]) -> frozenset[str]:
    """Return the mail domains of colleagues: configured, and of the mailboxes' addresses unless `public` has them."""
    of_mailboxes = {_domain(address) for mailbox in config.mailbox for address in mailbox.addresses}
    configured = {fold(domain).removeprefix("@") for domain in config.outlook.own_domains}
    return frozenset((of_mailboxes - public | configured) - {""})


def _domain(address: str) -> str:
    return fold(address).rpartition("@")[2]


def _home(config: Config, path: str, kind: str | None, appointments: ZoneInfo | None) -> Home:
    mailbox = config.mailbox_of(path)
    default = appointments or ZoneInfo(config.outlook.time_zone)
    is_store = (kind or "").startswith(_STORES)
    has_private = "private" in config.included(mailbox)
    leaves_out = frozenset(config.calendar.leave_out)
    if mailbox is None:
        return Home(path=path, zone=default, is_store=is_store, has_private=has_private, leaves_out=leaves_out)
    return Home(
        path=path,
        mailbox=mailbox.name,
        owner=mailbox.owner or None,
        zone=ZoneInfo(mailbox.time_zone) if mailbox.time_zone else default,
        addresses=_addresses(mailbox),
        is_store=is_store,
        has_private=has_private,
        leaves_out=leaves_out,
    )


def _addresses(mailbox: Mailbox) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(address) for address in mailbox.addresses))


def _appointment_zones(events: pa.Table) -> Mapping[str, ZoneInfo]:
    """Return the most common known zone of each file's own appointments; of equals the first by name."""
    counted = events.group_by(["file_sha256", "time_zone"]).aggregate([([], "count_all")]).to_pylist()
    ranked = sorted(counted, key=lambda row: (-row["count_all"], row["time_zone"] or ""))
    zones: dict[str, ZoneInfo] = {}
    for row in ranked:
        zone = date.zone(row["time_zone"])
        if zone is not None and row["file_sha256"] is not None:
            zones.setdefault(row["file_sha256"], zone)
    return zones
