r"""Compressed RTF bodies: decompression ([MS-OXRTFCP]), the HTML that may be wrapped in them ([MS-OXRTFEX]), and text.

Everything is bounded: what says it is larger, or is, counts as undecodable.
"""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import compressed_rtf
from striprtf import striprtf

from pipeline.extract.pst.code_pages import codec_of

_HEADER = 16
_UNCOMPRESSED = b"MELA"
_MAX_COMPRESSED = 2 << 20
_MAX_RTF = 16 << 20
_MAX_PLAIN_RTF = 2 << 20  # what striprtf is given: it builds text character by character
_MAX_FONT_TABLE = 16 << 10  # its pattern for fonts takes quadratic time
_MAX_FONTS = 1000
_PREFIX = 1000  # how far from the start \fromhtml may stand
_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.DOTALL
)
# striprtf rewrites links with a pattern that takes minutes on a few kilobytes of unfinished ones; without this word it
# never starts, and the text of a link is kept all the same.
_FIELD = re.compile(r"\\field(?![a-z])")
_text: Callable[..., str] = striprtf.rtf_to_text
_font_table: Callable[[str], str] = striprtf.font_table_group
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
_CHARACTERS = {
    b"par": "\r\n",
    b"line": "\r\n",
    b"tab": "\t",
    b"lquote": "&lsquo;",
    b"rquote": "&rsquo;",
    b"ldblquote": "&ldquo;",
    b"rdblquote": "&rdquo;",
    b"bullet": "&bull;",
    b"endash": "&ndash;",
    b"emdash": "&mdash;",
}
_SYMBOLS = {b"~": "&nbsp;", b"_": "&shy;", b"{": "{", b"}": "}", b"\\": "\\"}
# \fcharset of a font → Windows code page (RTF 1.9.1, "Font Table"); 0 is Western, 1 the document's own
_CHARSETS = {
    0: 1252,
    77: 10000,
    128: 932,
    129: 949,
    130: 1361,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
    254: 437,
    255: 850,
}
_SKIPPED = (b"colortbl", b"stylesheet", b"info", b"pntext", b"pict")


def decompressed(raw: bytes) -> bytes | None:
    """Return the RTF of a PidTagRtfCompressed value, or None where it is damaged or too large.

    Written out for MELA (not compressed) too: Aspose writes it with a checksum that no reader accepts.
    """
    if len(raw) <= _HEADER:
        return None
    _, length = struct.unpack_from("<II", raw)
    if length > _MAX_RTF:
        return None
    if raw[8:12] == _UNCOMPRESSED:
        return raw[_HEADER : _HEADER + length] or None
    if len(raw) > _MAX_COMPRESSED:
        return None
    try:
        rtf: bytes = compressed_rtf.decompress(raw)[:length]
    except Exception:  # noqa: BLE001 - the library raises Exception itself for each kind of damage
        return None
    return rtf or None


def is_html(rtf: bytes) -> bool:
    r"""Whether the RTF wraps HTML: \fromhtml1 in its header."""
    return b"\\fromhtml" in rtf[:_PREFIX]


def may_be_html(raw: bytes) -> bool:
    """Whether a PidTagRtfCompressed value may wrap HTML, by its first bytes: the whole takes much longer."""
    if raw[8:12] == _UNCOMPRESSED:
        return is_html(raw[_HEADER:])
    start = raw[_HEADER : _HEADER + _PREFIX]
    # A last byte that is half of a reference is an error; without it the text ends before the reference.
    peeks = (decompressed(_compressed(part)) for part in (start, start[:-1]))
    return any(is_html(peek) for peek in peeks if peek)


def _compressed(part: bytes) -> bytes:
    """Return the beginning of compressed RTF as a value of its own, with its own length and checksum."""
    checksum = zlib.crc32(part, 0xFFFFFFFF) ^ 0xFFFFFFFF  # [MS-OXRTFCP] 2.1.3.2: without the two inversions
    return struct.pack("<II4sI", len(part) + 12, _MAX_RTF, b"LZFu", checksum) + part


def to_text(rtf: bytes, codec: str) -> str | None:
    """Return the text of RTF that is RTF, None where it cannot be had; `codec` where it names no code page itself."""
    source = _FIELD.sub("", rtf.decode("latin-1"))
    if len(source) > _MAX_PLAIN_RTF or len(_font_table(source)) > _MAX_FONT_TABLE:
        return None
    try:
        text: str = _text(source, encoding=_page(rtf, codec), errors="replace")
    except (ValueError, LookupError, OverflowError, RecursionError):
        return None
    return _joined(text)


