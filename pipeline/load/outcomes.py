"""What became of one row: the one type that matching and all transports end in."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """The columns of the printed table (design.md section 1)."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the record `crm_key`. `code` and `field`: Zoho's for a failure, ours for a row not sent."""

    crm_key: str
    result: Result
    crm_id: str = ""
    code: str = ""
    field: str = ""
