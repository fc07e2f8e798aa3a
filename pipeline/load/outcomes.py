"""What became of one row: the one type that matching and all transports end in."""

from enum import StrEnum
from typing import NamedTuple


class Result(StrEnum):
    """The columns of the printed table (design.md section 1)."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    IN_DOUBT = "in doubt"

    __hash__ = str.__hash__  # an enum's own one is slow, and every row is counted by its result


TEXTS = {one: one.value for one in Result}  # as above: looked up, not worked out for each row


class Outcome(NamedTuple):
    """What became of the record `crm_key`. `code` and `field`: Zoho's for a failure, ours for a row not sent.

    A named tuple, as all that there is one of for each row: made in a sixth of the time of a frozen dataclass.
    """

    crm_key: str
    result: Result
    crm_id: str = ""
    code: str = ""
    field: str = ""
