"""Pictures as inline SVG: stacked bars, columns of months, and the flow of rows. No script, no style but the page's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from pipeline.report.words import Pair

GREEN, BLUE, GREY, AMBER, RED, TEAL, VIOLET = (
    *("#3f9466", "#3f74b5", "#9aa3ad", "#c98a1b", "#c0504d", "#3a9aa5", "#8064a2"),
)
SERIES = (BLUE, GREEN, AMBER, VIOLET, TEAL, GREY, RED)
_LABEL = 230  # width that the labels of bars get
_WIDTH = 900
_BAR, _STEP = 16, 26
_LONGEST = 34  # letters of a label


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label in both languages, and the numbers that it is stacked of."""

    label: Pair
    numbers: Sequence[int]

    @property
    def total(self) -> int:
        """Return its length."""
        return sum(self.numbers)


def bars(rows: Sequence[Bar], colours: Sequence[str] = SERIES) -> Markup:
    """Return horizontal stacked bars with their totals."""
    most = max((row.total for row in rows), default=0) or 1
    scale = (_WIDTH - _LABEL - 80) / most
    parts = [_bar(row, place * _STEP, scale, colours) for place, row in enumerate(rows)]
    return _svg(_WIDTH, max(len(rows) * _STEP, 1), parts)


def _bar(row: Bar, top: int, scale: float, colours: Sequence[str]) -> Markup:
    parts = [_label(row.label, _LABEL - 10, top + 13, "end")]
    left = float(_LABEL)
    for number, colour in zip(row.numbers, colours, strict=False):
        if number:
            width = max(number * scale, 1)
            parts.append(_box(left, top, width, _BAR, colour, f"{number:,}"))
            left += width
    parts.append(_text(f"{row.total:,}", left + 6, top + 13))
    return Markup("").join(parts)


def columns(months: Mapping[str, Sequence[int]], colours: Sequence[str] = SERIES) -> Markup:
    """Return stacked columns, one a month (or year, as the keys are), the gaps between them filled."""
    names = list(months)
    most = max((sum(numbers) for numbers in months.values()), default=0) or 1
    step = min(max((_WIDTH - 60) / max(len(names), 1), 4), 48)
    parts = [_text(f"{most:,}", 50, 14, "end"), _text("0", 50, 194, "end"), _rule(56, 190, _WIDTH, 190)]
    every = -(-60 // int(step))
    for place, name in enumerate(names):
        left, top = 58 + place * step, 190.0
        for number, colour in zip(months[name], colours, strict=False):
            if number:
                height = max(number * 180 / most, 1)
                top -= height
                parts.append(_box(left, top, max(step - 2, 2), height, colour, f"{name}: {number:,}"))
        if place % every == 0:
            parts.append(_text(name, left, 208))
    return _svg(_WIDTH, 216, parts)


@dataclass(frozen=True, slots=True)
class Node:
    """A place where rows are: a column of the picture, a label, a colour."""

    name: str
    column: int
    label: Pair
    colour: str


@dataclass(slots=True)
class _Placed:
    node: Node
    rows: int
    top: float = 0
    height: float = 0
    used: dict[str, float] = field(default_factory=lambda: {"in": 0.0, "out": 0.0})


_HEIGHT, _GAP, _THICK, _BESIDE = 300, 20, 14, 220


def flow(nodes: Sequence[Node], links: Sequence[tuple[str, str, int]]) -> Markup:
    """Return the flow of rows from node to node; a band is as wide as it has rows, and each node names its rows.

    Args:
        nodes: in the order from top to bottom.
        links: from, to, rows; those without rows are not drawn.
    """
    drawn = [link for link in links if link[2]]
    placed = _placed(nodes, drawn)
    if not placed:
        return _svg(_WIDTH, 1, [])
    last = max(one.node.column for one in placed.values())
    spread = (_WIDTH - _BESIDE - _THICK) / max(last, 1)
    left_of = {name: one.node.column * spread for name, one in placed.items()}
    scale = next(one.height / one.rows for one in placed.values())
    parts = [
        _band(placed[start], placed[end], left_of[start], left_of[end], rows * scale) for start, end, rows in drawn
    ]
    for name, one in placed.items():
        parts.append(_box(left_of[name], one.top, _THICK, one.height, one.node.colour, f"{one.rows:,}"))
        parts.append(_label(one.node.label, left_of[name] + _THICK + 6, one.top + max(one.height / 2, 6) + 4, "start",
                            f" {one.rows:,}"))  # fmt: skip
    return _svg(_WIDTH, max(one.top + max(one.height, 14) for one in placed.values()) + 4, parts)


def _placed(nodes: Sequence[Node], links: Iterable[tuple[str, str, int]]) -> dict[str, _Placed]:
    """Give each node that has rows its place: columns from the top, heights by rows, room for a label between."""
    listed = list(links)
    found = {}
    for node in nodes:
        into = sum(rows for _, end, rows in listed if end == node.name)
        rows = max(into, sum(rows for start, _, rows in listed if start == node.name))
        if rows:
            found[node.name] = _Placed(node, rows)
    by_column: dict[int, list[_Placed]] = {}
    for one in found.values():
        by_column.setdefault(one.node.column, []).append(one)
    most = max((sum(one.rows for one in column) for column in by_column.values()), default=0) or 1
    for column in by_column.values():
        top = 0.0
        for one in column:
            one.top, one.height = top, one.rows * _HEIGHT / most
            top += max(one.height, 2) + _GAP
    return found


def _band(start: _Placed, end: _Placed, left: float, right: float, height: float) -> Markup:
    y0, y1 = start.top + start.used["out"], end.top + end.used["in"]
    start.used["out"] += height
    end.used["in"] += height
    x0, x1 = left + _THICK, right
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f},{y0:.1f} C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f} v{height:.1f} "
        f"C{middle:.1f},{y1 + height:.1f} {middle:.1f},{y0 + height:.1f} {x0:.1f},{y0 + height:.1f} Z"
    )
    return Markup('<path d="{}" fill="{}" fill-opacity="0.22"/>').format(path, end.node.colour)


