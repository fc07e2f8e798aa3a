"""WHAT goes to Zoho CRM, as typed data: one module per Zoho module, parents before children."""

from pipeline.targets.accounts import ACCOUNTS
from pipeline.targets.contacts import CONTACTS
from pipeline.targets.events import EVENTS
from pipeline.targets.target import ARROW_TYPES, Field, Kind, MatchKey, Overflow, Target
from pipeline.targets.tasks import TASKS

# In load order: a look-up points to a target before its own.
TARGETS: tuple[Target, ...] = (ACCOUNTS, CONTACTS, TASKS, EVENTS)

__all__ = [
    "ACCOUNTS",
    "ARROW_TYPES",
    "CONTACTS",
    "EVENTS",
    "TARGETS",
    "TASKS",
    "Field",
    "Kind",
    "MatchKey",
    "Overflow",
    "Target",
]
