"""Bodies: which of the three forms is taken, and how each becomes text and HTML."""

import struct
from typing import Any

import compressed_rtf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.pst import bodies, rtf
from pipeline.extract.pst import values as wire
from pipeline.extract.pst.bag import Value
from tests.extract import outlook_items

# The example of [MS-OXRTFCP] 4.1.1
_SPECIFIED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a0072637067313235423 20af320".replace(" ", "")
    + "68656c090020627705b06c647d0a800fa0"
)
_WRAPPED = (
    rb"{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fswiss\fcharset128 MS PGothic;}}{\colortbl;}\uc1\pard "
    rb"{\*\htmltag19 <html>}{\*\htmltag241 <!-- a\par b -->}{\*\htmltag64 <p>}\htmlrtf {\f0 \htmlrtf0 "
    rb"\'8d\'b2\'93\'a1 \{1\} \u9731? caf\'e9\htmlrtf }\htmlrtf0 {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 "
    rb"{\*\htmltag72 </p>}\par {\*\htmltag27 </html>}}"
)


def _stored(text: bytes) -> bytes:
    """Return RTF as PidTagRtfCompressed, not compressed, with the checksum that Aspose writes."""
    return struct.pack("<II4sI", len(text) + 12, len(text), b"MELA", 0xDEADBEEF) + text


def test_decompression_of_the_specification() -> None:
    """The example of the specification decompresses to its text."""
    assert rtf.decompressed(_SPECIFIED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_uncompressed_rtf_is_taken_whatever_its_checksum() -> None:
    """RTF stored as it is has no use for a checksum; libpff refuses it, we do not."""
    assert rtf.decompressed(_stored(b"{\\rtf1 x}")) == b"{\\rtf1 x}"


@pytest.mark.parametrize(
    ("raw", "may_be_html"),
    [
        pytest.param(compressed_rtf.compress(_WRAPPED * 20), True, id="compressed HTML"),
        pytest.param(_stored(_WRAPPED), True, id="stored HTML"),
        pytest.param(_SPECIFIED, False, id="compressed RTF"),
        pytest.param(_stored(b"{\\rtf1 x}"), False, id="stored RTF"),
        pytest.param(b"", False, id="empty"),
        pytest.param(bytes(40), False, id="damaged"),
    ],
)
def test_a_look_at_the_beginning(raw: bytes, *, may_be_html: bool) -> None:
    """Whether RTF wraps HTML shows without decompressing it."""
    assert rtf.may_be_html(raw) is may_be_html


@given(source=st.binary(min_size=1, max_size=300), length=st.integers(0, 40))
def test_the_beginning_of_compressed_rtf_can_be_read(source: bytes, length: int) -> None:
    """Wherever compressed RTF is cut, the beginning or one byte less gives the beginning of its text."""
    part = compressed_rtf.compress(source)[16:][:length]
    peeks = [rtf.decompressed(rtf._compressed(cut)) for cut in (part, part[:-1])]
    assert all(source.startswith(peek) for peek in peeks if peek)
    assert length < 3 or any(peeks)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(_SPECIFIED[:20], id="cut off"),
        pytest.param(_SPECIFIED[:-3] + b"abc", id="damaged"),
        pytest.param(struct.pack("<II4sI", 40, 2**31, b"LZFu", 0) + bytes(40), id="says that it is 2 GiB"),
        pytest.param(struct.pack("<II4sI", 40, 40, b"ABCD", 0) + bytes(40), id="of no known kind"),
        pytest.param(bytes(3 << 20), id="larger than any body"),
    ],
)
def test_damaged_rtf_is_missing(raw: bytes) -> None:
    """RTF that is damaged, or says that it is huge, is missing and costs nothing."""
    assert rtf.decompressed(raw) is None


def test_html_wrapped_in_rtf() -> None:
    """HTML inside RTF comes out as it went in: tags, escapes, characters of the code page and of Unicode."""
    assert rtf.is_html(_WRAPPED)
    assert rtf.to_html(_WRAPPED, "cp1252") == (
        "<html><!-- a\r\nb --><p>佐藤 {1} ☃ caf\N{REPLACEMENT CHARACTER}&nbsp;</p>\r\n</html>"
    )


