"""Text: no control characters, one kind of line end, NFC, and never longer than its field.

Zoho counts a field's length in UTF-16 units; a text is cut only where a reader sees a border between characters.
"""

import re
import unicodedata
from functools import lru_cache

import regex

from pipeline.clean.cleaned import Change, Cleaned, Step, through

_REMEMBERED = 65_536
# [UAX #14] mandatory breaks besides \n; a single-line field takes them, and tabs, as a space.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
# What no text field shows: C0 and C1 controls but tab and line feed, byte order marks, non-characters.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_BREAK = re.compile(r"\s*[\t\n]\s*")
_GRAPHEME = regex.compile(r"\X")
# Hiragana, katakana (half-width too) and CJK ideographs.
_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")


@lru_cache(_REMEMBERED)
def line(raw: str | None) -> Cleaned:
    """Return a text for a single-line field: line ends and tabs become a space."""
    return through(raw, _LINE)


def lines(raw: str | None) -> Cleaned:
    """Return a text that keeps its lines, each ended by a line feed."""
    return through(raw, _LINES)


def fit(value: str | None, length: int | None) -> Cleaned:
    """Cut a text to `length` UTF-16 units, between two characters as a reader sees them."""
    if value is None or length is None or utf16_length(value) <= length:
        return Cleaned(value)
    cut = _start(value, length)
    return Cleaned(cut or None, (Change("cut_to_length", value, cut or None),))


def utf16_length(text: str) -> int:
    """Return the length as Zoho counts it: a character beyond the basic plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_japanese(text: str | None) -> bool:
    """Return whether a text has kana or ideographs."""
    return text is not None and not text.isascii() and _JAPANESE.search(text) is not None


def fold(text: str | None) -> str:
    """Return what two texts have in common when they are the same to a reader: width, case and spaces do not count.

    For comparing only, never for showing.
    """
    if not text:
        return ""
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(wide.split())


def _start(text: str, length: int) -> str:
    """Return the longest start of whole graphemes within `length` UTF-16 units; a giant grapheme is cut itself."""
    room, end = length, 0
    for match in _GRAPHEME.finditer(text):
        room -= utf16_length(match.group())
        if room < 0:
            break
        end = match.end()
    return (text[:end] if end else _units(text, length)).rstrip()


def _units(text: str, length: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "ignore")


def _ends_to_feeds(text: str) -> str:
    return _LINE_END.sub("\n", text)


def _without_controls(text: str) -> str:
    return _CONTROL.sub("", text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _joined(text: str) -> str:
    return _BREAK.sub(" ", text)


def _trimmed(text: str) -> str | None:
    return text.strip() or None


_LINES: tuple[Step, ...] = (
    ("line_ends", _ends_to_feeds),
    ("control_characters", _without_controls),
    ("unicode_nfc", _nfc),
    ("surrounding_space", _trimmed),
)
_LINE: tuple[Step, ...] = (*_LINES[:3], ("one_line", _joined), _LINES[3])
