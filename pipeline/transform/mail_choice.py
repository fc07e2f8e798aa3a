"""Which messages become e-mails on records or cases, by which of the ways of the plug-in's page. Pure.

The page's four ways of e-mails: add (messages chosen one by one, here by folder or data/mail.csv), search and add
(data/mail.csv with a record), sent mail automatically, and send and add (a category set when sending).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.clean import email, folder
from pipeline.clean.text import fold
from pipeline.config import Cases, Mail
from pipeline.transform import mail_list
from pipeline.transform.draft import Home, Row
from pipeline.transform.mail_list import MailList

LISTED, CATEGORY, FOLDER, SENT_MAIL = "listed", "category", "folder", "sent_mail"
SENT_ITEMS = "sent_items"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a message becomes. `way`: why it is an e-mail, "" for none; `records`: chosen ones; `is_case`: a case."""

    way: str = ""
    records: tuple[str, ...] = ()
    is_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings that choose: of e-mails, of cases, and the list of single messages."""

    mail: Mail
    cases: Cases
    listed: MailList

    @property
    def are_any(self) -> bool:
        """Whether any message can be chosen at all."""
        mail, cases = self.mail, self.cases
        by_rule = mail.sent_items or mail.categories or mail.folders or cases.categories or cases.folders
        return bool(by_rule or self.listed.by_message)


def choose(row: Row, rules: Rules, *, is_sent: bool) -> Choice:
    """Return what a message becomes; a line of data/mail.csv wins over the rules."""
    listed = rules.listed.of(row["message_id"], row["item_id"])
    if listed is not None:
        is_email = listed.way in {mail_list.EMAIL, mail_list.BOTH}
        is_case = listed.way in {mail_list.CASE, mail_list.BOTH}
        return Choice(LISTED if is_email else "", listed.records, is_case)
    return Choice(_way(row, rules.mail, is_sent=is_sent), (), _is_case(row, rules.cases))


def _way(row: Row, mail: Mail, *, is_sent: bool) -> str:
    if has_category(row["categories"], mail.categories):
        return CATEGORY
    if folder.matched(row["folder"], mail.folders) is not None:
        return FOLDER
    return SENT_MAIL if mail.sent_items and is_sent and row["folder_role"] == SENT_ITEMS else ""


def _is_case(row: Row, cases: Cases) -> bool:
    by_folder = folder.matched(row["folder"], cases.folders) is not None
    return by_folder or has_category(row["categories"], cases.categories)


def has_category(found: Iterable[str] | None, wanted: Iterable[str]) -> bool:
    """Tell whether an item has one of the categories; width, case and spaces do not count."""
    return not {fold(one) for one in wanted}.isdisjoint(fold(one) for one in found or ())


def deal(row: Row, mail: Mail) -> str | None:
    """Return the name of the deal that the folder, else a category, gives a message."""
    top = folder.matched(row["folder"], mail.deal_folders)
    if top is not None:
        return folder.name(top)
    for category in sorted(row["categories"] or ()):
        for start in mail.deal_categories:
            if category.casefold().startswith(start.casefold()) and len(category) > len(start):
                return category[len(start) :].strip() or None
    return None


def is_sent(row: Row, home: Home) -> bool:
    """Tell whether the mailbox sent a message: it lies in Sent Items, or one of its addresses wrote it."""
    if row["folder_role"] == SENT_ITEMS:
        return True
    written = {fold(address_of(row[which])) for which in ("author", "sender")} - {""}
    return not written.isdisjoint(home.addresses)


def address_of(person: Mapping[str, str | None] | None) -> str | None:
    """Return the address of a person that Zoho takes, None for none."""
    return None if person is None else email.clean(person["email"] or person["address"]).value


def writer(row: Row) -> Mapping[str, str | None] | None:
    """Return who wrote a message: for whom it was sent, else who sent it."""
    author, sender = row["author"], row["sender"]
    found: Mapping[str, str | None] | None = sender if address_of(sender) and not address_of(author) else author
    return found or sender


def correspondents(
    row: Row, own: frozenset[str], own_domains: frozenset[str], *, sent: bool, everybody: bool
) -> tuple[str, ...]:
    """Return the addresses of those a message went to, or of who wrote it; colleagues are none.

    Args:
        row: of schemas.MESSAGES.
        own: folded addresses of all mailboxes.
        own_domains: folded mail domains of colleagues.
        sent: whether the mailbox sent it.
        everybody: of a received message everybody else on it too.
    """
    people = [] if sent else [writer(row)]
    if sent or everybody:
        people += row["recipients"] or []
    found = {fold(address): address for address in map(address_of, reversed(people)) if address}
    return tuple(
        address
        for key, address in reversed(found.items())
        if key not in own and email.domain(address) not in own_domains
    )
