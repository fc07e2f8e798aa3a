"""Which values a field takes (zoho-api 2.6, 3.4): pure rules, for the JSON of the records API and the cells of a CSV.

Kept form: text as it came, numbers, booleans, dates `yyyy-MM-dd`, instants in UTC as `yyyy-MM-ddTHH:mm:ss+00:00`,
multi-select pick lists as lists.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import regex

from pipeline.sandbox.catalog import Field
from pipeline.sandbox.switches import Positions

# zoho-api 3.4 (H); \d must not take full-width digits: "treat them as refused"
EMAIL = regex.compile(
    r"^[\+\-\p{L}\p{M}\p{N}_]([\p{L}\p{M}\p{N}!#$%&'*+\-\/=?^_`{|}~.]*)@(?=.{4,256}$)"
    r"(([\p{L}\p{N}\p{M}]+)(([\-_]*[\p{L}\p{M}\p{N}])*)[.])+[\p{L}\p{M}]{2,22}\Z"
)
PHONE = regex.compile(
    r"^([+]?)(?![.-])(?>(?>[.-]?[ ]?[\da-zA-Z]+)+|([ ]?((?![.-])(?>[ .-]?[\da-zA-Z]+)+)(?![.])([ -]?[\da-zA-Z]+)?)+)+"
    r"(?>(?>([,]+)?[;]?[\da-zA-Z]+)+(([#][\da-zA-Z]+)+)?)?[#;]?\Z",
    regex.ASCII,
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_JAVA_TOKENS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H",
    "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S", "s": "%S", "a": "%p", "XXX": "%z",
    "XX": "%z", "X": "%z", "Z": "%z", "ZZ": "%z", "ZZZ": "%z",
}  # fmt: skip
_JAVA_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|.", re.DOTALL)
_INTEGERS = {"integer": 2**31, "bigint": 2**63}
_NUMBERS = frozenset({"double", "currency", "percent"})
_PATTERNS = {"phone": "bulk_phone_pattern", "email": "bulk_email_pattern"}
_CUT = frozenset({"text", "textarea", "email", "phone", "picklist"})
_BASIC = "\uffff"  # the last character that is one unit of UTF-16
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the meaning of a value depends on besides its field: the user's time zone and the switches."""

    zone: ZoneInfo
    switches: Positions


