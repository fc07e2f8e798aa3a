"""WHAT goes to Zoho CRM, as typed data: one module per Zoho module, parents before children."""

from pipeline.targets.accounts import ACCOUNTS
from pipeline.targets.cases import CASES
from pipeline.targets.contacts import CONTACTS
from pipeline.targets.custom import chosen
from pipeline.targets.emails import EMAILS
from pipeline.targets.events import EVENTS
from pipeline.targets.target import ARROW_TYPES, Aside, Field, Kind, MatchKey, Overflow, Target
from pipeline.targets.tasks import TASKS

# In load order: a look-up points to a target before its own.
TARGETS: tuple[Target, ...] = (ACCOUNTS, CONTACTS, TASKS, EVENTS)
# What messages become; loaded after everything that they point to.
OF_MESSAGES: tuple[Target, ...] = (CASES, EMAILS)

__all__ = [
    "ACCOUNTS",
    "ARROW_TYPES",
    "CASES",
    "CONTACTS",
    "EMAILS",
    "EVENTS",
    "OF_MESSAGES",
    "TARGETS",
    "TASKS",
    "Aside",
    "Field",
    "Kind",
    "MatchKey",
    "Overflow",
    "Target",
    "chosen",
]
