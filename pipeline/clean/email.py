"""E-mail addresses: trimmed out of what people and Outlook put around them, else missing, never guessed.

What Zoho takes: zoho-api.md 3.4. Letter case stays (comparing folds it). Old Japanese mobile addresses with dots
before the @ are addresses to Zoho, and stay.
"""

import re
import unicodedata
from functools import lru_cache

import regex

from pipeline.clean.cleaned import Change, Cleaned, Step, through
from pipeline.clean.text import utf16_length

NOT_AN_ADDRESS = "not_an_address"
X500 = "x500_not_an_address"
TOO_LONG = "address_too_long"
SEVERAL = "first_of_several_addresses"

# Zoho's own pattern, word for word (zoho-api.md 3.4).
PATTERN = (
    r"^[\+\-\p{L}\p{M}\p{N}_]([\p{L}\p{M}\p{N}!#$%&'*+\-\/=?^_`{|}~.]*)"
    r"@(?=.{4,256}$)(([\p{L}\p{N}\p{M}]+)(([\-_]*[\p{L}\p{M}\p{N}])*)[.])+[\p{L}\p{M}]{2,22}$"
)
_ZOHO = regex.compile(PATTERN)
# An Exchange address, [MS-OXOABK] 2.2.1.1: /o=…/ou=…/cn=…, or a legacy "EX:" before it.
_X500 = re.compile(r"(?:ex:|imceaex-)?\s*/(?:o|ou|cn|dc)=", re.IGNORECASE)
_ANGLED = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>[^<>]*")
_MAILTO = re.compile(r"(?:mailto|smtp):\s*([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_INVISIBLE = re.compile("[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BETWEEN = re.compile(r"[;,、\s]+")
_AROUND = " \t'\"‘’“”.,;:、。"
_SENSIBLE = 320  # RFC 3696: 64 + 1 + 255; nothing longer is looked at


def clean(raw: str | None, length: int | None = None) -> Cleaned:
    """Return the address, or None where there is none that Zoho takes or it is longer than its field."""
    found = _address(raw)
    if found.value is None or length is None or utf16_length(found.value) <= length:
        return found
    return found.then(Cleaned(None, (Change(TOO_LONG, found.value, None),)))


def is_address(text: str) -> bool:
    """Return whether Zoho takes this as an e-mail address."""
    return len(text) <= _SENSIBLE and _ZOHO.match(text) is not None


def domain(address: str | None) -> str:
    """Return the folded domain of an address, "" for none."""
    return (address or "").rpartition("@")[2].casefold()


@lru_cache(65_536)
def _address(raw: str | None) -> Cleaned:
    return through(raw, _STEPS)


def _plain(text: str) -> str | None:
    return _INVISIBLE.sub("", text).strip() or None


def _no_x500(text: str) -> str | None:
    return None if _X500.match(text) else text


def _narrow(text: str) -> str | None:
    return unicodedata.normalize("NFKC", text).strip() or None


def _first(text: str) -> str:
    """Return the first of several addresses in one cell; anything else as it is."""
    parts = (_unquoted(_without_scheme(_unangled(part))) for part in _BETWEEN.split(text))
    found = [part for part in parts if is_address(part)]
    return found[0] if len(found) > 1 else text


def _unangled(text: str) -> str:
    match = _ANGLED.fullmatch(text)
    return match.group(1) if match else text


def _without_scheme(text: str) -> str:
    match = _MAILTO.fullmatch(text)
    return match.group(1).strip() if match else text


def _unquoted(text: str) -> str:
    """Take off what stands around the address; a dot before it or after it too, but none inside."""
    return text if is_address(text) else text.strip(_AROUND)


def _only_addresses(text: str) -> str | None:
    return text if is_address(text) else None


_STEPS: tuple[Step, ...] = (
    (SEVERAL, _first),  # before line ends between them go
    ("invisible_characters", _plain),
    (X500, _no_x500),
    ("full_width", _narrow),
    (SEVERAL, _first),
    ("name_around_address", _unangled),
    ("address_scheme", _without_scheme),
    ("surrounding_marks", _unquoted),
    (NOT_AN_ADDRESS, _only_addresses),
)
