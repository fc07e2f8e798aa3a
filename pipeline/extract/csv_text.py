"""From the bytes of a CSV to its text: the encoding is found from the bytes and the header, never from the name.

Bytes that are no text in the encoding stay visible as lone surrogates, so that they cost their own row only.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

import charset_normalizer

from pipeline.extract.content import UnreadableError
from pipeline.extract.csv_language import Header, languages, recognised
from pipeline.extract.csv_records import first_record, lines_of

DELIMITERS = (",", ";", "\t")
_HEAD = 65_536  # bytes in which the header row must end
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MOSTLY = 0.4  # share of NULs in every second byte that only UTF-16 has
_GUESSABLE = 32  # fewer bytes beyond ASCII are too few to tell one code page from another
_BLOCK = 1 << 24  # bytes that are decoded in one go
_SAMPLE = 1_000_000  # bytes beyond ASCII, with their lines, that are looked at
_CANDIDATES = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "cp949", "gb18030", "big5", "euc_jp"]
_USUAL = "cp1252"
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff61-\uff9f]")
# single bytes that CP932 does not have, though Python's codec lets them pass
_NOT_CP932 = {ord(bytes([byte]).decode("cp932")): 0xDC00 + byte for byte in (0x80, 0xA0, 0xFD, 0xFE, 0xFF)}
_PASSED = re.compile("[" + "".join(map(chr, _NOT_CP932)) + "]")
_UNDECODED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """A decoded CSV. `has_damage`: somewhere in it are bytes that the encoding does not have, or NULs."""

    text: str
    encoding: str
    header: Header
    has_damage: bool


def is_damaged(cell: str) -> bool:
    """Whether a cell has bytes that the encoding does not have."""
    return _UNDECODED.search(cell) is not None


def printable(text: str) -> str:
    r"""Return `text` with undecoded bytes as \xNN, so that it can be stored."""
    return _UNDECODED.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00 & 0xFF:02x}", text)


def decoded(data: bytes, code_page: str) -> Text:
    """Decode a CSV; `code_page` (a Python codec) is the mailbox's, asked last.

    Raises:
        UnreadableError: the first line is no header that Outlook writes.
    """
    encoding, header = recognised_in(data, code_page)
    text = _decode(data, encoding).removeprefix("\ufeff").removesuffix("\x1a")
    return Text(text, encoding, header, has_damage=is_damaged(text) or "\0" in text)


def utf8_blocks(data: bytes | memoryview, encoding: str) -> Iterator[bytes]:
    """Yield a CSV as UTF-8, a block at a time: the same text as `decoded` gives, with its byte order mark.

    Raises:
        UnicodeDecodeError: somewhere are bytes that the encoding does not have.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(data), _BLOCK):
        text = decoder.decode(data[start : start + _BLOCK], final=start + _BLOCK >= len(data))
        if encoding == "cp932" and (wrong := _PASSED.search(text)):
            raise UnicodeDecodeError(encoding, wrong[0].encode(encoding), 0, 1, "no byte of this encoding")
        yield text.encode()


def _decode(data: bytes, encoding: str) -> str:
    if not encoding.startswith("utf-16"):
        text = data.decode(encoding, "surrogateescape")
        return text.translate(_NOT_CP932) if encoding == "cp932" else text
    whole = len(data) // 2 * 2
    return data[:whole].decode(encoding, "surrogatepass") + "".join(chr(0xDC00 + byte) for byte in data[whole:])


def recognised_in(data: bytes | memoryview, code_page: str) -> tuple[str, Header]:
    """Return the encoding in which the header has most columns that Outlook writes, the likeliest of equals.

    Raises:
        UnreadableError: the first line is no header that Outlook writes.
    """
    head = bytes(data[:_HEAD])
    found = [(encoding, header) for encoding in _possible(data, code_page) if (header := _header(head, encoding))]
    if not found:
        raise UnreadableError("unknown_csv", _unknown(head))
    return max(found, key=lambda pair: (pair[1].own, pair[1].known))


def _possible(data: bytes | memoryview, code_page: str) -> Iterator[str]:
    """Yield encodings, the likeliest first."""
    head = bytes(data[:_HEAD])
    bom = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), None)
    if found := bom or _bare_utf16(head):
        yield found
        return
    if _is_utf8(data):
        yield "utf-8"
    else:
        first_line = re.split(rb"[\r\n]", head, maxsplit=1)[0]
        yield from _code_pages(code_page) if not first_line.isascii() else [_from_rows(data, code_page)]


