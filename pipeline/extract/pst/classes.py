"""Which table an item belongs to by its PidTagMessageClass, or by which rule it is left out."""

from functools import lru_cache

_TABLES = (
    ("IPM.Contact", "contacts"),
    ("IPM.Task", "tasks"),
    ("IPM.Appointment", "events"),
    ("IPM.Note", "messages"),
    ("IPM.Schedule.Meeting", "messages"),
    ("IPM.DistList", "lists"),
)
_EXCLUDED = (
    ("IPM.StickyNote", "class_note"),
    ("IPM.Activity", "class_journal"),
    ("IPM.Post", "class_post"),
    ("IPM.TaskRequest", "class_task_request"),
    ("IPM.Microsoft.ScheduleData.FreeBusy", "class_free_busy"),
    ("REPORT", "class_report"),
)


@lru_cache(maxsize=1024)
def table_of(message_class: str | None) -> str | None:
    """Return the extracted table of a message class, or None for one that `exclusion_of` names."""
    return _first(message_class, _TABLES)


@lru_cache(maxsize=1024)
def exclusion_of(message_class: str | None) -> str:
    """Return the rule that leaves out a class without a table."""
    if not message_class:
        return "class_missing"
    return _first(message_class, _EXCLUDED) or "class_other"


def _first(message_class: str | None, rules: tuple[tuple[str, str], ...]) -> str | None:
    """Find the class or one derived from it: IPM.Note.SMIME is an IPM.Note. Case does not count ([MS-OXCMSG])."""
    folded = f"{message_class or ''}.".upper()
    return next((result for base, result in rules if folded.startswith(f"{base}.".upper())), None)
