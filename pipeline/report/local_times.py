"""Instants as a person reads them: by the clock of the mailbox, with how far it is from UTC."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.config import Config

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")


def zones(config: Config) -> Mapping[str, ZoneInfo]:
    """Return the zone of each mailbox, and under "" that of a mailbox that names none."""
    usual = config.outlook.time_zone
    return {"": ZoneInfo(usual), **{one.name: ZoneInfo(one.time_zone or usual) for one in config.mailbox}}


def shown(text: str | None, zone: ZoneInfo) -> str | None:
    """Return a text whose instants (ISO 8601 in UTC, as tables hold them) are by the clock of a zone.

    An event of whole days begins at its local midnight, which in UTC may be on the day before.
    """
    return text and _INSTANT.sub(lambda found: _local(found[0], zone), text)


def _local(instant: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(instant).astimezone(zone).isoformat(" ", "minutes")
    except (ValueError, OverflowError):  # no such time, or one whose day there is none of
        return instant
