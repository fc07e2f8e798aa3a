"""Streets: the one to three lines of Outlook and its post office box, as the one line that the CRM has for them."""

import re

from pipeline.clean import text
from pipeline.clean.cleaned import Change, Cleaned

_BREAKS = re.compile(r"\s*\n\s*")


def street(raw: str | None, po_box: str | None = None) -> Cleaned:
    """Return street lines and box as one line: parted by a space in Japanese, by ", " elsewhere."""
    lines = text.lines(raw)
    box = _box(text.line(po_box).value, raw)
    parts = _without_comma([*_BREAKS.split(lines.value or ""), *([box] if box else [])])
    joined = _separator(parts).join(parts) or None
    rule = "po_box_appended" if box else "street_lines_joined"
    return lines.then(Cleaned(joined, (Change(rule, lines.value, joined),) if joined != lines.value else ()))


def _box(po_box: str | None, street_lines: str | None) -> str:
    """Name a box that is only a number; one that the street names already is not said twice."""
    if po_box is None or text.fold(po_box) in text.fold(street_lines):
        return ""
    if any(character.isalpha() for character in po_box):
        return po_box
    return f"私書箱{po_box}" if text.is_japanese(street_lines) else f"PO Box {po_box}"


def _separator(parts: list[str]) -> str:
    return " " if any(text.is_japanese(part) for part in parts) else ", "


def _without_comma(parts: list[str]) -> list[str]:
    """Drop a comma at the end of a line that another follows: the separator has one."""
    bare = [*(part.rstrip(",、 ") for part in parts[:-1]), *parts[-1:]]
    return [part for part in bare if part]
