"""What is sent of a message, within Zoho's limits (zoho-api.md section 4); whatever is changed is listed.

HTML is cleaned for people who open the record later: no scripts, no styles, and no pictures, which tell their sender
that somebody looked.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

import nh3

from pipeline.clean import text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.clean.text import fold, utf16_length
from pipeline.targets import EMAILS
from pipeline.transform.draft import FieldChange, Home, Person, Row
from pipeline.transform.mail_choice import address_of, writer

MOST_ADDRESSES = 50  # of each of to, cc and bcc
NO_SUBJECT, NO_CONTENT = "subject_stand_in", "content_stand_in"
SANITISED, AS_TEXT = "html_sanitised", "long_html_as_text"
LONG_ID, MADE_ID = "long_message_id", "made_message_id"
TOO_MANY, NO_ADDRESS = "more_addresses_than_zoho_takes", "recipient_without_address"
NO_TO = "no_direct_recipient"
NOT_SENT_AT = "date_of_receipt"
_TAGS = nh3.ALLOWED_TAGS - {"img"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_DROPPED_WITH_TEXT = {"script", "style", "title"}
_ROLES = ("to", "cc", "bcc")


class Content:
    """The fields of one e-mail in the making, with the changes on the way."""

    def __init__(self, row: Row, home: Home, *, sent: bool) -> None:
        self._row, self._home = row, home
        self.changes: list[FieldChange] = []
        self.values: dict[str, Any] = {"sent": sent}
        self._put("original_message_id", _message_id(row))
        self._put("subject", subject(row, EMAILS.field("subject").length))
        self._date()
        self._from()
        self._to()
        self._content()

    def _put(self, name: str, cleaned: Cleaned) -> None:
        self.changes += [FieldChange(name, change) for change in cleaned.changes]
        if cleaned.value is not None:
            self.values[name] = cleaned.value

    def _date(self) -> None:
        sent_at = self._row["sent_at"]
        known = sent_at or self._row["received_at"] or self._row["created_at"]
        if known is not None:
            self.values["date_time"] = known
            if sent_at is None:
                self.changes.append(FieldChange("date_time", Change(NOT_SENT_AT, None, known.isoformat())))

    def _from(self) -> None:
        person = writer(self._row)
        address = address_of(person)
        if address is None and self.values["sent"] and self._home.addresses:
            address = self._home.addresses[0]
            self.changes.append(FieldChange("from", Change(NO_ADDRESS, _name(person), address)))
        if address is not None:
            self.values["from"] = (Person(role="from", name=_name(person), email=address),)

    def _to(self) -> None:
        """Take the recipients by role; Zoho wants somebody in "to": else those of the copies, else the mailbox."""
        people = list(self._addressed(self._row["recipients"] or ()))
        if not any(person.role == "to" for person in people):
            people = self._turned(people)
        found: list[Person] = []
        for role in _ROLES:
            of_role = {fold(one.email): one for one in reversed(people) if one.role == role}
            listed = list(reversed(of_role.values()))
            found += listed[:MOST_ADDRESSES]
            self.changes += [FieldChange("to", Change(TOO_MANY, one.email, None)) for one in listed[MOST_ADDRESSES:]]
        if found:
            self.values["to"] = tuple(found)

    def _addressed(self, recipients: Iterable[Mapping[str, str | None]]) -> Iterator[Person]:
        for one in recipients:
            address = address_of(one)
            if address is None:
                shown = text.line(one["name"] or one["address"]).value
                self.changes.append(FieldChange("to", Change(NO_ADDRESS, shown, None)))
            else:
                role = one["role"] if one["role"] in _ROLES else "to"
                yield Person(role=role or "to", name=_name(one), email=address)

    def _turned(self, people: list[Person]) -> list[Person]:
        """Return the people of the first copies there are as direct recipients, else the mailbox."""
        role = next((role for role in _ROLES if any(person.role == role for person in people)), "")
        if not role and self._home.addresses:
            people = [Person(role="bcc", email=self._home.addresses[0])]
            role = "bcc"
        turned = [person for person in people if person.role == role]
        self.changes += [FieldChange("to", Change(NO_TO, None, person.email)) for person in turned]
        others = [person for person in people if person.role != role]
        return [*(Person(role="to", name=person.name, email=person.email) for person in turned), *others]

    def _content(self) -> None:
        most = EMAILS.field("content").length or 0
        html = self._html()
        if html is not None and utf16_length(html) <= most:
            self.values |= {"content": html, "mail_format": "html"}
            return
        plain = text.lines(self._row["body_text"])
        if html is not None:
            self.changes.append(FieldChange("content", Change(AS_TEXT, _size(html), None)))
            plain = plain if plain.value else text.lines(text_of(html))
        fitted = text.fit(plain.value, most)
        if fitted.changes:
            cut = Change(fitted.changes[0].rule, _size(plain.value), _size(fitted.value))
            self.changes.append(FieldChange("content", cut))
        if fitted.value is None:
            self.changes.append(FieldChange("content", Change(NO_CONTENT, None, "-")))
        self.values |= {"content": fitted.value or "-", "mail_format": "text"}

    def _html(self) -> str | None:
        raw = self._row["body_html"]
        if not raw or not raw.strip():
            return None
        clean = sanitised(raw)
        if not text_of(clean).strip():
            return None
        if clean != raw:
            self.changes.append(FieldChange("content", Change(SANITISED, _size(raw), _size(clean))))
        return clean


def sanitised(html: str) -> str:
    """Return HTML in which nothing runs, loads or shows anything from elsewhere."""
    return nh3.clean(
        html, tags=_TAGS, clean_content_tags=_DROPPED_WITH_TEXT, url_schemes=_SCHEMES, strip_comments=True
    ).strip()


def text_of(html: str) -> str:
    """Return the text of sanitised HTML, without its tags."""
    return unescape(nh3.clean(html, tags=set()))


def subject(row: Row, length: int | None) -> Cleaned:
    """Return the subject within its length; Zoho wants one."""
    found = text.line(row["subject"])
    if found.value is None:
        is_japanese = text.is_japanese((row.get("body_text") or "")[:2000])
        return Cleaned(*_named("(件名なし)" if is_japanese else "(no subject)"))
    return found.then(text.fit(found.value, length))


def _named(stand_in: str) -> tuple[str, tuple[Change, ...]]:
    return stand_in, (Change(NO_SUBJECT, None, stand_in),)


def _message_id(row: Row) -> Cleaned:
    """Return the Message-ID; one that is too long, or none, gets a stand-in that every export gives."""
    found = (row["message_id"] or "").strip()
    if found and utf16_length(found) <= (EMAILS.field("original_message_id").length or 0):
        return Cleaned(found)
    digest = hashlib.sha256((found or row["raw_key"] or row["item_id"]).encode()).hexdigest()[:32]
    made = f"<{digest}@{'long-id' if found else 'raw-key'}.invalid>"
    return Cleaned(made, (Change(LONG_ID if found else MADE_ID, found or None, made),))


def _name(person: Mapping[str, str | None] | None) -> str | None:
    return None if person is None else text.line(person["name"]).value


def _size(value: str | None) -> str:
    """Return how long a text is, for the list of changes, which does not hold whole messages."""
    return f"{utf16_length(value or ''):,} characters"
