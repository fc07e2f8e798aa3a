"""Names of persons: surname and given name, and what stands in where there is no surname (Zoho insists on one)."""

import re
from dataclasses import dataclass

from pipeline.clean import email, text
from pipeline.clean.cleaned import Change

_COMMA = re.compile(r"\s*[,，、]\s*")
# What follows a comma without being a given name.
_SUFFIXES = frozenset(
    "jr sr ii iii iv phd ph.d md m.d dds esq cpa mba inc ltd llc llp plc gmbh co corp kk k.k co.ltd s.a ag bv".split()  # noqa: SIM905 - a list of words reads best as one
)
_ADDRESS_BEHIND = re.compile(r"\s*[(<（＜][^()<>（）]*[@＠/][^()<>（）]*[)>）＞]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What an item knows of a person's name, as found."""

    surname: str | None = None
    given_name: str | None = None
    display_name: str | None = None
    file_as: str | None = None
    email1_display: str | None = None
    nickname: str | None = None
    company: str | None = None
    email: str | None = None


NICKNAME = "nickname_as_surname"
# What stands in where there is no surname, in this order: the rule that is listed, and the column.
STAND_INS = (
    ("given_name_as_surname", "given_name"),
    ("display_name_as_surname", "display_name"),
    ("display_name_as_surname", "file_as"),
    ("display_name_as_surname", "email1_display"),
    (NICKNAME, "nickname"),
    ("company_as_surname", "company"),
    ("mail_name_as_surname", "email"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name as the CRM takes it; `is_surname` is False where something else stands in for the surname."""

    surname: str | None
    given_name: str | None
    is_surname: bool
    surname_changes: tuple[Change, ...] = ()
    given_changes: tuple[Change, ...] = ()


def clean(source: Source) -> PersonName:
    """Return surname and given name.

    "Last, First" in one cell is taken apart. Without a surname one of STAND_INS does: a display name as it stands (so a
    Japanese name keeps its order), of an e-mail address the part before the @.
    """
    surname, given = text.line(source.surname), text.line(source.given_name)
    alone = surname.value if given.value is None else given.value if surname.value is None else None
    if parted := _last_first(alone):
        return _filled(source, surname.changes, given.changes, *parted, rule="last_comma_first", is_surname=True)
    if surname.value is not None and not _is_address(surname.value):
        return PersonName(
            surname=surname.value,
            given_name=given.value,
            is_surname=True,
            surname_changes=surname.changes,
            given_changes=given.changes,
        )
    return _stand_in(source, surname.changes, given.changes)


def _stand_in(source: Source, surname: tuple[Change, ...], given: tuple[Change, ...]) -> PersonName:
    for rule, column in STAND_INS:
        value = _stated(source, column)
        if value is None or _is_address(value):
            continue
        if rule == "display_name_as_surname" and (parted := _last_first(value)):
            return _filled(source, surname, given, *parted, rule="last_comma_first", is_surname=True)
        return _filled(source, surname, given, value, None, rule=rule, is_surname=False)
    return _filled(source, surname, given, _last(source), None, rule="address_as_surname", is_surname=False)


def _stated(source: Source, column: str) -> str | None:
    if column == "email":
        return _mail_name(source.email)
    if column == "email1_display":
        return _beside_address(source.email1_display)
    value: str | None = getattr(source, column)
    return text.line(value).value


def _beside_address(raw: str | None) -> str | None:
    """Return the name that Outlook shows beside an address, "Maria (m@x.example)"; None for no more than an address."""
    value = text.line(raw).value
    shown = _ADDRESS_BEHIND.sub("", value).strip(" '\"") if value else ""
    return shown if shown and "@" not in shown and not shown.casefold().startswith("/o=") else None


def _mail_name(raw: str | None) -> str | None:
    address = email.clean(raw).value
    return address and (address.rpartition("@")[0].strip(".") or None)


def _last(source: Source) -> str | None:
    """Return whatever text there is, even an address that is none; None for an item without any name."""
    found = (text.line(raw).value for raw in (source.surname, source.given_name, source.display_name, source.file_as))
    return next((value for value in found if value is not None), None)


def _filled(  # noqa: PLR0913 - the two halves of a name, each with its past
    source: Source,
    surname_before: tuple[Change, ...],
    given_before: tuple[Change, ...],
    surname: str | None,
    given: str | None,
    *,
    rule: str,
    is_surname: bool,
) -> PersonName:
    return PersonName(
        surname=surname,
        given_name=given,
        is_surname=is_surname,
        surname_changes=_and(rule, source.surname, surname, surname_before),
        given_changes=_and(rule, source.given_name, given, given_before),
    )


def _and(rule: str, raw: str | None, new: str | None, before: tuple[Change, ...]) -> tuple[Change, ...]:
    old = before[-1].new if before else raw
    return before if old == new else (*before, Change(rule, old, new))


def _last_first(value: str | None) -> tuple[str, str] | None:
    """Take "Grant, Oliver" apart; None for anything else, "Grant, Jr." and "Foo, Inc." too."""
    parts = _COMMA.split(value) if value else []
    if len(parts) != 2 or not all(parts) or parts[1].casefold().rstrip(".") in _SUFFIXES:  # noqa: PLR2004 - two halves
        return None
    return parts[0], parts[1]


def _is_address(value: str) -> bool:
    return "@" in value and email.clean(value).value is not None
