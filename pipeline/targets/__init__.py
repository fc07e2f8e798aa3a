"""WHAT goes to Zoho CRM, as typed data: one module per Zoho module, parents before children."""

from pipeline.targets.accounts import ACCOUNTS
from pipeline.targets.cases import CASES
from pipeline.targets.contacts import CONTACTS
from pipeline.targets.custom import chosen
from pipeline.targets.emails import EMAILS, EMAILS_READY, ROUTES
from pipeline.targets.events import EVENTS
from pipeline.targets.leads import LEADS
from pipeline.targets.target import ARROW_TYPES, MANAGER, Aside, Field, Kind, MatchKey, Overflow, Target
from pipeline.targets.tasks import TASKS

# In load order: a look-up points to a target before its own.
TARGETS: tuple[Target, ...] = (ACCOUNTS, CONTACTS, LEADS, TASKS, EVENTS, CASES)
# Tables that hold rows only where pipeline.toml asks for them; without rows, an org need not have their modules.
ON_REQUEST = frozenset({LEADS.table, CASES.table})

__all__ = [
    "ACCOUNTS",
    "ARROW_TYPES",
    "CASES",
    "CONTACTS",
    "EMAILS",
    "EMAILS_READY",
    "EVENTS",
    "LEADS",
    "MANAGER",
    "ON_REQUEST",
    "ROUTES",
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
