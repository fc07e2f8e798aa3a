"""Items that are left out on purpose, each by a named rule and counted."""

from pipeline.clean import email
from pipeline.transform.draft import Exclusion, Home, Row

PRIVATE = Exclusion("private_item", "marked private in Outlook")
OWN_DOMAIN = Exclusion(
    "own_domain", "a colleague: the mail domain is the mailbox's own or one of [outlook] own_domains"
)
EMPTY = Exclusion("empty_item", "has nothing that could be loaded")
ONLY_TIMES = Exclusion("only_times", "has times, but no subject, place, text or people: Zoho wants a title")
OUTSIDE = Exclusion(
    "series_outside_window", "none of the occurrences is on a day of [calendar] series_from to series_until"
)
OLDER_SERIES = Exclusion("older_copy_of_series", "another file of the mailbox has the series as it was changed later")
NOT_ORGANIZERS = Exclusion("series_of_organizer_decides", "the organizer's copy of the series has none of these days")
_LEFT_OUT = {
    "cancelled": Exclusion("cancelled_meeting", "the meeting was cancelled"),
    "declined": Exclusion("declined_meeting", "the mailbox's owner turned the invitation down"),
    "tentative": Exclusion("tentative_event", "shown as tentative, and [calendar] leave_out names that"),
    "free": Exclusion("free_time", "shown as free, and [calendar] leave_out names that"),
}
MAIL = Exclusion("mail_not_chosen", "no rule of [mail] or [cases] and no line of data/mail.csv wants it")
DRAFT = Exclusion("draft_not_sent", "a draft that was never sent")
NO_CORRESPONDENT = Exclusion("no_correspondent", "nobody but colleagues is on it")
SENT_CASE = Exclusion("case_not_received", "a case is a message that was received; the mailbox sent this one")
LEAD = Exclusion("made_a_lead", "a rule of [leads] makes it a lead")
LISTS = "distribution_list_is_not_loaded"


def contact(
    row: Row, home: Home, address: str | None, own_domains: frozenset[str], *, is_empty: bool
) -> Exclusion | None:
    """Return why a contact is left out, or None; `address`: its cleaned first e-mail address."""
    if private := _private(row, home):
        return private
    if address is not None and email.domain(address) in own_domains:
        return OWN_DOMAIN
    return EMPTY if is_empty else None


def task(row: Row, home: Home, *, is_empty: bool) -> Exclusion | None:
    """Return why a task is left out, or None."""
    return _private(row, home) or (EMPTY if is_empty else None)


def event(row: Row, home: Home, *, is_empty: bool) -> Exclusion | None:
    """Return why an event is left out, or None."""
    if private := _private(row, home):
        return private
    holds = {
        "cancelled": row["is_cancelled"],
        "declined": row["response"] == "declined",
        "tentative": row["busy_status"] == "tentative",
        "free": row["busy_status"] == "free",
    }
    found = next((_LEFT_OUT[name] for name, is_so in holds.items() if is_so and name in home.leaves_out), None)
    return found or (ONLY_TIMES if is_empty else None)


def message(row: Row, home: Home) -> Exclusion | None:
    """Return why a message that was chosen is left out all the same, or None."""
    return _private(row, home) or (DRAFT if row["is_draft"] else None)


def _private(row: Row, home: Home) -> Exclusion | None:
    """Return the rule for a private item; those of a store were left out by extract unless they are asked for."""
    is_private = row["is_private"] or row["sensitivity"] == "private"
    return PRIVATE if is_private and not home.has_private else None