class BadValueError(Exception):
    """A field does not take this value: the item error of zoho-api 3.4 (H)."""

    def __init__(self, code: str, message: str = "invalid data", **details: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(code)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details


def from_json(field: Field, raw: object, rules: Rules) -> Any:  # noqa: ANN401 - JSON
    """Return the kept form of a JSON value that is not empty and no look-up.

    Raises:
        BadValueError: the field does not take it.
    """
    read = _FROM_JSON.get(field.data_type, _text)
    return read(field, raw, rules)


def from_cell(field: Field, cell: str, pattern: str | None, rules: Rules) -> Any:  # noqa: ANN401 - JSON
    """Return the kept form of a CSV cell that is not empty and no look-up; `pattern`: strptime form of a date.

    Raises:
        BadValueError: the field does not take it.
    """
    kind = field.data_type
    if rules.switches.is_at("bulk_rare_characters", "lost"):
        cell = "".join(letter if letter <= _BASIC else "?" for letter in cell)
    if rules.switches.is_at("bulk_too_long", "cut") and field.length is not None and kind in _CUT:
        cell = cell.encode("utf-16-le")[: 2 * field.length].decode("utf-16-le", "ignore")
    if kind in {"date", "datetime"}:
        return _cell_time(kind, cell, pattern, rules)
    if kind == "boolean":
        return _cell_boolean(cell)
    if kind in _INTEGERS or kind in _NUMBERS:
        return from_json(field, _cell_number(cell), rules)
    if kind == "multiselectpicklist":
        return from_json(field, cell.split(";"), rules)
    switch = _PATTERNS.get(kind)
    if switch and rules.switches.is_at(switch, "ignored"):
        return _text(field, cell, rules)
    return from_json(field, cell, rules)


def strptime_pattern(java: str) -> str:
    """Turn a date format as Zoho writes it (Java's letters) into Python's.

    Raises:
        BadValueError: a letter has no counterpart.
    """
    return "".join(_strptime_token(match.group()) for match in _JAVA_TOKEN.finditer(java))


def kept_instant(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant in its kept form; without an offset it is in `zone`."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC).isoformat(timespec="seconds")


def utf16_length(text: str) -> int:
    """Count UTF-16 units, as Zoho's Java does."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(field: Field, raw: object, _rules: Rules) -> str:
    if not isinstance(raw, str) or not _is_unicode(raw):
        raise BadValueError("INVALID_DATA", expected_data_type="string")
    if field.length is not None and len(raw) * 2 > field.length and utf16_length(raw) > field.length:
        raise BadValueError("INVALID_DATA", maximum_length=field.length)
    return raw


def _is_unicode(text: str) -> bool:
    """Tell whether the text has no half of a surrogate pair, which JSON can bring and no file can hold."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _email(field: Field, raw: object, rules: Rules) -> str:
    text = _text(field, raw, rules)
    if not EMAIL.match(text):
        raise BadValueError("INVALID_DATA", expected_data_type="email")
    return text


def _phone(field: Field, raw: object, rules: Rules) -> str:
    text = _text(field, raw, rules)
    if not PHONE.match(text):
        raise BadValueError("INVALID_DATA", expected_data_type="phone")
    return text


def _picklist(field: Field, raw: object, rules: Rules) -> str:
    text = _text(field, raw, rules)
    known = dict(zip(field.values, field.shown or field.values, strict=True))
    is_by_display = rules.switches.is_at("picklist_text", "display")
    taken = known.values() if is_by_display else known
    other = known if is_by_display else known.values()
    if text in taken:
        return text
    if rules.switches.is_at("picklist_unknown", "refused") or (is_by_display and text in other):
        raise BadValueError("INVALID_DATA", supported_values=list(taken))
    return text


def _multi_picklist(field: Field, raw: object, rules: Rules) -> list[str]:
    if not isinstance(raw, list):
        raise BadValueError("INVALID_DATA", expected_data_type="jsonarray")
    return [_picklist(field, value, rules) for value in raw]


def _boolean(_field: Field, raw: object, _rules: Rules) -> bool:
    if not isinstance(raw, bool):
        raise BadValueError("INVALID_DATA", expected_data_type="boolean")
    return raw


def _integer(field: Field, raw: object, _rules: Rules) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or abs(raw) >= _INTEGERS[field.data_type]:
        raise BadValueError("INVALID_DATA", expected_data_type=field.data_type)
    if field.length is not None and len(str(abs(raw))) > field.length:
        raise BadValueError("INVALID_DATA", maximum_length=field.length)
    return raw


def _number(field: Field, raw: object, _rules: Rules) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise BadValueError("INVALID_DATA", expected_data_type=field.data_type)
    return raw


def _date(_field: Field, raw: object, _rules: Rules) -> str:
    if isinstance(raw, str) and _DAY.fullmatch(raw):
        try:
            return date.fromisoformat(raw).isoformat()
        except ValueError:
            pass  # such as 30 February
    raise BadValueError("INVALID_DATA", expected_data_type="date")


def _datetime(_field: Field, raw: object, rules: Rules) -> str:
    match = _INSTANT.fullmatch(raw) if isinstance(raw, str) else None
    if match and not (match[1] and rules.switches.is_at("datetime_millis", "refused")):
        try:
            return kept_instant(datetime.fromisoformat(match[0]), rules.zone)
        except (ValueError, OverflowError):
            pass  # such as 25 o'clock, or before the year 1 in UTC
    raise BadValueError("INVALID_DATA", expected_data_type="datetime")


def _object(_field: Field, raw: object, _rules: Rules) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(raw, dict | list):
        raise BadValueError("INVALID_DATA", expected_data_type="jsonobject")
    return raw


_FROM_JSON: Mapping[str, Callable[[Field, object, Rules], Any]] = {
    "email": _email,
    "phone": _phone,
    "picklist": _picklist,
    "multiselectpicklist": _multi_picklist,
    "boolean": _boolean,
    "integer": _integer,
    "bigint": _integer,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "reminder": _object,
    "rrule": _object,
}


def _cell_time(kind: str, cell: str, pattern: str | None, rules: Rules) -> str:
    """Read a date or an instant; without a mapping it is as in auto-map (2.6, M)."""
    if kind == "date":
        return _parsed(cell, pattern or "%Y-%m-%d").date().isoformat()
    return kept_instant(_parsed(cell, pattern or "%Y-%m-%d %H:%M:%S"), rules.zone)


def _cell_boolean(cell: str) -> bool:
    try:
        return _BOOLEANS[cell.strip().lower()]
    except KeyError:
        raise BadValueError("INVALID_DATA", expected_data_type="boolean") from None


def _cell_number(cell: str) -> object:
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell


def _parsed(cell: str, pattern: str) -> datetime:
    try:
        return datetime.strptime(cell, pattern)  # noqa: DTZ007 - an offset is in the pattern, or the zone is the user's
    except ValueError:
        raise BadValueError("INVALID_DATA", expected_data_type="date") from None


def _strptime_token(token: str) -> str:
    if token.startswith("'"):
        return (token[1:-1].replace("''", "'") or "'").replace("%", "%%")
    if token.isalpha():
        try:
            return _JAVA_TOKENS[token]
        except KeyError:
            raise BadValueError("INVALID_FORMAT", expected_data_type="date format") from None
    return token.replace("%", "%%")
