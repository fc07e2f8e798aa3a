"""Phone numbers: Japanese and Western ways of writing made acceptable to Zoho, digits never changed.

What Zoho takes: zoho-api.md 3.4. A value that cannot be made acceptable is None here; the caller keeps it elsewhere.
"""

import re
import unicodedata
from functools import lru_cache

import regex

from pipeline.clean.cleaned import Change, Cleaned, Step, through
from pipeline.clean.text import utf16_length

NOT_A_NUMBER = "not_a_phone_number"
TOO_LONG = "number_too_long"

# Zoho's own pattern, word for word (zoho-api.md 3.4); full-width digits count as refused, hence ASCII.
PATTERN = (
    r"^([+]?)(?![.-])(?>(?>[.-]?[ ]?[\da-zA-Z]+)+|([ ]?((?![.-])(?>[ .-]?[\da-zA-Z]+)+)(?![.])([ -]?[\da-zA-Z]+)?)+)+"
    r"(?>(?>([,]+)?[;]?[\da-zA-Z]+)+(([#][\da-zA-Z]+)+)?)?[#;]?$"
)
_ZOHO = regex.compile(PATTERN, regex.ASCII)
_SENSIBLE = 100  # characters; nothing longer is a number
_SWITCHBOARD = re.compile(r"\s*\(?\s*(?:代表|代)\s*(?:\)|$)")
_SCHEME = re.compile(r"^\s*(?:tel|fax|phone|電話|TEL/FAX)\s*[.:]\s*", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s,;(-]*(?:内線番号|内線|extension|ext|(?<=[\d\s)])x)[\s.:#-]*(\d+)\s*\)?$", re.IGNORECASE)
_DASH = "-‐‑‒–—―−ーｰ─━﹣－~〜～"
_DASHES = re.compile(rf"(?<=[\d)])\s*[{_DASH}]\s*(?=[\d(])")
_TRUNK_ZERO = re.compile(r"^(\+\d{1,3})\s*\(0\)\s*")
_SLASH = re.compile(r"(?<=\d)\s*/\s*(?=\d)")
_PART = re.compile(r"\d{1,6}")
_SEPARATE = re.compile(r"[,;#]| ext ")
_MOST_DIGITS = 15


def clean(raw: str | None, length: int | None = None) -> Cleaned:
    """Return the number as Zoho takes it, or None where there is no way or it is longer than its field."""
    found = _number(raw)
    if found.value is None or length is None or utf16_length(found.value) <= length:
        return found
    return found.then(Cleaned(None, (Change(TOO_LONG, found.value, None),)))


def is_number(text: str) -> bool:
    """Return whether Zoho takes this as a phone number, and it is one.

    Zoho also takes words, and two numbers run together; no number has more than 15 digits (ITU-T E.164).
    """
    most = max(sum(map(str.isdigit, part)) for part in _SEPARATE.split(text))
    return len(text) <= _SENSIBLE and 0 < most <= _MOST_DIGITS and _ZOHO.match(text) is not None


@lru_cache(65_536)
def _number(raw: str | None) -> Cleaned:
    return through(raw, _STEPS)


def _narrow(text: str) -> str | None:
    """Fold full-width digits, brackets and spaces; each dash between digits becomes one plain dash."""
    return unicodedata.normalize("NFKC", text).strip() or None


def _dashed(text: str) -> str:
    return _DASHES.sub("-", text)


def _without_switchboard(text: str) -> str | None:
    return _SWITCHBOARD.sub("", text).strip() or None


def _without_scheme(text: str) -> str | None:
    return _SCHEME.sub("", text).strip() or None


def _extension(text: str) -> str:
    match = _EXTENSION.search(text)
    return f"{text[: match.start()].rstrip()} ext {match.group(1)}".strip() if match else text


def _trunk_zero(text: str) -> str:
    """Write +44 (0)1632 as +44 1632: the zero is dialled only from inside the country."""
    return _TRUNK_ZERO.sub(r"\1 ", text)


def _without_brackets(text: str) -> str:
    """Put a dash where a bracket parts two digits, nothing where another mark parts them already."""
    text = re.sub(r"(?<=\d)\((?=\d)|(?<=\d)\)(?=\d)", "-", text)
    return re.sub(r"\s{2,}", " ", re.sub(r"[()]", "", text)).strip()


def _slashes(text: str) -> str:
    """Take slashes for dashes where they part one number: 03/1234/5678, but not two numbers in one cell."""
    parts = _SLASH.split(text)
    return "-".join(parts) if all(_PART.fullmatch(part) for part in parts) else text


def _spaces(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r" ?([-.]) ?(?=[\d+])", r"\1", text)


def _only_numbers(text: str) -> str | None:
    return text if is_number(text) else None


_STEPS: tuple[Step, ...] = (
    ("full_width", _narrow),
    ("phone_dashes", _dashed),
    ("phone_prefix", _without_scheme),
    ("phone_switchboard", _without_switchboard),
    ("phone_extension", _extension),
    ("phone_trunk_zero", _trunk_zero),
    ("phone_brackets", _without_brackets),
    ("phone_slashes", _slashes),
    ("phone_spaces", _spaces),
    (NOT_A_NUMBER, _only_numbers),
)
