"""What the cells of an Outlook CSV mean: words, booleans, lists, people, shares, minutes; str -> value or None."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pipeline.extract.csv_language import folded

_ADDRESS = re.compile(r"[^\s@<>;,\"]+@[^\s@<>;,\"]+")
_NAMED_ADDRESS = re.compile(rf"\"?(?P<name>[^<>\"]*?)\"?\s*<(?P<address>{_ADDRESS.pattern})>")
_EXCHANGE = re.compile(r"/o=.+/cn=", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*%?")
_WORK = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d]+)?")
_WHOLE = 100


def text(cell: str) -> str | None:
    """Return a cell without the space around it; nothing is None."""
    return cell.strip() or None


def word(cell: str, words: Mapping[str, str]) -> str | None:
    """Return our word for Outlook's, the text as found where it is none of them, None for nothing or "none"."""
    found = text(cell)
    meaning = words.get(folded(cell), found)
    return None if meaning == "none" else meaning


def boolean(cell: str, words: Mapping[str, str]) -> bool | None:
    """Return yes or no, None for anything else."""
    return {"yes": True, "no": False}.get(words.get(folded(cell), ""))


def items(cell: str, separators: str = ";") -> list[str] | None:
    """Split a list at any of `separators`; no items are None."""
    parts = (part.strip() for part in re.split(f"[{separators}]", cell))
    return [part for part in parts if part] or None


def person(entry: str, role: str) -> dict[str, Any]:
    """Return one entry of an attendee list as schemas.PERSON: an address, "name <address>", X.500 or only a name."""
    found: dict[str, Any] = {"role": role, "name": None, "email": None, "address_type": None, "address": None}
    found["response"] = None
    if match := _NAMED_ADDRESS.fullmatch(entry):
        return {**found, "name": text(match["name"]), **_smtp(match["address"])}
    if _ADDRESS.fullmatch(entry):
        return {**found, **_smtp(entry)}
    if _EXCHANGE.match(entry):
        return {**found, "address_type": "EX", "address": entry}
    return {**found, "name": entry}


def _smtp(address: str) -> dict[str, str]:
    return {"email": address, "address_type": "SMTP", "address": address}


def address_type(address: str | None, stated: str | None) -> str | None:
    """Return SMTP or EX (schemas.CONTACTS): what the file states, else what the address looks like."""
    if address is None:
        return None
    if stated:
        return stated.upper()
    return "EX" if _EXCHANGE.match(address) else "SMTP" if _ADDRESS.fullmatch(address) else None


def share(cell: str, *, is_complete: bool) -> float | None:
    """Return a percentage as 0.0 to 1.0, None for anything else.

    A bare 1 is all of it when the task is complete, else one percent: Outlook completes a task that reaches 100 %.
    """
    match = _NUMBER.fullmatch(_unified(cell))
    if match is None:
        return None
    number = float(match[1].replace(",", "."))
    is_fraction = not cell.rstrip().endswith(("%", "％")) and (0 < number < 1 or (number == 1 and is_complete))
    found = number if is_fraction else number / _WHOLE
    return found if found <= 1 else None


def minutes(cell: str, units: Mapping[str, str]) -> int | None:
    """Return a duration in minutes where its unit is stated; a bare number other than 0 is of no known unit: None."""
    match = _WORK.fullmatch(_unified(cell))
    if match is None:
        return None
    number, unit = float(match[1].replace(",", ".")), units.get(folded(match[2] or ""))
    if number == 0:
        return 0
    return {"minutes": round(number), "hours": round(number * 60)}.get(unit or "")


def _unified(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip()