def _svg(width: float, height: float, parts: Iterable[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" role="img">{}</svg>').format(
        width, height, width, Markup("").join(parts)
    )


def _box(left: float, top: float, width: float, height: float, colour: str, said: str) -> Markup:  # noqa: PLR0913, PLR0917 - a rectangle
    return Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"><title>{}</title></rect>'
    ).format(left, top, width, max(height, 1), colour, said)


def _text(said: str, left: float, top: float, anchor: str = "start") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(left, top, anchor, said)


def _label(label: Pair, left: float, top: float, anchor: str, number: str = "") -> Markup:
    """Return a label in both languages, of which the page shows one; the whole of a long one is its title."""
    alike = label[0] == label[1]
    return Markup("").join(
        _LABEL_OF[language if not alike else ""].format(left, top, anchor, _short(said), number, said)
        for language, said in zip(("en", "ja"), label[: 1 if alike else 2], strict=False)
    )


_LABEL_OF = {
    "": Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}{}<title>{}</title></text>'),
    "en": Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" lang="en">{}{}<title>{}</title></text>'),
    "ja": Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" lang="ja">{}{}<title>{}</title></text>'),
}


def _short(said: str) -> str:
    """Return the end of a long label, which says more of a folder than its beginning; wide letters count twice."""
    width, kept = 0, ""
    for letter in reversed(said):
        width += 2 if ord(letter) > 0x2E7F else 1  # noqa: PLR2004 - where the wide letters begin
        if width > _LONGEST:
            return "…" + kept
        kept = letter + kept
    return kept


def _rule(x0: float, y0: float, x1: float, y1: float) -> Markup:
    return Markup('<line x1="{:.0f}" y1="{:.0f}" x2="{:.0f}" y2="{:.0f}" stroke="#9aa3ad"/>').format(x0, y0, x1, y1)
