"""Field values in one plain form, in which ready tables, the CRM's answers and the ledger can be compared.

Plain form by kind: text, e-mail, phone, picklist: str; look-up: the CRM's id as str; date: "yyyy-MM-dd"; date-time:
ISO 8601 in UTC with seconds, "2026-05-20T00:00:00+00:00"; boolean: bool; participants: tuple of addresses. Nothing is
None.
Wire forms: reference/zoho-api.md 2.6 (CSV) and 3.4 (JSON).
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pipeline.targets import Kind


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for the id of a record that this run will create: its module and crm_key."""

    module: str
    crm_key: str


Value = str | bool | tuple[str, ...] | Reference | None


def of_ready(kind: Kind, cell: Any) -> Value:  # noqa: ANN401 - a cell of any column
    """Return the plain form of a cell of a ready table; an empty text or list is None."""
    match cell:
        case None | "":
            return None
        case bool():
            return cell
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case list():
            return _addresses(person.get("email") for person in cell) or None
        case _:
            return _text(kind, str(cell))


def of_crm(kind: Kind, text: str | None) -> Value:
    """Return the plain form of a cell of a bulk read; what cannot be read stays as the text it is."""
    if not text:
        return None
    if kind is Kind.BOOLEAN:
        return text.casefold() == "true"
    if kind is Kind.DATETIME:
        return _instant(text)
    return _text(kind, text)


def _text(kind: Kind, text: str) -> str | None:
    return (text.removeprefix("zcrm_") if kind is Kind.LOOKUP else text) or None


def _instant(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        return text


def _addresses(emails: Iterable[str | None]) -> tuple[str, ...]:
    """Return the addresses in their order, each once."""
    found: dict[str, str] = {}
    for email in emails:
        if email:
            found.setdefault(email.casefold(), email)
    return tuple(found.values())


def normal(kind: Kind, value: Value) -> Value:
    """Return the form in which two values that mean the same are equal.

    Line ends and outer spaces do not count (Zoho trims), nor the case of an address, of a picklist's value, nor the
    order of participants.
    """
    if isinstance(value, tuple):
        return tuple(sorted(address.strip().casefold() for address in value)) or None
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return (text.casefold() if kind in {Kind.EMAIL, Kind.PICKLIST} else text) or None


def normal_text(text: str) -> Value:
    """Return `normal` of a text."""
    return normal(Kind.TEXT, text)


def folded(value: Value) -> str:
    """Return a value as natural keys compare it: NFKC, case and spaces folded; "" for nothing."""
    if isinstance(value, tuple):
        return "\n".join(sorted(folded(address) for address in value))
    if value is None:
        return ""
    text = str(value)
    text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.split())


def as_cell(value: Value) -> str:
    """Return a value as a cell of the CSV of a bulk write; "" for nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def as_json(kind: Kind, value: Value) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as the records API wants it; participants are resolved before (see people)."""
    return {"id": value} if kind is Kind.LOOKUP else value


def storable(value: Value) -> str | bool | list[str] | None:
    """Return a value as the ledger keeps it in JSON."""
    if isinstance(value, Reference):
        return f"{value.module}:{value.crm_key}"
    return list(value) if isinstance(value, tuple) else value


def restored(stored: Any) -> Value:  # noqa: ANN401 - any JSON value
    """Return a value of the ledger in plain form."""
    return tuple(stored) if isinstance(stored, list) else stored


def seconds_of(value: Value) -> float:
    """Return a date-time in plain form as seconds since 1970."""
    return datetime.fromisoformat(str(value)).timestamp()
