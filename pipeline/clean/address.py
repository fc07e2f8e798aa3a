"""Streets: the one to three lines of Outlook and its post office box, as the one line that the CRM has for them."""

import re

from pipeline.clean import text
from pipeline.clean.cleaned import Change, Cleaned

IN_STREET = "po_box_in_street"
_BREAKS = re.compile(r"\s*\n\s*")


def street(raw: str | None, po_box: str | None = None) -> Cleaned:
    """Return street lines and box as one line: parted by a space in Japanese, by ", " elsewhere."""
    lines = text.lines(raw)
    box = _box(text.line(po_box), raw)
    parts = _without_comma([*_BREAKS.split(lines.value or ""), *([box.value] if box.value else [])])
    joined = _separator(parts).join(parts) or None
    rule = "po_box_appended" if box.value else "street_lines_joined"
    own = (Change(rule, lines.value, joined),) if joined != lines.value else ()
    return lines.then(Cleaned(joined, box.changes + own))


def _box(po_box: Cleaned, street_lines: str | None) -> Cleaned:
    """Name a box that is only a number; one that the street names already is not said twice."""
    if po_box.value is None:
        return po_box
    if text.fold(po_box.value) in text.fold(street_lines):
        is_so = po_box.value in (street_lines or "")
        return po_box.then(Cleaned(None, () if is_so else (Change(IN_STREET, po_box.value, street_lines),)))
    if any(character.isalpha() for character in po_box.value):
        return po_box
    named = f"私書箱{po_box.value}" if text.is_japanese(street_lines) else f"PO Box {po_box.value}"
    return po_box.then(Cleaned(named))


def _separator(parts: list[str]) -> str:
    return " " if any(text.is_japanese(part) for part in parts) else ", "


def _without_comma(parts: list[str]) -> list[str]:
    """Drop a comma at the end of a line that another follows: the separator has one."""
    bare = [*(part.rstrip(",、 ") for part in parts[:-1]), *parts[-1:]]
    return [part for part in bare if part]