@pytest.mark.parametrize(
    ("fonts", "source", "expected"),
    [
        pytest.param(rb"{\f0\fcharset128 A;}", rb"\f0 \'8d\'b2", "佐", id="a Japanese font"),
        pytest.param(
            rb"{\f0\fcharset0 A;}{\f1\fcharset128 B;}", rb"\f0 \'e9\f1 \'8d\'b2", "é佐", id="one after another"
        ),
        pytest.param(rb"{\f1\fcharset204 A;}", rb"{\f1 \'ef}\'e9", "пé", id="until its group ends"),
        pytest.param(rb"{\f1\fcharset204 A;}", rb"\htmlrtf\f1\htmlrtf0 \'ef", "п", id="chosen in what is not written"),
        pytest.param(rb"{\f1\fcharset204 A;}", rb"\f1\plain \'e9", "é", id="given up"),
        pytest.param(rb"{\f1\fcharset0\cpg1251 A;}", rb"\f1 \'ef", "п", id="a code page of its own"),
        pytest.param(rb"{\f1\fcharset2 A;}", rb"\f1 \'e9\f7 \'e9", "éé", id="no code page, no such font"),
        pytest.param(b"", rb"{\uc2\u9731}ab", "☃ab", id="a stand-in that is left out"),
    ],
)
def test_html_wrapped_in_rtf_is_decoded_by_font(fonts: bytes, source: bytes, expected: str) -> None:
    """The font before bytes says their code page, the document only where there is none."""
    whole = rb"{\rtf1\ansi\ansicpg1252\fromhtml1{\fonttbl" + fonts + rb"}{\*\htmltag64 <p>}" + source + b"}"
    assert rtf.to_html(whole, "cp932") == f"<p>{expected}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(rb"{\rtf1\ansi\ansicpg932 \'8d\'b2\'93\'a1\par x}", "佐藤\nx", id="its own code page"),
        pytest.param(rb"{\rtf1\ansi \'8d\'b2}", "佐", id="the item's code page"),
        pytest.param(rb"{\rtf1\ansi \u-10179?\u-8704?}", "\N{GRINNING FACE}", id="a character of two halves"),
        pytest.param(
            rb'{\rtf1{\field{\*\fldinst{HYPERLINK "http://a.example"}}{\fldrslt our page}}}', "our page", id="a link"
        ),
    ],
)
def test_rtf_to_text(source: bytes, expected: str) -> None:
    """Plain RTF becomes its text."""
    assert (rtf.to_text(source, "cp932") or "").strip() == expected


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b'{\\field{\\*\\fldinst{HYPERLINK "x' * 3000, id="unfinished links"),
        pytest.param(b"{\\fonttbl" + b"\\f1" * 100_000, id="endless table of fonts"),
        pytest.param(b"{" * 500_000, id="deep"),
        pytest.param(b"\\u" + b"9" * 10 + b"?", id="a character beyond Unicode"),
        pytest.param(b"\\bin" + b"9" * 5000 + b"\\pict", id="a length of 5000 digits"),
    ],
)
def test_hostile_rtf_takes_no_time(source: bytes) -> None:
    """RTF made to keep a program busy does not."""
    rtf.to_text(b"{\\rtf1\\ansi " + source, "cp932")
    rtf.to_html(b"{\\rtf1\\fromhtml1 " + source, "cp932")


@pytest.mark.parametrize(
    ("raw", "page", "expected"),
    [
        pytest.param("<p>佐藤".encode("iso2022_jp"), 50220, "<p>佐藤", id="the internet code page"),
        pytest.param("<p>佐藤".encode(), 65001, "<p>佐藤", id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + "<p>é".encode(), 1252, "<p>é", id="a byte order mark beats it"),
        pytest.param(
            "<meta charset=utf-8>é佐".encode(), 20127, "<meta charset=utf-8>é佐", id="ASCII says nothing: meta"
        ),
        pytest.param("<p>見".encode("cp932"), 20127, "<p>見", id="ASCII says nothing: the item"),
        pytest.param(
            '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">①'.encode("cp932"),
            None,
            '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">①',
            id="Shift_JIS means Windows' page",
        ),
        pytest.param("<p>佐藤".encode("cp932"), None, "<p>佐藤", id="the item's code page last"),
        pytest.param("<p>é".encode("cp1252"), 65001, "<p>\N{REPLACEMENT CHARACTER}", id="nothing fits"),
        pytest.param(b"<meta charset=idna>\x8d\xb2", None, "<meta charset=idna>佐", id="a charset that is none"),
    ],
)
def test_decode_html(raw: bytes, page: int | None, expected: str) -> None:
    """The bytes of a page are decoded by mark, code page, its own charset, the item's page, in this order."""
    assert bodies.decode_html(raw, page, "cp932") == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree", id="lines"),
        pytest.param("<html><head><title>t</title><style>p{}</style></head><body>x", "x", id="no head"),
        pytest.param('<?xml version="1.0" encoding="utf-8"?><p>é</p>', "é", id="an XML declaration"),
        pytest.param("a &amp; b&nbsp;c", "a & b c", id="entities"),
        pytest.param("<div>" * 3000 + "deep", "deep", id="deeper than lxml follows"),
        pytest.param("", "", id="empty"),
        pytest.param("<!-- -->", "", id="a comment only"),
        pytest.param("<!--[if mso]><w:x>0</w:x><![endif]--><p>&nbsp;</p>", "", id="what Word writes for itself"),
    ],
)
def test_html_to_text(html: str, expected: str) -> None:
    """A page becomes its text with its lines."""
    assert bodies.html_to_text(html).strip() == expected.strip()