def _joined(text: str) -> str:
    r"""Join the halves of characters that RTF writes as two \u."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _page(rtf: bytes, codec: str) -> str:
    found = _CODE_PAGE.search(rtf[:_PREFIX])
    return (codec_of(int(found[1])) if found else None) or codec


@dataclass(slots=True)
class _Group:
    r"""The state that ends with a brace: what is written out, and how many stand-ins follow a \u."""

    is_skipped: bool = False
    is_tag: bool = False
    is_rtf_only: bool = False
    stand_ins: int = 1
    font: int | None = None
    is_fonts: bool = False  # the font table
    is_start: bool = False  # nothing was read of it yet, so \* may follow
    is_star: bool = False


@dataclass(slots=True)
class _Unwrapping:
    """HTML as it comes out: `pending` are bytes of one code page, decoded together (a character may be two).

    `page` is the document's code page, `fonts` those of its fonts.
    """

    page: str
    fonts: dict[int, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    codec: str = ""
    skip: int = 0

    def take(self, raw: bytes, font: int | None) -> None:
        codec = self.page if font is None else self.fonts.get(font, self.page)
        if codec != self.codec:
            self.flush()
            self.codec = codec
        self.pending += raw

    def text(self, text: str) -> None:
        self.flush()
        self.parts.append(text)

    def flush(self) -> None:
        if self.pending:
            self.parts.append(self.pending.decode(self.codec, "replace"))
            self.pending.clear()


def to_html(rtf: bytes, codec: str) -> str | None:
    r"""Return the HTML that RTF with \fromhtml wraps: its htmltag groups, and the text that is not \htmlrtf."""
    out = _Unwrapping(_page(rtf, codec))
    groups = [_Group()]
    for token in _TOKEN.finditer(rtf):
        _take(token, groups, out)
    out.flush()
    return _joined("".join(out.parts)).strip() or None


def _take(token: re.Match[bytes], groups: list[_Group], out: _Unwrapping) -> None:
    code, word, number, symbol, brace, plain = token.groups()
    group = groups[-1]
    if brace is not None:
        out.skip = 0  # what stands in for a character stands in its group
    if brace == b"{":
        groups.append(replace(group, is_start=True, is_star=False))
    elif brace == b"}":
        out.flush()
        if len(groups) > 1:
            groups.pop()
    elif symbol == b"*" and group.is_start:
        group.is_star = True
    elif word:
        _take_word(word, number, group, out)
    else:
        group.is_start = False
        _take_characters(code, symbol, plain, group, out)
    if brace is None and symbol != b"*":
        group.is_start = False


def _take_word(word: bytes, number: bytes | None, group: _Group, out: _Unwrapping) -> None:
    value = int(number) if number is not None else None
    if word == b"fonttbl":
        group.is_fonts = group.is_skipped = True
    elif word in _FONT_WORDS and not group.is_star:
        _take_font(word, value, group, out)
    elif word == b"htmltag":
        group.is_tag, group.is_skipped, group.is_star = True, False, False
    elif word == b"htmlrtf":
        out.flush()
        group.is_rtf_only = value != 0
    elif group.is_star or word in _SKIPPED:
        group.is_skipped = True
    elif word == b"uc" and value is not None:
        group.stand_ins = max(0, min(value, 8))
    elif not _is_written(group):
        return
    elif word == b"u" and value is not None:
        out.text(chr(value & 0xFFFF))
        out.skip = group.stand_ins
    elif word in _CHARACTERS:
        out.text(_CHARACTERS[word])


_FONT_WORDS = (b"f", b"fcharset", b"cpg", b"plain")


def _take_font(word: bytes, value: int | None, group: _Group, out: _Unwrapping) -> None:
    r"""Follow the font, in \htmlrtf too: it says in which code page the bytes after it are."""
    if word == b"plain" or value is None:
        group.font = None
    elif word == b"f":
        group.font = value
    elif group.is_fonts and group.font is not None:
        page = _CHARSETS.get(value) if word == b"fcharset" else value
        codec = codec_of(page)
        if codec is not None and len(out.fonts) < _MAX_FONTS:
            out.fonts[group.font] = codec


def _is_written(group: _Group) -> bool:
    return not group.is_skipped and (group.is_tag or not group.is_rtf_only)


def _take_characters(
    code: bytes | None, symbol: bytes | None, plain: bytes | None, group: _Group, out: _Unwrapping
) -> None:
    if not _is_written(group):
        return
    if code is not None:
        if out.skip:
            out.skip -= 1
        else:
            out.take(bytes([int(code, 16)]), group.font)
    elif symbol in _SYMBOLS:
        out.text(_SYMBOLS[symbol])
    elif plain:
        dropped, out.skip = min(out.skip, len(plain)), max(0, out.skip - len(plain))
        out.take(plain[dropped:], group.font)
