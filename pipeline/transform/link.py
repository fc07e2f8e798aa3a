"""Accounts out of the companies that contacts name, and each contact's look-up to its account."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.clean.cleaned import Change
from pipeline.clean.text import fold
from pipeline.targets import ACCOUNTS
from pipeline.transform import keys, merge
from pipeline.transform.draft import Decision, Draft, FieldChange, Origin, Ready

COMPANY, LOOKUP = "Account_Name", "Account_Name"  # the field's name in both modules
SAME_COMPANY = "same_company_name"
NO_ACCOUNT = "account_was_rejected"


@dataclass(frozen=True, slots=True)
class Companies:
    """One account per company; `spellings`: how many different ways of writing a company were found."""

    accounts: tuple[Ready, ...]
    decisions: tuple[Decision, ...]
    spellings: int


def companies(contacts: Iterable[Draft]) -> Companies:
    """Return the accounts of the companies that contacts name; two spellings that fold alike are one company.

    The spelling of the contact changed last wins. (株), ㈱ and 株式会社 are
    the same only as far as Unicode (NFKC) folds them: ㈱ and (株) are, 株式会社 is not.
    """
    named: defaultdict[str, list[Draft]] = defaultdict(list)
    for contact in contacts:
        if contact.company is not None:
            named[keys.company_key(contact.company)].append(contact)
    ranked = {key: sorted(named[key], key=merge.latest_first) for key in sorted(named)}
    decisions = [decision for group in ranked.values() for decision in _decisions(group)]
    return Companies(
        accounts=tuple(_account(key, group) for key, group in ranked.items()),
        decisions=tuple(decisions),
        spellings=len(ranked) + len(decisions),
    )


def spelling_changes(contacts: Iterable[Draft], accounts: Iterable[Ready]) -> list[tuple[Origin, FieldChange]]:
    """Return a change for every contact whose spelling of its company was not the one kept."""
    kept = {account.cluster_key: account.values[COMPANY] for account in accounts}
    return [
        (contact.origin, FieldChange(COMPANY, Change(merge.LOST, contact.company, merge.shown(name))))
        for contact in contacts
        if contact.company is not None and (name := kept[keys.company_key(contact.company)]) != contact.company
    ]


def lookups(cluster: Sequence[Draft]) -> tuple[str | None, list[tuple[Origin, FieldChange]]]:
    """Return the account of a cluster of contacts, by the contact changed last that names a company; and what lost."""
    naming = [draft for draft in sorted(cluster, key=merge.rank) if draft.company is not None]
    if not naming:
        return None, []
    company = naming[0].company or ""
    lost = [
        (draft.origin, FieldChange(LOOKUP, Change(merge.LOST, draft.company, company)))
        for draft in naming[1:]
        if fold(draft.company) != fold(company)
    ]
    return keys.company_key(company), lost


def linked(contacts: Iterable[Ready], accounts: frozenset[str]) -> tuple[list[Ready], list[tuple[Origin, FieldChange]]]:
    """Drop look-ups to accounts that were rejected, and list them."""
    kept: list[Ready] = []
    changes: list[tuple[Origin, FieldChange]] = []
    for contact in contacts:
        account = merge.shown(contact.values.get(LOOKUP))
        if account is None or account in accounts:
            kept.append(contact)
            continue
        changes.append((contact.lead, FieldChange(LOOKUP, Change(NO_ACCOUNT, account, None))))
        kept.append(replace(contact, values={name: v for name, v in contact.values.items() if name != LOOKUP}))
    return kept, changes


def _account(key: str, ranked: Sequence[Draft]) -> Ready:
    lead = ranked[0].origin
    return Ready(
        cluster_key=key,
        source_keys=(key,),
        item_ids=tuple(sorted(draft.origin.item_id for draft in ranked)),
        mailbox=lead.home.mailbox,
        owner=lead.home.owner,
        modified_at=lead.modified_at,
        lead=lead,
        values={ACCOUNTS.fields[0].api_name: ranked[0].company},
    )


def _decisions(ranked: Sequence[Draft]) -> list[Decision]:
    """Return one decision per spelling that gave way to another."""
    first: dict[str, Draft] = {}
    for draft in ranked:
        first.setdefault(draft.company or "", draft)
    kept, *others = first.values()
    return [
        Decision(
            left=kept.origin,
            right=other.origin,
            verdict="same",
            rule=SAME_COMPANY,
            evidence=f"{kept.company} = {other.company}",
        )
        for other in others
    ]
