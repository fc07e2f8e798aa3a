"""What to do about a row that failed: mend the data, try again later, or stop and mend the org or the token.

Codes: reference/zoho-api.md 2.3, 2.5, 3.4, 1.5; addendum section 2.
"""

from enum import StrEnum

STOPPED = "stopped"


class Remedy(StrEnum):
    """What a person does next; the value is what the report says."""

    FIX = "mend the data in Outlook or the mapping, then run make extract transform load"
    LATER = "run make retry later"
    STOP = "the org or the token does not allow it; make doctor says what to mend"


_LATER = frozenset({
    "UNPROCESSED", "RECORD_LOCKED", "TOO_MANY_REQUESTS", "INTERNAL_ERROR", "CANNOT_PROCESS", "LIMIT_EXCEEDED", "FAILED",
    "SKIPPED", "not_sent", "not_carried_out", "INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_FILE_ID",
    "FILE_NOT_FOUND", "UNREADABLE", "file_not_taken", "too_many_rows_for_a_job",
})  # fmt: skip
_STOP = frozenset({
    "NO_PERMISSION", "AUTHORIZATION_FAILED", "OAUTH_SCOPE_MISMATCH", "INVALID_MODULE", "MODULE_NOT_AVAILABLE",
    "FEATURE_NOT_ENABLED", "NOT_SUPPORTED_FEATURE", "MANDATORY_FIELDS_NOT_MAPPED", "INVALID_FIELD", "NOT_ALLOWED",
    "INVALID_URL_PATTERN", "INVALID_REQUEST_METHOD", "HEADER_LIMIT_EXCEEDED",
    "STORAGE_SPACE_EXCEEDS",
})  # fmt: skip


def remedy_of(code: str) -> Remedy:
    """Return what to do about a failure; a code nobody knows is about the data: repeating it would change nothing."""
    if code in _LATER:
        return Remedy.LATER
    return Remedy.STOP if code in _STOP else Remedy.FIX


def is_worth_it(code: str, *, is_changed: bool) -> bool:
    """Tell whether a failed row may go again; `is_changed`: its data are not what failed."""
    return is_changed or remedy_of(code) is Remedy.LATER