def test_costly_html_loses_its_layout_only() -> None:
    """A page of many nested tables is read without laying them out."""
    page = ("<style>no</style><table><tr><td>a &amp; b</tr>" + "<tr><td>x" * 1000) * 60
    text = bodies.html_to_text(page)
    assert text.startswith("a & b\n")
    assert "no" not in text


@pytest.mark.parametrize(
    ("properties", "text", "html"),
    [
        pytest.param({"PidTagBody": "plain", "PidTagHtml": b"<p>rich"}, "plain", "<p>rich", id="plain text first"),
        pytest.param({"PidTagBody": " \r\n", "PidTagHtml": b"<p>rich"}, "rich", "<p>rich", id="blank is none"),
        pytest.param(
            {"PidTagHtml": Value(wire.STRING, "<p>é".encode("utf-16-le"))}, "é", "<p>é", id="HTML as text, in old items"
        ),
        pytest.param(
            {"PidTagHtml": Value(wire.STRING8, "<p>佐".encode("cp932"))}, "佐", "<p>佐", id="HTML as 8-bit text"
        ),
        pytest.param({"PidTagRtfCompressed": _SPECIFIED}, "hello world", None, id="RTF"),
        pytest.param(
            {"PidTagRtfCompressed": _stored(rb"{\rtf1\fromhtml1 {\*\htmltag64 <p>}rich}")},
            "rich",
            "<p>rich",
            id="HTML in RTF",
        ),
        pytest.param(
            {"PidTagBody": " ", "PidTagRtfCompressed": _SPECIFIED}, None, None, id="RTF beside a blank plain body"
        ),
        pytest.param(
            {"PidTagBody": "plain", "PidTagRtfCompressed": _stored(rb"{\rtf1\fromhtml1 {\*\htmltag64 <p>}rich}")},
            "plain",
            "<p>rich",
            id="HTML in RTF beside a plain body",
        ),
        pytest.param({}, None, None, id="none"),
        pytest.param({"PidTagHtml": b" \r\n"}, None, None, id="blank HTML"),
    ],
)
def test_which_body(properties: dict[str, Any], text: str | None, html: str | None) -> None:
    """Text is the plain body, else that of the HTML, else that of the RTF."""
    body = bodies.of_item(outlook_items.bag(properties), wants_html=True)
    assert (body.text and body.text.strip(), body.html) == (text, html)
    assert body.troubles == ()


@pytest.mark.parametrize(
    ("properties", "trouble"),
    [
        ({"PidTagRtfCompressed": b"\x00" * 40}, "the RTF body is damaged or too large"),
        ({"PidTagRtfCompressed": _stored(b"{\\rtf1 " + b"x" * (3 << 20))}, "the RTF body has no readable text"),
        ({"PidTagHtml": b"x" * (9 << 20)}, "the HTML body is larger than 8388608 bytes"),
    ],
    ids=["damaged", "too large to convert", "huge"],
)
def test_a_lost_body_is_reported(properties: dict[str, Any], trouble: str) -> None:
    """A body that cannot be decoded is a trouble of its item, in fixed words."""
    assert bodies.of_item(outlook_items.bag(properties), wants_html=True).troubles == (trouble,)


@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=200))
def test_decompression_inverts_compression(text: str) -> None:
    """What the library compresses, we decompress."""
    source = text.encode()
    assert rtf.decompressed(compressed_rtf.compress(source)) == source


@given(source=st.binary(max_size=200), page=st.integers(-1, 70000))
def test_no_body_is_an_error(source: bytes, page: int) -> None:
    """Any bytes give text, HTML or nothing, all of which can be written as UTF-8."""
    found = [
        rtf.to_text(b"{\\rtf1 " + source, "cp932"),
        rtf.to_html(b"{\\rtf1\\fromhtml " + source, "cp932"),
        bodies.decode_html(source, page, "cp932"),
        bodies.html_to_text(source.decode("latin-1")),
    ]
    rtf.decompressed(source)
    assert all((part or "").encode() is not None for part in found)
