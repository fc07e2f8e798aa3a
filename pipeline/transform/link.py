"""Accounts out of the companies that contacts name, and each contact's look-up to its account."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.clean import company as names
from pipeline.clean.cleaned import Change
from pipeline.transform import keys, merge, survivorship
from pipeline.transform.draft import Decision, Draft, FieldChange, Origin, Ready
from pipeline.transform.partition import Job

COMPANY, LOOKUP = "Account_Name", "Account_Name"  # the field's name in both modules
SAME_COMPANY = "same_company_name"
NO_ACCOUNT = "account_was_rejected"


def lookups(cluster: Sequence[Draft], job: Job) -> tuple[str | None, list[tuple[Origin, FieldChange]]]:
    """Return the account of a cluster of contacts, by the leading contact that names a company; and what lost."""
    naming = [draft for draft in cluster if draft.company is not None]
    if not naming:
        return None, []
    criteria = job.survivorship.of(job.target.module, (LOOKUP,))
    naming.sort(key=lambda draft: survivorship.rank(draft, criteria, (LOOKUP,)))
    company = naming[0].company or ""
    lost = [
        (draft.origin, FieldChange(LOOKUP, Change(merge.LOST, draft.company, company)))
        for draft in naming[1:]
        if names.key(draft.company or "", job.legal_forms) != names.key(company, job.legal_forms)
    ]
    return keys.company_key(company, job.legal_forms), lost


def dropped(account: str) -> FieldChange:
    """Return the change of a look-up to an account that was rejected."""
    return FieldChange(LOOKUP, Change(NO_ACCOUNT, account, None))


def linked(contacts: Iterable[Ready], lost: frozenset[str]) -> tuple[list[Ready], list[tuple[Origin, FieldChange]]]:
    """Drop look-ups to accounts that were rejected (`lost`), and list them."""
    kept: list[Ready] = []
    changes: list[tuple[Origin, FieldChange]] = []
    for contact in contacts:
        account = merge.shown(contact.values.get(LOOKUP))
        if account is None or account not in lost:
            kept.append(contact)
            continue
        changes.append((contact.lead, dropped(account)))
        kept.append(replace(contact, values={name: v for name, v in contact.values.items() if name != LOOKUP}))
    return kept, changes


def same_company(kept: Origin, other: Origin, evidence: str) -> Decision:
    """Return the decision that two spellings are one company."""
    return Decision(left=kept, right=other, verdict="same", rule=SAME_COMPANY, evidence=evidence)