def _is_utf8(data: bytes | memoryview) -> bool:
    """Return whether all bytes are UTF-8, a block at a time: the text of a large file is larger than the file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _code_pages(code_page: str) -> list[str]:
    """Return the encodings that a header beyond ASCII may have; only the right one makes it one of Outlook's."""
    pages = [page for language in languages() for page in language.code_pages]
    return list(dict.fromkeys(["utf-8", *pages, code_page]))


def _bare_utf16(head: bytes) -> str | None:
    half = len(head) // 2
    if half and head[1::2].count(0) > _MOSTLY * half:
        return "utf-16-le"
    if half and head[0::2].count(0) > _MOSTLY * half:
        return "utf-16-be"
    return None


def _header(data: bytes, encoding: str) -> Header | None:
    text = data[:_HEAD].decode(encoding, "ignore").removeprefix("\ufeff")
    found = (recognised(first_record(text, delimiter), delimiter) for delimiter in DELIMITERS)
    return max((header for header in found if header), key=lambda header: (header.own, header.known), default=None)


def _from_rows(data: bytes | memoryview, code_page: str) -> str:
    """Tell the encoding of a file with an ASCII header, which is not wholly UTF-8, from its rows."""
    sample = _sample(data)
    beyond = len(re.findall(rb"[\x80-\xff]", sample))
    as_utf8 = sample.decode("utf-8", "surrogateescape")
    wrong = len(_UNDECODED.findall(as_utf8))
    if sum(not char.isascii() for char in as_utf8) - wrong >= wrong:
        return "utf-8"
    if _looks_japanese(sample, beyond):
        return "cp932"
    if code_page != "cp932" and _decodes(sample, code_page):
        return code_page
    return _guessed(sample) if beyond >= _GUESSABLE else _USUAL


def _sample(data: bytes | memoryview) -> bytes:
    """Return the first lines that are not ASCII, reading no further than they need."""
    found, rest = b"", b""
    for start in range(0, len(data), _BLOCK):
        block = rest + bytes(data[start : start + _BLOCK])
        end = len(block) if start + _BLOCK >= len(data) else max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
        lines = [line for line in block[:end].splitlines() if not line.isascii()]
        rest = block[end:]
        found = b"\n".join([*([found] if found else []), *lines])
        if len(found) >= _SAMPLE:
            break
    return found[:_SAMPLE]


def _looks_japanese(sample: bytes, beyond: int) -> bool:
    """Whether nearly all high bytes pair up to Japanese; in a European text they stand alone between letters."""
    text = sample.decode("cp932", "surrogateescape")
    wrong = len(_UNDECODED.findall(text))
    together = sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", sample))
    return len(_JAPANESE.findall(text)) > 10 * wrong and together * 2 > beyond


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guessed(sample: bytes) -> str:
    best = charset_normalizer.from_bytes(sample, cp_isolation=_CANDIDATES, enable_fallback=False).best()
    return best.encoding if best else _USUAL


def _unknown(data: bytes) -> str:
    text = data[:_HEAD].decode("utf-8", "replace").removeprefix("\ufeff")
    widths = {delimiter: len(first_record(text, delimiter)) for delimiter in DELIMITERS}
    columns = max(widths.values())
    known = ", ".join(language.name for language in languages())
    if (
        len(lines_of(text)) == 1
        and not text.endswith(("\n", "\r"))
        and text.count('"') % 2
        and any(mark in text for mark in DELIMITERS)
    ):
        return "The file ends inside its first line: it was cut off. Export it again, or copy it again."
    if columns <= 1:
        return (
            "This is text, not an Outlook store, and no CSV of Outlook's either: its first line does not have several "
            "columns. Give the .pst or .ost file, or export contacts, calendar or tasks from Outlook as CSV."
        )
    return (
        f"This is text, not an Outlook store, and a CSV of no known kind: its first line of {columns} columns is no "
        "header of Outlook's contacts, calendar or tasks. Export it from Outlook with Outlook's own column names; the "
        f"languages known are {known}."
    )
