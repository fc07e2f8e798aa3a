"""The body of an item as text and as HTML, from whichever of its three forms it has.

Text: PidTagBody; else that of PidTagHtml; else that of PidTagRtfCompressed, which may itself wrap HTML.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import inscriptis
from lxml.etree import LxmlError  # type: ignore[import-untyped]  # lxml ships no types

from pipeline.extract.pst import rtf, values
from pipeline.extract.pst.bag import Bag, Value
from pipeline.extract.pst.code_pages import codec_of
from pipeline.extract.pst.columns import Columns

_MAX_HTML = 8 << 20
_MAX_LAYOUT = 1 << 20  # of HTML whose lines are laid out
_MAX_TABLE_COST = 6 << 20  # length times tables: each level of nesting lays its cells out again
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<![^<>]*>")
_HIDDEN = ("style", "script", "title")
_BLOCKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "pre")
_META_SEARCHED = 4096
_META = re.compile(
    rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# WHATWG: what these names mean in the wild
_LABELS = {"iso-8859-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030"}
_TEXT_CODECS = re.compile(r"(cp|iso8859|iso2022|euc|gb|hz|big5|koi8|shift|johab|mac|tis|utf-8)[\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Both forms, None where the item has none; `troubles` say in fixed words what could not be decoded."""

    text: str | None = None
    html: str | None = None
    troubles: tuple[str, ...] = ()


_NONE = Body()


def of_item(bag: Bag, *, wants_html: bool) -> Body:
    """Return the body of an item; `wants_html` is false where only its text is used."""
    body = bag.text("PidTagBody")
    plain = _filled(body)
    if plain and not wants_html:
        return Body(text=plain)
    stored = bag.stored("PidTagHtml")
    if stored is not None:
        return _of_html(bag, stored, plain)
    compressed = bag.binary("PidTagRtfCompressed")
    # Decompression is slow, and Outlook writes RTF for every blank note: with a plain body it can only add HTML.
    if compressed is None or (body is not None and not (wants_html and rtf.may_be_html(compressed))):
        return Body(text=plain)
    return _of_rtf(compressed, bag.codec, plain)


def of_all(items: Columns) -> list[Body] | None:
    """Return the bodies of items of which only the text is used, if each has it in plain and in its own block."""
    if not (items.is_absent("PidTagHtml") and items.is_absent("PidTagRtfCompressed")):
        return None
    texts = items.small("PidTagBody")
    return None if texts is None else [Body(text=text) if (text := _filled(one)) else _NONE for one in texts]


def _of_html(bag: Bag, stored: Value, plain: str | None) -> Body:
    if len(stored.raw) > _MAX_HTML:
        return Body(text=plain, troubles=(f"the HTML body is larger than {_MAX_HTML} bytes",))
    html = _filled(_decoded(bag, stored.wire_type, stored.raw))
    return Body(text=plain or (_filled(html_to_text(html)) if html else None), html=html)


def _of_rtf(compressed: bytes, codec: str, plain: str | None) -> Body:
    unpacked = rtf.decompressed(compressed)
    if unpacked is None:
        return Body(text=plain, troubles=("the RTF body is damaged or too large",))
    if not rtf.is_html(unpacked):
        text = plain or rtf.to_text(unpacked, codec)
        return Body(text=_filled(text), troubles=() if text is not None else ("the RTF body has no readable text",))
    html = _filled(rtf.to_html(unpacked, codec))
    return Body(text=plain or (_filled(html_to_text(html)) if html else None), html=html)


def _filled(text: str | None) -> str | None:
    return text if text and not text.isspace() else None


def _decoded(bag: Bag, wire_type: int, raw: bytes) -> str | None:
    if wire_type == values.STRING:
        return values.text(raw, wire_type, bag.codec)
    return decode_html(raw, bag.integer("PidTagInternetCodepage"), bag.codec).rstrip("\0")


def decode_html(raw: bytes, internet_code_page: int | None, codec: str) -> str:
    """Decode an HTML body by its byte order mark, PidTagInternetCodepage, its own charset, then the item's code page.

    The first that fits every byte wins; when none does, the first there is, with U+FFFD for what it lacks.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    candidates = list(_candidates(raw, internet_code_page, codec))
    for candidate in candidates:
        try:
            return raw.decode(candidate)
        except UnicodeError:
            continue
    return raw.decode(candidates[0], "replace")


def _candidates(raw: bytes, internet_code_page: int | None, codec: str) -> Iterator[str]:
    ascii_page = 20127  # says nothing about a byte above 127: the page itself knows better
    if internet_code_page != ascii_page and (named := codec_of(internet_code_page)):
        yield named
    found = _META.search(raw[:_META_SEARCHED])
    if found and (own := _label(found[1].decode("ascii"))):
        yield own
    yield codec


def _label(label: str) -> str | None:
    """Return the codec of a charset's name; only encodings of text that begin with ASCII can be what a page names."""
    try:
        name = codecs.lookup(_LABELS.get(label.lower(), label)).name
    except LookupError:
        return None
    return name if _TEXT_CODECS.fullmatch(name) else None


def html_to_text(html: str) -> str:
    """Return the text of HTML with its lines; a page that the layout cannot take loses only its layout."""
    laid_out = ""
    if len(html) <= _MAX_LAYOUT and len(html) * (html.count("<table") + 1) <= _MAX_TABLE_COST:
        try:
            laid_out = inscriptis.get_text(_DECLARATION.sub("", html))
        except (LxmlError, ValueError, RecursionError, TypeError, AttributeError, KeyError, IndexError):
            laid_out = ""
    return laid_out if laid_out.strip() else _words(html)


def _words(html: str) -> str:
    """Return what stands between tags, a line for each block: linear in time, whatever the nesting."""
    html = _without_comments(html)
    parts: list[str] = []
    hidden, end = "", 0
    for tag in _TAG.finditer(html):
        if not hidden:
            parts.append(html[end : tag.start()])
        end = tag.end()
        name = (tag[2] or "").lower()
        if name in _HIDDEN and hidden in ("", name):
            hidden = "" if tag[1] else name
        elif name in _BLOCKS:
            parts.append("\n")
    if not hidden:
        parts.append(html[end:])
    return unescape("".join(parts)).strip()


def _without_comments(html: str) -> str:
    """Drop comments, among them what Word writes for itself; one that does not end is text."""
    parts, end = [], 0
    while (start := html.find("<!--", end)) >= 0 and (last := html.find("-->", start)) >= 0:
        parts.append(html[end:start])
        end = last + len("-->")
    return "".join([*parts, html[end:]])
