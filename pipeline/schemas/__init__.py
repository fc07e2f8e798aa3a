"""The Arrow schema of every table that passes between stages.

A table that does not have exactly its schema is never written (`store.write`). The columns of the ready tables come
from the targets: `pipeline.targets` puts `READY_PROVENANCE` before the fields of a Zoho module.

Times end in `_at` and are UTC; `_date` is a calendar date that no zone moves; `_local` is a wall clock time without a
zone, as Outlook's CSV has it. Missing text is null, never "".
"""

from pipeline.schemas.extracted import (
    ATTACHMENT,
    CONTACTS,
    EVENTS,
    EXTRACTED,
    LEFTOVER,
    LISTS,
    MEMBER,
    MESSAGES,
    OCCURRENCE,
    TASKS,
)
from pipeline.schemas.kinds import (
    DATE,
    INSTANT,
    PERSON,
    TEXT,
    WALL_CLOCK,
)
from pipeline.schemas.loaded import (
    DIFFERENCES,
    OUTCOMES,
    PLAN,
    PLAN_FIELDS,
    REMARKS,
    ROLLBACK,
)
from pipeline.schemas.made import (
    CHANGES,
    DECISIONS,
    EXCLUSIONS,
    MANAGER_KEY,
    READY_PROVENANCE,
    REJECTS,
    SUGGESTIONS,
)
from pipeline.schemas.reading import (
    ACCOUNTS,
    CERTIFICATE,
    COLUMNS,
    CROSS_CHECK,
    FILES,
)

__all__ = [
    "ACCOUNTS",
    "ATTACHMENT",
    "CERTIFICATE",
    "CHANGES",
    "COLUMNS",
    "CONTACTS",
    "CROSS_CHECK",
    "DATE",
    "DECISIONS",
    "DIFFERENCES",
    "EVENTS",
    "EXCLUSIONS",
    "EXTRACTED",
    "FILES",
    "INSTANT",
    "LEFTOVER",
    "LISTS",
    "MANAGER_KEY",
    "MEMBER",
    "MESSAGES",
    "OCCURRENCE",
    "OUTCOMES",
    "PERSON",
    "PLAN",
    "PLAN_FIELDS",
    "READY_PROVENANCE",
    "REJECTS",
    "REMARKS",
    "ROLLBACK",
    "SUGGESTIONS",
    "TASKS",
    "TEXT",
    "WALL_CLOCK",
]
