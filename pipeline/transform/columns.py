"""Which columns of the extracted tables the mapping reads, which it ignores on purpose, and which have no target yet.

Every column is one of the three: what has a value and no target is counted and reported, never dropped in silence.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import schemas
from pipeline.targets import Target


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ORIGIN = _words("item_id raw_key file_sha256 folder position message_class created_at modified_at")

_ADDRESSES = _words(
    "business_street business_city business_state business_postal_code business_country business_po_box "
    "home_street home_city home_state home_postal_code home_country home_po_box "
    "other_street other_city other_state other_postal_code other_country other_po_box"
)

# Besides the sources of fields and asides: what the rules of a table look at.
_OF_RULES: Mapping[str, tuple[str, ...]] = {
    "contacts": (
        *_words("display_name file_as given_name surname nickname email1 email1_display company"),
        *_ADDRESSES,
        *_words("birthday_date birthday_at sensitivity is_private leftovers"),
    ),
    "leads": (
        *_words("display_name file_as given_name surname nickname email1 email1_display company"),
        *_ADDRESSES,
        *_words("sensitivity is_private leftovers"),
    ),
    "tasks": _words("subject body status is_complete sensitivity is_private leftovers"),
    "events": _words(
        "subject body location start_at end_at start_date end_date start_local end_local time_zone is_all_day "
        "organizer attendees global_object_id is_cancelled is_recurring response sensitivity is_private busy_status "
        "time_zone_rules rrule recurrence_trouble recurrence_text deleted_dates modified occurrence_date leftovers"
    ),
}


def used(target: Target) -> tuple[str, ...]:
    """Return the columns of the extracted table that become something in this target, each once."""
    sources = [field.source for field in target.fields if field.source]
    asides = [aside.source for aside in target.asides]
    return tuple(dict.fromkeys((*_OF_RULES[target.table], *sources, *asides)))


# Read by nobody, and nothing is lost by it.
IGNORED: Mapping[str, Mapping[str, str]] = {
    "contacts": {
        "email1_type": "the address itself shows whether it is SMTP or Exchange",
        "email2_type": "the address itself shows whether it is SMTP or Exchange",
        "email2_display": "made of the name and the address",
        "email3_type": "the address itself shows whether it is SMTP or Exchange",
        "email3_display": "made of the name and the address",
    },
    "tasks": {
        "completed_at": "follows from the status",
        "percent_complete": "follows from the status",
    },
    "events": {
        "is_meeting": "follows from the attendees",
        "sequence": "a counter of Exchange",
        "recurrence": "the blob that the rule and its exceptions were read from",
    },
}


# Read by a rule only, or where another column has nothing: a value that was not needed has no target.
_SPARE = {"nickname", "sensitivity"}

# What Outlook writes into every item that nobody changed: no value.
# What is private is left out, or wanted by a setting.
_DEFAULTS: Mapping[str, tuple[object, ...]] = {
    "importance": ("normal",),
    "busy_status": ("busy",),
    "sensitivity": ("normal", "private"),
    "actual_work_minutes": (0,),
    "total_work_minutes": (0,),
}


def without_target(target: Target) -> list[str]:
    """Return the columns of the extracted table that nothing in this target takes and nobody ignores on purpose."""
    taken = {*(field.source for field in target.fields), *(aside.source for aside in target.asides)}
    known = {*ORIGIN, *used(target), *IGNORED[target.table]} - (_SPARE - taken)
    return [name for name in schemas.EXTRACTED[target.source].names if name not in known]


def unmapped(target: Target, table: pa.Table) -> dict[str, int]:
    """Return how many rows have a value in each column without a target; False, [] and Outlook's defaults are none."""
    counts = {column: _values(table.column(column), _DEFAULTS.get(column, ())) for column in without_target(target)}
    return {column: count for column, count in counts.items() if count}


def _values(column: pa.ChunkedArray, defaults: tuple[object, ...]) -> int:
    if pa.types.is_boolean(column.type):
        return int(pc.sum(column).as_py() or 0)
    if pa.types.is_list(column.type):
        return int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
    usual = pc.sum(pc.is_in(column, value_set=pa.array(defaults, column.type))).as_py() if defaults else 0
    return int(len(column) - column.null_count - (usual or 0))
